// Reads the structures that a network is made with (deploy/statistics). Pure: who has read the
// bytes passes them in. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "entente/v1/statistics.pb.h"
#include "proto/contract/status.h"

namespace entente::statistics {

// A process and the members that report to it, each for the area of its own code.
struct Reporters {
  std::string process;               // `igc`
  std::vector<std::string> parties;  // `SWE`
};

// A StructureSet in protobuf text format. InvalidArgument (FieldInvalid): with `name`, line and
// column.
[[nodiscard]] Result<v1::StructureSet> parse_structures(const std::string& name,
                                                        std::string_view text);

// The dataflows of `templates` once for each process, `PROCESS` replaced by its id, with a
// provision for each of its parties that is an item of the reference area's codelist in
// `structures`.
[[nodiscard]] v1::StructureSet dataflows_for(const v1::StructureSet& templates,
                                             const v1::StructureSet& structures,
                                             const std::vector<Reporters>& processes);

// Puts the notes of each provision of `said` beside those of the provision of that name in
// `structures`. InvalidArgument: there is none of that name.
[[nodiscard]] Status take_notes(const v1::StructureSet& said, v1::StructureSet& structures);

}  // namespace entente::statistics
