#include "server/directory/name_index.h"

#include <functional>

namespace entente::directory {
namespace {

std::size_t hash_of(std::string_view name) { return std::hash<std::string_view>{}(name); }
std::uint32_t tag_of(std::size_t hash) { return static_cast<std::uint32_t>(hash >> 32U); }

}  // namespace

// The first of this hash, as far as is kept of it, that fits.
template <typename Fits>
const Indexed* NameIndex::find_from(std::size_t hash, const Fits& fits) const {
  for (std::size_t at = first_place(hash); places_[at].slot != nothing;
       at = (at + 1) & (places_.size() - 1)) {
    if (places_[at].tag != tag_of(hash)) continue;
    const Indexed& one = slots_[places_[at].slot];
    if (fits(one)) return &one;
  }
  return nullptr;
}

const Indexed* NameIndex::find(std::string_view name) const {
  return find_from(hash_of(name), [&](const Indexed& one) { return one.name == name; });
}

std::vector<const Indexed*> NameIndex::find_each(std::span<const std::string> names) const {
  std::vector<std::size_t> hashes(names.size());
  std::vector<const Indexed*> found(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    hashes[i] = hash_of(names[i]);
    __builtin_prefetch(&places_[first_place(hashes[i])]);
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    found[i] = find_from(hashes[i], [](const Indexed&) { return true; });
    if (found[i] == nullptr) continue;
    __builtin_prefetch(found[i]);
    __builtin_prefetch(&found[i]->guard);
    __builtin_prefetch(&found[i]->recorded_at);
  }
  for (const Indexed* one : found) {
    if (one != nullptr) __builtin_prefetch(one->name.data());
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool another = found[i] != nullptr && found[i]->name != names[i];
    if (another) found[i] = find(names[i]);
  }
  return found;
}

void NameIndex::put(Slot slot) {
  ++count_;
  if (count_ * 2 > places_.size()) {
    std::vector<Place> before(places_.size() * 2);
    before.swap(places_);
    for (const Place& one : before) {
      if (one.slot != nothing) place(one.slot);
    }
  }
  place(slot);
}

void NameIndex::place(Slot slot) {
  const std::size_t hash = hash_of(slots_[slot].name);
  std::size_t at = first_place(hash);
  while (places_[at].slot != nothing) at = (at + 1) & (places_.size() - 1);
  places_[at] = {.tag = tag_of(hash), .slot = slot};
}

}  // namespace entente::directory
