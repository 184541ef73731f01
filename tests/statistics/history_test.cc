// What changed, what is new, what is taken back, what reciprocity opens; and that two worlds which
// differ only in what one may not see answer alike.
#include <random>
#include <regex>

#include "tests/statistics/comparison_world.h"

namespace entente::statistics {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the world is made for this.

struct HistoryWorld : TableWorld {
  v1::BeginUploadRequest embargoed(const std::string& id, std::chrono::seconds time) const {
    auto request = begin_request(id);
    request.mutable_embargo_until()->set_seconds(seconds() + time.count());
    return request;
  }
  std::int64_t seconds() const {
    return std::chrono::floor<std::chrono::seconds>(clock.now()).time_since_epoch().count();
  }
  // `SWE +1 ~2 -0 in 1` each, then `A.SWE.AFG 2015: 5 -> 6`.
  Lines changes(const policy::Subject& subject, std::int64_t since, std::int64_t until) {
    v1::ListChangesRequest request;
    request.set_dataflow("dataflows/IGC.ASYLUM");
    request.mutable_since()->set_seconds(since);
    request.mutable_until()->set_seconds(until);
    request.set_details(true);
    const auto snapshot = store->snapshot();
    const auto found = history.list_changes(subject, request, *snapshot);
    REQUIRE(found.ok());
    Lines out;
    for (const auto& one : found->rows()) {
      out.push_back(one.party().substr(8) + " +" + std::to_string(one.added()) + " ~" +
                    std::to_string(one.revised()) + " -" + std::to_string(one.withdrawn()) +
                    " in " + std::to_string(one.uploads()));
    }
    for (const auto& one : found->details()) {
      out.push_back(one.key(1) + "." + one.key(2) + " " + one.period() + ": " + one.before() +
                    " -> " + one.after());
    }
    return out;
  }
  Result<v1::UploadReport> withdraw(const policy::Subject& subject, const std::string& name) {
    v1::WithdrawUploadRequest request;
    request.set_name(name);
    const auto transaction = store->begin();
    auto report = history.withdraw_upload(subject, request, *transaction);
    if (!report.ok()) return report;
    REQUIRE(transaction->commit().ok());
    clock.pass(std::chrono::seconds(10));
    return report;
  }
  // The name of the newest upload that one sees.
  std::string newest(const policy::Subject& subject) {
    v1::ListUploadsRequest list;
    list.set_dataflow("dataflows/IGC.ASYLUM");
    return ask(subject, &Service::list_uploads, list)->uploads(0).name();
  }
};

TEST_CASE("what changed between two dates is told per party, figure by figure",
          "[statistics][history]") {
  HistoryWorld world;
  const auto swe = world.member("SWE");
  const auto start = world.seconds() - 1;
  world.bring(
      "SWE", "u1",
      row("A,SWE,AFG,2015,5,A,F") + row("A,SWE,SYR,2015,6,A,F") + row("A,SWE,ERI,2015,7,A,F"));
  const auto middle = world.seconds() - 1;
  world.bring("SWE", "u2",
              row("A,SWE,AFG,2015,9,A,F") + row("A,SWE,SYR,2015,6,A,F") +
                  row("A,SWE,AFG,2016,1,A,F") + row("A,SWE,ERI,2015,7,A,C"));
  world.bring("CHE", "u1", row("A,CHE,AFG,2015,,A,F"));
  const auto end = world.seconds();
  CHECK(world.changes(world.member("NOR"), start, middle) ==
        Lines{"SWE +3 ~0 -0 in 1", "SWE.AFG 2015:  -> 5", "SWE.ERI 2015:  -> 7",
              "SWE.SYR 2015:  -> 6"});
  // What became confidential was taken back, for whom it is hidden.
  CHECK(world.changes(world.member("NOR"), middle, end) ==
        Lines{"CHE +1 ~0 -0 in 1", "SWE +1 ~1 -1 in 1", "CHE.AFG 2015:  -> -",
              "SWE.AFG 2015: 5 -> 9", "SWE.AFG 2016:  -> 1", "SWE.ERI 2015: 7 -> "});
  CHECK(world.changes(swe, middle, end).at(1) == "SWE +1 ~2 -0 in 1");
  CHECK(world.changes(world.member("NOR"), end, end + 5).empty());
  // An embargo's end is a change, then; for who saw it at once it was one when it was recorded.
  REQUIRE(world
              .upload(swe, world.embargoed("u3", std::chrono::hours(1)),
                      kHeading + row("A,SWE,AFG,2017,3,A,F"))
              .ok());
  const auto recorded = world.seconds();
  world.clock.pass(std::chrono::hours(2));
  CHECK(world.changes(world.member("NOR"), end, recorded).empty());
  CHECK(world.changes(swe, end - 1, recorded) == Lines{"SWE +1 ~0 -0 in 1", "SWE.AFG 2017:  -> 3"});
  CHECK(world.changes(world.member("NOR"), recorded, world.seconds()) ==
        Lines{"SWE +1 ~0 -0 in 1", "SWE.AFG 2017:  -> 3"});
  v1::QueryRequest after;
  after.set_dataflow("dataflows/IGC.ASYLUM");
  after.mutable_updated_after()->set_seconds(recorded);
  CHECK(*world.query(world.member("NOR"), after) == Lines{"A.SWE.AFG 2017=3/A"});
  CHECK(world.query(swe, after)->empty());
}

TEST_CASE("what is taken back is as it was without it, and stays in the history",
          "[statistics][history]") {
  HistoryWorld world;
  const auto swe = world.member("SWE");
  const auto nor = world.member("NOR");
  world.bring(
      "SWE", "u1",
      row("A,SWE,AFG,2015,5,A,F") + row("A,SWE,SYR,2015,6,A,C") + row("A,SWE,ERI,2015,7,A,F"));
  world.bring("SWE", "u2",
              row("A,SWE,AFG,2015,50,A,F") + row("A,SWE,SYR,2015,60,A,F") +
                  row("A,SWE,ERI,2015,70,A,F") + row("A,SWE,AFG,2016,1,A,F"));
  const std::string second = world.newest(swe);
  world.bring("SWE", "u3", row("A,SWE,ERI,2015,71,A,F"));
  const Instant before = world.clock.now();
  world.clock.pass(std::chrono::seconds(10));

  CHECK(world.withdraw(world.member("CHE"), second).status().code() == Code::PermissionDenied);
  CHECK(world.withdraw(world.observer(), second).status().code() == Code::NotFound);
  CHECK(world.withdraw(world.secretariat(), second).status().code() == Code::PermissionDenied);
  const std::string absent = second.substr(0, second.size() - 4) + "0000";
  CHECK(world.withdraw(swe, absent).status().message() == "`" + absent + "` was not found");
  const auto report = world.withdraw(swe, second);
  REQUIRE(report.ok());
  CHECK(report->observations() == 3);
  // What was corrected since stays; what was confidential is so again.
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=5/A", "A.SWE.ERI 2015=71/A"});
  CHECK(world.all(swe) == Lines{"A.SWE.AFG 2015=5/A", "A.SWE.ERI 2015=71/A", "A.SWE.SYR 2015=6/A"});
  v1::QueryRequest query;
  query.set_dataflow("dataflows/IGC.ASYLUM");
  query.mutable_as_of()->set_seconds(
      std::chrono::floor<std::chrono::seconds>(before).time_since_epoch().count());
  CHECK(*world.query(nor, query) == Lines{"A.SWE.AFG 2015=50/A", "A.SWE.AFG 2016=1/A",
                                          "A.SWE.ERI 2015=71/A", "A.SWE.SYR 2015=60/A"});
  query.clear_as_of();
  query.set_include_history(true);
  query.set_end_period("2015");
  auto* selection = query.add_selections();
  selection->set_dimension("CITIZEN");
  selection->add_values("AFG");
  CHECK(*world.query(nor, query) ==
        Lines{"A.SWE.AFG 2015=5/A", "A.SWE.AFG 2015=50/A", "A.SWE.AFG 2015=5/A"});
  CHECK(world.withdraw(swe, second).status().code() == Code::FailedPrecondition);
  CHECK(world.withdraw(swe, world.newest(swe)).status().code() == Code::FailedPrecondition);
  v1::ListUploadsRequest list;
  list.set_dataflow("dataflows/IGC.ASYLUM");
  const auto uploads = world.ask(nor, &Service::list_uploads, list);
  CHECK(uploads->uploads(0).action() == v1::WITHDRAWAL);
  CHECK(uploads->uploads(0).withdraws() == second);
  CHECK(uploads->uploads(2).withdrawn_by() == uploads->uploads(0).name());
  // And the third: of what the second gave nothing comes back.
  REQUIRE(world.withdraw(swe, uploads->uploads(1).name()).ok());
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=5/A", "A.SWE.ERI 2015=7/A"});
}

// --- open streams -------------------------------------------------------------------------------

struct Stream {
  HistoryWorld& world;
  std::shared_ptr<policy::Subject> subject;
  std::string cursor;
  std::unique_ptr<net::Source> source;
  int woken = 0;

  Stream(HistoryWorld& in, const policy::Subject& who)
      : world(in), subject(std::make_shared<policy::Subject>(who)) {}
  Status open(bool only_new = false) {
    v1::WatchUploadsRequest request;
    request.set_dataflow("dataflows/IGC.ASYLUM");
    request.set_cursor(cursor);
    request.set_only_new(only_new);
    auto opened = world.history.watch(
        [this]() -> Result<identity::SubjectPointer> { return identity::SubjectPointer(subject); },
        request, [this] { ++woken; });
    if (!opened.ok()) return opened.status();
    source = *std::move(opened);
    return {};
  }
  // What is told until there is nothing more: `SWE 3` each.
  Lines read(std::size_t most = 100) {
    Lines out;
    v1::UploadNews news;
    while (out.size() < most) {
      const auto next = source->next(news);
      REQUIRE(next.ok());
      if (*next == net::Source::Next::Wait) break;
      cursor = news.cursor();
      if (!news.has_upload()) continue;
      out.push_back(news.upload().party().substr(8) + " " +
                    std::to_string(news.upload().observations()));
    }
    return out;
  }
};

TEST_CASE("to take an upload back neither shows what is under an embargo nor leaves it shown",
          "[statistics][history]") {
  const auto hour = std::chrono::hours(1);
  HistoryWorld world;
  const auto swe = world.member("SWE");
  const auto nor = world.member("NOR");
  // What would come back is under an embargo.
  REQUIRE(
      world.upload(swe, world.embargoed("e1", hour), kHeading + row("A,SWE,AFG,2015,5,A,F")).ok());
  world.bring("SWE", "u2", row("A,SWE,AFG,2015,7,A,F") + row("A,SWE,ERI,2015,8,A,F"));
  const std::string open = world.newest(swe);
  CHECK(world.withdraw(swe, open).status().code() == Code::FailedPrecondition);
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=7/A", "A.SWE.ERI 2015=8/A"});
  world.clock.pass(hour);
  REQUIRE(world.withdraw(swe, open).ok());
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=5/A"});
  // What has corrected it is under an embargo.
  world.bring("SWE", "u3", row("A,SWE,SYR,2015,1,A,F"));
  const std::string first = world.newest(swe);
  REQUIRE(
      world.upload(swe, world.embargoed("e4", hour), kHeading + row("A,SWE,SYR,2015,2,A,F")).ok());
  const std::string correction = world.newest(swe);
  CHECK(world.withdraw(swe, first).status().code() == Code::FailedPrecondition);
  REQUIRE(world.withdraw(swe, correction).ok());
  REQUIRE(world.withdraw(swe, first).ok());
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=5/A"});
  CHECK(world.all(swe) == Lines{"A.SWE.AFG 2015=5/A"});
  // Under one embargo all is as without one.
  auto both = world.embargoed("e5", hour);
  REQUIRE(world.upload(swe, both, kHeading + row("A,SWE,SYR,2016,1,A,F")).ok());
  both.set_upload_id("e6");
  REQUIRE(world.upload(swe, both, kHeading + row("A,SWE,SYR,2016,2,A,F")).ok());
  REQUIRE(world.withdraw(swe, world.newest(swe)).ok());
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=5/A"});
  CHECK(world.all(swe) == Lines{"A.SWE.AFG 2015=5/A", "A.SWE.SYR 2016=1/A"});
  world.clock.pass(hour);
  CHECK(world.all(nor) == world.all(swe));
}

TEST_CASE("an upload that changed nothing is seen by those from whom nothing of it is hidden",
          "[statistics][history]") {
  HistoryWorld world;
  world.bring("SWE", "u1", row("A,SWE,AFG,2015,5,A,F"));
  world.bring("SWE", "u2", row("A,SWE,ERI,2015,,,"), v1::DELETE);
  v1::ListUploadsRequest list;
  list.set_dataflow("dataflows/IGC.ASYLUM");
  const auto uploads = [&](const policy::Subject& who) {
    return *world.ask(who, &Service::list_uploads, list);
  };
  for (const policy::Subject& who : {world.member("SWE"), world.secretariat()}) {
    REQUIRE(uploads(who).uploads_size() == 2);
    CHECK(uploads(who).uploads(0).observations() == 0);
    CHECK(uploads(who).uploads(0).action() == v1::DELETE);
  }
  CHECK(uploads(world.member("NOR")).uploads_size() == 1);
}

TEST_CASE("to take an upload back tells nothing of what others have under an embargo",
          "[statistics][history]") {
  HistoryWorld world;
  const auto swe = world.member("SWE");
  const auto che = world.member("CHE");
  // Switzerland reports for Sweden, too.
  REQUIRE(world
              .provide(world.secretariat(), "CHE",
                       [](v1::Provision& one) { one.add_reference_areas("SWE"); })
              .ok());
  REQUIRE(world
              .upload(che, world.embargoed("e1", std::chrono::hours(1)),
                      kHeading + row("A,SWE,AFG,2015,5,A,F"))
              .ok());
  const std::string hidden = world.newest(che);
  world.bring("SWE", "u2", row("A,SWE,AFG,2015,7,A,F"));
  REQUIRE(world.withdraw(swe, world.newest(swe)).status().message() == "");
  CHECK(world.all(swe).empty());
  CHECK(world.all(world.member("NOR")).empty());
  // An upload that is hidden is taken back as one that never was.
  const std::string absent = hidden.substr(0, hidden.size() - 4) + "0000";
  for (const std::string& name : {hidden, absent}) {
    const Status refused = world.withdraw(swe, name).status();
    CHECK(refused.code() == Code::NotFound);
    CHECK(refused.message() == "`" + name + "` was not found");
  }
}

TEST_CASE("an open stream tells each upload once, in order, across reconnects",
          "[statistics][watch]") {
  HistoryWorld world;
  const auto figures = [](const std::string& party, int count) {
    std::string rows = kHeading;
    for (int i = 0; i < count; ++i) {
      rows += row("A," + party + ",AFG," + std::to_string(2000 + i) + ",1,A,F");
    }
    return rows;
  };
  REQUIRE(world.upload(world.member("SWE"), world.begin_request("u1"), figures("SWE", 1)).ok());
  REQUIRE(world
              .upload(world.member("CHE"), world.embargoed("e1", std::chrono::hours(1)),
                      figures("CHE", 2))
              .ok());
  Stream nor(world, world.member("NOR"));
  REQUIRE(nor.open().ok());
  CHECK(nor.read() == Lines{"SWE 1"});
  Stream che(world, world.member("CHE"));
  REQUIRE(che.open().ok());
  CHECK(che.read() == Lines{"SWE 1", "CHE 2"});
  const int before = nor.woken;
  REQUIRE(world.upload(world.member("SWE"), world.begin_request("u2"), figures("SWE", 3)).ok());
  CHECK(nor.woken > before);
  CHECK(nor.read() == Lines{"SWE 3"});
  // The hour comes: the bell rings once it has, and no sooner.
  const int quiet = nor.woken;
  world.alarms.ring(world.clock.now());
  CHECK(nor.woken == quiet);
  REQUIRE(nor.open().ok());  // anew, by its cursor
  CHECK(nor.read().empty());
  world.clock.pass(std::chrono::hours(1));
  world.alarms.ring(world.clock.now());
  CHECK(nor.woken > quiet);
  CHECK(nor.read() == Lines{"CHE 2"});
  CHECK(che.read() == Lines{"SWE 3"});
  REQUIRE(nor.open().ok());
  CHECK(nor.read().empty());
  // From now on, and nothing of before.
  Stream late(world, world.member("NOR"));
  REQUIRE(late.open(/*only_new=*/true).ok());
  CHECK(late.read().empty());
  REQUIRE_FALSE(late.cursor.empty());
  REQUIRE(world.upload(world.member("CHE"), world.begin_request("u3"), figures("CHE", 4)).ok());
  CHECK(late.read() == Lines{"CHE 4"});
  // What is confidential throughout is no news, nor a gap in the cursor.
  world.bring("CHE", "u4", row("A,CHE,AFG,2025,1,A,C"));
  CHECK(late.read().empty());
  late.cursor = "nonsense";
  CHECK(late.open().reason() == Reason::PageTokenInvalid);
  // Who loses the right loses the stream.
  *nor.subject = world.stranger();
  v1::UploadNews news;
  CHECK(nor.source->next(news).status().code() == Code::NotFound);
}

TEST_CASE("a stream that breaks off anywhere tells all, each once",
          "[statistics][watch][property]") {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same each time.
  for (int round = 0; round < 5; ++round) {
    HistoryWorld world;
    Stream nor(world, world.member("NOR"));
    REQUIRE(nor.open().ok());
    std::multiset<std::string> told;
    std::multiset<std::string> wanted;
    for (int step = 0; step < 12; ++step) {
      const std::string party = random() % 2 == 0 ? "SWE" : "CHE";
      const auto count = static_cast<int>(1 + random() % 5);
      std::string rows = kHeading;
      for (int i = 0; i < count; ++i) {
        rows += row("A," + party + ",AFG," + std::to_string(1900 + step * 5 + i) + ",1,A,F");
      }
      const std::string id = "u" + std::to_string(step);
      const auto hour = std::chrono::seconds(random() % 60);
      REQUIRE(world
                  .upload(world.member(party),
                          random() % 2 == 0 ? world.begin_request(id) : world.embargoed(id, hour),
                          rows)
                  .ok());
      wanted.insert(party + " " + std::to_string(count));
      for (const auto& line : nor.read(random() % 3)) told.insert(line);
      if (random() % 2 == 0) REQUIRE(nor.open().ok());
    }
    world.clock.pass(std::chrono::minutes(2));
    for (const auto& line : nor.read()) told.insert(line);
    CHECK(told == wanted);
  }
}

// --- reciprocity --------------------------------------------------------------------------------

TEST_CASE("a party sees the others' figures of a period once it has given its own",
          "[statistics][reciprocity]") {
  HistoryWorld world;
  REQUIRE(world.redefine([](v1::Dataflow& flow) { flow.mutable_reciprocity(); }).ok());
  const auto swe = world.member("SWE");
  world.bring("CHE", "u1",
              row("A,CHE,AFG,2014,4,A,F") + row("A,CHE,AFG,2015,5,A,F") +
                  row("A,CHE,SYR,2015,6,A,C") + row("M,CHE,AFG,2015-03,1,A,F"));
  CHECK(world.all(swe).empty());
  // In every door.
  v1::GetStandingRequest standing;
  standing.set_dataflow("dataflows/IGC.ASYLUM");
  const auto none = world.compare(swe, &ComparisonService::get_standing, standing);
  REQUIRE(none.ok());
  REQUIRE(none->rows_size() == 3);
  CHECK_FALSE(none->rows(1).open());
  CHECK(none->rows(1).period() == "2015");
  CHECK(none->rows(1).observations() == 1);  // not the confidential one
  CHECK(world.table(swe, {})->rows_size() == 0);
  v1::ListUploadsRequest list;
  list.set_dataflow("dataflows/IGC.ASYLUM");
  CHECK(world.ask(swe, &Service::list_uploads, list)->uploads_size() == 0);
  CHECK(world.ask(swe, &Service::list_dataflows, {})->rows(0).observations() == 0);
  v1::AggregateRequest sum;
  sum.set_dataflow("dataflows/IGC.ASYLUM");
  {
    const auto snapshot = world.store->snapshot();
    CHECK(world.comparison.aggregate(swe, sum, *snapshot)->empty());
  }
  v1::GetProfileRequest page;
  page.set_process("processes/igc");
  page.set_area("CHE");
  CHECK(world.compare(swe, &ComparisonService::get_profile, page)->sections_size() == 0);
  CHECK(world.changes(swe, 0, world.seconds()).empty());
  // What it gives under embargo, or for itself, opens nothing yet.
  REQUIRE(world
              .upload(swe, world.embargoed("e", std::chrono::hours(1)),
                      kHeading + row("A,SWE,ERI,2015,1,A,F"))
              .ok());
  world.bring("SWE", "c", row("A,SWE,ERI,2014,1,A,C"));
  CHECK(world.all(swe).size() == 2);
  world.clock.pass(std::chrono::hours(1));
  CHECK(world.all(swe) == Lines{"A.CHE.AFG 2015=5/A", "A.SWE.ERI 2014=1/A", "A.SWE.ERI 2015=1/A",
                                "M.CHE.AFG 2015-03=1/A"});
  CHECK(world.ask(swe, &Service::list_uploads, list)->uploads(2).observations() == 2);
  CHECK(world.compare(swe, &ComparisonService::get_standing, standing)->rows(1).open());
  // Taken back, it is closed again; the secretariat and who reports nothing see as ever.
  world.bring("SWE", "d", row("A,SWE,ERI,2015,,,"), v1::DELETE);
  CHECK(world.all(swe) == Lines{"A.SWE.ERI 2014=1/A"});
  CHECK(world.all(world.secretariat()).size() == 5);
  CHECK(world.all(world.member("NOR")).size() == 3);
  CHECK(world.compare(world.member("NOR"), &ComparisonService::get_standing, standing)
            .status()
            .code() == Code::PermissionDenied);
}

TEST_CASE("who keeps one process reads without giving in that one alone",
          "[statistics][reciprocity]") {
  HistoryWorld world;
  REQUIRE(world.redefine([](v1::Dataflow& flow) { flow.mutable_reciprocity(); }).ok());
  world.bring("CHE", "u1", row("A,CHE,AFG,2014,4,A,F"));
  auto swe = world.member("SWE");
  CHECK(world.all(swe).empty());
  swe.duties.push_back({.duty = policy::Duty::Secretariat, .party = "SWE", .process = "apc"});
  CHECK(world.all(swe).empty());
  swe.duties.push_back({.duty = policy::Duty::Secretariat, .party = "SWE", .process = "igc"});
  CHECK(world.all(swe) == Lines{"A.CHE.AFG 2014=4/A"});
}

TEST_CASE("who reports a period without a figure has given none of it",
          "[statistics][reciprocity]") {
  HistoryWorld world;
  REQUIRE(world.redefine([](v1::Dataflow& flow) { flow.mutable_reciprocity(); }).ok());
  const auto swe = world.member("SWE");
  world.bring("CHE", "u1", row("A,CHE,AFG,2014,4,A,F") + row("A,CHE,AFG,2015,5,A,F"));
  world.bring("SWE", "u2", row("A,SWE,ERI,2014,NaN,A,F") + row("A,SWE,ERI,2015,,A,F"));
  CHECK(world.all(swe) == Lines{"A.SWE.ERI 2014=missing/A", "A.SWE.ERI 2015=missing/A"});
  v1::GetStandingRequest standing;
  standing.set_dataflow("dataflows/IGC.ASYLUM");
  const auto none = world.compare(swe, &ComparisonService::get_standing, standing);
  REQUIRE(none->rows_size() == 2);
  for (const auto& one : none->rows()) {
    CHECK(one.given() == 0);
    CHECK_FALSE(one.open());
  }
  // One figure of a period opens it; corrected to none, it is closed again.
  world.bring("SWE", "u3", row("A,SWE,SYR,2014,1,A,F"));
  CHECK(world.all(swe).front() == "A.CHE.AFG 2014=4/A");
  CHECK(world.all(swe).size() == 4);
  world.bring("SWE", "u4", row("A,SWE,SYR,2014,NaN,A,F"));
  CHECK(world.all(swe).size() == 3);
}

TEST_CASE("within the grace period all see, and behind it those who have given",
          "[statistics][reciprocity]") {
  HistoryWorld world;  // it is 2026-11-23
  REQUIRE(world
              .redefine([](v1::Dataflow& flow) {
                flow.mutable_reciprocity()->set_grace_days(30);
                flow.mutable_reporting()->set_frequency("A");
                flow.mutable_reporting()->set_due_days(300);  // 2025: due 2026-10-27
                flow.mutable_reporting()->set_since("2025");
              })
              .ok());
  world.bring("CHE", "u1", row("A,CHE,AFG,2025,5,A,F") + row("A,CHE,AFG,2024,4,A,F"));
  const auto swe = world.member("SWE");
  CHECK(world.all(swe) == Lines{"A.CHE.AFG 2025=5/A"});
  v1::GetStandingRequest standing;
  standing.set_dataflow("dataflows/IGC.ASYLUM");
  CHECK(world.compare(swe, &ComparisonService::get_standing, standing)->rows(0).grace_until() ==
        "2026-11-26");
  world.clock.pass(std::chrono::hours(3 * 24));
  CHECK(world.all(swe).size() == 1);
  world.clock.pass(std::chrono::hours(24));
  CHECK(world.all(swe).empty());
}

// --- twin worlds --------------------------------------------------------------------------------

// All that the rooms answer to a subject, upload ids aside: they are random in each world.
std::string everything(HistoryWorld& world, const policy::Subject& subject) {
  std::string out;
  const auto add = [&](const auto& answer) {
    out += answer.ok() ? answer->Utf8DebugString() : std::string(answer.status().message());
    out += "\n--\n";
  };
  const std::string flow = "dataflows/IGC.ASYLUM";
  add(world.ask(subject, &Service::list_dataflows, v1::ListDataflowsRequest()));
  for (const char* name : {"dataflows/IGC.ASYLUM", "dataflows/IGC.ASYLUM/provisions/SWE",
                           "dataflows/IGC.ASYLUM/provisions/CHE"}) {
    v1::GetStructureRequest get;
    get.set_name(name);
    get.set_with_references(true);
    add(world.ask(subject, &Service::get_structure, get));
  }
  v1::ListUploadsRequest uploads;
  uploads.set_dataflow(flow);
  add(world.ask(subject, &Service::list_uploads, uploads));
  for (int kind = 0; kind < 4; ++kind) {
    v1::QueryRequest query;
    query.set_dataflow(flow);
    query.set_include_history(kind == 1);
    if (kind == 2) query.mutable_updated_after()->set_seconds(world.seconds() - 25);
    if (kind == 3) query.mutable_as_of()->set_seconds(world.seconds() - 25);
    const auto lines = world.query(subject, query);
    for (const auto& line : lines.ok() ? *lines : Lines{std::string(lines.status().message())}) {
      out += line + "\n";
    }
  }
  v1::ComparePartiesRequest compare;
  compare.add_areas("SWE");
  compare.add_areas("CHE");
  add(world.table(subject, compare));
  add(world.compare(subject, &ComparisonService::get_calendar, v1::GetCalendarRequest()));
  for (const char* area : {"SWE", "SYR"}) {
    v1::GetProfileRequest page;
    page.set_process("processes/igc");
    page.set_area(area);
    add(world.compare(subject, &ComparisonService::get_profile, page));
  }
  v1::GetStandingRequest standing;
  standing.set_dataflow(flow);
  add(world.compare(subject, &ComparisonService::get_standing, standing));
  const auto snapshot = world.store->snapshot();
  v1::AggregateRequest sum;
  sum.set_dataflow(flow);
  sum.add_by()->set_dimension("CITIZEN");
  const auto rows = world.comparison.aggregate(subject, sum, *snapshot);
  for (const auto& one : rows.ok() ? *rows : std::vector<v1::Aggregates::Row>()) {
    out += one.Utf8DebugString();
  }
  v1::ListChangesRequest changes;
  changes.set_details(true);
  add(world.history.list_changes(subject, changes, *snapshot));
  Stream stream(world, subject);
  if (stream.open().ok()) {
    for (const auto& line : stream.read()) out += line + "\n";
  }
  return std::regex_replace(out, std::regex("[0-9a-f]{32}"), "ID");
}

TEST_CASE("two worlds that differ only in what one may not see answer alike",
          "[statistics][twins]") {
  HistoryWorld full;
  HistoryWorld bare;
  const auto both = [&](const auto& act) {
    act(full);
    act(bare);
  };
  // Only in the first of them; in the other, time passes all the same.
  const auto hidden = [&](const auto& act) {
    act(full);
    bare.clock.pass(std::chrono::seconds(10));
  };
  both([](HistoryWorld& world) {
    REQUIRE(world.define_reporting("A", 120, "2024").ok());
    world.bring(
        "SWE", "u1",
        row("A,SWE,AFG,2024,5,A,F") + row("A,SWE,SYR,2025,6,A,F") + row("A,SWE,AFG,2023,6,A,F"));
  });
  hidden([](HistoryWorld& world) {  // beside free figures, by another party, under embargo
    world.bring("SWE", "u2", row("A,SWE,ERI,2025,7,A,C") + row("A,SWE,ERI,2024,7,A,N"));
  });
  both([](HistoryWorld& world) {
    const bool more = world.shelf.of("dataflows/IGC.ASYLUM")->all.size() > 1;
    world.bring("SWE", "u3",
                row("A,SWE,AFG,2024,8,A,F") + (more ? row("A,SWE,NOR,2022,9,A,C") : ""));
    world.bring("CHE", "u1", row("A,CHE,AFG,2025,1,A,F"));
  });
  hidden([](HistoryWorld& world) {
    REQUIRE(world
                .upload(world.member("CHE"), world.embargoed("e1", std::chrono::hours(1)),
                        kHeading + row("A,CHE,SYR,2024,2,A,F") + row("A,CHE,AFG,2025,3,A,F"))
                .ok());
  });
  hidden([](HistoryWorld& world) {  // takes back what was hidden
    world.bring("SWE", "u4", row("A,SWE,ERI,2025,,,"), v1::DELETE);
  });
  hidden([](HistoryWorld& world) {
    REQUIRE(world.withdraw(world.member("CHE"), world.newest(world.member("CHE"))).ok());
  });
  for (const bool reciprocal : {false, true}) {
    if (reciprocal) {
      both([](HistoryWorld& world) {
        REQUIRE(world.redefine([](v1::Dataflow& flow) { flow.mutable_reciprocity(); }).ok());
      });
    }
    CHECK(everything(full, full.member("NOR")) == everything(bare, bare.member("NOR")));
    CHECK(everything(full, full.observer()) == everything(bare, bare.observer()));
    CHECK(everything(full, full.stranger()) == everything(bare, bare.stranger()));
    CHECK(everything(full, full.secretariat()) != everything(bare, bare.secretariat()));
  }
  // And a provision that is another's alone.
  both([](HistoryWorld& world) {
    REQUIRE(
        world
            .provide(world.member("SWE"), "SWE",
                     [](v1::Provision& one) { one.mutable_audience()->add_any_of("party/CHE"); })
            .ok());
  });
  hidden([](HistoryWorld& world) { world.bring("SWE", "u5", row("A,SWE,AFG,2021,3,A,F")); });
  CHECK(everything(full, full.member("NOR")) == everything(bare, bare.member("NOR")));
}

TEST_CASE("of CONF_STATUS only free is for the audience, whatever else the list has",
          "[statistics][confidential]") {
  HistoryWorld world;
  v1::DefineStructuresRequest request;
  v1::Codelist* list = request.mutable_structures()->add_codelists();
  *list = structures().codelists(3);
  const std::string all = "ADEGIKMOPSTU";
  for (const char code : all) add_item(*list, std::string(1, code), "of SDMX");
  REQUIRE(world.act(world.secretariat(), &Service::define_structures, request).ok());
  std::string rows;
  int year = 2000;
  for (const char code : "FCN" + all) {
    rows += row("A,SWE,AFG," + std::to_string(year++) + ",1,A," + code);
  }
  world.bring("SWE", "u1", rows + row("A,SWE,AFG,1999,1,A,"));
  CHECK(world.all(world.member("NOR")) == Lines{"A.SWE.AFG 1999=1/A", "A.SWE.AFG 2000=1/A"});
  CHECK(world.all(world.member("SWE")).size() == 16);
  CHECK(world.all(world.secretariat()).size() == 16);
}

}  // namespace
}  // namespace entente::statistics
