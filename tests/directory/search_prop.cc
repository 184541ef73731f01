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

}  // namespace
}  // namespace entente::directory
