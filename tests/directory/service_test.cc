#include <algorithm>

#include "proto/contract/bytes.h"
#include "tests/directory/world.h"

namespace entente::directory {
namespace {

using testing::DirectoryWorld;

// All that a caller sees of a refusal, but for the name that it asked for itself.
std::string face(const Status& status, const std::string& asked) {
  std::string message(status.message());
  const std::size_t at = message.find(asked);
  if (at != std::string::npos) message.replace(at, asked.size(), "?");
  return std::string(name_of(status.code())) + " " + std::string(name_of(status.reason())) + " " +
         message + " " + std::to_string(status.violations().size());
}

bool has_mobile(const v1::Person& person) {
  return std::any_of(person.contacts().begin(), person.contacts().end(),
                     [](const v1::Contact& one) { return one.kind() == v1::Contact::MOBILE; });
}

v1::Person named(const std::string& name, const std::string& party) {
  v1::Person person;
  person.set_name(name);
  person.set_party(party);
  person.set_display_name("Örjan Ek");
  v1::Contact* contact = person.add_contacts();
  contact->set_kind(v1::Contact::EMAIL);
  contact->set_value("orjan@swe.example.org");
  return person;
}

v1::CreatePersonRequest to_create(const std::string& name, const std::string& party) {
  v1::CreatePersonRequest request;
  *request.mutable_person() = named(name, party);
  request.set_process("processes/igc");
  return request;
}

const std::string anna = "persons/swe.anna.lindqvist";
const std::string focal_point = "offices/swe.igc.focal-point";

TEST_CASE("a person of a process that one has no part in and an absent one look the same",
          "[directory]") {
  DirectoryWorld world;
  const auto outsider = world.as("THA", "kamon.wongsakul");
  const std::string absent_name = "persons/swe.nobody";
  const auto hidden = world.get_person(outsider, anna);
  const auto absent = world.get_person(outsider, absent_name);
  REQUIRE(!hidden.ok());
  REQUIRE(!absent.ok());
  CHECK(face(hidden.status(), anna) == face(absent.status(), absent_name));
  CHECK(hidden.status().code() == Code::NotFound);
  CHECK(world.get_person(world.as("CHE", "reto.ammann"), anna).ok());
}

TEST_CASE("a name that is of another kind is not found either", "[directory]") {
  DirectoryWorld world;
  const auto reader = world.as("CHE", "reto.ammann");
  for (const std::string& name :
       {std::string("processes/igc"), focal_point, std::string(""), std::string("persons/"),
        std::string("persons/../processes/igc"), std::string("processes/igc/participations/SWE")}) {
    CHECK(world.get_person(reader, name).status().code() == Code::NotFound);
  }
  v1::GetProcessRequest request;
  request.set_name(anna);
  CHECK(world.ask(reader, &Service::get_process, request).status().code() == Code::NotFound);
}

TEST_CASE("an observer sees an entry without what is for members only", "[directory]") {
  DirectoryWorld world;
  const auto member = world.get_person(world.as("CHE", "reto.ammann"), anna);
  const auto observer = world.get_person(world.as("UNHCR", "samira.haddad"), anna);
  REQUIRE(member.ok());
  REQUIRE(observer.ok());
  CHECK(has_mobile(*member));
  CHECK_FALSE(has_mobile(*observer));
  CHECK(observer->contacts_size() == member->contacts_size() - 1);
  const auto listed = world.search(world.as("UNHCR", "samira.haddad"), "anna");
  REQUIRE(listed.found_size() == 1);
  for (const auto& found : listed.found()) {
    CHECK_FALSE(has_mobile(found.person()));
  }
}

TEST_CASE("whoever asks first, each caller gets the own view of an entry, and always the newest",
          "[directory]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  const auto member = world.as("CHE", "reto.ammann");
  const auto observer = world.as("UNHCR", "samira.haddad");
  const auto outsider = world.as("THA", "kamon.wongsakul");
  for (const std::string title : {"One", "Two", "Three"}) {
    v1::UpdatePersonRequest update;
    *update.mutable_person() = *world.get_person(swede, anna);
    update.mutable_person()->set_title(title);
    REQUIRE(world.act(swede, &Service::update_person, update).ok());
    for (int turn = 0; turn < 2; ++turn) {
      CHECK(world.get_person(outsider, anna).status().code() == Code::NotFound);
      for (const auto* subject : {&swede, &observer, &member}) {
        const auto shown = world.get_person(*subject, anna);
        REQUIRE(shown.ok());
        CHECK(shown->title() == title);
        CHECK(has_mobile(*shown) == (subject != &observer));
        // A list shows the same of them, made another way.
        const auto listed = world.search(*subject, "anna lindqvist");
        REQUIRE(listed.found_size() == 1);
        CHECK(listed.found(0).person().SerializeAsString() == shown->SerializeAsString());
      }
    }
  }
  world.clock.pass(std::chrono::hours(24 * 800));
  CHECK(world.get_person(world.as("SWE", "anna.lindqvist"), anna)->stale());
}

TEST_CASE("a suspended party finds nobody of the process", "[directory]") {
  DirectoryWorld world;
  const auto suspended = world.as("ERI", "selam.tesfay");
  CHECK(world.search(suspended, "anna").found_size() == 0);
  // Its own entry stays its own.
  CHECK(world.get_person(suspended, "persons/eri.selam.tesfay").ok());
}

TEST_CASE("search folds accents, scripts and former names of countries", "[directory]") {
  DirectoryWorld world;
  const auto thai = world.as("THA", "kamon.wongsakul");
  CHECK(world.search(thai, "kamon").found_size() == 1);
  CHECK(world.search(thai, "กมล").found_size() == 1);
  CHECK(world.search(thai, "siam").found_size() == 1);
  CHECK(world.search(thai, "KAM wong").found_size() == 1);
  CHECK(world.search(thai, "kamon lindqvist").found_size() == 0);
  CHECK(world.search(thai, "anna").found_size() == 0);
  const auto swede = world.as("SWE", "anna.lindqvist");
  auto mended = world.get_person(swede, anna);
  REQUIRE(mended.ok());
  v1::UpdatePersonRequest update;
  *update.mutable_person() = *mended;
  update.mutable_person()->set_title("Chef, Söderköping");
  REQUIRE(world.act(swede, &Service::update_person, update).ok());
  CHECK(world.search(swede, "soderkop").found_size() == 1);
  CHECK(world.search(swede, "Söderköping").found_size() == 1);
  CHECK(world.search(swede, "senior adviser lindqvist").found_size() == 0);
  // What is written in one script is found in Latin letters, and by the beginning of any word.
  for (const auto& [written, typed] :
       std::vector<std::pair<std::string, std::string>>{{"Иван Петров", "ivan petrov"},
                                                        {"Łukasz Ørsted", "lukasz orsted"},
                                                        {"北京 王", "wang bei"},
                                                        {"سلمى ناصر", "nasr"},
                                                        {"Ελένη Παπαδοπούλου", "eleni papad"},
                                                        {"이 순신", "sunsin"}}) {
    const auto entry = world.get_person(swede, anna);
    REQUIRE(entry.ok());
    *update.mutable_person() = *entry;
    update.mutable_person()->set_display_name(written);
    REQUIRE(world.act(swede, &Service::update_person, update).ok());
    INFO(written << " by " << typed);
    CHECK(world.search(swede, typed).found_size() == 1);
    CHECK(world.search(swede, written).found_size() == 1);
  }
}

TEST_CASE("a query without a letter or digit finds nobody, an empty one everybody", "[directory]") {
  DirectoryWorld world;
  const auto reader = world.as("CHE", "reto.ammann");
  CHECK(world.search(reader, "%%%").found_size() == 0);
  CHECK(world.search(reader, "").found_size() > 5);
  CHECK(world.search(reader, "  ").found_size() == world.search(reader, "").found_size());
}

TEST_CASE("a page token opens nothing to another caller, for another query or when bent",
          "[directory]") {
  DirectoryWorld world;
  const auto reto = world.as("CHE", "reto.ammann");
  v1::SearchPersonsRequest request;
  request.set_page_size(2);
  auto first = world.ask(reto, &Service::search_persons, request);
  REQUIRE(first.ok());
  REQUIRE(first->found_size() == 2);
  REQUIRE(!first->next_page_token().empty());
  request.set_page_token(first->next_page_token());
  REQUIRE(world.ask(reto, &Service::search_persons, request).ok());

  const auto refuses = [&](const policy::Subject& subject, const v1::SearchPersonsRequest& asked) {
    return world.ask(subject, &Service::search_persons, asked).status().reason() ==
           Reason::PageTokenInvalid;
  };
  CHECK(refuses(world.as("SWE", "anna.lindqvist"), request));
  auto other = request;
  other.set_query("a");
  CHECK(refuses(reto, other));
  other = request;
  other.set_process("processes/igc");
  CHECK(refuses(reto, other));
  for (std::size_t i = 0; i < first->next_page_token().size(); ++i) {
    other = request;
    char& c = (*other.mutable_page_token())[i];
    c = c == 'A' ? 'B' : 'A';
    CHECK(refuses(reto, other));
  }
  for (const char* text : {"x", "AAAA", "%%%%", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    other.set_page_token(text);
    CHECK(refuses(reto, other));
  }
}

TEST_CASE("a focal point keeps the own state's entries and nobody else's", "[directory]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  const auto swiss = world.as("CHE", "reto.ammann");
  const std::string name = "persons/swe.orjan.ek";
  CHECK(
      world.act(swiss, &Service::create_person, to_create(name, "parties/SWE")).status().reason() ==
      Reason::NotYours);
  CHECK(world
            .act(world.as("THA", "kamon.wongsakul"), &Service::create_person,
                 to_create("persons/tha.x", "parties/THA"))
            .status()
            .reason() == Reason::NotYours);
  REQUIRE(world.act(swede, &Service::create_person, to_create(name, "parties/SWE")).ok());
  CHECK(world.act(swede, &Service::create_person, to_create(name, "parties/SWE")).status().code() ==
        Code::AlreadyExists);
  REQUIRE(world.get_person(swiss, name).ok());

  v1::UpdatePersonRequest update;
  *update.mutable_person() = *world.get_person(swiss, name);
  update.mutable_person()->set_title("taken over");
  CHECK(world.act(swiss, &Service::update_person, update).status().reason() == Reason::NotYours);
  CHECK(world.act(world.as("IGC", "helena.brandt"), &Service::update_person, update)
            .status()
            .reason() == Reason::NotYours);
  // To whom it does not exist, it does not exist.
  CHECK(world.act(world.as("THA", "kamon.wongsakul"), &Service::update_person, update)
            .status()
            .code() == Code::NotFound);
  CHECK(world.act(swede, &Service::update_person, update).ok());
  CHECK(world.act(swede, &Service::update_person, update).status().reason() ==
        Reason::RevisionStale);
}

TEST_CASE("what ids another party has cannot be tried out", "[directory]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  const auto there = world.act(swede, &Service::create_person,
                               to_create("persons/tha.kamon.wongsakul", "parties/SWE"));
  const auto absent =
      world.act(swede, &Service::create_person, to_create("persons/tha.nobody", "parties/SWE"));
  CHECK(there.status().message() == absent.status().message());
  CHECK(there.status().code() == Code::InvalidArgument);
}

TEST_CASE("a number that nobody could dial is not taken; one that stood before is left",
          "[directory]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  v1::UpdatePersonRequest update;
  *update.mutable_person() = *world.get_person(swede, anna);
  REQUIRE(update.person().contacts_size() > 0);
  v1::Contact* number = nullptr;
  for (auto& one : *update.mutable_person()->mutable_contacts()) {
    if (one.kind() == v1::Contact::TELEPHONE) number = &one;
  }
  REQUIRE(number != nullptr);
  for (const char* wrong : {"call me maybe", "08 465 004 00", "+46", "+46 8 465 004 00 ext"}) {
    number->set_value(wrong);
    const auto refused = world.act(swede, &Service::update_person, update);
    CHECK(refused.status().code() == Code::InvalidArgument);
    auto create = to_create("persons/swe.orjan.ek", "parties/SWE");
    create.mutable_person()->add_contacts()->set_kind(v1::Contact::MOBILE);
    create.mutable_person()->mutable_contacts(0)->set_value(wrong);
    CHECK(world.act(swede, &Service::create_person, create).status().code() ==
          Code::InvalidArgument);
  }
  number->set_value("+46 8 465 004 99");
  CHECK(world.act(swede, &Service::update_person, update).status().message() == "");
}

TEST_CASE("a holder cannot give himself an institution", "[directory]") {
  DirectoryWorld world;
  const auto officer = world.as("SWE", "lars.nyberg");  // no focal point
  auto own = world.get_person(officer, "persons/swe.lars.nyberg");
  REQUIRE(own.ok());
  v1::UpdatePersonRequest update;
  *update.mutable_person() = *own;
  update.mutable_person()->set_institution("");
  CHECK(world.act(officer, &Service::update_person, update).status().reason() == Reason::NotYours);
  *update.mutable_person() = *own;
  update.mutable_person()->set_title("Säkerhetschef");
  CHECK(world.act(officer, &Service::update_person, update).ok());
}

TEST_CASE("what the facts cannot bear is refused before it is kept", "[directory]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  const auto refused = [&](const std::function<void(v1::Person&)>& bend) {
    auto request = to_create("persons/swe.orjan.ek", "parties/SWE");
    bend(*request.mutable_person());
    return world.act(swede, &Service::create_person, request).status().code() ==
           Code::InvalidArgument;
  };
  CHECK(refused([](auto& p) { p.set_institution("a b/c d"); }));
  CHECK(refused([](auto& p) { p.set_institution("parties/GBR/institutions/home-office"); }));
  CHECK(refused([](auto& p) { p.set_institution("parties/SWE/institutions/none"); }));
  CHECK(refused([](auto& p) { p.set_display_name(""); }));
  CHECK(refused([](auto& p) { p.set_display_name("a\nb"); }));
  CHECK(refused([](auto& p) { p.add_languages("not a tag"); }));
  CHECK(refused([](auto& p) { p.mutable_contacts(0)->set_value("no address"); }));
  CHECK(refused([](auto& p) { p.mutable_contacts(0)->clear_kind(); }));
  CHECK(refused([](auto& p) {
    for (int i = 0; i < 17; ++i) *p.add_contacts() = p.contacts(0);
  }));
  CHECK(refused([](auto& p) {
    auto& visibility = *p.mutable_visibility();
    visibility.set_handling(v1::HANDLING_LIMITED);
    visibility.mutable_audience()->add_any_of("party/SWE");
    visibility.mutable_embargo_until()->set_seconds(std::numeric_limits<std::int64_t>::max());
  }));
  CHECK(refused([](auto& p) {
    p.mutable_visibility()->set_handling(v1::HANDLING_LIMITED);
    p.mutable_visibility()->mutable_audience()->add_any_of("everybody");
  }));
  CHECK(refused([](auto& p) { p.set_name("persons/swe.a/b"); }));
}

TEST_CASE("who holds an office by the operator's word alone is confirmed by their party's",
          "[directory]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  const auto history = [&] {
    v1::GetOfficeHistoryRequest request;
    request.set_name(focal_point);
    return *world.ask(swede, &Service::get_office_history, request);
  };
  REQUIRE(history().holders_size() == 1);
  REQUIRE(history().holders(0).appointment().signature().empty());
  v1::HandOverRequest request;
  request.set_office(focal_point);
  request.set_person(anna);
  const auto confirmed =
      world.act(swede, &Service::hand_over, world.signed_by(swede, request, "1"));
  REQUIRE(confirmed.ok());
  CHECK(confirmed->ended().person() == anna);
  CHECK(confirmed->begun().person() == anna);
  CHECK_FALSE(confirmed->begun().signature().empty());
  CHECK(confirmed->ended().span().until() == confirmed->begun().span().since());
  // Not a moment without their duty; and once is enough.
  CHECK(world.as("SWE", "anna.lindqvist").duties.size() == 1);
  const auto again = world.act(swede, &Service::hand_over, world.signed_by(swede, request, "2"));
  REQUIRE(again.ok());
  CHECK(again->begun().name() == confirmed->begun().name());
  CHECK(history().holders_size() == 2);
}

TEST_CASE("an office is handed over in one act, and its duties go with it", "[directory]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  REQUIRE(
      world.act(swede, &Service::create_person, to_create("persons/swe.orjan.ek", "parties/SWE"))
          .ok());
  CHECK(world.as("SWE", "orjan.ek").duties.empty());
  v1::HandOverRequest request;
  request.set_office(focal_point);
  request.set_person("persons/swe.orjan.ek");
  // Not by a foreign focal point, nor to a foreign person.
  const auto reto = world.as("CHE", "reto.ammann");
  CHECK(!world.act(reto, &Service::hand_over, world.signed_by(reto, request, "1")).ok());
  auto foreign = request;
  foreign.set_person("persons/che.reto.ammann");
  CHECK(!world.act(swede, &Service::hand_over, world.signed_by(swede, foreign, "1")).ok());
  request = world.signed_by(swede, request, "1");

  const auto size = world.ledger->size();
  const auto handed = world.act(swede, &Service::hand_over, request);
  REQUIRE(handed.ok());
  CHECK(world.ledger->size() == size + 1);
  CHECK(handed->ended().person() == anna);
  CHECK(handed->begun().person() == "persons/swe.orjan.ek");
  const auto next = world.as("SWE", "orjan.ek");
  REQUIRE(next.duties.size() == 1);
  CHECK(next.duties.front().duty == policy::Duty::FocalPoint);
  CHECK(world.as("SWE", "anna.lindqvist").duties.empty());
  // Who gave it away cannot take it back; who has it gets the same answer again.
  CHECK(!world.act(world.as("SWE", "anna.lindqvist"), &Service::hand_over, request).ok());
  v1::HandOverRequest once_more;
  once_more.set_office(focal_point);
  once_more.set_person("persons/swe.orjan.ek");
  const auto again = world.act(next, &Service::hand_over, world.signed_by(next, once_more, "2"));
  REQUIRE(again.ok());
  CHECK(again->begun().name() == handed->begun().name());
  CHECK_FALSE(again->has_ended());

  v1::GetOfficeHistoryRequest history;
  history.set_name(focal_point);
  const auto holders = world.ask(next, &Service::get_office_history, history);
  REQUIRE(holders.ok());
  REQUIRE(holders->holders_size() == 2);
  CHECK(holders->holders(0).person().name() == "persons/swe.orjan.ek");
  CHECK(holders->holders(1).person().name() == anna);
  v1::WhoAnswersRequest before;
  before.set_party("parties/SWE");
  before.set_process("processes/igc");
  before.set_office(v1::FOCAL_POINT);
  before.set_as_of("2025-06-01");
  const auto then = world.ask(next, &Service::who_answers, before);
  REQUIRE(then.ok());
  REQUIRE(then->answers_size() == 1);
  CHECK(then->answers(0).person().name() == anna);
}

// A next holder, from 2026-12-15 on: the name of that appointment.
std::string hand_over_later(DirectoryWorld& world, const policy::Subject& swede,
                            const std::string& person, const std::string& since,
                            const std::string& seed) {
  if (!world.get_person(swede, person).ok())
    REQUIRE(world.act(swede, &Service::create_person, to_create(person, "parties/SWE")).ok());
  v1::HandOverRequest request;
  request.set_office(focal_point);
  request.set_person(person);
  request.set_since(since);
  const auto handed = world.act(swede, &Service::hand_over, world.signed_by(swede, request, seed));
  REQUIRE(handed.status().message() == "");
  return handed->begun().name();
}

// When the first to hold it no longer does; each has an appointment of their own.
std::string until_of(DirectoryWorld& world, const policy::Subject& swede,
                     const std::string& person) {
  v1::GetOfficeHistoryRequest request;
  request.set_name(focal_point);
  const auto history = world.ask(swede, &Service::get_office_history, request);
  REQUIRE(history.ok());
  for (const v1::Answer& one : history->holders()) {
    if (one.appointment().person() == person) return one.appointment().span().until();
  }
  return "nobody";
}

TEST_CASE("a hand-over to come stands in the way of the next holder, and of nobody else",
          "[directory]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  hand_over_later(world, swede, "persons/swe.orjan.ek", "2026-12-15", "1");
  v1::AppointRequest request;
  request.set_office(focal_point);
  request.set_person(anna);
  for (const v1::Capacity capacity : {v1::DEPUTY, v1::ACTING, v1::DUTY_CONTACT}) {
    request.set_capacity(capacity);
    const auto seed = std::to_string(capacity);
    CHECK(world.act(swede, &Service::appoint, world.signed_by(swede, request, seed, capacity))
              .status()
              .message() == "");
  }
  request.set_capacity(v1::HOLDER);
  CHECK(
      world.act(swede, &Service::appoint, world.signed_by(swede, request, "h")).status().reason() ==
      Reason::Conflict);
}

TEST_CASE("who was to hand over goes on if the next holder does not begin", "[directory]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  const std::string orjan = "persons/swe.orjan.ek";
  const std::string next = hand_over_later(world, swede, orjan, "2026-12-15", "1");
  CHECK(until_of(world, swede, anna) == "2026-12-15");
  const auto request = world.end_by(swede, next);
  REQUIRE(world.act(swede, &Service::end_appointment, request).ok());
  CHECK(until_of(world, swede, anna) == "");
  CHECK(until_of(world, swede, orjan) == "2026-11-23");
  CHECK(world.entered.acts.back().touched.size() == 2);
  // Again: the same answer, and nobody's time is changed.
  REQUIRE(world.act(swede, &Service::end_appointment, request).ok());
  CHECK(until_of(world, swede, anna) == "");
  // What is over cannot be made to begin after all, beside the one who goes on.
  world.clock.pass(std::chrono::hours(24));
  CHECK(world.act(swede, &Service::end_appointment, world.end_by(swede, next)).status().reason() ==
        Reason::Conflict);
  // The office can be handed over anew, and the one before is its holder on that day.
  hand_over_later(world, swede, "persons/swe.asa.berg", "2026-12-20", "2");
  CHECK(until_of(world, swede, anna) == "2026-12-20");
}

TEST_CASE("a holder in the midst who does not begin leaves their time to the one before",
          "[directory]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  const std::string next = hand_over_later(world, swede, "persons/swe.a", "2026-12-15", "1");
  const std::string last = hand_over_later(world, swede, "persons/swe.b", "2027-01-10", "2");
  REQUIRE(world.act(swede, &Service::end_appointment, world.end_by(swede, next)).ok());
  CHECK(until_of(world, swede, anna) == "2027-01-10");
  REQUIRE(world.act(swede, &Service::end_appointment, world.end_by(swede, last)).ok());
  CHECK(until_of(world, swede, anna) == "");
}

TEST_CASE("who has handed over does not come back when the next one ends, were it the same day",
          "[directory]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  const std::string next = hand_over_later(world, swede, "persons/swe.orjan.ek", "2026-11-23", "1");
  const auto orjan = world.as("SWE", "orjan.ek");
  REQUIRE(world.act(orjan, &Service::end_appointment, world.end_by(orjan, next)).ok());
  CHECK(until_of(world, orjan, anna) == "2026-11-23");
  CHECK(world.as("SWE", "anna.lindqvist").duties.empty());
}

TEST_CASE("an end that was signed is none of the day on which the office is handed over before",
          "[directory]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  v1::GetOfficeHistoryRequest request;
  request.set_name(focal_point);
  const auto first = [&] {
    return world.ask(swede, &Service::get_office_history, request)->holders(0).appointment();
  };
  const auto end = world.end_by(swede, first().name(), "2027-01-10");
  REQUIRE(world.act(swede, &Service::end_appointment, end).ok());
  REQUIRE_FALSE(first().end_signature().empty());
  v1::GetAppointmentRequest get;
  get.set_name(first().name());
  hand_over_later(world, swede, "persons/swe.orjan.ek", "2026-12-15", "1");
  const auto ended = world.ask(swede, &Service::get_appointment, get);
  REQUIRE(ended.ok());
  CHECK(ended->span().until() == "2026-12-15");
  CHECK(ended->end_signature().empty());
  CHECK(ended->end_signer_certificate_sha256().empty());
}

TEST_CASE("of two who appoint a holder at once one loses", "[directory]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  for (const char* name : {"persons/swe.a", "persons/swe.b"}) {
    REQUIRE(world.act(swede, &Service::create_person, to_create(name, "parties/SWE")).ok());
  }
  v1::HandOverRequest request;
  request.set_office(focal_point);
  const auto one = world.store->begin();
  const auto two = world.store->begin();
  request.set_person("persons/swe.a");
  REQUIRE(world.service.hand_over(swede, world.signed_by(swede, request, "a"), *one).ok());
  request.set_person("persons/swe.b");
  REQUIRE(world.service.hand_over(swede, world.signed_by(swede, request, "b"), *two).ok());
  CHECK(one->commit().ok());
  CHECK(two->commit().status().code() == Code::Aborted);
}

TEST_CASE("an office that has a holder takes no second one", "[directory]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  REQUIRE(
      world.act(swede, &Service::create_person, to_create("persons/swe.orjan.ek", "parties/SWE"))
          .ok());
  v1::AppointRequest request;
  request.set_office(focal_point);
  request.set_person("persons/swe.orjan.ek");
  CHECK(world.act(swede, &Service::appoint, request).status().code() == Code::InvalidArgument);
  request.set_capacity(v1::HOLDER);
  CHECK(
      world.act(swede, &Service::appoint, world.signed_by(swede, request, "1")).status().reason() ==
      Reason::Conflict);
  request.set_capacity(v1::DEPUTY);
  request = world.signed_by(swede, request, "2", v1::DEPUTY);
  const auto deputy = world.act(swede, &Service::appoint, request);
  REQUIRE(deputy.ok());
  const auto reto = world.as("CHE", "reto.ammann");
  CHECK(world.act(reto, &Service::end_appointment, world.end_by(reto, deputy->name()))
            .status()
            .reason() == Reason::NotYours);
  CHECK(world.act(swede, &Service::end_appointment, world.end_by(swede, deputy->name())).ok());
  CHECK(world.as("SWE", "orjan.ek").duties.empty());
}

TEST_CASE("an entry grows stale, is listed, and one click mends it", "[directory]") {
  DirectoryWorld world;
  world.clock.pass(std::chrono::hours(24 * 181));
  const auto swede = world.as("SWE", "anna.lindqvist");
  REQUIRE(world.get_person(swede, anna)->stale());
  const auto stale_of = [&](const policy::Subject& subject, const std::string& person) {
    v1::ListGapsRequest request;
    request.set_process("processes/igc");
    const auto gaps = world.ask(subject, &Service::list_gaps, request);
    REQUIRE(gaps.ok());
    return std::count_if(gaps->gaps().begin(), gaps->gaps().end(), [&](const v1::Gap& gap) {
      return gap.kind() == v1::Gap::STALE && gap.object() == person;
    });
  };
  const auto secretariat = world.as("IGC", "helena.brandt");
  CHECK(stale_of(secretariat, anna) == 1);
  CHECK(stale_of(swede, anna) == 1);
  CHECK(stale_of(world.as("CHE", "reto.ammann"), anna) == 0);  // another state's
  v1::ListGapsRequest request;
  request.set_process("processes/igc");
  CHECK(
      world.ask(world.as("THA", "kamon.wongsakul"), &Service::list_gaps, request).status().code() ==
      Code::NotFound);
  v1::ConfirmPersonRequest confirm;
  confirm.set_name(anna);
  CHECK(!world.act(world.as("CHE", "reto.ammann"), &Service::confirm_person, confirm).ok());
  REQUIRE(world.act(swede, &Service::confirm_person, confirm).ok());
  CHECK_FALSE(world.get_person(swede, anna)->stale());
  CHECK(stale_of(secretariat, anna) == 0);
}

TEST_CASE("who answers is the holder now; for nobody, who comes closest", "[directory]") {
  DirectoryWorld world;
  const auto reader = world.as("CHE", "reto.ammann");
  v1::WhoAnswersRequest request;
  request.set_party("parties/GBR");
  request.set_topic("traffick");
  const auto found = world.ask(reader, &Service::who_answers, request);
  REQUIRE(found.ok());
  REQUIRE(found->answers_size() == 1);
  CHECK(found->answers(0).person().name() == "persons/gbr.thomas.aldridge");
  CHECK(found->answers(0).person().contacts_size() > 0);
  request.set_topic("fisheries");
  const auto none = world.ask(reader, &Service::who_answers, request);
  REQUIRE(none.ok());
  CHECK(none->answers_size() == 0);
  CHECK(none->nearest().find("fisheries") != std::string::npos);
  CHECK(none->alternatives_size() > 0);
  CHECK(none->nearest().find("no office has the topic `fisheries`") != std::string::npos);
  request.set_topic("trafficing");
  const auto slip = world.ask(reader, &Service::who_answers, request);
  REQUIRE(slip.ok());
  CHECK(slip->nearest().find("near to it: `trafficking in persons`") != std::string::npos);
  // A topic that somebody has elsewhere is no slip; a party that is not there is named.
  request.set_topic("return");
  CHECK(world.ask(reader, &Service::who_answers, request)->nearest().find("no office") ==
        std::string::npos);
  request.set_party("parties/QQQ");
  CHECK(world.ask(reader, &Service::who_answers, request)
            ->nearest()
            .find("there is no party `QQQ`") != std::string::npos);
  request.set_party("parties/GBR");
  request.set_topic("fisheries");
  // What one may not see is no alternative either.
  const auto outside =
      world.ask(world.as("THA", "kamon.wongsakul"), &Service::who_answers, request);
  REQUIRE(outside.ok());
  for (const auto& one : outside->alternatives()) CHECK(one.office().process() != "processes/igc");
}

TEST_CASE("participations are told as of the day asked for", "[directory]") {
  DirectoryWorld world;
  const auto reader = world.as("CHE", "reto.ammann");
  v1::ListParticipationsRequest request;
  request.set_process("processes/apc");
  const auto status_of_new_zealand = [&](const std::string& day) {
    request.set_as_of(day);
    const auto listed = world.ask(reader, &Service::list_participations, request);
    REQUIRE(listed.ok());
    for (const auto& one : listed->participations()) {
      if (one.party() == "parties/NZL") return one.standings(0).status();
    }
    return v1::Participation::STATUS_UNSPECIFIED;
  };
  CHECK(status_of_new_zealand("2001-01-01") == v1::Participation::MEMBER);
  CHECK(status_of_new_zealand("2026-01-01") != v1::Participation::MEMBER);
  request.set_as_of("yesterday");
  CHECK(world.ask(reader, &Service::list_participations, request).status().code() ==
        Code::InvalidArgument);
}

TEST_CASE("a directory made anew from the store answers as the one that followed", "[directory]") {
  DirectoryWorld world;
  const auto swede = world.as("SWE", "anna.lindqvist");
  REQUIRE(
      world.act(swede, &Service::create_person, to_create("persons/swe.orjan.ek", "parties/SWE"))
          .ok());
  v1::HandOverRequest request;
  request.set_office(focal_point);
  request.set_person("persons/swe.orjan.ek");
  REQUIRE(world.act(swede, &Service::hand_over, world.signed_by(swede, request, "1")).ok());

  Catalog anew(*world.store, world.records, world.clock);
  REQUIRE(anew.load().ok());
  CHECK(anew.audiences()->size() == world.catalog.audiences()->size());
  for (const char* person : {"swe.anna.lindqvist", "swe.orjan.ek"}) {
    const auto a = anew.holdings("SWE", person, world.clock.now());
    const auto b = world.catalog.holdings("SWE", person, world.clock.now());
    CHECK(a.principals == b.principals);
    CHECK(a.duties == b.duties);
  }
  Service service(
      {anew, world.records, *world.ledger, world.signers, "demo.example/ledger", world.clock});
  const auto reader = world.as("CHE", "reto.ammann");
  v1::SearchPersonsRequest all;
  all.set_page_size(1000);
  const auto snapshot = world.store->snapshot();
  const auto one = service.search_persons(reader, all, *snapshot);
  const auto other = world.service.search_persons(reader, all, *snapshot);
  REQUIRE(one.ok());
  CHECK(one->SerializeAsString() == other->SerializeAsString());
}

TEST_CASE("what stands over many is what stands over each, at whatever hour", "[directory]") {
  DirectoryWorld world;
  std::vector<std::string> names = {"parties/SWE/institutions/migrationsverket",
                                    "parties/SWE/institutions/none",
                                    "persons/none",
                                    "documents/1",
                                    "persons",
                                    "parties/SWE/accounts/anna.lindqvist",
                                    ""};
  for (const Kind kind : {Kind::Process, Kind::Party, Kind::Participation, Kind::Body, Kind::Office,
                          Kind::Appointment, Kind::Person}) {
    world.catalog.each(kind, [&](const Indexed& one) {
      names.push_back(one.name);
      return true;
    });
  }
  names.push_back(names.front());  // again
  // Now; when the processes were there and the people not; before all.
  std::vector<std::size_t> counts;
  for (const int hours : {0, 1, 10}) {
    const Instant when = world.clock.now() - std::chrono::hours(hours) - std::chrono::minutes(1);
    const auto snapshot = world.store->snapshot();
    std::map<std::size_t, policy::Guard> shown;
    REQUIRE(world.catalog
                .show_guards(*snapshot, names, when,
                             [&](std::size_t place, const policy::Guard& guard) {
                               CHECK(shown.emplace(place, guard).second);
                             })
                .ok());
    for (std::size_t place = 0; place < names.size(); ++place) {
      INFO(names[place]);
      const auto one = world.catalog.find_guard(*snapshot, names[place], {.when = when});
      REQUIRE(one.ok());
      CHECK(one->has_value() == (shown.count(place) != 0));
      if (*one) CHECK(**one == shown.at(place));
    }
    counts.push_back(shown.size());
  }
  CHECK(counts[0] > counts[1]);
  CHECK(counts[1] > counts[2]);
  CHECK(counts[2] == 0);
}

TEST_CASE("keys of the directory bear no content", "[directory]") {
  DirectoryWorld world;
  const auto snapshot = world.store->snapshot();
  std::size_t rows = 0;
  for (const store::Table table : {objects_table, revisions_table, audiences_table, held_table}) {
    const auto cursor = snapshot->scan(store::Key(table));
    for (; cursor->valid(); cursor->next(), ++rows) {
      CHECK(cursor->key_bytes().find("anna") == std::string_view::npos);
      CHECK(cursor->key_bytes().find("igc") == std::string_view::npos);
    }
  }
  CHECK(rows > 500);
}

}  // namespace
}  // namespace entente::directory
