// Data over SDMX's web service as they were and as they changed: `updatedAfter`, `includeHistory`,
// what came at an embargo's end.
#include "tests/statistics/rest_data.h"

namespace entente::statistics {
namespace {

using testing::RestWorld;
using testing::rest_data::kCsv;
using testing::rest_data::kCsv1;
using testing::rest_data::kFlow;
using testing::rest_data::kHeading;
using testing::rest_data::kJson;
using testing::rest_data::kOld;
using testing::rest_data::lines_of;
using testing::rest_data::row;
using testing::rest_data::Rows;
using testing::rest_data::rows_of;

TEST_CASE("what changed since comes as what to replace and what to delete", "[statistics][rest]") {
  RestWorld world;
  const auto swe = world.member("SWE");
  const auto che = world.member("CHE");
  const std::string since = "2026-11-23T08:00:05Z";
  REQUIRE(
      world.upload(swe, world.begin_request("u2"), kHeading + row("SWE,SYR,2015,51000,A,F,")).ok());
  REQUIRE(
      world.upload(swe, world.begin_request("u3", v1::DELETE), kHeading + row("SWE,AFG,2016,,,,"))
          .ok());
  const std::string query = "updatedAfter=" + since;
  const auto rows = lines_of(world.get(che, kFlow, query, kCsv).body);
  CHECK(rows == Rows{"STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE,"
                     "OBS_STATUS,CONF_STATUS,NOTE,VALID_FROM,VALID_TO",
                     "dataflow,IGC:ASYLUM(1.0),R,A,SWE,SYR,2015,51000,A,F,,,",
                     "dataflow,IGC:ASYLUM(1.0),D,A,SWE,AFG,2016,,,,,,"});
  const auto xml = world.get(che, kOld + "ASYLUM", query).body;
  CHECK(xml.find("<mes:DataSet action=\"Replace\"") != std::string::npos);
  CHECK(xml.find("<mes:DataSet action=\"Delete\"") != std::string::npos);
  // What became confidential is, for those who do not see it, no longer there.
  REQUIRE(world.upload(swe, world.begin_request("u4"), kHeading + row("SWE,AFG,2015,41281.5,A,C,"))
              .ok());
  const auto after = rows_of(world.get(che, kFlow, query, kCsv));
  CHECK(after == Rows{"SYR 2015", "AFG 2015", "AFG 2016"});
  CHECK(world.get(che, kFlow, query + "&asOf=" + since).status == 204);
  CHECK(world.get(che, kFlow, query + "&asOf=2020-01-01").status == 400);
}

// What only its own party and the secretariat see for a minute.
v1::BeginUploadRequest for_a_minute(RestWorld& world, const std::string& id) {
  v1::BeginUploadRequest embargoed = world.begin_request(id);
  embargoed.mutable_embargo_until()->set_seconds(
      std::chrono::floor<std::chrono::seconds>(world.clock.now()).time_since_epoch().count() + 60);
  return embargoed;
}

TEST_CASE("what was taken away since is told of what came at an embargo's end, too",
          "[statistics][rest]") {
  RestWorld world;
  const auto swe = world.member("SWE");
  // The first version comes to others' eyes last, between two that are free at once.
  const v1::BeginUploadRequest embargoed = for_a_minute(world, "u2");
  REQUIRE(world.upload(swe, embargoed, kHeading + row("SWE,NOR,2015,1,A,F,")).ok());
  REQUIRE(world
              .upload(swe, world.begin_request("u3"),
                      kHeading + row("SWE,NOR,2015,2,A,F,") + row("SWE,CHE,2015,3,A,F,"))
              .ok());
  const std::string since = to_rfc3339(world.clock.now());
  world.clock.pass(std::chrono::seconds(90));
  REQUIRE(world
              .upload(swe, world.begin_request("u4", v1::DELETE),
                      kHeading + row("SWE,NOR,2015,,,,") + row("SWE,CHE,2015,,,,"))
              .ok());
  const auto rows = world.get(world.member("CHE"), kFlow, "updatedAfter=" + since, kCsv);
  CHECK(rows_of(rows) == Rows{"CHE 2015", "NOR 2015"});
}

TEST_CASE("in the history a figure is valid from when its reader first saw it",
          "[statistics][rest]") {
  RestWorld world;
  const auto swe = world.member("SWE");
  const v1::BeginUploadRequest embargoed = for_a_minute(world, "u2");
  REQUIRE(world.upload(swe, embargoed, kHeading + row("SWE,NOR,2015,1,A,F,")).ok());
  const auto of_norway = [&](const policy::Subject& who) {
    for (const std::string& line :
         lines_of(world.get(who, kFlow, "includeHistory=true", kCsv).body)) {
      if (line.find(",NOR,2015,1,") != std::string::npos) return line;
    }
    return std::string();
  };
  const std::string before = of_norway(swe);
  CHECK_FALSE(before.empty());
  CHECK(of_norway(world.member("CHE")).empty());
  world.clock.pass(std::chrono::seconds(90));
  CHECK(of_norway(swe) == before);
  const std::string others = of_norway(world.member("CHE"));
  CHECK_FALSE(others.empty());
  CHECK(others != before);
}

TEST_CASE("of what was superseded before its embargo's end others never learn",
          "[statistics][rest]") {
  RestWorld world;
  const auto swe = world.member("SWE");
  const auto che = world.member("CHE");
  const v1::BeginUploadRequest to_come = for_a_minute(world, "");
  const auto under_it = [&](const std::string& id) {
    v1::BeginUploadRequest begin = to_come;
    begin.set_upload_id(id);
    return begin;
  };
  // Corrected under the same embargo; corrected for all to see; taken away.
  REQUIRE(world
              .upload(swe, under_it("u2"),
                      kHeading + row("SWE,NOR,2015,1,A,F,") + row("SWE,NOR,2016,1,A,F,") +
                          row("SWE,NOR,2017,1,A,F,"))
              .ok());
  REQUIRE(world
              .upload(swe, under_it("u3"),
                      kHeading + row("SWE,NOR,2015,2,A,F,") + row("SWE,CHE,2015,5,A,F,"))
              .ok());
  REQUIRE(world.upload(swe, world.begin_request("u4"), kHeading + row("SWE,NOR,2016,3,A,F,")).ok());
  v1::BeginUploadRequest away = under_it("u5");
  away.set_action(v1::DELETE);
  REQUIRE(world.upload(swe, away, kHeading + row("SWE,NOR,2017,,,,")).ok());
  v1::ListUploadsRequest list;
  list.set_dataflow("dataflows/IGC.ASYLUM");
  const auto uploads = [&](const policy::Subject& who) {
    return world.ask(who, &Service::list_uploads, list)->uploads_size();
  };
  CHECK(uploads(che) == 2);
  world.clock.pass(std::chrono::seconds(200));
  const auto history = [&](const policy::Subject& who) {
    Rows out;
    for (const std::string& line :
         lines_of(world.get(who, kFlow, "includeHistory=true&c[CITIZEN]=NOR,CHE", kCsv).body)) {
      if (line.find(",SWE,NOR,") == std::string::npos &&
          line.find(",SWE,CHE,") == std::string::npos)
        continue;
      const std::size_t from = line.find("),") + 2;
      out.push_back(line.substr(from, line.find(",F,") == std::string::npos
                                          ? line.find(",,") - from
                                          : line.find(",A,F") - from));
    }
    return out;
  };
  CHECK(history(che) == Rows{"R,A,SWE,CHE,2015,5", "R,A,SWE,NOR,2015,2", "R,A,SWE,NOR,2016,3"});
  CHECK(uploads(che) == 3);
  // Its own party saw each as it came.
  CHECK(history(swe) == Rows{"R,A,SWE,NOR,2015,1", "R,A,SWE,NOR,2016,1", "R,A,SWE,NOR,2017,1",
                             "R,A,SWE,CHE,2015,5", "R,A,SWE,NOR,2015,2", "R,A,SWE,NOR,2016,3",
                             "D,A,SWE,NOR,2017"});
  CHECK(uploads(swe) == 5);
  v1::QueryRequest query;
  query.set_dataflow("dataflows/IGC.ASYLUM");
  query.set_include_history(true);
  v1::Selection& norway = *query.add_selections();
  norway.set_dimension("CITIZEN");
  norway.add_values("NOR");
  const auto versions = [&](const policy::Subject& who) { return world.query(who, query)->size(); };
  CHECK(versions(che) == 2);
  CHECK(versions(swe) == 6);
}

TEST_CASE("the history has a data set for what each upload brought and took away",
          "[statistics][rest]") {
  RestWorld world;
  const auto swe = world.member("SWE");
  const auto che = world.member("CHE");
  const std::string first = to_rfc3339(parse_rfc3339("2026-11-23T08:00:01Z").value());
  REQUIRE(
      world.upload(swe, world.begin_request("u2"), kHeading + row("SWE,SYR,2015,51000,A,F,")).ok());
  REQUIRE(
      world.upload(swe, world.begin_request("u3", v1::DELETE), kHeading + row("SWE,SYR,2015,,,,"))
          .ok());
  const auto csv =
      lines_of(world.get(che, kOld + "ASYLUM/A.SWE.SYR", "includeHistory=true", kCsv1).body);
  REQUIRE(csv.size() == 4);
  CHECK(csv[0].starts_with("DATAFLOW,ACTION,FREQ"));
  CHECK(csv[1] == "IGC:ASYLUM(1.0),R,A,SWE,SYR,2015,50909,A,F,," + first + ",");
  CHECK(csv[2].find(",R,A,SWE,SYR,2015,51000,A,F,,2026-11-23T08:00:11") != std::string::npos);
  CHECK(csv[3] == "IGC:ASYLUM(1.0),D,A,SWE,SYR,2015,,,,,,2026-11-23T08:00:21Z");
  const auto xml = world.get(che, kOld + "ASYLUM/A.SWE.SYR", "includeHistory=true").body;
  CHECK(xml.find("action=\"Replace\" validFromDate=\"" + first) != std::string::npos);
  CHECK(xml.find("action=\"Delete\" validToDate=\"2026-11-23T08:00:21Z\"") != std::string::npos);
  const auto json = world.get(che, kFlow + "/A.SWE.SYR", "includeHistory=true").body;
  CHECK(json.find("\"dataSets\":[0,1,2]") != std::string::npos);
  CHECK(json.find("\"action\":\"Delete\",\"validTo\":\"2026-11-23T08:00:21Z\"") !=
        std::string::npos);
}

TEST_CASE("an upload of nothing but confidential figures leaves no trace for others",
          "[statistics][rest]") {
  RestWorld world;
  const auto che = world.member("CHE");
  const auto ask = [&](const std::string& query, const std::string& accept) {
    // Not the time at which it was made.
    auto answer = world.get(che, kFlow, query, accept);
    answer.headers["body"] = lines_of(answer.body).size() > 1 ? answer.body : "";
    return answer.headers;
  };
  const std::string since = "2026-11-23T08:00:00Z";
  const std::vector<std::pair<std::string, std::string>> questions = {
      {"includeHistory=true", kCsv},
      {"updatedAfter=" + since, kCsv},
      {"", kCsv},
      {"", kJson},
      {"includeHistory=true", kJson}};
  std::vector<std::map<std::string, std::string>> before;
  for (const auto& [query, accept] : questions) before.push_back(ask(query, accept));
  const auto rows = [&] {
    const auto flows = world.ask(che, &Service::list_dataflows, v1::ListDataflowsRequest());
    v1::ListUploadsRequest uploads;
    uploads.set_dataflow("dataflows/IGC.ASYLUM");
    const auto list = world.ask(che, &Service::list_uploads, uploads);
    REQUIRE((flows.ok() && list.ok()));
    return flows->SerializeAsString() + list->SerializeAsString();
  };
  const std::string listed = rows();
  REQUIRE(world
              .upload(world.member("SWE"), world.begin_request("u2"),
                      kHeading + row("SWE,NOR,2015,9,A,C,"))
              .ok());
  CHECK(rows() == listed);
  for (std::size_t i = 0; i < questions.size(); ++i) {
    CAPTURE(questions[i].first);
    CHECK(ask(questions[i].first, questions[i].second) == before[i]);
  }
}

}  // namespace
}  // namespace entente::statistics
