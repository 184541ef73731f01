#include "proto/contract/digest.h"

#include <catch2/catch.hpp>
#include <string>

#include "proto/contract/bytes.h"

namespace entente {
namespace {

std::string mac_hex(const std::string& key, const std::string& message) {
  return to_hex(as_view(hmac_sha256(Secret(key), message)));
}

TEST_CASE("an HMAC is RFC 4231's", "[digest]") {
  CHECK(mac_hex(std::string(20, '\x0b'), "Hi There") ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(mac_hex("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(mac_hex(std::string(20, '\xaa'), std::string(50, '\xdd')) ==
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  // A key longer than a block is hashed first.
  CHECK(
      mac_hex(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First") ==
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("a key of one block and of one byte more give different codes", "[digest]") {
  CHECK(mac_hex(std::string(64, 'k'), "m") != mac_hex(std::string(65, 'k'), "m"));
  CHECK(mac_hex(std::string(64, 'k'), "m") != mac_hex(std::string(63, 'k'), "m"));
}

TEST_CASE("a key is derived as RFC 5869's first case says", "[digest]") {
  std::string salt, info;
  for (char c = 0; c <= 0x0c; ++c) salt.push_back(c);
  for (int c = 0xf0; c <= 0xf9; ++c) info.push_back(static_cast<char>(c));
  const Secret key = hkdf_sha256(Secret(std::string(22, '\x0b')), salt, info, 42);
  CHECK(to_hex(key.reveal(SecretAccess{})) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

}  // namespace
}  // namespace entente
