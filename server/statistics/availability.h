// What there is of a dataflow, as far as a subject may see it: read off the figures themselves, so
// that it can say no more than they do.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "entente/v1/statistics.pb.h"
#include "server/statistics/service.h"
#include "server/statistics/structure_writers.h"

namespace entente::statistics {

struct Availability {
  std::vector<std::set<std::string>> values;                   // as the structure's dimensions
  std::optional<std::pair<std::string, std::string>> periods;  // the first and the last
  std::uint64_t series = 0;
  std::uint64_t observations = 0;
};

// Of what `query` selects. `parties`: only what these brought; empty: all. InvalidArgument: as
// reading_of. DataLoss, Unavailable: as the store.
[[nodiscard]] Result<Availability> read_availability(
    Service& service, const policy::Subject& subject, const Flow& flow,
    const v1::QueryRequest& query, const std::set<std::string>& parties, store::Snapshot& snapshot);

// As SDMX says it: `ASYLUM_ACTUAL`, attached to the dataflow.
[[nodiscard]] Constraint actual_constraint(const Flow& flow, const Availability& there);

}  // namespace entente::statistics
