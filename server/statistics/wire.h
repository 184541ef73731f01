// Figures and structures as the contract has them. Pure; any thread.
#pragma once

#include "entente/v1/statistics.pb.h"
#include "proto/contract/timestamp.h"
#include "server/statistics/series/merge.h"
#include "server/statistics/sight.h"
#include "server/statistics/structure/model.h"

namespace entente::statistics {

// Some merged series in columns. `recorded_us`: of each layer when it was recorded; given with the
// history only.
[[nodiscard]] v1::Observations to_wire(const Flow& flow, const Merge& merge, const Merged& merged,
                                       const std::vector<std::int64_t>& recorded_us = {});

[[nodiscard]] v1::Upload to_wire(const record::Upload& row);

// What a query asks for, read and checked against the dataflow. InvalidArgument (FieldInvalid).
[[nodiscard]] Result<Reading> reading_of(const Flow& flow, const v1::QueryRequest& request);

}  // namespace entente::statistics
