#include "server/directory/formats/from_wire.h"

#include <utility>

namespace entente::directory {
namespace {

std::string_view last_part(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

std::string shown(const DisplayNames& names, const std::string& name) {
  const auto found = names.find(name);
  return found == names.end() ? std::string(last_part(name)) : found->second;
}

struct KindName {
  v1::OfficeKind kind;
  std::string_view name;
};
constexpr KindName kind_names[] = {{v1::FOCAL_POINT, "focal-point"},
                                   {v1::BODY_CONTACT, "body-contact"},
                                   {v1::THEMATIC_COORDINATOR, "thematic-coordinator"},
                                   {v1::CHAIR, "chair"},
                                   {v1::SECRETARIAT_STAFF, "secretariat"},
                                   {v1::OTHER_OFFICE, "other"}};
struct CapacityName {
  v1::Capacity capacity;
  std::string_view name;
};
constexpr CapacityName capacity_names[] = {{v1::HOLDER, "holder"},
                                           {v1::ACTING, "acting"},
                                           {v1::DEPUTY, "deputy"},
                                           {v1::DUTY_CONTACT, "duty-contact"}};

EntryOffice office_of(const HeldOffice& held, const DisplayNames& names) {
  EntryOffice office;
  office.process = last_part(held.office->process());
  if (!held.office->process().empty()) office.process_name = shown(names, held.office->process());
  // Offices that a roster does not carry (security officer ...) show their title.
  office.office = held.office->title();
  for (const KindName& one : kind_names) {
    if (one.kind == held.office->kind()) office.office = one.name;
  }
  for (const CapacityName& one : capacity_names) {
    if (one.capacity == held.capacity) office.capacity = one.name;
  }
  office.body = last_part(held.office->body());
  office.topics.assign(held.office->topics().begin(), held.office->topics().end());
  if (held.span != nullptr) {
    office.since = held.span->since();
    office.until = held.span->until();
  }
  return office;
}

ContactKind kind_of(v1::Contact::Kind kind) {
  switch (kind) {
    case v1::Contact::TELEPHONE:
      return ContactKind::Telephone;
    case v1::Contact::MOBILE:
      return ContactKind::Mobile;
    case v1::Contact::FAX:
      return ContactKind::Fax;
    case v1::Contact::POSTAL:
      return ContactKind::Postal;
    default:
      return ContactKind::Email;
  }
}

v1::Contact::Kind wire_kind_of(ContactKind kind) {
  switch (kind) {
    case ContactKind::Email:
      return v1::Contact::EMAIL;
    case ContactKind::Telephone:
      return v1::Contact::TELEPHONE;
    case ContactKind::Mobile:
      return v1::Contact::MOBILE;
    case ContactKind::Fax:
      return v1::Contact::FAX;
    case ContactKind::Postal:
      return v1::Contact::POSTAL;
  }
  return v1::Contact::KIND_UNSPECIFIED;
}

}  // namespace

Entry entry_of(const v1::Person& person, std::span<const HeldOffice> offices,
               const DisplayNames& names, Instant revised) {
  Entry entry;
  entry.uid = person.name();
  entry.display = person.display_name();
  entry.display_latin = person.latin_name();
  entry.given = person.given_name();
  entry.family = person.family_name();
  entry.party = last_part(person.party());
  entry.party_name = shown(names, person.party());
  entry.institution = shown(names, person.institution());
  entry.title = person.title();
  for (const HeldOffice& held : offices) entry.offices.push_back(office_of(held, names));
  for (const v1::Contact& contact : person.contacts()) {
    if (contact.kind() == v1::Contact::KIND_UNSPECIFIED) continue;
    entry.contacts.push_back({kind_of(contact.kind()), contact.value()});
  }
  entry.languages.assign(person.languages().begin(), person.languages().end());
  entry.time_zone = person.time_zone();
  entry.revised = revised;
  if (person.has_confirmed_at()) {
    entry.confirmed = Instant(std::chrono::seconds(person.confirmed_at().seconds()));
  }
  return entry;
}

v1::Person person_of(const RosterRow& row) {
  v1::Person person;
  person.set_party("parties/" + row.party);
  person.set_institution(row.institution);
  person.set_display_name(row.display);
  person.set_latin_name(row.display_latin);
  person.set_given_name(row.given);
  person.set_family_name(row.family);
  person.set_title(row.title);
  for (const std::string& language : row.languages) person.add_languages(language);
  person.set_time_zone(row.time_zone);
  for (const EntryContact& contact : row.contacts) {
    v1::Contact* added = person.add_contacts();
    added->set_kind(wire_kind_of(contact.kind));
    added->set_value(contact.value);
  }
  return person;
}

v1::OfficeKind office_kind_of(const RosterRow& row) {
  for (const KindName& one : kind_names) {
    if (one.name == row.office) return one.kind;
  }
  return v1::OFFICE_KIND_UNSPECIFIED;
}

v1::Capacity capacity_of(const RosterRow& row) {
  for (const CapacityName& one : capacity_names) {
    if (one.name == row.capacity) return one.capacity;
  }
  return v1::CAPACITY_UNSPECIFIED;
}

}  // namespace entente::directory
