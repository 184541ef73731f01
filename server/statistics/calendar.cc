// Which figures are due from whom, which came, which are late.
#include "server/statistics/calendar.h"

#include <algorithm>
#include <functional>
#include <tuple>

#include "proto/contract/limits.h"
#include "server/statistics/comparison.h"
#include "server/statistics/structure/names.h"
#include "server/statistics/wire.h"

namespace entente::statistics {
namespace {

constexpr std::int32_t kBackDays = 366;
constexpr std::int32_t kAheadDays = 92;

struct Asked {
  std::int32_t today = 0;
  DayRange due;
  std::string party;  // code; empty: any
  bool late_only = false;
};

Result<Asked> read(const v1::GetCalendarRequest& message, Instant now) {
  Asked asked;
  asked.today = day_of(now);
  asked.due = {.first = asked.today - kBackDays, .last = asked.today + kAheadDays};
  for (const auto& [field, text, day] :
       {std::tuple("from_day", &message.from_day(), &asked.due.first),
        std::tuple("to_day", &message.to_day(), &asked.due.last)}) {
    if (text->empty()) continue;
    const auto period = parse_period(*text);
    if (!period || period->frequency != Frequency::Day) {
      return invalid_argument(field, "must be a day such as `2026-01-31`");
    }
    *day = first_day(*period);
  }
  if (!message.party().empty()) {
    asked.party = party_code(message.party());
    if (asked.party.empty()) return invalid_argument("party", "must be like `parties/SWE`");
  }
  asked.late_only = message.late_only();
  return asked;
}

using State = v1::Calendar;

void settle(const Asked& asked, std::int32_t due, const Given* given, v1::Calendar::Row& row) {
  const bool came = given != nullptr && given->observations != 0;
  const std::int32_t on = came ? day_of(given->first) : asked.today;
  row.set_due_on(day_text(due));
  row.set_state(on > due ? (came ? State::CAME_LATE : State::LATE)
                         : (came ? State::CAME : State::DUE));
  row.set_days_late(static_cast<std::uint32_t>(std::max(0, on - due)));
  if (!came) return;
  set_time(*row.mutable_came_at(), given->first);
  set_time(*row.mutable_updated_at(), given->updated);
  row.set_observations(given->observations);
}

Status too_long() {
  return {Code::ResourceExhausted, Reason::LimitReached,
          "the calendar would have more than " + std::to_string(limits::comparison_rows_max) +
              " rows; ask for fewer days, a dataflow or a party"};
}

// The periods of the dataflow that are due in the days asked for. Its frequencies start long before
// and end long after, so it is counted from the first one.
std::vector<std::pair<Period, std::int32_t>> periods_due(const v1::Reporting& reporting,
                                                         const DayRange& due) {
  std::vector<std::pair<Period, std::int32_t>> out;
  const auto since = parse_period(reporting.since());
  ENTENTE_CHECK(since.has_value());  // check_structures has seen to it
  const auto days = static_cast<std::int32_t>(reporting.due_days());
  for (Period period = *since; out.size() <= limits::comparison_rows_max; ++period.ordinal) {
    const std::int32_t on = last_day(period) + days;
    if (on > due.last) break;
    if (on >= due.first) out.emplace_back(period, on);
  }
  return out;
}

Status add_rows(const Flow& flow, const std::function<bool(const Flow::Provision&)>& sees,
                const Contributions& given, const Asked& asked, v1::Calendar& out) {
  for (const auto& [period, due] : periods_due(flow.wire.reporting(), asked.due)) {
    for (const auto& [party, provision] : flow.provisions) {
      if ((!asked.party.empty() && party != asked.party) || !sees(provision)) continue;
      for (const std::string& area : provision.wire.reference_areas()) {
        v1::Calendar::Row row;
        row.set_dataflow(flow.wire.name());
        row.set_party(provision.wire.party());
        row.set_area(area);
        row.set_period(to_text(period));
        const auto found = given.find({area, period});
        settle(asked, due, found == given.end() ? nullptr : &found->second, row);
        if (asked.late_only && row.state() != State::LATE) continue;
        if (row.state() == State::LATE) out.set_late(out.late() + 1);
        if (static_cast<std::size_t>(out.rows_size()) == limits::comparison_rows_max) {
          return too_long();
        }
        *out.add_rows() = std::move(row);
      }
    }
  }
  return {};
}

}  // namespace

std::int32_t day_of(Instant instant) {
  return static_cast<std::int32_t>(
      std::chrono::floor<std::chrono::days>(instant).time_since_epoch().count());
}

std::string day_text(std::int32_t day) {
  return to_rfc3339(Instant(std::chrono::days(day))).substr(0, 10);
}

std::optional<std::int32_t> due_day(const Flow& flow, Period period) {
  if (!flow.wire.has_reporting()) return std::nullopt;
  const auto since = parse_period(flow.wire.reporting().since());
  if (!since || since->frequency != period.frequency || period < *since) return std::nullopt;
  return last_day(period) + static_cast<std::int32_t>(flow.wire.reporting().due_days());
}

Result<v1::Calendar> ComparisonService::get_calendar(const Subject& subject,
                                                     const v1::GetCalendarRequest& message,
                                                     Snapshot& snapshot) {
  ENTENTE_TRY(const Asked asked, read(message, parts_.clock.now()));
  std::vector<std::shared_ptr<const Flow>> flows;
  if (!message.dataflow().empty()) {
    ENTENTE_TRY(flows.emplace_back(), parts_.service.open_flow(subject, message.dataflow()));
  } else {
    for (const auto& [name, unused] : parts_.structures.model()->flows()) {
      Result<std::shared_ptr<const Flow>> flow = parts_.service.open_flow(subject, name);
      if (flow.ok()) flows.push_back(*std::move(flow));
    }
  }
  v1::Calendar out;
  for (const auto& flow : flows) {
    if (!flow->wire.has_reporting() || !flow->reference_area) continue;
    if (!message.process().empty() && flow->wire.process() != message.process()) continue;
    ENTENTE_TRY(const auto came, parts_.service.tally(subject, *flow, snapshot));
    const auto sees = [&](const Flow::Provision& provision) {
      return may_see(subject, *flow, provision, parts_.clock.now());
    };
    ENTENTE_TRY_VOID(add_rows(*flow, sees, came->given, asked, out));
  }
  std::stable_sort(out.mutable_rows()->begin(), out.mutable_rows()->end(),
                   [](const auto& a, const auto& b) { return a.due_on() < b.due_on(); });
  return out;
}

}  // namespace entente::statistics
