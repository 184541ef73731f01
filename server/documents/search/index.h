// A full-text index in memory, in sections: one for all that stands under one guard. Whether a
// subject may see a guard is decided before its section is looked at, and every figure that an
// answer or a rank rests on is counted over the sections that it sees and what is in them now. So
// what is hidden, or gone, is not there: not in a result, a count, a suggestion, a rank, or a time.
//
// Threads: searches and removals any; `put` and `tidy` one thread's. Ownership: the searcher's.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "server/documents/search/section.h"
#include "server/policy/policy.h"

namespace entente::documents::search {

struct Hit {
  std::string name;
  double weight = 0;  // 0 where the query has no words
  std::int64_t came_at_us = 0;
  std::optional<Place> place;  // in a text, where most of the query stands together
};

struct Wanted {
  std::vector<Clause> clauses;
  std::vector<std::string> labels;  // each must be the object's
  std::int64_t since_us = 0;
  std::int64_t until_us = INT64_MAX;
  std::uint32_t skip = 0;
  std::uint32_t size = 0;
};

struct Answer {
  std::vector<Hit> hits;  // the best first; then the newest; then by name
  double best = 0;        // weight of the best of all
  std::uint64_t total = 0;
  std::map<std::string, std::uint64_t> labels;  // of all that was found
};

class Index {
 public:
  Index();
  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  // Puts an object that was taken apart, in place of what there was of it.
  void put(const Indexable& object, const Taken& taken);
  // It is in no answer that begins after this. Its words leave the memory with the next tidy().
  void remove(std::string_view name);
  // Makes the sections anew from which something was removed.
  void tidy();

  using Sees = std::function<bool(const policy::Guard&)>;
  [[nodiscard]] Answer search(const Sees& sees, const Wanted& wanted) const;
  // The word of what `sees` permits that is written most like `word`, or empty: one letter more,
  // less or other (two, of eight letters or more); of several the one in most objects.
  [[nodiscard]] std::string nearest(const Sees& sees, std::string_view word) const;

 private:
  // What a section's objects have in common: as much of a guard as decides who reads.
  using Key = std::tuple<policy::AudienceId, policy::Handling, std::string, std::string,
                         std::string, std::optional<Instant>, std::optional<Instant>>;
  [[nodiscard]] static Key key_of(const policy::Guard& guard);

  mutable std::shared_mutex mutex_;
  std::map<Key, std::shared_ptr<Section>> sections_;
  std::unordered_map<std::string, std::pair<std::shared_ptr<Section>, std::uint32_t>> places_;
};

}  // namespace entente::documents::search
