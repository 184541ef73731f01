// Lists of people as their reader sees them: for address books, exports and paper.
#include <algorithm>

#include "server/directory/service.h"

namespace entente::directory {
namespace {

std::string english(const v1::Text& text) {
  const auto& names = text.by_language();
  if (const auto found = names.find("en"); found != names.end()) return found->second;
  // A map in memory has no order: the first by tag, so that it is the same each time.
  const auto first = std::min_element(
      names.begin(), names.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return first == names.end() ? std::string() : first->second;
}

}  // namespace

std::vector<std::string> Service::people_of_process(const Subject& subject,
                                                    std::string_view process) const {
  const Instant now = parts_.clock.now();
  std::vector<std::string> offices;
  parts_.catalog.each_of_process(process, Kind::Office, [&](const Indexed& one) {
    if (may_read(subject, one.guard)) offices.push_back(one.name);
    return true;
  });
  std::set<std::string> names;
  for (const std::string& office : offices) {
    parts_.catalog.each_appointment_of_office(office, [&](const Indexed& one) {
      if (one.span.holds(now) && may_read(subject, one.guard)) names.insert(one.person);
      return true;
    });
  }
  std::vector<std::pair<std::string, std::string>> people;
  for (const std::string& name : names) {
    const std::optional<Indexed> person = parts_.catalog.find(name);
    if (person && may_read(subject, person->guard)) people.emplace_back(person->sort_key, name);
  }
  std::sort(people.begin(), people.end());
  std::vector<std::string> sorted;
  sorted.reserve(people.size());
  for (auto& [key, name] : people) sorted.push_back(std::move(name));
  return sorted;
}

Result<std::vector<v1::Process>> Service::processes_of(const Subject& subject,
                                                       Snapshot& snapshot) const {
  std::vector<std::string> names;
  parts_.catalog.each(Kind::Process, [&](const Indexed& one) {
    names.push_back(one.name);
    return true;
  });
  std::vector<v1::Process> processes;
  for (const std::string& name : names) {
    ENTENTE_TRY(const std::optional<Record> record, read(subject, snapshot, name));
    if (!record) continue;
    processes.push_back(record->process());
    processes.back().set_revision(record->revision());
  }
  return processes;
}

// What a list calls a party (with its institutions) or a process; once each.
Status Service::add_names(const Subject& subject, Snapshot& snapshot, const std::string& name,
                          DisplayNames& names) const {
  if (name.empty() || names.count(name) != 0) return Status();
  ENTENTE_TRY(const std::optional<Record> record, read(subject, snapshot, name));
  if (!record) return Status();
  if (record->has_process()) names[name] = record->process().short_name();
  if (!record->has_party()) return Status();
  names[name] = english(record->party().names());
  for (const v1::Institution& institution : record->party().institutions()) {
    names[institution.name()] = english(institution.names());
  }
  return Status();
}

Result<std::optional<Entry>> Service::entry_of_person(const Subject& subject, Snapshot& snapshot,
                                                      const std::string& name,
                                                      DisplayNames& names) const {
  ENTENTE_TRY(const std::optional<Record> record, read(subject, snapshot, name));
  if (!record || !record->has_person()) return std::optional<Entry>();
  const v1::Person person = person_for(subject, *record);
  ENTENTE_TRY_VOID(add_names(subject, snapshot, person.party(), names));
  const Instant now = parts_.clock.now();
  std::vector<std::pair<std::string, std::string>> held;  // office, appointment
  parts_.catalog.each_appointment_of_person(name, [&](const Indexed& one) {
    if (one.span.holds(now)) held.emplace_back(one.office, one.name);
    return true;
  });
  std::sort(held.begin(), held.end());
  std::vector<v1::Office> offices;
  std::vector<v1::Appointment> appointments;
  for (const auto& [office_name, appointment_name] : held) {
    ENTENTE_TRY(const std::optional<Record> office, read(subject, snapshot, office_name));
    ENTENTE_TRY(const std::optional<Record> holding, read(subject, snapshot, appointment_name));
    if (!office || !holding) continue;
    ENTENTE_TRY_VOID(add_names(subject, snapshot, office->office().process(), names));
    offices.push_back(office->office());
    appointments.push_back(holding->appointment());
  }
  std::vector<HeldOffice> shown;
  for (std::size_t i = 0; i < offices.size(); ++i) {
    shown.push_back({.office = &offices[i],
                     .capacity = appointments[i].capacity(),
                     .span = &appointments[i].span()});
  }
  // Every change of an entry confirms it, so that this says as much as its reader may know.
  const Instant revised(std::chrono::seconds(person.confirmed_at().seconds()));
  return std::optional(entry_of(person, shown, names, revised));
}

Result<std::vector<Entry>> Service::entries_of(const Subject& subject, Snapshot& snapshot,
                                               const std::vector<std::string>& people) const {
  DisplayNames names;
  std::vector<Entry> entries;
  for (const std::string& name : people) {
    ENTENTE_TRY(std::optional<Entry> entry, entry_of_person(subject, snapshot, name, names));
    if (entry) entries.push_back(*std::move(entry));
  }
  return entries;
}

}  // namespace entente::directory
