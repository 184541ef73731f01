#include "server/statistics/totals.h"

#include <algorithm>

namespace entente::statistics {

void Totals::add(const Totals& other) {
  sum.add(other.sum);
  figures += other.figures;
  narrow += other.narrow;
  updated = std::max(updated, other.updated);
}

std::size_t TotalsTable::slot_of(std::span<const std::uint32_t> key) const {
  std::uint64_t hash = 0x9e3779b97f4a7c15;
  for (const std::uint32_t number : key) {
    hash = (hash ^ number) * 0xff51afd7ed558ccd;
    hash ^= hash >> 32;
  }
  std::size_t slot = hash & (slots_.size() - 1);
  while (slots_[slot] != 0 &&
         !std::equal(key.begin(), key.end(), keys_.data() + (slots_[slot] - 1) * width_)) {
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return slot;
}

void TotalsTable::grow() {
  slots_.assign(std::max<std::size_t>(64, slots_.size() * 2), 0);
  for (std::size_t place = 0; place < totals_.size(); ++place) {
    slots_[slot_of(key(place))] = static_cast<std::uint32_t>(place + 1);
  }
}

Totals& TotalsTable::at(std::span<const std::uint32_t> key) {
  if (totals_.size() * 2 >= slots_.size()) grow();
  const std::size_t slot = slot_of(key);
  if (slots_[slot] == 0) {
    keys_.insert(keys_.end(), key.begin(), key.end());
    totals_.emplace_back();
    slots_[slot] = static_cast<std::uint32_t>(totals_.size());
  }
  return totals_[slots_[slot] - 1];
}

const Totals* TotalsTable::find(std::span<const std::uint32_t> key) const {
  if (slots_.empty()) return nullptr;
  const std::uint32_t place = slots_[slot_of(key)];
  return place == 0 ? nullptr : &totals_[place - 1];
}

}  // namespace entente::statistics
