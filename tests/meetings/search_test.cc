#include <catch2/catch.hpp>

#include "server/meetings/records.h"
#include "server/meetings_search.h"
#include "tests/meetings/world.h"

namespace entente::meetings::testing {
namespace {

using Entry = documents::search::Entry;

struct Searched {
  MeetingsWorld world;
  MeetingsSearch source{world.rows, [this] { return table(); }};
  v1::Meeting meeting;

  explicit Searched(v1::Handling handling = v1::HANDLING_LIMITED,
                    const std::vector<std::string>& to = {}) {
    v1::Meeting draft = world.draft();
    draft.add_topics("returns");
    *draft.add_agenda()->mutable_title() = english("Voluntary departures");
    meeting = *world.create(world.helena(), draft);
    v1::SaveRecordRequest request;
    request.set_meeting(meeting.name());
    auto& one = *request.mutable_record()->add_texts();
    one.set_language("en");
    one.set_text("Many spoke of readmission, and of what it costs.");
    auto& outcome = *request.mutable_record()->add_outcomes();
    outcome.set_kind(v1::Outcome::DECISION);
    *outcome.mutable_title() = english("A common form");
    auto& visibility = *request.mutable_record()->mutable_visibility();
    visibility.set_handling(handling);
    for (const std::string& who : to) visibility.mutable_audience()->add_any_of(who);
    REQUIRE(world.act(world.records, world.helena(), &Records::save, request).ok());
  }
  std::shared_ptr<const policy::AudienceTable> table() const {
    return std::make_shared<const policy::AudienceTable>(world.neighbours.table);
  }
  void adopt() {
    v1::AdoptRecordRequest request;
    request.set_name(meeting.name() + "/record");
    request.set_revision(1);
    REQUIRE(world.act(world.records, world.anna(), &Records::adopt, request).ok());
  }
  std::optional<Entry> find(const std::string& name) const {
    const auto snapshot = world.store->snapshot();
    auto found = source.find(*snapshot, name);
    REQUIRE(found.ok());
    return *std::move(found);
  }
  std::string text_from(std::uint32_t text, std::uint32_t word) const {
    const auto snapshot = world.store->snapshot();
    return source.text_from(*snapshot, meeting.name() + "/record", text, word)->text;
  }
  // All words that it is found by.
  static std::string words(const Entry& entry) {
    std::string words;
    for (const auto& said : entry.words) words += said.text + "; ";
    return words;
  }
};

}  // namespace

TEST_CASE("a draft is not found; once adopted it is, on the day of its meeting",
          "[meetings][search]") {
  Searched made;
  const std::string record = made.meeting.name() + "/record";
  CHECK_FALSE(made.find(record));
  CHECK(made.text_from(0, 0).empty());
  made.adopt();
  const auto found = made.find(record);
  REQUIRE(found);
  CHECK(found->shown.title().by_language().at("en") == "Working Group on Data");
  CHECK(to_rfc3339(instant_of(found->shown.came_at())).substr(0, 10) ==
        made.meeting.starts_local().substr(0, 10));
  CHECK(found->quotable);
  CHECK(Searched::words(*found) == "Working Group on Data; A common form; ");
  CHECK(made.text_from(0, 3) == "readmission, and of what it costs.");
  CHECK(made.text_from(0, 90).empty());
  CHECK(made.text_from(1, 0).empty());

  const auto meeting = made.find(made.meeting.name());
  REQUIRE(meeting);
  CHECK(Searched::words(*meeting) ==
        "Working Group on Data; Geneva; returns; Voluntary departures; ");
  CHECK_FALSE(made.find(made.meeting.name() + "/record/revisions/1"));
  CHECK_FALSE(made.find("meetings/" + std::string(32, '0')));
  const std::vector<std::string> names = *made.source.names();
  CHECK(names == std::vector<std::string>{made.meeting.name(), record});
}

TEST_CASE("a meeting of whole days is found under the day of its own calendar",
          "[meetings][search]") {
  Searched made;
  v1::Meeting days = made.meeting;
  days.set_starts_local("2028-01-01");
  days.set_ends_local("2028-01-02");
  const auto moved = made.world.update(made.world.helena(), days);
  REQUIRE(moved.ok());
  REQUIRE(to_rfc3339(instant_of(moved->starts_at())) == "2027-12-31T23:00:00Z");
  const auto found = made.find(made.meeting.name());
  REQUIRE(found);
  CHECK(to_rfc3339(instant_of(found->shown.came_at())) == "2028-01-01T00:00:00Z");
  CHECK(std::count(found->labels.begin(), found->labels.end(),
                   documents::search::label(v1::SearchReply::Facet::YEAR, "2028")) == 1);
}

TEST_CASE("a meeting at a time of day is found under the day where it takes place",
          "[meetings][search]") {
  struct Case {
    const char* zone;
    const char* starts;
    const char* ends;
    const char* in_utc;
  };
  for (const Case& one : {Case{"Pacific/Auckland", "2028-01-01T09:00", "2028-01-01T12:00", "2027"},
                          Case{"America/Lima", "2027-12-31T21:00", "2027-12-31T23:00", "2028"}}) {
    Searched made;
    v1::Meeting moved = made.meeting;
    moved.set_time_zone(one.zone);
    moved.set_starts_local(one.starts);
    moved.set_ends_local(one.ends);
    const auto at = made.world.update(made.world.helena(), moved);
    REQUIRE(at.ok());
    REQUIRE(to_rfc3339(instant_of(at->starts_at())).substr(0, 4) == one.in_utc);
    const std::string day = std::string(one.starts).substr(0, 10);
    const auto found = made.find(made.meeting.name());
    REQUIRE(found);
    CHECK(to_rfc3339(instant_of(found->shown.came_at())).substr(0, 10) == day);
    CHECK(std::count(found->labels.begin(), found->labels.end(),
                     documents::search::label(v1::SearchReply::Facet::YEAR, day.substr(0, 4))) ==
          1);
    // The list of that day has it, and no other's.
    const auto on = [&](const std::string& since, const std::string& until) {
      v1::ListMeetingsRequest query;
      query.set_since_day(since);
      query.set_until_day(until);
      return made.world.list(made.world.helena(), query).size();
    };
    CHECK(on("2027-12-31", "2028-01-01") == (day == "2027-12-31" ? 1 : 0));
    CHECK(on("2028-01-01", "2028-01-02") == (day == "2028-01-01" ? 1 : 0));
    CHECK(on("2028-01-02", "") == 0);
    for (const char* wrong : {"2028-02-30", "2028-01-01T09:00", "tomorrow", "1899-01-01"}) {
      v1::ListMeetingsRequest query;
      query.set_until_day(wrong);
      const auto refused =
          made.world.ask(made.world.service, made.world.helena(), &Service::list_meetings, query);
      CHECK(refused.status().violations().at(0).field == "until_day");
    }
  }
}

TEST_CASE("of a restricted record neither text nor outcome is quoted", "[meetings][search]") {
  Searched made(v1::HANDLING_RESTRICTED);
  made.adopt();
  const auto found = made.find(made.meeting.name() + "/record");
  REQUIRE(found);
  CHECK_FALSE(found->quotable);
  CHECK(Searched::words(*found) == "Working Group on Data; ");
  CHECK(made.text_from(1, 0) == "A common form");  // found by, as its text is
}

TEST_CASE("a record tells who does not see its meeting nothing of that", "[meetings][search]") {
  Searched made;
  made.adopt();
  // From here on the meeting is the chair's alone; the record stays the members'.
  v1::Meeting narrower = *made.world.get(made.world.helena(), made.meeting.name());
  narrower.mutable_visibility()->mutable_audience()->clear_any_of();
  narrower.mutable_visibility()->mutable_audience()->add_any_of("process/igc/chair");
  REQUIRE(made.world.update(made.world.helena(), narrower).ok());
  CHECK(made.source.touched_by(acts::update, made.meeting.name()) ==
        std::vector<std::string>{made.meeting.name(), made.meeting.name() + "/record"});
  const auto found = made.find(made.meeting.name() + "/record");
  REQUIRE(found);
  CHECK(found->shown.title().by_language().at("en") == "Record of a meeting");
  CHECK(found->shown.came_at().seconds() != made.meeting.starts_at().seconds());
  CHECK(Searched::words(*found) == "A common form; ");
  for (const std::string& one : found->labels) CHECK(one.find("returns") == std::string::npos);
}

TEST_CASE("what changes nothing to be found makes nothing read anew", "[meetings][search]") {
  MeetingsWorld world;
  const MeetingsSearch source(world.rows, [] { return nullptr; });
  const std::string record = "meetings/" + std::string(32, 'a') + "/record";
  CHECK(source.touched_by(acts::read_record, record).empty());
  CHECK(source.touched_by(acts::comment, record).empty());
  CHECK(source.touched_by(acts::adopt, record) == std::vector<std::string>{record});
}

}  // namespace entente::meetings::testing
