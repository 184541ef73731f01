// Who holds an office and by whose word, where one word stands against another: a later day, a
// signed end, a second officer, another party, a proposal that was overtaken.
#include "proto/contract/consent.h"
#include "tests/directory/world.h"

namespace entente::directory {
namespace {

using testing::DirectoryWorld;
using testing::WorldSigners;

const std::string anna = "persons/swe.anna.lindqvist";
const std::string focal_point = "offices/swe.igc.focal-point";

struct HandedOver : DirectoryWorld {
  policy::Subject swede() const { return as("SWE", "anna.lindqvist"); }
  policy::Subject helena() const { return as("IGC", "helena.brandt"); }
  policy::Subject marc() const { return as("IGC", "marc.delisle"); }

  std::string person(const std::string& id) {
    v1::CreatePersonRequest request;
    request.mutable_person()->set_name("persons/swe." + id);
    request.mutable_person()->set_party("parties/SWE");
    request.mutable_person()->set_display_name("Somebody New");
    request.set_process("processes/igc");
    REQUIRE(act(swede(), &Service::create_person, request).status().message() == "");
    return request.person().name();
  }
  Result<v1::HandOverReply> hand_over(const std::string& to, const std::string& since,
                                      const std::string& seed,
                                      const std::string& office = focal_point) {
    v1::HandOverRequest request;
    request.set_office(office);
    request.set_person(to);
    request.set_since(since);
    return act(swede(), &Service::hand_over, signed_by(swede(), request, seed));
  }
  Status deputy(const std::string& who, const std::string& since, const std::string& seed) {
    v1::AppointRequest request;
    request.set_office(focal_point);
    request.set_person(who);
    request.set_capacity(v1::DEPUTY);
    request.set_since(since);
    return act(swede(), &Service::appoint, signed_by(swede(), request, seed, v1::DEPUTY)).status();
  }
  std::vector<v1::Appointment> history() {
    v1::GetOfficeHistoryRequest request;
    request.set_name(focal_point);
    const auto shown = ask(swede(), &Service::get_office_history, request);
    REQUIRE(shown.ok());
    std::vector<v1::Appointment> all;
    for (const v1::Answer& one : shown->holders()) all.push_back(one.appointment());
    return all;
  }
  std::string until_of(const std::string& who) {
    for (const v1::Appointment& one : history()) {
      if (one.person() == who) return one.span().until();
    }
    return "nobody";
  }
};

// What two persons of the secretariat may make of Thailand.
struct Proposed : HandedOver {
  Result<v1::ParticipationProposal> propose(const std::string& status,
                                            const std::vector<std::string>& activities = {}) {
    v1::ProposeParticipationRequest request;
    request.set_process("processes/igc");
    request.set_party("parties/THA");
    v1::Participation::Status as = v1::Participation::STATUS_UNSPECIFIED;
    REQUIRE(v1::Participation::Status_Parse(status, &as));
    request.mutable_standing()->set_status(as);
    request.mutable_standing()->mutable_span()->set_since("2026-11-23");
    *request.mutable_standing()->mutable_activities() = {activities.begin(), activities.end()};
    std::string all;
    for (const std::string& one : activities) all += (all.empty() ? "" : ",") + one;
    request.set_signature(WorldSigners::sign(helena(), message(status, all)));
    return act(helena(), &Service::propose_participation, request);
  }
  Status approve(const v1::ParticipationProposal& proposal, const std::string& status) {
    v1::ApproveParticipationRequest request;
    request.set_name(proposal.name());
    request.set_digest(proposal.digest());
    request.set_signature(WorldSigners::sign(marc(), message(status)));
    return act(marc(), &Service::approve_participation, request).status();
  }
  Result<v1::ListParticipationProposalsReply> list(const policy::Subject& who,
                                                   const std::string& process) {
    v1::ListParticipationProposalsRequest request;
    request.set_process(process);
    return ask(who, &Service::list_participation_proposals, request);
  }

 private:
  static std::string message(const std::string& status, const std::string& activities = {}) {
    return consent_message(as_view(sha256("entente/participation/1\nprocesses/igc\nparties/THA\n" +
                                          status + "\n2026-11-23\n\n" + activities + "\n\n0")));
  }
};

TEST_CASE("an office is not handed over before a hand-over that is to come", "[directory]") {
  HandedOver world;
  const std::string first = world.person("first");
  const std::string second = world.person("second");
  REQUIRE(world.hand_over(first, "2026-12-15", "1").status().message() == "");
  CHECK(world.hand_over(second, "2026-12-01", "2").status().reason() == Reason::Conflict);
  CHECK(world.until_of(anna) == "2026-12-15");
  CHECK(world.until_of(second) == "nobody");
}

TEST_CASE("who ends a hand-over to come undoes no end that was signed", "[directory]") {
  HandedOver world;
  const auto end = world.end_by(world.swede(), world.history().at(0).name(), "2026-12-15");
  REQUIRE(world.act(world.swede(), &Service::end_appointment, end).ok());
  const auto next = world.hand_over(world.person("next"), "2026-12-15", "1");
  REQUIRE(next.status().message() == "");
  const auto never = world.end_by(world.swede(), next->begun().name());
  REQUIRE(world.act(world.swede(), &Service::end_appointment, never).ok());
  CHECK(world.until_of(anna) == "2026-12-15");
}

TEST_CASE("an appointment begins within a year", "[directory]") {
  HandedOver world;
  const std::string next = world.person("next");
  CHECK(world.deputy(next, "2027-11-25", "1").code() == Code::InvalidArgument);
  CHECK(world.hand_over(next, "2027-11-25", "2").status().code() == Code::InvalidArgument);
  CHECK(world.deputy(next, "2027-11-20", "3").ok());
}

TEST_CASE("what is asked again under one name is the same, or refused", "[directory]") {
  HandedOver world;
  const std::string one = world.person("one");
  const std::string other = world.person("other");
  REQUIRE(world.deputy(one, "2026-11-23", "1").ok());
  CHECK(world.deputy(one, "2026-11-23", "1").ok());
  CHECK(world.deputy(other, "2026-11-23", "1").code() == Code::AlreadyExists);
  CHECK(world.deputy(one, "2026-11-24", "1").code() == Code::AlreadyExists);
  CHECK(world.until_of(other) == "nobody");
}

TEST_CASE("nobody comes to keep a party's accounts and its certificates by a hand-over",
          "[directory]") {
  HandedOver world;
  const std::string accounts = "offices/swe.security-officer";
  const std::string lars = "persons/swe.lars.nyberg";
  const std::string eva = "persons/swe.eva.sandberg";
  const auto refused = world.hand_over(eva, "2026-11-23", "1", accounts);
  CHECK(refused.status().reason() == Reason::Conflict);
  CHECK(world.hand_over(lars, "2026-11-23", "2", accounts).status().message() == "");
}

TEST_CASE("who holds another party's office, that party signs", "[directory][signature]") {
  HandedOver world;
  v1::CreateOfficeRequest create;
  create.mutable_office()->set_name("offices/swe.igc.lent");
  create.mutable_office()->set_kind(v1::SECRETARIAT_STAFF);
  create.mutable_office()->set_title("Lent to the secretariat");
  create.mutable_office()->set_party("parties/SWE");
  create.mutable_office()->set_process("processes/igc");
  REQUIRE(world.act(world.helena(), &Service::create_office, create).status().message() == "");
  v1::AppointRequest request;
  request.set_office("offices/swe.igc.lent");
  request.set_person(anna);
  request.set_capacity(v1::HOLDER);
  const auto by_the_host = world.signed_by(world.helena(), request, "1");
  CHECK(world.act(world.helena(), &Service::appoint, by_the_host).status().reason() ==
        Reason::SignatureInvalid);
}

TEST_CASE("the word of an account that has ended is none", "[directory]") {
  Proposed world;
  const auto proposed = world.propose("MEMBER");
  REQUIRE(proposed.status().message() == "");
  world.signers.ended.insert(world.helena().account);
  CHECK(world.approve(*proposed, "MEMBER").reason() == Reason::SecondPersonNeeded);
  world.signers.ended.clear();
  CHECK(world.approve(*proposed, "MEMBER").ok());
}

TEST_CASE("two persons agree on the activities, too, to which a party is limited", "[directory]") {
  Proposed world;
  CHECK(world.propose("PARTNER", {"wg-data", "asylum"}).status().message() == "");
}

TEST_CASE("an office is closed once nobody holds it any more", "[directory]") {
  HandedOver world;
  v1::CloseOfficeRequest close;
  close.set_name(focal_point);
  const std::string held = world.history().at(0).name();
  *close.add_ends() = world.end_by(world.swede(), held, "2026-12-15");
  const Status later = world.act(world.swede(), &Service::close_office, close).status();
  CHECK(later.code() == Code::InvalidArgument);
  *close.mutable_ends(0) = world.end_by(world.swede(), held);
  CHECK(world.act(world.swede(), &Service::close_office, close).status().message() == "");
}

TEST_CASE("the secretariat asks nobody of another process whether it reaches them", "[directory]") {
  HandedOver world;
  const auto start = [&](const std::string& person) {
    v1::StartContactTestsRequest request;
    request.set_process("processes/igc");
    request.add_persons(person);
    return world.act(world.helena(), &Service::start_contact_tests, request).status();
  };
  CHECK(start(anna).message() == "");
  for (const char* other : {"persons/tha.kamon.wongsakul", "persons/tha.nobody"}) {
    CHECK(start(other).code() == Code::NotFound);
    CHECK(start(other).message() == not_found(other).message());
  }
}

TEST_CASE("of two proposals for a party the second approved is stale", "[directory]") {
  Proposed world;
  const auto member = world.propose("MEMBER");
  const auto observer = world.propose("OBSERVER");
  REQUIRE(observer.status().message() == "");
  REQUIRE(world.approve(*observer, "OBSERVER").ok());
  CHECK(world.approve(*member, "MEMBER").reason() == Reason::RevisionStale);
}

TEST_CASE("what is proposed the secretariat alone is shown, and for three days", "[directory]") {
  Proposed world;
  REQUIRE(world.propose("MEMBER").ok());
  CHECK(world.list(world.marc(), "processes/igc")->proposals_size() == 1);
  for (const char* process : {"processes/igc", "processes/none"}) {
    const Status refused = world.list(world.swede(), process).status();
    CHECK(refused.code() == Code::NotFound);
    CHECK(refused.message() == not_found(process).message());
  }
  world.clock.pass(std::chrono::hours(73));
  CHECK(world.list(world.marc(), "processes/igc")->proposals_size() == 0);
}

}  // namespace
}  // namespace entente::directory
