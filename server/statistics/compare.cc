// The same series of several areas side by side: what is read for the table.
#include <algorithm>
#include <map>

#include "proto/contract/limits.h"
#include "server/statistics/calendar.h"
#include "server/statistics/compare_table.h"
#include "server/statistics/service.h"
#include "server/statistics/wire.h"

namespace entente::statistics {
namespace {

using Request = v1::ComparePartiesRequest;

std::string area_dimension(const Flow& flow) {
  return flow.structure.dimensions(static_cast<int>(*flow.reference_area)).id();
}

void select(v1::QueryRequest& query, const std::string& dimension,
            const std::set<std::string>& values) {
  auto* selection = query.add_selections();
  selection->set_dimension(dimension);
  for (const std::string& value : values) selection->add_values(value);
}

// The series of the parties compared, as a query.
v1::QueryRequest query_of(const Flow& flow, const Request& message) {
  v1::QueryRequest query;
  query.set_dataflow(message.dataflow());
  *query.mutable_selections() = message.selections();
  query.set_start_period(message.start_period());
  query.set_end_period(message.end_period());
  if (message.areas_size() > 0) {
    select(query, area_dimension(flow), {message.areas().begin(), message.areas().end()});
  }
  return query;
}

Status too_large() {
  return {Code::ResourceExhausted, Reason::LimitReached,
          "the table would have more than " + std::to_string(limits::comparison_rows_max) +
              " rows or " + std::to_string(limits::query_parties_max) + " columns; select less"};
}

std::size_t areas_of(const FigureRows& rows, std::set<std::string>& areas) {
  for (const auto& [key, figures] : rows) {
    for (const auto& [area, figure] : figures) areas.insert(area);
  }
  return areas.size();
}

// A dataflow's figures by what they are divided by: area, the codes shared with the figures,
// period.
using Divisors = std::map<std::pair<std::vector<std::string>, Period>, Decimal>;

Period year_of(Period period) { return *parse_period(to_text(period).substr(0, 4)); }

}  // namespace

// The newest version of each figure, those that were taken back included: as far as seen.
Result<FigureRows> Service::figures_of(const Subject& subject, const Flow& flow,
                                       const v1::QueryRequest& query, std::optional<Instant> as_of,
                                       Snapshot& snapshot) {
  ENTENTE_TRY(Reading reading, reading_of(flow, query));
  reading.history = true;
  const SightPointer seen = sight(subject, flow, as_of);
  ENTENTE_TRY(const std::unique_ptr<Merge> merge,
              Merge::open(snapshot, parts_.cache, seen->layers, std::move(reading)));
  FigureRows rows;
  Merged merged;
  for (;;) {
    ENTENTE_TRY_VOID(merge->next(merged, limits::answer_observations_max));
    const Columns& columns = merged.columns;
    if (columns.series() == 0) return rows;
    std::size_t cell = 0;
    for (std::size_t s = 0; s < columns.series(); ++s) {
      const auto key = columns.key(s);
      RowKey row;
      for (std::size_t d = 0; d + 1 < columns.width; ++d) {
        if (d != *flow.reference_area) row.key.push_back(merge->dimensions()[d][key[d]]);
      }
      const std::string& area =
          merge->dimensions()[*flow.reference_area][key[*flow.reference_area]];
      for (std::uint32_t i = 0; i < columns.counts[s]; ++i, ++cell) {
        row.period = {columns.frequency(s), columns.ordinals[cell]};
        SeenFigure& figure = rows[row][area];  // the versions come the oldest first
        figure.kind = columns.kinds[cell];
        figure.value = columns.values[cell];
        if (flow.status) {
          figure.status = merge->attributes()[*flow.status][columns.codes_of(cell)[*flow.status]];
        }
        figure.recorded = recorded_at(seen->all[merged.layers[cell]].kept->row);
      }
      if (rows.size() > limits::comparison_rows_max) return too_large();
    }
  }
}

// What the figures are divided by, as far as the subject sees it.
Result<Divisor> Service::denominators(const Subject& subject, const Flow& flow,
                                      const Request& message, const FigureRows& rows,
                                      Snapshot& snapshot) {
  const v1::Denominator& named = flow.wire.denominator();
  const auto opened = open_flow(subject, named.dataflow());
  if (!flow.wire.has_denominator() || !opened.ok()) {
    return Status(Code::FailedPrecondition, Reason::None,
                  "the dataflow names nothing that its figures could be divided by");
  }
  const Flow& by = **opened;
  v1::QueryRequest query;
  std::set<std::string> areas;
  areas_of(rows, areas);
  select(query, area_dimension(by), areas);
  // Which place of a row's key gives the code of each dimension of the denominator.
  std::vector<std::size_t> places;
  for (int d = 0; d < by.structure.dimensions_size(); ++d) {
    const auto at = static_cast<std::size_t>(d);
    const std::string& id = by.structure.dimensions(d).id();
    if (at == *by.reference_area || by.frequency == at) continue;
    const auto shared = flow.find_dimension(id);
    std::set<std::string> values;
    if (shared && *shared != *flow.reference_area) {
      places.push_back(*shared - (*shared > *flow.reference_area ? 1 : 0));
      for (const auto& [key, figures] : rows) values.insert(key.key[places.back()]);
    } else {
      values = {"_T"};
      for (const v1::Selection& one : named.selections()) {
        if (one.dimension() == id) values = {one.values(0)};
      }
    }
    if (!values.empty()) select(query, id, values);
  }
  std::optional<Instant> as_of;
  if (message.has_as_of()) as_of = instant_of(message.as_of());
  ENTENTE_TRY(const FigureRows found, figures_of(subject, by, query, as_of, snapshot));
  auto divisors = std::make_shared<Divisors>();
  for (const auto& [key, figures] : found) {
    std::vector<std::string> codes;
    for (std::size_t d = 0, at = 0; d < by.dimension_lists.size(); ++d) {
      if (d == *by.reference_area) continue;
      const std::string& code = key.key[at++];
      const auto shared = flow.find_dimension(by.structure.dimensions(static_cast<int>(d)).id());
      if (by.frequency != d && shared && *shared != *flow.reference_area) codes.push_back(code);
    }
    for (const auto& [area, figure] : figures) {
      if (figure.kind != Kind::Value) continue;
      codes.push_back(area);
      (*divisors)[{codes, key.period}] = figure.value;
      codes.pop_back();
    }
  }
  return Divisor([divisors, places](const RowKey& row, const std::string& area) -> const Decimal* {
    std::vector<std::string> codes;
    codes.reserve(places.size() + 1);
    for (const std::size_t place : places) codes.push_back(row.key[place]);
    codes.push_back(area);
    // Of the same period, else of the year that it lies in.
    for (const Period period : {row.period, year_of(row.period)}) {
      const auto found = divisors->find({codes, period});
      if (found != divisors->end()) return &found->second;
    }
    return nullptr;
  });
}

// Each area's own figure of the base period.
Result<Divisor> Service::bases(const Subject& subject, const Flow& flow, const Request& message,
                               Snapshot& snapshot) {
  const auto base = parse_period(message.base_period());
  if (!base) return invalid_argument("base_period", "must be a period such as `2015`, `2015-Q1`");
  Request of_base = message;
  of_base.set_start_period(message.base_period());
  of_base.set_end_period(message.base_period());
  std::optional<Instant> as_of;
  if (message.has_as_of()) as_of = instant_of(message.as_of());
  ENTENTE_TRY(FigureRows found,
              figures_of(subject, flow, query_of(flow, of_base), as_of, snapshot));
  auto rows = std::make_shared<const FigureRows>(std::move(found));
  return Divisor([rows, base](const RowKey& row, const std::string& area) -> const Decimal* {
    const auto at = rows->find({.key = row.key, .period = *base});
    if (at == rows->end()) return nullptr;
    const auto figure = at->second.find(area);
    const bool is_there = figure != at->second.end() && figure->second.kind == Kind::Value;
    return is_there ? &figure->second.value : nullptr;
  });
}

Result<v1::Comparison> Service::compare_parties(const Subject& subject, const Request& message,
                                                Snapshot& snapshot) {
  ENTENTE_TRY(const std::shared_ptr<const Flow> flow, open_flow(subject, message.dataflow()));
  if (!flow->reference_area) {
    return invalid_argument("dataflow", "has no reference area to compare by");
  }
  if (static_cast<std::size_t>(message.areas_size()) > limits::query_parties_max) {
    return invalid_argument("areas", "are more than " + std::to_string(limits::query_parties_max));
  }
  std::optional<Instant> as_of;
  if (message.has_as_of()) as_of = instant_of(message.as_of());
  ENTENTE_TRY(const FigureRows rows,
              figures_of(subject, *flow, query_of(*flow, message), as_of, snapshot));
  std::set<std::string> areas(message.areas().begin(), message.areas().end());
  if (areas_of(rows, areas) > limits::query_parties_max) return too_large();

  const Instant now = parts_.clock.now();
  TableWords words{
      .flow = *flow,
      .sees = [&](const auto& one) { return statistics::may_see(subject, *flow, one, now); },
      .today = day_of(as_of.value_or(now)),
      .divisor = {}};
  std::shared_ptr<const Tally> came;
  if (flow->wire.has_reporting()) {
    ENTENTE_TRY(came, tally(subject, *flow, snapshot, as_of));
    words.given = &came->given;
  }
  std::string unit;
  if (message.view() == Request::PER_CAPITA) {
    ENTENTE_TRY(words.divisor, denominators(subject, *flow, message, rows, snapshot));
    const std::uint64_t per = flow->wire.denominator().per();
    words.scale = static_cast<double>(per == 0 ? 100'000 : per);
    unit = "per " + std::to_string(per == 0 ? 100'000 : per) + " of " +
           flow->wire.denominator().dataflow();
  } else if (message.view() == Request::INDEX) {
    ENTENTE_TRY(words.divisor, bases(subject, *flow, message, snapshot));
    words.scale = 100;
    unit = "index, " + message.base_period() + " = 100";
  } else if (!Request::View_IsValid(message.view())) {
    return invalid_argument("view", "is none");
  }
  if (message.view() != Request::VIEW_UNSPECIFIED) words.view = message.view();
  v1::Comparison table = make_table(words, areas, rows);
  table.set_unit(std::move(unit));
  return table;
}

}  // namespace entente::statistics
