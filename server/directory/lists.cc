// Lists of people as their reader sees them: for address books, exports and paper.
#include <algorithm>

#include "proto/contract/limits.h"
#include "server/directory/formats/printable.h"
#include "server/directory/formats/roster.h"
#include "server/directory/formats/vcard.h"
#include "server/directory/service.h"

namespace entente::directory {
namespace {

constexpr int kExportMax = 5'000;

Status too_many() {
  return Status(Code::ResourceExhausted, Reason::None,
                "the list is too long for one file; ask for less at once");
}

// The file's name is its ending until its beginning is known.
Status fill(v1::ExportPersonsReply& reply, v1::ExportPersonsRequest::Format format,
            const ListHeading& heading, const std::vector<Entry>& entries) {
  const auto set = [&](const char* ending, const char* type, std::string content) {
    reply.set_file_name(ending);
    reply.set_media_type(type);
    reply.set_content(std::move(content));
    return Status();
  };
  switch (format) {
    case v1::ExportPersonsRequest::CSV:
      return set(".csv", "text/csv; charset=utf-8; header=present", export_roster(entries));
    case v1::ExportPersonsRequest::VCARD_4:
      return set(".vcf", "text/vcard; charset=utf-8; version=4.0",
                 to_vcards(entries, VcardVersion::V4));
    case v1::ExportPersonsRequest::VCARD_3:
      return set(".vcf", "text/vcard; charset=utf-8; version=3.0",
                 to_vcards(entries, VcardVersion::V3));
    case v1::ExportPersonsRequest::HTML:
      return set(".html", "text/html; charset=utf-8", to_html(heading, entries));
    case v1::ExportPersonsRequest::TEXT:
      return set(".txt", "text/plain; charset=utf-8", to_text(heading, entries));
    default:
      return invalid_argument("format", "must be CSV, VCARD_4, VCARD_3, HTML or TEXT");
  }
}

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

Result<v1::ExportPersonsReply> Service::export_persons(const Subject& subject,
                                                       const v1::ExportPersonsRequest& message,
                                                       Snapshot& snapshot) {
  const bool of_process = message.persons().empty();  // validate
  const std::string process = id_in(message.process(), "processes");
  if (of_process == message.process().empty() || (of_process && process.empty()))
    return invalid_argument("process", "or `persons` must be given, and not both");
  if (message.persons_size() > kExportMax) return too_many();
  ListHeading heading;
  std::vector<std::string> people(message.persons().begin(), message.persons().end());
  if (of_process) {
    ENTENTE_TRY(const std::optional<Record> record, read(subject, snapshot, message.process()));
    if (!record || !record->has_process()) return not_found(message.process());  // decide
    heading.process_name = record->process().short_name();
    heading.long_name = record->process().long_name();
    people = people_of_process(subject, process);
  }
  if (people.size() > kExportMax) return too_many();
  ENTENTE_TRY(const std::vector<Entry> entries, entries_of(subject, snapshot, people));
  if (!of_process && entries.size() != people.size()) {
    for (const std::string& name : people) {
      const bool there = std::any_of(entries.begin(), entries.end(),
                                     [&](const Entry& one) { return one.uid == name; });
      if (!there) return not_found(name);
    }
  }
  heading.printed_at = parts_.clock.now();
  heading.printed_for = subject.account;
  v1::ExportPersonsReply reply;
  ENTENTE_TRY_VOID(fill(reply, message.format(), heading, entries));
  reply.set_file_name((of_process ? process : "persons") + reply.file_name());
  reply.set_persons(static_cast<std::uint32_t>(entries.size()));
  if (reply.content().size() + 4'096 > limits::message_bytes_max) return too_many();
  return reply;
}

}  // namespace entente::directory
