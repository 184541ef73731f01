// What the figures say beside each other and beside what was promised.
#include "server/identity/attended.h"
#include "tests/statistics/comparison_world.h"

namespace entente::statistics {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the world is made for this.

// --- the calendar -------------------------------------------------------------------------------

TEST_CASE("a calendar that would not end is refused with what would make it smaller",
          "[statistics][calendar]") {
  ComparisonWorld world;
  REQUIRE(world.define_reporting("M", 30, "1900").ok() == false);  // no month
  REQUIRE(world.define_reporting("M", 30, "1900-01").ok());
  v1::GetCalendarRequest request;
  request.set_from_day("1900-01-01");
  request.set_to_day("2316-10-20");  // 5,000 months of two parties: as many as there may be
  CHECK(world.calendar(world.member("CHE"), request).size() == limits::comparison_rows_max);
  request.set_to_day("2316-11-01");
  const auto refused =
      world.compare(world.member("CHE"), &ComparisonService::get_calendar, request).status();
  CHECK(refused.code() == Code::ResourceExhausted);
  CHECK(refused.reason() == Reason::LimitReached);
  request.set_party("parties/SWE");
  CHECK(world.calendar(world.member("CHE"), request).size() == 5'001);
}

TEST_CASE("a calendar that its reader may not see answers as one that is not there",
          "[statistics][calendar]") {
  ComparisonWorld world;
  REQUIRE(world.define_reporting("A", 120, "2024").ok());
  v1::GetCalendarRequest request;
  CHECK(world.calendar(world.stranger(), request).empty());
  CHECK(world.calendar(world.observer(), request).empty());
  for (const char* name : {"dataflows/IGC.ASYLUM", "dataflows/IGC.ABSENT"}) {
    request.set_dataflow(name);
    const auto found =
        world.compare(world.observer(), &ComparisonService::get_calendar, request).status();
    CHECK(found.code() == Code::NotFound);
    CHECK(found.message() == "`" + std::string(name) + "` was not found");
  }
}

TEST_CASE("the calendar says what is due, late, came, and came late", "[statistics][calendar]") {
  ComparisonWorld world;  // it is 2026-11-23
  REQUIRE(world.define_reporting("A", 120, "2024").ok());
  v1::GetCalendarRequest request;
  request.set_from_day("2020-01-01");
  request.set_to_day("2027-12-31");
  CHECK(world.calendar(world.member("CHE"), request) ==
        Lines{"CHE 2024 due 2025-04-30 LATE", "SWE 2024 due 2025-04-30 LATE",
              "CHE 2025 due 2026-04-30 LATE", "SWE 2025 due 2026-04-30 LATE",
              "CHE 2026 due 2027-04-30 DUE", "SWE 2026 due 2027-04-30 DUE"});
  world.bring(
      "SWE", "u1",
      row("A,SWE,SYR,2025,50,A,F") + row("A,SWE,AFG,2026,3,A,F") + row("A,SWE,AFG,2010,3,A,F"));
  request.set_party("parties/SWE");
  CHECK(world.calendar(world.member("CHE"), request) == Lines{"SWE 2024 due 2025-04-30 LATE",
                                                              "SWE 2025 due 2026-04-30 CAME_LATE",
                                                              "SWE 2026 due 2027-04-30 CAME"});
  request.set_late_only(true);
  CHECK(world.calendar(world.member("CHE"), request) == Lines{"SWE 2024 due 2025-04-30 LATE"});
  const auto found = world.compare(world.member("CHE"), &ComparisonService::get_calendar, request);
  CHECK(found->late() == 1);
  CHECK(found->rows(0).days_late() == 572);
}

TEST_CASE("a hidden figure has not come, for those from whom it is hidden",
          "[statistics][calendar]") {
  ComparisonWorld world;
  REQUIRE(world.define_reporting("A", 120, "2025").ok());
  world.bring("SWE", "u1", row("A,SWE,ERI,2025,7,A,C"));
  auto embargoed = world.begin_request("u2");
  embargoed.mutable_embargo_until()->set_seconds(
      std::chrono::floor<std::chrono::seconds>(world.clock.now()).time_since_epoch().count() +
      3600);
  REQUIRE(
      world.upload(world.member("CHE"), embargoed, kHeading + row("A,CHE,SYR,2025,1,A,F")).ok());
  const v1::GetCalendarRequest request;
  CHECK(world.calendar(world.member("CHE"), request) ==
        Lines{"CHE 2025 due 2026-04-30 CAME_LATE", "SWE 2025 due 2026-04-30 LATE"});
  CHECK(world.calendar(world.member("SWE"), request) ==
        Lines{"CHE 2025 due 2026-04-30 LATE", "SWE 2025 due 2026-04-30 CAME_LATE"});
  CHECK(world.calendar(world.secretariat(), request) ==
        Lines{"CHE 2025 due 2026-04-30 CAME_LATE", "SWE 2025 due 2026-04-30 CAME_LATE"});
  world.clock.pass(std::chrono::hours(2));
  CHECK(world.calendar(world.member("SWE"), request) ==
        Lines{"CHE 2025 due 2026-04-30 CAME_LATE", "SWE 2025 due 2026-04-30 CAME_LATE"});
}

TEST_CASE("what was wholly taken back did not come, and given anew it comes anew",
          "[statistics][calendar]") {
  ComparisonWorld world;
  REQUIRE(world.define_reporting("A", 120, "2025").ok());
  v1::GetCalendarRequest request;
  request.set_party("parties/SWE");
  world.bring("SWE", "u1", row("A,SWE,SYR,2025,5,A,F"));
  world.bring("SWE", "u2", row("A,SWE,SYR,2025,,,"), v1::DELETE);
  CHECK(world.calendar(world.member("CHE"), request) == Lines{"SWE 2025 due 2026-04-30 LATE"});
  world.clock.pass(std::chrono::hours(48));
  const Instant again = world.clock.now();
  world.bring("SWE", "u3", row("A,SWE,SYR,2025,6,A,F"));
  const auto found = world.compare(world.member("CHE"), &ComparisonService::get_calendar, request);
  CHECK(found->rows(0).state() == v1::Calendar::CAME_LATE);
  CHECK(found->rows(0).observations() == 1);
  CHECK(found->rows(0).came_at().seconds() >=
        std::chrono::floor<std::chrono::seconds>(again).time_since_epoch().count());
}

TEST_CASE("a calendar that makes no sense is refused by its field", "[statistics][calendar]") {
  ComparisonWorld world;
  CHECK(world.define_reporting("X", 1, "2025").violations().size() == 2);
  CHECK(world.define_reporting("M", 1, "2025").violations().at(0).field ==
        "dataflows/IGC.ASYLUM.reporting.since");
  CHECK(world.define_reporting("A", 4'000, "2025").violations().at(0).field ==
        "dataflows/IGC.ASYLUM.reporting.due_days");
  v1::GetCalendarRequest request;
  request.set_from_day("31 February");
  CHECK(world.compare(world.member("SWE"), &ComparisonService::get_calendar, request)
            .status()
            .code() == Code::InvalidArgument);
  // Daily since the year 1: more than anyone reads, refused and not counted out.
  REQUIRE(world.define_reporting("D", 0, "0001-01-01").ok());
  request.set_from_day("0001-01-01");
  CHECK(world.compare(world.member("SWE"), &ComparisonService::get_calendar, request)
            .status()
            .reason() == Reason::LimitReached);
}

// --- side by side -------------------------------------------------------------------------------

TEST_CASE("a gap is told with its reason, as far as its reader may know", "[statistics][compare]") {
  TableWorld world;  // it is 2026-11-23; columns are CHE, SWE
  REQUIRE(world.define_reporting("A", 120, "2024").ok());
  world.bring("SWE", "u1",
              row("A,SWE,AFG,2024,5,A,F") + row("A,SWE,AFG,2025,6,A,F") +
                  row("A,SWE,AFG,2026,7,A,F") + row("A,SWE,SYR,2023,1,A,F") +
                  row("A,SWE,ERI,2025,3,A,F") + row("A,SWE,SYR,2025,9,A,F"));
  world.bring("CHE", "u1", row("A,CHE,AFG,2025,,A,F") + row("A,CHE,SYR,2025,4,A,C"));
  world.bring("SWE", "u2", row("A,SWE,ERI,2025,,,"), v1::DELETE);
  world.bring("SWE", "u3", row("A,SWE,SYR,2025,9,A,C"));  // seen, and then no more
  v1::ComparePartiesRequest request;
  request.add_areas("CHE");
  request.add_areas("SWE");
  CHECK(world.lines(world.member("NOR"), request) ==
        Lines{"AFG 2024: late | 5", "AFG 2025: reported without a value | 6",
              "AFG 2026: not due yet | 7", "ERI 2025: not reported | withdrawn",
              "SYR 2023: not reported | 1", "SYR 2025: not reported | withdrawn"});
  // What Sweden hides, and what it took back, are the same to the others; it sees its own.
  CHECK(world.lines(world.member("SWE"), request).back() == "SYR 2025: not reported | 9");
  CHECK(world.lines(world.secretariat(), request).back() == "SYR 2025: 4 | 9");
  // As it was known when Switzerland had not reported yet.
  request.set_start_period("2025");
  request.set_end_period("2025");
  request.mutable_as_of()->set_seconds(
      std::chrono::floor<std::chrono::seconds>(world.clock.now()).time_since_epoch().count() - 35);
  CHECK(world.lines(world.member("NOR"), request) ==
        Lines{"AFG 2025: late | 6", "ERI 2025: late | 3", "SYR 2025: late | 9"});
}

TEST_CASE("notes stand at the very cells that they qualify, and the table warns where they differ",
          "[statistics][compare]") {
  TableWorld world;
  const auto swe = world.member("SWE");
  REQUIRE(world
              .provide(swe, "SWE",
                       [](v1::Provision& one) {
                         *one.add_notes() = note("COVERAGE", "first applications only");
                         v1::Note broken = note("BREAK", "a new register");
                         broken.mutable_scope()->set_start_period("2016-03");
                         broken.mutable_scope()->set_end_period("2016-03");
                         *one.add_notes() = broken;
                         v1::Note syrians = note("DEFINITION", "with stateless persons");
                         auto* only = syrians.mutable_scope()->add_selections();
                         only->set_dimension("CITIZEN");
                         only->add_values("SYR");
                         *one.add_notes() = syrians;
                       })
              .ok());
  REQUIRE(world
              .provide(world.member("CHE"), "CHE",
                       [](v1::Provision& one) {
                         *one.add_notes() = note("COVERAGE", "first applications only");
                       })
              .ok());
  world.bring(
      "SWE", "u1",
      row("A,SWE,AFG,2015,5,A,F") + row("A,SWE,AFG,2016,6,A,F") + row("A,SWE,SYR,2015,7,A,F"));
  world.bring("CHE", "u1", row("A,CHE,AFG,2015,1,A,F"));
  CHECK(world.lines(world.member("NOR")) == Lines{"AFG 2015: 1 [1] | 5 [2]",
                                                  "AFG 2016: not reported [1] | 6 [2] [3]",
                                                  "SYR 2015: not reported [1] | 7 [2] [4]"});
  v1::ComparePartiesRequest request;
  const auto all = world.table(world.member("NOR"), request);
  REQUIRE(all->warnings_size() == 2);  // both say the same of the coverage
  CHECK(all->warnings(0) == "the figures differ in BREAK: SWE [3]; nothing is said of CHE");
  CHECK(all->warnings(1) == "the figures differ in DEFINITION: SWE [4]; nothing is said of CHE");
  // Of cells without a note there is nothing to warn of.
  auto* only = request.add_selections();
  only->set_dimension("CITIZEN");
  only->add_values("AFG");
  request.set_end_period("2015");
  CHECK(world.table(world.member("NOR"), request)->warnings_size() == 0);
}

TEST_CASE("figures are shown per capita and as an index, and what cannot be is a gap",
          "[statistics][compare]") {
  TableWorld world;
  v1::ComparePartiesRequest request;
  request.set_view(v1::ComparePartiesRequest::PER_CAPITA);
  world.bring(
      "SWE", "u1",
      row("A,SWE,AFG,2015,5,A,F") + row("A,SWE,AFG,2016,6,A,F") + row("M,SWE,AFG,2015-03,1,A,F"));
  world.bring("CHE", "u1", row("A,CHE,AFG,2016,3,A,F"));
  CHECK(world.table(world.member("NOR"), request).status().code() == Code::FailedPrecondition);
  // STOCK serves as the population: by citizenship, too, of which the figures have the same.
  REQUIRE(world
              .redefine([](v1::Dataflow& flow) {
                flow.mutable_denominator()->set_dataflow("dataflows/IGC.STOCK");
                flow.mutable_denominator()->set_per(1'000);
              })
              .ok());
  const auto stock = [](const std::string& rest) { return "IGC:STOCK(1.0)," + rest + "\n"; };
  REQUIRE(world
              .upload(world.member("SWE"),
                      world.begin_request("p1", v1::REPLACE, "dataflows/IGC.STOCK"),
                      kHeading + stock("A,SWE,AFG,2015,3000,A,F") + stock("A,SWE,AFG,2016,0,A,F"))
              .ok());
  CHECK(world.lines(world.member("NOR"), request) ==
        Lines{"AFG 2015: not reported | 1.66667",
              "AFG 2016: nothing to divide by | nothing to divide by",
              "AFG 2015-03: not reported | 0.333333"});
  CHECK(world.table(world.member("NOR"), request)->unit() == "per 1000 of dataflows/IGC.STOCK");
  request.set_view(v1::ComparePartiesRequest::INDEX);
  CHECK(world.table(world.member("NOR"), request).status().code() == Code::InvalidArgument);
  request.set_base_period("2015");
  request.set_start_period("2016");
  CHECK(world.lines(world.member("NOR"), request) ==
        Lines{"AFG 2016: no figure of the base period | 120"});
}

TEST_CASE("a denominator that its reader may not see is none", "[statistics][compare]") {
  TableWorld world;
  REQUIRE(world
              .redefine([](v1::Dataflow& flow) {
                flow.mutable_denominator()->set_dataflow("dataflows/IGC.STOCK");
              })
              .ok());
  v1::DefineStructuresRequest narrow;
  v1::Dataflow* stock = narrow.mutable_structures()->add_dataflows();
  *stock = world.structures_in_force.model()->find_flow("dataflows/IGC.STOCK")->wire;
  stock->mutable_visibility()->mutable_audience()->clear_any_of();
  stock->mutable_visibility()->mutable_audience()->add_any_of("process/igc/secretariat");
  REQUIRE(world.act(world.secretariat(), &Service::define_structures, narrow).ok());
  v1::ComparePartiesRequest request;
  request.set_view(v1::ComparePartiesRequest::PER_CAPITA);
  CHECK(world.table(world.member("NOR"), request).status().code() == Code::FailedPrecondition);
  v1::GetStructureRequest get;
  get.set_name("dataflows/IGC.ASYLUM");
  CHECK_FALSE(
      world.ask(world.member("NOR"), &Service::get_structure, get)->dataflows(0).has_denominator());
  CHECK(
      world.ask(world.secretariat(), &Service::get_structure, get)->dataflows(0).has_denominator());
}

// --- provisions ---------------------------------------------------------------------------------

TEST_CASE("a provision with an audience of its own is, to all others, not there",
          "[statistics][provision]") {
  TableWorld world;
  REQUIRE(world.define_reporting("A", 120, "2025").ok());
  const auto swe = world.member("SWE");
  world.bring("SWE", "u1", row("A,SWE,SYR,2025,5,A,F"));
  world.bring("CHE", "u1", row("A,CHE,SYR,2025,4,A,F"));
  const auto only_che = [](v1::Provision& one) {
    one.mutable_audience()->clear_any_of();
    one.mutable_audience()->add_any_of("party/CHE");
    *one.add_notes() = note("COVERAGE", "for the neighbours");
  };
  CHECK(world.provide(world.secretariat(), "SWE", only_che).code() == Code::PermissionDenied);
  CHECK(world.provide(world.member("CHE"), "SWE", only_che).code() == Code::PermissionDenied);
  CHECK(world.provide(swe, "SWE", [](v1::Provision& one) { one.add_reference_areas("NOR"); })
            .code() == Code::PermissionDenied);
  REQUIRE(world.provide(swe, "SWE", only_che).ok());
  for (const auto& subject : {world.member("SWE"), world.member("CHE"), world.secretariat()}) {
    CHECK(world.all(subject).size() == 2);
    CHECK(world.calendar(subject, {}).size() == 2);
  }
  const auto nor = world.member("NOR");
  CHECK(world.all(nor) == Lines{"A.CHE.SYR 2025=4/A"});
  CHECK(world.calendar(nor, {}) == Lines{"CHE 2025 due 2026-04-30 CAME_LATE"});
  v1::ComparePartiesRequest request;
  request.add_areas("CHE");
  request.add_areas("SWE");
  const auto table = world.table(nor, request);
  CHECK(table->notes_size() == 1);
  CHECK(table->rows(0).cells(1).why() == v1::Comparison::NOT_REPORTED);
  v1::GetStructureRequest get;
  get.set_name("dataflows/IGC.ASYLUM/provisions/SWE");
  CHECK(world.ask(nor, &Service::get_structure, get).status().message() ==
        "`dataflows/IGC.ASYLUM/provisions/SWE` was not found");
  get.set_name("dataflows/IGC.ASYLUM");
  get.set_with_references(true);
  CHECK(world.ask(nor, &Service::get_structure, get)->provisions_size() == 1);
  CHECK(world.ask(world.member("SWE"), &Service::get_structure, get)->provisions_size() == 2);
}

TEST_CASE("a table that would be too large is refused by what its reader sees of it",
          "[statistics][compare]") {
  TableWorld world;
  std::string rows;
  const auto months = [&](const std::string& series, int from, int to, const char* free) {
    rows.clear();
    for (int month = from; month < to; ++month) {
      const std::string number = std::to_string(month % 12 + 1);
      rows += row("M," + series + "," + std::to_string(1500 + month / 12) + "-" +
                  (number.size() == 1 ? "0" : "") + number + ",1,A," + free);
    }
  };
  const auto rows_max = static_cast<int>(limits::comparison_rows_max);
  months("SWE,AFG", 0, rows_max, "F");
  world.bring("SWE", "u1", rows);
  months("SWE,SYR", 0, 20, "C");
  world.bring("SWE", "u2", rows);
  const auto of = [&](const std::string& party) { return world.table(world.member(party), {}); };
  // What is hidden from it does not make it too large.
  REQUIRE(of("CHE").ok());
  CHECK(of("CHE")->rows_size() == rows_max);
  CHECK(of("SWE").status().code() == Code::ResourceExhausted);
  months("SWE,ERI", 0, 1, "F");
  world.bring("SWE", "u3", rows);
  const Status refused = of("CHE").status();
  CHECK(refused.code() == Code::ResourceExhausted);
  CHECK(refused.reason() == Reason::LimitReached);
  v1::ComparePartiesRequest request;
  for (std::size_t i = 0; i <= limits::query_parties_max; ++i) {
    request.add_areas("A" + std::to_string(i));
  }
  CHECK(world.table(world.member("CHE"), request).status().code() == Code::InvalidArgument);
}

TEST_CASE("a comparison, a sum and a profile stop when their reader goes",
          "[statistics][compare]") {
  // Of the rows that are read, with nothing in memory, each could be the last.
  const auto stops = [&](const auto& serve) {
    for (std::size_t after = 0;; ++after) {
      TableWorld world;
      world.bring("SWE", "u1", row("A,SWE,AFG,2015,1,A,F"));
      world.bring("SWE", "u2", row("A,SWE,AFG,2015,2,A,F") + row("A,SWE,SYR,2015,2,A,F"));
      std::size_t asked = 0;
      const auto snapshot = world.store->snapshot();
      identity::Attended attended(*snapshot, [&] { return asked++ >= after; });
      const Status status = serve(world, world.member("CHE"), attended);
      if (status.ok()) return after;
      CHECK(status.code() == Code::Cancelled);
      CHECK(asked == after + 1);  // and nothing is asked for behind it
    }
  };
  v1::ComparePartiesRequest table;
  table.set_dataflow("dataflows/IGC.ASYLUM");
  CHECK(stops([&](TableWorld& world, const auto& che, store::Snapshot& in) {
          return world.service.compare_parties(che, table, in).status();
        }) > 1);
  v1::GetProfileRequest profile;
  profile.set_process("processes/igc");
  profile.set_area("SWE");
  CHECK(stops([&](TableWorld& world, const auto& che, store::Snapshot& in) {
          return world.comparison.get_profile(che, profile, in).status();
        }) > 1);
  v1::AggregateRequest sum;
  sum.set_dataflow("dataflows/IGC.ASYLUM");
  CHECK(stops([&](TableWorld& world, const auto& che, store::Snapshot& in) {
          return world.comparison.aggregate(che, sum, in).status();
        }) > 1);
}

}  // namespace
}  // namespace entente::statistics
