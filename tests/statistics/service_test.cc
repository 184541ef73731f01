// Statistics through its service: who may bring what, who sees what, and what is kept.
#include <future>

#include "tests/statistics/world.h"

namespace entente::statistics {
namespace {

using testing::StatisticsWorld;
using Lines = std::vector<std::string>;

const std::string kHeading =
    "DATAFLOW,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n";

std::string row(const std::string& rest) { return "IGC:ASYLUM(1.0)," + rest + "\n"; }

const std::string kSwedish = kHeading + row("A,SWE,SYR,2015,50909,A,F") +
                             row("A,SWE,AFG,2015,41281,A,F") + row("A,SWE,AFG,2016,2144,E,F") +
                             row("A,SWE,ERI,2015,7,A,C");
const Lines kOpen = {"A.SWE.AFG 2015=41281/A", "A.SWE.AFG 2016=2144/E", "A.SWE.SYR 2015=50909/A"};
const Lines kAll = {"A.SWE.AFG 2015=41281/A", "A.SWE.AFG 2016=2144/E", "A.SWE.ERI 2015=7/A",
                    "A.SWE.SYR 2015=50909/A"};

TEST_CASE("what one may not see answers byte for byte as what is not there", "[statistics]") {
  StatisticsWorld world;
  REQUIRE(world.upload(world.member("SWE"), world.begin_request("u1"), kSwedish).ok());
  for (const policy::Subject& subject : {world.observer(), world.stranger()}) {
    v1::QueryRequest query;
    query.set_dataflow("dataflows/IGC.ASYLUM");
    const auto hidden = world.query(subject, query);
    query.set_dataflow("dataflows/IGC.ABSENT");
    const auto absent = world.query(subject, query);
    REQUIRE(hidden.status().code() == Code::NotFound);
    REQUIRE(absent.status().code() == Code::NotFound);
    REQUIRE(hidden.status().message() == "`dataflows/IGC.ASYLUM` was not found");
    REQUIRE(absent.status().message() == "`dataflows/IGC.ABSENT` was not found");
    v1::GetStructureRequest get;
    get.set_name("dataflows/IGC.ASYLUM/provisions/SWE");
    REQUIRE(world.ask(subject, &Service::get_structure, get).status().code() == Code::NotFound);
    v1::ListUploadsRequest list;
    list.set_dataflow("dataflows/IGC.ASYLUM");
    REQUIRE(world.ask(subject, &Service::list_uploads, list).status().code() == Code::NotFound);
    v1::ComparePartiesRequest compare;
    compare.set_dataflow("dataflows/IGC.ASYLUM");
    REQUIRE(world.ask(subject, &Service::compare_parties, compare).status().code() ==
            Code::NotFound);
    REQUIRE(world.ask(subject, &Service::begin_upload, world.begin_request("x")).status().code() ==
            Code::NotFound);
  }
  const auto list =
      world.ask(world.observer(), &Service::list_dataflows, v1::ListDataflowsRequest());
  REQUIRE(list->rows_size() == 1);
  REQUIRE(list->rows(0).dataflow().name() == "dataflows/IGC.STOCK");
}

TEST_CASE("a confidential observation is its originator's and the secretariat's", "[statistics]") {
  StatisticsWorld world;
  const auto report = world.upload(world.member("SWE"), world.begin_request("u1"), kSwedish);
  REQUIRE(report.ok());
  REQUIRE(report->observations() == 4);
  REQUIRE(report->series() == 3);
  CHECK(world.all(world.member("SWE")) == kAll);
  CHECK(world.all(world.secretariat()) == kAll);
  CHECK(world.all(world.member("CHE")) == kOpen);
  v1::ListUploadsRequest list;
  list.set_dataflow("dataflows/IGC.ASYLUM");
  CHECK(world.ask(world.member("CHE"), &Service::list_uploads, list)->uploads(0).observations() ==
        3);
  CHECK(world.ask(world.member("SWE"), &Service::list_uploads, list)->uploads(0).observations() ==
        4);
  const auto flows = world.ask(world.member("CHE"), &Service::list_dataflows, {});
  CHECK(flows->rows(0).observations() == 3);
}

TEST_CASE("what becomes confidential is seen no more, and what becomes free is", "[statistics]") {
  StatisticsWorld world;
  const auto swe = world.member("SWE");
  const auto che = world.member("CHE");
  REQUIRE(world.upload(swe, world.begin_request("u1"), kSwedish).ok());
  const Instant before = world.clock.now();
  world.clock.pass(std::chrono::seconds(10));
  REQUIRE(world
              .upload(swe, world.begin_request("u2"),
                      kHeading + row("A,SWE,SYR,2015,50910,A,N") + row("A,SWE,ERI,2015,8,A,F"))
              .ok());
  CHECK(world.all(che) ==
        Lines{"A.SWE.AFG 2015=41281/A", "A.SWE.AFG 2016=2144/E", "A.SWE.ERI 2015=8/A"});
  CHECK(world.all(swe) == Lines{"A.SWE.AFG 2015=41281/A", "A.SWE.AFG 2016=2144/E",
                                "A.SWE.ERI 2015=8/A", "A.SWE.SYR 2015=50910/A"});
  v1::QueryRequest then;
  then.set_dataflow("dataflows/IGC.ASYLUM");
  then.mutable_as_of()->set_seconds(
      std::chrono::floor<std::chrono::seconds>(before).time_since_epoch().count());
  CHECK(*world.query(che, then) == kOpen);
}

TEST_CASE("nobody reports for another, nor without a provision", "[statistics]") {
  StatisticsWorld world;
  const auto norway =
      world.ask(world.member("NOR"), &Service::begin_upload, world.begin_request("u1"));
  CHECK(norway.status().code() == Code::PermissionDenied);
  policy::Subject reader = world.member("SWE");
  reader.read_only = true;
  CHECK(world.ask(reader, &Service::begin_upload, world.begin_request("u1")).status().code() ==
        Code::PermissionDenied);
  const auto report = world.send(world.member("SWE"), world.begin_request("u2"),
                                 kHeading + row("A,CHE,SYR,2015,1,A,F"));
  REQUIRE(report.ok());
  REQUIRE_FALSE(report->accepted());
  REQUIRE(report->problems_size() == 1);
  CHECK(report->problems(0).kind() == v1::Problem::WRONG_PARTY);
  CHECK(world.finish(world.member("SWE"), "u2", report->sha256()).status().reason() ==
        Reason::ImportRefused);
  CHECK(world.all(world.member("SWE")).empty());
}

TEST_CASE("each fault is told with its line, column and the nearest right value", "[statistics]") {
  StatisticsWorld world;
  const std::string file = "\xef\xbb\xbf" + kHeading + row("A,SWE,Syria,2015,1,A,F") +
                           row("A,SWE,SYX,2015,1,A,F") + row("A,SWE,SYR,2015-13,1,A,F") +
                           row("A,SWE,SYR,2015,\"1,234\",A,F") + row("M,SWE,SYR,2015,1,A,F") +
                           row("A,SWE,,2015,1,A,F") + row("A,SWE,AFG,2015,1,A") +
                           "IGC:OTHER(1.0),A,SWE,AFG,2015,1,A,F\n" + row("A,SWE,AFG,2016,5,Z,F") +
                           row("A,SWE,ERI,2015,1,A,F") + row("A,SWE,ERI,2015,2,A,C");
  const auto report = world.send(world.member("SWE"), world.begin_request("u1"), file, 7);
  REQUIRE(report.ok());
  using P = v1::Problem;
  struct Expected {
    P::Kind kind;
    std::uint64_t line;
    std::uint32_t column;
    std::string nearest;
  };
  const std::vector<Expected> expected = {
      {P::UNKNOWN_CODE, 2, 4, "SYR"}, {P::UNKNOWN_CODE, 3, 4, "SYR"},
      {P::BAD_PERIOD, 4, 5, ""},      {P::BAD_NUMBER, 5, 6, ""},
      {P::WRONG_FREQUENCY, 6, 5, ""}, {P::MISSING_VALUE, 7, 4, ""},
      {P::MALFORMED, 8, 0, ""},       {P::WRONG_DATAFLOW, 9, 1, "IGC:ASYLUM(1.0)"},
      {P::UNKNOWN_CODE, 10, 7, "A"},  {P::DUPLICATE_KEY, 12, 0, ""}};
  REQUIRE(report->problems_size() == static_cast<int>(expected.size()));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto& problem = report->problems(static_cast<int>(i));
    CAPTURE(problem.text());
    CHECK(problem.kind() == expected[i].kind);
    CHECK(problem.line() == expected[i].line);
    CHECK(problem.column() == expected[i].column);
    CHECK(problem.nearest() == expected[i].nearest);
  }
  CHECK(report->problems(9).text().find("stands on line 11, too") != std::string::npos);
}

TEST_CASE("an empty cell that was right where a row withdraws is wrong where one brings",
          "[statistics]") {
  StatisticsWorld world;
  const std::string file =
      "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE,OBS_STATUS,"
      "CONF_STATUS\n"
      "dataflow,IGC:ASYLUM(1.0),D,A,SWE,AFG,2015,,,\n"
      "dataflow,IGC:ASYLUM(1.0),I,A,SWE,AFG,2016,1,,F\n";
  const auto report = world.send(world.member("SWE"), world.begin_request("u1"), file);
  REQUIRE(report.ok());
  REQUIRE(report->problems_size() == 1);
  CHECK(report->problems(0).kind() == v1::Problem::MISSING_VALUE);
  CHECK(report->problems(0).line() == 3);
  CHECK(report->problems(0).column() == 9);
}

TEST_CASE("what the server makes for itself is not taken from callers", "[statistics]") {
  StatisticsWorld world;
  const auto swe = world.member("SWE");
  for (const int action : {0, 20, 21, 99}) {
    CAPTURE(action);
    const auto begin = world.begin_request("u", static_cast<v1::UploadAction>(action));
    CHECK(world.ask(swe, &Service::begin_upload, begin).status().code() == Code::InvalidArgument);
  }
}

TEST_CASE("an overflow is no figure, however it is written", "[statistics]") {
  for (const char* figure : {"1e308", "-1E+308", "1e-308", "1e999", "inf", "0x10"}) {
    CAPTURE(figure);
    StatisticsWorld world;
    const auto report =
        world.send(world.member("SWE"), world.begin_request("u1"),
                   kHeading + row("A,SWE,SYR,2015," + std::string(figure) + ",A,F"));
    REQUIRE(report.ok());
    REQUIRE(report->problems_size() == 1);
    CHECK(report->problems(0).kind() == v1::Problem::BAD_NUMBER);
    CHECK(report->problems(0).line() == 2);
    CHECK(report->problems(0).column() == 6);
  }
}

TEST_CASE("a file that is none is refused in words, not read on", "[statistics]") {
  for (const auto& [file, words] : std::vector<std::pair<std::string, std::string>>{
           {"", "no observations"},
           {kHeading, "no observations"},
           {"PK\x03\x04 and so on", "workbook"},
           {std::string("\xff\xfe"
                        "D\0A\0",
                        6),
            "UTF-16"},
           {"DATAFLOW;FREQ;REF_AREA\n", "not separated by commas"},
           {"DATAFLOW,FREQ,REF_AREA,CITIZEN,TIME_PERIOD\nx\n", "no column of this name"},
           {"DATAFLOW,FREQ,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE\n", "twice"},
           {kHeading + row("A,SWE,SYR,2015,1,A,\xe9"), "not UTF-8"},
           {kHeading + std::string("IGC:ASYLUM(1.0),A,SW\0E,SYR,2015,1,A,F\n", 38), "NUL"},
           {kHeading + row("A,SWE,SYR,2015,\"1"), "quote is opened"},
           {kHeading + row("A,SWE,SYR,2015,\"1\"2,A,F"), "behind a closing quote"},
           {kHeading + std::string(200'000, 'x'), "too long"},
           {kHeading + "\"" + std::string(200'000, 'x'), "quote is opened"}}) {
    StatisticsWorld world;
    CAPTURE(words);
    const auto report = world.send(world.member("SWE"), world.begin_request("u1"), file);
    REQUIRE(report.ok());
    REQUIRE_FALSE(report->accepted());
    bool said = false;
    for (const auto& problem : report->problems()) {
      said = said || problem.text().find(words) != std::string::npos;
    }
    CHECK(said);
    // What separates the columns is one fault, and not one of each column that is not found.
    if (file.find(';') != std::string::npos) CHECK(report->problems_size() == 1);
  }
}

TEST_CASE("an upload counts once, however often it is sent", "[statistics]") {
  StatisticsWorld world;
  const auto swe = world.member("SWE");
  const auto first = world.upload(swe, world.begin_request("u1"), kSwedish);
  REQUIRE(first.ok());
  const auto size = world.store->size();
  CHECK(world.ask(swe, &Service::begin_upload, world.begin_request("u1"))->already_there());
  const auto again = world.finish(swe, "u1", first->sha256());
  REQUIRE(again.ok());
  CHECK(again->repeated());
  CHECK(again->name() == first->name());
  CHECK(world.store->size() == size + 1);  // that it was sent again is an entry, and no more
  CHECK(world.all(swe) == kAll);
  v1::ListUploadsRequest list;
  list.set_dataflow("dataflows/IGC.ASYLUM");
  CHECK(world.ask(swe, &Service::list_uploads, list)->uploads_size() == 1);
  // Another account's upload of the same id is another upload.
  CHECK_FALSE(world.ask(world.member("CHE"), &Service::begin_upload, world.begin_request("u1"))
                  ->already_there());
}

TEST_CASE("who waits for an upload of its own keeps nobody else waiting", "[statistics]") {
  StatisticsWorld world;
  const auto swe = world.member("SWE");
  const auto che = world.member("CHE");
  REQUIRE(world.ask(swe, &Service::begin_upload, world.begin_request("u1")).ok());
  std::unique_lock checked(world.uploads.find(swe.account, "u1")->mutex);
  const auto begin = [&](const policy::Subject& subject) {
    return std::async(std::launch::async, [&world, &subject] {
      return world.ask(subject, &Service::begin_upload, world.begin_request("u1")).ok();
    });
  };
  auto again = begin(swe);
  CHECK(again.wait_for(std::chrono::milliseconds(100)) == std::future_status::timeout);
  auto other = begin(che);
  CHECK(other.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  checked.unlock();
  CHECK(again.get());
  CHECK(other.get());
}

TEST_CASE("an upload that was checked waits until its account has no room for another",
          "[statistics]") {
  StatisticsWorld world;
  const auto swe = world.member("SWE");
  const auto checks = [&](const std::string& id) {
    v1::CheckUploadRequest request;
    request.set_upload_id(id);
    return world.ask(swe, &Service::check_upload, request).status().code();
  };
  for (const std::string id : {"u1", "u2"}) {
    REQUIRE(world.send(swe, world.begin_request(id), kSwedish).ok());
    world.clock.pass(std::chrono::seconds(1));
  }
  CHECK(checks("u1") == Code::Ok);
  world.clock.pass(std::chrono::seconds(1));
  CHECK(checks("u2") == Code::Ok);
  REQUIRE(world.ask(swe, &Service::begin_upload, world.begin_request("u3")).ok());
  CHECK(checks("u1") == Code::NotFound);
  CHECK(checks("u2") == Code::Ok);
}

TEST_CASE("an upload however large is one entry, and a broken one leaves none", "[statistics]") {
  StatisticsWorld world(/*rows_max=*/100);
  const auto swe = world.member("SWE");
  std::string file = kHeading;
  for (int year = 1000; year < 3000; ++year) {
    file += row("A,SWE,SYR," + std::to_string(year) + "," + std::to_string(year % 17) + ",A," +
                (year % 10 == 0 ? "C" : "F"));
  }
  const auto size = world.store->size();
  const auto cut = world.send(swe, world.begin_request("cut"), file.substr(0, file.size() / 2));
  REQUIRE(cut.ok());
  CHECK(world.store->size() == size);
  CHECK(world.all(swe).empty());
  world.clock.pass(std::chrono::hours(1));
  world.uploads.sweep();
  CHECK(world
            .ask(swe, &Service::check_upload,
                 [] {
                   v1::CheckUploadRequest request;
                   request.set_upload_id("cut");
                   return request;
                 }())
            .status()
            .code() == Code::NotFound);
  auto cursor = world.store->snapshot();
  CHECK_FALSE(cursor->scan(store::Key(blocks_table))->valid());

  const auto whole = world.upload(swe, world.begin_request("whole"), file);
  REQUIRE(whole.ok());
  CHECK(whole->observations() == 2000);
  CHECK(world.store->size() == size + 1);
  CHECK(world.all(swe).size() == 2000);
  CHECK(world.all(world.member("CHE")).size() == 1800);
}

TEST_CASE("an upload is weighed against all that is durable, or begun anew", "[statistics]") {
  StatisticsWorld world;
  const auto swe = world.member("SWE");
  // One that has not been told of what became durable just now.
  Shelf behind(*world.store);
  REQUIRE(behind.load().ok());
  Uploads uploads({.store = *world.store,
                   .shelf = behind,
                   .clock = world.clock,
                   .entropy = world.entropy,
                   .rows_max = limits::upload_rows_buffered_max});
  Service service({.store = *world.store,
                   .structures = world.structures_in_force,
                   .shelf = behind,
                   .uploads = uploads,
                   .cache = world.cache,
                   .ledger = *world.ledger,
                   .clock = world.clock});
  REQUIRE(
      world.upload(swe, world.begin_request("u1"), kHeading + row("A,SWE,AFG,2015,5,A,C")).ok());
  const std::string second = kHeading + row("A,SWE,SYR,2015,6,A,F");
  const auto begin = world.begin_request("u2");
  const auto snapshot = world.store->snapshot();
  REQUIRE(service.begin_upload(swe, begin, *snapshot).ok());
  v1::SendPieceRequest piece;
  piece.set_upload_id("u2");
  piece.set_content(second);
  REQUIRE(service.send_piece(swe, piece, *snapshot).ok());
  v1::FinishUploadRequest finish;
  finish.set_upload_id("u2");
  finish.set_sha256(std::string(as_view(sha256(second))));
  const auto transaction = world.store->begin();
  CHECK(service.finish_upload(swe, finish, *transaction).status().code() == Code::Aborted);
}

TEST_CASE("what a crash left staged goes at the next start, and what counts stays",
          "[statistics]") {
  StatisticsWorld world;
  REQUIRE(world.upload(world.member("SWE"), world.begin_request("u1"), kSwedish).ok());
  const auto rows = [&] {
    std::size_t count = 0;
    const auto snapshot = world.store->snapshot();
    for (const auto table : {blocks_table, index_table}) {
      for (auto at = snapshot->scan(store::Key(table)); at->valid(); at->next()) ++count;
    }
    return count;
  };
  const auto before = rows();
  const store::Id orphan = store::Id::from("an orphan's id..");
  REQUIRE(
      world.store
          ->stage({{.key = store::Key(blocks_table).id(orphan).number(0), .value = "x", .seal = {}},
                   {.key = store::Key(index_table).id(orphan).number(7), .value = "x", .seal = {}}})
          .ok());
  Shelf next(*world.store);
  REQUIRE(next.load().ok());
  CHECK(rows() == before);
  CHECK(next.of("dataflows/IGC.ASYLUM")->all.size() == 1);
}

TEST_CASE("an embargoed upload is the originator's and the secretariat's until its hour",
          "[statistics]") {
  StatisticsWorld world;
  v1::BeginUploadRequest request = world.begin_request("u1");
  request.mutable_embargo_until()->set_seconds(
      std::chrono::floor<std::chrono::seconds>(world.clock.now()).time_since_epoch().count() +
      3600);
  REQUIRE(world.upload(world.member("SWE"), request, kSwedish).ok());
  CHECK(world.all(world.member("CHE")).empty());
  CHECK(world.all(world.member("SWE")) == kAll);
  CHECK(world.all(world.secretariat()) == kAll);
  v1::ListUploadsRequest list;
  list.set_dataflow("dataflows/IGC.ASYLUM");
  CHECK(world.ask(world.member("CHE"), &Service::list_uploads, list)->uploads_size() == 0);
  world.clock.pass(std::chrono::hours(1));
  CHECK(world.all(world.member("CHE")) == kOpen);
}

TEST_CASE("append brings what is new only; delete takes back; history tells all", "[statistics]") {
  StatisticsWorld world;
  const auto swe = world.member("SWE");
  REQUIRE(world.upload(swe, world.begin_request("u1"), kSwedish).ok());
  const auto twice = world.send(swe, world.begin_request("u2", v1::APPEND), kSwedish);
  REQUIRE_FALSE(twice->accepted());
  CHECK(twice->problems_size() == 4);
  CHECK(twice->problems(0).kind() == v1::Problem::ALREADY_THERE);
  REQUIRE(world
              .upload(swe, world.begin_request("u3", v1::APPEND),
                      kHeading + row("A,SWE,AFG,2017,1246,A,F"))
              .ok());
  REQUIRE(
      world.upload(swe, world.begin_request("u4", v1::DELETE), kHeading + row("A,SWE,AFG,2015,,,"))
          .ok());
  CHECK(world.all(world.member("CHE")) ==
        Lines{"A.SWE.AFG 2016=2144/E", "A.SWE.AFG 2017=1246/A", "A.SWE.SYR 2015=50909/A"});
  v1::QueryRequest history;
  history.set_dataflow("dataflows/IGC.ASYLUM");
  history.set_include_history(true);
  history.set_end_period("2015");
  auto* selection = history.add_selections();
  selection->set_dimension("CITIZEN");
  selection->add_values("AFG");
  CHECK(*world.query(world.member("CHE"), history) ==
        Lines{"A.SWE.AFG 2015=41281/A", "A.SWE.AFG 2015=withdrawn"});
  // What was taken back may be given again.
  REQUIRE(world
              .upload(swe, world.begin_request("u5", v1::APPEND),
                      kHeading + row("A,SWE,AFG,2015,1,A,F"))
              .ok());
}

TEST_CASE("a query for what is not of the structure is refused, for no figures is empty",
          "[statistics]") {
  StatisticsWorld world;
  REQUIRE(world.upload(world.member("SWE"), world.begin_request("u1"), kSwedish).ok());
  v1::QueryRequest query;
  query.set_dataflow("dataflows/IGC.ASYLUM");
  auto* selection = query.add_selections();
  selection->set_dimension("NONE");
  CHECK(world.query(world.member("CHE"), query).status().code() == Code::InvalidArgument);
  selection->set_dimension("CITIZEN");
  selection->add_values("ERI");  // there is one, confidential
  CHECK(world.query(world.member("CHE"), query)->empty());
  selection->set_values(0, "NOR");  // there is none
  CHECK(world.query(world.member("CHE"), query)->empty());
  query.set_start_period("31 February");
  CHECK(world.query(world.member("CHE"), query).status().code() == Code::InvalidArgument);
}

TEST_CASE("states stand side by side, and a gap is a gap whatever is behind it", "[statistics]") {
  StatisticsWorld world;
  REQUIRE(world.upload(world.member("SWE"), world.begin_request("u1"), kSwedish).ok());
  REQUIRE(world
              .upload(world.member("CHE"), world.begin_request("u1"),
                      kHeading + row("A,CHE,AFG,2015,7831,A,F") + row("A,CHE,SYR,2015,,A,F"))
              .ok());
  v1::ComparePartiesRequest compare;
  compare.set_dataflow("dataflows/IGC.ASYLUM");
  const auto table = world.ask(world.member("CHE"), &Service::compare_parties, compare);
  REQUIRE(table.ok());
  REQUIRE(table->areas_size() == 2);
  REQUIRE(table->rows_size() == 3);
  CHECK(table->rows(0).key(1) == "AFG");
  CHECK(table->rows(0).cells(0).value() == "7831");
  CHECK(table->rows(0).cells(1).value() == "41281");
  CHECK(table->rows(1).cells(0).gap() == "not reported");
  CHECK(table->rows(2).cells(0).gap() == "reported without a value");
  // Eritrea 2015 is Sweden's alone: Switzerland's table has no such row.
  CHECK(world.ask(world.member("SWE"), &Service::compare_parties, compare)->rows_size() == 4);
}

TEST_CASE("a change that would orphan figures is refused with what it would orphan",
          "[statistics]") {
  StatisticsWorld world;
  REQUIRE(world.upload(world.member("SWE"), world.begin_request("u1"), kSwedish).ok());
  v1::DefineStructuresRequest request;
  v1::Codelist* list = request.mutable_structures()->add_codelists();
  *list = testing::structures().codelists(1);
  list->mutable_items()->DeleteSubrange(5, 1);  // SYR
  const auto refused = world.act(world.secretariat(), &Service::define_structures, request);
  REQUIRE(refused.status().code() == Code::FailedPrecondition);
  CHECK(refused.status().reason() == Reason::StillInUse);
  CHECK(refused.status().violations().at(0).rule == "has figures under `SYR`");
  *list = testing::structures().codelists(1);
  testing::add_item(*list, "UKR", "Ukraine");
  CHECK(world.act(world.member("SWE"), &Service::define_structures, request).status().code() ==
        Code::PermissionDenied);
  const auto changed = world.act(world.secretariat(), &Service::define_structures, request);
  REQUIRE(changed.ok());
  CHECK(changed->changed_size() == 1);
  CHECK(world.act(world.secretariat(), &Service::define_structures, request)->changed_size() == 0);
  CHECK(world
            .upload(world.member("SWE"), world.begin_request("u2"),
                    kHeading + row("A,SWE,UKR,2022,5000,A,F"))
            .ok());
}

// Of another process, whose dataflows IGC's secretariat does not see.
v1::StructureSet of_budapest() {
  v1::StructureSet set = testing::structures();
  v1::Dataflow flow = set.dataflows(0);
  flow.set_name("dataflows/BUDAPEST.ASYLUM");
  flow.set_process("processes/budapest");
  *flow.mutable_visibility()->mutable_audience()->mutable_any_of(0) = "process/budapest/members";
  *flow.mutable_visibility()->mutable_audience()->mutable_any_of(1) =
      "process/budapest/secretariat";
  *set.add_dataflows() = flow;
  return set;
}

TEST_CASE("what another process's dataflow rests on is changed by who keeps both",
          "[statistics][structures]") {
  for (const bool with_another : {false, true}) {
    StatisticsWorld world(limits::upload_rows_buffered_max,
                          with_another ? of_budapest() : testing::structures());
    const auto igc = world.secretariat();
    policy::Subject both = igc;
    both.duties.push_back(
        {.duty = policy::Duty::Secretariat, .party = "IGC", .process = "budapest"});
    const auto define = [&](const policy::Subject& subject, const auto& change) {
      v1::DefineStructuresRequest request;
      *request.mutable_structures() = testing::structures();
      request.mutable_structures()->clear_dataflows();
      request.mutable_structures()->clear_provisions();
      change(*request.mutable_structures());
      return world.act(subject, &Service::define_structures, request).status();
    };
    const auto frees = [](v1::StructureSet& set) {
      set.mutable_data_structures(0)->mutable_attributes(1)->clear_role();
    };
    const auto renames = [](v1::StructureSet& set) {
      *set.mutable_codelists(3)->mutable_items(1)->mutable_title() = testing::english("Anything");
    };
    const auto adds = [](v1::StructureSet& set) {
      *set.add_codelists() = set.codelists(1);
      set.mutable_codelists(4)->set_name("codelists/IGC.CL_AREA");
    };
    CHECK(define(igc, [](auto&) {}).ok());  // the same again
    CHECK(define(igc, adds).ok());
    if (with_another) {
      for (const Status& status : {define(igc, frees), define(igc, renames)}) {
        CHECK(status.code() == Code::PermissionDenied);
        CHECK(status.message().find("BUDAPEST") == std::string::npos);
      }
    }
    CHECK(define(both, renames).ok());
    // Nor is a role taken away under figures that were given by it.
    REQUIRE(world.upload(world.member("SWE"), world.begin_request("u1"), kSwedish).ok());
    CHECK(define(both, frees).reason() == Reason::StillInUse);
    CHECK(define(both, [](v1::StructureSet& set) {
            set.mutable_data_structures(0)->mutable_dimensions(1)->clear_role();
          }).reason() == Reason::StillInUse);
  }
}

TEST_CASE("structures that do not hold are refused, each fault by its place", "[statistics]") {
  StatisticsWorld world;
  v1::DefineStructuresRequest request;
  v1::StructureSet& set = *request.mutable_structures();
  set = testing::structures();
  set.mutable_codelists(1)->mutable_items(0)->set_parent("CHE");
  set.mutable_codelists(1)->mutable_items(1)->set_parent("AFG");
  set.mutable_codelists(2)->mutable_items(0)->set_parent("NONE");
  set.mutable_data_structures(0)->mutable_dimensions(0)->set_id("TIME_PERIOD");
  set.mutable_data_structures(0)->mutable_dimensions(1)->set_codelist("codelists/ENTENTE.NONE");
  set.mutable_dataflows(1)->mutable_visibility()->set_handling(v1::HANDLING_RESTRICTED);
  set.mutable_provisions(0)->set_reference_areas(0, "ZZZ");
  const auto refused = world.act(world.secretariat(), &Service::define_structures, request);
  REQUIRE(refused.status().code() == Code::InvalidArgument);
  const auto has = [&](const std::string& field) {
    for (const auto& violation : refused.status().violations()) {
      if (violation.field == field) return true;
    }
    return false;
  };
  CHECK(has("codelists/ENTENTE.CL_AREA.items[0].parent"));
  CHECK(has("codelists/ENTENTE.CL_STATUS.items[0].parent"));
  CHECK(has("data-structures/ENTENTE.ASYLUM.dimensions[0].id"));
  CHECK(has("data-structures/ENTENTE.ASYLUM.dimensions[1].codelist"));
  CHECK(has("dataflows/IGC.STOCK.visibility.handling"));
  CHECK(has("dataflows/IGC.ASYLUM/provisions/SWE.reference_areas"));
}

}  // namespace
}  // namespace entente::statistics
