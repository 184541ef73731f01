// Reciprocity: which periods of the others' figures a party may read. The one place where it is
// decided; every door reads through `Service::layers`, which asks here.
#include <algorithm>

#include "proto/contract/limits.h"
#include "server/statistics/calendar.h"
#include "server/statistics/comparison.h"
#include "server/statistics/exemptions.h"

namespace entente::statistics {
namespace {

bool keeps_process(const policy::Subject& subject, const Flow& flow) {
  return std::any_of(
      subject.duties.begin(), subject.duties.end(), [&](const policy::HeldDuty& held) {
        return held.duty == policy::Duty::Secretariat && held.process == flow.guard.process;
      });
}

// Periods side by side make one range: who gave all four quarters gave the year.
std::vector<DayRange> ranges_of(const Contributions& given) {
  std::vector<DayRange> ranges;
  for (const auto& [place, one] : given) {
    if (one.figures == 0) continue;  // reported without a figure, nothing is given
    ranges.push_back({.first = first_day(place.second), .last = last_day(place.second)});
  }
  std::sort(ranges.begin(), ranges.end(),
            [](const DayRange& a, const DayRange& b) { return a.first < b.first; });
  std::vector<DayRange> joined;
  for (const DayRange& range : ranges) {
    if (!joined.empty() && range.first <= joined.back().last + 1) {
      joined.back().last = std::max(joined.back().last, range.last);
    } else {
      joined.push_back(range);
    }
  }
  return joined;
}

}  // namespace

Result<std::shared_ptr<const Tally>> Service::given_by(const std::string& party, const Flow& flow,
                                                       Snapshot& snapshot) {
  const Instant now = parts_.clock.now();
  std::vector<SeenLayer> own;
  const auto uploads = parts_.shelf.of(flow.wire.name());
  for (const auto& kept : uploads->all) {
    const auto& part = kept->parts[static_cast<std::size_t>(Circle::Shared)];
    if (kept->row.party() != party || !part) continue;
    SeenLayer layer{.layer = {.part = part, .version = kept->row.number()}, .kept = kept};
    if (!is_narrow(flow, layer, now)) own.push_back(std::move(layer));
  }
  return contributions_.read(snapshot, flow, std::make_shared<const Sight>(std::move(own)));
}

Result<std::shared_ptr<const OpenPeriods>> Service::open_periods(const Subject& subject,
                                                                 const Flow& flow) {
  const std::int32_t today = day_of(parts_.clock.now());
  const bool all = flow.provisions.count(subject.party) == 0 || keeps_process(subject, flow);
  if (all) return std::shared_ptr<const OpenPeriods>();
  const auto snapshot = parts_.store.snapshot();
  ENTENTE_TRY(const bool exempt,
              is_exempt(parts_.store, *snapshot, flow.wire.name(), subject.party, today));
  if (exempt) return std::shared_ptr<const OpenPeriods>();
  ENTENTE_TRY(const auto given, given_by(subject.party, flow, *snapshot));
  auto open = std::make_shared<OpenPeriods>();
  open->given = ranges_of(given->given);
  const auto grace = static_cast<std::int32_t>(flow.wire.reciprocity().grace_days());
  if (grace != 0) open->open_from = today - grace;
  if (flow.wire.has_reporting()) {
    const auto since = parse_period(flow.wire.reporting().since());
    ENTENTE_CHECK(since.has_value());  // check_structures has seen to it
    open->calendar = since->frequency;
    open->since = since->ordinal;
    open->due_days = static_cast<std::int32_t>(flow.wire.reporting().due_days());
  }
  return std::shared_ptr<const OpenPeriods>(std::move(open));
}

Result<std::map<Period, std::map<std::string, std::uint64_t>>> Service::others_by_period(
    const Subject& subject, const Flow& flow, Snapshot& snapshot) {
  const SightPointer whole = whole_sight(subject, flow);
  std::map<std::string, std::vector<SeenLayer>> by_party;
  for (const SeenLayer& seen : whole->all) {
    if (seen.kept->row.party() == subject.party) continue;
    by_party[seen.kept->row.party()].push_back(seen);
  }
  std::map<Period, std::map<std::string, std::uint64_t>> out;
  for (auto& [party, seen] : by_party) {
    ENTENTE_TRY(
        const auto given,
        contributions_.read(snapshot, flow, std::make_shared<const Sight>(std::move(seen))));
    for (const auto& [place, one] : given->given) {
      if (one.observations != 0) out[place.second][party] += one.observations;
    }
  }
  return out;
}

Result<v1::Standing> ComparisonService::get_standing(const Subject& subject,
                                                     const v1::GetStandingRequest& message,
                                                     Snapshot& snapshot) {
  ENTENTE_TRY(const auto flow, parts_.service.open_flow(subject, message.dataflow()));
  if (!flow->wire.has_reciprocity()) {
    return Status(Code::FailedPrecondition, Reason::None, "the dataflow is not reciprocal");
  }
  if (flow->provisions.count(subject.party) == 0) {
    return not_yours("your party does not report to it");
  }
  ENTENTE_TRY(const auto own, parts_.service.given_by(subject.party, *flow, snapshot));
  ENTENTE_TRY(const auto others, parts_.service.others_by_period(subject, *flow, snapshot));
  ENTENTE_TRY(const auto open, parts_.service.open_periods(subject, *flow));
  std::map<Period, std::uint64_t> given;
  for (const auto& [place, one] : own->given) given[place.second] += one.figures;
  for (const auto& [period, parties] : others) given.try_emplace(period, 0);
  v1::Standing out;
  out.set_party("parties/" + subject.party);
  const auto grace = static_cast<std::int32_t>(flow->wire.reciprocity().grace_days());
  for (auto at = given.rbegin(); at != given.rend(); ++at) {
    if (static_cast<std::size_t>(out.rows_size()) == limits::comparison_rows_max) break;
    v1::Standing::Row& row = *out.add_rows();
    row.set_period(to_text(at->first));
    row.set_given(at->second);
    row.set_open(!open || open->holds(at->first));
    if (open && grace != 0) row.set_grace_until(day_text(open->day_of(at->first) + grace));
    const auto found = others.find(at->first);
    if (found == others.end()) continue;
    row.set_parties(static_cast<std::uint32_t>(found->second.size()));
    for (const auto& [party, count] : found->second)
      row.set_observations(row.observations() + count);
  }
  return out;
}

}  // namespace entente::statistics
