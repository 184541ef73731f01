#include "server/statistics/availability.h"

#include <algorithm>

#include "proto/contract/limits.h"
#include "server/statistics/wire.h"

namespace entente::statistics {
namespace {

// Which codes were met, by their numbers in the merge's dictionaries; put into words at the end.
class Met {
 public:
  explicit Met(std::size_t dimensions) : codes_(dimensions) {}

  void add(const Columns& columns) {
    std::size_t cell = 0;
    for (std::size_t s = 0; s < columns.series(); ++s) {
      const auto key = columns.key(s);
      if (key_.empty() || !std::equal(key.begin(), key.end(), key_.begin())) {
        key_.assign(key.begin(), key.end());
        ++series_;
        for (std::size_t d = 0; d < codes_.size(); ++d) codes_[d].insert(key[d]);
      }
      observations_ += columns.counts[s];
      if (columns.counts[s] == 0) continue;
      add({columns.frequency(s), columns.ordinals[cell]});
      cell += columns.counts[s];
      add({columns.frequency(s), columns.ordinals[cell - 1]});
    }
  }

  Availability take(const Merge& merge) const {
    Availability out;
    out.series = series_;
    out.observations = observations_;
    for (std::size_t d = 0; d < codes_.size(); ++d) {
      auto& values = out.values.emplace_back();
      for (const std::uint32_t code : codes_[d]) values.insert(merge.dimensions()[d][code]);
    }
    if (first_) out.periods.emplace(to_text(*first_), to_text(*last_));
    return out;
  }

 private:
  void add(Period period) {
    if (!first_ || first_day(period) < first_day(*first_)) first_ = period;
    if (!last_ || last_day(period) > last_day(*last_)) last_ = period;
  }

  std::vector<std::set<std::uint32_t>> codes_;
  std::vector<std::uint32_t> key_;  // the last one; a long series comes in several pieces
  std::optional<Period> first_;
  std::optional<Period> last_;
  std::uint64_t series_ = 0;
  std::uint64_t observations_ = 0;
};

}  // namespace

Result<Availability> read_availability(Service& service, const policy::Subject& subject,
                                       const Flow& flow, const v1::QueryRequest& query,
                                       const std::set<std::string>& parties,
                                       store::Snapshot& snapshot) {
  ENTENTE_TRY(Reading reading, reading_of(flow, query));
  std::optional<Instant> as_of;
  std::optional<Instant> after;
  if (query.has_as_of()) as_of = instant_of(query.as_of());
  if (query.has_updated_after()) after = instant_of(query.updated_after());
  SightPointer sight = service.sight(subject, flow, as_of, after);
  if (!parties.empty()) {
    sight = only(sight,
                 [&](const SeenLayer& seen) { return parties.count(seen.kept->row.party()) != 0; });
  }
  ENTENTE_TRY(const std::unique_ptr<Merge> merge,
              Merge::open(snapshot, service.cache(), sight->layers, std::move(reading)));
  Met met(flow.dimension_lists.size());
  Merged merged;
  for (;;) {
    ENTENTE_TRY_VOID(merge->next(merged, limits::answer_observations_max));
    if (merged.columns.series() == 0) return met.take(*merge);
    met.add(merged.columns);
  }
}

Constraint actual_constraint(const Flow& flow, const Availability& there) {
  Constraint out;
  out.id = flow.wire.name().substr(flow.wire.name().rfind('.') + 1) + "_ACTUAL";
  out.attached = flow.wire.name();
  out.title = flow.wire.title();
  out.is_actual = true;
  for (std::size_t d = 0; d < there.values.size(); ++d) {
    v1::AllowedValues& values = out.region.emplace_back();
    values.set_dimension(flow.structure.dimensions(static_cast<int>(d)).id());
    values.mutable_values()->Assign(there.values[d].begin(), there.values[d].end());
  }
  out.periods = there.periods;
  out.series = there.series;
  out.observations = there.observations;
  return out;
}

}  // namespace entente::statistics
