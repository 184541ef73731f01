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
#include "server/statistics/series/part.h"

namespace entente::statistics {

// What a part is read as. Parts of one upload bear the same version.
struct Layer {
  std::shared_ptr<const PartHeader> part;
  std::uint64_t version = 0;  // the higher is the newer
  bool fresh = true;          // recorded after `updated_after`, if that is asked for
};

// Of each dimension the codes that fit, sorted; none: any.
using CodeSelection = std::vector<std::optional<std::vector<std::string>>>;

struct Reading {
  CodeSelection codes;
  DayRange days;
  // Every version, the oldest first, instead of the newest alone.
  bool history = false;
  // Even those that stand for none and those that hide nothing.
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
                                                           IndexCache& cache,
                                                           std::vector<Layer> layers,
                                                           Reading reading);

  // The codes that the numbers in `Merged` stand for: sorted.
  [[nodiscard]] const std::vector<std::vector<std::string>>& dimensions() const {
    return dimensions_;
  }
  // The first is the empty text.
  [[nodiscard]] const std::vector<std::vector<std::string>>& attributes() const {
    return attributes_;
  }
  [[nodiscard]] const std::vector<Layer>& layers() const { return layers_; }
  // How many entries of series fit by their key, whatever their periods: an upper bound of the
  // series.
  [[nodiscard]] std::uint64_t series() const { return series_; }

  // Fills `out` with the next series, until it has about `observations_max` observations; empty at
  // the end.
  [[nodiscard]] Status next(Merged& out, std::size_t observations_max);

 private:
  // One layer, on its way.
  struct Track {
    std::uint32_t layer = 0;
    std::unique_ptr<PartCursor> cursor;
    Columns group;
    std::size_t at = 0;    // which series of the group
    std::size_t from = 0;  // its first observation
    bool over = false;
    // From the part's numbers to the merged ones; empty: the same.
    std::vector<std::vector<std::uint32_t>> dimensions;
    std::vector<std::vector<std::uint32_t>> attributes;
    std::vector<std::vector<bool>> allowed;  // of a part without an index: the codes that fit
    std::vector<std::uint32_t> key;          // of the series at hand, in merged numbers
  };
  Merge(store::Snapshot& snapshot, IndexCache& cache, Reading reading)
      : snapshot_(snapshot), cache_(cache), reading_(std::move(reading)) {}
  void unite();
  Status add_track(std::uint32_t layer, const Wanted& wanted);
  // Stands on the next series that fits, from the one at hand on.
  Status settle(Track& track);
  void step(Track& track);
  void copy_cells(const Track& track);
  void choose();
  [[nodiscard]] bool keeps(std::size_t place, std::size_t end, bool had_value) const;
  void emit(const std::vector<std::uint32_t>& key, Merged& out) const;

  store::Snapshot& snapshot_;
  IndexCache& cache_;
  Reading reading_;
  std::vector<Layer> layers_;
  std::vector<std::vector<std::string>> dimensions_;
  std::vector<std::vector<std::string>> attributes_;
  std::vector<std::unique_ptr<Track>> tracks_;
  std::vector<Track*> order_;  // a heap: the least key first
  std::uint64_t series_ = 0;
  // The series at hand, from all tracks that have it; and those of its observations that stay.
  Columns cells_;
  std::vector<std::uint32_t> cell_layers_;
  std::vector<std::uint32_t> chosen_;
};

}  // namespace entente::statistics
