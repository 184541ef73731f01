// Search against a reference that reads every person and asks the same plainly.
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>

#include "server/directory/fold.h"
#include "tests/directory/world.h"

namespace entente::directory {
namespace {

using testing::DirectoryWorld;

const std::vector<std::string>& name_stock() {
  static const std::vector<std::string> names = {
      "Åsa",     "Asad",  "Иван",  "Ivana",   "محمد",  "Mohammed", "北京",  "Bei",
      "Ağaoğlu", "Söder", "Soder", "O'Neill", "Oneil", "Łukasz",   "Lukas", "กมล"};
  return names;
}

config::DemoPeople random_people() {
  static const std::vector<std::string> parties = {"SWE", "CHE", "THA", "UNHCR", "ERI"};
  static const std::vector<std::string> processes = {"igc", "igad-rcp", ""};
  config::DemoPeople people;
  const int count = *rc::gen::inRange(1, 40);
  for (int i = 0; i < count; ++i) {
    config::DemoPerson& person = *people.add_person();
    person.set_id("p" + std::to_string(i));
    person.set_party(*rc::gen::elementOf(parties));
    person.set_given(*rc::gen::elementOf(name_stock()));
    person.set_family(*rc::gen::elementOf(name_stock()));
    person.set_display(person.given() + " " + person.family());
    person.add_language(*rc::gen::element<std::string>("sv", "en", "th"));
    config::DemoDuty& duty = *person.add_duty();
    duty.set_office(config::OTHER_OFFICE);
    duty.set_capacity(config::DEPUTY);
    duty.set_process(*rc::gen::elementOf(processes));
    duty.set_since("2024-01-01");
  }
  return people;
}

bool matches(const std::vector<std::string>& words, const std::string& query) {
  const std::string folded = fold(query);
  for (std::string_view rest = folded; !rest.empty();) {
    const std::string_view wanted = rest.substr(0, rest.find(' '));
    if (std::none_of(words.begin(), words.end(),
                     [&](const std::string& word) { return word.starts_with(wanted); })) {
      return false;
    }
    rest.remove_prefix(std::min(rest.size(), wanted.size() + 1));
  }
  return true;
}

TEST_CASE("search finds whom a plain reading finds, page by page, and nobody hidden",
          "[directory][property]") {
  const Network small = testing::part_of_network({"igc", "igad-rcp"}, {"THA"});
  std::map<std::string, std::vector<std::string>> party_words;
  for (const auto& party : small.parties.table().party()) {
    std::string text;
    for (const auto& name :
         {party.name().en(), party.name().fr(), party.name().es(), party.name().ru(),
          party.name().ar(), party.name().de(), party.name().own()}) {
      text += " " + name;
    }
    for (const auto* names : {&party.former(), &party.also(), &party.official()}) {
      for (const auto& name : *names) text += " " + name;
    }
    party_words[party.code()] = words_of(text);
  }
  const bool held = rc::check("search is a filter", [&] {
    const config::DemoPeople people = random_people();
    config::DemoPeople with_reader = people;
    const config::DemoPeople known = testing::people_of_accounts();
    for (const auto& one : known.person()) {
      if (one.id() == "reto.ammann" || one.id() == "samira.haddad") {
        *with_reader.add_person() = one;
      }
    }
    DirectoryWorld world(with_reader, small);
    const policy::Subject reader = *rc::gen::element(true, false)
                                       ? world.as("CHE", "reto.ammann")
                                       : world.as("UNHCR", "samira.haddad");
    std::string query = *rc::gen::elementOf(name_stock());
    query.resize(std::min(query.size(), *rc::gen::element<std::size_t>(1, 2, 100)));
    if (*rc::gen::inRange(0, 3) == 0) query = "sw";
    if (!is_utf8(query)) query = "a";

    std::set<std::string> expected;
    for (const auto& one : with_reader.person()) {
      const std::string name = "persons/" + person_id(one.party(), one.id());
      if (!world.get_person(reader, name).ok()) continue;
      std::vector<std::string> words =
          words_of(one.display() + " " + one.given() + " " + one.family() + " " + one.title() +
                   " " + one.display_latin());
      const auto& more = party_words[one.party()];
      words.insert(words.end(), more.begin(), more.end());
      if (matches(words, query)) expected.insert(name);
    }
    std::vector<std::string> found;
    v1::SearchPersonsRequest request;
    request.set_query(query);
    request.set_page_size(3);
    do {
      const auto reply = world.ask(reader, &Service::search_persons, request);
      RC_ASSERT(reply.ok());
      for (const auto& one : reply->found()) found.push_back(one.person().name());
      request.set_page_token(reply->next_page_token());
    } while (!request.page_token().empty());
    RC_ASSERT(std::set<std::string>(found.begin(), found.end()) == expected);
    RC_ASSERT(found.size() == expected.size());
  });
  CHECK(held);
}

// --- any mix of filters, as of any day ---

const std::vector<std::string>& topic_stock() {
  static const std::vector<std::string> topics = {"labour migration", "trafficking in persons",
                                                  "asylum", "return and readmission"};
  return topics;
}

config::DemoPeople random_officials() {
  config::DemoPeople people = random_people();
  for (auto& person : *people.mutable_person()) {
    person.clear_duty();
    if (*rc::gen::arbitrary<bool>()) {
      person.set_institution(*rc::gen::element<std::string>("interior", "labour"));
      person.set_institution_name("A ministry");
    }
    const int duties = *rc::gen::inRange(1, 4);
    for (int i = 0; i < duties; ++i) {
      config::DemoDuty& duty = *person.add_duty();
      duty.set_office(*rc::gen::element(config::OTHER_OFFICE, config::THEMATIC_COORDINATOR,
                                        config::BODY_CONTACT));
      duty.set_capacity(config::DEPUTY);
      duty.set_process(*rc::gen::element<std::string>("igc", "igc", "igad-rcp"));
      if (duty.office() == config::BODY_CONTACT) {
        duty.set_process("igc");
        duty.set_body(*rc::gen::element<std::string>("wg-data", "wg-technology"));
      }
      if (*rc::gen::arbitrary<bool>()) duty.add_topic(*rc::gen::elementOf(topic_stock()));
      duty.set_since(*rc::gen::element<std::string>("2024-01-01", "2025-06-01"));
    }
  }
  return people;
}

// Of the same party, kind, process and body there is one office, with the topics of all its duties.
std::string office_of(const config::DemoPerson& person, const config::DemoDuty& duty) {
  return person.party() + '/' + std::to_string(duty.office()) + '/' + duty.process() + '/' +
         duty.body();
}

v1::SearchPersonsRequest random_filters() {
  v1::SearchPersonsRequest request;
  const auto often = [] { return *rc::gen::inRange(0, 3) == 0; };
  if (often()) request.set_process("processes/igc");
  if (often()) request.set_party(*rc::gen::element<std::string>("parties/SWE", "parties/CHE"));
  if (often()) {
    request.set_institution(*rc::gen::element<std::string>("parties/SWE/institutions/interior",
                                                           "parties/SWE/institutions/labour",
                                                           "parties/SWE/institutions/no"));
  }
  if (often()) {
    request.set_office(
        *rc::gen::element(v1::OTHER_OFFICE, v1::THEMATIC_COORDINATOR, v1::BODY_CONTACT));
  }
  if (often()) {
    request.set_topic(
        *rc::gen::element<std::string>("labour", "persons traffick", "Asyl", "read", "astronomy"));
  }
  if (often()) request.set_language(*rc::gen::element<std::string>("sv", "en", "th"));
  if (often()) {
    request.set_body("processes/igc/bodies/" +
                     *rc::gen::element<std::string>("wg-data", "wg-technology"));
  }
  if (often()) request.set_query(*rc::gen::element<std::string>("as", "soder", "ivan", "sweden"));
  if (often())
    request.set_as_of(*rc::gen::element<std::string>("2023-01-01", "2024-06-01", "2026-01-01"));
  return request;
}

TEST_CASE("any mix of filters, as of any day, finds exactly whom a plain reading finds",
          "[directory][property]") {
  const Network small = testing::part_of_network({"igc", "igad-rcp"}, {"THA"});
  const std::map<int, config::DemoOffice> kinds = {
      {v1::OTHER_OFFICE, config::OTHER_OFFICE},
      {v1::THEMATIC_COORDINATOR, config::THEMATIC_COORDINATOR},
      {v1::BODY_CONTACT, config::BODY_CONTACT}};
  const bool held = rc::check("filters are one and all", [&] {
    config::DemoPeople people = random_officials();
    std::map<std::string, std::vector<std::string>> topics;
    for (const auto& person : people.person()) {
      for (const auto& duty : person.duty()) {
        for (const auto& topic : duty.topic()) {
          for (const auto& word : words_of(topic)) topics[office_of(person, duty)].push_back(word);
        }
      }
    }
    const config::DemoPeople known = testing::people_of_accounts();
    const int invented = people.person_size();
    for (const auto& one : known.person()) {
      if (one.id() == "reto.ammann") *people.add_person() = one;
    }
    DirectoryWorld world(people, small);
    const policy::Subject reader = world.as("CHE", "reto.ammann");
    for (int round = 0; round < 20; ++round) {
      v1::SearchPersonsRequest request = random_filters();
      const std::string day = request.as_of().empty() ? "2026-11-23" : request.as_of();
      const bool asks_offices = !request.process().empty() || request.office() != 0 ||
                                !request.topic().empty() || !request.body().empty();
      std::set<std::string> everyone;
      v1::SearchPersonsRequest of_query;
      of_query.set_query(request.query());
      of_query.set_page_size(1'000);
      const auto named = world.ask(reader, &Service::search_persons, of_query);
      RC_ASSERT(named.ok());
      for (const auto& one : named->found()) everyone.insert(one.person().name());
      std::set<std::string> expected;
      for (int i = 0; i < invented; ++i) {
        const auto& one = people.person(i);
        const std::string name = "persons/" + person_id(one.party(), one.id());
        const auto fits_office = [&](const config::DemoDuty& duty) {
          return (duty.process() == "igc" || one.party() == "CHE") && duty.since() <= day &&
                 (request.process().empty() ||
                  "processes/" + duty.process() == request.process()) &&
                 (request.office() == 0 || kinds.at(request.office()) == duty.office()) &&
                 (request.body().empty() ||
                  "processes/" + duty.process() + "/bodies/" + duty.body() == request.body()) &&
                 matches(topics[office_of(one, duty)], request.topic());
        };
        const bool fits =
            everyone.count(name) != 0 &&
            (request.party().empty() || "parties/" + one.party() == request.party()) &&
            (request.institution().empty() ||
             "parties/" + one.party() + "/institutions/" + one.institution() ==
                 request.institution()) &&
            (request.language().empty() || std::find(one.language().begin(), one.language().end(),
                                                     request.language()) != one.language().end()) &&
            (!asks_offices || std::any_of(one.duty().begin(), one.duty().end(), fits_office));
        if (fits) expected.insert(name);
      }
      std::vector<std::string> found;
      request.set_page_size(2);
      do {
        const auto reply = world.ask(reader, &Service::search_persons, request);
        RC_ASSERT(reply.ok());
        for (const auto& one : reply->found()) {
          if (one.person().name() != "persons/che.reto.ammann")
            found.push_back(one.person().name());
        }
        request.set_page_token(reply->next_page_token());
      } while (!request.page_token().empty());
      request.clear_page_token();
      RC_LOG() << request.ShortDebugString();
      RC_ASSERT(std::set<std::string>(found.begin(), found.end()) == expected);
      RC_ASSERT(found.size() == expected.size());
    }
  });
  CHECK(held);
}

}  // namespace
}  // namespace entente::directory
