// Says what `decide` would: who sees an object, why one does, and what a change would close. Made
// of the same functions that decide, so that what is said is what is done. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/policy/policy.h"
#include "server/policy/world.h"

namespace entente::policy {

// The subject that a person (or, with `person` empty, a program) of `party` is, as far as the facts
// settle it: no account, no session.
[[nodiscard]] Subject subject_of(const World& world, const AudienceTable& table,
                                 std::string_view party, std::string_view person,
                                 const AsOf& as_of);

// Who sees something.
struct Seers {
  Holders holders;
  // Out of time (embargo, expiry), so that only the originator and the secretariat are left.
  bool narrowed = false;
  std::uint32_t people = 0;  // one who is of two parties counts once
  [[nodiscard]] std::uint32_t parties_of(PartyKind kind) const;
};

// Exactly those whom `decide` permits to Read what `guard` stands over, at `as_of.when`.
[[nodiscard]] Seers who_sees(const World& world, const AudienceTable& table, const Guard& guard,
                             const AsOf& as_of);

// Those of the audience's principals that are held, in order.
[[nodiscard]] std::vector<Principal> held_of(const Audience& audience,
                                             const std::set<Principal>& held);

// "members of `igc`", "`SWE`", "the body `wg-data` of `igc`"; only "members" where the process goes
// without saying.
[[nodiscard]] std::string in_words(const Principal& principal,
                                   std::string_view implied_process = {});
// "23 people in 17 states and the secretariat; not: observers".
[[nodiscard]] std::string in_words(const Seers& seers, const Audience& audience);
// "you can see this because your party is a member of `igc`". Empty if `decision` does not permit.
[[nodiscard]] std::string why(const Decision& decision, const std::vector<Principal>& held);

// --- the preview of a change ---------------------------------------------------------------------

enum class ChangeKind : std::uint8_t {
  SuspendParticipation,  // of `party` in `process`
  EndParticipation,      // all of them in force there
  EndAppointment,        // the fact of key `appointment`
};
struct Change {
  ChangeKind kind = ChangeKind::SuspendParticipation;
  std::string process;
  std::string party;
  std::string appointment;
};

// Objects under one guard.
struct ObjectGroup {
  std::string kind;  // `person`, `document`, `series`
  Guard guard;
  std::uint64_t count = 1;
};
// A stream that is open, and what it tells of.
struct OpenStream {
  std::string party;
  std::string person;  // empty: a program's
  Guard guard;
};

struct Preview {
  std::map<std::string, std::uint64_t>
      closes;                                  // objects by kind, closed to one of `people` or more
  std::map<std::string, std::uint64_t> opens;  // leaving may lift an exclusion
  std::uint32_t streams = 0;     // that would end: as sessions do, with anything that is lost
  std::set<std::string> people;  // who would lose sight of something, or a duty
  bool programs = false;         // the party's programs would lose sight, too
  std::set<Principal> lost;
  std::set<Principal> gained;
  std::vector<HeldDuty> duties_lost;  // sorted, without repeats
  std::set<std::string> left_vacant;  // principals that nobody would hold; `offices/<id>`
};

// The world as it would be after `change` at `when`. NotFound: no such participation or appointment
// is in force then, as known now.
[[nodiscard]] Result<World> changed(const World& world, const Change& change, Instant when);

// What `change` at `when` would do to those whom it touches. NotFound: as for `changed`.
[[nodiscard]] Result<Preview> preview(const World& world, const AudienceTable& table,
                                      const Change& change, const std::vector<ObjectGroup>& objects,
                                      const std::vector<OpenStream>& streams, Instant when);

// "suspending `SWE` in `igc` closes 412 documents, 9 series and 2 streams for 6 people".
[[nodiscard]] std::string in_words(const Change& change, const Preview& preview);

}  // namespace entente::policy
