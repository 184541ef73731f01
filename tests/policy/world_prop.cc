// The world against the oracle, over random worlds; and what must hold of any world.
#include <catch2/catch.hpp>

#include "tests/policy/worlds.h"

namespace entente::policy {
namespace {

constexpr int worlds_per_run = 10'000;

// Every account there could be: each person with each party, and each party's program.
template <typename Visit>
void for_each_account(Visit visit) {
  for (const auto& party : worlds::parties) {
    visit(party, std::string());
    for (const auto& person : worlds::persons) visit(party, person);
  }
}

std::set<Principal> oracle_principals(const std::vector<FactBody>& facts, const std::string& party,
                                      const std::string& person) {
  std::set<Principal> held;
  for (const Principal& principal : worlds::all_principals()) {
    if (oracle::holds(facts, party, person, principal.text())) held.insert(principal);
  }
  return held;
}

std::vector<HeldDuty> oracle_duties(const std::vector<FactBody>& facts, const std::string& party,
                                    const std::string& person) {
  std::vector<HeldDuty> duties;
  for (const Duty duty : {Duty::Unspecified, Duty::FocalPoint, Duty::Secretariat,
                          Duty::SecurityOfficer, Duty::Chair, Duty::CertificateOfficer}) {
    for (const std::string process : {"", "apc", "igc"}) {
      const HeldDuty held{.duty = duty, .party = party, .process = process};
      if (oracle::has_duty(facts, party, person, held)) duties.push_back(held);
    }
  }
  return duties;
}

// Asks `may` about every account.
template <typename May>
std::vector<PartyHolders> ask_all(const std::vector<FactBody>& facts, May may) {
  std::vector<PartyHolders> all;
  for (const std::string party : {"ERI", "IOM", "NOR", "SWE"}) {
    PartyHolders holders{
        .party = party, .kind = PartyKind::State, .whole_party = may(party, ""), .persons = {}};
    for (const auto& person : worlds::persons) {
      if (may(party, person)) holders.persons.push_back(person);
    }
    for (const FactBody& body : facts) {
      const auto* const fact = std::get_if<Party>(&body);
      if (fact != nullptr && fact->code == party) holders.kind = fact->kind;
    }
    if (holders.whole_party || !holders.persons.empty()) all.push_back(holders);
  }
  return all;
}

// Kinds may be said twice of a party in a random world; who it is may not differ.
std::vector<PartyHolders> without_kinds(std::vector<PartyHolders> all) {
  for (PartyHolders& holders : all) holders.kind = PartyKind::State;
  return all;
}

TEST_CASE("whoever holds a principal or a duty holds it by the oracle, and the reverse",
          "[policy][property]") {
  CHECK(worlds::holds_in_worlds("principals and duties", worlds_per_run, [](worlds::Tape& tape) {
    const AsOf as_of = worlds::as_of(tape);
    const oracle::Log log = worlds::log(tape);
    const World world = worlds::world_of(log);
    const auto facts = oracle::facts_at(log, as_of);
    for_each_account([&](const std::string& party, const std::string& person) {
      RC_ASSERT(principals_of(world, party, person, as_of) ==
                oracle_principals(facts, party, person));
      RC_ASSERT(duties_of(world, party, person, as_of) == oracle_duties(facts, party, person));
    });
  }));
}

TEST_CASE("who can see something is exactly whom the oracle lets see it", "[policy][property]") {
  CHECK(worlds::holds_in_worlds("who can see", worlds_per_run, [](worlds::Tape& tape) {
    const AsOf as_of = worlds::as_of(tape);
    AudienceTable table;
    const Audience audience = worlds::audience(tape);
    const AudienceId other = table.intern(worlds::audience(tape));
    const Guard guard = worlds::guard(tape, table.intern(audience));
    const oracle::Log log = worlds::log(tape);
    const World world = worlds::world_of(log);
    const auto facts = oracle::facts_at(log, as_of);

    RC_ASSERT(without_kinds(who_holds(world, audience, as_of).parties) ==
              without_kinds(ask_all(facts, [&](const auto& party, const auto& person) {
                return oracle::is_in(facts, party, person, audience);
              })));
    RC_ASSERT(without_kinds(who_sees(world, table, guard, as_of).holders.parties) ==
              without_kinds(ask_all(facts, [&](const auto& party, const auto& person) {
                return oracle::may_read(facts, party, person, guard, audience, as_of.when);
              })));
    // And decide() itself says the same of each.
    for_each_account([&](const std::string& party, const std::string& person) {
      const Subject subject = subject_of(world, table, party, person, as_of);
      const bool permits = decide(subject, Action::Read, guard, as_of.when).permits();
      const bool somebody = !subject.principals.empty();
      RC_ASSERT((permits && somebody) ==
                oracle::may_read(facts, party, person, guard, audience, as_of.when));
      RC_ASSERT(subject.sight.sees(other) == belongs(subject.principals, *table.find(other)));
    });
  }));
}

TEST_CASE("a party sees something by what those hold of whom it is said", "[policy][property]") {
  CHECK(worlds::holds_in_worlds("ways", worlds_per_run / 4, [](worlds::Tape& tape) {
    const AsOf as_of = worlds::as_of(tape);
    const Audience audience = worlds::audience(tape);
    const World world = worlds::world_of(worlds::log(tape));
    const Holders holders = who_holds(world, audience, as_of);
    const std::size_t persons_max = tape.pick(3);
    const auto ways = ways_of(world, audience.any_of, holders, persons_max, as_of);
    RC_ASSERT(ways.size() == holders.parties.size());
    for (std::size_t i = 0; i < ways.size(); ++i) {
      const PartyHolders& of = holders.parties[i];
      std::set<Principal> all = principals_of(world, of.party, "", as_of);
      for (std::size_t j = 0; j < std::min(of.persons.size(), persons_max); ++j) {
        all.merge(principals_of(world, of.party, of.persons[j], as_of));
      }
      std::set<Principal> named;
      for (const Principal& one : all) {
        if (audience.any_of.contains(one)) named.insert(one);
      }
      RC_ASSERT(ways[i] == named);
    }
  }));
}

TEST_CASE("what a change would close is what the oracle sees closed", "[policy][property]") {
  CHECK(worlds::holds_in_worlds("preview", worlds_per_run / 4, [](worlds::Tape& tape) {
    const Instant when = worlds::day(tape.pick(worlds::days));
    AudienceTable table;
    std::vector<Audience> audiences;
    std::vector<ObjectGroup> objects;
    std::vector<OpenStream> streams;
    for (int i = 0; i < 3; ++i) {
      audiences.push_back(worlds::audience(tape));
      const Guard guard = worlds::guard(tape, table.intern(audiences.back()));
      objects.push_back({.kind = i == 0 ? "person" : "document", .guard = guard, .count = 3});
      streams.push_back({.party = tape.of(worlds::parties),
                         .person = tape.once_in(3) ? "" : tape.of(worlds::persons),
                         .guard = guard});
    }
    Change change{.kind = static_cast<ChangeKind>(tape.pick(3)),
                  .process = tape.of(worlds::processes),
                  .party = tape.of(worlds::parties),
                  .appointment = "7/" + std::to_string(tape.pick(6))};
    const oracle::Log log = worlds::log(tape);
    const World world = worlds::world_of(log);

    // The same change, done to the log by hand.
    oracle::Log next = log;
    std::set<std::string> seen;
    std::optional<std::string> appointee;
    bool is_there = false;
    for (std::size_t i = log.size(); i-- > 0;) {
      const oracle::Entry& entry = log[i];
      if (!seen.insert(entry.fact.key).second || entry.withdraws) continue;
      if (!entry.fact.span.holds(when)) continue;
      const auto* const part = std::get_if<Participation>(&entry.fact.body);
      const auto* const appointment = std::get_if<Appointment>(&entry.fact.body);
      bool ends = false;
      if (change.kind == ChangeKind::EndAppointment) {
        ends = appointment != nullptr && entry.fact.key == change.appointment;
        if (ends) appointee = appointment->person;
      } else if (part != nullptr && part->party == change.party &&
                 part->process == change.process) {
        is_there = true;
        ends = change.kind == ChangeKind::EndParticipation;
      }
      if (!ends) continue;
      is_there = true;
      oracle::Entry ended = entry;
      ended.fact.span.until = when;
      ended.recorded_at = known_now;
      next.push_back(ended);
    }
    const auto previewed = preview(world, table, change, objects, streams, when);
    RC_ASSERT(previewed.ok() == is_there);
    if (!is_there) return;
    if (change.kind == ChangeKind::SuspendParticipation) {
      next.push_back({.withdraws = false,
                      .fact = {"suspended",
                               Participation{change.process, change.party, Standing::Suspended, {}},
                               {when, {}}},
                      .recorded_at = known_now});
    }
    const auto before = oracle::facts_at(log, {when});
    const auto after = oracle::facts_at(next, {when});
    std::map<std::string, std::uint64_t> closes;
    std::map<std::string, std::uint64_t> opens;
    std::set<std::string> people;
    std::set<Principal> lost;
    std::set<Principal> gained;
    std::set<HeldDuty> duties;
    bool programs = false;
    for (std::size_t i = 0; i < objects.size(); ++i) {
      bool is_closed = false;
      bool is_opened = false;
      for_each_account([&](const std::string& party, const std::string& person) {
        const bool saw =
            oracle::may_read(before, party, person, objects[i].guard, audiences[i], when);
        const bool sees =
            oracle::may_read(after, party, person, objects[i].guard, audiences[i], when);
        is_closed = is_closed || (saw && !sees);
        is_opened = is_opened || (!saw && sees);
        if (!saw || sees) return;
        if (person.empty()) {
          programs = true;
        } else {
          people.insert(person);
        }
      });
      if (is_closed) closes[objects[i].kind] += 3;
      if (is_opened) opens[objects[i].kind] += 3;
    }
    for_each_account([&](const std::string& party, const std::string& person) {
      const auto held = oracle_principals(before, party, person);
      const auto will_hold = oracle_principals(after, party, person);
      for (const auto& one : held) {
        if (will_hold.count(one) == 0) lost.insert(one);
      }
      for (const auto& one : will_hold) {
        if (held.count(one) == 0) gained.insert(one);
      }
      for (const HeldDuty& duty : oracle_duties(before, party, person)) {
        if (oracle::has_duty(after, party, person, duty)) continue;
        duties.insert(duty);
        people.insert(person);
      }
    });
    std::uint32_t streams_ended = 0;
    for (std::size_t i = 0; i < streams.size(); ++i) {
      const OpenStream& stream = streams[i];
      const auto sees = [&](const auto& facts) {
        return oracle::may_read(facts, stream.party, stream.person, stream.guard, audiences[i],
                                when);
      };
      const bool is_lost = [&] {
        const auto held = oracle_principals(before, stream.party, stream.person);
        const auto will_hold = oracle_principals(after, stream.party, stream.person);
        for (const auto& one : held) {
          if (will_hold.count(one) == 0) return true;
        }
        for (const HeldDuty& duty : oracle_duties(before, stream.party, stream.person)) {
          if (!oracle::has_duty(after, stream.party, stream.person, duty)) return true;
        }
        return false;
      }();
      if (!sees(before) || (sees(after) && !is_lost)) continue;
      ++streams_ended;
      if (stream.person.empty()) {
        programs = true;
      } else {
        people.insert(stream.person);
      }
    }
    RC_ASSERT(previewed->closes == closes);
    RC_ASSERT(previewed->opens == opens);
    RC_ASSERT(previewed->people == people);
    RC_ASSERT(previewed->programs == programs);
    RC_ASSERT(previewed->lost == lost);
    RC_ASSERT(previewed->gained == gained);
    RC_ASSERT(previewed->duties_lost == std::vector<HeldDuty>(duties.begin(), duties.end()));
    RC_ASSERT(previewed->streams == streams_ended);
    // What nobody of all would hold after.
    std::set<std::string> vacant;
    for (const Principal& principal : lost) {
      bool held = false;
      for_each_account([&](const std::string& party, const std::string& person) {
        held = held || oracle::holds(after, party, person, principal.text());
      });
      if (!held) vacant.insert(principal.text());
    }
    for (const std::string& name : previewed->left_vacant) {
      if (!name.starts_with("offices/")) RC_ASSERT(vacant.count(name) == 1);
    }
    for (const std::string& name : vacant) RC_ASSERT(previewed->left_vacant.count(name) == 1);
  }));
}

TEST_CASE("a world edited a fact at a time is the world built at once", "[policy][property]") {
  CHECK(worlds::holds_in_worlds("publishing", 1'000, [](worlds::Tape& tape) {
    const AsOf as_of = worlds::as_of(tape);
    const std::size_t every = 1 + tape.pick(4);
    const std::size_t kept = tape.pick(40);
    const oracle::Log log = worlds::log(tape);
    Editor editor;
    World early;
    for (std::size_t i = 0; i < log.size(); ++i) {
      if (log[i].withdraws) {
        editor.withdraw(log[i].fact.key, log[i].recorded_at);
      } else {
        RC_ASSERT(editor.put(log[i].fact, log[i].recorded_at).ok());
      }
      if (i % every == 0) (void)editor.publish();
      if (i == kept) {
        early = editor.publish();
        // A branch of it goes its own way and disturbs neither.
        Editor branch(early);
        for (const auto& party : worlds::parties) branch.withdraw("party/" + party, known_now);
      }
    }
    const World whole = worlds::world_of(log);
    const World head = worlds::world_of(
        {log.begin(), log.begin() + static_cast<std::ptrdiff_t>(std::min(kept + 1, log.size()))});
    for_each_account([&](const std::string& party, const std::string& person) {
      RC_ASSERT(principals_of(editor.publish(), party, person, as_of) ==
                principals_of(whole, party, person, as_of));
      if (kept >= log.size()) return;
      RC_ASSERT(principals_of(early, party, person, as_of) ==
                principals_of(head, party, person, as_of));
    });
  }));
}

}  // namespace
}  // namespace entente::policy
