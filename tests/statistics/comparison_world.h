// The small statistical world with the rooms that compare, sum and tell what changed.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "server/statistics/comparison.h"
#include "server/statistics/history.h"
#include "tests/statistics/world.h"

namespace entente::statistics::testing {

using Lines = std::vector<std::string>;

inline const std::string kHeading =
    "DATAFLOW,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n";

inline std::string row(const std::string& rest) { return "IGC:ASYLUM(1.0)," + rest + "\n"; }

struct ComparisonWorld : StatisticsWorld {
  explicit ComparisonWorld(const v1::StructureSet& set = structures())
      : StatisticsWorld(limits::upload_rows_buffered_max, set),
        comparison({.store = *store,
                    .service = service,
                    .structures = structures_in_force,
                    .clock = clock}),
        history({.store = *store,
                 .service = service,
                 .structures = structures_in_force,
                 .shelf = shelf,
                 .alarms = alarms,
                 .clock = clock,
                 .entropy = entropy}) {
    ledger->add_follower(alarms);
  }

  // ASYLUM as `change` makes it.
  template <typename Change>
  Status redefine(Change change) {
    v1::DefineStructuresRequest request;
    v1::Dataflow* flow = request.mutable_structures()->add_dataflows();
    *flow = structures_in_force.model()->find_flow("dataflows/IGC.ASYLUM")->wire;
    change(*flow);
    return act(secretariat(), &Service::define_structures, request).status();
  }
  Status define_reporting(const std::string& frequency, std::uint32_t days,
                          const std::string& since) {
    return redefine([&](v1::Dataflow& flow) {
      flow.mutable_reporting()->set_frequency(frequency);
      flow.mutable_reporting()->set_due_days(days);
      flow.mutable_reporting()->set_since(since);
    });
  }
  template <typename Req, typename Rep>
  Result<Rep> compare(const policy::Subject& subject,
                      Result<Rep> (ComparisonService::*serve)(const policy::Subject&, const Req&,
                                                              store::Snapshot&),
                      const Req& request) {
    const auto snapshot = store->snapshot();
    return (comparison.*serve)(subject, request, *snapshot);
  }
  // `SWE 2025 due 2026-04-30 LATE` each.
  Lines calendar(const policy::Subject& subject, const v1::GetCalendarRequest& request) {
    const auto found = compare(subject, &ComparisonService::get_calendar, request);
    REQUIRE(found.ok());
    Lines lines;
    for (const auto& one : found->rows()) {
      lines.push_back(one.area() + " " + one.period() + " due " + one.due_on() + " " +
                      v1::Calendar::State_Name(one.state()));
    }
    return lines;
  }
  void bring(const std::string& party, const std::string& id, const std::string& rows,
             v1::UploadAction action = v1::REPLACE) {
    const auto report = upload(member(party), begin_request(id, action), kHeading + rows);
    REQUIRE(report.ok());
    REQUIRE(report->accepted());
  }

  ComparisonService comparison;
  Alarms alarms;
  HistoryService history;
};

inline v1::Note note(const std::string& concept_id, const std::string& words) {
  v1::Note out;
  out.set_concept_id(concept_id);
  *out.mutable_text() = english(words);
  return out;
}

struct TableWorld : ComparisonWorld {
  // SWE's provision as `change` makes it, on the word of `who`.
  template <typename Change>
  Status provide(const policy::Subject& who, const std::string& party, Change change) {
    v1::DefineStructuresRequest request;
    v1::Provision* one = request.mutable_structures()->add_provisions();
    *one =
        structures_in_force.model()->find_flow("dataflows/IGC.ASYLUM")->provisions.at(party).wire;
    change(*one);
    return act(who, &Service::define_structures, request).status();
  }
  Result<v1::Comparison> table(const policy::Subject& subject, v1::ComparePartiesRequest request) {
    request.set_dataflow("dataflows/IGC.ASYLUM");
    return ask(subject, &Service::compare_parties, request);
  }
  // `AFG 2015: 5 | late [1]` each.
  Lines lines(const policy::Subject& subject, const v1::ComparePartiesRequest& request = {}) {
    const auto found = table(subject, request);
    REQUIRE(found.ok());
    Lines out;
    for (const auto& row : found->rows()) {
      std::string line = row.key(1) + " " + row.period() + ":";
      for (const auto& cell : row.cells()) {
        line += " " + (cell.value().empty() ? cell.gap() : cell.value());
        for (const auto n : cell.notes()) line += " [" + std::to_string(n) + "]";
        line += &cell == &row.cells(row.cells_size() - 1) ? "" : " |";
      }
      out.push_back(line);
    }
    return out;
  }
};

}  // namespace entente::statistics::testing
