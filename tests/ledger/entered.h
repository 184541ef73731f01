// Every act that is entered in a ledger, as its followers are told of it.
#pragma once

#include <cstdint>
#include <vector>

#include "server/ledger/ledger.h"

namespace entente::testing {

struct Entered final : ledger::Follower {
  void follow(std::uint64_t, const ledger::Act& act) override { acts.push_back(act); }
  std::vector<ledger::Act> acts;
};

}  // namespace entente::testing
