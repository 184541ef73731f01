// The roster of what is sealed: to which offices, by which certificates. Server and client compare
// its digest, and the sealed manifest commits to it. docs/sealing.md. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/digest.h"
#include "proto/contract/status.h"

namespace entente {

struct RosterEntry {
  std::string office;       // `offices/<id>`
  std::string certificate;  // `certificates/<SHA-256 in hexadecimal>`
  friend auto operator<=>(const RosterEntry&, const RosterEntry&) = default;
};

// Of the ledger's origin and the entries, in whatever order they come. InvalidArgument
// (FieldInvalid): none, more than envelope_recipients_max, one twice, or a name with a line feed or
// a blank.
[[nodiscard]] Result<Digest> roster_digest(std::string_view origin,
                                           std::vector<RosterEntry> entries);

// An office as its appointment's signed words say it.
struct OfficeOfRoster {
  std::string_view name;
  bool is_secretariat = false;
  std::string_view party;                 // `parties/SWE`
  std::string_view process;               // `processes/igc`; empty: of the whole party
  std::vector<std::string_view> persons;  // appointed to it now: `persons/<id>`
};

// Whether whoever sends to `principal` may mean this office, as far as the office alone says: a
// party's for its party, a person's for who is in it, a process's own only where the office is of
// that process or party-wide, the secretariat's only for its staff. Whether the party is a member,
// say, is asked elsewhere.
[[nodiscard]] bool may_answer(std::string_view principal, const OfficeOfRoster& office);

}  // namespace entente
