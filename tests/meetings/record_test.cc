#include <catch2/catch.hpp>

#include "proto/contract/digest.h"
#include "proto/contract/limits_meetings.h"
#include "server/ledger/service.h"
#include "server/meetings/records.h"
#include "tests/ledger/entered.h"
#include "tests/meetings/world.h"

namespace entente::meetings::testing {
namespace {

struct Recorded {
  MeetingsWorld world;
  v1::Meeting meeting = *world.create(world.helena(), world.draft());

  Result<v1::MeetingRecord> save(const policy::Subject& subject, const std::string& text,
                                 std::uint64_t revision = 0,
                                 v1::Handling handling = v1::HANDLING_LIMITED) {
    v1::SaveRecordRequest request;
    request.set_meeting(meeting.name());
    request.mutable_record()->set_revision(revision);
    auto& one = *request.mutable_record()->add_texts();
    one.set_language("en");
    one.set_text(text);
    request.mutable_record()->mutable_visibility()->set_handling(handling);
    for (const char* who : {"process/igc/chair", "process/igc/secretariat"}) {
      request.mutable_record()->mutable_visibility()->mutable_audience()->add_any_of(who);
    }
    return world.act(world.records, subject, &Records::save, request);
  }
  v1::AdoptRecordRequest adoption(std::uint64_t revision) const {
    v1::AdoptRecordRequest request;
    request.set_name(meeting.name() + "/record");
    request.set_revision(revision);
    return request;
  }
  Result<v1::MeetingRecord> adopt(const policy::Subject& subject, std::uint64_t revision) {
    return world.act(world.records, subject, &Records::adopt, adoption(revision));
  }
  Result<v1::MeetingRecord> get(const policy::Subject& subject) {
    v1::GetRecordRequest request;
    request.set_name(meeting.name() + "/record");
    return world.ask(world.records, subject, &Records::get, request);
  }
  Status comment(const policy::Subject& subject, const std::string& text,
                 const std::vector<std::string>& to = {}) {
    v1::CommentOnRecordRequest request;
    request.set_name(meeting.name() + "/record");
    request.mutable_comment()->set_text(text);
    for (const std::string& who : to) {
      request.mutable_comment()->mutable_audience()->add_any_of(who);
    }
    return world.act(world.records, subject, &Records::comment, request).status();
  }
  // What the subject reads of them; the record is there for it.
  std::vector<std::string> comments(const policy::Subject& subject) {
    v1::ListRecordCommentsRequest request;
    request.set_name(meeting.name() + "/record");
    const auto reply = world.ask(world.records, subject, &Records::list_comments, request);
    REQUIRE(reply.ok());
    std::vector<std::string> texts;
    for (const v1::RecordComment& one : reply->comments()) {
      texts.push_back(one.text());
      CHECK(one.number() == texts.size());
    }
    return texts;
  }
  Result<v1::CheckRecordReply> check(const policy::Subject& subject) {
    v1::CheckRecordRequest request;
    request.set_name(meeting.name() + "/record");
    return world.ask(world.records, subject, &Records::check, request);
  }
};

}  // namespace

TEST_CASE("a draft is seen by those who get it before the others, then by the meeting's",
          "[meetings]") {
  Recorded made;
  MeetingsWorld& world = made.world;
  REQUIRE(made.save(world.reto(), "Many spoke.").status().code() == Code::PermissionDenied);
  REQUIRE(made.save(world.stranger(), "Many spoke.").status().code() == Code::NotFound);
  REQUIRE(made.save(world.helena(), "Many spoke.").ok());
  REQUIRE(made.get(world.reto()).status().code() == Code::NotFound);
  REQUIRE_FALSE(world.get(world.reto(), made.meeting.name())->has_record());
  REQUIRE(made.get(world.anna()).ok());  // whose party presides
  REQUIRE(made.save(world.helena(), "All spoke.").status().reason() == Reason::RevisionStale);
  REQUIRE(made.save(world.anna(), "All spoke.", 1)->revision() == 2);
  REQUIRE(made.adopt(world.reto(), 2).status().code() == Code::NotFound);
  REQUIRE(made.adopt(world.helena(), 2).status().code() == Code::PermissionDenied);
  REQUIRE(made.adopt(world.anna(), 1).status().reason() == Reason::RevisionStale);
  const auto adopted = made.adopt(world.anna(), 2);
  REQUIRE(adopted->state() == v1::MeetingRecord::ADOPTED);
  REQUIRE(made.get(world.reto())->texts(0).text() == "All spoke.");
  REQUIRE(world.get(world.reto(), made.meeting.name())->record_adopted());
  REQUIRE(made.save(world.helena(), "None spoke.", 3).status().code() == Code::FailedPrecondition);
}

TEST_CASE("who was asked to the whole meeting sees its adopted record, who was to an item does not",
          "[meetings]") {
  Recorded made;
  MeetingsWorld& world = made.world;
  const std::string body = "process/igc/body/meeting-" + made.meeting.name().substr(9);
  const auto guest = [&](const std::string& of) {
    return world.as("UNHCR", "samira", {"process/igc/observers", of});
  };
  REQUIRE(made.save(world.helena(), "Many spoke.").ok());
  CHECK(made.get(guest(body)).status().code() == Code::NotFound);
  REQUIRE(made.adopt(world.anna(), 1).ok());
  CHECK(made.get(guest(body)).ok());
  CHECK(made.get(guest(body + ".4be01a77")).status().code() == Code::NotFound);
  CHECK(made.get(world.samira()).status().code() == Code::NotFound);
}

TEST_CASE("who can see a record is asked of the record, as it stood at that time", "[meetings]") {
  Recorded made;
  MeetingsWorld& world = made.world;
  const std::string name = made.meeting.name() + "/record";
  const auto guard_at = [&](const std::string& of, Instant when) {
    const auto snapshot = world.store->snapshot();
    return *world.shelf.find_guard(*snapshot, of, {.when = when, .known_at = when});
  };
  const Instant before = world.clock.now();
  world.clock.pass(std::chrono::seconds(1));
  CHECK_FALSE(guard_at(name, world.clock.now()));
  REQUIRE(made.save(world.helena(), "Many spoke.").ok());
  const Instant drafted = world.clock.now();
  world.clock.pass(std::chrono::seconds(1));
  REQUIRE(made.adopt(world.anna(), 1).ok());
  const auto sees = [&](const policy::Subject& subject, Instant when) {
    const auto guard = guard_at(name, when);
    return guard && policy::decide(subject, policy::Action::Read, *guard, when).permits();
  };
  CHECK_FALSE(guard_at(name, before));
  CHECK_FALSE(sees(world.reto(), drafted));
  CHECK(sees(world.helena(), drafted));
  CHECK(sees(world.reto(), world.clock.now()));
  CHECK_FALSE(guard_at(name + "/revisions/1", world.clock.now()));
}

TEST_CASE("what is not said of a draft's visibility stays as it was", "[meetings]") {
  Recorded made;
  MeetingsWorld& world = made.world;
  REQUIRE(made.save(world.helena(), "Many spoke.").ok());
  v1::SaveRecordRequest next;
  next.set_meeting(made.meeting.name());
  next.mutable_record()->set_revision(1);
  *next.mutable_record()->add_texts() = made.get(world.helena())->texts(0);
  next.mutable_record()->mutable_visibility()->set_handling(v1::HANDLING_RESTRICTED);
  REQUIRE(world.act(world.records, world.helena(), &Records::save, next).ok());
  REQUIRE(made.get(world.reto()).status().code() == Code::NotFound);  // for whom it was
  next.mutable_record()->set_revision(2);
  next.mutable_record()->mutable_visibility()->set_handling(v1::HANDLING_UNSPECIFIED);
  next.mutable_record()->mutable_visibility()->mutable_audience()->add_any_of(
      "process/igc/members");
  const auto wider = world.act(world.records, world.helena(), &Records::save, next);
  REQUIRE(wider->visibility().handling() == v1::HANDLING_RESTRICTED);
  next.mutable_record()->set_revision(3);
  next.mutable_record()->mutable_visibility()->set_handling(v1::HANDLING_LIMITED);
  REQUIRE(world.act(world.records, world.helena(), &Records::save, next).status().code() ==
          Code::InvalidArgument);
}

TEST_CASE("of two who adopt at once one does, and the other is told by whom", "[meetings]") {
  Recorded made;
  MeetingsWorld& world = made.world;
  REQUIRE(made.save(world.helena(), "Many spoke.").ok());
  const auto first = world.store->begin();
  const auto second = world.store->begin();
  REQUIRE(world.records.adopt(world.anna(), made.adoption(1), *first).ok());
  const auto other = world.as("SWE", "peter", {"process/igc/members"});
  REQUIRE(world.records.adopt(other, made.adoption(1), *second).ok());
  REQUIRE(first->commit().ok());
  REQUIRE(second->commit().status().code() == Code::Aborted);
  // The gate does it anew.
  const auto told = made.adopt(other, 1);
  REQUIRE(told.status().code() == Code::FailedPrecondition);
  REQUIRE(std::string(told.status().message()).find("by parties/SWE/accounts/anna") !=
          std::string::npos);
}

TEST_CASE("a record that names participants or states is not adopted", "[meetings]") {
  Recorded made;
  MeetingsWorld& world = made.world;
  const std::string text = "One delegation spoke.\nThe Swedish figures, said Anna Ek, are new.\n";
  REQUIRE(made.save(world.helena(), text).ok());
  v1::RegisterParticipantRequest enter;
  enter.set_meeting(made.meeting.name());
  REQUIRE(world.act(world.attendance, world.anna(), &Attendance::register_one, enter).ok());
  const auto found = made.check(world.helena());
  REQUIRE(found->open() == 2);
  REQUIRE(found->findings(0).line() == 2);
  REQUIRE(found->findings(0).column() == 5);
  REQUIRE(found->findings(0).word() == "Swedish");
  REQUIRE(found->findings(0).kind() == v1::Finding::ADJECTIVE);
  REQUIRE(found->findings(1).word() == "Anna Ek");
  REQUIRE(found->findings(1).names() == "persons/anna");
  const auto refused = made.adopt(world.anna(), 1);
  REQUIRE(refused.status().code() == Code::FailedPrecondition);
  REQUIRE(refused.status().violations().size() == 2);
  REQUIRE(refused.status().violations()[0].line == 2);
  REQUIRE(refused.status().violations()[0].column == 5);
  // One is set aside by who presides, and by nobody else; the other is mended.
  v1::SetAsideFindingsRequest aside;
  aside.set_name(made.meeting.name() + "/record");
  aside.add_keys(found->findings(0).key());
  aside.set_because("the title of a published report");
  REQUIRE(world.act(world.records, world.helena(), &Records::set_aside, aside).status().code() ==
          Code::PermissionDenied);
  REQUIRE(world.act(world.records, world.anna(), &Records::set_aside, aside)->open() == 1);
  aside.set_keys(0, "ffffffffffffffffffffffff");
  REQUIRE(world.act(world.records, world.anna(), &Records::set_aside, aside).status().code() ==
          Code::FailedPrecondition);
  // The line that was set aside has changed: it is open again.
  const std::string mended = "One delegation spoke.\nThe Swedish figures are new.\n";
  REQUIRE(made.save(world.helena(), mended, 1).ok());
  REQUIRE(made.check(world.helena())->open() == 1);
  REQUIRE(made.save(world.helena(), "One delegation spoke.\nIts figures are new.\n", 2).ok());
  REQUIRE(made.adopt(world.anna(), 3).ok());
}

TEST_CASE("what is restricted is opened with a receipt; comments keep to their audience",
          "[meetings]") {
  Recorded made;
  MeetingsWorld& world = made.world;
  REQUIRE(made.save(world.helena(), "Many spoke.", 0, v1::HANDLING_RESTRICTED).ok());
  REQUIRE(made.get(world.anna()).status().code() == Code::FailedPrecondition);
  v1::GetRecordRequest open;
  open.set_name(made.meeting.name() + "/record");
  const std::uint64_t before = world.ledger->size();
  REQUIRE(world.act(world.records, world.anna(), &Records::open, open).ok());
  REQUIRE(world.ledger->size() == before + 1);
  REQUIRE(made.save(world.helena(), "Many spoke.", 1).status().code() == Code::InvalidArgument);
  const std::vector<std::string> secretariat = {"process/igc/secretariat"};
  REQUIRE(made.comment(world.anna(), "for the secretariat only", secretariat).ok());
  REQUIRE(made.comment(world.helena(), "for all").ok());
  REQUIRE(made.comments(world.helena()).size() == 2);
  const auto chair = world.as("NOR", "nora", {"process/igc/chair"});
  REQUIRE(made.comments(chair) == std::vector<std::string>{"for all"});
}

TEST_CASE("a comment is on a line that the text has", "[meetings]") {
  Recorded made;
  MeetingsWorld& world = made.world;
  REQUIRE(made.save(world.helena(), "One.\nTwo.\nThree.\nFour.\n").ok());
  v1::CommentOnRecordRequest request;
  request.set_name(made.meeting.name() + "/record");
  request.mutable_comment()->set_text("the second figure is of 2025");
  const auto on_line = [&](std::uint32_t line) {
    request.mutable_comment()->set_line(line);
    return world.act(world.records, world.anna(), &Records::comment, request).status().code();
  };
  CHECK(on_line(400) == Code::InvalidArgument);
  CHECK(on_line(5) == Code::InvalidArgument);
  CHECK(on_line(4) == Code::Ok);
  CHECK(on_line(0) == Code::Ok);
}

TEST_CASE("who does not see a draft is not told of it by who comments to them", "[meetings]") {
  Recorded made;
  MeetingsWorld& world = made.world;
  entente::testing::Entered entered;
  world.ledger->add_follower(entered);
  REQUIRE(made.save(world.helena(), "Many spoke.").ok());
  const auto sees = [&](const policy::Subject& subject) {
    return ledger::may_see(subject, entered.acts.back());
  };
  REQUIRE(made.comment(world.anna(), "Switzerland will not like it.", {"party/CHE"}).ok());
  CHECK(sees(world.anna()));
  CHECK_FALSE(sees(world.reto()));
  CHECK_FALSE(sees(world.helena()));
  REQUIRE(made.comment(world.anna(), "Nor will we.", {"process/igc/secretariat"}).ok());
  CHECK(sees(world.anna()));
  CHECK(sees(world.helena()));
  CHECK_FALSE(sees(world.reto()));
}

TEST_CASE("what was said of a draft stays with those who saw it then", "[meetings]") {
  Recorded made;
  MeetingsWorld& world = made.world;
  using Texts = std::vector<std::string>;
  REQUIRE(made.save(world.helena(), "Many spoke.").ok());
  REQUIRE(made.comment(world.anna(), "Strike what Switzerland said.").ok());
  REQUIRE(made.comment(world.anna(), "Not for them yet.", {"party/CHE"}).ok());
  v1::SaveRecordRequest wider;
  wider.set_meeting(made.meeting.name());
  wider.mutable_record()->set_revision(1);
  *wider.mutable_record()->add_texts() = made.get(world.helena())->texts(0);
  wider.mutable_record()->mutable_visibility()->mutable_audience()->add_any_of(
      "process/igc/members");
  REQUIRE(world.act(world.records, world.helena(), &Records::save, wider).ok());
  CHECK(made.get(world.reto())->comments() == 0);
  CHECK(made.comments(world.reto()).empty());
  REQUIRE(made.comment(world.reto(), "It reads well.").ok());
  REQUIRE(made.adopt(world.anna(), 2).ok());
  const auto guest = world.as(
      "UNHCR", "samira",
      {"process/igc/observers", "process/igc/body/meeting-" + made.meeting.name().substr(9)});
  CHECK(made.comments(guest).empty());
  CHECK(made.get(guest)->comments() == 0);
  CHECK(made.comments(world.reto()) == Texts{"It reads well."});
  CHECK(made.comments(world.anna()) ==
        Texts{"Strike what Switzerland said.", "Not for them yet.", "It reads well."});
  CHECK(made.comments(world.helena()) == Texts{"Strike what Switzerland said.", "It reads well."});
}

TEST_CASE("an outcome names its document to those who see it", "[meetings]") {
  Recorded made;
  MeetingsWorld& world = made.world;
  const std::string paper = "documents/" + std::string(32, 'a');
  world.neighbours.papers[paper] = {"IGC", "SWE"};
  v1::SaveRecordRequest request;
  request.set_meeting(made.meeting.name());
  auto& text = *request.mutable_record()->add_texts();
  text.set_language("en");
  text.set_text("All agreed.");
  auto& outcome = *request.mutable_record()->add_outcomes();
  outcome.set_kind(v1::Outcome::DECLARATION);
  *outcome.mutable_title() = english("What was agreed");
  outcome.set_document(paper);
  REQUIRE(world.act(world.records, world.helena(), &Records::save, request).ok());
  const auto named = [&](const policy::Subject& subject) {
    const auto record = made.get(subject);
    REQUIRE(record.ok());
    REQUIRE(record->outcomes_size() == 1);
    return record->outcomes(0).document();
  };
  REQUIRE(made.adopt(world.anna(), 1).ok());
  CHECK(named(world.anna()) == paper);
  CHECK(named(world.reto()).empty());
}

TEST_CASE("a draft stays with those who saw it, whoever sees what was adopted", "[meetings]") {
  Recorded made;
  MeetingsWorld& world = made.world;
  REQUIRE(made.save(world.helena(), "Switzerland objected.").ok());
  REQUIRE(made.save(world.helena(), "One delegation objected.", 1).ok());
  REQUIRE(made.adopt(world.anna(), 2).ok());
  const auto revision = [&](const policy::Subject& subject, const std::string& number) {
    v1::GetRecordRequest request;
    request.set_name(made.meeting.name() + "/record/revisions/" + number);
    return world.ask(world.records, subject, &Records::get, request);
  };
  CHECK(revision(world.helena(), "1")->texts(0).text() == "Switzerland objected.");
  CHECK(revision(world.reto(), "3")->texts(0).text() == "One delegation objected.");
  for (const char* draft : {"1", "2"}) {
    CHECK(revision(world.reto(), draft).status().code() == Code::NotFound);
  }
  CHECK(revision(world.reto(), "9").status().code() == Code::NotFound);
}

TEST_CASE("a record that names more than is told of is not adopted, whatever is set aside",
          "[meetings]") {
  Recorded made;
  MeetingsWorld& world = made.world;
  std::string text;
  for (std::size_t line = 0; line <= limits::findings_max; ++line) text += "Sweden spoke.\n";
  REQUIRE(made.save(world.helena(), text).ok());
  const auto found = made.check(world.anna());
  REQUIRE(found->cut_short());
  v1::SetAsideFindingsRequest aside;
  aside.set_name(made.meeting.name() + "/record");
  aside.set_because("a refrain");
  aside.add_keys(found->findings(0).key());  // every line is the same
  REQUIRE(world.act(world.records, world.anna(), &Records::set_aside, aside)->open() == 0);
  CHECK(made.adopt(world.anna(), 1).status().reason() == Reason::StillInUse);
}

TEST_CASE("adoption does not lower the handling", "[meetings]") {
  Recorded made;
  MeetingsWorld& world = made.world;
  REQUIRE(made.save(world.helena(), "Many spoke.", 0, v1::HANDLING_RESTRICTED).ok());
  auto request = made.adoption(1);
  request.mutable_visibility()->set_handling(v1::HANDLING_LIMITED);
  const auto lower = world.act(world.records, world.anna(), &Records::adopt, request);
  CHECK(lower.status().code() == Code::InvalidArgument);
  const auto as_it_was = made.adopt(world.anna(), 1);
  CHECK(as_it_was->visibility().handling() == v1::HANDLING_RESTRICTED);
}

TEST_CASE("a finding does not say which hidden participant it names", "[meetings]") {
  Recorded made;
  MeetingsWorld& world = made.world;
  REQUIRE(made.save(world.helena(), "It was said by Anna Ek.").ok());
  v1::RegisterParticipantRequest enter;
  enter.set_meeting(made.meeting.name());
  REQUIRE(world.act(world.attendance, world.anna(), &Attendance::register_one, enter).ok());
  world.neighbours.hidden_from["persons/anna"] = {"IGC"};
  CHECK(made.check(world.helena())->findings(0).names() == "a participant");
  CHECK(made.check(world.anna())->findings(0).names() == "persons/anna");
}

TEST_CASE("the entry of an adoption is over each text and the language it is in", "[meetings]") {
  Recorded made;
  MeetingsWorld& world = made.world;
  entente::testing::Entered entered;
  world.ledger->add_follower(entered);
  REQUIRE(made.save(world.helena(), "Many spoke.").ok());
  REQUIRE(made.adopt(world.anna(), 1).ok());
  const Digest digest = sha256("en\nMany spoke.\n");
  CHECK(entered.acts.back().object_digest == as_view(digest));
}

TEST_CASE("a draft that one may not see is not saved over by who presides now", "[meetings]") {
  Recorded made;
  MeetingsWorld& world = made.world;
  REQUIRE(made.save(world.helena(), "Many spoke.").ok());
  REQUIRE(made.comment(world.helena(), "Between us.").ok());
  made.meeting = *world.get(world.helena(), made.meeting.name());
  made.meeting.set_chairs(0, "parties/CHE");
  REQUIRE(world.update(world.helena(), made.meeting).ok());
  const Status absent = made.get(world.reto()).status();
  REQUIRE(absent.code() == Code::NotFound);
  for (const std::uint64_t revision : {0, 1, 2}) {
    const Status refused = made.save(world.reto(), "None spoke.", revision).status();
    CHECK(refused.code() == absent.code());
    CHECK(refused.message() == absent.message());
  }
  // The secretariat brings them in; what was said before stays between those who said it.
  REQUIRE(made.save(world.helena(), "All spoke.", 1).ok());
  CHECK(made.save(world.reto(), "None spoke.", 2).ok());
  CHECK(made.comments(world.reto()).empty());
}

TEST_CASE("names are found as people write them, in the languages of the processes", "[meetings]") {
  std::vector<Named> names = names_of_countries({"pt"});
  for (const Named& one : names_of_person("Ólafur de la Cruz", "persons/olafur")) {
    names.push_back(one);
  }
  const NameFinder finder(names);
  const auto words = [&](const std::string& text) {
    std::vector<std::string> found;
    for (const auto& place : finder.find(text, 100)) found.push_back(place.word);
    return found;
  };
  using Words = std::vector<std::string>;
  CHECK(words("Sweden's view, and that of the United Kingdom") ==
        Words{"Sweden", "United Kingdom"});
  CHECK(words("la délégation suédoise; der schwedische Vertreter") ==
        Words{"suédoise", "schwedische"});
  CHECK(words("представитель Швеции и шведские данные") == Words{"Швеции", "шведские"});
  CHECK(words("ممثل السويد وسويسرا").size() == 2);
  CHECK(words("the delegate of SWE (SE)") == Words{"SWE", "SE"});
  CHECK(words("Olafur spoke; M. Cruz agreed") == Words{"Olafur", "Cruz"});
  CHECK(words("Suécia") == Words{"Suécia"});
  // Not every word that looks alike.
  CHECK(words("we polish it; turkey is served; no, it is in order; an island; de la").empty());
  CHECK(words("AN AGENDA IN ALL CAPITALS").empty());
  CHECK(words("").empty());
  // Columns count characters, and lines end with line feeds.
  const auto places = finder.find("é 日本 said\n  Norway", 100);
  REQUIRE(places.size() >= 1);
  CHECK(places.back().line == 2);
  CHECK(places.back().column == 3);
}

}  // namespace entente::meetings::testing
