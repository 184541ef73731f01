// The RPC face of comparison, `entente.v1.ComparisonService`: each function is what
// comparison.proto says of its rpc. All figures come by way of `Service::layers`, the one place
// where figures and policy meet.
//
// Threads: any. Ownership: the room's; everything passed in is borrowed and outlives it.
#pragma once

#include "entente/v1/comparison.pb.h"
#include "server/statistics/contributions.h"
#include "server/statistics/service.h"

namespace entente::statistics {

class ComparisonService {
 public:
  struct Parts {
    Service& service;
    Structures& structures;
    const Clock& clock;
  };
  explicit ComparisonService(Parts parts) : parts_(parts), contributions_(parts.service.cache()) {}

  void add_to(identity::Gate& gate);

  using Subject = policy::Subject;
  using Snapshot = store::Snapshot;

  Result<v1::Calendar> get_calendar(const Subject&, const v1::GetCalendarRequest&, Snapshot&);

 private:
  Parts parts_;
  ContributionReader contributions_;
};

}  // namespace entente::statistics
