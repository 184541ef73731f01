#include "server/statistics/series/merge.h"

#include <algorithm>

#include "server/statistics/series/fold.h"

namespace entente::statistics {

Result<std::unique_ptr<Merge>> Merge::open(store::Snapshot& snapshot, IndexCache& cache,
                                           LayersPointer layers, Reading reading) {
  std::shared_ptr<const Fold> fold;
  const bool newest = !reading.raw && !reading.history;
  if (newest && cache.folds() != nullptr) fold = cache.folds()->find(layers);
  ENTENTE_TRY(std::unique_ptr<Walk> walk, Walk::open(snapshot, cache, std::move(layers),
                                                     reading.codes, reading.days, std::move(fold)));
  return std::unique_ptr<Merge>(new Merge(std::move(reading), std::move(walk)));
}

// Whether the observation at `place` of the order stays, where every version is asked for.
bool Merge::keeps(std::size_t place, bool had_value) const {
  return reading_.raw || !is_gone(versions_.cells.kinds[versions_.order[place]]) || had_value;
}

// Of the versions of one observation those that something newer stood over from their first moment
// on.
void Merge::find_unseen(std::size_t from, std::size_t end) {
  unseen_.assign(end - from, false);
  const auto layer = [&](std::size_t at) -> const Layer& {
    return layers()[versions_.layers[versions_.order[at]]];
  };
  std::optional<Instant> newer;  // when the first of those newer than the one at hand appeared
  std::optional<Instant> same;   // of its own version
  for (std::size_t i = end; i-- > from;) {
    if (i + 1 < end && layer(i).version != layer(i + 1).version) {
      if (same) newer = newer ? std::min(*newer, *same) : *same;
      same.reset();
    }
    const std::optional<Instant>& appeared = layer(i).appeared;
    unseen_[i - from] = appeared && newer && *newer <= *appeared;
    if (appeared) same = same ? std::min(*same, *appeared) : *appeared;
  }
}

void Merge::choose() {
  versions_.settle(layers());
  const Columns& cells = versions_.cells;
  const std::vector<std::uint32_t>& order = versions_.order;
  const auto version = [&](std::size_t at) {
    return layers()[versions_.layers[order[at]]].version;
  };
  chosen_.clear();
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i + 1;
    while (end < order.size() && cells.ordinals[order[end]] == cells.ordinals[order[i]]) ++end;
    bool had_value = false;
    const std::size_t from = i;
    if (!reading_.raw) find_unseen(from, end);
    for (; i < end; ++i) {
      if (!reading_.raw && unseen_[i - from]) continue;
      // The marker of a confidential observation says nothing to who sees the observation.
      if (!reading_.raw && i + 1 < end && version(i) == version(i + 1)) continue;
      const bool keep = keeps(i, had_value);
      had_value = !is_gone(cells.kinds[order[i]]);
      if (keep) chosen_.push_back(order[i]);
    }
  }
  cut_ends();
}

void Merge::choose_newest(Frequency frequency) {
  const Columns& cells = versions_.cells;
  chosen_.clear();
  for (std::uint32_t i = 0; i < cells.observations(); ++i) {
    if (is_gone(cells.kinds[i])) continue;
    const OpenPeriods* open = layers()[versions_.layers[i]].open.get();
    if (open != nullptr && !open->holds({frequency, cells.ordinals[i]})) continue;
    if (reading_.fresh_only && !layers()[versions_.layers[i]].fresh) continue;
    chosen_.push_back(i);
  }
  cut_ends();
}

void Merge::cut_ends() {
  if (reading_.first != 0 && chosen_.size() > reading_.first) chosen_.resize(reading_.first);
  if (reading_.last != 0 && chosen_.size() > reading_.last) {
    chosen_.erase(chosen_.begin(), chosen_.end() - reading_.last);
  }
}

void Merge::emit(const std::vector<std::uint32_t>& key, Merged& out) const {
  if (chosen_.empty()) return;
  Columns& to = out.columns;
  const Columns& cells = versions_.cells;
  to.keys.insert(to.keys.end(), key.begin(), key.end());
  to.counts.push_back(static_cast<std::uint32_t>(chosen_.size()));
  for (const std::uint32_t cell : chosen_) {
    to.ordinals.push_back(cells.ordinals[cell]);
    to.kinds.push_back(cells.kinds[cell]);
    to.values.push_back(cells.values[cell]);
    const auto codes = cells.codes_of(cell);
    to.codes.insert(to.codes.end(), codes.begin(), codes.end());
    out.layers.push_back(versions_.layers[cell]);
  }
}

Status Merge::next(Merged& out, std::size_t observations_max) {
  out.columns.clear();
  out.layers.clear();
  out.columns.width = static_cast<std::uint32_t>(dimensions().size()) + 1;
  out.columns.attributes = static_cast<std::uint32_t>(attributes().size());
  versions_.cells.attributes = out.columns.attributes;
  const bool newest = !reading_.raw && !reading_.history;
  std::vector<std::uint32_t> key;
  while (walk_->front() != nullptr && out.columns.observations() < observations_max) {
    versions_.clear();
    key = walk_->front()->key;
    while (walk_->front() != nullptr && walk_->front()->key == key) {
      const Walk::Track& track = *walk_->front();
      const Ordinals& range = ranges_.of(track.group().frequency(track.series()));
      ENTENTE_TRY_VOID(newest ? versions_.add_newest(track, range, layers())
                              : versions_.add(track, range));
      ENTENTE_TRY_VOID(walk_->step());
    }
    newest ? choose_newest(static_cast<Frequency>(key.back())) : choose();
    emit(key, out);
  }
  return {};
}

}  // namespace entente::statistics
