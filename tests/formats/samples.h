// Entries for the tests of formats: the people of the demonstration, and some whose texts are out
// to break a format.
#pragma once

#include <string>
#include <vector>

#include "server/directory/definitions/demo_people.h"
#include "server/directory/formats/entry.h"
#include "tests/formats/files.h"

namespace entente::directory::testing {

inline Instant revised_at() { return *parse_rfc3339("2026-11-23T06:32:32Z"); }

inline ContactKind kind_of(config::DemoContact::Kind kind) {
  switch (kind) {
    case config::DemoContact::TELEPHONE:
      return ContactKind::Telephone;
    case config::DemoContact::MOBILE:
      return ContactKind::Mobile;
    case config::DemoContact::FAX:
      return ContactKind::Fax;
    case config::DemoContact::POSTAL:
      return ContactKind::Postal;
    default:
      return ContactKind::Email;
  }
}

inline Entry entry_of(const config::DemoPerson& person, const PartyIndex& parties) {
  Entry entry;
  entry.uid = "persons/" + person.party() + "-" + person.id();
  entry.display = person.display();
  entry.display_latin = person.display_latin();
  entry.given = person.given();
  entry.family = person.family();
  entry.party = person.party();
  entry.party_name = parties.find(person.party())->name().en();
  entry.institution = person.institution_name();
  entry.title = person.title();
  for (const auto& duty : person.duty()) {
    EntryOffice office;
    office.process = duty.process();
    office.process_name = duty.process();
    office.office = duty.office() == config::BODY_CONTACT ? "body-contact" : "focal-point";
    office.capacity = duty.capacity() == config::DEPUTY ? "deputy" : "holder";
    office.body = duty.body();
    office.topics.assign(duty.topic().begin(), duty.topic().end());
    office.since = duty.since();
    entry.offices.push_back(office);
  }
  for (const auto& contact : person.contact()) {
    entry.contacts.push_back({kind_of(contact.kind()), contact.value()});
  }
  entry.languages.assign(person.language().begin(), person.language().end());
  entry.time_zone = person.time_zone();
  entry.revised = revised_at();
  return entry;
}

inline std::vector<Entry> demo_entries(const Network& network) {
  const auto names = parse_names(*read(source_folder() / "deploy/demo-data/names.textproto"));
  const config::DemoPeople people =
      demo_people(network, *names, {}, *first_day_of("2026-11-23"), 1);
  std::vector<Entry> entries;
  for (const auto& person : people.person()) entries.push_back(entry_of(person, network.parties));
  return entries;
}

// One entry with `text` wherever a person may write one.
inline Entry hostile_entry(const std::string& text) {
  Entry entry;
  entry.uid = "persons/hostile";
  entry.display = entry.given = entry.family = entry.institution = entry.title = text;
  entry.display_latin = text;
  entry.party = "SWE";
  entry.party_name = "Sweden";
  EntryOffice office;
  office.process = office.process_name = "igc";
  office.office = "focal-point";
  office.capacity = "holder";
  office.topics = {text};
  entry.offices = {office};
  entry.contacts = {{ContactKind::Telephone, "+46 8 465 004 21"}, {ContactKind::Postal, text}};
  entry.revised = revised_at();
  return entry;
}

}  // namespace entente::directory::testing
