// The two writers behind write_structures. Pure; any thread.
#pragma once

#include <string>

#include "server/statistics/structure_words.h"

namespace entente::statistics {

[[nodiscard]] std::string write_structures_ml(const StructureMessageOut& message,
                                              const VersionOf& version_of, Instant prepared);
// `first`: as 1.0 has it, otherwise 2.0.
[[nodiscard]] std::string write_structures_json(const StructureMessageOut& message, bool first,
                                                const VersionOf& version_of, Instant prepared);

}  // namespace entente::statistics
