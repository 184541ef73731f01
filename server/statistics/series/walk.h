// The series of several parts, one after the other in the order of their keys.
//
// One thread; what is passed in outlives it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/contract/clock.h"
#include "server/statistics/series/part.h"

namespace entente::statistics {

// Which periods of a part may be read: those that lie wholly in what is open.
struct OpenPeriods {
  std::vector<DayRange> given;         // ascending, neither touching nor overlapping
  std::int32_t open_from = INT32_MAX;  // also those whose day (`day_of`) is not before this
  Frequency calendar = Frequency::Unspecified;  // of its periods the day is `due_days` later
  std::int32_t due_days = 0;
  std::int32_t since = 0;  // ordinal of the calendar's first period
  [[nodiscard]] std::int32_t day_of(Period period) const;
  [[nodiscard]] bool holds(Period period) const;
  // Equal for equal ones.
  [[nodiscard]] std::string mark() const;
};

// What a part is read as. Parts of one upload bear the same version.
struct Layer {
  std::shared_ptr<const PartHeader> part;
  std::uint64_t version = 0;  // the higher is the newer
  bool fresh = true;          // recorded after `updated_after`, if that is asked for
  std::shared_ptr<const OpenPeriods> open = {};  // null: all periods
  // When it came to its reader's eyes. What something newer stood over by then, that reader never
  // saw: among all versions it is none. Unset: each version counts.
  std::optional<Instant> appeared = {};
};

// Layers that are read together, in the order in which they were given; what is read is told by the
// place of its layer among them. Never changes once made; any thread.
class Layers {
 public:
  explicit Layers(std::vector<Layer> all);
  [[nodiscard]] const std::vector<Layer>& all() const { return all_; }
  // Of their parts.
  [[nodiscard]] const std::vector<store::Id>& ids() const { return ids_; }
  // Whether they stand in the order of their versions, with all their periods: then the newest
  // versions of the first of them may be read from one part.
  [[nodiscard]] bool is_foldable() const { return is_foldable_; }

 private:
  const std::vector<Layer> all_;
  std::vector<store::Id> ids_;
  bool is_foldable_ = true;
};
using LayersPointer = std::shared_ptr<const Layers>;
[[nodiscard]] LayersPointer make_layers(std::vector<Layer> all);

// The newest versions of some layers as one part. Its last attribute tells of which layer an
// observation is, counted from 1; of what is hidden nothing does.
struct Fold {
  std::shared_ptr<const PartHeader> part;
  std::size_t layers = 0;
};

// Of each dimension the codes that fit, sorted; none: any.
using CodeSelection = std::vector<std::optional<std::vector<std::string>>>;

class Walk {
 public:
  // One layer, on its way.
  struct Track {
    Track(store::Snapshot& snapshot, IndexCache& cache, const PartHeader& part,
          const SeriesSet& series)
        : cursor(snapshot, cache, part, series) {}
    std::uint32_t layer = 0;  // of a fold the last that it is made of
    std::uint64_t version = 0;
    bool is_fold = false;
    PartCursor cursor;
    // From the part's numbers to those of all parts; empty: the same.
    std::vector<std::vector<std::uint32_t>> dimensions;
    std::vector<std::vector<std::uint32_t>> attributes;
    std::vector<std::vector<bool>> allowed;  // of a part without an index: the codes that fit
    std::vector<std::uint32_t> key;          // of the series at hand, in the numbers of all parts
    const OpenPeriods* open = nullptr;       // null: all periods
    [[nodiscard]] const GroupView& group() const { return cursor.group(); }
    [[nodiscard]] std::size_t series() const { return cursor.series(); }
    // Whether a series of the group at hand fits by its key.
    [[nodiscard]] bool fits(std::size_t series) const;
  };

  // Finds what fits. `layers` in any order; those that have nothing of `days` are not opened.
  // `fold`, if any, is read for the first of them, which it is made of: where the newest versions
  // are all that matters. DataLoss, Unavailable: as the store.
  [[nodiscard]] static Result<std::unique_ptr<Walk>> open(store::Snapshot& snapshot,
                                                          IndexCache& cache, LayersPointer layers,
                                                          const CodeSelection& codes,
                                                          const DayRange& days,
                                                          std::shared_ptr<const Fold> fold = {});

  // The track with the least key, of these the one of the newest version; null at the end.
  [[nodiscard]] Track* front() const { return front_; }
  // Whether no other track stands on that key, or ever will.
  [[nodiscard]] bool alone() const { return order_.empty() || order_.front()->key != front_->key; }
  // The front goes to its next series. DataLoss, Unavailable: as the store.
  [[nodiscard]] Status step();
  // The front goes to the first series of its next group. Requires: tracks() == 1.
  [[nodiscard]] Status step_group();

  // The codes that the numbers in keys stand for: sorted.
  [[nodiscard]] const std::vector<std::vector<std::string>>& dimensions() const {
    return dimensions_;
  }
  // The first is the empty text.
  [[nodiscard]] const std::vector<std::vector<std::string>>& attributes() const {
    return attributes_;
  }
  [[nodiscard]] const std::vector<Layer>& layers() const { return layers_->all(); }
  // The tracks that have anything.
  [[nodiscard]] std::size_t tracks() const { return tracks_.size(); }

 private:
  // What is read: the part of a layer, or a fold.
  struct Source {
    const PartHeader* part = nullptr;
    Wanted wanted;
    std::uint32_t layer = 0;
    bool is_fold = false;
  };
  Walk() = default;
  void unite(const std::vector<Source>& sources);
  Status add_track(store::Snapshot& snapshot, IndexCache& cache, const Source& source, bool alone);
  static Status settle(Track& track);
  void take_turns();

  LayersPointer layers_;
  std::shared_ptr<const Fold> fold_;
  std::vector<std::vector<std::string>> dimensions_;
  std::vector<std::vector<std::string>> attributes_;
  std::vector<std::unique_ptr<Track>> tracks_;
  Track* front_ = nullptr;
  std::vector<Track*> order_;  // the others, a heap: the least key first
};

// The observations of one key, of all layers that have it.
struct Versions {
  Columns cells;
  std::vector<std::uint32_t> layers;
  std::vector<std::uint32_t> order;  // of the cells, once settled
  void clear();
  // Takes those of the series at hand. DataLoss: it does not read.
  [[nodiscard]] Status add(const Walk::Track& track, const Ordinals& range);
  // Takes those of the series at hand of whose period none newer was taken, so that the cells are
  // the newest, by period: of an older layer's figures no more is read than they lack. Requires:
  // series come as a Walk has them; neither add() nor settle() is called.
  [[nodiscard]] Status add_newest(const Walk::Track& track, const Ordinals& range,
                                  const std::vector<Layer>& all);
  // Takes those from `from` on away that are not open.
  void drop_closed(std::size_t from, Frequency frequency, const OpenPeriods& open);
  // Orders them by period; those of one period, the oldest first. Of the same version the marker of
  // what is confidential comes first, what stands for something last: it is the newest.
  void settle(const std::vector<Layer>& all);

 private:
  static Status append(const Walk::Track& track, const Ordinals& range, Columns& cells,
                       std::vector<std::uint32_t>& layers);
  static Status translate(Columns& cells, const Walk::Track& track, std::size_t before);
  void take(const Columns& from, std::size_t cell, std::uint32_t layer);
  void lay_under(const std::vector<Layer>& all);
  std::vector<std::int32_t> ordinals_;
  Columns older_;
  std::vector<std::uint32_t> older_layers_;
  Columns merged_;
  std::vector<std::uint32_t> merged_layers_;
};

// The ordinals of a range of days, by frequency.
class OrdinalRanges {
 public:
  explicit OrdinalRanges(const DayRange& days);
  [[nodiscard]] const Ordinals& of(Frequency frequency) const {
    return by_frequency_[static_cast<std::size_t>(frequency) % frequencies];
  }

 private:
  std::array<Ordinals, frequencies> by_frequency_;
};

}  // namespace entente::statistics
