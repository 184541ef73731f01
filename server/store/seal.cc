#include "server/store/seal.h"

#include <openssl/crypto.h>

#include <array>
#include <bit>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "proto/contract/status.h"

namespace entente::store {
namespace {

constexpr std::size_t length_bytes = 4;

std::string associated_data(const Place& place, KeyId id) {
  ENTENTE_CHECK(!place.key_bytes.empty());
  std::string aad("entente/store/1");
  aad.reserve(aad.size() + 16 + 1 + place.key_bytes.size() + 4);
  aad.append(place.network.view());
  aad.push_back(place.key_bytes.front());
  aad.append(place.key_bytes);
  append_u32(aad, id);
  return aad;
}

}  // namespace

std::size_t padded_bytes(std::size_t value_bytes) {
  const std::size_t bytes = value_bytes + length_bytes;
  const std::size_t step = bytes <= 1024 ? 64 : std::bit_floor(bytes) / 16;
  return (bytes + step - 1) / step * step;
}

std::string seal_value(const Xaes& xaes, KeyId id, std::string_view key, std::string_view nonce,
                       const Place& place, std::string_view value) {
  ENTENTE_CHECK(value.size() <= limits::store_value_bytes_max);
  std::string length;
  append_u32(length, static_cast<std::uint32_t>(value.size()));
  const std::size_t padded = padded_bytes(value.size());
  const std::string zeros(padded - length_bytes - value.size(), '\0');

  std::string sealed;
  sealed.reserve(seal_header_bytes + padded + xaes_tag_bytes);
  sealed.push_back(static_cast<char>(seal_version));
  append_u32(sealed, id);
  sealed.append(nonce);
  xaes.seal(key, nonce, associated_data(place, id), {length, value, zeros}, sealed);
  return sealed;
}

std::optional<KeyId> key_id_of(std::string_view sealed) {
  if (sealed.size() < seal_header_bytes + xaes_tag_bytes) return std::nullopt;
  if (static_cast<std::uint8_t>(sealed.front()) != seal_version) return std::nullopt;
  return read_u32(sealed.substr(1));
}

std::optional<std::string> open_value(const Xaes& xaes, std::string_view key, const Place& place,
                                      std::string_view sealed) {
  const std::string_view nonce = sealed.substr(1 + 4, xaes_nonce_bytes);
  std::array<unsigned char, length_bytes> length{};
  std::optional<std::string> value =
      xaes.open(key, nonce, associated_data(place, read_u32(sealed.substr(1))),
                sealed.substr(seal_header_bytes), length);
  if (!value) return std::nullopt;
  std::size_t value_bytes = 0;
  for (const unsigned char octet : length) value_bytes = value_bytes << 8 | octet;
  // Authentic, so ours; but a length that does not fit must never be believed.
  if (padded_bytes(value_bytes) != length_bytes + value->size()) return std::nullopt;
  value->resize(value_bytes);
  return value;
}

}  // namespace entente::store
