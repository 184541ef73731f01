// Examples of what the audience algebra must not permit, then of what it must.
#include "server/policy/policy.h"

#include <catch2/catch.hpp>

#include "server/policy/guarded.h"
#include "server/policy/occasion.h"

namespace entente::policy {
namespace {

Principal principal(std::string_view text) { return *Principal::parse(text); }

TEST_CASE("what is no principal does not parse", "[policy]") {
  for (const char* text : {"",
                           "party",
                           "party/",
                           "party/a/b",
                           "party/a b",
                           "party//",
                           "Party/SWE",
                           "process/igc",
                           "process/igc/",
                           "process/igc/guests",
                           "process//members",
                           "process/igc/members/",
                           "process/igc/body",
                           "process/igc/body/",
                           "process/igc/body/a/b",
                           "institution/SWE",
                           "institution/SWE/",
                           "institution//x",
                           "account/anna",
                           "account/SWE/",
                           "person/",
                           "contributors/",
                           "contributors/a/b",
                           " party/SWE",
                           "party/SWE ",
                           "party/SW\xc3\x89",
                           "*",
                           "process/*/members"}) {
    CAPTURE(text);
    CHECK_FALSE(Principal::parse(text).ok());
  }
  CHECK_FALSE(Principal::parse("party/" + std::string(65, 'a')).ok());
  CHECK(Principal::parse("party/" + std::string(64, 'a')).ok());
  CHECK_FALSE(Principal::parse(std::string("party/a\0b", 9)).ok());
}

TEST_CASE("an id is of letters, digits, dot, underscore and hyphen, and nothing else", "[policy]") {
  const std::string_view allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  for (int byte = 0; byte < 256; ++byte) {
    const std::string id = {'a', static_cast<char>(byte), 'z'};
    CAPTURE(byte);
    CHECK(is_id(id) == (allowed.find(static_cast<char>(byte)) != std::string_view::npos));
  }
  CHECK_FALSE(is_id(""));
}

TEST_CASE("a meeting's body alone is of an occasion", "[policy]") {
  CHECK(is_of_occasion(principal("process/igc/body/meeting-0a")));
  CHECK_FALSE(is_of_occasion(principal("process/igc/body/wg-data")));
  CHECK_FALSE(is_of_occasion(principal("party/meeting-0a")));
}

TEST_CASE("an empty audience is nobody, whatever is held", "[policy]") {
  CHECK_FALSE(belongs({}, {}));
  CHECK_FALSE(belongs({principal("party/SWE")}, {}));
  CHECK_FALSE(belongs({principal("party/SWE")}, {{}, {principal("party/NOR")}}));
}

}  // namespace
}  // namespace entente::policy
