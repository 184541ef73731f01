// Bytes to text and back, and fixed-width integers in big-endian order. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace entente {

// Lower-case hexadecimal.
[[nodiscard]] std::string to_hex(std::string_view bytes);
// Empty if `text` is not an even number of hexadecimal digits.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view text);

// Standard Base64 (RFC 4648 section 4) with padding.
[[nodiscard]] std::string to_base64(std::string_view bytes);
// Strict: canonical padding, no white space, no stray bits. Empty otherwise.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

// URL-safe Base64 without padding (RFC 4648 section 5); strict like the other.
[[nodiscard]] std::string to_base64url(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

void append_u16(std::string& out, std::uint16_t value);
void append_u32(std::string& out, std::uint32_t value);
void append_u64(std::string& out, std::uint64_t value);
// Requires: at least 4 (or 8) bytes.
[[nodiscard]] std::uint32_t read_u32(std::string_view bytes);
[[nodiscard]] std::uint64_t read_u64(std::string_view bytes);

// Whether `text` is well-formed UTF-8 (no surrogates, no overlong forms, nothing above U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace entente
