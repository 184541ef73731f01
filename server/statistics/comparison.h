// The RPC face of comparison, `entente.v1.ComparisonService`: each function is what
// comparison.proto says of its rpc. All figures come by way of `Service::layers`, the one place
// where figures and policy meet.
//
// Threads: any. Ownership: the room's; everything passed in is borrowed and outlives it.
#pragma once

#include "entente/v1/comparison.pb.h"
#include "entente/v1/reciprocity.pb.h"
#include "server/statistics/aggregate.h"
#include "server/statistics/service.h"

namespace entente::statistics {

class ComparisonService {
 public:
  struct Parts {
    store::Store& store;
    Service& service;
    Structures& structures;
    const Clock& clock;
  };
  explicit ComparisonService(Parts parts) : parts_(parts) {}

  void add_to(identity::Gate& gate);

  using Subject = policy::Subject;
  using Snapshot = store::Snapshot;

  Result<v1::Calendar> get_calendar(const Subject&, const v1::GetCalendarRequest&, Snapshot&);
  // `entente.v1.ReciprocityService`: what reciprocity.proto says of it.
  Result<v1::Standing> get_standing(const Subject&, const v1::GetStandingRequest&, Snapshot&);
  Result<v1::Profile> get_profile(const Subject&, const v1::GetProfileRequest&, Snapshot&);
  Result<std::vector<v1::Aggregates::Row>> aggregate(const Subject&, const v1::AggregateRequest&,
                                                     Snapshot&);
  // The stream of Aggregate: opened for a subject, who is asked for anew before each message.
  Result<std::unique_ptr<net::Source>> aggregate_stream(const Service::Who& who,
                                                        const v1::AggregateRequest& message);

 private:
  // The sums of what a query finds, as far as the subject may see it; `dated`: with the time of the
  // newest figure in each.
  Result<std::vector<AggregateRow>> sum(const Subject& subject, const Flow& flow,
                                        const v1::QueryRequest& query, Grouping grouping,
                                        bool dated, Snapshot& snapshot);
  // Adds a section to a page, if there is anything in it (profile.cc).
  Status add_section(const Subject& subject, const Flow& flow, const std::string& area,
                     v1::Profile::Role role, Snapshot& snapshot, v1::Profile& out);
  Status add_figures(const Subject& subject, const Flow& flow, const v1::QueryRequest& query,
                     std::size_t breakdown, Snapshot& snapshot, v1::Profile::Section& out);
  Status count_figures(const Subject& subject, const Flow& flow, const v1::QueryRequest& query,
                       Snapshot& snapshot, v1::Profile::Section& out);
  Status add_calendar(const Subject& subject, const Flow& flow, const std::string& area,
                      Snapshot& snapshot, v1::Profile::Section& out);

  Parts parts_;
};

[[nodiscard]] v1::Aggregates::Row to_wire(AggregateRow row);

}  // namespace entente::statistics
