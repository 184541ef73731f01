// What was given for which area and period, when, and by which upload: read off the figures
// themselves, as far as their reader may see them, so that it can say no more than they do.
//
// Threads: any.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/statistics/sight.h"

namespace entente::statistics {

struct Given {
  Instant first{};    // the oldest figure that was not taken back
  Instant updated{};  // the newest
  std::uint64_t observations = 0;
  std::uint64_t figures = 0;  // of these: the others are reported without one
};
// By reference area and period; the area is empty where a dataflow has none.
using Contributions = std::map<std::pair<std::string, Period>, Given>;

// What one upload brought, to the eyes of its reader.
struct Brought {
  std::uint64_t observations = 0;
  std::uint64_t withdrawn = 0;  // that were seen before
  std::uint64_t series = 0;
  std::set<std::string> areas;
  [[nodiscard]] bool shows() const { return observations + withdrawn != 0; }
};

struct Tally {
  Contributions given;
  std::map<std::uint64_t, Brought> uploads;  // by number; of those that show anything
};

// Keeps what it has read, by the parts that it was read from: they never change.
class ContributionReader {
 public:
  explicit ContributionReader(IndexCache& cache) : cache_(cache) {}

  // DataLoss, Unavailable: as the store.
  [[nodiscard]] Result<std::shared_ptr<const Tally>> read(store::Snapshot& snapshot,
                                                          const Flow& flow,
                                                          const SightPointer& sight);

 private:
  IndexCache& cache_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Tally>> kept_;
};

}  // namespace entente::statistics
