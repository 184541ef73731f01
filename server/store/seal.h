// The shape of a sealed value, and the sealing itself.
//
//   version (1 byte, 1) | key id (4, big-endian) | nonce (24) | ciphertext | tag (16)
//
// What is sealed is the value's length (4 bytes), the value, and zeros up to `padded_bytes`.
// Associated data: "entente/store/1" | network id (16) | table (1) | the full key | key id (4): a
// value opens nowhere but under the key where it was put.
//
// Pure, but for the nonce that the caller brings. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/store/key.h"
#include "server/store/xaes.h"

namespace entente::store {

// Names one generation of one key, for the life of the network. Zero names none.
using KeyId = std::uint32_t;

inline constexpr std::uint8_t seal_version = 1;
inline constexpr std::size_t seal_header_bytes = 1 + 4 + xaes_nonce_bytes;

// Where a value is put: what it is bound to.
struct Place {
  const Id& network;
  std::string_view key_bytes;  // table first; not empty
};

// How many bytes are sealed for a value of `value_bytes`: its length and itself, rounded up to 64
// bytes up to 1 KiB and to a sixteenth of the power of two below it beyond.
[[nodiscard]] std::size_t padded_bytes(std::size_t value_bytes);

// Requires: key and nonce have their widths; value.size() <= limits::store_value_bytes_max.
[[nodiscard]] std::string seal_value(const Xaes& xaes, KeyId id, std::string_view key,
                                     std::string_view nonce, const Place& place,
                                     std::string_view value);

// Which key would open it; nothing if it is too short or of another version.
[[nodiscard]] std::optional<KeyId> key_id_of(std::string_view sealed);

// The value, or nothing if it does not authenticate in this place.
// Requires: key_id_of(sealed) has a value, and `key` is that key.
[[nodiscard]] std::optional<std::string> open_value(const Xaes& xaes, std::string_view key,
                                                    const Place& place, std::string_view sealed);

}  // namespace entente::store
