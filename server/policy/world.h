// The facts from which it follows who holds what: participations, bodies, seats, offices,
// appointments, institutions, contributions. Each fact is kept over both times: *when it held*
// (`Span`) and *when we knew* (recorded, superseded), so that who could see what on a given day has
// an answer, and so has what we then believed.
//
// A `World` is a value: copies are cheap (they share what did not change), never change, and are
// read by any thread. `Editor` makes the next one, a fact at a time; one thread. There is no clock:
// callers say which instant they ask about. Nothing is guessed: a fact that refers to what is not
// there gives nothing.
//
// What follows from the facts (`principals_of`, `duties_of`):
// - Every account of a party in being holds `party/P`; a person of it also `person/<id>` and the
//   institution it works in, or holds an office of.
// - A participation in force as member, observer or partner gives every account of the party that
//   principal of the process: members only `members`, observers only `observers`. Invited parties
//   hold none, but may sit in bodies. A participation limited to activities gives nothing
//   process-wide: only the bodies and dataflows that it names.
// - A *suspended* or *former* participation in force outweighs any other: the party, and every
//   person of it, holds none of the process's principals and no duty over the process. Without any
//   participation in force a party sits in no body and chairs nothing.
// - Bodies are held by those seated in them while the body is in being: a whole party, or a person
//   of a party. So is the chair. The secretariat is held by persons only, by appointment or seat;
//   it alone needs no participation (its staff may be of an organisation that is no party to the
//   process), but ends with suspension all the same.
// - An appointment gives what its office gives, while both are in force, to a person of the party
//   whose office it is: holder, deputy, acting and duty contact alike see what the office sees; the
//   duties of the office are for holder, deputy and acting only. A duty over the own party's things
//   (focal point, officers) follows from the appointment alone: what a state gave, it can take
//   back, suspended or not.
// - `contributors/<dataflow>` is held by the parties that have given their own figures; where the
//   dataflow belongs to a process, while they take part in it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/status.h"
#include "server/policy/cow_map.h"
#include "server/policy/policy.h"

namespace entente::policy {

// Half open: from `since`, which is in it, to `until`, which is not. Absent: without beginning, or
// end. A span whose end is not after its beginning holds never.
struct Span {
  std::optional<Instant> since;
  std::optional<Instant> until;
  [[nodiscard]] bool holds(Instant when) const {
    return (!since || *since <= when) && (!until || when < *until);
  }
  friend bool operator==(const Span&, const Span&) = default;
};

// As it is known now: includes every fact not superseded, whatever the clock did when it was
// recorded.
inline constexpr Instant known_now = Instant::max();

// The two instants that a question is about.
struct AsOf {
  Instant when;
  Instant known_at = known_now;
};

// --- facts ---------------------------------------------------------------------------------------

enum class PartyKind : std::uint8_t { State, Organisation, Network, Territory };
struct Party {
  std::string code;  // `SWE`
  PartyKind kind = PartyKind::State;
  friend bool operator==(const Party&, const Party&) = default;
};

struct Institution {
  std::string party;
  std::string id;
  friend bool operator==(const Institution&, const Institution&) = default;
};

// A person of a party, in one of its institutions or none.
struct Person {
  std::string id;
  std::string party;
  std::string institution;  // empty: none
  friend bool operator==(const Person&, const Person&) = default;
};

enum class Standing : std::uint8_t { Member, Observer, Partner, Invited, Suspended, Former };
struct Participation {
  std::string process;
  std::string party;
  Standing standing = Standing::Invited;
  std::set<std::string> activities;  // empty: unlimited; else ids of bodies and dataflows
  friend bool operator==(const Participation&, const Participation&) = default;
};

struct Body {
  std::string process;
  std::string id;
  friend bool operator==(const Body&, const Body&) = default;
};

// A place in a body, the secretariat or the chair, for a whole party or for one person.
enum class Bench : std::uint8_t { Body, Secretariat, Chair };
enum class SeatRole : std::uint8_t { Member, Chair, CoChair };  // of a body; no wider sight
struct Seat {
  std::string process;
  Bench bench = Bench::Body;
  std::string body;    // of Bench::Body; else empty
  std::string party;   // whose seat it is
  std::string person;  // empty: every account of the party
  SeatRole role = SeatRole::Member;
  friend bool operator==(const Seat&, const Seat&) = default;
};

enum class OfficeKind : std::uint8_t {
  FocalPoint,       // of `party`, in `process`
  Secretariat,      // staff of the secretariat of `process`
  Chair,            // chair of `process`
  BodyContact,      // of `party`, in `body` of `process`
  SecurityOfficer,  // of `party`
  CertificateOfficer,
  Other,  // thematic coordinator, registrar ...: opens nothing by itself
};
struct Office {
  std::string id;
  OfficeKind kind = OfficeKind::Other;
  std::string party;        // whose office it is; only a person of this party can hold it
  std::string process;      // empty: party-wide
  std::string body;         // of BodyContact; else empty
  std::string institution;  // empty: none
  friend bool operator==(const Office&, const Office&) = default;
};

enum class Capacity : std::uint8_t { Holder, Deputy, Acting, DutyContact };
struct Appointment {
  std::string id;
  std::string office;
  std::string person;
  Capacity capacity = Capacity::Holder;
  friend bool operator==(const Appointment&, const Appointment&) = default;
};

// A party has given its own figures to a dataflow.
struct Contribution {
  std::string dataflow;
  std::string party;
  std::string process;  // whose dataflow it is; empty: of no process
  friend bool operator==(const Contribution&, const Contribution&) = default;
};

using FactBody = std::variant<Party, Institution, Person, Participation, Body, Seat, Office,
                              Appointment, Contribution>;

// A fact as it is handed in. `key` names what it is a version of, across all kinds: a resource name
// (`appointments/<id>`, `processes/igc/participations/SWE`), with a suffix `#<n>` where one
// resource makes several facts.
struct Fact {
  std::string key;
  FactBody body;
  Span span;
  friend bool operator==(const Fact&, const Fact&) = default;
};

// --- the world -----------------------------------------------------------------------------------

// One version of a fact, with both its times.
template <typename T>
struct Version {
  std::string key;
  T body;
  Span span;
  Instant recorded_at;
  Instant superseded_at = Instant::max();
  [[nodiscard]] bool holds(const AsOf& as_of) const {
    return recorded_at <= as_of.known_at && span.holds(as_of.when) &&
           // known_now itself is before the end of what has none.
           (as_of.known_at < superseded_at || superseded_at == Instant::max());
  }
};

class World {
 public:
  // How many versions of facts have been put.
  [[nodiscard]] std::uint64_t version_count() const { return version_count_; }

 private:
  friend class Editor;
  friend class WorldReader;
  friend class WorldWriter;

  // What hangs on a party, a person, a process ...: every version ever put, and indexes that may
  // name too much (what once hung there) but never too little.
  template <typename T>
  using Versions = std::vector<Version<T>>;
  // One who is, or was, of a party; kept small and in one piece because who-can-see walks them.
  struct Belonging {
    std::string person;
    std::size_t hash;  // of the name: tells two persons apart without reading either
    Span span;
    Instant recorded_at;
    Instant superseded_at;
  };
  struct PartyNode {
    Versions<Party> party;
    Versions<Institution> institutions;
    Versions<Participation> participations;
    Versions<Seat> seats;  // of the whole party
    Versions<Contribution> contributions;
  };
  struct PersonNode {
    Versions<Person> person;
    Versions<Seat> seats;
    Versions<Appointment> appointments;
  };
  struct ProcessNode {
    Versions<Body> bodies;
  };
  struct OfficeNode {
    Versions<Office> office;
    std::set<std::string> persons;  // appointed to it
  };
  // Through whom a principal may be held.
  struct Mentions {
    std::set<std::string> parties;  // as a whole
    std::set<std::string> persons;
    std::set<std::string> offices;
  };
  // Where the current version of a key lies, or the last one lay, and when that was last changed.
  struct Home {
    std::uint8_t shelf = 0;
    bool current = false;
    std::string node;
    Instant changed_at = Instant::min();
  };

  CowMap<PartyNode> parties_;
  CowMap<std::vector<Belonging>> belongings_;  // by party, sorted by person
  CowMap<PersonNode> persons_;
  CowMap<ProcessNode> processes_;
  CowMap<OfficeNode> offices_;
  CowMap<Mentions> mentions_;  // by principal
  CowMap<Home> homes_;
  std::uint64_t version_count_ = 0;
  std::uint64_t edition_ = 0;
};

// Makes the next world of one. One thread at a time; worlds published before stay as they are.
class Editor {
 public:
  explicit Editor(World world = {});

  // Puts a fact, as known from `recorded_at`. If a fact of that key is current it is superseded by
  // this one from then on. A `recorded_at` before the key's last change (the clock was set back)
  // counts as the time of that change. A fact that is current already is not put again.
  //
  // InvalidArgument: an id is malformed or missing, a field is set that its kind does not have, or
  // an enumerator is none. Then nothing has changed.
  Status put(const Fact& fact, Instant recorded_at);

  // The fact of this key is not held true any longer, from `recorded_at` on, for any instant. Not
  // an error if there is none.
  void withdraw(std::string_view key, Instant recorded_at);

  // The world as it now stands; what is put later does not change it. Costs a few pointers.
  [[nodiscard]] World publish();

 private:
  World world_;
};

// --- what follows --------------------------------------------------------------------------------

// All that an account of `party` holds; `person` is empty for a program's. Empty if the party is
// not in being, or the person is not one of it. `account/...` is the caller's to add.
[[nodiscard]] std::set<Principal> principals_of(const World& world, std::string_view party,
                                                std::string_view person, const AsOf& as_of);

// All duties of `person`; sorted, without repeats.
[[nodiscard]] std::vector<HeldDuty> duties_of(const World& world, std::string_view party,
                                              std::string_view person, const AsOf& as_of);

// Those of one party who hold something.
struct PartyHolders {
  std::string party;
  PartyKind kind = PartyKind::State;
  bool whole_party = false;               // its programs and future persons, too
  std::vector<std::string_view> persons;  // ids, sorted; views into the Holders that this is in
  friend bool operator==(const PartyHolders&, const PartyHolders&) = default;
};

// Who holds something. Keeps the world that the names lie in.
class Holders {
 public:
  std::vector<PartyHolders> parties;  // sorted by party

 private:
  friend class WorldReader;
  explicit Holders(World world) : world_(std::move(world)) {}
  World world_;
};

// Who belongs to `audience`: exactly those whose principals belong. Parties of which nobody does
// are left out; one without persons is named if its programs would.
[[nodiscard]] Holders who_holds(const World& world, const Audience& audience, const AsOf& as_of);

// By which principals of `any_of` each of the `holders` belongs, in the order of their parties: as
// what every account of the party holds, and as what one of its first `persons_max` persons does.
[[nodiscard]] std::vector<std::set<Principal>> ways_of(const World& world,
                                                       const std::set<Principal>& any_of,
                                                       const Holders& holders,
                                                       std::size_t persons_max, const AsOf& as_of);

// Whether somebody answers for an office: holder, deputy or acting.
[[nodiscard]] bool is_answered(const World& world, std::string_view office, const AsOf& as_of);

// The current version of a key, whenever it holds; empty if there is none or it was withdrawn.
[[nodiscard]] std::optional<Fact> find_fact(const World& world, std::string_view key);

// The participations of `party` in `process` that hold, suspended and former ones included.
[[nodiscard]] std::vector<Fact> participations_of(const World& world, std::string_view process,
                                                  std::string_view party, const AsOf& as_of);

}  // namespace entente::policy
