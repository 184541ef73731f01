// Reads the files that a network is built from (proto/entente/config/v1/definition.proto) and says
// what is wrong with them, each fault with its path, line and column. Pure: no files, no clock; who
// has read the bytes passes them in. Any thread.
//
// Every function answers InvalidArgument / FieldInvalid, with violations, for text that is not
// UTF-8, is longer than limits::definition_bytes_max, does not fit the schema, or breaks a rule
// below. At most limits::import_problems_max violations are named; the message says how many more.
// Faults of spelling (the text format's own) hide those of meaning: mend them first.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "entente/config/v1/definition.pb.h"
#include "proto/contract/status.h"

namespace entente::directory {

namespace config = entente::config::v1;

// The first day that `YYYY`, `YYYY-MM` or `YYYY-MM-DD` means; empty if it is no day of the
// calendar, or outside the years 1800 to 2200.
[[nodiscard]] std::optional<std::chrono::sys_days> first_day_of(std::string_view text);

// Looks parties up by code. Copies the table; a value.
class PartyIndex {
 public:
  PartyIndex() = default;
  explicit PartyIndex(config::PartyTable table);

  // Null if there is none.
  [[nodiscard]] const config::PartyDefinition* find(std::string_view code) const;
  // Null if the party or the institution is not there.
  [[nodiscard]] const config::InstitutionDefinition* find_institution(std::string_view code,
                                                                      std::string_view id) const;
  [[nodiscard]] const config::PartyTable& table() const { return table_; }

 private:
  config::PartyTable table_;
  std::map<std::string, int, std::less<>> by_code_;
};

// Rules: codes fit their kind and occur once, as do alpha-2 codes; each party has an English name;
// a territory names a state that is there; institutions have ids of their own; texts are clean.
[[nodiscard]] Result<config::PartyTable> parse_parties(std::string_view text);

// Rules: every code is a party's (and never an area's), every institution is one of that party;
// standings are filled in; of one party (or institution) no two spans overlap, and a span ends
// after it begins; an institution that takes part is limited to activities (policy knows whole
// parties only, and what one ministry may see is not for all of its state); bodies, offices and
// phases occur once; chairs, coordinators and seats are taken by parties to the process; activities
// are ids; days are days; texts are clean.
[[nodiscard]] Result<config::ProcessDefinition> parse_process(std::string_view text,
                                                              const PartyIndex& parties);

// Rules: every culture has given and family names, in equal number to those in Latin letters if
// there are any; some numbers serve every party.
[[nodiscard]] Result<config::NameStock> parse_names(std::string_view text);

// Who signs in first to a network. Rules: accounts occur once a party; a person's account has a
// person and a program's an institution; duties name processes and bodies of `processes`.
[[nodiscard]] Result<config::DemoAccounts> parse_first_accounts(
    std::string_view text, const PartyIndex& parties,
    std::span<const config::ProcessDefinition> processes);

// The same of a demonstration. Another rule: addresses end in a reserved domain.
[[nodiscard]] Result<config::DemoAccounts> parse_accounts(
    std::string_view text, const PartyIndex& parties,
    std::span<const config::ProcessDefinition> processes);

struct DefinitionFile {
  std::string name;  // `igc.textproto`
  std::string text;
};

struct Network {
  PartyIndex parties;
  std::vector<config::ProcessDefinition> processes;  // by id
};

// All of deploy/processes: `parties.textproto` and one file a process, each named as its id. Paths
// in violations begin with the file's name. Refuses, beside the above: no or two files of parties,
// a file whose name is not its id, an organisation's `process` that is not there.
[[nodiscard]] Result<Network> parse_network(std::span<const DefinitionFile> files);

}  // namespace entente::directory
