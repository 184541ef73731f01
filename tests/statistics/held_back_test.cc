// Secondary suppression through uploads: what is held back of a party's figures beside its secrets,
// when it is given again, and what its originator is told.
#include "proto/contract/comparison_limits.h"
#include "tests/statistics/comparison_world.h"

namespace entente::statistics {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the world is made for this.

struct ProtectedWorld : TableWorld {
  ProtectedWorld() {
    v1::DefineStructuresRequest request;
    v1::Codelist* areas = request.mutable_structures()->add_codelists();
    *areas = structures().codelists(1);
    add_item(*areas, "_T", "Total");
    v1::Codelist* conf = request.mutable_structures()->add_codelists();
    *conf = structures().codelists(3);
    add_item(*conf, "S", "Secondary, of the receiver");
    REQUIRE(act(secretariat(), &Service::define_structures, request).ok());
  }
  v1::UploadReport give(const std::string& id, const std::string& rows, bool publish = false) {
    auto request = begin_request(id);
    request.set_publish_totals(publish);
    return give(id, rows, std::move(request));
  }
  void withdraw_newest() {
    v1::ListUploadsRequest list;
    list.set_dataflow("dataflows/IGC.ASYLUM");
    v1::WithdrawUploadRequest request;
    request.set_name(ask(member("SWE"), &Service::list_uploads, list)->uploads(0).name());
    const auto transaction = store->begin();
    REQUIRE(history.withdraw_upload(member("SWE"), request, *transaction).ok());
    REQUIRE(transaction->commit().ok());
    clock.pass(std::chrono::seconds(10));
  }
  v1::UploadReport give_under_embargo(const std::string& id, const std::string& rows,
                                      std::chrono::seconds time) {
    auto request = begin_request(id);
    request.mutable_embargo_until()->set_seconds(
        std::chrono::floor<std::chrono::seconds>(clock.now() + time).time_since_epoch().count());
    return give(id, rows, std::move(request));
  }
  v1::UploadReport give(const std::string& id, const std::string& rows,
                        v1::BeginUploadRequest request) {
    const auto dry = send(member("SWE"), request, kHeading + rows);
    REQUIRE(dry.ok());
    const auto report = finish(member("SWE"), id, dry->sha256());
    REQUIRE(report.ok());
    clock.pass(std::chrono::seconds(10));
    // The dry run said what the upload then did.
    REQUIRE(dry->held_back_size() == report->held_back_size());
    return *report;
  }
};

TEST_CASE("a total that gives a confidential part away is held back, and its originator is told",
          "[statistics][protect]") {
  ProtectedWorld world;
  const auto nor = world.member("NOR");
  const auto report =
      world.give("u1", row("A,SWE,_T,2015,30,A,F") + row("A,SWE,AFG,2015,20,A,F") +
                           row("A,SWE,SYR,2015,10,A,C") + row("A,SWE,_T,2016,5,A,F") +
                           row("A,SWE,AFG,2016,5,A,F"));
  REQUIRE(report.held_back_size() == 1);
  CHECK(report.held_back(0).key() == "A.SWE._T");
  CHECK(report.held_back(0).period() == "2015");
  CHECK(report.held_back(0).protects() == "A.SWE.SYR");
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A", "A.SWE.AFG 2016=5/A", "A.SWE._T 2016=5/A"});
  CHECK(world.all(world.member("SWE")).size() == 5);
  // Not for an instant was it free.
  v1::QueryRequest history;
  history.set_dataflow("dataflows/IGC.ASYLUM");
  history.set_include_history(true);
  CHECK(world.query(nor, history)->size() == 3);
  // Neither the list of uploads nor what is new tells of it.
  v1::ListUploadsRequest list;
  list.set_dataflow("dataflows/IGC.ASYLUM");
  CHECK(world.ask(nor, &Service::list_uploads, list)->uploads_size() == 1);
  CHECK(world.ask(nor, &Service::list_uploads, list)->uploads(0).observations() == 3);
  CHECK(world.ask(world.member("SWE"), &Service::list_uploads, list)->uploads_size() == 1);
  // A later upload cannot bring it back by the way; on its originator's word it can.
  CHECK(world.give("u2", row("A,SWE,_T,2015,30,A,F")).held_back_size() == 1);
  CHECK(world.all(nor).size() == 3);
  CHECK(world.give("u3", row("A,SWE,_T,2015,30,A,F"), true).held_back_size() == 0);
  CHECK(world.all(nor).size() == 4);
}

TEST_CASE(
    "a total given before is held back when a part becomes confidential, and given again "
    "when it is free",
    "[statistics][protect]") {
  ProtectedWorld world;
  const auto nor = world.member("NOR");
  CHECK(world.give("u1", row("A,SWE,_T,2015,30,A,F") + row("A,SWE,AFG,2015,20,A,F"))
            .held_back_size() == 0);
  CHECK(world.give("u2", row("A,SWE,SYR,2015,10,A,C")).held_back_size() == 1);
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A"});
  // Two hidden parts protect each other; what is held back stays so, or what was seen would tell.
  CHECK(world.give("u3", row("A,SWE,ERI,2015,0,A,C")).held_back_size() == 0);
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A"});
  world.give("u4", row("A,SWE,SYR,2015,10,A,F") + row("A,SWE,ERI,2015,0,A,F"));
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A", "A.SWE.ERI 2015=0/A", "A.SWE.SYR 2015=10/A",
                                "A.SWE._T 2015=30/A"});
}

TEST_CASE("what was published before there was a secret is known, and the secret does not follow",
          "[statistics][protect]") {
  ProtectedWorld world;
  const auto nor = world.member("NOR");
  CHECK(world.give("u1", row("A,SWE,AFG,2015,20,A,F"), true).held_back_size() == 0);
  const auto part = world.give("u2", row("A,SWE,_T,2015,30,A,F") + row("A,SWE,SYR,2015,10,A,C"));
  REQUIRE(part.held_back_size() == 1);
  CHECK(part.held_back(0).key() == "A.SWE._T");
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A"});
  // The total itself was published: it stays, and another part is back.
  world.give("u3", row("A,SWE,_T,2016,30,A,F"), true);
  const auto total = world.give("u4", row("A,SWE,AFG,2016,20,A,F") + row("A,SWE,SYR,2016,10,A,C"));
  REQUIRE(total.held_back_size() == 1);
  CHECK(total.held_back(0).key() == "A.SWE.AFG");
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A", "A.SWE._T 2016=30/A"});
  // The word that was given for a secret holds while it is one, corrected or not.
  world.give("u5", row("A,SWE,_T,2017,30,A,F") + row("A,SWE,AFG,2017,20,A,F") +
                       row("A,SWE,SYR,2017,10,A,C"));
  world.give("u6", row("A,SWE,_T,2017,30,A,F"), true);
  CHECK(world.give("u7", row("A,SWE,SYR,2017,11,A,C")).held_back_size() == 0);
  CHECK(world.give("u8", row("A,SWE,AFG,2017,19,A,F")).held_back_size() == 0);
  CHECK(world.all(nor).size() == 4);
  // A part that was published gave nothing away: no word was given for the total.
  world.give("u9", row("A,SWE,AFG,2018,20,A,F") + row("A,SWE,SYR,2018,10,A,C"), true);
  const auto later = world.give("u10", row("A,SWE,_T,2018,30,A,F"));
  REQUIRE(later.held_back_size() == 1);
  CHECK(later.held_back(0).key() == "A.SWE._T");
  CHECK(world.give("u11", row("A,SWE,_T,2018,30,A,F"), true).held_back_size() == 0);
  CHECK(world.all(nor).size() == 6);
  // Where nothing is left to be held back its originator is told.
  CHECK(later.given_away_size() == 0);
  world.give("u12", row("A,SWE,AFG,2019,20,A,F") + row("A,SWE,_T,2019,30,A,F"), true);
  const auto lost = world.give("u13", row("A,SWE,SYR,2019,10,A,C"));
  CHECK(lost.held_back_size() == 0);
  REQUIRE(lost.given_away_size() == 1);
  CHECK(lost.given_away(0).key() == "A.SWE.SYR");
  CHECK(lost.given_away(0).period() == "2019");
}

TEST_CASE("the mark of what is held back, brought in again, is not its party's word",
          "[statistics][protect]") {
  for (const std::string total : {"30", "31"}) {
    CAPTURE(total);
    ProtectedWorld world;
    const auto nor = world.member("NOR");
    const std::string rest = row("A,SWE,AFG,2015,20,A,F") + row("A,SWE,SYR,2015,10,A,C");
    world.give("u1", row("A,SWE,_T,2015,30,A,F") + rest);
    // Its own export, twice; of another value it is its word.
    world.give("u2", row("A,SWE,_T,2015," + total + ",A,S") + rest);
    world.give("u3", row("A,SWE,_T,2015," + total + ",A,S") + rest);
    CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A"});
    world.give("u4", row("A,SWE,SYR,2015,10,A,F"));
    CHECK(world.all(nor).size() == (total == "30" ? 3 : 1));
  }
  // Where nothing was held back it is its word, too, and a part is back for it.
  ProtectedWorld world;
  world.give("u1", row("A,SWE,_T,2015,30,A,S") + row("A,SWE,AFG,2015,20,A,F") +
                       row("A,SWE,SYR,2015,10,A,C"));
  world.give("u2", row("A,SWE,SYR,2015,10,A,F"));
  CHECK(world.all(world.member("NOR")) == Lines{"A.SWE.AFG 2015=20/A"});
}

TEST_CASE("a secret that is taken away is not given away", "[statistics][protect]") {
  for (const std::string how : {"deleted", "withdrawn", "reported without a figure"}) {
    for (const std::string then : {"another total", "its originator's word", "a figure"}) {
      CAPTURE(how, then);
      ProtectedWorld world;
      const auto nor = world.member("NOR");
      world.give("u1", row("A,SWE,_T,2015,30,A,F") + row("A,SWE,AFG,2015,20,A,F"));
      CHECK(world.give("u2", row("A,SWE,SYR,2015,10,A,C")).held_back_size() == 1);
      if (how == "deleted") {
        world.bring("SWE", "u3", row("A,SWE,SYR,2015,,,"), v1::DELETE);
      } else if (how == "withdrawn") {
        world.withdraw_newest();
      } else {
        world.give("u3", row("A,SWE,SYR,2015,NaN,A,F"));
      }
      const Lines left = how[0] == 'r' ? Lines{"A.SWE.AFG 2015=20/A", "A.SWE.SYR 2015=missing/A"}
                                       : Lines{"A.SWE.AFG 2015=20/A"};
      CHECK(world.all(nor) == left);
      // Neither does it come back by the way.
      CHECK(world.give("u4", row("A,SWE,_T,2015,30,P,F")).held_back_size() == 1);
      world.give("u5", row("A,SWE,AFG,2015,20,P,F"));
      CHECK(world.all(nor).size() == left.size());
      if (then == "another total") world.give("u6", row("A,SWE,_T,2015,20,A,F"));
      if (then == "its originator's word") world.give("u6", row("A,SWE,_T,2015,30,A,F"), true);
      if (then == "a figure") world.give("u6", row("A,SWE,SYR,2015,10,A,F"));
      const auto after = world.all(nor);
      CHECK(std::count_if(after.begin(), after.end(), [](const std::string& line) {
              return line.find("._T ") != std::string::npos;
            }) == 1);
    }
  }
}

TEST_CASE(
    "of two secrets that protect each other one is taken away, the other freed: it is not told",
    "[statistics][protect]") {
  ProtectedWorld world;
  CHECK(world
            .give("u1", row("A,SWE,_T,2015,30,A,F") + row("A,SWE,AFG,2015,20,A,F") +
                            row("A,SWE,SYR,2015,4,A,C") + row("A,SWE,ERI,2015,6,A,C"))
            .held_back_size() == 0);
  const auto report = world.give("u2", row("A,SWE,SYR,2015,NaN,A,F") + row("A,SWE,ERI,2015,6,A,F"));
  REQUIRE(report.held_back_size() == 1);
  CHECK(report.held_back(0).key() == "A.SWE._T");
  CHECK(report.held_back(0).protects() == "A.SWE.SYR");
  // A total that came after it says nothing of it.
  CHECK(world.give("u3", row("A,SWE,_T,2015,26,A,F")).held_back_size() == 0);
  CHECK(world.all(world.member("NOR")).size() == 4);
}

TEST_CASE("what is given again beside an upload that publishes is not published by it",
          "[statistics][protect]") {
  ProtectedWorld world;
  world.give("u1", row("A,SWE,_T,2015,30,A,F") + row("A,SWE,AFG,2015,20,A,F") +
                       row("A,SWE,SYR,2015,10,A,C"));
  world.give("u2", row("A,SWE,SYR,2015,10,A,F"), true);
  CHECK(world.all(world.member("NOR")).size() == 3);
  const auto report = world.give("u3", row("A,SWE,SYR,2015,10,A,C"));
  REQUIRE(report.held_back_size() == 1);
  CHECK(report.held_back(0).key() == "A.SWE._T");
}

TEST_CASE("what a withdrawal restores stands as it was given, with the word that was given for it",
          "[statistics][protect]") {
  ProtectedWorld world;
  const auto nor = world.member("NOR");
  const std::string parts = row("A,SWE,AFG,2015,20,A,F") + row("A,SWE,SYR,2015,10,A,C");
  world.give("u1", row("A,SWE,_T,2015,30,A,F") + parts, true);
  // Hidden by mistake, and taken away by mistake.
  for (const std::string how : {"hidden", "deleted"}) {
    CAPTURE(how);
    if (how == "hidden") world.give("u2", row("A,SWE,_T,2015,30,A,C"));
    if (how == "deleted") world.bring("SWE", "u2d", row("A,SWE,_T,2015,,,"), v1::DELETE);
    CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A"});
    world.withdraw_newest();
    CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A", "A.SWE._T 2015=30/A"});
  }
  // The word is the figure's, not of the upload that is taken back, and for no other figure.
  world.give("u3", row("A,SWE,_T,2016,30,A,F") + row("A,SWE,AFG,2016,20,A,F") +
                       row("A,SWE,SYR,2016,10,A,C"));
  world.give("u4", row("A,SWE,_T,2016,31,A,F") + row("A,SWE,_T,2015,32,A,F"), true);
  CHECK(world.all(nor).size() == 4);
  world.withdraw_newest();
  CHECK(world.all(nor) ==
        Lines{"A.SWE.AFG 2015=20/A", "A.SWE.AFG 2016=20/A", "A.SWE._T 2015=30/A"});
  // Nor for a secret that came after it.
  world.give("u5", row("A,SWE,_T,2017,30,A,F") + row("A,SWE,AFG,2017,20,A,F"), true);
  world.give("u6", row("A,SWE,SYR,2017,10,A,C") + row("A,SWE,ERI,2017,0,A,F"));
  world.give("u7", row("A,SWE,_T,2017,31,A,F"));
  world.withdraw_newest();
  const auto lines = world.all(nor);
  CHECK(std::count(lines.begin(), lines.end(), "A.SWE._T 2017=30/A") == 1);
  CHECK(std::count(lines.begin(), lines.end(), "A.SWE.ERI 2017=0/A") == 0);
}

TEST_CASE("a total that a withdrawal restores tells of a secret that is gone as it did before",
          "[statistics][protect]") {
  ProtectedWorld world;
  const auto nor = world.member("NOR");
  world.give("u1", row("A,SWE,_T,2015,30,A,F") + row("A,SWE,AFG,2015,20,A,F") +
                       row("A,SWE,SYR,2015,10,A,C"));
  world.bring("SWE", "u2", row("A,SWE,SYR,2015,,,"), v1::DELETE);
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A"});
  world.give("u3", row("A,SWE,_T,2015,20,A,F"));
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A", "A.SWE._T 2015=20/A"});
  world.withdraw_newest();
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=20/A"});
}

TEST_CASE("what is reported without a figure protects nothing and is not held back",
          "[statistics][protect]") {
  ProtectedWorld world;
  const auto nor = world.member("NOR");
  world.give("u1", row("A,SWE,_T,2015,30,A,F"), true);
  const auto report =
      world.give("u2", row("A,SWE,AFG,2015,NaN,A,F") + row("A,SWE,ERI,2015,20,A,F") +
                           row("A,SWE,SYR,2015,10,A,C"));
  REQUIRE(report.held_back_size() == 1);
  CHECK(report.held_back(0).key() == "A.SWE.ERI");
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2015=missing/A", "A.SWE._T 2015=30/A"});
  // A total without a figure tells of no part.
  CHECK(world
            .give("u3", row("A,SWE,_T,2016,NaN,A,F") + row("A,SWE,AFG,2016,20,A,F") +
                            row("A,SWE,SYR,2016,10,A,C"))
            .held_back_size() == 0);
  CHECK(world.all(nor).size() == 4);
}

TEST_CASE("what hides a part tomorrow only protects nothing today", "[statistics][protect]") {
  ProtectedWorld world;
  const auto nor = world.member("NOR");
  world.give("u1", row("A,SWE,NOR,2015,60,A,C") + row("A,SWE,ERI,2015,40,A,F"));
  world.give_under_embargo("u2", row("A,SWE,ERI,2015,41,A,C"), std::chrono::hours(1));
  // To the audience Eritrea is free for an hour yet: the total would give Norway away.
  const auto report = world.give("u3", row("A,SWE,_T,2015,100,A,F"));
  REQUIRE(report.held_back_size() == 1);
  CHECK(report.held_back(0).key() == "A.SWE._T");
  CHECK(world.all(nor) == Lines{"A.SWE.ERI 2015=40/A"});
  world.clock.pass(std::chrono::hours(2));
  CHECK(world.all(nor).empty());
  // Who saw Eritrea's figure needs the total only.
  world.give("u4", row("A,SWE,AFG,2016,1,A,F"));
  CHECK(world.all(nor) == Lines{"A.SWE.AFG 2016=1/A"});
}

TEST_CASE("a total is held back at once for what comes at an embargo's end",
          "[statistics][protect]") {
  ProtectedWorld world;
  const auto nor = world.member("NOR");
  world.give_under_embargo("u1", row("A,SWE,NOR,2015,60,A,C") + row("A,SWE,ERI,2015,40,A,F"),
                           std::chrono::hours(1));
  CHECK(world.give("u2", row("A,SWE,_T,2015,100,A,F")).held_back_size() == 1);
  CHECK(world.all(nor).empty());
  CHECK(world.all(world.member("SWE")).size() == 3);
  world.clock.pass(std::chrono::hours(2));
  CHECK(world.all(nor) == Lines{"A.SWE.ERI 2015=40/A"});
}

TEST_CASE("nothing is given again that is needed before an embargo's end or after it",
          "[statistics][protect]") {
  ProtectedWorld world;
  const auto nor = world.member("NOR");
  world.give("u1", row("A,SWE,_T,2015,100,A,F") + row("A,SWE,NOR,2015,60,A,C") +
                       row("A,SWE,ERI,2015,40,A,F"));
  // At the hour Norway is free, and with it the total; until then it is not.
  world.give_under_embargo("u2", row("A,SWE,NOR,2015,60,A,F"), std::chrono::hours(1));
  CHECK(world.all(nor) == Lines{"A.SWE.ERI 2015=40/A"});
  world.give("u3", row("A,SWE,ERI,2015,40,P,F"));
  CHECK(world.all(nor) == Lines{"A.SWE.ERI 2015=40/P"});
  // A figure that waits for its hour does not come out with one that is given again.
  world.give_under_embargo("u4", row("A,SWE,_T,2015,101,A,F"), std::chrono::hours(1));
  world.give("u5", row("A,SWE,NOR,2015,60,A,F"));
  for (const std::string& line : world.all(nor)) CHECK(line.find("=101") == std::string::npos);
  world.clock.pass(std::chrono::hours(2));
  CHECK(world.all(world.member("SWE")).size() == 3);
}

TEST_CASE("what is held back is given again when every moment allows it, and as it is seen by then",
          "[statistics][protect]") {
  ProtectedWorld world;
  const auto nor = world.member("NOR");
  world.give("u1", row("A,SWE,_T,2015,100,A,F") + row("A,SWE,NOR,2015,60,A,C") +
                       row("A,SWE,ERI,2015,40,A,F"));
  SECTION("not while a part is secret for an hour yet") {
    world.give_under_embargo("u2", row("A,SWE,NOR,2015,60,A,F"), std::chrono::hours(1));
    CHECK(world.give("u3", row("A,SWE,_T,2015,100,A,F")).held_back_size() == 1);
    world.give("u4", row("A,SWE,ERI,2015,40,P,F"));
    CHECK(world.all(nor) == Lines{"A.SWE.ERI 2015=40/P"});
    world.clock.pass(std::chrono::hours(2));
    world.give("u5", row("A,SWE,ERI,2015,40,A,F"));
    CHECK(world.all(nor) ==
          Lines{"A.SWE.ERI 2015=40/A", "A.SWE.NOR 2015=60/A", "A.SWE._T 2015=100/A"});
  }
  SECTION("not the figure that waits for its hour") {
    world.give_under_embargo("u2", row("A,SWE,_T,2015,101,A,F"), std::chrono::hours(1));
    world.give("u3", row("A,SWE,NOR,2015,60,A,F"));
    for (const std::string& line : world.all(nor)) CHECK(line.find("=101") == std::string::npos);
    world.clock.pass(std::chrono::hours(2));
    world.give("u4", row("A,SWE,ERI,2015,40,P,F"));
    CHECK(world.all(nor) ==
          Lines{"A.SWE.ERI 2015=40/P", "A.SWE.NOR 2015=60/A", "A.SWE._T 2015=101/A"});
  }
}

TEST_CASE("what was held back once is not its party's word: it is free when nothing needs it",
          "[statistics][protect]") {
  const Lines whole = {"A.SWE.ERI 2015=40/A", "A.SWE.NOR 2015=60/A", "A.SWE._T 2015=100/P"};
  for (const bool takes_back : {false, true}) {
    ProtectedWorld world;
    world.give("u1", row("A,SWE,_T,2015,100,P,F") + row("A,SWE,NOR,2015,60,A,C") +
                         row("A,SWE,ERI,2015,40,A,F"));
    if (takes_back) {
      world.give("u2", row("A,SWE,_T,2015,101,A,F"));
      world.withdraw_newest();
    } else {
      world.bring("SWE", "u2", row("A,SWE,_T,2015,,P,"), v1::MERGE);
    }
    CHECK(world.all(world.member("NOR")) == Lines{"A.SWE.ERI 2015=40/A"});
    CHECK(world.give("u3", row("A,SWE,NOR,2015,60,A,F")).held_back_size() == 0);
    CHECK(world.all(world.member("NOR")) == whole);
  }
}

TEST_CASE("an upload that is hidden as a whole names its party to nobody",
          "[statistics][protect]") {
  ProtectedWorld world;
  const auto shows = [&] {
    const auto flow = world.structures_in_force.model()->find_flow("dataflows/IGC.ASYLUM");
    const SightPointer seen = world.service.sight(world.member("NOR"), *flow);
    return !std::all_of(seen->all.begin(), seen->all.end(), is_marks_only);
  };
  world.give("u1", row("A,SWE,_T,2015,10,A,F") + row("A,SWE,SYR,2015,10,A,C"));
  CHECK(world.all(world.member("NOR")).empty());
  CHECK_FALSE(shows());
  world.give("u2", row("A,SWE,SYR,2015,10,A,F"));
  CHECK(shows());
}

TEST_CASE("a party whose figures became confidential before their hour is no source of any",
          "[statistics][protect]") {
  ProtectedWorld world;
  const auto sources = [&] {
    const auto flow = world.structures_in_force.model()->find_flow("dataflows/IGC.ASYLUM");
    return *world.service.givers(*flow, world.service.sight(world.member("NOR"), *flow));
  };
  world.give_under_embargo("u1", row("A,SWE,AFG,2015,10,A,F") + row("A,SWE,SYR,2015,10,A,F"),
                           std::chrono::seconds(100));
  world.give_under_embargo("u2", row("A,SWE,AFG,2015,10,A,C"), std::chrono::seconds(90));
  world.clock.pass(std::chrono::seconds(200));
  CHECK(sources() == std::set<std::string>{"SWE"});
  world.bring("SWE", "u3", row("A,SWE,SYR,2015,,,"), v1::DELETE);
  CHECK(sources() == std::set<std::string>{"SWE"});
  ProtectedWorld other;
  const auto flow = other.structures_in_force.model()->find_flow("dataflows/IGC.ASYLUM");
  other.give_under_embargo("u1", row("A,SWE,AFG,2015,10,A,F"), std::chrono::seconds(100));
  other.give_under_embargo("u2", row("A,SWE,AFG,2015,10,A,C"), std::chrono::seconds(90));
  other.clock.pass(std::chrono::seconds(200));
  CHECK(other.service.givers(*flow, other.service.sight(other.member("NOR"), *flow))->empty());
  CHECK(other.service.givers(*flow, other.service.sight(other.member("SWE"), *flow))->size() == 1);
}

TEST_CASE("a file of more figures than are weighed at once is weighed a batch of periods at a time",
          "[statistics][protect]") {
  ProtectedWorld world;
  std::string rows;
  std::size_t months = 0;
  for (std::size_t figures = 0; figures <= limits::protected_cells_max; ++months) {
    const std::string period = std::to_string(1'000 + months / 12) +
                               (months % 12 < 9 ? "-0" : "-") + std::to_string(months % 12 + 1);
    for (const char* citizen : {"AFG", "CHE", "ERI", "NOR", "SYR", "_T"}) {
      rows += row(std::string("M,SWE,") + citizen + "," + period + "," +
                  (citizen[0] == '_' ? "15" : "3") + ",A," + (citizen[0] == 'S' ? "C" : "F"));
      ++figures;
    }
  }
  const auto report = world.give("u1", rows);
  CHECK(static_cast<std::size_t>(report.held_back_size()) + report.held_back_more() == months);
  // Of each period the total is back, of the last as of the first.
  v1::QueryRequest query;
  query.set_dataflow("dataflows/IGC.ASYLUM");
  v1::Selection* totals = query.add_selections();
  totals->set_dimension("CITIZEN");
  totals->add_values("_T");
  totals->add_values("SYR");
  CHECK(world.query(world.member("NOR"), query)->empty());
  CHECK(world.query(world.member("SWE"), query)->size() == 2 * months);
}

TEST_CASE("two worlds whose hidden parts differ leave the same figures", "[statistics][protect]") {
  std::vector<Lines> seen;
  for (const char* hidden : {"10", "11", "999"}) {
    ProtectedWorld world;
    world.give("u1", row("A,SWE,_T,2015,30,A,F") + row("A,SWE,AFG,2015,20,A,F") +
                         row("A,SWE,SYR,2015," + std::string(hidden) + ",A,C"));
    seen.push_back(world.all(world.member("NOR")));
  }
  CHECK(seen[0] == seen[1]);
  CHECK(seen[1] == seen[2]);
}

}  // namespace
}  // namespace entente::statistics
