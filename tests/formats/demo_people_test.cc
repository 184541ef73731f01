#include "server/directory/definitions/demo_people.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <regex>
#include <set>

#include "tests/formats/files.h"

namespace entente::directory {
namespace {

using testing::describe;

std::string demo_file(const char* name) {
  return *testing::read(testing::source_folder() / "deploy/demo-data" / name);
}

struct Demo {
  Network network = testing::network();
  config::NameStock stock;
  config::DemoAccounts accounts;
  std::chrono::sys_days today = *first_day_of("2026-11-23");

  Demo() {
    auto names = parse_names(demo_file("names.textproto"));
    INFO(describe(names.status()));
    REQUIRE(names.ok());
    stock = *std::move(names);
    auto listed =
        parse_accounts(demo_file("accounts.textproto"), network.parties, network.processes);
    INFO(describe(listed.status()));
    REQUIRE(listed.ok());
    accounts = *std::move(listed);
  }
  [[nodiscard]] config::DemoPeople people(std::uint64_t seed = 1) const {
    return demo_people(network, stock, accounts, today, seed);
  }
};

TEST_CASE("nobody of the demonstration can be reached: every address and number is reserved",
          "[demo]") {
  const Demo demo;
  // As the numbering authorities list them; kept apart from the file that the numbers come from.
  const std::regex reserved(
      R"(\+44 (20 7946 0\d{3}|1632 960\d{3}|(113|121|131|161) 496 0\d{3}|7700 900\d{3}))"
      R"(|\+1 \d{3} 555 01\d\d|\+46 (8 465 004 \d\d|31 390 06 \d\d|40 628 04 \d\d|70 174 06 \d\d))"
      R"(|\+61 (2 (5550|7010) \d{4}|491 570 15[6-9])|\+33 (1 99 00 \d\d \d\d|6 39 98 \d\d \d\d))"
      R"(|\+49 (30 23125 \d{3}|171 39200 \d\d))");
  const config::DemoPeople people = demo.people();
  for (const auto& person : people.person()) {
    REQUIRE(person.contact_size() >= 2);
    for (const auto& contact : person.contact()) {
      INFO(person.party() << " " << person.display() << " " << contact.value());
      if (contact.kind() == config::DemoContact::EMAIL) {
        CHECK(std::regex_match(contact.value(),
                               std::regex(R"([a-z0-9.-]+@[a-z0-9]+\.example\.org)")));
      } else {
        CHECK(std::regex_match(contact.value(), reserved));
      }
      if (contact.kind() == config::DemoContact::MOBILE) CHECK(contact.members_only());
    }
  }
}

TEST_CASE("a network that is no demonstration has those who sign in first, and nobody invented",
          "[demo]") {
  const Network network = testing::network();
  std::string text = *testing::read(testing::source_folder() / "deploy/accounts.textproto");
  const std::string invented = "@swe.example.org";
  std::size_t addresses = 0;
  for (; text.find(invented) != std::string::npos; ++addresses)
    text.replace(text.find(invented), invented.size(), "@government.se");
  const auto first = parse_first_accounts(text, network.parties, network.processes);
  INFO(describe(first.status()));
  REQUIRE(first.ok());
  const config::DemoPeople people = holders_of(*first);
  REQUIRE(people.person_size() == first->account_size());
  for (int i = 0; i < people.person_size(); ++i)
    CHECK(people.person(i).id() == first->account(i).person().id());
  // Of a demonstration it would be somebody's.
  const auto demo = parse_accounts(text, network.parties, network.processes);
  REQUIRE(demo.status().violations().size() == addresses);
  CHECK(demo.status().violations().front().rule.find("it might be somebody's") !=
        std::string::npos);
}

TEST_CASE("a suspended or former party gets nobody made", "[demo]") {
  const Demo demo;
  const config::DemoPeople people = demo.people();
  for (const auto& person : people.person()) {
    for (const auto& duty : person.duty()) {
      if (person.party() == "NZL") CHECK(duty.process() != "apc");
      if (person.party() == "ERI") CHECK(person.id() == "selam.tesfay");  // who has an account
    }
  }
}

TEST_CASE("every member of every process has one focal point, holder or acting", "[demo]") {
  const Demo demo;
  std::multiset<std::string> holders;
  std::set<std::string> ids;
  const config::DemoPeople people = demo.people();
  for (const auto& person : people.person()) {
    INFO(person.party() << "/" << person.id());
    CHECK(ids.insert(person.party() + "/" + person.id()).second);
    CHECK(std::regex_match(person.id(), std::regex("[a-z0-9]+([.-][a-z0-9]+)*")));
    CHECK_FALSE(person.display().empty());
    for (const auto& duty : person.duty()) {
      if (duty.office() != config::FOCAL_POINT) continue;
      if (duty.capacity() == config::HOLDER || duty.capacity() == config::ACTING) {
        holders.insert(duty.process() + "/" + person.party());
      }
    }
  }
  std::size_t members = 0;
  for (const auto& process : demo.network.processes) {
    for (const auto& participation : process.participation()) {
      if (participation.status() != config::MEMBER || !participation.span().until().empty()) {
        continue;
      }
      INFO(process.id() << "/" << participation.party());
      CHECK(holders.count(process.id() + "/" + participation.party()) == 1);
      ++members;
    }
  }
  CHECK(members == 291);
}

TEST_CASE("the people are the same for the same seed, and others for another", "[demo]") {
  const Demo demo;
  using google::protobuf::util::MessageDifferencer;
  CHECK(MessageDifferencer::Equals(demo.people(7), demo.people(7)));
  CHECK_FALSE(MessageDifferencer::Equals(demo.people(7), demo.people(8)));
}

TEST_CASE("names come in Latin, Cyrillic, Arabic and Han letters, each with its Latin form",
          "[demo]") {
  const Demo demo;
  const auto people = demo.people();
  const auto count = [&](const char* party, const char* from, const char* to) {
    return std::count_if(people.person().begin(), people.person().end(), [&](const auto& person) {
      return person.party() == party && person.display().substr(0, 2) >= from &&
             person.display().substr(0, 2) < to && !person.display_latin().empty();
    });
  };
  CHECK(count("UKR", "\xd0", "\xd2") > 0);
  CHECK(count("EGY", "\xd8", "\xdc") > 0);
  CHECK(count("CHN", "\xe4", "\xea") > 0);
}

}  // namespace
}  // namespace entente::directory
