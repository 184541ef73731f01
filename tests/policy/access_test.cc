// The AccessService over a world in memory. What must not be told comes first.
#include <catch2/catch.hpp>

#include "server/identity/access_service.h"
#include "server/net/method_table.h"
#include "server/store/memory_store.h"

namespace entente::identity {
namespace {

using policy::Principal;
constexpr std::chrono::hours day{24};
const Instant now = *parse_rfc3339("2026-11-23T12:00:00Z");

class StoppedClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return identity::now; }
  [[nodiscard]] Tick tick() const override { return Tick(0); }
};

// The service reads nothing of the store by itself.
class NoSnapshot final : public store::Snapshot {
 public:
  Result<std::optional<std::string>> find(const store::Key&) override {
    return internal_error("not to be read");
  }
  std::unique_ptr<store::Cursor> scan(const store::Key&,
                                      const std::optional<store::Key>&) override {
    return nullptr;
  }
};

// `igc`: Sweden, Norway are members, IOM staffs the secretariat; France is elsewhere and hidden.
class Network final : public WorldSource, public GuardSource, public LineSource {
 public:
  Network() {
    for (const char* code : {"SWE", "NOR", "FRA"}) {
      put("parties/" + std::string(code), policy::Party{code, policy::PartyKind::State});
    }
    put("parties/IOM", policy::Party{"IOM", policy::PartyKind::Organisation});
    for (const auto& [id, party] : {std::pair{"anna", "SWE"},
                                    {"bo", "SWE"},
                                    {"nils", "NOR"},
                                    {"ines", "IOM"},
                                    {"fleur", "FRA"}}) {
      put("persons/" + std::string(id), policy::Person{id, party, ""});
    }
    for (const char* code : {"SWE", "NOR"}) {
      put("processes/igc/participations/" + std::string(code),
          policy::Participation{"igc", code, policy::Standing::Member, {}});
    }
    put("offices/staff",
        policy::Office{"staff", policy::OfficeKind::Secretariat, "IOM", "igc", "", ""});
    put("offices/focal",
        policy::Office{"focal", policy::OfficeKind::FocalPoint, "SWE", "igc", "", ""});
    put("offices/guard",
        policy::Office{"guard", policy::OfficeKind::SecurityOfficer, "SWE", "", "", ""});
    put("appointments/staff",
        policy::Appointment{"staff", "staff", "ines", policy::Capacity::Holder});
    put("appointments/focal",
        policy::Appointment{"focal", "focal", "anna", policy::Capacity::Holder});
    put("appointments/guard",
        policy::Appointment{"guard", "guard", "bo", policy::Capacity::Holder});
    all_ = number({"process/igc/members", "process/igc/secretariat"});
    const auto entry = [&](const std::string& name, const std::string& party,
                           const std::string& process = "") {
      guards_[name] = {.audience = all_,
                       .handling = policy::Handling::Limited,
                       .originator = party,
                       .process = process,
                       .person = "",
                       .embargo_until = {},
                       .expires_at = {}};
    };
    for (const char* code : {"SWE", "NOR", "IOM"}) entry("parties/" + std::string(code), code);
    entry("persons/anna", "SWE");
    entry("persons/nils", "NOR");
    entry("persons/ines", "IOM");
    entry("processes/igc", "", "igc");
    entry("processes/igc/participations/SWE", "", "igc");
    entry("appointments/focal", "SWE", "igc");
    entry("appointments/guard", "SWE");
    entry("offices/focal", "SWE", "igc");
    entry("documents/paper", "SWE", "igc");
    guards_["persons/bo"] = guards_["persons/anna"];
    guards_["persons/bo"].audience = number({"party/SWE"});
    guards_["parties/FRA"] = guards_["parties/SWE"];
    guards_["parties/FRA"].originator = "FRA";
    guards_["parties/FRA"].audience = number({"party/FRA"});
    guards_["persons/fleur"] = guards_["parties/FRA"];
  }

  void put(const std::string& key, policy::FactBody body, Instant known = now - 100 * day) {
    REQUIRE(editor_.put({key, std::move(body), {}}, known).ok());
  }
  policy::AudienceId number(const std::vector<std::string>& any_of,
                            const std::vector<std::string>& none_of = {}) {
    policy::Audience audience;
    for (const auto& text : any_of) audience.any_of.insert(*Principal::parse(text));
    for (const auto& text : none_of) audience.none_of.insert(*Principal::parse(text));
    return table_.intern(audience);
  }
  [[nodiscard]] policy::Subject subject(const std::string& person, const std::string& party) {
    policy::Subject subject = policy::subject_of(editor_.publish(), table_, party, person, {now});
    subject.account = "parties/" + party + "/accounts/" + person;
    return subject;
  }
  policy::Guard& guard(const std::string& name) { return guards_[name]; }

  std::shared_ptr<const policy::World> world() const override {
    return std::make_shared<const policy::World>(editor_.publish());
  }
  std::shared_ptr<const policy::AudienceTable> audiences() const override {
    return std::make_shared<const policy::AudienceTable>(table_);
  }
  Result<std::optional<policy::Guard>> find_guard(store::Snapshot&, std::string_view name,
                                                  const policy::AsOf& as_of) const override {
    if (fails) return Status(Code::DataLoss, Reason::None, "lost");
    if (as_of.when < now - 100 * day) return std::optional<policy::Guard>();
    const auto found = guards_.find(name);
    if (found == guards_.end()) return std::optional<policy::Guard>();
    return std::optional(found->second);
  }
  Result<std::vector<policy::ObjectGroup>> objects(store::Snapshot&) const override {
    std::vector<policy::ObjectGroup> all;
    for (const auto& [name, guard] : guards_) all.push_back({"entry", guard, 1});
    return all;
  }
  std::vector<policy::OpenStream> open_streams() const override {
    return {{"SWE", "anna", guards_.at("documents/paper")},
            {"SWE", "anna", guards_.at("persons/fleur")}};
  }
  Result<std::uint32_t> programs_of(std::string_view party) const override {
    return party == "SWE" ? 2U : 0U;
  }

  bool fails = false;

 private:
  mutable policy::Editor editor_;
  policy::AudienceTable table_;
  policy::AudienceId all_{};
  std::map<std::string, policy::Guard, std::less<>> guards_;
};

struct Access {
  Network network;
  StoppedClock clock;
  NoSnapshot snapshot;
  AccessService service{{network, network, {&network}, clock}};
  policy::Subject anna = network.subject("anna", "SWE");
  policy::Subject bo = network.subject("bo", "SWE");
  policy::Subject nils = network.subject("nils", "NOR");
  policy::Subject ines = network.subject("ines", "IOM");
  policy::Subject fleur = network.subject("fleur", "FRA");

  auto can_see(const policy::Subject& who, const std::string& object) {
    v1::WhoCanSeeRequest message;
    message.set_object(object);
    return service.who_can_see(who, message, snapshot);
  }
  auto draft(const policy::Subject& who, const std::vector<std::string>& any_of,
             const std::vector<std::string>& none_of = {},
             v1::Handling handling = v1::HANDLING_RESTRICTED, const std::string& process = "") {
    v1::WhoCanSeeRequest message;
    v1::Visibility& visibility = *message.mutable_draft()->mutable_visibility();
    for (const auto& text : any_of) visibility.mutable_audience()->add_any_of(text);
    for (const auto& text : none_of) visibility.mutable_audience()->add_none_of(text);
    visibility.set_handling(handling);
    message.mutable_draft()->set_process(process);
    return service.who_can_see(who, message, snapshot);
  }
  auto explain(const policy::Subject& who, const std::string& object) {
    v1::ExplainMyAccessRequest message;
    message.set_object(object);
    return service.explain_my_access(who, message, snapshot);
  }
  auto could_see(const policy::Subject& who, const std::string& object, Instant at,
                 std::optional<Instant> known_at = {}) {
    v1::WhoCouldSeeRequest message;
    message.set_object(object);
    const auto seconds = [](Instant instant) {
      return std::chrono::duration_cast<std::chrono::seconds>(instant.time_since_epoch()).count();
    };
    message.mutable_at()->set_seconds(seconds(at));
    if (known_at) message.mutable_known_at()->set_seconds(seconds(*known_at));
    return service.who_could_see(who, message, snapshot);
  }
  auto suspend(const policy::Subject& who, const std::string& name,
               v1::ParticipationChange::Kind kind = v1::ParticipationChange::SUSPEND) {
    v1::PreviewChangeRequest message;
    message.mutable_participation()->set_name(name);
    message.mutable_participation()->set_kind(kind);
    return service.preview_change(who, message, snapshot);
  }
  auto end_appointment(const policy::Subject& who, const std::string& name,
                       v1::AppointmentChange::Kind kind = v1::AppointmentChange::END) {
    v1::PreviewChangeRequest message;
    message.mutable_appointment()->set_name(name);
    message.mutable_appointment()->set_kind(kind);
    return service.preview_change(who, message, snapshot);
  }
};

std::string all_of(const Status& status) {
  std::string text = std::string(name_of(status.code())) + std::string(name_of(status.reason())) +
                     std::string(status.message()) + std::string(status.detail());
  for (const auto& violation : status.violations()) text += violation.field + violation.rule;
  return text;
}

TEST_CASE("what the caller may not see is answered like what never was", "[access]") {
  Access access;
  const std::string absent = all_of(access.can_see(access.fleur, "documents/none").status());
  CHECK(absent == all_of(access.can_see(access.fleur, "documents/paper").status()));
  CHECK(absent == all_of(access.explain(access.fleur, "documents/paper").status()));
  CHECK(absent == all_of(access.explain(access.fleur, "documents/none").status()));
  CHECK(absent == all_of(access.could_see(access.fleur, "documents/paper", now).status()));
  CHECK(absent ==
        all_of(access.suspend(access.fleur, "processes/igc/participations/SWE").status()));
  CHECK(absent == all_of(access.suspend(access.ines, "processes/igc/participations/FRA").status()));
  CHECK(absent == all_of(access.end_appointment(access.fleur, "appointments/focal").status()));
  CHECK(absent == all_of(access.end_appointment(access.fleur, "appointments/none").status()));
  CHECK(absent ==
        all_of(access.draft(access.fleur, {}, {}, v1::HANDLING_OPEN, "processes/igc").status()));
  CHECK(absent ==
        all_of(access.draft(access.fleur, {}, {}, v1::HANDLING_OPEN, "processes/no").status()));
}

TEST_CASE("a hidden principal in a draft is reckoned as one that never was", "[access]") {
  Access access;
  for (const auto& [hidden, never] : {std::pair{"party/FRA", "party/XXX"},
                                      {"person/fleur", "person/nobody"},
                                      {"process/apc/members", "process/none/members"},
                                      {"process/apc/partners", "process/none/partners"},
                                      {"process/apc/chair", "process/none/chair"},
                                      {"contributors/flows", "contributors/none"},
                                      {"institution/FRA/mfa", "institution/FRA/none"},
                                      {"account/FRA/fleur", "account/FRA/none"},
                                      {"process/igc/body/wg", "process/igc/body/none"}}) {
    const auto one = access.draft(access.anna, {hidden, "party/NOR"});
    const auto two = access.draft(access.anna, {never, "party/NOR"});
    REQUIRE(one.ok());
    REQUIRE(two.ok());
    CHECK(one->reckoning().people() == 1);
    REQUIRE(one->reckoning().unknown_size() == 1);
    v1::Reckoning first = one->reckoning();
    v1::Reckoning second = two->reckoning();
    CHECK(first.unknown(0) == hidden);
    first.clear_unknown();
    second.clear_unknown();
    CHECK(first.SerializeAsString() == second.SerializeAsString());
  }
  // To its own people it is known.
  CHECK(access.draft(access.fleur, {"party/FRA"})->reckoning().people() == 1);
}

TEST_CASE("a mere reader is told why, not who else", "[access]") {
  Access access;
  const Status refused = access.can_see(access.nils, "documents/paper").status();
  CHECK(refused.code() == Code::PermissionDenied);
  CHECK(refused.reason() == Reason::NotYours);
  CHECK(access.could_see(access.nils, "documents/paper", now).status().reason() ==
        Reason::NotYours);
  const auto why = access.explain(access.nils, "documents/paper");
  REQUIRE(why.ok());
  CHECK(why->in_words() == "you can see this because your party is a member of `igc`");
  REQUIRE(why->held_size() == 1);
  CHECK(why->held(0) == "process/igc/members");
  REQUIRE(why->because_size() == 1);
  CHECK(why->because(0) == "audience");
  CHECK(why->handling() == v1::HANDLING_LIMITED);
  CHECK_FALSE(why->leaves_receipt());
  CHECK_FALSE(why->has_until());
  access.network.guard("documents/paper").expires_at = now + day;
  access.network.guard("documents/paper").handling = policy::Handling::Confidential;
  CHECK(access.explain(access.nils, "documents/paper")->has_until());
  CHECK(access.explain(access.nils, "documents/paper")->leaves_receipt());
  CHECK_FALSE(access.explain(access.anna, "documents/paper")->has_until());
  access.network.guard("documents/paper").expires_at = now;
  CHECK(access.explain(access.nils, "documents/paper").status().code() == Code::NotFound);
  CHECK_FALSE(access.explain(access.anna, "documents/paper")->has_until());
}

TEST_CASE("the originator and the secretariat are told who sees it, by name where they may",
          "[access]") {
  Access access;
  const auto ines = access.can_see(access.ines, "documents/paper");
  REQUIRE(ines.ok());
  const v1::Reckoning& reckoning = ines->reckoning();
  CHECK(reckoning.in_words() == "4 people in 2 states, 1 organisation and the secretariat");
  CHECK(reckoning.people() == 4);
  CHECK(reckoning.states() == 2);
  CHECK(reckoning.organisations() == 1);
  CHECK(reckoning.programs() == 2);
  REQUIRE(reckoning.parties_size() == 3);
  const v1::PartyReckoning& sweden = reckoning.parties(2);
  CHECK(sweden.party() == "parties/SWE");
  CHECK(sweden.people() == 2);
  CHECK(sweden.programs() == 2);
  REQUIRE(sweden.people_named_size() == 1);  // bo's entry is Sweden's own affair
  CHECK(sweden.people_named(0) == "persons/anna");
  CHECK(sweden.people_unnamed() == 1);
  CHECK(sweden.whole_party());
  REQUIRE(sweden.through_size() == 1);
  CHECK(sweden.through(0) == "process/igc/members");
  CHECK_FALSE(reckoning.parties(0).whole_party());  // IOM: its staff only
  CHECK(reckoning.parties(0).programs() == 0);
  CHECK(
      access.can_see(access.anna, "documents/paper")->reckoning().parties(2).people_named_size() ==
      2);
}

TEST_CASE("people of a party that the caller may not see are counted without it", "[access]") {
  Access access;
  access.network.guard("documents/paper").audience =
      access.network.number({"party/SWE", "party/FRA", "process/igc/secretariat"});
  access.ines = access.network.subject("ines", "IOM");  // its sight knows the new number
  const auto told = access.can_see(access.ines, "documents/paper");
  REQUIRE(told.ok());
  CHECK(told->reckoning().people() == 4);
  const v1::PartyReckoning& last = told->reckoning().parties(told->reckoning().parties_size() - 1);
  CHECK(last.party().empty());
  CHECK(last.people_unnamed() == 1);
  CHECK(last.through_size() == 0);
  CHECK(told->SerializeAsString().find("FRA") == std::string::npos);
  CHECK(told->SerializeAsString().find("fleur") == std::string::npos);
}

TEST_CASE("of a party a thousand people are named, and all are counted", "[access]") {
  Access access;
  for (int i = 0; i < 1'001; ++i) {
    const std::string id = "p" + std::to_string(i);
    access.network.put("persons/" + id, policy::Person{id, "SWE", ""});
    access.network.guard("persons/" + id) = access.network.guard("persons/anna");
  }
  access.network.put("persons/zoe", policy::Person{"zoe", "NOR", ""});  // no room has an entry
  const auto told = access.can_see(access.anna, "documents/paper");
  REQUIRE(told.ok());
  CHECK(told->reckoning().people() == 4 + 1'001 + 1);
  REQUIRE(told->reckoning().parties_size() == 3);
  const v1::PartyReckoning& sweden = told->reckoning().parties(2);
  CHECK(sweden.people() == 1'003);
  CHECK(sweden.people_named_size() == 1'000);
  CHECK(sweden.people_unnamed() == 3);
  const v1::PartyReckoning& norway = told->reckoning().parties(1);
  REQUIRE(norway.people_named_size() == 1);
  CHECK(norway.people_named(0) == "persons/nils");
  CHECK(norway.people_unnamed() == 1);
}

TEST_CASE("a draft says who will see it before it is sent", "[access]") {
  Access access;
  const auto told = access.draft(access.anna, {"process/igc/members", "process/igc/secretariat"},
                                 {"party/NOR", "process/igc/observers"}, v1::HANDLING_CONFIDENTIAL,
                                 "processes/igc");
  REQUIRE(told.ok());
  CHECK(told->reckoning().in_words() ==
        "3 people in 1 state, 1 organisation and the secretariat; not: `NOR` and observers");
  CHECK(told->reckoning().excluded_size() == 2);
  CHECK_FALSE(told->reckoning().narrowed());
  CHECK(access.draft(access.anna, {})->reckoning().in_words() == "nobody");

  v1::WhoCanSeeRequest embargoed;
  v1::Visibility& visibility = *embargoed.mutable_draft()->mutable_visibility();
  visibility.mutable_audience()->add_any_of("process/igc/members");
  visibility.set_handling(v1::HANDLING_LIMITED);
  visibility.mutable_embargo_until()->set_seconds(4'000'000'000);
  const auto narrowed = access.service.who_can_see(access.anna, embargoed, access.snapshot);
  REQUIRE(narrowed.ok());
  CHECK(narrowed->reckoning().narrowed());
  CHECK(narrowed->reckoning().people() == 2);
}

TEST_CASE("what is malformed is refused with its field", "[access]") {
  Access access;
  const auto field = [](const Status& status) {
    CHECK(status.code() == Code::InvalidArgument);
    return status.violations().empty() ? "" : status.violations()[0].field;
  };
  CHECK(field(access.service.who_can_see(access.anna, {}, access.snapshot).status()) == "subject");
  CHECK(field(access.service.preview_change(access.anna, {}, access.snapshot).status()) ==
        "subject");
  for (const char* name : {"", "documents", "documents/", "/paper", "documents//paper", "a b/c"}) {
    CAPTURE(name);
    CHECK(field(access.can_see(access.anna, name).status()) == "object");
    CHECK(field(access.explain(access.anna, name).status()) == "object");
    CHECK(field(access.could_see(access.anna, name, now).status()) == "object");
  }
  CHECK(field(access.explain(access.anna, "a/" + std::string(600, '/')).status()) == "object");
  std::string long_name = "a";
  for (int i = 0; i < 300; ++i) long_name += "/b";
  CHECK(field(access.explain(access.anna, long_name).status()) == "object");
  const std::string audience = "draft.visibility.audience.";
  CHECK(field(access.draft(access.anna, {"party/SWE", "all"}).status()) == audience + "any_of[1]");
  CHECK(field(access.draft(access.anna, {}, {"*"}).status()) == audience + "none_of[0]");
  CHECK(field(access.draft(access.anna, std::vector<std::string>(257, "party/SWE")).status()) ==
        audience + "any_of");
  for (const int handling : {0, 5, 257, 256 + 1, -1}) {
    CHECK(field(access.draft(access.anna, {}, {}, static_cast<v1::Handling>(handling)).status()) ==
          "draft.visibility.handling");
  }
  CHECK(field(access.draft(access.anna, {}, {}, v1::HANDLING_OPEN, "parties/SWE").status()) ==
        "draft.process");
  CHECK(field(access.suspend(access.ines, "processes/igc").status()) == "participation.name");
  CHECK(field(access.suspend(access.ines, "processes/igc/bodies/SWE").status()) ==
        "participation.name");
  CHECK(field(access
                  .suspend(access.ines, "processes/igc/participations/SWE",
                           v1::ParticipationChange::KIND_UNSPECIFIED)
                  .status()) == "participation.kind");
  CHECK(field(access.end_appointment(access.ines, "offices/focal").status()) == "appointment.name");
  CHECK(field(access
                  .end_appointment(access.ines, "appointments/focal",
                                   v1::AppointmentChange::KIND_UNSPECIFIED)
                  .status()) == "appointment.kind");
  v1::WhoCouldSeeRequest timeless;
  timeless.set_object("documents/paper");
  CHECK(field(access.service.who_could_see(access.anna, timeless, access.snapshot).status()) ==
        "at");
  for (const auto& [seconds, nanos] :
       {std::pair{0L, -1}, {0L, 1'000'000'000}, {-62'135'596'801L, 0}, {253'402'300'800L, 0}}) {
    timeless.mutable_at()->set_seconds(seconds);
    timeless.mutable_at()->set_nanos(nanos);
    CHECK(field(access.service.who_could_see(access.anna, timeless, access.snapshot).status()) ==
          "at");
  }
  CHECK(field(access.could_see(access.anna, "documents/paper", now, now + day).status()) ==
        "known_at");
}

TEST_CASE("who could see it on that day, as known then or now", "[access]") {
  Access access;
  // Norway had left sixty days ago; that became known ten days ago.
  access.network.put("processes/igc/participations/NOR",
                     policy::Participation{"igc", "NOR", policy::Standing::Former, {}},
                     now - 10 * day);
  const Instant then = now - 60 * day;
  const auto by_now = access.could_see(access.anna, "documents/paper", then);
  REQUIRE(by_now.ok());
  CHECK(by_now->reckoning().people() == 3);
  CHECK(by_now->visibility().handling() == v1::HANDLING_LIMITED);
  CHECK(by_now->visibility().audience().any_of_size() == 2);
  const auto as_known = access.could_see(access.anna, "documents/paper", then, now - 11 * day);
  REQUIRE(as_known.ok());
  CHECK(as_known->reckoning().people() == 4);
  policy::Guard& paper = access.network.guard("documents/paper");
  CHECK_FALSE(by_now->visibility().has_embargo_until());
  paper.embargo_until = now - 90 * day;
  paper.expires_at = now + day;
  paper.audience = access.network.number({"process/igc/members"}, {"party/NOR", "party/FRA"});
  access.anna = access.network.subject("anna", "SWE");
  const auto narrowed = access.could_see(access.anna, "documents/paper", then);
  REQUIRE(narrowed.ok());
  CHECK(narrowed->visibility().has_embargo_until());
  CHECK(narrowed->visibility().has_expires_at());
  REQUIRE(narrowed->visibility().audience().none_of_size() == 1);  // France is not Anna's to see
  CHECK(narrowed->visibility().audience().none_of(0) == "party/NOR");
  const auto before = access.could_see(access.anna, "documents/paper", now - 200 * day);
  REQUIRE(before.ok());
  CHECK(before->reckoning().in_words() == "nobody");
  CHECK_FALSE(before->has_visibility());
}

TEST_CASE("the preview of a change is for those who keep it", "[access]") {
  Access access;
  const std::string participation = "processes/igc/participations/SWE";
  CHECK(access.suspend(access.anna, participation).status().reason() == Reason::NotYours);
  CHECK(access.suspend(access.nils, participation).status().reason() == Reason::NotYours);
  const auto told = access.suspend(access.ines, participation);
  REQUIRE(told.ok());
  CHECK(told->people() == 2);
  REQUIRE(told->people_named_size() == 1);
  CHECK(told->people_named(0) == "persons/anna");
  CHECK(told->streams() == 1);  // the one on what ines may not read is not counted
  REQUIRE(told->closes_size() == 1);
  CHECK(told->closes(0).kind() == "entry");
  CHECK(told->closes(0).count() == 12);
  REQUIRE(told->principals_lost_size() == 1);
  CHECK(told->principals_lost(0) == "process/igc/members");
  CHECK(told->in_words() ==
        "suspending `SWE` in `igc` closes 12 entries and 1 stream for 2 people");
  CHECK(access.suspend(access.ines, participation, v1::ParticipationChange::END)->in_words() ==
        "ending the participation of `SWE` in `igc` closes 12 entries and 1 stream for 2 people");

  CHECK(access.end_appointment(access.nils, "appointments/focal").status().reason() ==
        Reason::NotYours);
  for (const auto* who : {&access.anna, &access.ines}) {
    const auto ended = access.end_appointment(*who, "appointments/focal");
    REQUIRE(ended.ok());
    REQUIRE(ended->left_vacant_size() == 1);
    CHECK(ended->left_vacant(0) == "offices/focal");
  }
  // One that is of no process: the party's focal points and its security officer.
  CHECK(access.end_appointment(access.ines, "appointments/guard").status().reason() ==
        Reason::NotYours);
  CHECK(access.end_appointment(access.anna, "appointments/guard").ok());
  const auto guard = access.end_appointment(access.bo, "appointments/guard");
  REQUIRE(guard.ok());
  CHECK(guard->left_vacant_size() == 0);  // an office that bo may not see
  CHECK(access.end_appointment(access.bo, "appointments/focal").status().reason() ==
        Reason::NotYours);
  // The entry is there, but no such fact: nothing to end.
  access.network.guard("appointments/ghost") = access.network.guard("appointments/focal");
  CHECK(access.end_appointment(access.anna, "appointments/ghost").status().code() ==
        Code::NotFound);
}

TEST_CASE("the preview of a change says what is gained, and what nobody would hold", "[access]") {
  Access access;
  Network& network = access.network;
  network.guard("processes/igc/participations/NOR") =
      network.guard("processes/igc/participations/SWE");
  network.put("bodies/wg", policy::Body{"igc", "wg"});
  network.put("seats/wg",
              policy::Seat{"igc", policy::Bench::Body, "wg", "NOR", "", policy::SeatRole::Member});
  const auto end = [&](const policy::Subject& who, const std::string& party) {
    return access.suspend(who, "processes/igc/participations/" + party,
                          v1::ParticipationChange::END);
  };
  auto told = end(access.ines, "NOR");
  REQUIRE(told.ok());
  CHECK(told->left_vacant_size() == 0);  // a body that ines may not see
  CHECK(told->principals_lost_size() == 1);
  network.guard("processes/igc/bodies/wg") = network.guard("processes/igc");
  told = end(access.ines, "NOR");
  REQUIRE(told.ok());
  REQUIRE(told->left_vacant_size() == 1);
  CHECK(told->left_vacant(0) == "process/igc/body/wg");
  CHECK(told->principals_lost_size() == 2);
  CHECK(told->principals_gained_size() == 0);
  // Whoever staffs the secretariat does so though their party takes no part, but not while it is
  // suspended.
  network.put("processes/igc/participations/IOM",
              policy::Participation{"igc", "IOM", policy::Standing::Suspended, {}});
  network.guard("processes/igc/participations/IOM") =
      network.guard("processes/igc/participations/SWE");
  network.put("offices/more",
              policy::Office{"more", policy::OfficeKind::Secretariat, "SWE", "igc", "", ""});
  network.put("appointments/more",
              policy::Appointment{"more", "more", "bo", policy::Capacity::Holder});
  told = end(network.subject("bo", "SWE"), "IOM");
  REQUIRE(told.ok());
  REQUIRE(told->principals_gained_size() == 1);
  CHECK(told->principals_gained(0) == "process/igc/secretariat");
}

TEST_CASE("a store that fails is not an answer", "[access]") {
  Access access;
  access.network.fails = true;
  CHECK(access.can_see(access.anna, "documents/paper").status().code() == Code::DataLoss);
  CHECK(access.draft(access.anna, {"party/SWE"}).status().code() == Code::DataLoss);
  CHECK(access.explain(access.anna, "documents/paper").status().code() == Code::DataLoss);
  CHECK(access.could_see(access.anna, "documents/paper", now).status().code() == Code::DataLoss);
  CHECK(access.suspend(access.ines, "processes/igc/participations/SWE").status().code() ==
        Code::DataLoss);
}

}  // namespace
}  // namespace entente::identity
