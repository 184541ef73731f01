// Examples of what follows from the facts, over both times; what must not follow first.
#include "server/policy/world.h"

#include <catch2/catch.hpp>

namespace entente::policy {
namespace {

Instant day(std::string_view text) { return *parse_rfc3339(text); }
Principal principal(std::string_view text) { return *Principal::parse(text); }

// A world in the making; everything is known from 2000 on unless said otherwise.
struct Facts {
  Editor editor;

  void put(std::string key, FactBody body, Span span = {},
           std::string_view recorded = "2000-01-01") {
    const Status done = editor.put({std::move(key), std::move(body), span}, day(recorded));
    REQUIRE(done.ok());
  }
  void party(const std::string& code, PartyKind kind = PartyKind::State) {
    put("parties/" + code, Party{code, kind});
  }
  void person(const std::string& id, const std::string& party,
              const std::string& institution = "") {
    put("persons/" + id, Person{id, party, institution});
  }
  void takes_part(const std::string& process, const std::string& party, Standing standing,
                  Span span = {}, std::string_view recorded = "2000-01-01",
                  const std::set<std::string>& activities = {}) {
    put(process + "/" + party, Participation{process, party, standing, activities}, span, recorded);
  }
  void body(const std::string& process, const std::string& id, Span span = {}) {
    put(process + "/bodies/" + id, Body{process, id}, span);
  }
  void office(const std::string& id, OfficeKind kind, const std::string& party,
              const std::string& process = "", const std::string& body = "",
              const std::string& institution = "") {
    put("offices/" + id, Office{id, kind, party, process, body, institution});
  }
  void appoint(const std::string& id, const std::string& office, const std::string& person,
               Capacity capacity = Capacity::Holder, Span span = {}) {
    put("appointments/" + id, Appointment{id, office, person, capacity}, span);
  }
  [[nodiscard]] bool holds(const std::string& party, const std::string& person,
                           std::string_view named, std::string_view when = "2026-01-01",
                           Instant known_at = known_now) {
    return principals_of(editor.publish(), party, person, {day(when), known_at})
        .contains(principal(named));
  }
};

TEST_CASE("what is not there holds nothing", "[policy][world]") {
  Facts facts;
  CHECK(principals_of(facts.editor.publish(), "SWE", "", {day("2026-01-01")}).empty());
  CHECK(principals_of(facts.editor.publish(), "SWE", "anna", {day("2026-01-01")}).empty());
  CHECK(duties_of(facts.editor.publish(), "SWE", "anna", {day("2026-01-01")}).empty());
  facts.person("anna", "SWE");  // of a party that is not in being
  CHECK(principals_of(facts.editor.publish(), "SWE", "anna", {day("2026-01-01")}).empty());
  facts.party("SWE");
  facts.party("NOR");
  CHECK(principals_of(facts.editor.publish(), "NOR", "anna", {day("2026-01-01")}).empty());
  CHECK(facts.holds("SWE", "anna", "party/SWE"));
  CHECK(facts.holds("SWE", "anna", "person/anna"));
}

TEST_CASE("of two facts on one person, said at once, only that which is said again ends",
          "[policy][world]") {
  Facts facts;
  facts.party("SWE");
  const Person anna{"anna", "SWE", ""};
  facts.put("early", anna, {day("2010-01-01"), day("2012-01-01")});
  facts.put("late", anna, {day("2020-01-01"), {}});
  facts.put("early", anna, {day("2011-01-01"), day("2012-01-01")}, "2005-01-01");
  const auto are_there = [&](std::string_view when, Instant known_at = known_now) {
    const Holders found =
        who_holds(facts.editor.publish(), {{principal("party/SWE")}, {}}, {day(when), known_at});
    REQUIRE(found.parties.size() == 1);
    return found.parties.front().persons == std::vector<std::string_view>{"anna"};
  };
  const Instant before = day("2004-01-01");
  CHECK(!are_there("2010-06-01"));
  CHECK(are_there("2010-06-01", before));
  CHECK(are_there("2011-06-01"));
  CHECK(!are_there("2015-06-01"));
  CHECK(are_there("2021-06-01"));
  CHECK(are_there("2021-06-01", before));
}

TEST_CASE("suspended and former parties hold none of the process's principals", "[policy][world]") {
  const Standing closed = GENERATE(Standing::Suspended, Standing::Former);
  Facts facts;
  facts.party("ERI");
  facts.person("abel", "ERI");
  facts.takes_part("igad", "ERI", Standing::Member);
  facts.put("closed", Participation{"igad", "ERI", closed, {}}, {day("2007-04-01"), {}});
  facts.body("igad", "wg");
  facts.put("seat", Seat{"igad", Bench::Body, "wg", "ERI", "", SeatRole::Chair});
  facts.put("chair", Seat{"igad", Bench::Chair, "", "ERI", "", SeatRole::Member});
  facts.office("staff", OfficeKind::Secretariat, "ERI", "igad");
  facts.appoint("a", "staff", "abel");
  facts.put("given", Contribution{"flows", "ERI", "igad"});

  for (const char* named : {"process/igad/members", "process/igad/body/wg", "process/igad/chair",
                            "process/igad/secretariat", "contributors/flows"}) {
    CAPTURE(named);
    CHECK_FALSE(facts.holds("ERI", "abel", named, "2007-04-01"));
    CHECK(facts.holds("ERI", "abel", named, "2007-03-31T23:59:59Z"));
  }
  CHECK(facts.holds("ERI", "abel", "party/ERI"));
  CHECK(duties_of(facts.editor.publish(), "ERI", "abel", {day("2008-01-01")}).empty());
}

TEST_CASE("an observer is no member and an invited party neither", "[policy][world]") {
  Facts facts;
  facts.party("USA");
  facts.party("CHE");
  facts.takes_part("rcm", "USA", Standing::Observer);
  facts.takes_part("rcm", "CHE", Standing::Invited);
  CHECK_FALSE(facts.holds("USA", "", "process/rcm/members"));
  CHECK_FALSE(facts.holds("USA", "", "process/rcm/partners"));
  CHECK(facts.holds("USA", "", "process/rcm/observers"));
  CHECK(principals_of(facts.editor.publish(), "CHE", "", {day("2026-01-01")}).size() == 1);
}

TEST_CASE("a participation ends on its day and what we knew before stays known",
          "[policy][world]") {
  Facts facts;
  facts.party("NZL");
  facts.takes_part("apc", "NZL", Standing::Member, {day("1996-01-01"), {}}, "2000-01-01");
  // Only in 2004 was it recorded that it had ended in 2003.
  facts.takes_part("apc", "NZL", Standing::Member, {day("1996-01-01"), day("2003-07-01")},
                   "2004-02-01");
  const char* const members = "process/apc/members";
  CHECK_FALSE(facts.holds("NZL", "", members, "2003-07-01"));
  CHECK(facts.holds("NZL", "", members, "2003-06-30"));
  CHECK_FALSE(facts.holds("NZL", "", members, "1995-12-31"));
  CHECK(facts.holds("NZL", "", members, "2003-12-01", day("2004-01-31")));
  CHECK_FALSE(facts.holds("NZL", "", members, "2003-12-01", day("2004-02-01")));
  CHECK_FALSE(facts.holds("NZL", "", members, "2001-01-01", day("1999-12-31")));
}

TEST_CASE("a clock set back does not keep an old fact in force", "[policy][world]") {
  Facts facts;
  facts.party("ERI");
  facts.takes_part("igad", "ERI", Standing::Member, {}, "2020-01-01");
  facts.takes_part("igad", "ERI", Standing::Suspended, {}, "2010-01-01");
  CHECK_FALSE(facts.holds("ERI", "", "process/igad/members"));
  facts.editor.withdraw("igad/ERI", day("2005-01-01"));
  facts.takes_part("igad", "ERI", Standing::Member, {}, "2005-01-01");
  CHECK(facts.holds("ERI", "", "process/igad/members"));
}

TEST_CASE("what was said again was known until then, though the clock is set back behind it",
          "[policy][world]") {
  Facts facts;
  facts.party("ERI");
  facts.takes_part("igad", "ERI", Standing::Member, {}, "2010-01-01");
  facts.takes_part("igad", "ERI", Standing::Member, {}, "2020-01-01");
  facts.takes_part("igad", "ERI", Standing::Suspended, {}, "2015-01-01");
  CHECK(facts.holds("ERI", "", "process/igad/members", "2026-01-01", day("2016-01-01")));
  CHECK_FALSE(facts.holds("ERI", "", "process/igad/members"));
}

TEST_CASE("a limited participation opens its activities and nothing else", "[policy][world]") {
  Facts facts;
  facts.party("AUS");
  facts.takes_part("mtm", "AUS", Standing::Partner, {}, "2000-01-01", {"i-map"});
  facts.body("mtm", "i-map");
  facts.body("mtm", "wg-data");
  facts.put("s1", Seat{"mtm", Bench::Body, "i-map", "AUS", "", SeatRole::Member});
  facts.put("s2", Seat{"mtm", Bench::Body, "wg-data", "AUS", "", SeatRole::Member});
  facts.put("s3", Seat{"mtm", Bench::Chair, "", "AUS", "", SeatRole::Member});
  CHECK_FALSE(facts.holds("AUS", "", "process/mtm/partners"));
  CHECK_FALSE(facts.holds("AUS", "", "process/mtm/body/wg-data"));
  CHECK_FALSE(facts.holds("AUS", "", "process/mtm/chair"));
  CHECK(facts.holds("AUS", "", "process/mtm/body/i-map"));
}

TEST_CASE("an appointment gives what its office gives, to the party whose office it is",
          "[policy][world]") {
  Facts facts;
  facts.party("SWE");
  facts.party("NOR");
  facts.person("anna", "SWE");
  facts.person("nils", "NOR");
  facts.takes_part("igc", "SWE", Standing::Member);
  facts.body("igc", "wg-data", {{}, day("2020-01-01")});
  facts.office("contact", OfficeKind::BodyContact, "SWE", "igc", "wg-data");
  facts.office("focal", OfficeKind::FocalPoint, "SWE", "igc");
  facts.appoint("a1", "contact", "anna");
  facts.appoint("a2", "focal", "anna", Capacity::Deputy, {{}, day("2019-01-01")});
  facts.appoint("a3", "focal", "nils");  // a stranger in Sweden's office
  facts.appoint("a4", "focal", "anna", Capacity::DutyContact);
  facts.appoint("a5", "nowhere", "anna");

  CHECK(duties_of(facts.editor.publish(), "NOR", "nils", {day("2018-01-01")}).empty());
  CHECK(duties_of(facts.editor.publish(), "SWE", "anna", {day("2019-01-01")}).empty());
  CHECK(duties_of(facts.editor.publish(), "SWE", "anna", {day("2018-12-31")}) ==
        std::vector<HeldDuty>{{Duty::FocalPoint, "SWE", "igc"}});
  CHECK_FALSE(facts.holds("SWE", "anna", "process/igc/body/wg-data", "2020-01-01"));
  CHECK_FALSE(facts.holds("SWE", "", "process/igc/body/wg-data", "2018-01-01"));
  CHECK(facts.holds("SWE", "anna", "process/igc/body/wg-data", "2018-01-01"));
}

TEST_CASE("a fact that is malformed is refused and changes nothing", "[policy][world]") {
  const std::vector<Fact> bad{
      {"", Party{"SWE", PartyKind::State}, {}},
      {"k", Party{"", PartyKind::State}, {}},
      {"k", Party{"S/E", PartyKind::State}, {}},
      {"k", Party{"SWE", static_cast<PartyKind>(9)}, {}},
      {"k", Institution{"", "x"}, {}},
      {"k", Institution{"SWE", ""}, {}},
      {"k", Person{"", "SWE", ""}, {}},
      {"k", Person{"anna", "", ""}, {}},
      {"k", Person{"anna", "SWE", "a/b"}, {}},
      {"k", Participation{"", "SWE", Standing::Member, {}}, {}},
      {"k", Participation{"igc", "", Standing::Member, {}}, {}},
      {"k", Participation{"igc", "SWE", static_cast<Standing>(6), {}}, {}},
      {"k", Participation{"igc", "SWE", Standing::Member, {""}}, {}},
      {"k", Body{"", "wg"}, {}},
      {"k", Body{"igc", ""}, {}},
      {"k", Seat{"igc", static_cast<Bench>(3), "wg", "SWE", "", SeatRole::Member}, {}},
      {"k", Seat{"igc", Bench::Body, "wg", "SWE", "", static_cast<SeatRole>(3)}, {}},
      {"k", Seat{"", Bench::Body, "wg", "SWE", "", SeatRole::Member}, {}},
      {"k", Seat{"igc", Bench::Body, "", "SWE", "", SeatRole::Member}, {}},
      {"k", Seat{"igc", Bench::Chair, "wg", "SWE", "", SeatRole::Member}, {}},
      {"k", Seat{"igc", Bench::Body, "wg", "", "anna", SeatRole::Member}, {}},
      {"k", Seat{"igc", Bench::Body, "wg", "SWE", "a b", SeatRole::Member}, {}},
      {"k", Seat{"igc", Bench::Secretariat, "", "IOM", "", SeatRole::Member}, {}},
      {"k", Office{"o", static_cast<OfficeKind>(7), "SWE", "", "", ""}, {}},
      {"k", Office{"", OfficeKind::Other, "SWE", "", "", ""}, {}},
      {"k", Office{"o", OfficeKind::Other, "", "", "", ""}, {}},
      {"k", Office{"o", OfficeKind::Other, "SWE", "", "", "a/b"}, {}},
      {"k", Office{"o", OfficeKind::Other, "SWE", "", "wg", ""}, {}},
      {"k", Office{"o", OfficeKind::Other, "SWE", "a/b", "", ""}, {}},
      {"k", Office{"o", OfficeKind::FocalPoint, "SWE", "a/b", "", ""}, {}},
      {"k", Office{"o", OfficeKind::Secretariat, "SWE", "", "", ""}, {}},
      {"k", Office{"o", OfficeKind::Chair, "SWE", "", "", ""}, {}},
      {"k", Office{"o", OfficeKind::BodyContact, "SWE", "", "wg", ""}, {}},
      {"k", Office{"o", OfficeKind::BodyContact, "SWE", "igc", "", ""}, {}},
      {"k", Office{"o", OfficeKind::SecurityOfficer, "SWE", "igc", "", ""}, {}},
      {"k", Office{"o", OfficeKind::CertificateOfficer, "SWE", "igc", "", ""}, {}},
      {"k", Appointment{"a", "o", "p", static_cast<Capacity>(4)}, {}},
      {"k", Appointment{"", "o", "p", Capacity::Holder}, {}},
      {"k", Appointment{"a", "", "p", Capacity::Holder}, {}},
      {"k", Appointment{"a", "o", "", Capacity::Holder}, {}},
      {"k", Contribution{"", "SWE", ""}, {}},
      {"k", Contribution{"d", "", ""}, {}},
      {"k", Contribution{"d", "SWE", "a/b"}, {}},
  };
  Editor editor;
  std::size_t number = 0;
  for (const Fact& fact : bad) {
    CAPTURE(number++);
    const Status refused = editor.put(fact, day("2026-01-01"));
    CHECK(refused.code() == Code::InvalidArgument);
  }
  CHECK(editor.publish().version_count() == 0);
}

TEST_CASE("a world that was published stays as it was", "[policy][world]") {
  Facts facts;
  facts.party("SWE");
  facts.takes_part("igc", "SWE", Standing::Member);
  const World before = facts.editor.publish();
  facts.takes_part("igc", "SWE", Standing::Suspended, {}, "2001-01-01");
  const World after = facts.editor.publish();
  Editor other(before);
  other.withdraw("igc/SWE", day("2002-01-01"));

  const AsOf now{day("2026-01-01")};
  const Principal members = principal("process/igc/members");
  CHECK(principals_of(before, "SWE", "", now).contains(members));
  CHECK_FALSE(principals_of(after, "SWE", "", now).contains(members));
  CHECK_FALSE(principals_of(other.publish(), "SWE", "", now).contains(members));
}

}  // namespace
}  // namespace entente::policy
