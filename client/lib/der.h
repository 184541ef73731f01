// Reads DER (X.690), as far as it must be looked at before OpenSSL is let near it: definite,
// minimal lengths and low tag numbers only. Values; views into what was given. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace entente::client {

struct DerValue {
  std::uint8_t tag = 0;
  std::string_view content;
};

class DerReader {
 public:
  explicit DerReader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  // The next value's tag; 0 at the end.
  [[nodiscard]] std::uint8_t tag() const {
    return rest_.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(rest_.front());
  }
  // The next value; nothing if it is not well-formed.
  [[nodiscard]] std::optional<DerValue> next();
  // The content of the next value, if it has this tag.
  [[nodiscard]] std::optional<std::string_view> next(std::uint8_t tag);

 private:
  std::string_view rest_;
};

}  // namespace entente::client
