#include "server/meetings/attendance.h"

#include <catch2/catch.hpp>
#include <set>

#include "tests/meetings/world.h"

namespace entente::meetings::testing {
namespace {

// A meeting with two items, to the second of which UNHCR is asked.
struct Asked {
  MeetingsWorld world;
  v1::Meeting meeting;
  std::string item;

  Asked() {
    v1::Meeting draft = world.draft();
    for (const char* title : {"Secret opening", "Returns"}) {
      *draft.add_agenda()->mutable_title() = english(title);
    }
    meeting = *world.create(world.helena(), draft);
    item = meeting.agenda(1).id();
  }
  Result<v1::Participant> invite(const policy::Subject& subject, const std::string& party,
                                 const std::vector<std::string>& items) {
    v1::InviteParticipantRequest request;
    request.set_meeting(meeting.name());
    request.mutable_participant()->set_party("parties/" + party);
    request.mutable_participant()->set_role(v1::Participant::OBSERVER);
    *request.mutable_participant()->mutable_items() = {items.begin(), items.end()};
    return world.act(world.attendance, subject, &Attendance::invite, request);
  }
  // The person herself, rather than her party.
  Result<v1::Participant> invite_samira(const std::vector<std::string>& items,
                                        const std::string& until = "") {
    v1::InviteParticipantRequest request;
    request.set_meeting(meeting.name());
    request.mutable_participant()->set_person("persons/samira");
    request.mutable_participant()->set_until(until);
    *request.mutable_participant()->mutable_items() = {items.begin(), items.end()};
    return world.act(world.attendance, world.helena(), &Attendance::invite, request);
  }
  Status remove(const policy::Subject& subject, const std::string& participant) {
    v1::RemoveParticipantRequest request;
    request.set_name(participant);
    return world.act(world.attendance, subject, &Attendance::remove, request).status();
  }
  Result<v1::Participant> enter(const policy::Subject& subject, const std::string& person = "",
                                v1::Participant::Role role = v1::Participant::DELEGATE,
                                bool declines = false) {
    v1::RegisterParticipantRequest request;
    request.set_meeting(meeting.name());
    request.set_declines(declines);
    request.mutable_participant()->set_role(role);
    if (!person.empty()) request.mutable_participant()->set_person("persons/" + person);
    return world.act(world.attendance, subject, &Attendance::register_one, request);
  }
  // As the directory would make them once they are seated.
  policy::Subject samira() const {
    return world.as("UNHCR", "samira",
                    {"process/igc/observers", "process/igc/body/" + body_of(id(), item)});
  }
  store::Id id() const { return *parse_meeting_name(meeting.name()); }
};

}  // namespace

TEST_CASE("who is asked to one item sees that item, and of the rest nothing", "[meetings]") {
  Asked asked;
  MeetingsWorld& world = asked.world;
  const std::string paper = "documents/" + std::string(32, 'a');
  world.neighbours.papers[paper] = {"IGC", "UNHCR"};
  v1::Meeting next = asked.meeting;
  next.mutable_agenda(0)->add_documents(paper);
  next.mutable_agenda(1)->add_documents(paper);
  next = *world.update(world.helena(), next);
  REQUIRE(world.get(asked.samira(), next.name()).ok());  // holds the seat, by the subject's making
  REQUIRE(world.get(world.samira(), next.name()).status().code() == Code::NotFound);
  REQUIRE(asked.invite(world.anna(), "UNHCR", {asked.item}).status().code() ==
          Code::PermissionDenied);
  REQUIRE(asked.invite(world.helena(), "UNHCR", {asked.item}).ok());
  REQUIRE(asked.invite(world.helena(), "UNHCR", {asked.item}).status().code() ==
          Code::AlreadyExists);
  REQUIRE(asked.invite(world.helena(), "CHE", {}).ok());
  const auto seen = world.get(asked.samira(), next.name());
  REQUIRE(seen->in_part());
  REQUIRE(seen->agenda_size() == 1);
  REQUIRE(seen->agenda(0).id() == asked.item);
  REQUIRE(seen->agenda(0).number() == 0);
  REQUIRE(seen->agenda(0).documents_size() == 1);
  REQUIRE(seen->revision() == 0);
  REQUIRE(seen->chairs().empty());
  REQUIRE(seen->participants_size() == 1);  // the own delegation
  REQUIRE(seen->SerializeAsString().find("Secret") == std::string::npos);
  // Another item more or less changes nothing of it.
  const std::string before = seen->SerializeAsString();
  *next.add_agenda()->mutable_title() = english("Closing");
  REQUIRE(world.update(world.helena(), next).ok());
  REQUIRE(world.get(asked.samira(), next.name())->SerializeAsString() == before);
  REQUIRE(world.list(asked.samira()) == std::vector{next.name()});
  v1::ListMeetingsRequest about;
  about.set_body("processes/igc/bodies/wg-data");
  REQUIRE(world.list(asked.samira(), about).empty());
}

TEST_CASE("who is asked is seated, and no longer once that is taken back", "[meetings]") {
  Asked asked;
  MeetingsWorld& world = asked.world;
  const auto made = asked.invite(world.helena(), "UNHCR", {asked.item});
  const std::string key = made->name() + "#" + asked.item;
  REQUIRE(world.neighbours.seated.count(key) == 1);
  const auto& seat = std::get<policy::Seat>(world.neighbours.seated.at(key).body);
  REQUIRE(seat.body == body_of(asked.id(), asked.item));
  REQUIRE(seat.party == "UNHCR");
  // An item to which somebody is asked does not go.
  v1::Meeting next = asked.meeting;
  next.mutable_agenda()->RemoveLast();
  REQUIRE(world.update(world.helena(), next).status().reason() == Reason::StillInUse);
  v1::RemoveParticipantRequest remove;
  remove.set_name(made->name());
  REQUIRE(
      world.act(world.attendance, world.stranger(), &Attendance::remove, remove).status().code() ==
      Code::NotFound);
  REQUIRE(
      world.act(world.attendance, asked.samira(), &Attendance::remove, remove).status().code() ==
      Code::PermissionDenied);
  REQUIRE(world.act(world.attendance, world.helena(), &Attendance::remove, remove).ok());
  REQUIRE(world.neighbours.seated.count(key) == 0);
  REQUIRE(world.update(world.helena(), next).ok());
  // What is loaded is what was followed.
  world.neighbours.seated.clear();
  Shelf again(world.rows, world.neighbours);
  REQUIRE(again.load().ok());
  REQUIRE(world.neighbours.seated.count(key) == 0);
}

TEST_CASE("who takes a seat back stands against what is done by it meanwhile, and nobody else",
          "[meetings][rights]") {
  Asked asked;
  MeetingsWorld& world = asked.world;
  const auto made =
      asked.invite(world.helena(), "UNHCR", {asked.item, asked.meeting.agenda(0).id()});
  REQUIRE(asked.enter(world.reto()).ok());
  REQUIRE(asked.enter(world.reto(), "", v1::Participant::DELEGATE, /*declines=*/true).ok());
  CHECK(world.neighbours.changed == 0);
  // One item less; then none.
  REQUIRE(asked.invite(world.helena(), "UNHCR", {asked.item}).ok());
  CHECK(world.neighbours.changed == 1);
  v1::RemoveParticipantRequest remove;
  remove.set_name(made->name());
  REQUIRE(world.act(world.attendance, world.helena(), &Attendance::remove, remove).ok());
  CHECK(world.neighbours.changed == 2);
  CHECK(world.neighbours.told == 2);
  // Another end is another seat.
  v1::InviteParticipantRequest until;
  until.set_meeting(asked.meeting.name());
  until.mutable_participant()->set_party("parties/UNHCR");
  until.mutable_participant()->set_until("2027-06-30");
  REQUIRE(world.act(world.attendance, world.helena(), &Attendance::invite, until).ok());
  CHECK(world.neighbours.changed == 2);
  until.mutable_participant()->add_items(asked.item);
  REQUIRE(world.act(world.attendance, world.helena(), &Attendance::invite, until).ok());
  CHECK(world.neighbours.changed == 3);
  CHECK(world.neighbours.told == 3);
  // Whoever reads the seats at a start reads how often they changed as well: nothing is told twice.
  Shelf again(world.rows, world.neighbours);
  REQUIRE(again.load().ok());
  CHECK(world.neighbours.told == 3);
}

TEST_CASE("an earlier end of a seat is a seat taken back", "[meetings][rights]") {
  Asked asked;
  const auto made = asked.invite_samira({asked.item}, "2027-06-30");
  REQUIRE(made.ok());
  const std::string key = made->name() + "#" + asked.item;
  const auto end = [&] { return asked.world.neighbours.seated.at(key).span.until; };
  const auto before = end();
  REQUIRE(asked.invite_samira({asked.item, asked.meeting.agenda(0).id()}, "2027-05-31").ok());
  CHECK(*end() < *before);
  CHECK(asked.world.neighbours.changed == 1);
  CHECK(asked.world.neighbours.told == 1);
}

TEST_CASE("who registers as they were asked sees no more by it, and for no longer", "[meetings]") {
  Asked asked;
  const auto made = asked.invite_samira({asked.item}, "2027-06-30");
  REQUIRE(made.ok());
  const auto registered = asked.enter(asked.samira());
  REQUIRE(registered.ok());
  CHECK(registered->name() == made->name());
  CHECK(registered->until() == "2027-06-30");
  REQUIRE(registered->items_size() == 1);
  CHECK(registered->items(0) == asked.item);
  // No seat for the whole of it, and the one for the item ends when it did.
  const auto& seated = asked.world.neighbours.seated;
  CHECK(seated.count(made->name() + "#") == 0);
  CHECK(seated.at(made->name() + "#" + asked.item).span.until.has_value());
}

TEST_CASE("an item that is hidden is registered for as one that never was", "[meetings]") {
  Asked asked;
  REQUIRE(asked.invite(asked.world.helena(), "UNHCR", {asked.item}).ok());
  const auto enter_for = [&](const std::string& item) {
    v1::RegisterParticipantRequest request;
    request.set_meeting(asked.meeting.name());
    request.mutable_participant()->add_items(item);
    return asked.world
        .act(asked.world.attendance, asked.samira(), &Attendance::register_one, request)
        .status();
  };
  const Status hidden = enter_for(asked.meeting.agenda(0).id());
  const Status none = enter_for("0badbeef");
  CHECK(hidden.code() == Code::InvalidArgument);
  CHECK(hidden.code() == none.code());
  CHECK(hidden.message() == none.message());
  CHECK(enter_for(asked.item).ok());
}

TEST_CASE("whom the secretariat has asked, only the secretariat takes back", "[meetings]") {
  Asked asked;
  const auto made = asked.invite_samira({asked.item});
  REQUIRE(made.ok());
  CHECK(asked.remove(asked.samira(), made->name()).code() == Code::PermissionDenied);
  auto focal = asked.samira();
  focal.duties.push_back({.duty = policy::Duty::FocalPoint, .party = "UNHCR", .process = "igc"});
  CHECK(asked.remove(focal, made->name()).code() == Code::PermissionDenied);
  CHECK(asked.remove(asked.world.helena(), made->name()).ok());
}

TEST_CASE("the head of a delegation who was taken back acts for it no longer", "[meetings]") {
  Asked asked;
  MeetingsWorld& world = asked.world;
  auto focal = world.anna();
  focal.duties.push_back({.duty = policy::Duty::FocalPoint, .party = "SWE", .process = "igc"});
  const auto peter = world.as("SWE", "peter", {"process/igc/members", "process/igc/body/wg-data"});
  const auto head = asked.enter(focal, "peter", v1::Participant::HEAD_OF_DELEGATION);
  REQUIRE(head.ok());
  const auto anna = asked.enter(peter, "anna");
  REQUIRE(anna.ok());
  REQUIRE(asked.remove(focal, head->name()).ok());
  CHECK(asked.enter(peter, "anna").status().code() == Code::PermissionDenied);
  CHECK(asked.remove(peter, anna->name()).code() == Code::PermissionDenied);
}

TEST_CASE("of a participant whose entry is hidden only the party is told", "[meetings]") {
  Asked asked;
  MeetingsWorld& world = asked.world;
  REQUIRE(asked.enter(world.reto()).ok());
  const auto shown = [&](const policy::Subject& subject) {
    return world.get(subject, asked.meeting.name())->SerializeAsString();
  };
  CHECK(shown(world.anna()).find("persons/reto") != std::string::npos);
  world.neighbours.hidden_from["persons/reto"] = {"SWE"};
  CHECK(shown(world.anna()).find("persons/reto") == std::string::npos);
  CHECK(shown(world.anna()).find("Ammann") == std::string::npos);
  CHECK(shown(world.anna()).find("parties/CHE") != std::string::npos);
  CHECK(shown(world.helena()).find("Ammann") != std::string::npos);
}

TEST_CASE("one registers oneself; a delegation is its focal points' and its head's", "[meetings]") {
  Asked asked;
  MeetingsWorld& world = asked.world;
  REQUIRE(asked.enter(world.stranger()).status().code() == Code::NotFound);
  const auto self = asked.enter(world.reto());
  REQUIRE(self->state() == v1::Participant::REGISTERED);
  // It opens nothing by itself: who leaves the process leaves the meeting.
  REQUIRE(world.neighbours.seated.count(self->name() + "#") == 0);
  REQUIRE(asked.enter(world.reto(), "anna").status().code() == Code::PermissionDenied);
  REQUIRE(asked.enter(world.anna(), "peter").status().code() == Code::PermissionDenied);
  auto focal = world.anna();
  focal.duties.push_back({.duty = policy::Duty::FocalPoint, .party = "SWE", .process = "igc"});
  const auto peter = asked.enter(focal, "peter", v1::Participant::HEAD_OF_DELEGATION);
  REQUIRE(peter.ok());
  REQUIRE(world.neighbours.seated.count(peter->name() + "#") == 1);
  REQUIRE(asked.enter(focal, "anna", v1::Participant::HEAD_OF_DELEGATION).status().code() ==
          Code::FailedPrecondition);
  REQUIRE(asked.enter(world.reto(), "peter").status().code() == Code::PermissionDenied);
  const auto declined = asked.enter(world.reto(), "", v1::Participant::DELEGATE, true);
  REQUIRE(declined->name() == self->name());
  REQUIRE(declined->state() == v1::Participant::DECLINED);
  v1::ListMeetingsRequest mine;
  mine.set_mine(true);
  REQUIRE(world.list(world.reto(), mine).empty());
  REQUIRE(asked.enter(world.reto()).ok());
  REQUIRE(world.list(world.reto(), mine).size() == 1);
  world.clock.pass(std::chrono::hours(24 * 365));
  REQUIRE(asked.enter(world.reto()).status().code() == Code::FailedPrecondition);
}

TEST_CASE("a list of one's own meetings tells who comes of one's own party, and of no other",
          "[meetings]") {
  Asked asked;
  MeetingsWorld& world = asked.world;
  REQUIRE(asked.enter(world.reto()).ok());
  REQUIRE(asked.enter(world.anna()).ok());
  const auto listed = [&](const policy::Subject& subject, bool mine) {
    v1::ListMeetingsRequest request;
    request.set_mine(mine);
    const auto reply = world.ask(world.service, subject, &Service::list_meetings, request);
    REQUIRE(reply.ok());
    std::set<std::string> parties;
    for (const v1::Meeting& one : reply->meetings()) {
      CHECK(one.agenda().empty());
      for (const v1::Participant& part : one.participants()) parties.insert(part.party());
    }
    return parties;
  };
  CHECK(listed(world.reto(), true) == std::set<std::string>{"parties/CHE"});
  CHECK(listed(world.anna(), true) == std::set<std::string>{"parties/SWE"});
  CHECK(listed(world.reto(), false).empty());
  // The meeting itself tells of both.
  CHECK(world.get(world.reto(), asked.meeting.name())->participants_size() >= 2);
}

}  // namespace entente::meetings::testing
