#include <catch2/catch.hpp>

#include "tests/meetings/world.h"

namespace entente::meetings::testing {
namespace {

std::string instant(const google::protobuf::Timestamp& time) {
  return to_rfc3339(instant_of(time));
}

std::string violation(const Status& status) {
  return status.violations().empty() ? "" : status.violations().front().field;
}

}  // namespace

TEST_CASE("a meeting is not found by who may not see it, as one that never was", "[meetings]") {
  MeetingsWorld world;
  const auto made = world.create(world.helena(), world.draft());
  REQUIRE(made.status().message() == "");
  const auto hidden = world.get(world.stranger(), made->name());
  std::string never = made->name();
  never.back() = never.back() == '0' ? '1' : '0';
  const auto absent = world.get(world.stranger(), never);
  REQUIRE(hidden.status().code() == Code::NotFound);
  REQUIRE(hidden.status().code() == absent.status().code());
  REQUIRE(std::string(hidden.status().message()).size() ==
          std::string(absent.status().message()).size());
  REQUIRE(world.get(world.samira(), made->name()).status().code() == Code::NotFound);
  REQUIRE(world.list(world.stranger()).empty());
  REQUIRE(world.get(world.reto(), made->name()).ok());
  REQUIRE(world.list(world.reto()) == std::vector<std::string>{made->name()});
}

TEST_CASE("who does not know whether a meeting was made asks again, and there is one",
          "[meetings]") {
  MeetingsWorld world;
  v1::CreateMeetingRequest request;
  *request.mutable_meeting() = world.draft();
  request.set_once("7c1f");
  const auto create = [&](const policy::Subject& subject) {
    return world.act(world.service, subject, &Service::create_meeting, request);
  };
  const auto made = create(world.helena());
  REQUIRE(made.ok());
  const auto again = create(world.helena());
  REQUIRE(again.ok());
  CHECK(again->name() == made->name());
  CHECK(again->revision() == made->revision());
  CHECK(world.list(world.reto()).size() == 1);
  // As it is by now.
  v1::Meeting moved = *again;
  moved.set_ends_local("2027-03-15T14:00");
  REQUIRE(world.update(world.helena(), moved).ok());
  CHECK(create(world.helena())->ends_local() == "2027-03-15T14:00");

  // The word is the account's own, and says nothing to who makes no meetings.
  auto colleague = world.helena();
  colleague.account = "parties/IGC/accounts/marc";
  CHECK(create(colleague)->name() != made->name());
  CHECK(create(world.anna()).status().code() == Code::PermissionDenied);
  CHECK(create(world.stranger()).status().code() == Code::NotFound);
  request.set_once("of two words");
  CHECK(create(world.helena()).status().violations().at(0).field == "once");
  request.clear_once();
  CHECK(create(world.helena())->name() != create(world.helena())->name());
}

TEST_CASE("only the secretariat makes and changes a meeting", "[meetings]") {
  MeetingsWorld world;
  REQUIRE(world.create(world.anna(), world.draft()).status().code() == Code::PermissionDenied);
  REQUIRE(world.create(world.stranger(), world.draft()).status().code() == Code::NotFound);
  auto reader = world.helena();
  reader.read_only = true;
  REQUIRE(world.create(reader, world.draft()).status().code() == Code::PermissionDenied);
  auto made = world.create(world.helena(), world.draft());
  REQUIRE(made.ok());
  REQUIRE(made->keeps());
  REQUIRE(world.update(world.anna(), *made).status().code() == Code::PermissionDenied);
  REQUIRE(world.update(world.stranger(), *made).status().code() == Code::NotFound);
  REQUIRE(world.get(world.anna(), made->name())->presides());
  REQUIRE_FALSE(world.get(world.reto(), made->name())->presides());
}

TEST_CASE("a time is what the clock there says", "[meetings]") {
  MeetingsWorld world;
  v1::Meeting draft = world.draft();
  auto made = world.create(world.helena(), draft);
  REQUIRE(instant(made->starts_at()) == "2027-03-14T08:30:00Z");
  REQUIRE(made->sequence() == 0);
  // Two weeks later the clocks there are an hour on.
  made->set_starts_local("2027-03-28T09:30");
  made->set_ends_local("2027-03-28T13:00");
  made = world.update(world.helena(), *made);
  REQUIRE(instant(made->starts_at()) == "2027-03-28T07:30:00Z");
  REQUIRE(made->sequence() == 1);
  made->set_starts_local("2027-03-28");
  made->set_ends_local("2027-03-29");
  made = world.update(world.helena(), *made);
  REQUIRE(instant(made->starts_at()) == "2027-03-27T23:00:00Z");
  REQUIRE(instant(made->ends_at()) == "2027-03-29T22:00:00Z");
  // What no calendar shows is no change to one.
  made->add_topics("returns");
  made = world.update(world.helena(), *made);
  REQUIRE(made->sequence() == 2);
}

TEST_CASE("impossible zones and times are refused by name", "[meetings]") {
  MeetingsWorld world;
  for (const char* zone : {"", "Mars/Phobos", "../../etc/passwd", "Europe/../Europe/Zurich", "CEST",
                           "UTC+25", "/Europe/Zurich", "posixrules", "right/Europe/Zurich",
                           "Europe", "Europe/", "tzdata.zi", "zone1970.tab", "europe/zurich"}) {
    v1::Meeting draft = world.draft();
    draft.set_time_zone(zone);
    const auto refused = world.create(world.helena(), draft);
    INFO(zone);
    REQUIRE(refused.status().code() == Code::InvalidArgument);
    REQUIRE(violation(refused.status()) == "meeting.time_zone");
  }
  const auto refuse = [&](const std::string& starts, const std::string& ends,
                          const std::string& field) {
    v1::Meeting draft = world.draft();
    draft.set_starts_local(starts);
    draft.set_ends_local(ends);
    const auto refused = world.create(world.helena(), draft);
    INFO(starts << " to " << ends);
    REQUIRE(refused.status().code() == Code::InvalidArgument);
    REQUIRE(violation(refused.status()) == field);
  };
  refuse("2027-03-28T02:30", "2027-03-28T13:00", "meeting.starts_local");  // skipped there
  refuse("2027-02-29T09:30", "2027-03-28T13:00", "meeting.starts_local");
  refuse("2027-03-28T25:00", "2027-03-28T13:00", "meeting.starts_local");
  refuse("tomorrow", "2027-03-28T13:00", "meeting.starts_local");
  refuse("12027-03-28", "2027-03-28T10:00", "meeting.starts_local");
  refuse("2027-03-28T09:30", "2027-03-28T09:30", "meeting.ends_local");
  refuse("2027-03-28T09:30", "2027-03-29", "meeting.ends_local");
  refuse("2027-03-28", "2028-03-29", "meeting.ends_local");
}

TEST_CASE("an item is on a day of its meeting; of one that is moved the agenda may follow later",
          "[meetings]") {
  MeetingsWorld world;
  v1::Meeting draft = world.draft();
  auto& item = *draft.add_agenda();
  *item.mutable_title() = english("Item");
  for (const char* wrong : {"2028-03-14T09:30", "2027-03-13T23:59", "2027-03-16T00:00"}) {
    item.set_starts_local(wrong);
    const auto refused = world.create(world.helena(), draft);
    REQUIRE(refused.status().code() == Code::InvalidArgument);
    CHECK(violation(refused.status()) == "meeting.agenda.starts_local");
  }
  item.set_starts_local("2027-03-15T18:00");
  auto made = world.create(world.helena(), draft);
  REQUIRE(made.ok());
  made->set_starts_local("2027-04-14T09:30");
  made->set_ends_local("2027-04-15T13:00");
  made = world.update(world.helena(), *made);
  REQUIRE(made.status().message() == "");
  made->mutable_agenda(0)->set_starts_local("2027-03-14T18:00");
  CHECK(world.update(world.helena(), *made).status().code() == Code::InvalidArgument);
  made->mutable_agenda(0)->set_starts_local("2027-04-15T18:00");
  CHECK(world.update(world.helena(), *made).ok());
}

TEST_CASE("a cancelled meeting keeps its place, and stays cancelled", "[meetings]") {
  MeetingsWorld world;
  const auto made = world.create(world.helena(), world.draft());
  v1::CancelMeetingRequest cancel;
  cancel.set_name(made->name());
  cancel.set_because("no quorum");
  REQUIRE(
      world.act(world.service, world.anna(), &Service::cancel_meeting, cancel).status().code() ==
      Code::PermissionDenied);
  const auto cancelled = world.act(world.service, world.helena(), &Service::cancel_meeting, cancel);
  REQUIRE(cancelled->state() == v1::Meeting::CANCELLED);
  REQUIRE(cancelled->sequence() == 1);
  const auto again = world.act(world.service, world.helena(), &Service::cancel_meeting, cancel);
  REQUIRE(again->revision() == cancelled->revision());
  v1::Meeting next = *cancelled;
  next.set_state(v1::Meeting::PLANNED);
  next.add_topics("returns");
  REQUIRE(world.update(world.helena(), next)->state() == v1::Meeting::CANCELLED);
  REQUIRE(world.update(world.helena(), next).status().reason() == Reason::RevisionStale);
}

TEST_CASE("items keep their ids, and papers that the keeper does not see stay with them",
          "[meetings]") {
  MeetingsWorld world;
  const std::string open = "documents/" + std::string(32, 'a');
  const std::string shut = "documents/" + std::string(32, 'b');
  world.neighbours.papers[open] = {"IGC", "SWE", "CHE"};
  world.neighbours.papers[shut] = {"IGC", "SWE"};
  v1::Meeting draft = world.draft();
  for (const char* title : {"Opening", "Returns"}) {
    *draft.add_agenda()->mutable_title() = english(title);
  }
  draft.mutable_agenda(1)->add_documents(open);
  draft.mutable_agenda(1)->add_documents(shut);
  auto made = world.create(world.helena(), draft);
  REQUIRE(made.ok());
  const std::string returns = made->agenda(1).id();
  REQUIRE(made->agenda(1).number() == 2);
  REQUIRE(world.get(world.anna(), made->name())->agenda(1).documents_size() == 2);
  // Of one that may not see a paper, its name is not there.
  const auto seen = world.get(world.reto(), made->name());
  REQUIRE(seen->agenda(1).documents_size() == 1);
  REQUIRE(seen->SerializeAsString().find(std::string(32, 'b')) == std::string::npos);
  // The secretariat loses sight of it and changes the agenda all the same.
  world.neighbours.papers[shut] = {"SWE"};
  v1::Meeting next = *world.get(world.helena(), made->name());
  next.mutable_agenda()->SwapElements(0, 1);
  next = *world.update(world.helena(), next);
  REQUIRE(next.agenda(0).id() == returns);
  REQUIRE(world.get(world.anna(), made->name())->agenda(0).documents_size() == 2);
  // What they never saw they cannot put on it.
  next.mutable_agenda(0)->add_documents(shut);
  REQUIRE(world.update(world.helena(), next).status().code() == Code::NotFound);
  next.mutable_agenda(0)->mutable_documents()->RemoveLast();
  next.mutable_agenda(0)->set_id("ffffffff");
  REQUIRE(world.update(world.helena(), next).status().code() == Code::InvalidArgument);
}

TEST_CASE("lists go forward to what comes and back to what was, page by page", "[meetings]") {
  MeetingsWorld world;
  std::vector<std::string> names;
  for (const char* day : {"2026-01-10", "2027-01-10", "2027-05-10"}) {
    v1::Meeting draft = world.draft();
    draft.set_starts_local(day);
    draft.set_ends_local(day);
    names.push_back(world.create(world.helena(), draft)->name());
  }
  v1::ListMeetingsRequest upcoming;
  upcoming.set_upcoming(true);
  REQUIRE(world.list(world.reto(), upcoming) == std::vector{names[1], names[2]});
  REQUIRE(world.list(world.reto()) == std::vector{names[2], names[1], names[0]});
  v1::ListMeetingsRequest paged;
  paged.set_page_size(2);
  auto first = world.ask(world.service, world.reto(), &Service::list_meetings, paged);
  REQUIRE(first->meetings_size() == 2);
  paged.set_page_token(first->next_page_token());
  REQUIRE(world.list(world.reto(), paged) == std::vector{names[0]});
  REQUIRE(
      world.ask(world.service, world.anna(), &Service::list_meetings, paged).status().reason() ==
      Reason::PageTokenInvalid);
  // Who presides or sits in the body calls it theirs.
  v1::ListMeetingsRequest mine;
  mine.set_mine(true);
  REQUIRE(world.list(world.anna(), mine).size() == 3);
  REQUIRE(world.list(world.reto(), mine).empty());
}

TEST_CASE("a series holds meetings of its process", "[meetings]") {
  MeetingsWorld world;
  v1::CreateSeriesRequest request;
  request.mutable_series()->set_process("processes/igc");
  *request.mutable_series()->mutable_title() = english("Full Round of Consultations");
  REQUIRE(
      world.act(world.service, world.anna(), &Service::create_series, request).status().code() ==
      Code::PermissionDenied);
  const auto series = world.act(world.service, world.helena(), &Service::create_series, request);
  REQUIRE(series.ok());
  v1::Meeting draft = world.draft();
  draft.set_series(series->name());
  REQUIRE(world.create(world.helena(), draft).ok());
  draft.set_series("meetingSeries/" + std::string(32, '0'));
  REQUIRE(world.create(world.helena(), draft).status().code() == Code::InvalidArgument);
  const auto listed =
      world.ask(world.service, world.reto(), &Service::list_series, v1::ListSeriesRequest());
  REQUIRE(listed->series_size() == 1);
  REQUIRE(
      world.ask(world.service, world.stranger(), &Service::list_series, v1::ListSeriesRequest())
          ->series()
          .empty());
  v1::UpdateSeriesRequest end;
  *end.mutable_series() = *series;
  end.mutable_series()->set_ended(true);
  REQUIRE(world.act(world.service, world.helena(), &Service::update_series, end).ok());
  REQUIRE(
      world.act(world.service, world.helena(), &Service::update_series, end).status().reason() ==
      Reason::RevisionStale);
  REQUIRE(world.ask(world.service, world.reto(), &Service::list_series, v1::ListSeriesRequest())
              ->series()
              .empty());
}

TEST_CASE("the shelf that is loaded is the shelf that followed", "[meetings]") {
  MeetingsWorld world;
  const auto made = world.create(world.helena(), world.draft());
  Shelf again(world.rows, world.neighbours);
  REQUIRE(again.load().ok());
  const auto id = *parse_meeting_name(made->name());
  REQUIRE(again.meeting(id)->guard == world.shelf.meeting(id)->guard);
  REQUIRE(again.meeting(id)->starts_at == world.shelf.meeting(id)->starts_at);
}

TEST_CASE("in a process that is dormant nothing is planned; what was can be entered",
          "[meetings]") {
  MeetingsWorld world;
  v1::Meeting planned = *world.create(world.helena(), world.draft());
  world.neighbours.at_work = false;
  CHECK(world.create(world.helena(), world.draft()).status().code() == Code::FailedPrecondition);
  *planned.mutable_place() = english("Bern");
  CHECK(world.update(world.helena(), planned).status().code() == Code::FailedPrecondition);
  v1::CancelMeetingRequest cancel;
  cancel.set_name(planned.name());
  CHECK(world.act(world.service, world.helena(), &Service::cancel_meeting, cancel).ok());
  v1::Meeting past = world.draft();
  past.set_starts_local("1998-05-11T09:30");
  past.set_ends_local("1998-05-12T13:00");
  CHECK(world.create(world.helena(), past).ok());
}

}  // namespace entente::meetings::testing
