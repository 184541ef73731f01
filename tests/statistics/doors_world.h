// The small statistical world with every door that answers without acting, and all that a subject
// is told by them.
#pragma once

#include <map>
#include <memory>
#include <regex>
#include <string>

#include "server/statistics/structure_service.h"
#include "tests/statistics/comparison_world.h"
#include "tests/statistics/rest_world.h"

namespace entente::statistics::testing {

inline std::string fault_text(const Status& status) {
  std::string text =
      std::to_string(static_cast<int>(status.code())) + " " + std::string(status.message());
  for (const auto& one : status.violations()) text += "\n" + one.field + ": " + one.rule;
  return text;
}

struct DoorsWorld : ComparisonWorld {
  const std::string flow_name = "dataflows/IGC.ASYLUM";

  explicit DoorsWorld(const v1::StructureSet& set)
      : ComparisonWorld(set),
        messages({.service = service, .structures = structures_in_force, .clock = clock}),
        rest(service, structures_in_force, *store, clock) {}

  // What every door says to the subject, by what was asked. Ids are random in each world, and so
  // are the tags of answers that are resumed by them.
  std::map<std::string, std::string> doors(const policy::Subject& subject) {
    std::map<std::string, std::string> out;
    ask_rpcs(subject, out);
    ask_streams(subject, out);
    ask_acts(subject, out);
    ask_rest(subject, out);
    for (auto& [what, said] : out) {
      said = std::regex_replace(said, std::regex("[0-9a-f]{32}"), "ID");
    }
    return out;
  }

 private:
  using Said = std::map<std::string, std::string>;

  template <typename Answer>
  static void add(Said& out, const std::string& what, const Answer& answer) {
    const std::string said = answer.ok() ? answer->Utf8DebugString() : fault_text(answer.status());
    REQUIRE(out.emplace(what, said).second);
  }

  void ask_rpcs(const policy::Subject& subject, Said& out) {
    add(out, "flows", ask(subject, &Service::list_dataflows, v1::ListDataflowsRequest()));
    const auto snapshot = store->snapshot();
    for (const std::string name :
         {"dataflows/IGC.ASYLUM", "dataflows/IGC.ASYLUM/provisions/SWE",
          "dataflows/IGC.ASYLUM/provisions/CHE", "data-structures/ENTENTE.ASYLUM"}) {
      v1::GetStructureRequest get;
      get.set_name(name);
      get.set_with_references(true);
      add(out, "structure " + name, ask(subject, &Service::get_structure, get));
      for (const auto format : {v1::SDMX_ML_2_1, v1::SDMX_JSON_1_0, v1::SDMX_JSON_2_0}) {
        v1::ExportStructuresRequest take;
        take.set_name(name);
        take.set_with_references(true);
        take.set_format(format);
        add(out, "export " + name + std::to_string(format),
            messages.export_structures(subject, take, *snapshot));
      }
    }
    for (const std::string collection : {"", "provisions", "dataflows", "agencies"}) {
      v1::ListStructuresRequest list;
      list.set_collection(collection);
      add(out, "list " + collection, messages.list_structures(subject, list, *snapshot));
    }
    for (const std::string party : {"", "parties/SWE", "parties/CHE"}) {
      v1::ListUploadsRequest uploads;
      uploads.set_dataflow(flow_name);
      uploads.set_party(party);
      add(out, "uploads " + party, ask(subject, &Service::list_uploads, uploads));
      v1::GetCalendarRequest calendar;
      calendar.set_party(party);
      calendar.set_from_day("2023-01-01");
      add(out, "calendar " + party, compare(subject, &ComparisonService::get_calendar, calendar));
      v1::ListChangesRequest changes;
      changes.set_party(party);
      changes.mutable_since()->set_seconds(1);
      changes.set_details(true);
      add(out, "changes " + party, history.list_changes(subject, changes, *snapshot));
    }
    v1::ComparePartiesRequest table;
    table.set_dataflow(flow_name);
    add(out, "compare", ask(subject, &Service::compare_parties, table));
    table.add_areas("SWE");
    table.add_areas("CHE");
    add(out, "compare both", ask(subject, &Service::compare_parties, table));
    for (const char* area : {"SWE", "CHE", "SYR"}) {
      v1::GetProfileRequest page;
      page.set_process("processes/igc");
      page.set_area(area);
      add(out, std::string("profile ") + area,
          compare(subject, &ComparisonService::get_profile, page));
    }
    v1::GetStandingRequest standing;
    standing.set_dataflow(flow_name);
    add(out, "standing", compare(subject, &ComparisonService::get_standing, standing));
    v1::AggregateRequest sum;
    sum.set_dataflow(flow_name);
    for (const char* by : {"CITIZEN", "REF_AREA"}) {
      sum.add_by()->set_dimension(by);
      const auto rows = comparison.aggregate(subject, sum, *snapshot);
      std::string& said = out[std::string("sum ") + by];
      if (!rows.ok()) said = fault_text(rows.status());
      for (const auto& one : rows.ok() ? *rows : std::vector<v1::Aggregates::Row>()) {
        said += one.Utf8DebugString();
      }
    }
  }

  void ask_streams(const policy::Subject& subject, Said& out) {
    for (int kind = 0; kind < 5; ++kind) {
      v1::QueryRequest asked;
      asked.set_dataflow(flow_name);
      asked.set_include_history(kind == 1);
      const std::int64_t then = clock.now().time_since_epoch() / std::chrono::seconds(1) - 25;
      if (kind == 2) asked.mutable_updated_after()->set_seconds(then);
      if (kind == 3) asked.mutable_as_of()->set_seconds(then);
      if (kind == 4) {
        asked.add_selections()->set_dimension("REF_AREA");
        asked.mutable_selections(0)->add_values("SWE");
      }
      const auto lines = query(subject, asked);
      std::string& said = out["query " + std::to_string(kind)];
      if (!lines.ok()) said = fault_text(lines.status());
      for (const auto& line : lines.ok() ? *lines : Lines()) said += line + "\n";
    }
    const auto shared = std::make_shared<const policy::Subject>(subject);
    v1::WatchUploadsRequest watch;
    watch.set_dataflow(flow_name);
    auto stream =
        history.watch([&]() -> Result<identity::SubjectPointer> { return shared; }, watch, [] {});
    std::string& said = out["watch"];
    if (!stream.ok()) {
      said = fault_text(stream.status());
      return;
    }
    for (;;) {
      v1::UploadNews news;
      const auto next = (*stream)->next(news);
      REQUIRE(next.ok());
      if (*next == net::Source::Next::Wait) return;
      said += news.Utf8DebugString();
    }
  }

  // What is refused is refused alike; a dry run tells no more of another's areas either.
  void ask_acts(const policy::Subject& subject, Said& out) {
    const auto refused = [&](const std::string& what, const v1::StructureSet& set) {
      v1::DefineStructuresRequest request;
      *request.mutable_structures() = set;
      const auto transaction = store->begin();
      add(out, what, service.define_structures(subject, request, *transaction));
    };
    for (const std::string party : {"SWE", "CHE", "NOR"}) {
      if (subject.party == party) continue;
      v1::StructureSet set;
      v1::Provision* one = set.add_provisions();
      one->set_name(flow_name + "/provisions/" + party);
      one->set_party("parties/" + party);
      one->add_reference_areas(party);
      refused("define " + party, set);
      one->add_reference_areas("XXX");
      refused("define wrongly " + party, set);
    }
    const auto tried = send(subject, begin_request("dry"),
                            kHeading + row("A,SWE,AFG,2023,5,A,F") + row("A,CHE,AFG,2023,5,A,F"));
    add(out, "dry run", tried);
  }

  void ask_rest(const policy::Subject& subject, Said& out) {
    const std::string old = "/sdmx/2.1/";
    const std::string fresh = "/sdmx/3.0/";
    const auto get = [&](const std::string& path, const std::string& query,
                         const std::string& accept) {
      net::HttpRequest request;
      request.method = "GET";
      request.path = path;
      request.query = query;
      if (!accept.empty()) request.headers = {{"accept", accept}};
      net::HttpResponse response = rest.serve(subject, request, {});
      std::string& said = out[path + "?" + query + " " + accept];
      said = std::to_string(response.status);
      for (const auto& [name, value] : response.headers) {
        if (name != "etag" || query.find("asOf") == std::string::npos)
          said += "\n" + name + ": " + value;
      }
      said += "\n\n" + response.body;
      while (response.source) {
        const auto more = response.source->read(1 << 16);
        REQUIRE(more.ok());
        if (more->empty()) break;
        said += *more;
      }
    };
    for (const std::string accept :
         {"application/xml", "application/vnd.sdmx.data+csv", "application/vnd.sdmx.data+json",
          "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}) {
      for (const std::string path :
           {"data/IGC,ASYLUM/all", "data/IGC,ASYLUM/A.SWE.", "data/IGC,ASYLUM/A.CHE.",
            "data/IGC,ASYLUM/all/SWE", "data/IGC,ASYLUM/all/CHE"}) {
        get(old + path, "", accept);
      }
      for (const std::string query : {"includeHistory=true", "updatedAfter=2026-11-23T08:00:12Z",
                                      "detail=serieskeysonly", "startPeriod=2024"}) {
        get(old + "data/IGC,ASYLUM/all", query, accept);
      }
      for (const std::string context :
           {"provisionagreement/IGC/ASYLUM_SWE/*", "provisionagreement/IGC/ASYLUM_CHE/*",
            "provisionagreement/*/*/*", "dataflow/*/*/*", "datastructure/*/*/*", "*"}) {
        get(fresh + "data/" + context, "", accept);
      }
      get(fresh + "data/dataflow/IGC/ASYLUM/*/*", "asOf=2026-11-23T08:00:12Z", accept);
    }
    for (const std::string path :
         {"availableconstraint/IGC,ASYLUM", "availableconstraint/IGC,ASYLUM/all/SWE",
          "availableconstraint/IGC,ASYLUM/all/CHE", "schema/dataflow/IGC/ASYLUM/1.0",
          "schema/provisionagreement/IGC/ASYLUM_SWE/1.0"}) {
      for (const std::string query : {"", "references=all"}) get(old + path, query, "");
    }
    for (const std::string type : {"dataflow", "datastructure", "codelist", "provisionagreement",
                                   "contentconstraint", "agencyscheme", "structure"}) {
      for (const std::string reach :
           {"none", "children", "parents", "parentsandsiblings", "descendants", "all"}) {
        get(old + type, "references=" + reach, "");
        get(old + type + "/IGC/ASYLUM", "references=" + reach, "");
        get(old + type + "/IGC/ASYLUM_SWE+ASYLUM_CHE", "references=" + reach, "");
        get(fresh + "structure/" + type + "/*/*/*", "references=" + reach, "");
      }
    }
    get(fresh + "structure/*", "references=ancestors", "");
    get(fresh + "availability/dataflow/IGC/ASYLUM/1.0", "mode=available&references=all", "");
  }

  StructureService messages;
  Rest rest;
};

}  // namespace entente::statistics::testing
