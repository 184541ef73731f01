// What was given for which area and period, and when: read off the figures themselves, so that it
// can say no more than they do.
//
// Threads: any.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "server/statistics/sight.h"

namespace entente::statistics {

struct Given {
  Instant first{};    // the oldest figure that was not taken back
  Instant updated{};  // the newest
  std::uint64_t observations = 0;
};
// By reference area and period.
using Contributions = std::map<std::pair<std::string, Period>, Given>;

// Keeps what it has read, by the parts that it was read from: they never change.
class ContributionReader {
 public:
  explicit ContributionReader(IndexCache& cache) : cache_(cache) {}

  // Requires: the dataflow has a reference area. DataLoss, Unavailable: as the store.
  [[nodiscard]] Result<std::shared_ptr<const Contributions>> read(store::Snapshot& snapshot,
                                                                  const Flow& flow,
                                                                  std::vector<SeenLayer> seen);

 private:
  IndexCache& cache_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Contributions>> kept_;
};

}  // namespace entente::statistics
