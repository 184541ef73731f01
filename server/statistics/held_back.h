// Secondary suppression of a party's figures: what an upload makes it necessary to hold back from
// the audience, and what it makes it possible to give again. Values; any thread.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "entente/v1/statistics.pb.h"
#include "server/statistics/series/collector.h"

namespace entente::statistics {

// An upload that does not count yet.
struct Coming {
  const std::string& party;
  const Collected& added;
  bool publishes = false;
  std::int64_t embargo_until_us = 0;
  std::uint64_t withdraws = 0;  // the upload that it takes back; 0: none
};

struct Protection {
  // One figure as it shall stand from then on.
  struct Change {
    bool holds = true;  // else it is given again
    bool own = false;   // of the upload itself, so that it was never seen
    std::vector<std::string> key;
    Period period;
    Kind kind = Kind::Value;
    Decimal value;
    std::vector<std::string> attributes;
    std::string protects;  // the key of a secret
  };
  std::vector<Change> changes;
  // Secrets that nothing protects from what was published before them.
  std::set<std::pair<Period, std::vector<std::string>>> given_away;
};

// Says in an upload's report what is held back, and what is given away all the same.
void tell(const Protection& protection, v1::UploadReport& report);

}  // namespace entente::statistics
