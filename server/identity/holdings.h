// What identity/ must know of the directory to make a Subject of an account, without knowing the
// directory: main passes in who answers.
//
// Threads: any.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/clock.h"
#include "server/policy/policy.h"
#include "server/store/store.h"

namespace entente::identity {

struct Holdings {
  std::set<policy::Principal> principals;
  std::vector<policy::HeldDuty> duties;
};

class HoldingsSource {
 public:
  virtual ~HoldingsSource() = default;
  // All principals and duties of `person` of `party` at `now`: participation, bodies, appointments,
  // offices. `person` is empty for a program's account. Never fails: unknown is empty.
  [[nodiscard]] virtual Holdings holdings(std::string_view party, std::string_view person,
                                          Instant now) const = 0;
  // Whether `party` takes part in `process` at `now`, in whatever standing but suspended or former.
  [[nodiscard]] virtual bool takes_part(std::string_view party, std::string_view process,
                                        Instant now) const = 0;
  // Grows whenever an answer may have changed: a cached Subject older than this is made anew.
  [[nodiscard]] virtual std::uint64_t generation() const = 0;
  // Reads, in the transaction of an act, what all holdings rest on, so that its commit loses
  // (Aborted) against a change of them. What is answered afterwards is no older than what the
  // transaction sees. Aborted: that is not known yet; begin again.
  [[nodiscard]] virtual Status pin(store::Transaction& transaction) const = 0;
  // The sight of `principals` over the audiences now in force.
  [[nodiscard]] virtual policy::Sight sight(
      const std::set<policy::Principal>& principals) const = 0;
};

}  // namespace entente::identity
