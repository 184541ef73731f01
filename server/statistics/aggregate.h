// Sums by any dimensions and levels of their hierarchies, with shares, changes and ranks: of the
// figures that are handed in, which are those that the reader may see. One thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "entente/v1/comparison.pb.h"
#include "server/statistics/hierarchy.h"
#include "server/statistics/series/merge.h"
#include "server/statistics/sight.h"

namespace entente::statistics {

// Of each dimension of the structure what becomes of it; kept: it is in the rows' keys.
struct Grouping {
  struct Fate {
    bool kept = false;
    std::uint32_t level = 0;  // of one that is kept: 0 as it is
    // By what its codes are parts of each other; null: by their codelist.
    std::shared_ptr<const Parents> arranged = nullptr;
  };
  std::vector<Fate> fates;
  DayRange days;  // the periods of the answer; those before are read, too, for the changes
};

// One row of the answer.
struct AggregateRow {
  std::vector<std::string> key;  // of the dimensions kept, in the structure's order
  Period period;
  Totals totals;
  std::optional<double> share;  // percent
  struct Change {
    std::optional<Total> absolute;
    std::optional<double> percent;
  };
  Change previous;
  Change year;
  std::uint32_t rank = 0;
};

// Opens the figures anew for each pass over them.
using OpenMerge = std::function<Result<std::unique_ptr<Merge>>()>;
// What the engine sums by itself where nothing is asked about the figures but their sum.
struct QuickInput {
  store::Snapshot& snapshot;
  IndexCache& cache;
  const LayersPointer& layers;
  const Reading& reading;
};
struct AggregateInput {
  const Flow& flow;
  OpenMerge open;
  std::optional<QuickInput> quick;  // none: each figure is looked at
  // Of a layer: whether some of the dataflow's audience cannot see it; when it was recorded.
  std::function<bool(const Layer&)> is_narrow;
  std::function<Instant(const Layer&)> recorded;
};

// By key, then period. ResourceExhausted (LimitReached): more than limits::aggregate_rows_max rows,
// or figures to weigh against each other. What Merge returns.
[[nodiscard]] Result<std::vector<AggregateRow>> aggregate(const AggregateInput& input,
                                                          const Grouping& grouping);

// The period a year before; empty: that year has none (week 53, 29 February).
[[nodiscard]] std::optional<Period> year_before(Period period);

}  // namespace entente::statistics
