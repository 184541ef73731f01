#include "server/meetings/calendar.h"

#include <catch2/catch.hpp>

#include "tests/meetings/world.h"

namespace entente::meetings::testing {
namespace {

std::string ical(const std::vector<v1::Meeting>& meetings, LeftOut& left_out) {
  const Zones zones;
  const auto text = to_ical(meetings, zones, "entente.example", left_out);
  REQUIRE(text.ok());
  return *text;
}

}  // namespace

TEST_CASE("a calendar says when it is, in the zone there, and nothing that is not for it",
          "[meetings]") {
  MeetingsWorld world;
  v1::Meeting draft = world.draft();
  *draft.mutable_title() = english("Returns; data, and more: " + std::string(80, 'x'));
  *draft.mutable_description() = english("secret description");
  draft.set_ends_local("2027-04-02T13:00");
  for (const char* title : {"Open item", "Hushed item"}) {
    *draft.add_agenda()->mutable_title() = english(title);
  }
  draft.mutable_agenda(1)->set_discreet(true);
  const v1::Meeting made = *world.create(world.helena(), draft);
  LeftOut left_out;
  const std::string text = ical({made}, left_out);
  for (std::size_t at = 0, end = 0; (end = text.find("\r\n", at)) != std::string::npos;
       at = end + 2) {
    REQUIRE(end - at <= 75);
  }
  CHECK(text.find("DTSTART;TZID=Europe/Zurich:20270314T093000\r\n") != std::string::npos);
  CHECK(text.find("BEGIN:DAYLIGHT\r\nDTSTART:20270328T020000\r\nTZOFFSETFROM:+0100\r\n"
                  "TZOFFSETTO:+0200\r\nTZNAME:CEST\r\n") != std::string::npos);
  CHECK(text.find("SUMMARY:Returns\\; data\\, and more: ") != std::string::npos);
  CHECK(text.find("SEQUENCE:0\r\n") != std::string::npos);
  CHECK(text.find("Open item") != std::string::npos);
  CHECK(text.find("Hushed") == std::string::npos);
  CHECK(text.find("secret") == std::string::npos);
  CHECK(left_out.items == 1);
  CHECK(in_words(left_out).find("1 discreet item") != std::string::npos);
}

TEST_CASE("an item of another day than the first says which", "[meetings]") {
  MeetingsWorld world;
  v1::Meeting draft = world.draft();
  for (const char* at : {"2027-03-14T11:00", "2027-03-15T12:00"}) {
    auto& item = *draft.add_agenda();
    *item.mutable_title() = english("Item");
    item.set_starts_local(at);
  }
  LeftOut left_out;
  std::string text = ical({*world.create(world.helena(), draft)}, left_out);
  for (std::size_t at = 0; (at = text.find("\r\n ", at)) != std::string::npos;) text.erase(at, 3);
  CHECK(text.find("1. Item (11:00)\\n2. Item (2027-03-15 12:00)\\n") != std::string::npos);
}

TEST_CASE("a cancelled meeting is cancelled there; a discreet one has only its time",
          "[meetings]") {
  MeetingsWorld world;
  v1::Meeting draft = world.draft();
  draft.set_starts_local("2027-03-14");
  draft.set_ends_local("2027-03-15");
  v1::Meeting made = *world.create(world.helena(), draft);
  LeftOut left_out;
  const std::string days = ical({made}, left_out);
  CHECK(days.find("DTSTART;VALUE=DATE:20270314\r\nDTEND;VALUE=DATE:20270316\r\n") !=
        std::string::npos);
  CHECK(days.find("VTIMEZONE") == std::string::npos);
  v1::CancelMeetingRequest cancel;
  cancel.set_name(made.name());
  made = *world.act(world.service, world.helena(), &Service::cancel_meeting, cancel);
  made.set_discreet(true);
  const std::string gone = ical({made}, left_out);
  CHECK(gone.find("STATUS:CANCELLED\r\n") != std::string::npos);
  CHECK(gone.find("SEQUENCE:1\r\n") != std::string::npos);
  CHECK(gone.find("Working Group") == std::string::npos);
  CHECK(gone.find("Geneva") == std::string::npos);
  CHECK(left_out.meetings == 1);
  // In UTC nothing need be said of a zone.
  draft = world.draft();
  draft.set_time_zone("UTC");
  const std::string utc = ical({*world.create(world.helena(), draft)}, left_out);
  CHECK(utc.find("DTSTART:20270314T093000Z\r\n") != std::string::npos);
}

}  // namespace entente::meetings::testing
