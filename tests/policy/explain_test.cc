// What people read: who sees it, why, and what a change would close.
#include "server/policy/explain.h"

#include <catch2/catch.hpp>

namespace entente::policy {
namespace {

const Instant now = *parse_rfc3339("2026-11-23");
constexpr std::chrono::hours day{24};

Principal principal(std::string_view text) { return *Principal::parse(text); }
Audience any_of(const std::vector<std::string>& texts,
                const std::vector<std::string>& not_of = {}) {
  Audience audience;
  for (const auto& text : texts) audience.any_of.insert(principal(text));
  for (const auto& text : not_of) audience.none_of.insert(principal(text));
  return audience;
}

// `igc`: Sweden and Norway members, UNHCR observes, IOM staffs the secretariat.
struct Igc {
  Editor editor;
  AudienceTable table;

  Igc() {
    party("SWE", PartyKind::State);
    party("NOR", PartyKind::State);
    party("IOM", PartyKind::Organisation);
    party("UNHCR", PartyKind::Organisation);
    party("RNCOM", PartyKind::Network);
    party("HKG", PartyKind::Territory);
    person("anna", "SWE");
    person("bo", "SWE");
    person("nils", "NOR");
    person("ines", "IOM");
    person("uma", "UNHCR");
    takes_part("SWE", Standing::Member);
    takes_part("NOR", Standing::Member);
    takes_part("UNHCR", Standing::Observer);
    put("bodies/wg", Body{"igc", "wg"});
    put("seat/wg", Seat{"igc", Bench::Body, "wg", "SWE", "anna", SeatRole::Member});
    put("offices/staff", Office{"staff", OfficeKind::Secretariat, "IOM", "igc", "", ""});
    put("offices/focal", Office{"focal", OfficeKind::FocalPoint, "SWE", "igc", "", ""});
    put("appointments/staff", Appointment{"staff", "staff", "ines", Capacity::Holder});
    put("appointments/focal", Appointment{"focal", "focal", "anna", Capacity::Holder});
  }
  void put(const std::string& key, FactBody body) {
    const Status done = editor.put({key, std::move(body), {}}, now);
    REQUIRE(done.ok());
  }
  void party(const std::string& code, PartyKind kind) { put("parties/" + code, Party{code, kind}); }
  void person(const std::string& id, const std::string& party) {
    put("persons/" + id, Person{id, party, ""});
  }
  void takes_part(const std::string& party, Standing standing) {
    put("igc/" + party, Participation{"igc", party, standing, {}});
  }
  Guard guard(const Audience& audience) {
    return {.audience = table.intern(audience),
            .handling = Handling::Restricted,
            .originator = "SWE",
            .process = "igc",
            .person = "",
            .embargo_until = {},
            .expires_at = {}};
  }
  [[nodiscard]] std::string said(const Guard& guard) {
    return in_words(who_sees(editor.publish(), table, guard, {now}), *table.find(guard.audience));
  }
};

TEST_CASE("the sender is told who will see it, in words", "[policy][explain]") {
  Igc igc;
  CHECK(igc.said(igc.guard({})) == "nobody");
  CHECK(igc.said(igc.guard(any_of({"party/FRA"}))) == "nobody");
  CHECK(igc.said(igc.guard(any_of({"person/nils"}))) == "1 person in 1 state");
  CHECK(igc.said(igc.guard(any_of({"process/igc/members", "process/igc/secretariat"},
                                  {"process/igc/observers"}))) ==
        "4 people in 2 states, 1 organisation and the secretariat; not: observers");
  CHECK(igc.said(igc.guard(any_of({"party/RNCOM", "party/HKG"}))) ==
        "nobody yet in 1 network and 1 territory");
  CHECK(igc.said(igc.guard(any_of({"process/igc/members", "party/UNHCR", "party/HKG"},
                                  {"party/NOR", "process/apc/chair", "person/bo"}))) ==
        "2 people in 1 state, 1 organisation and 1 territory; not: `NOR`, the person `bo` and "
        "the chair of `apc`");
  CHECK(igc.said(igc.guard(
            any_of({"process/igc/members", "contributors/flows"}, {"contributors/stocks"}))) ==
        "3 people in 2 states; not: contributors to `stocks`");
  CHECK(igc.said(igc.guard(any_of({"process/igc/secretariat", "process/apc/secretariat"}))) ==
        "1 person in 1 organisation, the secretariat of `apc` and the secretariat of `igc`");
  CHECK(igc.said(igc.guard(any_of({"process/igc/secretariat", "process/apc/secretariat",
                                   "process/bali/secretariat", "process/rabat/secretariat"}))) ==
        "1 person in 1 organisation and the secretariats of 4 processes");
  Guard unset = igc.guard(any_of({"process/igc/members"}));
  unset.handling = Handling::Unspecified;
  CHECK(igc.said(unset) == "nobody");
}

TEST_CASE("under embargo and after expiry, only originator and secretariat are counted",
          "[policy][explain]") {
  Igc igc;
  Guard guard = igc.guard(any_of({"process/igc/members", "process/igc/secretariat"}));
  guard.embargo_until = now + day;
  CHECK(igc.said(guard) ==
        "3 people in 1 state and 1 organisation, for now the originator and the secretariat only");
  guard.embargo_until = now;
  CHECK(igc.said(guard) == "4 people in 2 states, 1 organisation and the secretariat");
  guard.expires_at = now;
  const Seers seers = who_sees(igc.editor.publish(), igc.table, guard, {now});
  CHECK(seers.narrowed);
  REQUIRE(seers.holders.parties.size() == 2);
  CHECK_FALSE(seers.holders.parties[0].whole_party);  // IOM: its secretariat staff only
  CHECK(seers.holders.parties[0].persons == std::vector<std::string_view>{"ines"});
  CHECK(seers.holders.parties[1].whole_party);
}

TEST_CASE("the holder of an entry is counted among those who see it", "[policy][explain]") {
  Igc igc;
  Guard guard = igc.guard(any_of({"party/NOR"}));
  guard.person = "bo";
  const auto seers = [&] { return who_sees(igc.editor.publish(), igc.table, guard, {now}); };
  CHECK(seers().people == 2);
  guard.person = "nils";  // of Norway: no holder of what comes from Sweden
  CHECK(seers().people == 1);
  guard.originator = "NOR";  // the holder is in the audience anyhow
  CHECK(seers().people == 1);
  guard = igc.guard(any_of({"person/anna"}));
  guard.person = "bo";
  CHECK(seers().holders.parties.size() == 1);
  CHECK(seers().people == 2);
  guard.audience = AudienceId::Nobody;
  CHECK(seers().people == 1);
}

TEST_CASE("who is of an institution by their office alone is counted among those who see",
          "[policy][explain]") {
  Igc igc;
  igc.put("institution", Institution{"SWE", "mfa"});
  CHECK(igc.said(igc.guard(any_of({"institution/SWE/mfa"}))) == "nobody");
  igc.put("offices/visa", Office{"visa", OfficeKind::Other, "SWE", "igc", "", "mfa"});
  igc.put("appointments/visa", Appointment{"visa", "visa", "bo", Capacity::Holder});
  CHECK(igc.said(igc.guard(any_of({"institution/SWE/mfa"}))) == "1 person in 1 state");
}

TEST_CASE("one who is of two parties is one person", "[policy][explain]") {
  Igc igc;
  igc.put("persons/anna2", Person{"anna", "NOR", ""});
  const Seers seers =
      who_sees(igc.editor.publish(), igc.table, igc.guard(any_of({"process/igc/members"})), {now});
  CHECK(seers.holders.parties.size() == 2);
  CHECK(seers.people == 3);
}

TEST_CASE("two persons whose names have one hash are two", "[policy][explain]") {
  // Made for it: the library's hash has no secret, so whoever names a person may choose such names.
  const std::string one = "xabgdiahfzixustf";
  const std::string other = "txtfgthtcdflgiei";
  REQUIRE(std::hash<std::string>{}(one) == std::hash<std::string>{}(other));
  Igc igc;
  igc.person(one, "NOR");
  igc.person(other, "NOR");
  igc.put("seat/one", Seat{"igc", Bench::Body, "wg", "NOR", one, SeatRole::Member});
  const World world = igc.editor.publish();
  const auto people = [&](const char* audience) {
    return who_sees(world, igc.table, igc.guard(any_of({audience})), {now}).people;
  };
  CHECK(people("party/NOR") == 3);
  CHECK(people(("person/" + one).c_str()) == 1);
  const auto holds = [&](const std::string& person, const std::string& named) {
    return principals_of(world, "NOR", person, {now}).contains(principal(named));
  };
  CHECK(holds(one, "process/igc/body/wg"));
  CHECK_FALSE(holds(other, "process/igc/body/wg"));
  CHECK(holds(other, "person/" + other));
  CHECK_FALSE(holds(other, "person/" + one));
}

TEST_CASE("every principal has its words", "[policy][explain]") {
  const std::vector<std::pair<std::string, std::string>> words{
      {"party/SWE", "`SWE`"},
      {"institution/SWE/mfa", "`mfa` of `SWE`"},
      {"person/anna", "the person `anna`"},
      {"account/SWE/anna", "the account `anna` of `SWE`"},
      {"process/igc/members", "members of `igc`"},
      {"process/igc/observers", "observers of `igc`"},
      {"process/igc/partners", "partners of `igc`"},
      {"process/igc/secretariat", "the secretariat of `igc`"},
      {"process/igc/chair", "the chair of `igc`"},
      {"process/igc/body/wg", "the body `wg` of `igc`"},
      {"contributors/flows", "contributors to `flows`"},
  };
  for (const auto& [text, said] : words) CHECK(in_words(principal(text)) == said);
  CHECK(in_words(principal("process/igc/members"), "igc") == "members");
  CHECK(in_words(principal("process/igc/body/wg"), "igc") == "the body `wg`");
}

TEST_CASE("a reader is told why, and nobody why not", "[policy][explain]") {
  Subject subject;
  subject.party = "SWE";
  subject.person = "anna";
  AudienceTable table;
  const std::vector<std::pair<std::string, std::string>> reasons{
      {"party/SWE", "you are of `SWE`"},
      {"institution/SWE/mfa", "you are of `mfa` of `SWE`"},
      {"person/anna", "it names you"},
      {"account/SWE/anna", "it names your account"},
      {"process/igc/members", "your party is a member of `igc`"},
      {"process/igc/observers", "your party is an observer of `igc`"},
      {"process/igc/partners", "your party is a partner of `igc`"},
      {"process/igc/secretariat", "you are of the secretariat of `igc`"},
      {"process/igc/chair", "you are of the chair of `igc`"},
      {"process/igc/body/wg", "you are of the body `wg` of `igc`"},
      {"contributors/flows", "your party has given its own figures to `flows`"},
  };
  for (const auto& [text, said] : reasons) {
    const Audience audience = any_of({text, "party/NOR"});
    Guard guard{.audience = table.intern(audience),
                .handling = Handling::Open,
                .originator = "SWE",
                .process = "igc",
                .person = "",
                .embargo_until = {},
                .expires_at = {}};
    subject.principals = {principal(text), principal("party/DNK")};
    subject.sight = Sight(subject.principals, table);
    const auto held = held_of(audience, subject.principals);
    CHECK(why(decide(subject, Action::Read, guard, now), held) ==
          "you can see this because " + said);
    guard.person = "anna";
    CHECK(why(decide(subject, Action::Read, guard, now), held) ==
          "you can see this because " + said + " and it is your own entry");
    guard.embargo_until = now + day;
    CHECK(why(decide(subject, Action::Read, guard, now), held) ==
          "you can see this because " + said +
              " and it is your own entry; it is under embargo or expired, but comes from your "
              "party");
    guard.handling = Handling::Unspecified;
    CHECK(why(decide(subject, Action::Read, guard, now), held).empty());
  }
  Guard guard{.audience = table.intern(any_of({"party/IOM"})),
              .handling = Handling::Open,
              .originator = "SWE",
              .process = "igc",
              .person = "",
              .embargo_until = {},
              .expires_at = now};
  Subject staff;
  staff.party = "IOM";
  staff.principals = {principal("party/IOM")};
  staff.sight = Sight(staff.principals, table);
  staff.duties = {{Duty::Secretariat, "IOM", "igc"}};
  CHECK(why(decide(staff, Action::Read, guard, now), {principal("party/IOM")}) ==
        "you can see this because you are of `IOM`; it is under embargo or expired, but you are "
        "of the secretariat");
  guard.originator = "SWE";
  guard.person = "anna";
  guard.expires_at.reset();
  CHECK(why(decide(subject, Action::Read, guard, now), {}) ==
        "you can see this because it is your own entry");
  guard.person = "";
  guard.audience = AudienceId::Nobody;
  CHECK(why(decide(subject, Action::Read, guard, now), {}).empty());
}

TEST_CASE("suspending a party is shown before it is done", "[policy][explain]") {
  Igc igc;
  const Guard members = igc.guard(any_of({"process/igc/members"}));
  const Guard body = igc.guard(any_of({"process/igc/body/wg"}));
  const Guard own = igc.guard(any_of({"party/SWE"}));
  const Guard not_members = igc.guard(any_of({"party/SWE"}, {"process/igc/members"}));
  const std::vector<ObjectGroup> objects{{"document", members, 411}, {"document", body, 1},
                                         {"series", members, 9},     {"document", own, 70},
                                         {"study", not_members, 2},  {"person", members, 2},
                                         {"body", body, 2}};
  const std::vector<OpenStream> streams{{"SWE", "anna", body},
                                        {"SWE", "bo", members},
                                        {"SWE", "", own},
                                        {"NOR", "nils", members},
                                        {"SWE", "bo", body}};
  const Change change{.kind = ChangeKind::SuspendParticipation,
                      .process = "igc",
                      .party = "SWE",
                      .appointment = ""};
  const auto shown = preview(igc.editor.publish(), igc.table, change, objects, streams, now);
  REQUIRE(shown.ok());
  CHECK(shown->closes == std::map<std::string, std::uint64_t>{
                             {"document", 412}, {"series", 9}, {"person", 2}, {"body", 2}});
  CHECK(shown->opens == std::map<std::string, std::uint64_t>{{"study", 2}});
  CHECK(shown->streams == 3);
  CHECK(shown->people == std::set<std::string>{"anna", "bo"});
  CHECK(shown->programs);
  CHECK(shown->left_vacant == std::set<std::string>{"process/igc/body/wg"});
  CHECK(shown->duties_lost.empty());  // the focal point keeps what is Sweden's
  CHECK(in_words(change, *shown) ==
        "suspending `SWE` in `igc` closes 2 bodies, 412 documents, 2 people, 9 series and 3 "
        "streams for 2 people");
  // Nothing was done.
  CHECK(principals_of(igc.editor.publish(), "SWE", "", {now}).size() == 2);

  Change other = change;
  other.party = "FRA";
  CHECK(preview(igc.editor.publish(), igc.table, other, objects, streams, now).status().code() ==
        Code::NotFound);
  other.party = "IOM";  // in being, but takes no part
  CHECK_FALSE(preview(igc.editor.publish(), igc.table, other, objects, streams, now).ok());
  other.party = "SWE";
  other.process = "a/b";
  CHECK_FALSE(preview(igc.editor.publish(), igc.table, other, objects, streams, now).ok());
}

TEST_CASE("ending an appointment or a participation is shown before it is done",
          "[policy][explain]") {
  Igc igc;
  Change change{.kind = ChangeKind::EndAppointment,
                .process = "",
                .party = "",
                .appointment = "appointments/focal"};
  const auto focal = preview(igc.editor.publish(), igc.table, change, {}, {}, now);
  REQUIRE(focal.ok());
  CHECK(focal->duties_lost == std::vector<HeldDuty>{{Duty::FocalPoint, "SWE", "igc"}});
  CHECK(focal->people == std::set<std::string>{"anna"});
  CHECK(focal->left_vacant == std::set<std::string>{"offices/focal"});
  CHECK(in_words(change, *focal) ==
        "ending `appointments/focal` closes nothing for 1 person and ends 1 duty");

  igc.put("offices/other", Office{"other", OfficeKind::Other, "SWE", "", "", ""});
  igc.put("appointments/other", Appointment{"other", "other", "bo", Capacity::Holder});
  change.appointment = "appointments/other";
  const auto other = preview(igc.editor.publish(), igc.table, change, {}, {}, now);
  CHECK(other->people.empty());
  CHECK(in_words(change, *other) == "ending `appointments/other` closes nothing");
  change.appointment = "appointments/focal";

  igc.put("appointments/acting", Appointment{"acting", "focal", "bo", Capacity::Acting});
  CHECK(preview(igc.editor.publish(), igc.table, change, {}, {}, now)->left_vacant.empty());
  igc.put("appointments/acting", Appointment{"acting", "focal", "bo", Capacity::DutyContact});
  CHECK_FALSE(preview(igc.editor.publish(), igc.table, change, {}, {}, now)->left_vacant.empty());

  const auto code = [&](const std::string& appointment, Instant when) {
    Change named = change;
    named.appointment = appointment;
    return preview(igc.editor.publish(), igc.table, named, {}, {}, when).status().code();
  };
  CHECK(code("appointments/none", now) == Code::NotFound);
  CHECK(code("offices/focal", now) == Code::NotFound);
  igc.editor.withdraw("appointments/focal", now);
  CHECK(code("appointments/focal", now) == Code::NotFound);
  REQUIRE(igc.editor
              .put({"appointments/late",
                    Appointment{"late", "focal", "bo", Capacity::Holder},
                    {now + day, {}}},
                   now)
              .ok());
  CHECK(code("appointments/late", now) == Code::NotFound);
  CHECK(code("appointments/late", now + day) == Code::Ok);

  change.appointment = "appointments/staff";
  const auto staff = preview(igc.editor.publish(), igc.table, change, {}, {}, now);
  CHECK(staff->left_vacant == std::set<std::string>{"offices/staff", "process/igc/secretariat"});
  CHECK(staff->lost == std::set<Principal>{principal("process/igc/secretariat")});
  CHECK_FALSE(staff->programs);
  // What is seen before its time is seen by the duty alone, though the audience stays as it is.
  Guard embargoed = igc.guard(any_of({"party/IOM"}));
  embargoed.embargo_until = now + day;
  const auto early = preview(igc.editor.publish(), igc.table, change, {{"report", embargoed, 1}},
                             {{"IOM", "ines", embargoed}}, now);
  CHECK(early->closes == std::map<std::string, std::uint64_t>{{"report", 1}});
  CHECK(early->streams == 1);

  change = {
      .kind = ChangeKind::EndParticipation, .process = "igc", .party = "UNHCR", .appointment = ""};
  const Guard observers = igc.guard(any_of({"process/igc/observers"}));
  const auto observer = preview(igc.editor.publish(), igc.table, change, {{"report", observers, 1}},
                                {{"UNHCR", "uma", observers}}, now);
  CHECK(in_words(change, *observer) ==
        "ending the participation of `UNHCR` in `igc` closes 1 report and 1 stream for 1 person");
}

TEST_CASE("an office is answered for by holder, deputy and acting of its own party",
          "[policy][explain]") {
  Igc igc;
  CHECK(is_answered(igc.editor.publish(), "focal", {now}));
  CHECK_FALSE(is_answered(igc.editor.publish(), "none", {now}));
  igc.put("offices/empty", Office{"empty", OfficeKind::Other, "NOR", "", "", ""});
  CHECK_FALSE(is_answered(igc.editor.publish(), "empty", {now}));
  igc.put("appointments/x", Appointment{"x", "empty", "anna", Capacity::Holder});
  CHECK_FALSE(is_answered(igc.editor.publish(), "empty", {now}));  // not Norway's to give
  igc.put("appointments/x", Appointment{"x", "empty", "nobody", Capacity::Holder});
  CHECK_FALSE(is_answered(igc.editor.publish(), "empty", {now}));
  igc.put("appointments/x", Appointment{"x", "empty", "nils", Capacity::Deputy});
  CHECK(is_answered(igc.editor.publish(), "empty", {now}));
  igc.editor.withdraw("parties/NOR", now);
  CHECK_FALSE(is_answered(igc.editor.publish(), "empty", {now}));
}

TEST_CASE("a fact is found by its key as long as it is current", "[policy][explain]") {
  Igc igc;
  const auto fact = find_fact(igc.editor.publish(), "igc/SWE");
  REQUIRE(fact.has_value());
  CHECK(std::get<Participation>(fact->body).party == "SWE");
  for (const char* key : {"parties/SWE", "persons/anna", "bodies/wg", "seat/wg", "offices/focal",
                          "appointments/focal"}) {
    CAPTURE(key);
    CHECK(find_fact(igc.editor.publish(), key)->key == key);
  }
  igc.put("institution", Institution{"SWE", "mfa"});
  igc.put("given", Contribution{"flows", "SWE", ""});
  igc.put("seat/party", Seat{"igc", Bench::Chair, "", "SWE", "", SeatRole::Member});
  for (const char* key : {"institution", "given", "seat/party"}) {
    CHECK(find_fact(igc.editor.publish(), key)->key == key);
  }
  igc.editor.withdraw("igc/SWE", now);
  CHECK_FALSE(find_fact(igc.editor.publish(), "igc/SWE").has_value());
  CHECK_FALSE(find_fact(igc.editor.publish(), "never").has_value());
  CHECK(participations_of(igc.editor.publish(), "igc", "SWE", {now}).empty());
  CHECK(participations_of(igc.editor.publish(), "igc", "NOR", {now}).size() == 1);
  CHECK(participations_of(igc.editor.publish(), "apc", "NOR", {now}).empty());
}

}  // namespace
}  // namespace entente::policy
