#include "server/directory/books.h"

#include <algorithm>

#include "tests/directory/world.h"

namespace entente::directory {
namespace {

using testing::DirectoryWorld;

const std::string anna = "swe.anna.lindqvist";

// The books as `subject` has them at this moment.
struct View {
  View(DirectoryWorld& world, policy::Subject who, dav::Seen& seen)
      : subject(std::move(who)),
        snapshot(world.store->snapshot()),
        books({.service = world.service, .records = world.records, .seen = seen}, subject,
              *snapshot, "") {}
  std::string token(const std::string& book) {
    const auto all = books.collections();
    for (const auto& one : *all) {
      if (one.id == book) return one.sync_token;
    }
    return "";
  }
  policy::Subject subject;
  std::unique_ptr<store::Snapshot> snapshot;
  CallerBooks books;
};

void change_telephone(DirectoryWorld& world, const policy::Subject& who,
                      const std::string& number) {
  auto person = world.get_person(who, "persons/" + anna);
  REQUIRE(person.ok());
  for (auto& contact : *person->mutable_contacts()) {
    if (contact.kind() == v1::Contact::TELEPHONE) contact.set_value(number);
  }
  v1::UpdatePersonRequest request;
  *request.mutable_person() = *person;
  REQUIRE(world.act(who, &Service::update_person, request).ok());
}

TEST_CASE("who has no part in a process has no book of it, and its cards are not there",
          "[directory][carddav]") {
  DirectoryWorld world;
  dav::Seen seen;
  View stranger(world, world.as("THA", "kamon.wongsakul"), seen);
  CHECK(stranger.token("igc").empty());
  CHECK_FALSE(stranger.books.member("igc", anna, 0).ok());
  CHECK(stranger.books.member("igc", anna, 0).status().message() ==
        stranger.books.member("none", "nobody", 0).status().message());
}

TEST_CASE("a card holds the contacts that its reader may see and no other",
          "[directory][carddav]") {
  DirectoryWorld world;
  dav::Seen seen;
  const auto has_mobile = [&](const policy::Subject& who) {
    View view(world, who, seen);
    const Result<dav::Member> card = view.books.member("igc", anna, 0);
    REQUIRE(card.ok());
    return card->text.find("TYPE=WORK,CELL:") != std::string::npos;
  };
  CHECK_FALSE(has_mobile(world.as("UNHCR", "samira.haddad")));
  CHECK(has_mobile(world.as("CHE", "reto.ammann")));
}

TEST_CASE("a synchronisation names what changed for its caller, and nothing for another's token",
          "[directory][carddav]") {
  DirectoryWorld world;
  dav::Seen seen;
  const auto reto = world.as("CHE", "reto.ammann");
  const auto samira = world.as("UNHCR", "samira.haddad");
  const std::string before = View(world, reto, seen).token("igc");
  const std::string others = View(world, samira, seen).token("igc");
  REQUIRE_FALSE(before.empty());
  CHECK(View(world, reto, seen).token("igc") == before);
  world.clock.pass(std::chrono::hours(1));
  change_telephone(world, world.as("SWE", "anna.lindqvist"), "+46 8 465 004 99");

  View after(world, reto, seen);
  const auto changes = after.books.changes_since("igc", before);
  REQUIRE(changes.ok());
  REQUIRE(changes->has_value());
  REQUIRE((*changes)->changed.size() == 1);
  CHECK((*changes)->changed.front().id == anna);
  CHECK((*changes)->removed.empty());
  CHECK(after.token("igc") != before);
  CHECK_FALSE(after.books.changes_since("igc", others)->has_value());
  CHECK_FALSE(after.books.changes_since("budapest", before)->has_value());
  CHECK_FALSE(after.books.changes_since("igc", "00000000000000000000000000000000")->has_value());
}

TEST_CASE("who goes out of office goes out of the book", "[directory][carddav]") {
  DirectoryWorld world;
  dav::Seen seen;
  const auto reto = world.as("CHE", "reto.ammann");
  const auto focal_point = world.as("SWE", "anna.lindqvist");
  const std::string before = View(world, reto, seen).token("igc");
  std::vector<std::string> held;
  world.catalog.each_appointment_of_person("persons/" + anna, [&](const Indexed& one) {
    held.push_back(one.name);
    return true;
  });
  world.clock.pass(std::chrono::hours(24));
  for (const std::string& name : held) {
    const auto request = world.end_by(focal_point, name);
    const auto ended = world.act(focal_point, &Service::end_appointment, request);
    INFO(name << ": " << ended.status().message());
    REQUIRE(ended.ok());
  }
  View after(world, reto, seen);
  const auto changes = after.books.changes_since("igc", before);
  REQUIRE((changes.ok() && changes->has_value()));
  REQUIRE((*changes)->removed.size() == 1);
  CHECK((*changes)->removed.front() == anna);
}

TEST_CASE("what was shown is forgotten in order, within its bound", "[directory][carddav]") {
  dav::Seen seen;
  const auto many =
      std::make_shared<const dav::Seen::Members>(dav::Seen::members_max / 4, dav::Ref{"a", "b"});
  for (int i = 0; i < 6; ++i) seen.put(std::to_string(i), many);
  CHECK(seen.find("0") == nullptr);
  CHECK(seen.find("5") != nullptr);
}

TEST_CASE("a party takes part in every standing but suspended and former", "[directory]") {
  const DirectoryWorld world;
  const auto takes_part = [&](const char* party, const char* process) {
    return world.catalog.takes_part(party, process, world.clock.now());
  };
  CHECK(takes_part("SWE", "igc"));             // member
  CHECK(takes_part("SWE", "igad-rcp"));        // partner
  CHECK(takes_part("BHR", "colombo"));         // invited
  CHECK_FALSE(takes_part("ERI", "igad-rcp"));  // suspended
  CHECK_FALSE(takes_part("NZL", "apc"));       // former, and a member once
  CHECK_FALSE(takes_part("UNIAP", "apc"));     // invited once
  CHECK_FALSE(takes_part("THA", "igc"));
  CHECK_FALSE(takes_part("IGC", "igc"));  // its secretariat
  CHECK_FALSE(takes_part("XXX", "igc"));
  CHECK_FALSE(takes_part("SWE", "none"));
}

TEST_CASE("what a session may see is looked at anew with every change and with every day",
          "[directory]") {
  DirectoryWorld world;
  const std::uint64_t before = world.catalog.generation();
  world.clock.pass(std::chrono::hours(1));
  CHECK(world.catalog.generation() == before);
  change_telephone(world, world.as("SWE", "anna.lindqvist"), "+46 8 465 004 98");
  const std::uint64_t changed = world.catalog.generation();
  CHECK(changed > before);
  world.clock.pass(std::chrono::hours(24));
  CHECK(world.catalog.generation() > changed);
}

}  // namespace
}  // namespace entente::directory
