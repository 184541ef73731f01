// A keyring's file as bytes from outside: first as they are, then as contents that authenticate, so
// that what lies behind the seal is reached too. What decodes must encode and decode again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/contract/digest.h"
#include "server/store/ring.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace entente;
  using namespace entente::store;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static const Xaes xaes;
  static SystemEntropy entropy;
  static const Secret key(std::string(32, 'k'));
  static_cast<void>(parse_keyring_header(bytes));
  static_cast<void>(decode_keyring(xaes, key, bytes));

  std::string file("ENTKEYR3");
  file.resize(keyring_header_bytes, '\0');
  const std::string aad = file;
  const std::string nonce(xaes_nonce_bytes, '\0');
  xaes.seal(key.reveal(SecretAccess{}), nonce, aad, bytes, file);
  file.append(as_view(sha256(file)));
  const Result<Ring> ring = decode_keyring(xaes, key, file);
  if (!ring.ok()) return 0;
  const KeyringHeader header{.kind = RootKey::Kind::Raw,
                             .stretching = {},
                             .stretching_salt = std::string(stretching_salt_bytes, '\0'),
                             .root_salt = std::string(keyring_salt_bytes, '\0'),
                             .nonce = nonce};
  const Result<Ring> again =
      decode_keyring(xaes, key, encode_keyring(xaes, entropy, key, header, *ring));
  ENTENTE_CHECK(again.ok() && again->names.size() == ring->names.size() &&
                again->spares.size() == ring->spares.size() &&
                again->destroyed.runs() == ring->destroyed.runs());
  return 0;
}
