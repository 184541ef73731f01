// What the figures say beside each other and beside what was promised.
#include "server/statistics/comparison.h"
#include "tests/statistics/world.h"

namespace entente::statistics {
namespace {

using testing::StatisticsWorld;
using Lines = std::vector<std::string>;

const std::string kHeading =
    "DATAFLOW,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n";

std::string row(const std::string& rest) { return "IGC:ASYLUM(1.0)," + rest + "\n"; }

struct ComparisonWorld : StatisticsWorld {
  ComparisonWorld()
      : comparison({.service = service, .structures = structures_in_force, .clock = clock}) {}

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
};

// --- the calendar -------------------------------------------------------------------------------

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

}  // namespace
}  // namespace entente::statistics
