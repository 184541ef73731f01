// SHA-256 and HMAC-SHA-256 over OpenSSL's libcrypto. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "proto/contract/secret.h"

namespace entente {

// 32 bytes, as raw octets.
using Digest = std::array<std::uint8_t, 32>;

[[nodiscard]] Digest sha256(std::string_view bytes);
// Of the parts laid end to end.
[[nodiscard]] Digest sha256(std::initializer_list<std::string_view> parts);
[[nodiscard]] Digest hmac_sha256(const Secret& key, std::string_view message);
// HKDF (RFC 5869) with SHA-256. Requires: 1 <= bytes <= 8160.
[[nodiscard]] Secret hkdf_sha256(const Secret& key, std::string_view salt, std::string_view info,
                                 std::size_t bytes);

[[nodiscard]] inline std::string_view as_view(const Digest& digest) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}
// Requires: bytes.size() == 32.
[[nodiscard]] Digest digest_from(std::string_view bytes);

// In time that depends on the lengths only.
[[nodiscard]] bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace entente
