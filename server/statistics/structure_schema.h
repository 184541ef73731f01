// The XML schema of a data structure's own messages (SDMX-ML 2.1, structure-specific), made as the
// standard's rules have it. Pure; any thread.
#pragma once

#include <string>

#include "server/statistics/structure/model.h"

namespace entente::statistics {

// `flow`: whose constraint limits the codes; null: none. `observation`: which dimension stands at
// the observation, or `AllDimensions`. Attributes may stand at the observation wherever the
// structure attaches them, which is where our messages have them. InvalidArgument (FieldInvalid):
// no such dimension.
[[nodiscard]] Result<std::string> write_schema(const Model& model,
                                               const v1::DataStructure& structure, const Flow* flow,
                                               const std::string& observation);

}  // namespace entente::statistics
