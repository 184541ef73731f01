// The words of the audience algebra and the one function that decides. Pure: no clock, no storage,
// no proto, no coroutine; equal arguments give equal answers. Values; any thread.
//
// An *audience* is any of a set of principals, less any of a second set. Audiences are interned: an
// object bears a small number, a subject a set of the numbers that it may see, and the check is a
// bit test. Nothing permits by being forgotten: an unknown number, an unset handling, an empty
// audience deny.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/digest.h"
#include "proto/contract/status.h"

namespace entente::policy {

// Whether `text` is an id as resource names and principals have them: [A-Za-z0-9._-]{1,64}.
[[nodiscard]] bool is_id(std::string_view text);
// `igc` of `processes/igc`, with `processes/` as collection; nothing if it is no such name.
[[nodiscard]] std::optional<std::string> id_in(std::string_view name, std::string_view collection);

// What an audience can name, in its canonical spelling:
//   party/SWE   institution/SWE/migrationsverket   person/<id>   account/SWE/<id>
//   process/igc/members   process/igc/observers   process/igc/partners   process/igc/secretariat
//   process/igc/chair   process/igc/body/wg-data   contributors/<dataflow>
// Account ids are unique within their party only, so an account's principal names the party too.
// Compared as text; only `parse` and the makers below make one.
class Principal {
 public:
  enum class Kind : std::uint8_t {
    Party,
    Institution,
    Person,
    Account,
    Members,
    Observers,
    Partners,
    Secretariat,
    Chair,
    Body,
    Contributors,
  };
  // What a principal says: `first` is the party, person, process or dataflow; `second` the
  // institution, account or body, else empty. Views into the principal's text.
  struct Parts {
    Kind kind;
    std::string_view first;
    std::string_view second;
  };

  // InvalidArgument: not of one of the forms above. Ids are [A-Za-z0-9._-]{1,64}.
  [[nodiscard]] static Result<Principal> parse(std::string_view text);
  // Requires: each id passes is_id(); a bug otherwise. `second` as in Parts.
  [[nodiscard]] static Principal make(Kind kind, std::string_view first,
                                      std::string_view second = {});

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] Parts parts() const;
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

// Whether one who holds `held` belongs to `audience`: holds one of any_of and none of none_of. An
// empty any_of is nobody.
[[nodiscard]] bool belongs(const std::set<Principal>& held, const Audience& audience);
// The same of one who holds both `held` and `more`.
[[nodiscard]] bool belongs(const std::set<Principal>& held, const std::set<Principal>& more,
                           const Audience& audience);

// Numbers audiences. Grows only; rebuilt from the store at start. One thread at a time; its owner
// publishes immutable copies.
class AudienceTable {
 public:
  // The audience's number; gives it the next one if it has none.
  AudienceId intern(const Audience& audience);
  // Puts an audience back at the number it had. Requires: numbers come in order, from 1, and no
  // audience comes twice.
  void restore(AudienceId id, const Audience& audience);
  // Null for Nobody and for numbers not given.
  [[nodiscard]] const Audience* find(AudienceId id) const;
  [[nodiscard]] std::optional<AudienceId> find(const Audience& audience) const;
  // How many numbers are given, Nobody not counted; they are 1 to size().
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(by_id_.size()); }

 private:
  friend class Sight;
  struct Mentions {
    std::vector<std::uint32_t> any_of;   // numbers of the audiences that name it so
    std::vector<std::uint32_t> none_of;  // numbers of those that exclude it
  };
  std::vector<Audience> by_id_;
  std::map<Audience, AudienceId> ids_;
  std::map<Principal, Mentions> mentions_;
};

// The numbers of the audiences that a subject belongs to.
class Sight {
 public:
  Sight() = default;
  // What one who holds `held` may see. Costs what the held principals are mentioned in, not the
  // table.
  Sight(const std::set<Principal>& held, const AudienceTable& table);
  // Nobody, and any number not known when this was made, is not seen.
  [[nodiscard]] bool sees(AudienceId id) const {
    const auto n = static_cast<std::uint32_t>(id);
    return n / 64 < bits_.size() && (bits_[n / 64] >> (n % 64) & 1U) != 0;
  }
  friend bool operator==(const Sight&, const Sight&) = default;

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

// Whether it is one of the four; all else denies.
[[nodiscard]] constexpr bool is_known(Handling handling) {
  return handling >= Handling::Open && handling <= Handling::Confidential;
}

// Whether reading what is handled so leaves a receipt in the ledger before it is released. True for
// what is not known, too.
[[nodiscard]] constexpr bool leaves_receipt(Handling handling) {
  return handling != Handling::Open && handling != Handling::Limited;
}

// What stands over one object.
struct Guard {
  AudienceId audience = AudienceId::Nobody;
  Handling handling = Handling::Unspecified;
  std::string originator;  // party code; it alone changes, widens or withdraws; empty: the process
  std::string process;     // process id, empty if the object is of no process
  std::string person;      // the holder whose own entry it is, empty if nobody's
  // Before: only the originator and the process's secretariat, of those in the audience.
  std::optional<Instant> embargo_until;
  // From then on: only the originator and the process's secretariat, of those in the audience.
  std::optional<Instant> expires_at;
  friend bool operator==(const Guard&, const Guard&) = default;
};

// Whether neither embargo nor expiry narrows it at `now`. What is embargoed until it has expired is
// never in time.
[[nodiscard]] bool in_time(const Guard& guard, Instant now);

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
  ChangeOwn = 2,         // the holder changes or confirms the own entry
  KeepParty = 3,         // create or change an entry of a party within a process (focal point)
  KeepProcess = 4,       // create or change what is the process's own, no party's (secretariat)
  KeepAccounts = 5,      // create, reset, end accounts of a party (security officer)
  Originate = 6,         // change, narrow or withdraw an object: its originator
  Admit = 7,             // admit, suspend or remove a party: two persons of the secretariat
  KeepCertificates = 8,  // request, revoke certificates of a party (certificate officer)
  Widen = 9,             // give an object a wider audience: its originator; two if confidential
  Conclude = 10,         // conclude, merge or revive a process: two, of secretariat and chair
  ListReaders = 11,      // be told who else can read it: its originator, the secretariat
};

// The rules by which something is permitted, each with a stable name (`rule_name`).
enum class Rule : std::uint8_t {
  Audience,              // belongs to the audience
  Holder,                // it is the holder's own entry
  OriginatorOutOfTime,   // under embargo or expired, and of the originator
  SecretariatOutOfTime,  // under embargo or expired, and of the process's secretariat
  FocalPoint,
  Secretariat,
  SecurityOfficer,
  CertificateOfficer,
  Chair,
  Originator,  // of the originator's party, and in the audience or its focal point
  TwoPersons,  // a second person signed the same digest
};
// `audience`, `originator_out_of_time` ...
[[nodiscard]] std::string_view rule_name(Rule rule);

enum class Effect : std::uint8_t { Deny = 0, Permit = 1 };

// Whether `action` on what `guard` stands over needs two persons: then `decide` alone never
// permits.
[[nodiscard]] bool needs_two_persons(Action action, const Guard& guard);

struct Consent;

// What `decide` returns, and the only thing that opens an object (guarded.h). Nothing but this
// room's deciding functions can make a permitting one. It stands for the guard that it was made on,
// and opens no other: what was checked is what is used.
class [[nodiscard]] Decision {
 public:
  Decision() = default;  // denies
  [[nodiscard]] bool permits() const { return effect_ == Effect::Permit; }
  // The subject may do this once a second person agrees: it may propose, or be the second.
  [[nodiscard]] bool needs_second_person() const { return needs_second_; }
  [[nodiscard]] Action action() const { return action_; }
  [[nodiscard]] bool is_about(const Guard& guard) const;
  // Why, by the rules' names, for *why can I*; empty if no rule permitted.
  [[nodiscard]] std::vector<std::string_view> because() const;
  [[nodiscard]] bool because_of(Rule rule) const {
    return (because_ >> static_cast<unsigned>(rule) & 1U) != 0;
  }

 private:
  friend Decision decide(const Subject&, Action, const Guard&, Instant);
  friend Decision decide_two_person(const Consent&, const Consent&, const Digest&, Action,
                                    const Guard&, Instant);
  Effect effect_ = Effect::Deny;
  bool needs_second_ = false;
  Action action_ = Action::Unspecified;
  std::uint16_t because_ = 0;     // one bit a Rule
  std::uint64_t guard_mark_ = 0;  // of the guard it was made on
};

// May `subject` do `action` to what `guard` stands over, at `now`?
//
// Denies unless a rule permits. An unset handling and, for all but Read, a read-only subject
// outweigh every rule that permits. An absent object is decided with a default Guard, which
// denies: "no such object" and "not for you" take one path.
//
// Read: in the audience, or the holder of the entry; out of time, also of the originator or of the
// process's secretariat. ChangeOwn: the holder. KeepParty: a focal point of the originator, in the
// guard's process if it has one. KeepProcess, Admit: the secretariat of the guard's process; never
// over what is a party's (originator set), except to admit. KeepAccounts, KeepCertificates: the
// originator's officer. Originate, Widen: of the originator's party, and in the audience or its
// focal point. Conclude: the secretariat or chair of the guard's process. ListReaders: who may Read
// it and is of the originator or of the secretariat of the guard's process.
Decision decide(const Subject& subject, Action action, const Guard& guard, Instant now);

// How long the first person's consent waits for the second's.
inline constexpr std::chrono::hours consent_life{72};

// One person's signed agreement to an act.
struct Consent {
  Subject subject;     // as it is now, made anew: a duty lost since does not count
  Digest digest{};     // what was signed: of the act in all its particulars
  std::string device;  // SHA-256 of the certificate that the session is bound to, in hexadecimal
  Instant given_at;
};

// May `action` be done at `now`, on the word of two persons?
//
// Permits only if each alone may (Decision::needs_second_person), they are two persons with two
// accounts, sessions and devices, none of these empty, both signed `act_digest` (not all zero), the
// second not before the first, neither in the future, and the first's consent is younger than
// consent_life. What needs no second person is denied here: it is `decide`'s.
Decision decide_two_person(const Consent& first, const Consent& second, const Digest& act_digest,
                           Action action, const Guard& guard, Instant now);

}  // namespace entente::policy
