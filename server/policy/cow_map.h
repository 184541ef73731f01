// A map whose copies share what neither has changed since: copying costs one pointer, changing one
// entry costs one bucket and one entry. `World` is made of these, so that each change of the
// directory can be published as a value of its own to all threads.
//
// Entries are changed in place only by the edition (a number that its owner raises at each
// publication) that made them; all older ones are shared and never touched again. Nothing here is
// atomic or locked: readers hold copies.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace entente::policy {

template <typename T>
class CowMap {
 public:
  // Null if there is none. Valid as long as this map, or a copy of it, lives and is not changed.
  [[nodiscard]] const T* find(std::string_view key) const {
    if (!table_) return nullptr;
    const std::size_t hash = hash_of(key);
    const auto& bucket = table_->buckets[hash % bucket_count];
    if (!bucket) return nullptr;
    const auto at = place(bucket->slots, hash, key);
    return at != bucket->slots.end() ? &at->entry->value : nullptr;
  }

  // The entry, made if there is none, for the edition to change. Valid until the next call.
  // Requires: `edition` is above those that any shared copy was changed under.
  T& edit(std::string_view key, std::uint64_t edition) {
    own(table_, edition);
    const std::size_t hash = hash_of(key);
    auto& bucket = table_->buckets[hash % bucket_count];
    own(bucket, edition);
    auto at = place(bucket->slots, hash, key);
    if (at == bucket->slots.end()) {
      auto entry = std::make_shared<Entry>();
      entry->edition = edition;
      entry->key = key;
      const auto before =
          std::partition_point(bucket->slots.begin(), bucket->slots.end(),
                               [hash](const Slot& slot) { return slot.hash < hash; });
      at = bucket->slots.insert(before, {.hash = hash, .entry = std::move(entry)});
    } else {
      own(at->entry, edition);
    }
    return at->entry->value;
  }

 private:
  static constexpr std::size_t bucket_count = 1024;

  struct Entry {
    std::uint64_t edition = 0;
    std::string key;
    T value;
  };
  // The hash lies beside the pointer, so that a search touches one entry only.
  struct Slot {
    std::size_t hash;
    std::shared_ptr<Entry> entry;
  };
  struct Bucket {
    std::uint64_t edition = 0;
    std::vector<Slot> slots;  // by hash
  };
  struct Table {
    std::uint64_t edition = 0;
    std::vector<std::shared_ptr<Bucket>> buckets{bucket_count};
  };

  static std::size_t hash_of(std::string_view key) { return std::hash<std::string_view>{}(key); }
  template <typename Slots>
  static auto place(Slots& slots, std::size_t hash, std::string_view key) {
    auto at = std::partition_point(slots.begin(), slots.end(),
                                   [hash](const Slot& slot) { return slot.hash < hash; });
    while (at != slots.end() && at->hash == hash && at->entry->key != key) ++at;
    return at != slots.end() && at->hash == hash ? at : slots.end();
  }
  // Makes `part` this edition's own: as it is, as a copy, or new.
  template <typename Part>
  static void own(std::shared_ptr<Part>& part, std::uint64_t edition) {
    if (part && part->edition == edition) return;
    part = part ? std::make_shared<Part>(*part) : std::make_shared<Part>();
    part->edition = edition;
  }

  std::shared_ptr<Table> table_;
};

}  // namespace entente::policy
