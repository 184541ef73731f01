#include "client/lib/der.h"

namespace entente::client {

std::optional<DerValue> DerReader::next() {
  constexpr unsigned many_octets = 0x80;
  constexpr unsigned high_tag = 0x1f;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(rest_[at]); };
  if (rest_.size() < 2 || (byte(0) & high_tag) == high_tag) return std::nullopt;
  DerValue value{.tag = byte(0), .content = {}};
  std::size_t length = byte(1);
  std::size_t header = 2;
  if (length >= many_octets) {
    const std::size_t octets = length - many_octets;
    if (octets == 0 || octets > 4 || rest_.size() < header + octets) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < octets; ++i) length = length << 8U | byte(header + i);
    // One length has one spelling.
    if (length < many_octets || (octets > 1 && byte(header) == 0)) return std::nullopt;
    header += octets;
  }
  if (rest_.size() - header < length) return std::nullopt;
  value.content = rest_.substr(header, length);
  rest_.remove_prefix(header + length);
  return value;
}

std::optional<std::string_view> DerReader::next(std::uint8_t tag) {
  const std::optional<DerValue> value = next();
  if (!value || value->tag != tag) return std::nullopt;
  return value->content;
}

}  // namespace entente::client
