#include "server/statistics/series/merge.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace entente::statistics {
namespace {

using Dictionaries = std::vector<std::vector<std::string>>;

// From each part's numbers to those of `all`; empty if they are the same.
std::vector<std::uint32_t> translation(const std::vector<std::string>& codes,
                                       const std::vector<std::string>& all) {
  std::vector<std::uint32_t> to;
  to.reserve(codes.size());
  auto at = all.begin();
  for (const std::string& code : codes) {
    at = std::lower_bound(at, all.end(), code);
    to.push_back(static_cast<std::uint32_t>(at - all.begin()));
  }
  return to;
}

std::vector<std::string> united(const std::vector<const std::vector<std::string>*>& lists) {
  std::vector<std::string> all;
  for (const auto* list : lists) {
    std::vector<std::string> more;
    more.reserve(all.size() + list->size());
    std::set_union(all.begin(), all.end(), list->begin(), list->end(), std::back_inserter(more));
    all = std::move(more);
  }
  return all;
}

// The part's numbers of the codes that fit; empty if no series of it can.
std::optional<Wanted> wanted_of(const PartHeader& part, const CodeSelection& codes) {
  Wanted wanted(part.dimensions.size());
  for (std::size_t d = 0; d < codes.size() && d < wanted.size(); ++d) {
    if (!codes[d]) continue;
    wanted[d].emplace();
    for (const std::string& code : *codes[d]) {
      if (const auto number = part.find(d, code)) wanted[d]->push_back(*number);
    }
    if (wanted[d]->empty()) return std::nullopt;
  }
  return wanted;
}

// A heap whose top is the least.
struct Later {
  template <typename Track>
  bool operator()(const Track* a, const Track* b) const {
    return a->key != b->key ? a->key > b->key : a->layer > b->layer;
  }
};

}  // namespace

Result<std::unique_ptr<Merge>> Merge::open(store::Snapshot& snapshot, IndexCache& cache,
                                           std::vector<Layer> layers, Reading reading) {
  std::unique_ptr<Merge> merge(new Merge(snapshot, cache, std::move(reading)));
  std::vector<Wanted> wanted;
  for (Layer& layer : layers) {
    const DayRange& days = merge->reading_.days;
    if (layer.part->last_day < days.first || layer.part->first_day > days.last) continue;
    std::optional<Wanted> fits = wanted_of(*layer.part, merge->reading_.codes);
    if (!fits) continue;
    wanted.push_back(*std::move(fits));
    merge->layers_.push_back(std::move(layer));
  }
  merge->unite();
  for (std::uint32_t i = 0; i < merge->layers_.size(); ++i) {
    ENTENTE_TRY_VOID(merge->add_track(i, wanted[i]));
  }
  return merge;
}

void Merge::unite() {
  if (layers_.empty()) return;
  const std::size_t dimensions = layers_.front().part->dimensions.size();
  const std::size_t attributes = layers_.front().part->attributes.size();
  for (const auto& [count, lists, out] :
       {std::tuple(dimensions, &PartHeader::dimensions, &dimensions_),
        std::tuple(attributes, &PartHeader::attributes, &attributes_)}) {
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<const std::vector<std::string>*> all;
      for (const Layer& layer : layers_) {
        ENTENTE_CHECK(((*layer.part).*lists).size() == count);
        all.push_back(&((*layer.part).*lists)[i]);
      }
      out->push_back(united(all));
    }
  }
}

Status Merge::add_track(std::uint32_t layer, const Wanted& wanted) {
  const PartHeader& part = *layers_[layer].part;
  ENTENTE_TRY(const SeriesSet series, find_series(snapshot_, cache_, part, wanted));
  if (series.isEmpty()) return {};
  series_ += series.cardinality();
  auto track = std::make_unique<Track>();
  track->layer = layer;
  track->cursor = std::make_unique<PartCursor>(snapshot_, part, series);
  if (layers_.size() > 1) {
    for (std::size_t d = 0; d < dimensions_.size(); ++d) {
      track->dimensions.push_back(translation(part.dimensions[d], dimensions_[d]));
    }
    for (std::size_t a = 0; a < attributes_.size(); ++a) {
      track->attributes.push_back(translation(part.attributes[a], attributes_[a]));
    }
  }
  if (part.index_first.empty()) {
    for (std::size_t d = 0; d < wanted.size(); ++d) {
      track->allowed.emplace_back(part.dimensions[d].size(), !wanted[d].has_value());
      if (!wanted[d]) continue;
      for (const std::uint32_t code : *wanted[d]) track->allowed[d][code] = true;
    }
  }
  ENTENTE_TRY_VOID(track->cursor->next(track->group));
  ENTENTE_TRY_VOID(settle(*track));
  if (track->over) return {};
  order_.push_back(track.get());
  std::push_heap(order_.begin(), order_.end(), Later());
  tracks_.push_back(std::move(track));
  return {};
}

Status Merge::settle(Track& track) {
  for (;;) {
    if (track.at == track.group.series()) {
      ENTENTE_TRY_VOID(track.cursor->next(track.group));
      track.at = 0;
      track.from = 0;
      track.over = track.group.series() == 0;
      if (track.over) return {};
    }
    const auto key = track.group.key(track.at);
    bool fits = true;
    for (std::size_t d = 0; d < track.allowed.size() && fits; ++d) fits = track.allowed[d][key[d]];
    if (!fits) {
      step(track);
      continue;
    }
    track.key.assign(key.begin(), key.end());
    for (std::size_t d = 0; d < track.dimensions.size(); ++d) {
      track.key[d] = track.dimensions[d][key[d]];
    }
    return {};
  }
}

void Merge::step(Track& track) {
  track.from += track.group.counts[track.at];
  ++track.at;
}

void Merge::copy_cells(const Track& track) {
  const Columns& from = track.group;
  const Ordinals range = ordinals_in(reading_.days, from.frequency(track.at));
  const std::size_t end = track.from + from.counts[track.at];
  for (std::size_t i = track.from; i < end; ++i) {
    if (from.ordinals[i] < range.first || from.ordinals[i] > range.last) continue;
    cells_.ordinals.push_back(from.ordinals[i]);
    cells_.kinds.push_back(from.kinds[i]);
    cells_.values.push_back(from.values[i]);
    const auto codes = from.codes_of(i);
    for (std::size_t a = 0; a < codes.size(); ++a) {
      cells_.codes.push_back(track.attributes.empty() ? codes[a] : track.attributes[a][codes[a]]);
    }
    cell_layers_.push_back(track.layer);
  }
}

// Whether the observation at `place`, whose versions end at `end`, stays.
bool Merge::keeps(std::size_t place, std::size_t end, bool had_value) const {
  const std::size_t cell = chosen_[place];
  if (reading_.raw) return true;
  const bool gone = is_gone(cells_.kinds[cell]);
  if (reading_.history) return !gone || had_value;
  if (place + 1 != end || gone) return false;
  return !reading_.fresh_only || layers_[cell_layers_[cell]].fresh;
}

void Merge::choose() {
  chosen_.resize(cells_.ordinals.size());
  std::iota(chosen_.begin(), chosen_.end(), 0U);
  // Of the same version what stands for something comes last: it is the newest.
  const auto before = [this](std::uint32_t a, std::uint32_t b) {
    if (cells_.ordinals[a] != cells_.ordinals[b]) return cells_.ordinals[a] < cells_.ordinals[b];
    const std::uint64_t of_a = layers_[cell_layers_[a]].version;
    const std::uint64_t of_b = layers_[cell_layers_[b]].version;
    return of_a != of_b ? of_a < of_b : is_gone(cells_.kinds[a]) && !is_gone(cells_.kinds[b]);
  };
  if (!std::is_sorted(chosen_.begin(), chosen_.end(), before)) {
    std::stable_sort(chosen_.begin(), chosen_.end(), before);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < chosen_.size();) {
    std::size_t end = i + 1;
    while (end < chosen_.size() && cells_.ordinals[chosen_[end]] == cells_.ordinals[chosen_[i]])
      ++end;
    bool had_value = false;
    for (; i < end; ++i) {
      // The marker of a confidential observation says nothing to who sees the observation.
      const bool marker = i + 1 < end && layers_[cell_layers_[chosen_[i]]].version ==
                                             layers_[cell_layers_[chosen_[i + 1]]].version;
      if (marker && !reading_.raw) continue;
      const bool gone = is_gone(cells_.kinds[chosen_[i]]);
      const bool keep = keeps(i, end, had_value);
      had_value = !gone;
      if (keep) chosen_[kept++] = chosen_[i];
    }
  }
  chosen_.resize(kept);
  if (reading_.first != 0 && chosen_.size() > reading_.first) chosen_.resize(reading_.first);
  if (reading_.last != 0 && chosen_.size() > reading_.last) {
    chosen_.erase(chosen_.begin(), chosen_.end() - reading_.last);
  }
}

void Merge::emit(const std::vector<std::uint32_t>& key, Merged& out) const {
  if (chosen_.empty()) return;
  Columns& to = out.columns;
  to.keys.insert(to.keys.end(), key.begin(), key.end());
  to.counts.push_back(static_cast<std::uint32_t>(chosen_.size()));
  for (const std::uint32_t cell : chosen_) {
    to.ordinals.push_back(cells_.ordinals[cell]);
    to.kinds.push_back(cells_.kinds[cell]);
    to.values.push_back(cells_.values[cell]);
    const auto codes = cells_.codes_of(cell);
    to.codes.insert(to.codes.end(), codes.begin(), codes.end());
    out.layers.push_back(cell_layers_[cell]);
  }
}

Status Merge::next(Merged& out, std::size_t observations_max) {
  out.columns.clear();
  out.layers.clear();
  out.columns.width = static_cast<std::uint32_t>(dimensions_.size()) + 1;
  out.columns.attributes = static_cast<std::uint32_t>(attributes_.size());
  cells_.attributes = out.columns.attributes;
  std::vector<std::uint32_t> key;
  while (!order_.empty() && out.columns.observations() < observations_max) {
    cells_.clear();
    cell_layers_.clear();
    key = order_.front()->key;
    while (!order_.empty() && order_.front()->key == key) {
      std::pop_heap(order_.begin(), order_.end(), Later());
      Track& track = *order_.back();
      copy_cells(track);
      step(track);
      ENTENTE_TRY_VOID(settle(track));
      if (track.over) {
        order_.pop_back();
      } else {
        std::push_heap(order_.begin(), order_.end(), Later());
      }
    }
    choose();
    emit(key, out);
  }
  return {};
}

}  // namespace entente::statistics
