#include "server/statistics/series/walk.h"

#include <algorithm>
#include <numeric>

namespace entente::statistics {
namespace {

Status unreadable() {
  return Status(Code::DataLoss, Reason::None, "some figures cannot be read").with_detail("group");
}

// From each part's numbers to those of `all`.
std::vector<std::uint32_t> translation(const CodeLists::List& codes,
                                       const std::vector<std::string>& all) {
  std::vector<std::uint32_t> to;
  to.reserve(codes.size());
  auto at = all.begin();
  for (const std::string_view code : codes) {
    // Mostly it is the next one: parts of one dataflow have nearly the same codes.
    if (at == all.end() || *at != code) at = std::lower_bound(at, all.end(), code);
    to.push_back(static_cast<std::uint32_t>(at - all.begin()));
    if (at != all.end()) ++at;
  }
  return to;
}

// Whether all of `part`, which is sorted as `whole` is, are in it.
template <typename Whole, typename Part>
bool holds(const Whole& whole, const Part& part) {
  if (part.size() > whole.size()) return false;
  auto at = whole.begin();
  for (const std::string_view one : part) {
    at = std::find(at, whole.end(), one);
    if (at == whole.end()) return false;
    ++at;
  }
  return true;
}

std::vector<std::string> united(const std::vector<CodeLists::List>& lists) {
  std::vector<std::string> all;
  for (const CodeLists::List& list : lists) {
    if (holds(all, list)) continue;
    if (holds(list, all)) {
      all.assign(list.begin(), list.end());
      continue;
    }
    std::vector<std::string_view> more;
    more.reserve(all.size() + list.size());
    std::set_union(all.begin(), all.end(), list.begin(), list.end(), std::back_inserter(more));
    all = std::vector<std::string>(more.begin(), more.end());
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

bool is_later(const Walk::Track& a, const Walk::Track& b) {
  const auto order = std::lexicographical_compare_three_way(a.key.begin(), a.key.end(),
                                                            b.key.begin(), b.key.end());
  if (order != 0) return order > 0;
  return a.version != b.version ? a.version < b.version : a.layer > b.layer;
}

// Of the same version, which counts.
int weight(Kind kind) { return kind == Kind::Hidden ? 0 : is_gone(kind) ? 1 : 2; }

// A heap whose top is the least.
struct Later {
  bool operator()(const Walk::Track* a, const Walk::Track* b) const { return is_later(*a, *b); }
};

}  // namespace

Layers::Layers(std::vector<Layer> all) : all_(std::move(all)) {
  ids_.reserve(all_.size());
  for (const Layer& layer : all_) {
    is_foldable_ = is_foldable_ && !layer.open;
    ids_.push_back(layer.part->id);
  }
  const auto is_newer = [](const Layer& a, const Layer& b) { return a.version > b.version; };
  is_foldable_ =
      is_foldable_ && std::adjacent_find(all_.begin(), all_.end(), is_newer) == all_.end();
}

LayersPointer make_layers(std::vector<Layer> all) {
  return std::make_shared<const Layers>(std::move(all));
}

bool Walk::Track::fits(std::size_t series) const {
  for (std::size_t d = 0; d < allowed.size(); ++d) {
    const std::uint32_t code = group().code(series, d);
    if (code >= allowed[d].size() || !allowed[d][code]) return false;
  }
  return true;
}

Result<std::unique_ptr<Walk>> Walk::open(store::Snapshot& snapshot, IndexCache& cache,
                                         LayersPointer layers, const CodeSelection& codes,
                                         const DayRange& days, std::shared_ptr<const Fold> fold) {
  std::unique_ptr<Walk> walk(new Walk());
  std::vector<Source> sources;
  const auto take = [&](const PartHeader& part, std::size_t layer, bool is_fold) {
    if (part.last_day < days.first || part.first_day > days.last) return;
    std::optional<Wanted> fits = wanted_of(part, codes);
    if (!fits) return;
    sources.push_back({.part = &part,
                       .wanted = *std::move(fits),
                       .layer = static_cast<std::uint32_t>(layer),
                       .is_fold = is_fold});
  };
  const std::size_t folded = fold ? fold->layers : 0;
  if (fold) take(*fold->part, folded - 1, true);
  const std::vector<Layer>& all = layers->all();
  for (std::size_t i = folded; i < all.size(); ++i) take(*all[i].part, i, false);
  walk->layers_ = std::move(layers);
  walk->fold_ = std::move(fold);
  walk->unite(sources);
  for (const Source& source : sources) {
    ENTENTE_TRY_VOID(walk->add_track(snapshot, cache, source, sources.size() == 1));
  }
  if (!walk->order_.empty()) {
    std::pop_heap(walk->order_.begin(), walk->order_.end(), Later());
    walk->front_ = walk->order_.back();
    walk->order_.pop_back();
  }
  return walk;
}

void Walk::unite(const std::vector<Source>& sources) {
  if (sources.empty()) return;
  const Source& first = sources.front();
  const std::size_t dimensions = first.part->dimensions.size();
  const std::size_t attributes = first.part->attributes.size() - (first.is_fold ? 1 : 0);
  for (const auto& [count, lists, out] :
       {std::tuple(dimensions, &PartHeader::dimensions, &dimensions_),
        std::tuple(attributes, &PartHeader::attributes, &attributes_)}) {
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<CodeLists::List> all;
      for (const Source& source : sources) {
        ENTENTE_CHECK((source.part->*lists).size() >= count);
        all.push_back((source.part->*lists)[i]);
      }
      out->push_back(united(all));
    }
  }
}

Status Walk::add_track(store::Snapshot& snapshot, IndexCache& cache, const Source& source,
                       bool alone) {
  const PartHeader& part = *source.part;
  const Wanted& wanted = source.wanted;
  ENTENTE_TRY(const SeriesSet series, find_series(snapshot, cache, part, wanted));
  if (series.isEmpty()) return {};
  auto track = std::make_unique<Track>(snapshot, cache, part, series);
  track->layer = source.layer;
  track->version = layers()[source.layer].version;
  track->is_fold = source.is_fold;
  track->open = layers()[source.layer].open.get();
  if (!alone) {
    for (std::size_t d = 0; d < dimensions_.size(); ++d) {
      track->dimensions.push_back(translation(part.dimensions[d], dimensions_[d]));
    }
    for (std::size_t a = 0; a < attributes_.size(); ++a) {
      track->attributes.push_back(translation(part.attributes[a], attributes_[a]));
    }
  }
  const bool any =
      std::none_of(wanted.begin(), wanted.end(), [](const auto& one) { return !!one; });
  if (!part.has_index() && !any) {
    for (std::size_t d = 0; d < wanted.size(); ++d) {
      track->allowed.emplace_back(part.dimensions[d].size(), !wanted[d].has_value());
      if (!wanted[d]) continue;
      for (const std::uint32_t code : *wanted[d]) track->allowed[d][code] = true;
    }
  }
  ENTENTE_TRY_VOID(track->cursor.next());
  ENTENTE_TRY_VOID(settle(*track));
  if (track->cursor.over()) return {};
  order_.push_back(track.get());
  std::push_heap(order_.begin(), order_.end(), Later());
  tracks_.push_back(std::move(track));
  return {};
}

// Stands on the next series that fits, from the one at hand on.
Status Walk::settle(Track& track) {
  while (!track.cursor.over() && !track.fits(track.series())) {
    ENTENTE_TRY_VOID(track.cursor.next());
  }
  if (track.cursor.over()) return {};
  const GroupView& group = track.group();
  const std::size_t series = track.series();
  track.key.resize(group.width());
  for (std::size_t d = 0; d < track.key.size(); ++d) track.key[d] = group.code(series, d);
  for (std::size_t d = 0; d < track.dimensions.size(); ++d) {
    if (track.key[d] >= track.dimensions[d].size()) return unreadable();
    track.key[d] = track.dimensions[d][track.key[d]];
  }
  return {};
}

Status Walk::step() {
  ENTENTE_TRY_VOID(front_->cursor.next());
  ENTENTE_TRY_VOID(settle(*front_));
  take_turns();
  return {};
}

Status Walk::step_group() {
  ENTENTE_TRY_VOID(front_->cursor.next_group());
  ENTENTE_TRY_VOID(settle(*front_));
  take_turns();
  return {};
}

void Walk::take_turns() {
  const bool over = front_->cursor.over();
  if (order_.empty()) {
    if (over) front_ = nullptr;
    return;
  }
  if (!over && !is_later(*front_, *order_.front())) return;
  std::pop_heap(order_.begin(), order_.end(), Later());
  std::swap(front_, order_.back());
  if (over) {
    order_.pop_back();
  } else {
    std::push_heap(order_.begin(), order_.end(), Later());
  }
}

void Versions::clear() {
  cells.clear();
  layers.clear();
}

void Versions::drop_closed(std::size_t from, Frequency frequency, const OpenPeriods& open) {
  std::size_t to = from;
  for (std::size_t at = from; at < cells.observations(); ++at) {
    if (!open.holds({frequency, cells.ordinals[at]})) continue;
    cells.ordinals[to] = cells.ordinals[at];
    cells.kinds[to] = cells.kinds[at];
    cells.values[to] = cells.values[at];
    for (std::size_t a = 0; a < cells.attributes; ++a) {
      cells.codes[to * cells.attributes + a] = cells.codes[at * cells.attributes + a];
    }
    ++to;
  }
  cells.ordinals.resize(to);
  cells.kinds.resize(to);
  cells.values.resize(to);
  cells.codes.resize(to * cells.attributes);
}

std::int32_t OpenPeriods::day_of(Period period) const {
  const bool is_due = period.frequency == calendar && period.ordinal >= since;
  return last_day(period) + (is_due ? due_days : 0);
}

bool OpenPeriods::holds(Period period) const {
  if (day_of(period) >= open_from) return true;
  return std::any_of(given.begin(), given.end(),
                     [&](const DayRange& range) { return range.holds(period); });
}

std::string OpenPeriods::mark() const {
  std::string out = std::to_string(open_from);
  for (const DayRange& range : given) {
    out += ' ' + std::to_string(range.first) + '-' + std::to_string(range.last);
  }
  return out;
}

// The cells of the series at hand, and which layer each is of.
Status Versions::append(const Walk::Track& track, const Ordinals& range, Columns& cells,
                        std::vector<std::uint32_t>& layers) {
  const std::size_t before = cells.observations();
  if (!track.group().append(track.series(), range, cells, track.is_fold ? &layers : nullptr)) {
    return unreadable();
  }
  layers.resize(cells.observations(), track.layer);
  for (std::size_t i = before; track.is_fold && i < layers.size(); ++i) {
    layers[i] = layers[i] == 0 ? track.layer : layers[i] - 1;
    if (layers[i] > track.layer) return unreadable();
  }
  return translate(cells, track, before);
}

Status Versions::add(const Walk::Track& track, const Ordinals& range) {
  const std::size_t before = cells.observations();
  ENTENTE_TRY_VOID(append(track, range, cells, layers));
  if (track.open == nullptr) return {};
  drop_closed(before, static_cast<Frequency>(track.key.back()), *track.open);
  layers.resize(cells.observations());
  return {};
}

Status Versions::translate(Columns& cells, const Walk::Track& track, std::size_t before) {
  if (track.attributes.empty() || cells.attributes == 0) return {};
  for (std::size_t at = before * cells.attributes; at < cells.codes.size();) {
    for (std::size_t a = 0; a < cells.attributes; ++a, ++at) {
      if (cells.codes[at] >= track.attributes[a].size()) return unreadable();
      cells.codes[at] = track.attributes[a][cells.codes[at]];
    }
  }
  return {};
}

// Appends a cell of `from`.
void Versions::take(const Columns& from, std::size_t cell, std::uint32_t layer) {
  merged_.ordinals.push_back(from.ordinals[cell]);
  merged_.kinds.push_back(from.kinds[cell]);
  merged_.values.push_back(from.values[cell]);
  const auto codes = from.codes_of(cell);
  merged_.codes.insert(merged_.codes.end(), codes.begin(), codes.end());
  merged_layers_.push_back(layer);
}

// What is older, under what is there.
void Versions::lay_under(const std::vector<Layer>& all) {
  merged_.clear();
  merged_.attributes = cells.attributes;
  merged_layers_.clear();
  std::size_t at = 0;
  std::size_t under = 0;
  while (at < cells.observations() || under < older_.observations()) {
    const bool none = at == cells.observations();
    const bool more = under < older_.observations();
    if (none || (more && older_.ordinals[under] < cells.ordinals[at])) {
      take(older_, under, older_layers_[under]);
      ++under;
      continue;
    }
    const bool both = more && older_.ordinals[under] == cells.ordinals[at];
    // The marker of the same version says nothing to who sees what it hides.
    if (both && all[layers[at]].version == all[older_layers_[under]].version &&
        weight(older_.kinds[under]) > weight(cells.kinds[at])) {
      take(older_, under, older_layers_[under]);
    } else {
      take(cells, at, layers[at]);
    }
    ++at;
    under += both ? 1 : 0;
  }
  std::swap(cells, merged_);
  std::swap(layers, merged_layers_);
}

Status Versions::add_newest(const Walk::Track& track, const Ordinals& range,
                            const std::vector<Layer>& all) {
  if (cells.observations() == 0) return add(track, range);
  ordinals_.clear();
  if (!track.group().append_ordinals(track.series(), range, ordinals_)) return unreadable();
  bool lacks = false;
  std::size_t at = 0;
  for (std::size_t i = 0; i < ordinals_.size() && !lacks; ++i) {
    while (at < cells.observations() && cells.ordinals[at] < ordinals_[i]) ++at;
    lacks = at == cells.observations() || cells.ordinals[at] != ordinals_[i] ||
            (is_gone(cells.kinds[at]) && all[layers[at]].version == track.version);
  }
  if (!lacks) return {};
  older_.clear();
  older_layers_.clear();
  older_.attributes = cells.attributes;
  ENTENTE_TRY_VOID(append(track, range, older_, older_layers_));
  lay_under(all);
  return {};
}

void Versions::settle(const std::vector<Layer>& all) {
  order.resize(cells.observations());
  std::iota(order.begin(), order.end(), 0U);
  const auto before = [&](std::uint32_t a, std::uint32_t b) {
    if (cells.ordinals[a] != cells.ordinals[b]) return cells.ordinals[a] < cells.ordinals[b];
    const std::uint64_t of_a = all[layers[a]].version;
    const std::uint64_t of_b = all[layers[b]].version;
    if (of_a != of_b) return of_a < of_b;
    const int of_kind_a = weight(cells.kinds[a]);
    const int of_kind_b = weight(cells.kinds[b]);
    return of_kind_a != of_kind_b ? of_kind_a < of_kind_b : a < b;
  };
  if (!std::is_sorted(order.begin(), order.end(), before)) {
    std::sort(order.begin(), order.end(), before);
  }
}

OrdinalRanges::OrdinalRanges(const DayRange& days) {
  for (std::uint32_t f = 0; f < frequencies; ++f) {
    by_frequency_[f] = ordinals_in(days, static_cast<Frequency>(f));
  }
}

}  // namespace entente::statistics
