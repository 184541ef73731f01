// Parts read as one, in the order of their keys: the newest version of each observation, or all.
//
// One thread; what is passed in outlives it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/limits.h"
#include "proto/contract/status.h"
#include "server/statistics/series/walk.h"

namespace entente::statistics {

struct Reading {
  CodeSelection codes;
  DayRange days;
  // Every version that its reader ever saw, the oldest first, instead of the newest alone.
  bool history = false;
  // Even those that nobody saw, that stand for none and that hide nothing.
  bool raw = false;
  // Only those whose newest version is of a fresh layer.
  bool fresh_only = false;
  std::uint32_t first = 0;  // of each series; 0: all
  std::uint32_t last = 0;
};

// Series with, for each observation, which layer it is of.
struct Merged {
  Columns columns;
  std::vector<std::uint32_t> layers;
};

class Merge {
 public:
  // Finds what fits. `layers` in any order. DataLoss, Unavailable: as the store.
  [[nodiscard]] static Result<std::unique_ptr<Merge>> open(store::Snapshot& snapshot,
                                                           IndexCache& cache, LayersPointer layers,
                                                           Reading reading);
  [[nodiscard]] static Result<std::unique_ptr<Merge>> open(store::Snapshot& snapshot,
                                                           IndexCache& cache,
                                                           std::vector<Layer> layers,
                                                           Reading reading) {
    return open(snapshot, cache, make_layers(std::move(layers)), std::move(reading));
  }

  // The codes that the numbers in `Merged` stand for: sorted.
  [[nodiscard]] const std::vector<std::vector<std::string>>& dimensions() const {
    return walk_->dimensions();
  }
  // The first is the empty text.
  [[nodiscard]] const std::vector<std::vector<std::string>>& attributes() const {
    return walk_->attributes();
  }
  [[nodiscard]] const std::vector<Layer>& layers() const { return walk_->layers(); }

  // Fills `out` with the next series, until it has about `observations_max` observations; empty at
  // the end.
  [[nodiscard]] Status next(Merged& out, std::size_t observations_max);

 private:
  Merge(Reading reading, std::unique_ptr<Walk> walk)
      : reading_(std::move(reading)), ranges_(reading_.days), walk_(std::move(walk)) {}
  void choose();
  void choose_newest(Frequency frequency);
  void cut_ends();
  [[nodiscard]] bool keeps(std::size_t place, bool had_value) const;
  void find_unseen(std::size_t from, std::size_t end);
  void emit(const std::vector<std::uint32_t>& key, Merged& out) const;

  const Reading reading_;
  const OrdinalRanges ranges_;
  const std::unique_ptr<Walk> walk_;
  // The series at hand, of all layers that have it; and those of its observations that stay.
  Versions versions_;
  std::vector<std::uint32_t> chosen_;
  std::vector<bool> unseen_;  // of the versions at hand those that their reader never saw
};

// Each observation of what is read from here on: `visit(merged, series, from, end)`, a Status. Its
// versions stand at the places `from` to `end`, the oldest first; without `history` and `raw` it
// is one. What is visited is there until `visit` returns.
template <typename Visit>
Status each_observation(Merge& merge, const Visit& visit) {
  Merged merged;
  for (;;) {
    ENTENTE_TRY_VOID(merge.next(merged, limits::answer_observations_max));
    const Columns& columns = merged.columns;
    if (columns.series() == 0) return {};
    std::size_t cell = 0;
    for (std::size_t s = 0; s < columns.series(); ++s) {
      const std::size_t series_end = cell + columns.counts[s];
      while (cell < series_end) {
        const std::size_t from = cell;
        while (cell < series_end && columns.ordinals[cell] == columns.ordinals[from]) ++cell;
        ENTENTE_TRY_VOID(visit(merged, s, from, cell));
      }
    }
  }
}

}  // namespace entente::statistics
