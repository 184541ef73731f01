#include "server/statistics/series/fold.h"

#include <algorithm>
#include <functional>
#include <iterator>

#include "proto/contract/limits.h"
#include "server/statistics/series/part.h"

namespace entente::statistics {
namespace {

// How much more than the fold has must have come before all of it is made anew.
constexpr std::uint64_t kTailShare = 8;
constexpr std::size_t kTailLayers = 4;  // times layers_min

// One key: of its versions the newest, without what was taken back: nothing older is below it.
Status add_series(const std::vector<std::uint32_t>& key, const Versions& versions,
                  PartWriter& writer, Columns& series) {
  series.clear();
  const Columns& cells = versions.cells;
  for (std::size_t at = 0; at < cells.observations(); ++at) {
    if (cells.kinds[at] == Kind::Withdrawn) continue;
    series.ordinals.push_back(cells.ordinals[at]);
    series.kinds.push_back(cells.kinds[at]);
    series.values.push_back(cells.values[at]);
    const auto codes = cells.codes_of(at);
    series.codes.insert(series.codes.end(), codes.begin(), codes.end());
    series.codes.push_back(versions.layers[at] + 1);
  }
  if (series.ordinals.empty()) return {};
  series.keys = key;
  series.counts.assign(1, static_cast<std::uint32_t>(series.ordinals.size()));
  return writer.add(series, 0, 0);
}

std::uint64_t mark_of(const std::vector<store::Id>& ids) {
  std::string all;
  for (const store::Id& id : ids) all.append(id.view());
  return std::hash<std::string>()(all);
}

std::uint64_t observations_of(const std::vector<Layer>& layers, std::size_t from) {
  std::uint64_t all = 0;
  for (std::size_t i = from; i < layers.size(); ++i) all += layers[i].part->observations;
  return all;
}

}  // namespace

Result<std::shared_ptr<const Fold>> make_fold(store::Snapshot& snapshot, LayersPointer layers,
                                              std::shared_ptr<const Fold> begun,
                                              std::size_t bytes_max,
                                              const std::function<bool()>& stopped) {
  using Made = std::shared_ptr<const Fold>;
  const std::size_t count = layers->all().size();
  IndexCache cache(0);
  ENTENTE_TRY(const std::unique_ptr<Walk> walk,
              Walk::open(snapshot, cache, std::move(layers), {}, {}, std::move(begun)));
  if (walk->front() == nullptr) return Made();
  auto attributes = walk->attributes();
  attributes.emplace_back(count + 1);
  PartWriter writer(nullptr, {}, walk->dimensions(), attributes, true);
  Versions versions;
  versions.cells.attributes = static_cast<std::uint32_t>(walk->attributes().size());
  Columns series;
  series.width = static_cast<std::uint32_t>(walk->dimensions().size()) + 1;
  series.attributes = versions.cells.attributes + 1;
  std::vector<std::uint32_t> key;
  while (walk->front() != nullptr) {
    versions.clear();
    key = walk->front()->key;
    while (walk->front() != nullptr && walk->front()->key == key) {
      ENTENTE_TRY_VOID(versions.add_newest(*walk->front(), {}, walk->layers()));
      ENTENTE_TRY_VOID(walk->step());
    }
    ENTENTE_TRY_VOID(add_series(key, versions, writer, series));
    if (writer.bytes() > bytes_max || stopped()) return Made();
  }
  if (writer.empty()) return Made();
  ENTENTE_TRY(PartHeader part, writer.finish());
  if (part.bytes > bytes_max) return Made();
  auto fold = std::make_shared<Fold>();
  fold->part = std::make_shared<const PartHeader>(std::move(part));
  fold->layers = count;
  return Made(std::move(fold));
}

std::shared_ptr<const Fold> Folds::longest(const Layers& layers) {
  const std::vector<Layer>& all = layers.all();
  auto best = kept_.end();
  for (auto at = kept_.begin(); at != kept_.end(); ++at) {
    const std::size_t count = at->ids.size();
    if (count > all.size() || (best != kept_.end() && count <= best->ids.size())) continue;
    // Not within an upload: both its circles are folded, or neither is.
    const bool is_whole = count == all.size() || all[count - 1].version < all[count].version;
    if (is_whole && std::equal(at->ids.begin(), at->ids.end(), layers.ids().begin())) best = at;
  }
  if (best == kept_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, best);
  return kept_.front().fold;
}

std::shared_ptr<const Fold> Folds::find(const LayersPointer& layers) {
  const std::vector<Layer>& all = layers->all();
  if (all.size() < rules_.layers_min || !layers->is_foldable()) return nullptr;
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const Fold> fold = longest(*layers);
  const std::size_t folded = fold ? fold->layers : 0;
  const std::size_t tail = all.size() - folded;
  if (tail >= rules_.layers_min) {
    const bool is_due = !fold || tail >= kTailLayers * rules_.layers_min ||
                        observations_of(all, folded) * kTailShare >= fold->part->observations;
    if (is_due) ask(layers);
  }
  return fold;
}

void Folds::ask(const LayersPointer& layers) {
  if (times_.size() >= limits::folds_counted_max) times_.clear();
  std::uint32_t& times = times_[mark_of(layers->ids())];
  if (times == rules_.asked_min || waiting_.size() >= limits::folds_waiting_max) return;
  if (++times < rules_.asked_min) return;
  waiting_.push_back(layers);
  asked_.notify_one();
}

std::size_t Folds::bytes_of(const Kept& one) {
  return one.fold->part->bytes + one.ids.size() * sizeof(store::Id);
}

void Folds::drop(std::list<Kept>::iterator one) {
  bytes_ -= bytes_of(*one);
  times_.erase(mark_of(one->ids));  // it may be asked for again
  kept_.erase(one);
}

void Folds::keep(const Ids& ids, std::shared_ptr<const Fold> fold, const Fold* begun) {
  const std::lock_guard lock(mutex_);
  // Of those that this one begins with, the one that it was made of stays, for who reads what was
  // there before; with each upload there would be one more.
  for (auto at = kept_.begin(); at != kept_.end();) {
    const auto here = at++;
    const bool is_beginning = here->ids.size() <= ids.size() &&
                              std::equal(here->ids.begin(), here->ids.end(), ids.begin());
    if (is_beginning && here->fold.get() != begun) drop(here);
  }
  kept_.push_front({.ids = ids, .fold = std::move(fold)});
  bytes_ += bytes_of(kept_.front());
  while (bytes_ > rules_.bytes_max) drop(std::prev(kept_.end()));
}

bool Folds::work_one(const std::function<bool()>& stopped) {
  LayersPointer layers;
  std::shared_ptr<const Fold> begun;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty() || stopped()) return false;
    layers = std::move(waiting_.front());
    waiting_.pop_front();
    begun = longest(*layers);
  }
  const auto snapshot = store_.snapshot();
  auto made = make_fold(*snapshot, layers, begun, rules_.bytes_max, stopped);
  // What cannot be made stays counted: it is read without.
  if (made.ok() && *made) keep(layers->ids(), *std::move(made), begun.get());
  return true;
}

void Folds::work_off(const std::function<bool()>& stopped) {
  while (work_one(stopped)) {
  }
}

void Folds::serve(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      if (!asked_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
    }
    work_off([&] { return stop.stop_requested(); });
  }
}

std::size_t Folds::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace entente::statistics
