// What comes from outside as text: one spelling, or nothing.
#include <rapidcheck/catch.h>

#include <catch2/catch.hpp>
#include <cctype>
#include <string_view>

#include "proto/contract/bytes.h"
#include "server/identity/authorization.h"
#include "server/identity/certificate_uri.h"
#include "server/identity/codes.h"

namespace entente::identity {
namespace {

std::string revealed(const Secret& secret) { return std::string(secret.reveal(SecretAccess{})); }

TEST_CASE("a header that is nearly a token or nearly Basic is nothing", "[identity][header]") {
  const std::string token = to_base64url(std::string(32, '\x5a'));
  for (const std::string& bad : {std::string(),
                                 std::string("Bearer"),
                                 "Bearer" + token,
                                 "Bearer  " + token,
                                 "Bearer\t" + token,
                                 " Bearer " + token,
                                 "Bearer " + token + " ",
                                 "Bearer " + token + "=",
                                 "Bearer " + token + "A",
                                 "Bearer " + token.substr(1),
                                 "Bearer " + to_base64url("short"),
                                 "Bearer " + to_base64url(std::string(33, 'x')),
                                 "Token " + token,
                                 "Bearer, " + token,
                                 "Bearer " + token + ",Bearer " + token,
                                 std::string("Basic "),
                                 std::string("Basic !"),
                                 "Basic " + to_base64("no colon"),
                                 "Basic " + to_base64("a:b") + "=",
                                 "Basic " + to_base64url("a:b~~"),
                                 "Basic " + to_base64(std::string(1000, ':')),
                                 std::string("Bearer ") + std::string(43, '\0')}) {
    INFO(bad);
    CHECK_FALSE(parse_authorization(bad).has_value());
  }
}

TEST_CASE("a token and a pair come out as they went in", "[identity][header]") {
  const std::string octets(32, '\x5a');
  for (const char* scheme : {"Bearer ", "bearer ", "BEARER "}) {
    const auto parsed = parse_authorization(scheme + to_base64url(octets));
    REQUIRE(parsed.has_value());
    REQUIRE(parsed->token.has_value());
    CHECK(revealed(*parsed->token) == octets);
    CHECK_FALSE(parsed->basic.has_value());
  }
  const auto pair = parse_authorization("Basic " + to_base64("anna:with:colons"));
  REQUIRE(pair.has_value());
  CHECK(pair->basic->user == "anna");
  CHECK(revealed(pair->basic->password) == "with:colons");
}

TEST_CASE("every name has one URI, and every URI one name", "[identity][property]") {
  rc::prop("what parses is what is made", [] {
    constexpr std::string_view letters = "abcxyz019._-";
    constexpr std::string_view parties[] = {"SWE", "IOM", "RNCOM", "HKG"};
    CertificateName name;
    name.kind = static_cast<CertificateName::Kind>(*rc::gen::inRange(0, 3));
    name.party = parties[*rc::gen::inRange<std::size_t>(0, 4)];
    name.id = "a";
    const std::size_t more = *rc::gen::inRange<std::size_t>(0, 64);
    for (std::size_t i = 0; i < more; ++i) {
      name.id.push_back(letters[*rc::gen::inRange<std::size_t>(0, letters.size())]);
    }
    const std::string uri = certificate_uri(name, "demo.example");
    RC_ASSERT(parse_certificate_uri(uri, "demo.example") == name);
    // One octet altered: another name, or none, but never this one.
    const std::size_t at = *rc::gen::inRange<std::size_t>(0, uri.size());
    std::string altered = uri;
    altered[at] = static_cast<char>(altered[at] ^ *rc::gen::inRange(1, 256));
    const auto parsed = parse_certificate_uri(altered, "demo.example");
    // Not within RC_ASSERT, which looks at both sides of an `||`.
    const bool sound =
        !parsed || (!(*parsed == name) && certificate_uri(*parsed, "demo.example") == altered);
    RC_ASSERT(sound);
  });
}

TEST_CASE("a code survives the hand that copies it", "[identity]") {
  SystemEntropy entropy;
  for (int i = 0; i < 100; ++i) {
    const std::string code = make_code(entropy);
    const auto canonical = canonical_code(code);
    REQUIRE(canonical.has_value());
    std::string sloppy;
    for (const char c : code) {
      if (c == '-') continue;
      sloppy.push_back(c == '0' ? 'o' : c == '1' ? 'l' : static_cast<char>(std::tolower(c)));
      sloppy.push_back(' ');
    }
    CHECK(canonical_code(sloppy)->equals(*canonical));
  }
  for (const char* bad :
       {"", "-", "ABC", "UUUUU-UUUUU-UUUUU-UUUUU-UUUUU-U", "00000-00000-00000-00000-00000-00"}) {
    CHECK_FALSE(canonical_code(bad).has_value());
  }
  CHECK_FALSE(canonical_code(std::string(10'000, '0')).has_value());
}

}  // namespace
}  // namespace entente::identity
