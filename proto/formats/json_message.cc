#include "proto/formats/json_message.h"

#include <algorithm>
#include <charconv>

namespace entente::statistics {

std::vector<std::string_view> key_parts(std::string_view key) {
  std::vector<std::string_view> parts;
  if (key.empty()) return parts;
  for (std::size_t at = 0;;) {
    const std::size_t colon = std::min(key.find(':', at), key.size());
    parts.push_back(key.substr(at, colon - at));
    if (colon == key.size()) return parts;
    at = colon + 1;
  }
}

std::optional<std::size_t> index_below(std::size_t count, std::string_view text) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc{} || end != text.data() + text.size() || index >= count) {
    return std::nullopt;
  }
  return index;
}

std::optional<std::size_t> index_into(const std::vector<std::string>& values,
                                      std::string_view text) {
  return index_below(values.size(), text);
}

}  // namespace entente::statistics
