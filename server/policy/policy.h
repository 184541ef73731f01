// The words of the audience algebra and the one function that decides. Pure: no clock, no storage,
// no proto, no coroutine; equal arguments give equal answers. Any thread.
//
// An *audience* is any of a set of principals, less any of a second set. Audiences are interned: an
// object bears a small number, a subject a set of the numbers that it may see, and the check is a
// bit test. Nothing permits by being forgotten: an unknown number, an unset handling, an empty
// audience deny.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/status.h"

namespace entente::policy {

// What an audience can name, in its canonical spelling:
//   party/SWE   institution/SWE/migrationsverket   person/<id>   account/<id>
//   process/igc/members   process/igc/observers   process/igc/partners   process/igc/secretariat
//   process/igc/chair   process/igc/body/wg-data   contributors/<dataflow>
// Compared as text; only `parse` makes one.
class Principal {
 public:
  // InvalidArgument: not of one of the forms above. Ids are [A-Za-z0-9._-]{1,64}.
  [[nodiscard]] static Result<Principal> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  friend auto operator<=>(const Principal&, const Principal&) = default;

 private:
  explicit Principal(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// any_of less none_of. Sorted and without repeats, so that equal sets are equal values.
struct Audience {
  std::set<Principal> any_of;
  std::set<Principal> none_of;
  friend auto operator<=>(const Audience&, const Audience&) = default;
};

// Zero is no audience: nobody. Numbers are dense and never reused within a network; they reach
// disk.
enum class AudienceId : std::uint32_t { Nobody = 0 };

// Whether one who holds `held` belongs to `audience`.
[[nodiscard]] bool belongs(const std::set<Principal>& held, const Audience& audience);

// Numbers audiences. Grows only; rebuilt from the store at start. Not thread-safe: its owner
// publishes immutable copies (see `AudienceTable::snapshot` of whoever owns it).
class AudienceTable {
 public:
  // The audience's number; gives it the next one if it has none.
  AudienceId intern(const Audience& audience);
  // Puts an audience back at the number it had. Requires: numbers come in order, from 1.
  void restore(AudienceId id, const Audience& audience);
  [[nodiscard]] const Audience* find(AudienceId id) const;
  [[nodiscard]] std::optional<AudienceId> find(const Audience& audience) const;
  // How many numbers are given, Nobody not counted; they are 1 to size().
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(by_id_.size()); }

 private:
  std::vector<Audience> by_id_;
  std::map<Audience, AudienceId> ids_;
};

// The numbers of the audiences that a subject belongs to.
class Sight {
 public:
  Sight() = default;
  // What one who holds `held` may see.
  Sight(const std::set<Principal>& held, const AudienceTable& table);
  // Nobody, and any number not known when this was made, is not seen.
  [[nodiscard]] bool sees(AudienceId id) const {
    const auto n = static_cast<std::uint32_t>(id);
    return n / 64 < bits_.size() && (bits_[n / 64] >> (n % 64) & 1U) != 0;
  }

 private:
  std::vector<std::uint64_t> bits_;
};

// Zero never permits. On disk and wire: never renumber.
enum class Handling : std::uint8_t {
  Unspecified = 0,
  Open = 1,
  Limited = 2,
  Restricted = 3,
  Confidential = 4,
};

// What stands over one object.
struct Guard {
  AudienceId audience = AudienceId::Nobody;
  Handling handling = Handling::Unspecified;
  std::string originator;  // party code; it alone changes, widens or withdraws
  std::string process;     // process id, empty if the object is of no process
  std::string person;      // the holder whose own entry it is, empty if nobody's
  std::optional<Instant>
      embargo_until;                  // before: the originator and the process's secretariat only
  std::optional<Instant> expires_at;  // from then on: the originator and the secretariat only
};

// Duties that open acts; held through appointments, never typed in by hand. Never renumber.
enum class Duty : std::uint8_t {
  Unspecified = 0,
  FocalPoint = 1,       // keeps the own party's entries in one process
  Secretariat = 2,      // keeps the process's
  SecurityOfficer = 3,  // keeps the own party's accounts
  Chair = 4,
  CertificateOfficer = 5,  // requests and revokes the own party's certificates
};

struct HeldDuty {
  Duty duty = Duty::Unspecified;
  std::string party;    // whose duty it is
  std::string process;  // in which process; empty for a party-wide duty
  friend auto operator<=>(const HeldDuty&, const HeldDuty&) = default;
};

// Who acts, settled anew for each call by identity/ and directory/ together.
struct Subject {
  std::string account;                 // `parties/SWE/accounts/anna`
  std::string party;                   // `SWE`
  std::string person;                  // the account holder's person id; empty for a program
  std::set<Principal> principals;      // all that it holds at this instant
  std::vector<HeldDuty> duties;        // all that it holds at this instant
  Sight sight;                         // of `principals`, over the table now in force
  std::string session;                 // id of the session, for the ledger; never the token
  std::optional<Instant> password_at;  // when the password was last given in this session
  bool read_only = false;              // an application password
};

// Never renumber.
enum class Action : std::uint8_t {
  Unspecified = 0,
  Read = 1,
  ChangeOwn = 2,     // the holder changes or confirms the own entry
  KeepParty = 3,     // create or change an entry of a party within a process (focal point)
  KeepProcess = 4,   // create or change what belongs to a process (secretariat)
  KeepAccounts = 5,  // create, reset, end accounts of a party (security officer)
  Originate = 6,     // change, widen or withdraw an object: its originator
  Admit = 7,         // admit, suspend or remove a party: two persons of the secretariat
};

enum class Effect : std::uint8_t { Deny = 0, Permit = 1 };

// What `decide` returns, and the only thing that opens an object: replies are made from a Decision
// that permits (STYLE: `to_wire(decision, object)`). Nothing else can make a permitting one.
class [[nodiscard]] Decision {
 public:
  Decision() = default;  // denies
  [[nodiscard]] bool permits() const { return effect_ == Effect::Permit; }
  // Why, in words of the rules, for *why can I*; empty if no rule permitted.
  [[nodiscard]] const std::vector<std::string>& because() const { return because_; }

 private:
  friend Decision decide(const Subject&, Action, const Guard&, Instant);
  Effect effect_ = Effect::Deny;
  std::vector<std::string> because_;
};

// May `subject` do `action` to what `guard` stands over, at `now`?
//
// Denies unless a rule permits. An absent object is decided with a default Guard, which denies: "no
// such object" and "not for you" take one path.
Decision decide(const Subject& subject, Action action, const Guard& guard, Instant now);

}  // namespace entente::policy
