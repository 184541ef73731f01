#include "server/directory/formats/from_wire.h"

#include <catch2/catch.hpp>

#include "tests/formats/files.h"

namespace entente::directory {
namespace {

v1::Person wire_person() {
  v1::Person person;
  person.set_name("persons/p1");
  person.set_party("parties/CHN");
  person.set_institution("parties/CHN/institutions/border-police");
  person.set_display_name("王伟");
  person.set_latin_name("Wei Wang");
  person.set_given_name("伟");
  person.set_family_name("王");
  person.set_title("Counsellor");
  person.add_languages("zh");
  person.set_time_zone("Asia/Shanghai");
  v1::Contact* contact = person.add_contacts();
  contact->set_kind(v1::Contact::MOBILE);
  contact->set_value("+44 7700 900123");
  person.add_contacts()->set_value("of no kind");
  person.mutable_confirmed_at()->set_seconds(1'700'000'000);
  return person;
}

TEST_CASE("a person goes to a roster and comes back the same", "[formats]") {
  const v1::Person person = wire_person();
  v1::Office office;
  office.set_kind(v1::BODY_CONTACT);
  office.set_process("processes/igc");
  office.set_body("processes/igc/bodies/wg-data");
  office.add_topics("statistics");
  v1::Span span;
  span.set_since("2024-09-02");
  const HeldOffice held{&office, v1::DEPUTY, &span};
  const Entry entry = entry_of(person, std::span(&held, 1),
                               {{"parties/CHN", "China"}, {"processes/igc", "IGC"}}, Instant{});
  CHECK(entry.party_name == "China");
  CHECK(entry.institution == "border-police");  // no name was given for it
  CHECK(entry.contacts.size() == 1);
  CHECK(entry.confirmed.has_value());
  REQUIRE(entry.offices.size() == 1);
  CHECK(entry.offices[0].process_name == "IGC");

  const RosterVocabulary vocabulary{.parties = {"CHN"}, .processes = {{"igc", {"wg-data"}}}};
  const RosterFile file = parse_roster(export_roster(std::span(&entry, 1)), vocabulary);
  INFO(testing::describe(file.status()));
  REQUIRE(file.rows.size() == 1);
  const v1::Person back = person_of(file.rows[0]);
  CHECK(back.party() == person.party());
  CHECK(back.display_name() == person.display_name());
  CHECK(back.latin_name() == person.latin_name());
  CHECK(back.contacts(0).kind() == v1::Contact::MOBILE);
  CHECK(back.contacts(0).value() == person.contacts(0).value());
  CHECK_FALSE(back.contacts(0).has_visibility());
  CHECK(office_kind_of(file.rows[0]) == v1::BODY_CONTACT);
  CHECK(capacity_of(file.rows[0]) == v1::DEPUTY);
  CHECK(file.rows[0].since == "2024-09-02");
}

TEST_CASE("every office and capacity of a roster has its kind in the contract", "[formats]") {
  for (const std::string_view office : roster_offices()) {
    RosterRow row;
    row.office = office;
    CHECK(office_kind_of(row) != v1::OFFICE_KIND_UNSPECIFIED);
  }
  for (const std::string_view capacity : roster_capacities()) {
    RosterRow row;
    row.capacity = capacity;
    CHECK(capacity_of(row) != v1::CAPACITY_UNSPECIFIED);
  }
}

}  // namespace
}  // namespace entente::directory
