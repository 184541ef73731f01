// A party's figures, those of an upload that does not count yet among them, weighed for what gives
// a secret away (protect.h): at each of the moments at which the audience sees other figures.
// Values; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "server/statistics/held_back.h"
#include "server/statistics/series/merge.h"
#include "server/statistics/structure/model.h"

namespace entente::statistics {

// The place of an upload that does not have one yet.
inline constexpr std::uint64_t added_version = UINT64_MAX;

// What stands over one layer.
struct Origin {
  std::uint64_t version = 0;
  std::int64_t embargo_us = 0;
  Circle circle = Circle::Shared;
  bool holds = false;
  bool publishes = false;
  bool restores = false;           // it takes an upload back: what it brings another one gave
  std::uint64_t withdrawn_by = 0;  // the upload that took it back; 0: none
};

// A party's figures, those of an upload that does not count yet among them.
struct PartyLayers {
  std::vector<Layer> layers;
  std::map<const PartHeader*, Origin> origins;

  // The parts of one upload, which `origin` stands over.
  void add(const std::array<std::shared_ptr<const PartHeader>, circles>& parts, Origin origin);
  // When the audience sees other figures than before: from the first moment on, at the end of each
  // embargo.
  [[nodiscard]] std::set<std::int64_t> moments(std::int64_t first_us) const;
  // Whether any of these days is among what is seen from then on.
  [[nodiscard]] bool brings(std::int64_t moment_us, const DayRange& days) const;
};

// One observation as it stands in the columns.
[[nodiscard]] Protection::Change figure_of(const Merge& merge, const Merged& some,
                                           std::size_t series, std::size_t at);

// The codes of a key, as a report names it.
[[nodiscard]] std::string key_text(const std::vector<std::string>& key);

// `visit(merged, series, place)`: the newest version of each observation.
template <typename Visit>
Status each_newest(Merge& merge, const Visit& visit) {
  return each_observation(merge, [&](const Merged& all, std::size_t series, std::size_t,
                                     std::size_t end) { return visit(all, series, end - 1); });
}

// What is weighed.
struct Weighing {
  const Flow& flow;
  PartyLayers party;
  std::vector<Layer> secrets;      // those of its layers that may have confidential figures
  std::set<std::int64_t> moments;  // at which it is looked
  DayRange days;                   // no others
  store::Snapshot& snapshot;
  IndexCache& cache;
};
// What has to be held back, and what may be given again. ResourceExhausted (LimitReached): there is
// more of one period than can be weighed. Otherwise as the store.
[[nodiscard]] Result<Protection> weigh(const Weighing& what);

}  // namespace entente::statistics
