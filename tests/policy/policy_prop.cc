// What must hold of any audience, subject and guard, whatever they are: laws that tell no one case
// from another.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/policy/worlds.h"

namespace entente::policy {
namespace {

constexpr int runs = 2'000;

std::set<Principal> some_principals(worlds::Tape& tape, std::size_t most) {
  std::set<Principal> some;
  for (std::size_t i = tape.pick(most + 1); i > 0; --i) {
    some.insert(tape.of(worlds::all_principals()));
  }
  return some;
}

// A subject that holds anything, consistent or not.
Subject some_subject(worlds::Tape& tape, const AudienceTable& table) {
  Subject subject;
  subject.party = tape.of(worlds::parties);
  if (!tape.once_in(4)) subject.person = tape.of(worlds::persons);
  subject.principals = some_principals(tape, 8);
  for (std::size_t i = tape.pick(3); i > 0; --i) {
    subject.duties.push_back({.duty = static_cast<Duty>(tape.pick(6)),
                              .party = tape.of(worlds::parties),
                              .process = tape.once_in(3) ? "" : tape.of(worlds::processes)});
  }
  subject.sight = Sight(subject.principals, table);
  subject.read_only = tape.once_in(6);
  return subject;
}

AudienceTable some_table(worlds::Tape& tape, std::size_t most) {
  AudienceTable table;
  for (std::size_t i = tape.pick(most + 1); i > 0; --i) (void)table.intern(worlds::audience(tape));
  return table;
}

Action some_action(worlds::Tape& tape) { return static_cast<Action>(tape.pick(11)); }

bool may(const Subject& subject, Action action, const Guard& guard, Instant now) {
  const Decision decision = decide(subject, action, guard, now);
  return decision.permits() || decision.needs_second_person();
}

TEST_CASE("excluding more never lets more in, including more never keeps more out",
          "[policy][property]") {
  CHECK(worlds::holds_in_worlds("exclusion", runs, [](worlds::Tape& tape) {
    const std::set<Principal> held = some_principals(tape, 6);
    const Audience audience = worlds::audience(tape);
    Audience narrower = audience;
    narrower.none_of.merge(some_principals(tape, 3));
    Audience wider = audience;
    wider.any_of.merge(some_principals(tape, 3));
    RC_ASSERT(!belongs(held, narrower) || belongs(held, audience));
    RC_ASSERT(belongs(held, wider) || !belongs(held, audience));
  }));
}

TEST_CASE("holding more never closes, except through an exclusion", "[policy][property]") {
  CHECK(worlds::holds_in_worlds("holding more", runs, [](worlds::Tape& tape) {
    Audience audience = worlds::audience(tape);
    const std::set<Principal> held = some_principals(tape, 6);
    std::set<Principal> more = held;
    more.merge(some_principals(tape, 4));
    const bool excluded = std::any_of(more.begin(), more.end(), [&](const Principal& principal) {
      return audience.none_of.count(principal) == 1;
    });
    RC_ASSERT(excluded || !belongs(held, audience) || belongs(more, audience));
    audience.none_of.clear();
    RC_ASSERT(!belongs(held, audience) || belongs(more, audience));
  }));
}

TEST_CASE("who is excluded is out, who holds nothing is out, and nobody is in an empty audience",
          "[policy][property]") {
  CHECK(worlds::holds_in_worlds("out", runs, [](worlds::Tape& tape) {
    const std::set<Principal> held = some_principals(tape, 6);
    Audience audience = worlds::audience(tape);
    RC_ASSERT(!belongs({}, audience));
    RC_ASSERT(!belongs(held, {{}, audience.none_of}));
    audience.none_of.merge(std::set<Principal>(held));
    RC_ASSERT(!belongs(held, audience));
    Audience self{held, {}};
    RC_ASSERT(belongs(held, self) == !held.empty());
  }));
}

TEST_CASE("sight is what belongs says, number by number, and nothing beyond the table",
          "[policy][property]") {
  CHECK(worlds::holds_in_worlds("sight", runs, [](worlds::Tape& tape) {
    const std::set<Principal> held = some_principals(tape, 6);
    const AudienceTable table = some_table(tape, 200);
    const Sight sight(held, table);
    RC_ASSERT(!sight.sees(AudienceId::Nobody));
    for (std::uint32_t number = 1; number <= table.size(); ++number) {
      RC_ASSERT(sight.sees(AudienceId{number}) == belongs(held, *table.find(AudienceId{number})));
    }
    for (std::uint32_t beyond = 1; beyond < 200; ++beyond) {
      RC_ASSERT(!sight.sees(AudienceId{table.size() + beyond}));
    }
    for (const std::uint32_t far : {0x7fffffffU, 0x80000000U, 0xffffffffU}) {
      RC_ASSERT(!sight.sees(AudienceId{far}));
    }
  }));
}

TEST_CASE("equal audiences have one number, different ones two, and come back as they were",
          "[policy][property]") {
  CHECK(worlds::holds_in_worlds("numbers", runs, [](worlds::Tape& tape) {
    AudienceTable table = some_table(tape, 20);
    const std::uint32_t size = table.size();
    AudienceTable restored;
    for (std::uint32_t number = 1; number <= size; ++number) {
      const Audience audience = *table.find(AudienceId{number});
      RC_ASSERT(table.intern(audience) == AudienceId{number});
      RC_ASSERT(table.find(audience) == AudienceId{number});
      restored.restore(AudienceId{number}, audience);
    }
    RC_ASSERT(table.size() == size);
    RC_ASSERT(table.find(AudienceId::Nobody) == nullptr);
    RC_ASSERT(table.find(AudienceId{size + 1}) == nullptr);
    const std::set<Principal> held = some_principals(tape, 6);
    RC_ASSERT(Sight(held, table) == Sight(held, restored));
    const Audience fresh{{Principal::make(Principal::Kind::Party, "ZZZ")}, {}};
    RC_ASSERT(!table.find(fresh).has_value());
    RC_ASSERT(table.intern(fresh) == AudienceId{size + 1});
  }));
}

TEST_CASE("embargo and expiry only ever take away from reading", "[policy][property]") {
  CHECK(worlds::holds_in_worlds("time", runs, [](worlds::Tape& tape) {
    const AudienceTable table = some_table(tape, 4);
    const Subject subject = some_subject(tape, table);
    const Guard guard = worlds::guard(tape, AudienceId{static_cast<std::uint32_t>(tape.pick(6))});
    Guard timeless = guard;
    timeless.embargo_until.reset();
    timeless.expires_at.reset();
    const Instant now = worlds::day(tape.pick(worlds::days));
    for (int action = 1; action <= 10; ++action) {
      const auto what = static_cast<Action>(action);
      const bool timed = may(subject, what, guard, now);
      const bool untimed = may(subject, what, timeless, now);
      RC_ASSERT(!timed || untimed);
      // Time is a matter of reading only: what is embargoed can still be withdrawn.
      if (what != Action::Read) RC_ASSERT(timed == untimed);
    }
  }));
}

TEST_CASE("what an application password may do, the account may; and only read",
          "[policy][property]") {
  CHECK(worlds::holds_in_worlds("read only", runs, [](worlds::Tape& tape) {
    const AudienceTable table = some_table(tape, 4);
    Subject subject = some_subject(tape, table);
    const Guard guard = worlds::guard(tape, AudienceId{static_cast<std::uint32_t>(tape.pick(6))});
    const Instant now = worlds::day(tape.pick(worlds::days));
    const Action action = some_action(tape);
    subject.read_only = true;
    const bool with_password = may(subject, action, guard, now);
    subject.read_only = false;
    RC_ASSERT(!with_password || may(subject, action, guard, now));
    RC_ASSERT(!with_password || action == Action::Read);
  }));
}

TEST_CASE("more duties never close, and none of another party or process opens",
          "[policy][property]") {
  CHECK(worlds::holds_in_worlds("duties", runs, [](worlds::Tape& tape) {
    const AudienceTable table = some_table(tape, 4);
    const Subject subject = some_subject(tape, table);
    const Guard guard = worlds::guard(tape, AudienceId{static_cast<std::uint32_t>(tape.pick(6))});
    const Instant now = worlds::day(tape.pick(worlds::days));
    const Action action = some_action(tape);
    Subject more = subject;
    more.duties.push_back({.duty = static_cast<Duty>(tape.pick(6)),
                           .party = tape.of(worlds::parties),
                           .process = tape.of(worlds::processes)});
    RC_ASSERT(!may(subject, action, guard, now) || may(more, action, guard, now));
    // A stranger's duty, in a process that the object is not of, is as good as none.
    Subject stranger = subject;
    for (int duty = 0; duty < 6; ++duty) {
      stranger.duties.push_back({static_cast<Duty>(duty), "XXX", "elsewhere"});
    }
    RC_ASSERT(may(subject, action, guard, now) == may(stranger, action, guard, now));
  }));
}

TEST_CASE("another party changes nothing of what a party gave", "[policy][property]") {
  CHECK(worlds::holds_in_worlds("originator control", runs, [](worlds::Tape& tape) {
    const AudienceTable table = some_table(tape, 4);
    const Subject subject = some_subject(tape, table);
    Guard guard = worlds::guard(tape, AudienceId{static_cast<std::uint32_t>(tape.pick(6))});
    guard.originator = "GBR";  // none of this universe
    const Instant now = worlds::day(tape.pick(worlds::days));
    for (const Action action :
         {Action::ChangeOwn, Action::KeepParty, Action::KeepProcess, Action::KeepAccounts,
          Action::Originate, Action::KeepCertificates, Action::Widen}) {
      RC_ASSERT(!may(subject, action, guard, now));
    }
  }));
}

TEST_CASE("a principal's parts make it again, and no other text parses to it",
          "[policy][property]") {
  CHECK(worlds::holds_in_worlds("parsing", runs, [](worlds::Tape& tape) {
    const Principal principal = tape.of(worlds::all_principals());
    const auto [kind, first, second] = principal.parts();
    RC_ASSERT(Principal::make(kind, first, second) == principal);
    RC_ASSERT(*Principal::parse(principal.text()) == principal);
    // One character more, less or other: parses to something else or not at all.
    std::string text = principal.text();
    const std::size_t at = tape.pick(text.size());
    const char other = static_cast<char>(tape.pick(256));
    switch (tape.pick(3)) {
      case 0:
        text.erase(at, 1);
        break;
      case 1:
        text.insert(at, 1, other);
        break;
      default:
        text[at] = other;
    }
    const auto parsed = Principal::parse(text);
    if (!parsed.ok()) return;
    RC_ASSERT(parsed->text() == text);
    RC_ASSERT((text == principal.text()) == (*parsed == principal));
  }));
}

}  // namespace
}  // namespace entente::policy
