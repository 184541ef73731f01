// The header fields of one request or reply, laid end to end in one piece of memory, because a
// server reads a dozen of them for every call. Names are lower case. A value; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace entente::http {

// Of one field, as views into what somebody else owns.
struct Field {
  std::string_view name;
  std::string_view value;
};

class HeaderList {
 public:
  // Requires: fewer than 4 GiB in all; limits::header_bytes_max is far below.
  void add(std::string_view name, std::string_view value) {
    entries_.push_back({.at = static_cast<std::uint32_t>(text_.size()),
                        .name_bytes = static_cast<std::uint32_t>(name.size()),
                        .value_bytes = static_cast<std::uint32_t>(value.size())});
    text_.append(name).append(value);
  }
  // Room for so much without another allocation.
  void reserve(std::size_t fields, std::size_t text_bytes) {
    entries_.reserve(fields);
    text_.reserve(text_bytes);
  }
  // Views that hold until the list changes.
  [[nodiscard]] Field operator[](std::size_t index) const {
    const Entry& entry = entries_[index];
    const std::string_view text = text_;
    return {.name = text.substr(entry.at, entry.name_bytes),
            .value = text.substr(entry.at + entry.name_bytes, entry.value_bytes)};
  }
  // The first field of this name.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (entries_[i].name_bytes != name.size()) continue;
      if (const Field field = (*this)[i]; field.name == name) return field.value;
    }
    return std::nullopt;
  }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  // As RFC 9113 section 6.5.2 counts them: 32 more for each field.
  [[nodiscard]] std::size_t bytes() const { return text_.size() + 32 * entries_.size(); }

 private:
  struct Entry {
    std::uint32_t at;
    std::uint32_t name_bytes;
    std::uint32_t value_bytes;
  };
  std::string text_;
  std::vector<Entry> entries_;
};

}  // namespace entente::http
