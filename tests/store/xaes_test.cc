#include "server/store/xaes.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "proto/contract/bytes.h"

namespace entente::store {
namespace {

const std::string nonce = "ABCDEFGHIJKLMNOPQRSTUVWX";

std::string seal(const Xaes& xaes, const std::string& key, std::string_view aad,
                 std::string_view plaintext) {
  std::string out;
  xaes.seal(key, nonce, aad, plaintext, out);
  return out;
}

}  // namespace

// C2SP, XAES-256-GCM, "Test vectors".
TEST_CASE("XAES-256-GCM gives the ciphertexts of the C2SP vectors", "[store][xaes]") {
  const Xaes xaes;
  // MSB1(L) is 0 here and 1 in the second: both branches of the doubling.
  CHECK(to_hex(seal(xaes, std::string(32, '\x01'), "", "XAES-256-GCM")) ==
        "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271");
  CHECK(to_hex(seal(xaes, std::string(32, '\x03'), "c2sp.org/XAES-256-GCM", "XAES-256-GCM")) ==
        "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d");
}

TEST_CASE("XAES-256-GCM opens nothing that was changed anywhere", "[store][xaes]") {
  const Xaes xaes;
  const std::string key(32, '\x07');
  const std::string sealed = seal(xaes, key, "aad", "a short text");
  REQUIRE_FALSE(xaes.open(key, nonce, "aae", sealed));
  REQUIRE_FALSE(xaes.open(std::string(32, '\x08'), nonce, "aad", sealed));
  for (std::size_t i = 0; i < nonce.size(); ++i) {
    std::string other = nonce;
    other[i] = static_cast<char>(other[i] ^ 1);
    REQUIRE_FALSE(xaes.open(key, other, "aad", sealed));
  }
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string other = sealed;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
    REQUIRE_FALSE(xaes.open(key, nonce, "aad", other));
  }
  for (std::size_t bytes = 0; bytes < sealed.size(); ++bytes) {
    REQUIRE_FALSE(xaes.open(key, nonce, "aad", sealed.substr(0, bytes)));
  }
  REQUIRE(xaes.open(key, nonce, "aad", sealed) == "a short text");
}

TEST_CASE("XAES-256-GCM takes and gives in pieces what it does whole", "[store][xaes]") {
  const Xaes xaes;
  const std::string key(32, '\x07');
  std::string text;
  for (int i = 0; i < 5'000; ++i) text.push_back(static_cast<char>(i * 31));
  const std::string whole = seal(xaes, key, "aad", text);
  for (const std::size_t cut : {0U, 1U, 4U, 15U, 16U, 33U, 4'999U, 5'000U}) {
    const std::string_view view = text;
    std::string pieces;
    xaes.seal(key, nonce, "aad", {view.substr(0, cut), "", view.substr(cut)}, pieces);
    CHECK(pieces == whole);
    std::vector<unsigned char> head(cut);
    CHECK(xaes.open(key, nonce, "aad", whole, head) == text.substr(cut));
    CHECK(std::string(head.begin(), head.end()) == text.substr(0, cut));
    std::string other = whole;
    other.back() = static_cast<char>(other.back() ^ 1);
    CHECK_FALSE(xaes.open(key, nonce, "aad", other, head));
    CHECK(head == std::vector<unsigned char>(cut));
  }
  std::vector<unsigned char> too_long(5'001);
  CHECK_FALSE(xaes.open(key, nonce, "aad", whole, too_long));
}

TEST_CASE("XAES-256-GCM seals the empty text and a megabyte", "[store][xaes]") {
  const Xaes xaes;
  const std::string key(32, '\x09');
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{1} << 20}) {
    const std::string text(bytes, 'x');
    REQUIRE(xaes.open(key, nonce, "", seal(xaes, key, "", text)) == text);
  }
}

}  // namespace entente::store
