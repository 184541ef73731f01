// What opens nothing, though somebody tries: the process ends.
#include <catch2/catch.hpp>

#include "server/policy/guarded.h"
#include "tests/support/dies.h"

namespace entente::policy {
namespace {

using testing::dies;

Principal principal(std::string_view text) { return *Principal::parse(text); }

TEST_CASE("a decision that denies, or is about another guard, opens nothing", "[policy]") {
  AudienceTable table;
  Subject subject;
  subject.party = "SWE";
  const Guard guard{.audience = table.intern({{principal("party/SWE")}, {}}),
                    .handling = Handling::Open,
                    .originator = "SWE",
                    .process = "",
                    .person = "",
                    .embargo_until = {},
                    .expires_at = {}};
  const Instant now{};
  const Guarded<int> object(guard, 7);
  const Decision denied = decide(subject, Action::Read, guard, now);
  CHECK(dies([&] { (void)object.open(denied); }));
  CHECK(dies([&] { (void)object.open(Decision()); }));

  subject.sight = Sight({principal("party/SWE")}, table);
  const Decision permitted = decide(subject, Action::Read, guard, now);
  CHECK_FALSE(dies([&] { (void)object.open(permitted); }));
  Guard other = guard;
  other.process = "igc";
  const Guarded<int> swapped(other, 8);
  CHECK(dies([&] { (void)swapped.open(permitted); }));

  // Nor can it be taken out.
  CHECK(dies([&] { (void)Guarded<int>(object).take(denied); }));
  CHECK(dies([&] { (void)Guarded<int>(swapped).take(permitted); }));
  CHECK(Guarded<int>(object).take(permitted) == 7);
}

TEST_CASE("a principal is not made of what is no id", "[policy]") {
  using Kind = Principal::Kind;
  CHECK(dies([] { (void)Principal::make(Kind::Party, ""); }));
  CHECK(dies([] { (void)Principal::make(Kind::Party, "a/b"); }));
  CHECK(dies([] { (void)Principal::make(Kind::Party, "SWE", "mfa"); }));
  CHECK(dies([] { (void)Principal::make(Kind::Body, "igc"); }));
  CHECK(dies([] { (void)Principal::make(Kind::Body, "igc", "a b"); }));
  CHECK_FALSE(dies([] { (void)Principal::make(Kind::Body, "igc", "wg"); }));
}

TEST_CASE("audiences come back in order, from one, each once", "[policy]") {
  const Audience one{{principal("party/SWE")}, {}};
  const Audience two{{principal("party/NOR")}, {}};
  CHECK(dies([&] { AudienceTable().restore(AudienceId::Nobody, one); }));
  CHECK(dies([&] { AudienceTable().restore(AudienceId{2}, one); }));
  CHECK(dies([&] {
    AudienceTable table;
    table.restore(AudienceId{1}, one);
    table.restore(AudienceId{2}, one);
  }));
  CHECK_FALSE(dies([&] {
    AudienceTable table;
    table.restore(AudienceId{1}, one);
    table.restore(AudienceId{2}, two);
  }));
}

}  // namespace
}  // namespace entente::policy
