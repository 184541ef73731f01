#include "server/statistics/contributions.h"

#include <algorithm>

#include "proto/contract/limits.h"

namespace entente::statistics {
namespace {

constexpr std::size_t kKeptMax = 256;  // sets of parts: about one a dataflow and party

// The versions of one observation, the oldest first: places `from` to `end` of the columns.
void add(const Merged& merged, const std::vector<Instant>& recorded, std::size_t from,
         std::size_t end, Given& given) {
  if (is_gone(merged.columns.kinds[end - 1])) return;
  std::size_t first = end - 1;
  while (first > from && !is_gone(merged.columns.kinds[first - 1])) --first;
  const Instant came = recorded[merged.layers[first]];
  given.first = given.observations == 0 ? came : std::min(given.first, came);
  given.updated = std::max(given.updated, recorded[merged.layers[end - 1]]);
  ++given.observations;
  given.figures += merged.columns.kinds[end - 1] == Kind::Value ? 1 : 0;
}

// What each upload brought to one series: places `from` to `end` of the columns. A figure under the
// marker that hides an older one is told once.
void add_series(const Merged& merged, const Merge& merge, std::size_t from, std::size_t end,
                const std::string& area, Tally& out) {
  std::set<std::uint64_t> numbers;
  for (std::size_t cell = from; cell < end; ++cell) {
    const std::uint64_t number = merge.layers()[merged.layers[cell]].version;
    Brought& brought = out.uploads[number];
    ++(is_gone(merged.columns.kinds[cell]) ? brought.withdrawn : brought.observations);
    if (!numbers.insert(number).second) continue;
    ++brought.series;
    if (!area.empty()) brought.areas.insert(area);
  }
}

}  // namespace

Result<std::shared_ptr<const Tally>> ContributionReader::read(store::Snapshot& snapshot,
                                                              const Flow& flow,
                                                              const SightPointer& sight) {
  std::string which = flow.wire.name();
  std::vector<Instant> recorded;
  const auto& over = sight->stood_over;
  const bool any_over = std::find(over.begin(), over.end(), true) != over.end();
  for (const SeenLayer& one : sight->all) {
    which += one.layer.part->id.view();
    if (one.layer.open) which += one.layer.open->mark();
    // What was never seen depends on who looks.
    if (any_over) which += std::to_string(one.appeared.time_since_epoch().count()) + ".";
    recorded.push_back(recorded_at(one.kept->row));
  }
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = kept_.find(which); found != kept_.end()) return found->second;
  }
  Reading reading;
  reading.codes.resize(flow.dimension_lists.size());
  reading.history = true;
  ENTENTE_TRY(const std::unique_ptr<Merge> merge,
              Merge::open(snapshot, cache_, sight->layers, std::move(reading)));

  auto out = std::make_shared<Tally>();
  Merged merged;
  for (;;) {
    ENTENTE_TRY_VOID(merge->next(merged, limits::answer_observations_max));
    const Columns& columns = merged.columns;
    if (columns.series() == 0) break;
    std::size_t cell = 0;
    for (std::size_t s = 0; s < columns.series(); ++s) {
      const std::string area =
          flow.reference_area
              ? merge->dimensions()[*flow.reference_area][columns.key(s)[*flow.reference_area]]
              : std::string();
      const std::size_t series_end = cell + columns.counts[s];
      add_series(merged, *merge, cell, series_end, area, *out);
      while (cell < series_end) {
        const std::size_t from = cell;
        while (cell < series_end && columns.ordinals[cell] == columns.ordinals[from]) ++cell;
        add(merged, recorded, from, cell,
            out->given[{area, {columns.frequency(s), columns.ordinals[from]}}]);
      }
    }
  }
  const std::lock_guard lock(mutex_);
  if (kept_.size() >= kKeptMax) kept_.clear();
  kept_[which] = out;
  return std::shared_ptr<const Tally>(std::move(out));
}

}  // namespace entente::statistics
