// Data over SDMX's web service: every parameter, format and header that the standard has for it.
#include "tests/statistics/rest_data.h"

#include <zstd.h>

#include "proto/contract/grpc_wire.h"
#include "server/statistics/query/words.h"
#include "server/statistics/series/fold.h"

namespace entente::statistics {
namespace {

using testing::Answered;
using testing::RestWorld;
using testing::rest_data::kCsv;
using testing::rest_data::kCsv1;
using testing::rest_data::kFlow;
using testing::rest_data::kHeading;
using testing::rest_data::kJson;
using testing::rest_data::kNew;
using testing::rest_data::kOld;
using testing::rest_data::lines_of;
using testing::rest_data::row;
using testing::rest_data::Rows;
using testing::rest_data::rows_of;

const Rows kAll = {"AFG 2015", "AFG 2016", "SYR 2015"};

TEST_CASE("a component is compared by every operator", "[statistics][rest]") {
  RestWorld world;
  const auto che = world.member("CHE");
  for (const auto& [query, rows] : std::vector<std::pair<std::string, Rows>>{
           {"", kAll},
           {"c[CITIZEN]=AFG", {"AFG 2015", "AFG 2016"}},
           {"c[CITIZEN]=AFG,SYR", kAll},
           {"c[CITIZEN]=ne:AFG", {"SYR 2015"}},
           {"c[CITIZEN]=ne:AFG,AFG", kAll},
           {"c[CITIZEN]=ne:AFG+ne:SYR", {}},
           {"c[CITIZEN]=gt:AFG+le:SYR", {"SYR 2015"}},
           {"c[CITIZEN]=co:Y", {"SYR 2015"}},
           {"c[CITIZEN]=nc:Y", {"AFG 2015", "AFG 2016"}},
           {"c[CITIZEN]=sw:A,ew:R", kAll},
           {"c[TIME_PERIOD]=2015", {"AFG 2015", "SYR 2015"}},
           {"c[TIME_PERIOD]=ne:2015", {"AFG 2016"}},
           {"c[TIME_PERIOD]=gt:2015", {"AFG 2016"}},
           {"c[TIME_PERIOD]=lt:2016-Q2", {"AFG 2015", "SYR 2015"}},
           {"c[TIME_PERIOD]=ge:2015-07-01", {"AFG 2016"}},
           {"c[TIME_PERIOD]=ge:2015+le:2015,2016", kAll},
           {"c[TIME_PERIOD]=ew:6", {"AFG 2016"}},
           {"c[OBS_VALUE]=gt:41281.5", {"SYR 2015"}},
           {"c[OBS_VALUE]=ge:41281.50", {"AFG 2015", "SYR 2015"}},
           {"c[OBS_VALUE]=lt:5e4", {"AFG 2015"}},
           {"c[OBS_STATUS]=E", {"AFG 2016"}},
           {"c[NOTE]=co:x", {"AFG 2015"}},
           {"c[NOTE]=nc:x&c[CITIZEN]=AFG", {"AFG 2016"}},
           {"c[OBS_STATUS]=A&lastNObservations=1", {"AFG 2015", "SYR 2015"}},
           {"c[CITIZEN]=ERI", {}}}) {
    CAPTURE(query);
    const auto answer = world.get(che, kFlow, query, kCsv);
    CHECK(answer.status == (rows.empty() ? 204 : 200));
    CHECK(rows_of(answer) == rows);
  }
}

TEST_CASE("several keys, wildcards and parts left off choose series", "[statistics][rest]") {
  RestWorld world;
  const auto che = world.member("CHE");
  for (const auto& [key, rows] :
       std::vector<std::pair<std::string, Rows>>{{"*", kAll},
                                                 {"A.SWE", kAll},
                                                 {"*.*.SYR", {"SYR 2015"}},
                                                 {"A.SWE.AFG,A.SWE.SYR", kAll},
                                                 {"A.SWE.AFG,A.CHE.SYR", {"AFG 2015", "AFG 2016"}},
                                                 {"A.SWE.ERI,A.CHE", {}}}) {
    CAPTURE(key);
    CHECK(rows_of(world.get(che, kFlow + "/" + key, "", kCsv)) == rows);
  }
  for (const auto& [flow, status] :
       std::vector<std::pair<std::string, int>>{{"ASYLUM", 200},
                                                {"IGC,ASYLUM", 200},
                                                {"IGC,ASYLUM,latest", 200},
                                                {"all,ASYLUM,1.0", 200},
                                                {"IGC,ASYLUM,2.0", 404},
                                                {"BALI,ASYLUM", 404}}) {
    CAPTURE(flow);
    CHECK(world.get(che, kOld + flow).status == status);
  }
  CHECK(world.get(che, kOld + "ASYLUM/all/SWE").status == 200);
  CHECK(world.get(che, kOld + "ASYLUM/all/X,SWE+CHE").status == 200);
  CHECK(world.get(che, kOld + "ASYLUM/all/CHE").status == 404);
}

TEST_CASE("a context finds dataflows by themselves, their structure and their provisions",
          "[statistics][rest]") {
  RestWorld world;
  REQUIRE(world
              .upload(world.member("CHE"),
                      world.begin_request("c", v1::REPLACE, "dataflows/IGC.STOCK"),
                      kHeading + "IGC:STOCK(1.0),A,CHE,AFG,2015,3,A,F,\n")
              .ok());
  const auto che = world.member("CHE");
  const auto names = [&](const policy::Subject& who, const std::string& path) {
    std::set<std::string> out;
    const auto lines = lines_of(world.get(who, kNew + path, "", kCsv).body);
    for (std::size_t i = 1; i < lines.size(); ++i) {
      out.insert(std::string(split(lines[i], ',')[0]) + " " + std::string(split(lines[i], ',')[1]));
    }
    return out;
  };
  using Names = std::set<std::string>;
  const Names both = {"dataflow IGC:ASYLUM(1.0)", "dataflow IGC:STOCK(1.0)"};
  CHECK(names(che, "*") == both);
  CHECK(names(che, "dataflow/IGC") == both);
  CHECK(names(che, "dataflow/*/ASYLUM,STOCK/*") == both);
  CHECK(names(che, "datastructure/ENTENTE/ASYLUM") == both);
  CHECK(names(che, "datastructure/IGC") == Names{});
  CHECK(names(che, "provisionagreement") ==
        Names{"dataprovision IGC:ASYLUM_SWE(1.0)", "dataprovision IGC:STOCK_CHE(1.0)"});
  CHECK(names(che, "provisionagreement/IGC/ASYLUM_SWE") ==
        Names{"dataprovision IGC:ASYLUM_SWE(1.0)"});
  CHECK(names(world.observer(), "*") == Names{"dataflow IGC:STOCK(1.0)"});
  CHECK(names(world.stranger(), "*") == Names{});
  // All of them in one message, in each format that can.
  CHECK(world.get(che, kNew + "*").body.find("\"dataSets\":[1]") != std::string::npos);
  CHECK(world.get(che, kNew + "*", "", "application/xml").body.find("structureRef=\"S2\"") !=
        std::string::npos);
  CHECK(world.get(che, kNew + "*", "", "application/vnd.sdmx.data+json;version=1.0.0").status ==
        400);
}

TEST_CASE("an answer is told by series, by sections or flat", "[statistics][rest]") {
  RestWorld world;
  const auto che = world.member("CHE");
  const auto body = [&](const std::string& at, const std::string& accept) {
    const auto answer = world.get(che, kOld + "ASYLUM", "dimensionAtObservation=" + at, accept);
    CHECK(answer.status == 200);
    return answer.body;
  };
  const auto has = [](const std::string& body, const std::string& text) {
    return body.find(text) != std::string::npos;
  };
  const std::string xml = "application/vnd.sdmx.structurespecificdata+xml;version=2.1";
  CHECK(has(body("TIME_PERIOD", xml),
            "<Series FREQ=\"A\" REF_AREA=\"SWE\" CITIZEN=\"SYR\"><Obs TIME_PERIOD=\"2015\""));
  CHECK(has(body("AllDimensions", xml),
            "<Obs FREQ=\"A\" REF_AREA=\"SWE\" CITIZEN=\"SYR\" TIME_PERIOD=\"2015\""));
  // Both countries of one year stand together.
  CHECK(has(body("CITIZEN", xml),
            "<Series FREQ=\"A\" REF_AREA=\"SWE\" TIME_PERIOD=\"2015\"><Obs CITIZEN=\"AFG\" "
            "OBS_VALUE=\"41281.5\" OBS_STATUS=\"A\" CONF_STATUS=\"F\" NOTE=\"=1+1 &lt;&amp;&gt; "
            "&quot;x&quot;\"/><Obs CITIZEN=\"SYR\""));
  const std::string generic = "application/vnd.sdmx.genericdata+xml";
  CHECK(has(body("AllDimensions", generic), "<gen:ObsKey><gen:Value id=\"FREQ\" value=\"A\"/>"));
  CHECK(has(body("CITIZEN", generic), "<gen:ObsDimension value=\"SYR\"/>"));
  CHECK(has(body("AllDimensions", kJson), "\"observations\":{\"0:0:0:0\":[41281.5,0,0,0]"));
  CHECK(has(body("CITIZEN", kJson),
            "\"series\":{\"0:0:0\":{\"observations\":{\"0\":[41281.5,0,0,0],"
            "\"1\":[50909,0,0,null]}}"));
  const std::string keyed = ";keys=both";
  CHECK(has(body("CITIZEN", kCsv + keyed), ",M,A.SWE.2015,A.SWE.SYR.2015,A,SWE,SYR,2015,50909,"));
  CHECK(has(body("TIME_PERIOD", kCsv + keyed), ",M,A.SWE.SYR,A.SWE.SYR.2015,A,SWE,SYR,2015,"));
  CHECK(world
            .get(che, kOld + "ASYLUM", "dimensionAtObservation=CITIZEN",
                 "application/vnd.sdmx.generictimeseriesdata+xml")
            .status == 400);
}

TEST_CASE("no more is told than was asked for", "[statistics][rest]") {
  RestWorld world;
  const auto che = world.member("CHE");
  const std::string key = kOld + "ASYLUM/A.SWE.SYR";
  CHECK(lines_of(world.get(che, key, "detail=dataonly", kCsv1).body) ==
        Rows{"DATAFLOW,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE",
             "IGC:ASYLUM(1.0),A,SWE,SYR,2015,50909"});
  for (const std::string detail : {"serieskeysonly", "nodata"}) {
    CHECK(lines_of(world.get(che, kOld + "ASYLUM", "detail=" + detail, kCsv1).body) ==
          Rows{"DATAFLOW,FREQ,REF_AREA,CITIZEN", "IGC:ASYLUM(1.0),A,SWE,AFG",
               "IGC:ASYLUM(1.0),A,SWE,SYR"});
    const auto json = world.get(che, key, "detail=" + detail, kJson).body;
    CHECK(json.find("\"series\":{\"0:0:0\":{}}") != std::string::npos);
    CHECK(json.find("50909") == std::string::npos);
  }
  const auto told = [&](const std::string& query) {
    return lines_of(world.get(che, kFlow + "/A.SWE.SYR", query, kCsv).body);
  };
  const std::string ids = "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,CITIZEN";
  const std::string row = "dataflow,IGC:ASYLUM(1.0),M,A,SWE,SYR";
  CHECK(told("attributes=none") == Rows{ids + ",TIME_PERIOD,OBS_VALUE", row + ",2015,50909"});
  CHECK(told("attributes=OBS_STATUS") ==
        Rows{ids + ",TIME_PERIOD,OBS_VALUE,OBS_STATUS", row + ",2015,50909,A"});
  CHECK(told("attributes=obs&measures=none") ==
        Rows{ids + ",TIME_PERIOD,OBS_STATUS,CONF_STATUS,NOTE", row + ",2015,A,F,"});
  CHECK(told("attributes=msd&measures=none") == Rows{ids, row});
  CHECK(world.get(che, kFlow, "attributes=NOTHING").status == 400);
  CHECK(world.get(che, kFlow, "measures=NOTHING").status == 400);
}

TEST_CASE("rows are put in order and cut to a window", "[statistics][rest]") {
  RestWorld world;
  const auto che = world.member("CHE");
  for (const auto& [query, rows] : std::vector<std::pair<std::string, Rows>>{
           {"sort=*", kAll},
           {"sort=series_key+TIME_PERIOD:desc", {"AFG 2016", "AFG 2015", "SYR 2015"}},
           {"sort=series_key:desc", {"SYR 2015", "AFG 2015", "AFG 2016"}},
           {"sort=TIME_PERIOD:desc", {"AFG 2016", "AFG 2015", "SYR 2015"}},
           {"sort=OBS_VALUE:desc&dimensionAtObservation=AllDimensions",
            {"SYR 2015", "AFG 2015", "AFG 2016"}},
           {"sort=TIME_PERIOD+CITIZEN:desc&dimensionAtObservation=AllDimensions",
            {"SYR 2015", "AFG 2015", "AFG 2016"}},
           {"limit=2", {"AFG 2015", "AFG 2016"}},
           {"offset=1", {"AFG 2016", "SYR 2015"}},
           {"offset=1&limit=1", {"AFG 2016"}},
           {"offset=9", {}},
           {"sort=*:desc&limit=1", {"SYR 2015"}}}) {
    CAPTURE(query);
    CHECK(rows_of(world.get(che, kFlow, query, kCsv)) == rows);
  }
  // Of series keys it is they that are counted.
  CHECK(
      lines_of(world.get(che, kFlow, "attributes=none&measures=none&offset=1", kCsv).body).size() ==
      2);
  CHECK(world.get(che, kFlow, "sort=NOTHING").status == 400);
}

TEST_CASE("the best of what is asked for is given", "[statistics][rest]") {
  RestWorld world;
  const auto che = world.member("CHE");
  const auto type = [&](const std::string& path, const std::string& accept) {
    const auto answer = world.get(che, path, "", accept);
    return answer.status == 200 ? answer.type : std::to_string(answer.status);
  };
  const std::string old_flow = kOld + "ASYLUM";
  const std::string utf8 = "; charset=utf-8";
  const std::string generic = "application/vnd.sdmx.genericdata+xml; version=2.1" + utf8;
  const std::string csv = "application/vnd.sdmx.data+csv; version=";
  const std::string json = "application/vnd.sdmx.data+json; version=";
  CHECK(type(old_flow, "") == generic);
  CHECK(type(old_flow, "*/*") == generic);
  CHECK(type(old_flow, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8") ==
        generic);
  CHECK(type(old_flow, "text/csv;q=0.5, application/json") == json + "1.0.0" + utf8);
  CHECK(type(old_flow, "application/vnd.sdmx.data+csv") == csv + "1.0.0" + utf8);
  CHECK(type(kFlow, "application/vnd.sdmx.data+csv") == csv + "2.1.0" + utf8);
  CHECK(type(kFlow, "application/vnd.sdmx.data+csv; version=2.0.0") == csv + "2.0.0" + utf8);
  CHECK(type(kFlow, "application/vnd.sdmx.data+json; version=2+.0") == json + "2.1.0" + utf8);
  CHECK(type(kFlow, "application/vnd.sdmx.data+json;version=1.0.0") == json + "1.0.0" + utf8);
  CHECK(type(kFlow, "application/vnd.sdmx.data+xml;version=3.0.0, text/csv;q=0.1") ==
        csv + "2.1.0" + utf8);
  CHECK(type(kFlow, "application/vnd.sdmx.data+xml;version=3.0.0") == "406");
  CHECK(type(kFlow, "application/json;q=0") == "406");
  CHECK(type(kFlow, csv + "2.0.0; labels=everything") == "406");
  CHECK(type(kFlow, csv + "1.0.0; labels=name") == "406");
}

TEST_CASE("names stand beside codes in the reader's language", "[statistics][rest]") {
  RestWorld world;
  v1::DefineStructuresRequest define;
  *define.mutable_structures()->add_codelists() = testing::structures().codelists(1);
  auto& sweden = *define.mutable_structures()->mutable_codelists(0)->mutable_items(4);
  REQUIRE(sweden.id() == "SWE");
  (*sweden.mutable_title()->mutable_by_language())["fr"] = "Suède";
  REQUIRE(world.act(world.secretariat(), &Service::define_structures, define).ok());
  const auto csv = [&](const std::string& options, const std::string& languages) {
    return lines_of(world
                        .get_with(world.member("CHE"), kFlow + "/A.SWE.SYR", "",
                                  {{"accept", kCsv + options}, {"accept-language", languages}})
                        .body);
  };
  CHECK(
      csv(";labels=both", "fr-CH, en;q=0.5")[1] ==
      "dataflow,IGC:ASYLUM(1.0): ASYLUM,M,A: Annual,SWE: Suède,SYR: Syria,2015,50909,A: Normal,F: "
      "Free,");
  const auto named = csv("; labels=name; timeFormat=normalized", "de");
  CHECK(named[0].starts_with("STRUCTURE,STRUCTURE_ID,STRUCTURE_NAME,ACTION,FREQ,"));
  CHECK(named[1] ==
        "dataflow,IGC:ASYLUM(1.0),ASYLUM,M,A,Annual,SWE,Sweden,SYR,Syria,2015-01-01,,50909,,A,"
        "Normal,F,Free,,");
  CHECK(split(named[0], ',').size() == split(named[1], ',').size());
}

TEST_CASE("what is exported with labels beside the codes comes in again", "[statistics][rest]") {
  for (const auto& [type, action] : {std::pair(kCsv1, v1::REPLACE), std::pair(kCsv, v1::MERGE)}) {
    RestWorld world;
    const auto swe = world.member("SWE");
    REQUIRE(world
                .upload(swe, world.begin_request("note", v1::MERGE),
                        kHeading + row("SWE,SYR,2015,50909,A,F,so: it was"))
                .ok());
    const auto answer = world.get(swe, kFlow, "", type + ";labels=both");
    REQUIRE(answer.body.find("SWE: Sweden") != std::string::npos);
    REQUIRE(answer.body.find(",so: it was") != std::string::npos);
    const auto before = world.all(swe);
    const auto report = world.upload(swe, world.begin_request("u2", action), answer.body);
    INFO(report.status().message());
    REQUIRE(report.ok());
    CHECK(report->observations() == 4);
    CHECK(world.all(swe) == before);
    // A text has no label, and is not cut where one would begin.
    CHECK(world.get(swe, kFlow, "", type + ";labels=both").body == answer.body);
  }
}

TEST_CASE("a text comes in again as it was exported, whatever it begins with",
          "[statistics][rest]") {
  RestWorld world;
  const auto swe = world.member("SWE");
  REQUIRE(world
              .upload(swe, world.begin_request("notes", v1::MERGE),
                      kHeading + row("SWE,SYR,2015,50909,A,F,''=1+1") +
                          row("SWE,AFG,2016,,E,F,-5% break") + row("SWE,ERI,2015,7,A,C,'t is so"))
              .ok());
  const auto told = [&] {
    const auto answer = world.get(swe, kFlow, "", "application/vnd.sdmx.data+json;version=2.0.0");
    return answer.body.substr(answer.body.find("\"data\":"));  // behind when it was made
  };
  const std::string before = told();
  for (const char* text : {R"("'=1+1")", R"("-5% break")", R"("'t is so")", R"("=1+1 <&>)"}) {
    CHECK(before.find(std::string("\"value\":") + text) != std::string::npos);
  }
  int uploads = 0;
  for (const std::string& type : {kCsv1, kCsv, kCsv1 + ";labels=both"}) {
    CAPTURE(type);
    const std::string csv = world.get(swe, kFlow, "", type).body;
    CHECK(csv.find("\"''=1+1\"") != std::string::npos);
    CHECK(csv.find("\"'-5% break\"") != std::string::npos);
    CHECK(csv.find(",'t is so\r\n") != std::string::npos);
    const std::string id = "again" + std::to_string(uploads++);
    REQUIRE(world.upload(swe, world.begin_request(id, v1::MERGE), csv).ok());
    CHECK(told() == before);
  }
}

TEST_CASE("an answer that the reader has is not sent again", "[statistics][rest]") {
  RestWorld world;
  const auto che = world.member("CHE");
  const auto first = world.get(che, kFlow);
  const std::string tag = first.headers.at("etag");
  CHECK(tag.starts_with("W/"));
  CHECK(first.headers.at("accept-ranges") == "none");
  world.clock.pass(std::chrono::hours(1));
  const auto again = world.get_with(che, kFlow, "", {{"if-none-match", tag}});
  CHECK(again.status == 304);
  CHECK(again.body.empty());
  // Another reader's answer is another, and so is another form of it.
  CHECK(world.get_with(world.member("SWE"), kFlow, "", {{"if-none-match", tag}}).status == 200);
  CHECK(world.get_with(che, kFlow, "", {{"if-none-match", tag}, {"accept", "text/csv"}}).status ==
        200);
}

TEST_CASE("what was known on a day is resumed from any byte", "[statistics][rest]") {
  RestWorld world;
  const auto che = world.member("CHE");
  const std::string query = "asOf=2026-11-23T08:00:05Z";
  const auto whole = world.get(che, kFlow, query);
  const std::string tag = whole.headers.at("etag");
  CHECK_FALSE(tag.starts_with("W/"));
  CHECK(whole.headers.at("accept-ranges") == "bytes");
  world.clock.pass(std::chrono::hours(1));
  REQUIRE(world
              .upload(world.member("SWE"), world.begin_request("u2"),
                      kHeading + row("SWE,SYR,2015,51000,A,F,"))
              .ok());
  const auto range = [&](const std::string& bytes, const std::string& if_range) {
    return world.get_with(che, kFlow, query, {{"range", bytes}, {"if-range", if_range}});
  };
  const auto rest = range("bytes=100-", tag);
  CHECK(rest.status == 206);
  CHECK(rest.body == whole.body.substr(100));
  CHECK(rest.headers.at("content-range") == "bytes 100-" + std::to_string(whole.body.size() - 1) +
                                                "/" + std::to_string(whole.body.size()));
  CHECK(range("bytes=5-9", tag).body == whole.body.substr(5, 5));
  CHECK(range("bytes=5-9", "\"another\"").body == whole.body);
  CHECK(range("bytes=999999-", tag).status == 416);
  CHECK(range("bytes=9-5", tag).status == 200);
  CHECK(world.get_with(che, kFlow, query, {{"if-none-match", tag}}).status == 304);
  CHECK(world.get_with(world.stranger(), kFlow, query, {{"range", "bytes=5-"}}).status == 204);
}

TEST_CASE("answers are compressed while they are sent", "[statistics][rest]") {
  RestWorld world;
  const auto che = world.member("CHE");
  const std::string query = "asOf=2026-11-23T08:00:05Z";
  const auto plain = world.get(che, kFlow, query);
  const auto gzip = world.get_with(che, kFlow, query, {{"accept-encoding", "gzip, br"}});
  CHECK(gzip.headers.at("content-encoding") == "gzip");
  CHECK(gzip.headers.at("etag") != plain.headers.at("etag"));
  CHECK(wire::inflate_gzip(gzip.body, 1 << 20) == plain.body);
  const auto zstd = world.get_with(che, kFlow, query, {{"accept-encoding", "gzip;q=0.5, zstd"}});
  CHECK(zstd.headers.at("content-encoding") == "zstd");
  std::string back(plain.body.size(), '\0');
  CHECK(ZSTD_decompress(back.data(), back.size(), zstd.body.data(), zstd.body.size()) ==
        plain.body.size());
  CHECK(back == plain.body);
  CHECK(world.get_with(che, kFlow, query, {{"accept-encoding", "identity"}}).body == plain.body);
}

TEST_CASE("a query whose reader has gone stops", "[statistics][rest]") {
  RestWorld world;
  std::string file = kHeading;
  for (const std::string citizen : {"AFG", "CHE", "ERI", "NOR", "SWE", "SYR"}) {
    for (int year = 1'000; year < 9'000; ++year) {
      file += row("SWE," + citizen + "," + std::to_string(year) + ",1,A,F,");
    }
  }
  REQUIRE(world.upload(world.member("SWE"), world.begin_request("u2"), file).ok());
  int asked = 0;
  const Stopped never = [&] { return ++asked < 0; };
  const RestWorld::Headers csv = {{"accept", kCsv}};
  const auto drain = [](net::HttpResponse& response) {
    for (;;) {
      const auto more = response.source->read(1'000);
      if (!more.ok()) return more.status().code();
      if (more->empty()) return Code::Ok;
    }
  };
  auto whole = world.serve(world.member("CHE"), kFlow, "", csv, never);
  REQUIRE(whole.source);
  CHECK(drain(whole) == Code::Ok);
  // He who goes after the first piece costs no more than that.
  bool gone = false;
  int asked_later = 0;
  auto cut = world.serve(world.member("CHE"), kFlow, "", csv, [&] {
    ++asked_later;
    return gone;
  });
  REQUIRE(cut.source);
  REQUIRE(cut.source->read(1'000).ok());
  gone = true;
  CHECK(drain(cut) == Code::Cancelled);
  CHECK(asked_later < asked);
  // Nor does one whose query finds nothing while it looks.
  const auto vain =
      world.serve(world.member("CHE"), kFlow, "c[OBS_VALUE]=gt:1e9", csv, [] { return true; });
  CHECK(vain.status == 500);
}

TEST_CASE("too many dataflows at once are refused by how many its reader sees of them",
          "[statistics][rest]") {
  RestWorld world;
  const auto define = [&](std::size_t from, std::size_t to, const std::string& audience) {
    v1::DefineStructuresRequest request;
    const auto pattern = world.structures_in_force.model()->find_flow("dataflows/IGC.ASYLUM");
    for (std::size_t i = from; i < to; ++i) {
      v1::Dataflow* flow = request.mutable_structures()->add_dataflows();
      *flow = pattern->wire;
      flow->set_name("dataflows/IGC.F" + std::to_string(i));
      auto* who = flow->mutable_visibility()->mutable_audience();
      who->clear_any_of();
      who->add_any_of(audience);
    }
    REQUIRE(world.act(world.secretariat(), &Service::define_structures, request).ok());
  };
  const std::string path = "/sdmx/3.0/data/dataflow/IGC/*";
  // Anew each time: what it sees is what there is when it asks.
  const auto get = [&] { return world.get(world.member("CHE"), path, "", kCsv); };
  define(2, limits::answer_flows_max, "process/igc/members");  // beside ASYLUM and STOCK
  CHECK(get().status == 200);
  // What it does not see makes them no more.
  const auto before = get();
  define(limits::answer_flows_max, limits::answer_flows_max + 9, "party/SWE");
  CHECK(get().body == before.body);
  define(limits::answer_flows_max + 9, limits::answer_flows_max + 10, "process/igc/members");
  const auto refused = get();
  CHECK(refused.status == 413);
  CHECK(refused.body.find("510") != std::string::npos);
  CHECK(refused.body.find("asks for 129 dataflows") != std::string::npos);
  CHECK(world.get(world.observer(), path, "", kCsv).status == 204);
}

TEST_CASE("what would be too large is refused with the size that it would have",
          "[statistics][rest]") {
  RestWorld world({.observations_max = 5, .sorted_max = 4});
  const auto che = world.member("CHE");
  std::string file = kHeading;
  for (int year = 2000; year < 2010; ++year)
    file += row("SWE,NOR," + std::to_string(year) + ",1,A,F,");
  // What the reader may not see makes no answer larger, nor what was corrected.
  for (int year = 2000; year < 2030; ++year)
    file += row("SWE,CHE," + std::to_string(year) + ",1,A,C,");
  for (const std::string id : {"u2", "u3"}) {
    REQUIRE(world.upload(world.member("SWE"), world.begin_request(id), file).ok());
  }
  const auto refused = [&](const policy::Subject& subject, const std::string& path,
                           const std::string& query, const std::string& size) {
    CAPTURE(path, query);
    const auto answer = world.get(subject, path, query, kCsv);
    CHECK(answer.status == 413);
    CHECK(answer.body.find("510") != std::string::npos);
    CHECK(answer.body.find("would have " + size + " observations") != std::string::npos);
  };
  const auto rows = [&](const std::string& query) {
    const auto answer = world.get(che, kFlow, query, kCsv);
    return answer.status == 200 ? std::count(answer.body.begin(), answer.body.end(), '\n') - 1 : -1;
  };
  const auto check = [&] {
    for (const std::string& path : {kFlow, kOld + "ASYLUM/all"}) {
      refused(che, path, "", "13");
      refused(world.member("SWE"), path, "", "44");
    }
    refused(che, kFlow + "/A.SWE.NOR", "", "10");
    refused(che, kFlow, "c[OBS_VALUE]=eq:1", "10");
    refused(che, kFlow, "offset=2", "11");
    refused(che, kFlow, "limit=6", "6");
    refused(che, kFlow, "limit=5&sort=OBS_VALUE:desc&dimensionAtObservation=AllDimensions", "13");
    refused(che, kFlow, "limit=5&dimensionAtObservation=CITIZEN", "13");
    CHECK(rows("limit=5") == 5);
    CHECK(rows("offset=10") == 3);
    CHECK(rows("c[CITIZEN]=AFG,SYR") == 3);
    CHECK(rows("measures=none&attributes=none") == 3);
    CHECK(rows("c[CITIZEN]=AFG,SYR&sort=OBS_VALUE:desc&dimensionAtObservation=AllDimensions") == 3);
  };
  check();
  // Nor does it matter whether older versions are read one by one or folded.
  Folds folds(*world.store, {.layers_min = 2, .asked_min = 1});
  world.cache.use(folds);
  check();
  folds.work_off([] { return false; });
  REQUIRE(folds.bytes() != 0);
  check();
  // While it is counted, too, the reader may go.
  CHECK(world.serve(che, kFlow, "", {{"accept", kCsv}}, [] { return true; }).status == 500);
}

TEST_CASE("what is malformed is named, with SDMX's code", "[statistics][rest]") {
  RestWorld world;
  const auto che = world.member("CHE");
  for (const auto& [path, query, named] : std::vector<std::array<std::string, 3>>{
           {kOld + "ASYLUM", "colour=blue", "colour"},
           {kOld + "ASYLUM", "asOf=2020-01-01", "asOf"},
           {kOld + "ASYLUM", "c[CITIZEN]=AFG", "c[CITIZEN]"},
           {kFlow, "startPeriod=2015", "startPeriod"},
           {kOld + "ASYLUM", "detail=some", "detail"},
           {kOld + "ASYLUM", "includeHistory=perhaps", "includeHistory"},
           {kOld + "ASYLUM", "startPeriod=2015-02-31", "startPeriod"},
           {kOld + "ASYLUM", "detail=full&detail=full", "detail"},
           {kOld + "IGC,ASYLUM,1.0,X", "", "dataflow"},
           {kOld + "ASYLUM/A.SWE.AFG/all/all/X", "", "path"},
           {kOld + "ASYLUM/A.S%57E.A F", "", "key"},
           {kFlow + "/A..AFG", "", "key"},
           {kFlow + "/A+M.SWE.AFG", "", "A+M"},
           {kFlow, "c[TIME_PERIOD]=ge:31-02", "TIME_PERIOD"},
           {kFlow, "c[CITIZEN]=", "CITIZEN"},
           {kFlow, "c[CITIZEN]=AFG&c[CITIZEN]=SYR", "CITIZEN"},
           {kFlow, "c[]=AFG", "c[]"},
           {kFlow, "limit=0", "limit"},
           {kFlow, "offset=-1", "offset"},
           {kFlow, "sort=CITIZEN:up", "sort"},
           {kFlow, "dimensionAtObservation=SEX", "SEX"},
           {kFlow, "asOf=2026-13-01", "asOf"},
           {kFlow, "asOf=%zz", "malformed"}}) {
    CAPTURE(path, query);
    const auto answer = world.get(che, path, query);
    CHECK(answer.status == 400);
    CHECK(answer.body.find("140") != std::string::npos);
    CHECK(answer.body.find(named) != std::string::npos);
  }
  CHECK(world.get(che, kFlow, "reportingYearStartDay=--07-01").status == 501);
  CHECK(world.get(che, kFlow, "reportingYearStartDay=--01-01").status == 200);
}

TEST_CASE("a workbook begins with what it is and has texts that stay texts", "[statistics][rest]") {
  RestWorld world;
  const auto book = world.get(world.member("CHE"), kFlow, "",
                              "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
  CHECK(book.status == 200);
  CHECK(book.body.substr(0, 4) == "PK\x03\x04");
  CHECK(book.body.find("xl/worksheets/sheet2.xml") != std::string::npos);
  CHECK(book.headers.count("content-encoding") == 0);
}

}  // namespace
}  // namespace entente::statistics
