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
    const auto& bucket = table_->buckets[bucket_of(key)];
    if (!bucket) return nullptr;
    const auto at = place(bucket->entries, key);
    return at != bucket->entries.end() && (*at)->key == key ? &(*at)->value : nullptr;
  }

  // The entry, made if there is none, for the edition to change. Valid until the next call.
  // Requires: `edition` is above those that any shared copy was changed under.
  T& edit(std::string_view key, std::uint64_t edition) {
    own(table_, edition);
    auto& bucket = table_->buckets[bucket_of(key)];
    own(bucket, edition);
    auto at = place(bucket->entries, key);
    if (at == bucket->entries.end() || (*at)->key != key) {
      auto entry = std::make_shared<Entry>();
      entry->key = key;
      entry->edition = edition;
      at = bucket->entries.insert(at, std::move(entry));
    } else {
      own(*at, edition);
    }
    return (*at)->value;
  }

  // In no order that means anything.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    if (!table_) return;
    for (const auto& bucket : table_->buckets) {
      if (!bucket) continue;
      for (const auto& entry : bucket->entries) visit(entry->key, entry->value);
    }
  }

 private:
  static constexpr std::size_t bucket_count = 1024;

  struct Entry {
    std::uint64_t edition = 0;
    std::string key;
    T value;
  };
  struct Bucket {
    std::uint64_t edition = 0;
    std::vector<std::shared_ptr<Entry>> entries;  // by key
  };
  struct Table {
    std::uint64_t edition = 0;
    std::vector<std::shared_ptr<Bucket>> buckets{bucket_count};
  };

  static std::size_t bucket_of(std::string_view key) {
    return std::hash<std::string_view>{}(key) % bucket_count;
  }
  template <typename Entries>
  static auto place(Entries& entries, std::string_view key) {
    return std::lower_bound(entries.begin(), entries.end(), key,
                            [](const auto& entry, std::string_view k) { return entry->key < k; });
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
