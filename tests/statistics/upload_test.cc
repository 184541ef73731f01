// Uploads in every format: the same figures, the same faults, nothing kept of what is faulty; what
// merging leaves as it is; the mappings that a party keeps; the evidence that remains.
#include <google/protobuf/text_format.h>

#include "proto/contract/digest.h"
#include "proto/contract/manifest.h"
#include "proto/contract/row_tree.h"
#include "proto/formats/row_texts.h"
#include "server/statistics/evidence.h"
#include "server/statistics/mappings.h"
#include "server/statistics/wire.h"
#include "tests/statistics/world.h"

namespace entente::statistics {
namespace {

using testing::StatisticsWorld;
using Lines = std::vector<std::string>;
using P = v1::Problem;

struct Figure {
  std::string frequency = "A";
  std::string area = "SWE";
  std::string citizen;
  std::string period;
  std::string value;
  std::string status = "A";
  std::string confidentiality = "F";
};

std::string csv(const std::vector<Figure>& figures) {
  std::string out = "DATAFLOW,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n";
  for (const Figure& one : figures) {
    out += "IGC:ASYLUM(1.0)," + one.frequency + "," + one.area + "," + one.citizen + "," +
           one.period + "," + one.value + "," + one.status + "," + one.confidentiality + "\n";
  }
  return out;
}

std::string ml(const std::vector<Figure>& figures, bool generic) {
  const std::string ns = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/";
  const std::string root = generic ? "m:GenericData" : "m:StructureSpecificData";
  std::string out = "<" + root + " xmlns:m=\"" + ns + "message\" xmlns:g=\"" + ns +
                    "data/generic\" xmlns:c=\"" + ns + "common\" xmlns:ss=\"" + ns +
                    "data/structurespecific\"><m:Header><m:Structure structureID=\"S\" "
                    "dimensionAtObservation=\"AllDimensions\"><c:Structure><Ref "
                    "agencyID=\"ENTENTE\" id=\"ASYLUM\"/></c:Structure></m:Structure></m:Header>\n"
                    "<m:DataSet structureRef=\"S\" action=\"Information\">\n";
  const auto value = [](const char* id, const std::string& text) {
    return std::string("<g:Value id=\"") + id + "\" value=\"" + text + "\"/>";
  };
  for (const Figure& one : figures) {
    if (generic) {
      out += "<g:Obs><g:ObsKey>" + value("FREQ", one.frequency) + value("REF_AREA", one.area) +
             value("CITIZEN", one.citizen) + value("TIME_PERIOD", one.period) +
             "</g:ObsKey><g:ObsValue value=\"" + one.value + "\"/><g:Attributes>" +
             value("OBS_STATUS", one.status) + value("CONF_STATUS", one.confidentiality) +
             "</g:Attributes></g:Obs>\n";
    } else {
      out += "<Obs FREQ=\"" + one.frequency + "\" REF_AREA=\"" + one.area + "\" CITIZEN=\"" +
             one.citizen + "\" TIME_PERIOD=\"" + one.period + "\" OBS_VALUE=\"" + one.value +
             "\" OBS_STATUS=\"" + one.status + "\" CONF_STATUS=\"" + one.confidentiality + "\"/>\n";
    }
  }
  return out + "</m:DataSet></" + root + ">\n";
}

std::string json(const std::vector<Figure>& figures) {
  std::string dimensions;
  std::string rows;
  const auto dimension = [&](const char* id, auto member) {
    dimensions +=
        std::string(dimensions.empty() ? "" : ",") + "{\"id\":\"" + id + "\",\"values\":[";
    for (std::size_t i = 0; i < figures.size(); ++i) {
      dimensions += (i == 0 ? "{\"id\":\"" : ",{\"id\":\"") + figures[i].*member + "\"}";
    }
    dimensions += "]}";
  };
  dimension("FREQ", &Figure::frequency);
  dimension("REF_AREA", &Figure::area);
  dimension("CITIZEN", &Figure::citizen);
  dimension("TIME_PERIOD", &Figure::period);
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const std::string at = std::to_string(i);
    rows += (i == 0 ? "\n\"" : ",\n\"") + at + ":" + at + ":" + at + ":" + at + "\":[\"" +
            figures[i].value + "\",\"" + figures[i].status + "\",\"" + figures[i].confidentiality +
            "\"]";
  }
  return "{\"data\":{\"dataSets\":[{\"action\":\"Information\",\"observations\":{" + rows +
         "}}],\"structures\":[{\"dimensions\":{\"observation\":[" + dimensions +
         "]},\"attributes\":{\"observation\":[{\"id\":\"OBS_STATUS\"},{\"id\":\"CONF_STATUS\"}]}}]}"
         "}";
}

v1::Mapping mapping() {
  v1::Mapping mapping;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(R"(
    separator: ";" decimal: ","
    columns { heading: "F" component: "FREQ" } columns { heading: "L" component: "REF_AREA" }
    columns { heading: "C" component: "CITIZEN" by_title: true }
    columns { heading: "T" component: "TIME_PERIOD" }
    columns { heading: "W" component: "OBS_VALUE" }
    columns { heading: "S" component: "OBS_STATUS" }
    columns { heading: "K" component: "CONF_STATUS" })",
                                                        &mapping));
  return mapping;
}

std::string mapped(const std::vector<Figure>& figures) {
  std::string out = "F;L;C;T;W;S;K\n";
  for (const Figure& one : figures) {
    out += one.frequency + ";" + one.area + ";" + one.citizen + ";" + one.period + ";" + one.value +
           ";" + one.status + ";" + one.confidentiality + "\n";
  }
  return out;
}

struct Format {
  const char* name;
  v1::UploadFormat format;
  std::function<std::string(const std::vector<Figure>&)> write;
};

const std::vector<Format>& formats() {
  static const std::vector<Format> all = {
      {"csv", v1::SDMX_CSV, csv},
      {"generic", v1::SDMX_ML, [](const auto& figures) { return ml(figures, true); }},
      {"specific", v1::SDMX_ML, [](const auto& figures) { return ml(figures, false); }},
      {"json", v1::SDMX_JSON, json},
      {"mapped", v1::MAPPED_CSV, mapped}};
  return all;
}

v1::BeginUploadRequest request(const StatisticsWorld& world, const Format& format,
                               const std::string& id, v1::UploadAction action = v1::REPLACE) {
  v1::BeginUploadRequest begin = world.begin_request(id, action);
  begin.set_format(format.format);
  if (format.format == v1::MAPPED_CSV) begin.set_mapping(encoded(mapping()));
  return begin;
}

const std::vector<Figure> kSwedish = {
    {.citizen = "SYR", .period = "2015", .value = "50909"},
    {.citizen = "AFG", .period = "2015", .value = "41281"},
    {.citizen = "AFG", .period = "2016", .value = "2144", .status = "E"},
    {.citizen = "ERI", .period = "2015", .value = "7", .confidentiality = "C"}};
const Lines kAll = {"A.SWE.AFG 2015=41281/A", "A.SWE.AFG 2016=2144/E", "A.SWE.ERI 2015=7/A",
                    "A.SWE.SYR 2015=50909/A"};

TEST_CASE("the same figures in every format come to the same", "[statistics][formats]") {
  for (const Format& format : formats()) {
    CAPTURE(format.name);
    StatisticsWorld world;
    const auto report =
        world.upload(world.member("SWE"), request(world, format, "u"), format.write(kSwedish));
    REQUIRE(report.ok());
    CHECK(report->rows() == 4);
    CHECK(world.all(world.member("SWE")) == kAll);
    CHECK(world.all(world.member("CHE")).size() == 3);
  }
}

TEST_CASE("every format tells the same faults, and keeps nothing", "[statistics][formats]") {
  const std::vector<Figure> faulty = {
      {.citizen = "SYX", .period = "2015", .value = "1"},
      {.area = "CHE", .citizen = "SYR", .period = "2015", .value = "1"},
      {.area = "NOR", .citizen = "SYR", .period = "2015", .value = "1"},
      {.frequency = "M", .citizen = "SYR", .period = "2015", .value = "1"},
      {.citizen = "ERI", .period = "2015", .value = "1e999"},
      {.citizen = "ERI", .period = "2015-02-31", .value = "1"},
      {.citizen = "AFG", .period = "2015", .value = "1"},
      {.citizen = "AFG", .period = "2015", .value = "2"}};
  for (const Format& format : formats()) {
    CAPTURE(format.name);
    StatisticsWorld world;
    const auto size = world.store->size();
    const auto report =
        world.send(world.member("SWE"), request(world, format, "u"), format.write(faulty), 13);
    REQUIRE(report.ok());
    std::map<P::Kind, int> kinds;
    for (const auto& problem : report->problems()) {
      CAPTURE(problem.text());
      ++kinds[problem.kind()];
      CHECK(problem.line() != 0);
      CHECK((problem.column() != 0 || problem.kind() == P::DUPLICATE_KEY));
      if (problem.kind() == P::UNKNOWN_CODE) CHECK(problem.nearest() == "SYR");
    }
    CHECK(kinds == std::map<P::Kind, int>{{P::UNKNOWN_CODE, 1},
                                          {P::WRONG_PARTY, 1},
                                          {P::NOT_PROVIDED, 1},
                                          {P::WRONG_FREQUENCY, 1},
                                          {P::BAD_NUMBER, 1},
                                          {P::BAD_PERIOD, 1},
                                          {P::DUPLICATE_KEY, 1}});
    CHECK(static_cast<int>(kinds.size()) == report->problem_counts_size());
    CHECK(world.finish(world.member("SWE"), "u", report->sha256()).status().reason() ==
          Reason::ImportRefused);
    CHECK(world.store->size() == size);
    CHECK(world.all(world.member("SWE")).empty());
  }
}

TEST_CASE("of many faults a thousand are told, and all are counted by kind",
          "[statistics][formats]") {
  StatisticsWorld world;
  std::vector<Figure> figures(1'500, {.citizen = "XXX", .period = "2015", .value = "x"});
  const auto report = world.send(world.member("SWE"), world.begin_request("u"), csv(figures));
  REQUIRE(report.ok());
  CHECK(report->problems_size() == 1'000);
  CHECK(report->problems_more() == 2'000);
  REQUIRE(report->problem_counts_size() == 2);
  CHECK(report->problem_counts(0).kind() == P::UNKNOWN_CODE);
  CHECK(report->problem_counts(0).count() == 1'500);
  CHECK(report->problem_counts(1).count() == 1'500);
}

TEST_CASE("what a row repeats is weighed where the row before it was not",
          "[statistics][formats]") {
  StatisticsWorld world;
  std::string file = csv({{.citizen = "AFG", .period = "2015", .value = "1"}});
  std::string row = file.substr(file.find('\n') + 1);
  row.replace(row.find("SWE"), 3, "CHE");
  file += row.substr(0, row.find("CHE") + 3) + "\n" + row;
  const auto report = world.send(world.member("SWE"), world.begin_request("u"), file);
  REQUIRE(report.ok());
  REQUIRE(report->problems_size() == 2);
  CHECK(report->problems(0).kind() == P::MALFORMED);
  CHECK(report->problems(1).kind() == P::WRONG_PARTY);
  CHECK(report->problems(1).line() == 4);
}

TEST_CASE("a text with a character that not every format can say is told so",
          "[statistics][formats]") {
  StatisticsWorld world;
  const auto swe = world.member("SWE");
  const std::string heading =
      "DATAFLOW,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS,NOTE\n";
  const auto with = [&](const std::string& note) {
    return heading + "IGC:ASYLUM(1.0),A,SWE,AFG,2015,1,A,F,\"" + note + "\"\n";
  };
  std::string message = json({{.citizen = "AFG", .period = "2015", .value = "1"}});
  message.replace(message.find("{\"id\":\"CONF_STATUS\"}"), 20,
                  R"({"id":"CONF_STATUS"},{"id":"NOTE"})");
  int uploads = 0;
  const auto told = [&](v1::UploadFormat format, const std::string& file) {
    v1::BeginUploadRequest begin = world.begin_request("u" + std::to_string(uploads++));
    begin.set_format(format);
    const auto report = world.send(swe, begin, file);
    REQUIRE(report.ok());
    CHECK(report->accepted() == (report->problems_size() == 0));
    if (report->problems_size() == 0) return std::string();
    CHECK(report->problems(0).kind() == P::MALFORMED);
    CHECK(report->problems(0).column_name() == "NOTE");
    return report->problems(0).text();
  };
  for (const auto& [character, escaped, name] :
       std::vector<std::array<std::string, 3>>{{"\x01", "\\u0001", "U+0001"},
                                               {"\x0b", "\\u000b", "U+000B"},
                                               {"\x1b", "\\u001b", "U+001B"},
                                               {"\x7f", "\\u007f", "U+007F"},
                                               {"\xef\xbf\xbe", "\\ufffe", "U+FFFE"},
                                               {"\xef\xbf\xbf", "\\uffff", "U+FFFF"}}) {
    CAPTURE(name);
    CHECK(told(v1::SDMX_CSV, with("a" + character)).find(name) != std::string::npos);
    std::string file = message;
    file.replace(file.find("\"F\"]"), 4, "\"F\",\"a" + escaped + "\"]");
    CHECK(told(v1::SDMX_JSON, file).find(name) != std::string::npos);
  }
  CHECK(told(v1::SDMX_CSV, with("a\tb\r\nc \xc2\x85 \xef\xbf\xbd \xf0\x9f\x98\x80")).empty());
}

TEST_CASE("a message of another dataflow, sender or action is told so", "[statistics][formats]") {
  StatisticsWorld world;
  std::string message = ml(kSwedish, false);
  message.replace(message.find("id=\"ASYLUM\""), 11, "id=\"OTHER\"");
  message.replace(message.find("<m:Structure "), 0, "<m:Sender id=\"CHE\"/>");
  message.replace(message.find("Information"), 11, "Merge");
  v1::BeginUploadRequest begin = world.begin_request("u");
  begin.set_format(v1::SDMX_ML);
  const auto report = world.send(world.member("SWE"), begin, message);
  std::map<P::Kind, std::uint64_t> kinds;
  for (const auto& one : report->problem_counts()) kinds[one.kind()] = one.count();
  CHECK(kinds == std::map<P::Kind, std::uint64_t>{
                     {P::WRONG_DATAFLOW, 1}, {P::WRONG_PARTY, 1}, {P::WRONG_ACTION, 4}});
}

TEST_CASE("a file of a wrong kind, or without its mapping, is refused before it is read",
          "[statistics][formats]") {
  StatisticsWorld world;
  const auto swe = world.member("SWE");
  v1::BeginUploadRequest begin = world.begin_request("u");
  begin.set_format(v1::MAPPED_CSV);
  const auto code = [&] { return world.ask(swe, &Service::begin_upload, begin).status().code(); };
  CHECK(code() == Code::InvalidArgument);
  begin.set_mapping("\xff");
  CHECK(code() == Code::InvalidArgument);
  begin.set_mapping(encoded(v1::Mapping()));
  CHECK(code() == Code::InvalidArgument);
  begin.clear_mapping();
  begin.set_mapping_name("dataflows/IGC.ASYLUM/mappings/SWE.none");
  CHECK(code() == Code::NotFound);
  begin.set_format(v1::SDMX_CSV);
  CHECK(code() == Code::InvalidArgument);
  // One format's file as another's.
  for (const Format& given : formats()) {
    for (const Format& read : formats()) {
      if (given.format == read.format) continue;
      const std::string id = std::string(given.name) + "-" + read.name;
      const auto report = world.send(swe, request(world, read, id), given.write(kSwedish));
      REQUIRE(report.ok());
      CHECK_FALSE(report->accepted());
    }
  }
}

TEST_CASE("merging changes what is given and leaves the rest", "[statistics][merge]") {
  StatisticsWorld world(/*rows_max=*/2);
  const auto swe = world.member("SWE");
  REQUIRE(world.upload(swe, world.begin_request("u1"), csv(kSwedish)).ok());
  // A figure without its status, a status without its figure, one that becomes confidential, one
  // that is new; one that is taken back.
  const auto file = [](const std::string& status_of_new) {
    return "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE,OBS_STATUS,"
           "CONF_STATUS\n"
           "dataflow,IGC:ASYLUM(1.0),M,A,SWE,AFG,2016,2145,,\n"
           "dataflow,IGC:ASYLUM(1.0),M,A,SWE,AFG,2015,,P,\n"
           "dataflow,IGC:ASYLUM(1.0),M,A,SWE,ERI,2015,8,,\n"
           "dataflow,IGC:ASYLUM(1.0),M,A,SWE,NOR,2015,3," +
           status_of_new +
           ",\n"
           "dataflow,IGC:ASYLUM(1.0),D,A,SWE,SYR,2015,,,\n";
  };
  // What is new has nothing to take its status from.
  const auto lacks = world.send(swe, world.begin_request("u0", v1::MERGE), file(""));
  REQUIRE(lacks.ok());
  REQUIRE(lacks->problems_size() == 1);
  CHECK(lacks->problems(0).kind() == P::MISSING_VALUE);
  CHECK(lacks->problems(0).value() == "A.SWE.NOR 2015");
  const auto merged = world.upload(swe, world.begin_request("u2", v1::MERGE), file("A"));
  CAPTURE(merged.status().message());
  REQUIRE(merged.ok());
  CHECK(merged->observations() == 5);
  const Lines now = {"A.SWE.AFG 2015=41281/P", "A.SWE.AFG 2016=2145/E", "A.SWE.ERI 2015=8/A",
                     "A.SWE.NOR 2015=3/A"};
  CHECK(world.all(swe) == now);
  // Eritrea stays confidential though the file did not say so again.
  CHECK(world.all(world.member("CHE")) == Lines{now[0], now[1], now[3]});
  // What was free may become confidential alone.
  REQUIRE(world
              .upload(swe, world.begin_request("u3", v1::MERGE),
                      csv({{.citizen = "AFG",
                            .period = "2015",
                            .value = "",
                            .status = "",
                            .confidentiality = "N"}}))
              .ok());
  CHECK(world.all(swe) == now);
  CHECK(world.all(world.member("CHE")) == Lines{now[1], now[3]});
  // Replacing asks for all of it.
  REQUIRE(world
              .upload(swe, world.begin_request("u4"),
                      csv({{.citizen = "AFG", .period = "2016", .value = "", .status = "E"}}))
              .ok());
  CHECK(world.all(swe)[1] == "A.SWE.AFG 2016=missing/E");
}

TEST_CASE("a merge takes no default of its message for what it gives", "[statistics][merge]") {
  StatisticsWorld world;
  const auto swe = world.member("SWE");
  const Figure eritrea = {.citizen = "ERI", .period = "2015", .value = "8"};
  const auto message = [&](const std::string& by_default, const std::string& given) {
    std::string file = json({eritrea});
    file.replace(file.find("{\"id\":\"CONF_STATUS\"}"), 20,
                 R"({"id":"CONF_STATUS","default":")" + by_default + "\"}");
    file.replace(file.find("\"F\"]"), 3, given);
    return file;
  };
  v1::BeginUploadRequest begin = world.begin_request("u1");
  begin.set_format(v1::SDMX_JSON);
  REQUIRE(world.upload(swe, begin, message("C", "null")).ok());
  CHECK(world.all(swe).size() == 1);
  CHECK(world.all(world.member("CHE")).empty());
  // It is confidential, and not given again: the default would make it free.
  begin = world.begin_request("u2", v1::MERGE);
  begin.set_format(v1::SDMX_JSON);
  const auto refused = world.send(swe, begin, message("F", "null"));
  REQUIRE(refused.ok());
  REQUIRE(refused->problems_size() == 1);
  CHECK(refused->problems(0).kind() == P::MALFORMED);
  CHECK(refused->problems(0).text().find("`default`") != std::string::npos);
  begin = world.begin_request("u3", v1::MERGE);
  begin.set_format(v1::SDMX_JSON);
  REQUIRE(world.upload(swe, begin, message("F", "\"C\"")).ok());
  CHECK(world.all(world.member("CHE")).empty());
}

TEST_CASE("no answer to an upload tells whether another party has brought any",
          "[statistics][upload][hiding]") {
  const std::string heading =
      "DATAFLOW,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n";
  std::string hidden = heading;
  for (int year = 1950; year < 2000; ++year) {
    hidden += "IGC:ASYLUM(1.0),A,SWE,AFG," + std::to_string(year) + ",1,A,C\n";
  }
  std::vector<std::uint64_t> kept;
  for (const bool others : {false, true}) {
    StatisticsWorld world;
    const auto swe = world.member("SWE");
    const auto early = world.send(swe, world.begin_request("early"), hidden);
    REQUIRE(early->accepted());
    auto embargoed = world.begin_request("u1");
    embargoed.mutable_embargo_until()->set_seconds(4'000'000'000);
    if (others) {
      REQUIRE(world
                  .upload(world.member("CHE"), embargoed,
                          heading + "IGC:ASYLUM(1.0),A,CHE,AFG,2015,1,A,F\n")
                  .ok());
    }
    kept.push_back(world.send(swe, world.begin_request("late"), hidden)->kept_bytes());
    kept.push_back(early->kept_bytes());
    // What was begun before is kept all the same.
    CHECK(world.finish(swe, "early", early->sha256()).ok());
  }
  CHECK(std::set<std::uint64_t>(kept.begin(), kept.end()).size() == 1);
}

TEST_CASE("what is weighed against figures that change meanwhile is not kept",
          "[statistics][merge]") {
  for (const v1::UploadAction action : {v1::MERGE, v1::APPEND}) {
    StatisticsWorld world;
    const auto swe = world.member("SWE");
    REQUIRE(world.upload(swe, world.begin_request("u1"), csv(kSwedish)).ok());
    const std::string file = csv({{.citizen = "NOR", .period = "2015", .value = "1"}});
    const auto weighed = world.send(swe, world.begin_request("u2", action), file);
    REQUIRE(weighed->accepted());
    REQUIRE(world
                .upload(world.member("CHE"), world.begin_request("u1"),
                        csv({{.area = "CHE", .citizen = "AFG", .period = "2015", .value = "1"}}))
                .ok());
    // By another account: of its own, an upload that was only weighed makes room for the next.
    policy::Subject colleague = swe;
    colleague.account = "parties/SWE/accounts/colleague";
    REQUIRE(world.upload(colleague, world.begin_request("u3"), file).ok());
    CHECK(world.finish(swe, "u2", weighed->sha256()).status().code() == Code::Aborted);
    // What others bring does not matter.
    const auto again = world.send(swe, world.begin_request("u4", action),
                                  csv({{.citizen = "NOR", .period = "2016", .value = "1"}}));
    REQUIRE(world
                .upload(world.member("CHE"), world.begin_request("u2"),
                        csv({{.area = "CHE", .citizen = "AFG", .period = "2016", .value = "1"}}))
                .ok());
    CHECK(world.finish(swe, "u4", again->sha256()).ok());
  }
}

TEST_CASE("merging brings nothing out that is under an embargo", "[statistics][merge]") {
  StatisticsWorld world;
  const auto swe = world.member("SWE");
  v1::BeginUploadRequest embargoed = world.begin_request("u1");
  embargoed.mutable_embargo_until()->set_seconds(
      std::chrono::duration_cast<std::chrono::seconds>(world.clock.now().time_since_epoch())
          .count() +
      1'000);
  REQUIRE(world.upload(swe, embargoed, csv(kSwedish)).ok());
  const std::string status =
      csv({{.citizen = "AFG", .period = "2015", .value = "", .status = "P"}});
  const auto refused = world.send(swe, world.begin_request("u2", v1::MERGE), status);
  REQUIRE(refused.ok());
  REQUIRE(refused->problems_size() == 1);
  CHECK(refused->problems(0).kind() == P::NOT_ALLOWED);
  CHECK(refused->problems(0).text().find("under an embargo") != std::string::npos);
  CHECK(world.all(world.member("CHE")).empty());
  // Under the same embargo, or of what is all given, it may be.
  v1::BeginUploadRequest same = world.begin_request("u3", v1::MERGE);
  *same.mutable_embargo_until() = embargoed.embargo_until();
  CHECK(world.upload(swe, same, status).ok());
  CHECK(world
            .upload(swe, world.begin_request("u4", v1::MERGE),
                    csv({{.citizen = "SYR", .period = "2015", .value = "5"}}))
            .ok());
  CHECK(world.all(world.member("CHE")) == Lines{"A.SWE.SYR 2015=5/A"});
}

struct MappingWorld : StatisticsWorld {
  MappingService mappings{{.store = *store, .service = service, .ledger = *ledger, .clock = clock}};
  EvidenceService evidence{
      {.store = *store, .service = service, .uploads = uploads, .ledger = *ledger}};

  Result<v1::Mapping> put(const policy::Subject& subject, const v1::Mapping& mapping) {
    v1::PutMappingRequest message;
    *message.mutable_mapping() = mapping;
    const auto transaction = store->begin();
    auto done = mappings.put_mapping(subject, message, *transaction);
    if (done.ok()) REQUIRE(transaction->commit().ok());
    return done;
  }
  Result<v1::Mapping> get(const policy::Subject& subject, const std::string& name) {
    v1::GetMappingRequest message;
    message.set_name(name);
    return mappings.get_mapping(subject, message, *store->snapshot());
  }
};

TEST_CASE("a mapping is kept for the next time, and is its party's alone",
          "[statistics][mapping]") {
  MappingWorld world;
  const auto swe = world.member("SWE");
  v1::Mapping wanted = mapping();
  wanted.set_name("dataflows/IGC.ASYLUM/mappings/SWE.monthly");
  const auto kept = world.put(swe, wanted);
  REQUIRE(kept.ok());
  CHECK(kept->revision() == 1);
  CHECK(world.put(swe, wanted)->revision() == 1);  // the same again changes nothing
  CHECK(world.get(swe, wanted.name())->columns_size() == 7);
  const auto hidden = world.get(world.member("CHE"), wanted.name());
  const auto absent = world.get(world.member("CHE"), "dataflows/IGC.ASYLUM/mappings/SWE.none");
  CHECK(hidden.status().code() == Code::NotFound);
  CHECK(absent.status().code() == Code::NotFound);
  CHECK(world.get(world.secretariat(), wanted.name()).status().code() == Code::NotFound);
  v1::ListMappingsRequest list;
  list.set_dataflow("dataflows/IGC.ASYLUM");
  const auto snapshot = world.store->snapshot();
  CHECK(world.mappings.list_mappings(swe, list, *snapshot)->mappings_size() == 1);
  CHECK(world.mappings.list_mappings(world.member("CHE"), list, *snapshot)->mappings_size() == 0);
  CHECK(world.put(world.member("CHE"), wanted).status().code() == Code::NotFound);
  CHECK(world.put(world.observer(), wanted).status().code() == Code::NotFound);
  wanted.set_decimal(".");
  CHECK(world.put(swe, wanted).status().reason() == Reason::RevisionStale);
  wanted.set_revision(1);
  CHECK(world.put(swe, wanted)->revision() == 2);
  wanted.mutable_columns(0)->set_component("NONE");
  CHECK(world.put(swe, wanted).status().reason() == Reason::FieldInvalid);

  // By its name, in the words of the country's own language.
  v1::BeginUploadRequest begin = world.begin_request("u");
  begin.set_format(v1::MAPPED_CSV);
  begin.set_mapping_name(wanted.name());
  const auto begun = world.ask(swe, &Service::begin_upload, begin);
  REQUIRE(begun.ok());
  CHECK_FALSE(begun->mapping().empty());
  const auto report = world.upload(
      swe, begin, mapped({{.citizen = "afghanistan", .period = "2015", .value = "5"}}));
  REQUIRE(report.ok());
  CHECK(world.all(swe) == Lines{"A.SWE.AFG 2015=5/A"});
  CHECK(world.ask(world.member("CHE"), &Service::begin_upload, begin).status().code() ==
        Code::NotFound);

  v1::DeleteMappingRequest remove;
  remove.set_name(wanted.name());
  const auto transaction = world.store->begin();
  REQUIRE(world.mappings.delete_mapping(swe, remove, *transaction).ok());
  REQUIRE(transaction->commit().ok());
  CHECK(world.get(swe, wanted.name()).status().code() == Code::NotFound);
}

TEST_CASE("evidence says what was signed and where it stands, to who may see the figures",
          "[statistics][evidence]") {
  MappingWorld world;
  const auto swe = world.member("SWE");
  const Format& format = formats().back();
  const auto begin = request(world, format, "u");
  const auto report = world.upload(swe, begin, format.write(kSwedish));
  REQUIRE(report.ok());
  v1::GetUploadRequest get;
  get.set_name(report->name());
  const auto snapshot = world.store->snapshot();
  const auto evidence = world.evidence.get_upload(swe, get, *snapshot);
  REQUIRE(evidence.ok());
  CHECK(evidence->manifest() == "entente-upload/1\ndataflows/IGC.ASYLUM\nREPLACE\nu\n" +
                                    std::to_string(report->bytes()) + "\n" +
                                    to_hex(report->sha256()) + "\nmapping " +
                                    to_hex(as_view(sha256(begin.mapping()))) + "\n");
  CHECK(evidence->mapping() == begin.mapping());
  CHECK(evidence->upload().observations() == 4);
  REQUIRE(evidence->has_entry());
  CHECK(evidence->entry_index() == world.store->size() - 1);
  // Who may not see Eritrea's figure could find it by the file's digest.
  const auto part = world.evidence.get_upload(world.member("CHE"), get, *snapshot);
  REQUIRE(part.ok());
  CHECK(part->upload().observations() == 3);
  CHECK(part->upload().sha256().empty());
  CHECK((part->manifest().empty() && part->mapping().empty() && !part->has_entry()));
  for (const auto& subject : {world.observer(), world.stranger()}) {
    const auto hidden = world.evidence.get_upload(subject, get, *snapshot);
    CHECK(hidden.status().code() == Code::NotFound);
    CHECK(hidden.status().message() == "`" + report->name() + "` was not found");
  }
  get.set_name("dataflows/IGC.ASYLUM/uploads/00000000000000000000000000000000");
  CHECK(world.evidence.get_upload(swe, get, *snapshot).status().code() == Code::NotFound);
}

// An upload whose rows are committed, as the client library does.
Result<v1::UploadReport> upload_by_rows(MappingWorld& world, const policy::Subject& subject,
                                        const v1::BeginUploadRequest& begin,
                                        const std::string& file) {
  const auto weighed = world.send(subject, begin, file);
  REQUIRE(weighed->accepted());
  v1::CommitRowsRequest commit;
  commit.set_upload_id(begin.upload_id());
  commit.set_seed(std::string(row_tree::seed_bytes, 's'));
  const auto committed = world.uploads.commit_rows(subject.account, commit);
  REQUIRE(committed.ok());
  CHECK_FALSE(committed->too_many());
  return world.finish(subject, begin.upload_id(), weighed->sha256());
}

v1::GetFigureRequest figure_of(const std::string& citizen, const std::string& period = "2015") {
  v1::GetFigureRequest request;
  request.set_dataflow("dataflows/IGC.ASYLUM");
  for (const std::string& code : {std::string("A"), std::string("SWE"), citizen}) {
    request.add_key(code);
  }
  request.set_period(period);
  return request;
}

TEST_CASE("whoever may see a figure proves it, and learns nothing of those that are hidden",
          "[statistics][evidence]") {
  for (const Format& format : formats()) {
    CAPTURE(format.name);
    MappingWorld world;
    const auto swe = world.member("SWE");
    const auto che = world.member("CHE");
    const auto report =
        upload_by_rows(world, swe, request(world, format, "u"), format.write(kSwedish));
    REQUIRE(report.ok());
    const auto ask = [&](const policy::Subject& subject, const v1::GetFigureRequest& figure) {
      return world.evidence.get_figure(subject, figure, *world.store->snapshot());
    };
    const auto shown = ask(che, figure_of("AFG", "2016"));
    REQUIRE(shown.ok());
    const auto words = parse_rows_manifest(shown->evidence().manifest());
    REQUIRE(words);
    CHECK(words->action == "REPLACE");
    const auto cells = cells_of(shown->row());
    CHECK(cells->at(3) == "AFG");
    CHECK(cells->at(5) == "2144");
    row_tree::Proof proof{.salt = shown->salt(), .index = shown->index(), .path = {}};
    for (const std::string& one : shown->path()) proof.path.push_back(digest_from(one));
    CHECK(row_tree::holds(shown->row(), proof, digest_from(words->root)));
    // Nothing from which the hidden figure could be found by trying.
    CHECK(shown->evidence().upload().sha256().empty());
    CHECK(shown->evidence().file_words().empty());
    CHECK(shown->evidence().file_blind().empty());
    CHECK(shown->evidence().mapping().empty());
    CHECK(shown->SerializeAsString().find(report->sha256()) == std::string::npos);
    // The entry is for whoever sees a figure of it, and says no more.
    const auto entry =
        ledger::read_entry(*world.store->snapshot(), shown->evidence().entry_index());
    CHECK(entry->entry.act.object_digest == as_view(sha256(shown->evidence().manifest())));
    // Hidden and absent are one.
    const auto hidden = ask(che, figure_of("ERI"));
    const auto absent = ask(che, figure_of("NOR"));
    CHECK(hidden.status().code() == Code::NotFound);
    CHECK(hidden.status().message() == absent.status().message());
    CHECK(ask(world.stranger(), figure_of("AFG")).status().code() == Code::NotFound);
    // Its party proves all of it, and the file.
    const auto own = ask(swe, figure_of("ERI"));
    REQUIRE(own.ok());
    const Digest file = sha256({own->evidence().file_blind(), own->evidence().file_words()});
    CHECK(words->file_hash == as_view(file));
    CHECK(own->evidence().file_words().find(to_hex(report->sha256())) != std::string::npos);
  }
}

TEST_CASE("that a hidden figure was changed or deleted is told to nobody who does not see it",
          "[statistics][evidence]") {
  MappingWorld world;
  const auto swe = world.member("SWE");
  const auto is_told = [&] {
    const auto entry = ledger::read_entry(*world.store->snapshot(), world.store->size() - 1);
    REQUIRE(entry.ok());
    REQUIRE(entry->entry.act.kind == "statistics.upload");
    return world.member("CHE").sight.sees(policy::AudienceId(entry->entry.act.audience));
  };
  const auto bring = [&](const std::string& id, v1::UploadAction action, const Figure& figure) {
    REQUIRE(upload_by_rows(world, swe, world.begin_request(id, action), csv({figure})).ok());
    world.clock.pass(std::chrono::seconds(10));
    return is_told();
  };
  REQUIRE(upload_by_rows(world, swe, world.begin_request("u1"), csv(kSwedish)).ok());
  world.clock.pass(std::chrono::seconds(10));
  CHECK(is_told());
  const Figure status = {
      .citizen = "ERI", .period = "2015", .value = "", .status = "P", .confidentiality = ""};
  CHECK_FALSE(bring("u2", v1::MERGE, status));
  CHECK_FALSE(bring("u3", v1::DELETE, status));
  CHECK(bring("u4", v1::DELETE, {.citizen = "AFG", .period = "2015", .value = ""}));
  CHECK_FALSE(bring("u5", v1::DELETE, {.citizen = "AFG", .period = "2015", .value = ""}));
}

TEST_CASE("a figure is proven by the upload that gave it as it stands", "[statistics][evidence]") {
  MappingWorld world;
  const auto swe = world.member("SWE");
  const auto che = world.member("CHE");
  REQUIRE(upload_by_rows(world, swe, world.begin_request("u1"), csv(kSwedish)).ok());
  const auto ask = [&](const std::string& citizen) {
    return world.evidence.get_figure(che, figure_of(citizen), *world.store->snapshot());
  };
  const std::string first = ask("AFG")->evidence().upload().name();
  const auto corrected = upload_by_rows(
      world, swe, world.begin_request("u2"),
      csv({{.citizen = "AFG", .period = "2015", .value = "41282"},
           {.citizen = "SYR", .period = "2015", .value = "1", .confidentiality = "C"}}));
  REQUIRE(corrected.ok());
  CHECK(ask("AFG")->evidence().upload().name() == corrected->name());
  CHECK(corrected->name() != first);
  CHECK(cells_of(ask("AFG")->row())->at(5) == "41282");
  CHECK(ask("SYR").status().code() == Code::NotFound);  // it was free, and is no longer
  // What was signed as a whole only is not shown by the row.
  REQUIRE(world
              .upload(swe, world.begin_request("u3"),
                      csv({{.citizen = "AFG", .period = "2015", .value = "41283"}}))
              .ok());
  CHECK(ask("AFG").status().code() == Code::FailedPrecondition);
  v1::CommitRowsRequest commit;
  commit.set_upload_id("none");
  commit.set_seed(std::string(row_tree::seed_bytes, 's'));
  CHECK(world.uploads.commit_rows(swe.account, commit).status().code() == Code::NotFound);
  commit.set_seed("short");
  CHECK(world.uploads.commit_rows(swe.account, commit).status().code() == Code::InvalidArgument);
}

}  // namespace
}  // namespace entente::statistics
