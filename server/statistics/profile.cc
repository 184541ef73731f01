// All that a process holds on one state, on one page.
#include <algorithm>
#include <set>

#include "proto/contract/limits.h"
#include "server/statistics/calendar.h"
#include "server/statistics/comparison.h"
#include "server/statistics/ratios.h"
#include "server/statistics/wire.h"

namespace entente::statistics {
namespace {

using Section = v1::Profile::Section;

constexpr std::uint32_t kLargest = 5;

std::optional<std::size_t> counterpart_of(const Flow& flow) {
  for (int d = 0; d < flow.structure.dimensions_size(); ++d) {
    if (flow.structure.dimensions(d).role() == v1::Dimension::COUNTERPART_AREA) {
      return static_cast<std::size_t>(d);
    }
  }
  return std::nullopt;
}

bool reports_for(const Flow::Provision& provision, const std::string& area) {
  const auto& areas = provision.wire.reference_areas();
  return std::find(areas.begin(), areas.end(), area) != areas.end();
}

v1::Profile::Figure figure_of(AggregateRow row, const std::string& code, std::int32_t today) {
  v1::Profile::Figure out;
  out.set_code(code);
  set_time(*out.mutable_updated_at(), row.totals.updated);
  out.set_age_days(static_cast<std::uint32_t>(std::max(0, today - day_of(row.totals.updated))));
  out.set_period_age_days(static_cast<std::uint32_t>(std::max(0, today - last_day(row.period))));
  v1::Aggregates::Row wire = to_wire(std::move(row));
  out.set_period(wire.period());
  out.set_value(wire.value());
  out.set_share(wire.share());
  out.set_confidential(wire.confidential());
  *out.mutable_previous() = std::move(*wire.mutable_previous());
  *out.mutable_year() = std::move(*wire.mutable_year());
  return out;
}

}  // namespace

Status ComparisonService::count_figures(const Subject& subject, const Flow& flow,
                                        const v1::QueryRequest& query, Snapshot& snapshot,
                                        Section& out) {
  ENTENTE_TRY(Reading reading, reading_of(flow, query));
  const SightPointer sight = parts_.service.sight(subject, flow);
  ENTENTE_TRY(const auto merge,
              Merge::open(snapshot, parts_.service.cache(), sight->layers, std::move(reading)));
  std::optional<Period> first;
  std::optional<Period> last;
  Instant updated{};
  Merged merged;
  for (;;) {
    ENTENTE_TRY_VOID(merge->next(merged, limits::answer_observations_max));
    const Columns& columns = merged.columns;
    if (columns.series() == 0) break;
    out.set_series(out.series() + columns.series());
    out.set_observations(out.observations() + columns.observations());
    std::size_t cell = 0;
    for (std::size_t s = 0; s < columns.series(); ++s) {
      for (std::uint32_t i = 0; i < columns.counts[s]; ++i, ++cell) {
        const Period period{columns.frequency(s), columns.ordinals[cell]};
        if (!first || first_day(period) < first_day(*first)) first = period;
        if (!last || last_day(period) > last_day(*last)) last = period;
        updated = std::max(updated, recorded_at(sight->all[merged.layers[cell]].kept->row));
      }
    }
  }
  if (!first) return {};
  out.set_first_period(to_text(*first));
  out.set_last_period(to_text(*last));
  set_time(*out.mutable_updated_at(), updated);
  return {};
}

// The newest total, and the largest of what it is made of.
Status ComparisonService::add_figures(const Subject& subject, const Flow& flow,
                                      const v1::QueryRequest& query, std::size_t breakdown,
                                      Snapshot& snapshot, Section& out) {
  const std::int32_t today = day_of(parts_.clock.now());
  Grouping grouping;
  grouping.fates.resize(flow.dimension_lists.size());
  if (flow.frequency) grouping.fates[*flow.frequency].kept = true;
  ENTENTE_TRY(std::vector<AggregateRow> totals,
              sum(subject, flow, query, grouping, true, snapshot));
  const auto newest = std::max_element(
      totals.begin(), totals.end(), [](const AggregateRow& a, const AggregateRow& b) {
        return last_day(a.period) != last_day(b.period) ? last_day(a.period) < last_day(b.period)
                                                        : b.period < a.period;
      });
  if (newest == totals.end()) return {};  // all without a value
  const Period period = newest->period;
  *out.mutable_total() = figure_of(std::move(*newest), "", today);
  grouping.fates[breakdown].kept = true;
  v1::QueryRequest of_period = query;
  of_period.set_start_period(to_text(period));
  of_period.set_end_period(to_text(period));
  ENTENTE_TRY(std::vector<AggregateRow> parts,
              sum(subject, flow, of_period, grouping, true, snapshot));
  std::stable_sort(parts.begin(), parts.end(),
                   [](const AggregateRow& a, const AggregateRow& b) { return a.rank < b.rank; });
  out.set_breakdown(flow.structure.dimensions(static_cast<int>(breakdown)).id());
  const std::size_t place = flow.frequency && *flow.frequency < breakdown ? 1 : 0;
  for (AggregateRow& row : parts) {
    if (row.rank == 0 || row.rank > kLargest || row.period != period) continue;
    if (static_cast<std::uint32_t>(out.largest_size()) == kLargest) break;
    const std::string code = row.key[place];
    *out.add_largest() = figure_of(std::move(row), code, today);
  }
  return {};
}

// What is late, what is due next, and what the reporting party says of its figures.
Status ComparisonService::add_calendar(const Subject& subject, const Flow& flow,
                                       const std::string& area, Snapshot& snapshot, Section& out) {
  const Instant now = parts_.clock.now();
  bool provided = false;
  for (const auto& [party, provision] : flow.provisions) {
    if (!reports_for(provision, area) || !may_see(subject, flow, provision, now)) continue;
    provided = true;
    out.mutable_notes()->MergeFrom(provision.wire.notes());
  }
  if (!provided || !flow.wire.has_reporting()) return {};
  ENTENTE_TRY(const auto came, parts_.service.tally(subject, flow, snapshot));
  const auto since = parse_period(flow.wire.reporting().since());
  std::size_t seen = 0;
  for (Period period = *since; seen++ < limits::comparison_rows_max; ++period.ordinal) {
    const auto found = came->given.find({area, period});
    if (found != came->given.end() && found->second.observations != 0) continue;
    const std::int32_t due = *due_day(flow, period);
    if (due >= day_of(now)) {
      out.set_next_due(day_text(due));
      break;
    }
    out.set_late(out.late() + 1);
  }
  return {};
}

Status ComparisonService::add_section(const Subject& subject, const Flow& flow,
                                      const std::string& area, v1::Profile::Role role,
                                      Snapshot& snapshot, v1::Profile& out) {
  const auto counterpart = counterpart_of(flow);
  const bool own = role == v1::Profile::REPORTS;
  if (!own && !counterpart) return {};
  Section section;
  section.set_dataflow(flow.wire.name());
  *section.mutable_title() = flow.wire.title();
  section.set_role(role);
  const std::size_t selected = own ? *flow.reference_area : *counterpart;
  v1::QueryRequest query;
  auto* selection = query.add_selections();
  selection->set_dimension(flow.structure.dimensions(static_cast<int>(selected)).id());
  selection->add_values(area);
  ENTENTE_TRY_VOID(count_figures(subject, flow, query, snapshot, section));
  if (section.observations() != 0) {
    const std::size_t breakdown = own ? counterpart.value_or(selected) : *flow.reference_area;
    ENTENTE_TRY_VOID(add_figures(subject, flow, query, breakdown, snapshot, section));
  }
  if (own) ENTENTE_TRY_VOID(add_calendar(subject, flow, area, snapshot, section));
  const bool expected = section.late() != 0 || !section.next_due().empty();
  if (section.observations() != 0 || expected) *out.add_sections() = std::move(section);
  return {};
}

Result<v1::Profile> ComparisonService::get_profile(const Subject& subject,
                                                   const v1::GetProfileRequest& message,
                                                   Snapshot& snapshot) {
  if (!message.process().starts_with("processes/")) {
    return invalid_argument("process", "must be like `processes/igc`");
  }
  if (message.area().empty() || message.area().size() > 64) {
    return invalid_argument("area", "must be a code such as `SWE`");
  }
  v1::Profile out;
  out.set_process(message.process());
  out.set_area(message.area());
  set_time(*out.mutable_made_at(), parts_.clock.now());
  for (const auto& [name, unused] : parts_.structures.model()->flows()) {
    const Result<std::shared_ptr<const Flow>> flow = parts_.service.open_flow(subject, name);
    if (!flow.ok() || !(*flow)->reference_area) continue;
    if ((*flow)->wire.process() != message.process()) continue;
    const auto& list = (*flow)->dimension_lists[*(*flow)->reference_area];
    const v1::Item* item = list ? list->find(message.area()) : nullptr;
    if (item != nullptr && !out.has_title()) *out.mutable_title() = item->title();
    for (const auto role : {v1::Profile::REPORTS, v1::Profile::REPORTED_ON}) {
      ENTENTE_TRY_VOID(add_section(subject, **flow, message.area(), role, snapshot, out));
    }
  }
  return out;
}

}  // namespace entente::statistics
