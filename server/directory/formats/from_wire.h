// From the contract's messages to what the formats show, and from a roster's rows to what the
// contract would change. Pure; any thread.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "entente/v1/directory.pb.h"
#include "server/directory/formats/entry.h"
#include "server/directory/formats/roster.h"

namespace entente::directory {

// Names for people, by resource name: `parties/SWE` is `Sweden`, `processes/igc` is `IGC`,
// `parties/SWE/institutions/migrationsverket` is `Swedish Migration Board`. What is missing shows
// its id.
using DisplayNames = std::map<std::string, std::string, std::less<>>;

// An office with the capacity in which the person has it.
struct HeldOffice {
  const v1::Office* office = nullptr;
  v1::Capacity capacity = v1::CAPACITY_UNSPECIFIED;
  const v1::Span* span = nullptr;  // null: not known
};

// What a card or list shows of `person`: all of it. Requires: the message was decided for its
// reader, with the contact details that the reader may see and no others.
[[nodiscard]] Entry entry_of(const v1::Person& person, std::span<const HeldOffice> offices,
                             const DisplayNames& names, Instant revised);

// The person that a row describes, without name, revision or visibility: whoever brings it in gives
// these. `institution` is the text of the row.
[[nodiscard]] v1::Person person_of(const RosterRow& row);
// OFFICE_KIND_UNSPECIFIED for a row without office.
[[nodiscard]] v1::OfficeKind office_kind_of(const RosterRow& row);
[[nodiscard]] v1::Capacity capacity_of(const RosterRow& row);

}  // namespace entente::directory
