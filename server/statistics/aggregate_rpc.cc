// Sums, shares, changes and ranks, as the contract has them.
#include <algorithm>
#include <tuple>

#include "proto/contract/comparison_limits.h"
#include "proto/contract/limits.h"
#include "server/identity/attended.h"
#include "server/statistics/aggregate.h"
#include "server/statistics/comparison.h"
#include "server/statistics/ratios.h"
#include "server/statistics/wire.h"

namespace entente::statistics {
namespace {

using Request = v1::AggregateRequest;

constexpr int kRowsPerMessage = 1'000;
constexpr std::int32_t kYearDays = 372;  // read before the first period, for its changes

// How the hierarchy that is named arranges a dimension's codes; null: none is named.
Result<std::shared_ptr<const Parents>> arranged_by(const std::string& name, const Flow& flow,
                                                   std::size_t dimension, const Model& model) {
  if (name.empty()) return std::shared_ptr<const Parents>();
  const record::Structure* kept = model.find(name);
  if (kept == nullptr || !kept->has_hierarchy()) return not_found(name.substr(0, 256));
  const auto& list = flow.dimension_lists[dimension];
  const auto& places = kept->hierarchy().places();
  const bool meets = list && std::any_of(places.begin(), places.end(), [&](const auto& place) {
                       return place.codelist() == list->wire().name();
                     });
  if (!meets) {
    return invalid_argument("hierarchy",
                            "arranges no code of `" +
                                flow.structure.dimensions(static_cast<int>(dimension)).id() + "`");
  }
  ENTENTE_TRY(Parents parents, parents_in(kept->hierarchy()));
  return std::shared_ptr<const Parents>(std::make_shared<Parents>(std::move(parents)));
}

Result<Grouping> grouping_of(const Flow& flow, const Request& message, const Model& model) {
  Grouping grouping;
  grouping.fates.resize(flow.dimension_lists.size());
  if (flow.frequency) grouping.fates[*flow.frequency].kept = true;
  for (const Request::By& by : message.by()) {
    const auto dimension = flow.find_dimension(by.dimension());
    if (!dimension || dimension == flow.frequency) {
      return invalid_argument(
          "by", "`" + by.dimension().substr(0, 64) + "` is no dimension that could stay");
    }
    if (grouping.fates[*dimension].kept) {
      return invalid_argument("by", "names `" + by.dimension() + "` twice");
    }
    ENTENTE_TRY(auto arranged, arranged_by(by.hierarchy(), flow, *dimension, model));
    grouping.fates[*dimension] = {
        .kept = true, .level = by.level(), .arranged = std::move(arranged)};
  }
  return grouping;
}

void set_change(const AggregateRow::Change& change, v1::Aggregates::Change* out) {
  if (change.absolute) out->set_absolute(total_text(*change.absolute));
  if (change.percent) out->set_percent(places_text(*change.percent, 2));
}

// Some rows at a time.
class RowSource final : public net::Source {
 public:
  RowSource(Service::Who who, identity::SubjectPointer asked, std::vector<std::string> dimensions,
            std::vector<v1::Aggregates::Row> rows)
      : who_(std::move(who)),
        asked_(std::move(asked)),
        dimensions_(std::move(dimensions)),
        rows_(std::move(rows)) {}

  Result<Next> next(net::Message& out) override {
    ENTENTE_TRY(const identity::SubjectPointer now, who_());
    if (now != asked_ && now->principals != asked_->principals) {
      return Status(Code::Aborted, Reason::Conflict, "your rights have changed; ask again");
    }
    if (at_ == rows_.size()) return Next::End;
    auto& message = static_cast<v1::Aggregates&>(out);
    message.Clear();
    *message.mutable_dimensions() = {dimensions_.begin(), dimensions_.end()};
    for (int i = 0; i < kRowsPerMessage && at_ < rows_.size(); ++i) {
      *message.add_rows() = std::move(rows_[at_++]);
    }
    return Next::Message;
  }

 private:
  Service::Who who_;
  identity::SubjectPointer asked_;
  std::vector<std::string> dimensions_;
  std::vector<v1::Aggregates::Row> rows_;
  std::size_t at_ = 0;
};

}  // namespace

v1::Aggregates::Row to_wire(AggregateRow row) {
  v1::Aggregates::Row out;
  for (std::string& code : row.key) out.add_key(std::move(code));
  out.set_period(to_text(row.period));
  out.set_value(total_text(row.totals.sum));
  out.set_figures(row.totals.figures);
  out.set_confidential(row.totals.narrow);
  if (row.share) out.set_share(places_text(*row.share, 2));
  set_change(row.previous, out.mutable_previous());
  set_change(row.year, out.mutable_year());
  out.set_rank(row.rank);
  return out;
}

Result<std::vector<AggregateRow>> ComparisonService::sum(const Subject& subject, const Flow& flow,
                                                         const v1::QueryRequest& query,
                                                         Grouping grouping, bool dated,
                                                         Snapshot& snapshot) {
  ENTENTE_TRY(const Reading asked, reading_of(flow, query));
  Reading reading = asked;
  grouping.days = asked.days;
  if (reading.days.first > INT32_MIN + kYearDays) reading.days.first -= kYearDays;
  std::optional<Instant> as_of;
  if (query.has_as_of()) as_of = instant_of(query.as_of());
  const Instant now = parts_.clock.now();
  const SightPointer sight = parts_.service.sight(subject, flow, as_of);
  std::map<const PartHeader*, std::pair<bool, Instant>> known;
  bool quick = !dated;
  for (const SeenLayer& seen : sight->all) {
    known[seen.layer.part.get()] = {is_narrow(flow, seen, now), recorded_at(seen.kept->row)};
    quick = quick && !known[seen.layer.part.get()].first && !seen.layer.open;
  }
  std::optional<QuickInput> by_engine;
  if (quick) {
    by_engine.emplace(QuickInput{snapshot, parts_.service.cache(), sight->layers, reading});
  }
  const AggregateInput input{
      .flow = flow,
      .open = [&] { return Merge::open(snapshot, parts_.service.cache(), sight->layers, reading); },
      .quick = by_engine,
      .is_narrow = [&](const Layer& layer) { return known.at(layer.part.get()).first; },
      .recorded = [&](const Layer& layer) { return known.at(layer.part.get()).second; }};
  return statistics::aggregate(input, grouping);
}

Result<std::vector<v1::Aggregates::Row>> ComparisonService::aggregate(const Subject& subject,
                                                                      const Request& message,
                                                                      Snapshot& snapshot) {
  ENTENTE_TRY(const std::shared_ptr<const Flow> flow,
              parts_.service.open_flow(subject, message.dataflow()));
  ENTENTE_TRY(Grouping grouping, grouping_of(*flow, message, *parts_.structures.model()));
  if (!Request::Order_IsValid(message.order())) return invalid_argument("order", "is none");
  v1::QueryRequest query;
  *query.mutable_selections() = message.selections();
  query.set_start_period(message.start_period());
  query.set_end_period(message.end_period());
  if (message.has_as_of()) *query.mutable_as_of() = message.as_of();
  ENTENTE_TRY(std::vector<AggregateRow> rows,
              sum(subject, *flow, query, std::move(grouping), false, snapshot));
  if (message.order() == Request::RANK) {
    std::stable_sort(rows.begin(), rows.end(), [](const AggregateRow& a, const AggregateRow& b) {
      if (a.period != b.period) return b.period < a.period;
      return a.rank < b.rank;
    });
  }
  std::vector<v1::Aggregates::Row> out;
  for (AggregateRow& row : rows) {
    if (message.top() != 0 && (row.rank == 0 || row.rank > message.top())) continue;
    out.push_back(to_wire(std::move(row)));
  }
  return out;
}

Result<std::unique_ptr<net::Source>> ComparisonService::aggregate_stream(const Service::Who& who,
                                                                         const Request& message) {
  ENTENTE_TRY(const identity::SubjectPointer subject, who());
  const auto snapshot = parts_.store.snapshot();
  identity::Attended attended(*snapshot, [&] { return who().status().code() == Code::Cancelled; });
  ENTENTE_TRY(std::vector<v1::Aggregates::Row> rows, aggregate(*subject, message, attended));
  ENTENTE_TRY(const auto flow, parts_.service.open_flow(*subject, message.dataflow()));
  std::vector<std::string> dimensions;
  for (int d = 0; d < flow->structure.dimensions_size(); ++d) {
    const std::string& id = flow->structure.dimensions(d).id();
    const bool kept = flow->frequency == static_cast<std::size_t>(d) ||
                      std::any_of(message.by().begin(), message.by().end(),
                                  [&](const Request::By& by) { return by.dimension() == id; });
    if (kept) dimensions.push_back(id);
  }
  return std::unique_ptr<net::Source>(
      std::make_unique<RowSource>(who, subject, std::move(dimensions), std::move(rows)));
}

}  // namespace entente::statistics
