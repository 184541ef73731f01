// The rpcs that change nothing; who answers and what is missing: answers.cc, gaps.cc.
#include "server/directory/service.h"

#include <algorithm>

#include "proto/contract/limits.h"
#include "server/directory/definitions/parse.h"
#include "server/directory/fold.h"
#include "server/directory/pages.h"
#include "server/directory/words.h"

namespace entente::directory {
namespace {

// A key that is the smaller the later the appointment began.
std::string newest_first(const Indexed& one) {
  const std::int64_t since = one.span.since ? one.span.since->time_since_epoch().count() : 0;
  const std::uint64_t left = ~(static_cast<std::uint64_t>(since) ^ (1ULL << 63));
  const std::string digits = std::to_string(left);
  return std::string(20 - digits.size(), '0') + digits + one.name;
}

const std::string& by_itself(const std::string& name) { return name; }

const std::string kService = "entente.v1.DirectoryService.";

}  // namespace

void Service::add_to(identity::Gate& gate, const ledger::MakeReceipt& make_receipt) {
  add_reads(gate);
  add_acts(gate, make_receipt);
}

void Service::add_reads(identity::Gate& gate) {
  gate.reads(kService + "WhoAnswers", this, &Service::who_answers);
  gate.reads(kService + "SearchPersons", this, &Service::search_persons);
  gate.reads(kService + "GetProcess", this, &Service::get_process);
  gate.reads(kService + "ListProcesses", this, &Service::list_processes);
  gate.reads(kService + "ListParticipations", this, &Service::list_participations);
  gate.reads(kService + "ListBodies", this, &Service::list_bodies);
  gate.reads(kService + "ListParties", this, &Service::list_parties);
  gate.reads(kService + "ListOffices", this, &Service::list_offices);
  gate.reads(kService + "GetOfficeHistory", this, &Service::get_office_history);
  gate.reads(kService + "ListGaps", this, &Service::list_gaps);
  gate.reads(kService + "GetParty", this, &Service::get_party);
  gate.reads(kService + "GetParticipation", this, &Service::get_participation);
  gate.reads(kService + "GetBody", this, &Service::get_body);
  gate.reads(kService + "GetOffice", this, &Service::get_office);
  gate.reads(kService + "GetAppointment", this, &Service::get_appointment);
  gate.reads(kService + "ExportPersons", this, &Service::export_persons);
  gate.reads(kService + "ListReminders", this, &Service::list_reminders);
  gate.reads(kService + "ListParticipationProposals", this, &Service::list_participation_proposals);
  gate.reads(kService + "CheckRoster", this, &Service::check_roster);
  gate.reads_serialized<v1::GetPersonRequest, v1::Person>(
      kService + "GetPerson",
      [this](const Subject& subject, const v1::GetPersonRequest& message, Snapshot& snapshot) {
        return get_person(subject, message, snapshot);
      });
}

void Service::add_acts(identity::Gate& gate, const ledger::MakeReceipt& make_receipt) {
  gate.acts(kService + "CreatePerson", this, &Service::create_person);
  gate.acts(kService + "UpdatePerson", this, &Service::update_person);
  gate.acts(kService + "ConfirmPerson", this, &Service::confirm_person);
  gate.acts(kService + "Appoint", this, &Service::appoint);
  gate.acts(kService + "EndAppointment", this, &Service::end_appointment);
  gate.acts(kService + "SetConfirmationPeriod", this, &Service::set_confirmation_period);
  gate.acts(kService + "CreateBody", this, &Service::create_body);
  gate.acts(kService + "UpdateBody", this, &Service::update_body);
  gate.acts(kService + "CloseBody", this, &Service::close_body);
  gate.acts(kService + "CreateInstitution", this, &Service::create_institution);
  gate.acts(kService + "UpdateInstitution", this, &Service::update_institution);
  gate.acts(kService + "CloseInstitution", this, &Service::close_institution);
  gate.acts(kService + "CreateOffice", this, &Service::create_office);
  gate.acts(kService + "UpdateOffice", this, &Service::update_office);
  gate.acts(kService + "CloseOffice", this, &Service::close_office);
  gate.acts(kService + "ProposeParticipation", this, &Service::propose_participation);
  gate.acts(kService + "ApproveParticipation", this, &Service::approve_participation);
  gate.acts(kService + "StartContactTests", this, &Service::start_contact_tests);
  gate.acts(kService + "AnswerContactTest", this, &Service::answer_contact_test);
  gate.acts(kService + "ImportRoster", this, &Service::import_roster);
  gate.acts(kService + "HandOver", this, &Service::hand_over, ledger::with_receipt(make_receipt));
}

bool Service::may_read(const Subject& subject, const policy::Guard& guard) const {
  // The bit test first: it is what most are refused by.
  const bool own = !guard.person.empty() && guard.person == subject.person;
  if (!own && !subject.sight.sees(guard.audience)) return false;
  return policy::decide(subject, policy::Action::Read, guard, parts_.clock.now()).permits();
}

Result<std::optional<Record>> Service::read(const Subject& subject, Snapshot& snapshot,
                                            std::string_view name) const {
  ENTENTE_TRY(std::optional<policy::Guarded<Record>> found, parts_.records.find(snapshot, name));
  const policy::Guard guard = found ? found->guard() : policy::Guard();
  const policy::Decision decision =
      policy::decide(subject, policy::Action::Read, guard, parts_.clock.now());
  if (!decision.permits()) return std::optional<Record>();
  return std::optional<Record>((*std::move(found)).take(decision));
}

// The person as `subject` may see it: each contact detail stands under its own guard.
v1::Person Service::person_for(const Subject& subject, Record record) const {
  v1::Person person;
  person.Swap(record.mutable_person());
  person.set_revision(record.revision());
  for (int i = person.contacts_size(); i-- > 0;) {
    const bool own_guard =
        i < record.contact_guards_size() && record.contact_guards(i).audience() != 0;
    if (own_guard && !may_read(subject, guard_of(record.contact_guards(i))))
      person.mutable_contacts()->DeleteSubrange(i, 1);
  }
  person.set_stale(is_stale(person, record.guard().process()));
  return person;
}

bool Service::is_stale(const v1::Person& person, std::string_view process) const {
  const auto days = std::chrono::hours(24) * confirmation_days(process);
  const Instant confirmed(std::chrono::seconds(person.confirmed_at().seconds()));
  return parts_.clock.now() - confirmed > days;
}

std::uint32_t Service::confirmation_days(std::string_view process) const {
  return parts_.catalog.confirmation_days(process);
}

// What person_for says, put together from pieces that need not be serialized anew.
Result<std::string> Service::get_person(const Subject& subject, const v1::GetPersonRequest& message,
                                        Snapshot& snapshot) {
  ENTENTE_TRY(const auto found, parts_.records.look(snapshot, message.name()));
  const policy::Decision decision = policy::decide(
      subject, policy::Action::Read, found ? found->guard() : policy::Guard(), parts_.clock.now());
  if (!decision.permits()) return not_found(message.name());
  const policy::Opened<Stored> opened = found->open(decision);
  if (!opened->record.has_person()) return not_found(message.name());
  std::string reply = opened->person;
  for (const Stored::Contact& contact : opened->contacts) {
    if (!contact.guard || may_read(subject, *contact.guard)) reply += contact.bytes;
  }
  if (is_stale(opened->record.person(), opened->record.guard().process())) {
    v1::Person stale;
    stale.set_stale(true);
    stale.AppendToString(&reply);
  }
  return reply;
}

Result<v1::Process> Service::get_process(const Subject& subject,
                                         const v1::GetProcessRequest& message, Snapshot& snapshot) {
  ENTENTE_TRY(const std::optional<Record> record, read(subject, snapshot, message.name()));
  if (!record || !record->has_process()) return not_found(message.name());
  v1::Process process = record->process();
  process.set_revision(record->revision());
  return process;
}

Result<v1::Party> Service::get_party(const Subject& subject, const v1::GetPartyRequest& message,
                                     Snapshot& snapshot) {
  ENTENTE_TRY(std::optional<Record> record, read(subject, snapshot, message.name()));
  if (!record || !record->has_party()) return not_found(message.name());
  record->mutable_party()->set_revision(record->revision());
  return record->party();
}

Result<v1::Participation> Service::get_participation(const Subject& subject,
                                                     const v1::GetParticipationRequest& message,
                                                     Snapshot& snapshot) {
  ENTENTE_TRY(std::optional<Record> record, read(subject, snapshot, message.name()));
  if (!record || !record->has_participation()) return not_found(message.name());
  record->mutable_participation()->set_revision(record->revision());
  return record->participation();
}

Result<v1::Body> Service::get_body(const Subject& subject, const v1::GetBodyRequest& message,
                                   Snapshot& snapshot) {
  ENTENTE_TRY(std::optional<Record> record, read(subject, snapshot, message.name()));
  if (!record || !record->has_body_of_process()) return not_found(message.name());
  record->mutable_body_of_process()->set_revision(record->revision());
  return record->body_of_process();
}

Result<v1::Office> Service::get_office(const Subject& subject, const v1::GetOfficeRequest& message,
                                       Snapshot& snapshot) {
  ENTENTE_TRY(std::optional<Record> record, read(subject, snapshot, message.name()));
  if (!record || !record->has_office()) return not_found(message.name());
  record->mutable_office()->set_revision(record->revision());
  return record->office();
}

Result<v1::Appointment> Service::get_appointment(const Subject& subject,
                                                 const v1::GetAppointmentRequest& message,
                                                 Snapshot& snapshot) {
  ENTENTE_TRY(std::optional<Record> record, read(subject, snapshot, message.name()));
  if (!record || !record->has_appointment()) return not_found(message.name());
  return appointment_for(subject, *std::move(record));
}

// Whom an appointment names is decided by that person's own entry.
v1::Appointment Service::appointment_for(const Subject& subject, Record record) const {
  v1::Appointment shown;
  shown.Swap(record.mutable_appointment());
  shown.set_revision(record.revision());
  const std::optional<Indexed> person = parts_.catalog.find(shown.person());
  if (!person || !may_read(subject, person->guard)) shown.clear_person();
  return shown;
}

Result<v1::ListProcessesReply> Service::list_processes(const Subject& subject,
                                                       const v1::ListProcessesRequest&,
                                                       Snapshot& snapshot) {
  ENTENTE_TRY(std::vector<v1::Process> processes, processes_of(subject, snapshot));
  v1::ListProcessesReply reply;
  for (v1::Process& process : processes) *reply.add_processes() = std::move(process);
  return reply;
}

Result<v1::ListParticipationsReply> Service::list_participations(
    const Subject& subject, const v1::ListParticipationsRequest& message, Snapshot& snapshot) {
  ENTENTE_TRY_VOID(check_filter("process", message.process(), "processes"));
  ENTENTE_TRY_VOID(check_filter("party", message.party(), "parties"));
  if (message.process().empty() && message.party().empty()) {
    return invalid_argument("process", "or `party` must be given");
  }
  ENTENTE_TRY(const Instant when, when_of(message.as_of(), parts_.clock.now()));
  ENTENTE_TRY(const Page page, page_of(parts_.records, subject, message));
  std::vector<std::string> names;
  const auto take = [&](const Indexed& one) {
    const bool fits =
        (message.process().empty() || "processes/" + one.process == message.process()) &&
        (message.party().empty() || "parties/" + one.party == message.party());
    if (fits && may_read(subject, one.guard)) names.push_back(one.name);
    return true;
  };
  if (!message.process().empty()) {
    parts_.catalog.each_of_process(id_in(message.process(), "processes"), Kind::Participation,
                                   take);
  } else {
    parts_.catalog.each_of_party(id_in(message.party(), "parties"), Kind::Participation, take);
  }
  v1::ListParticipationsReply reply;
  keep_page(names, page, by_itself, reply);
  for (const std::string& name : names) {
    ENTENTE_TRY(const std::optional<Record> record, read(subject, snapshot, name));
    if (!record) continue;
    v1::Participation participation = record->participation();
    participation.set_revision(record->revision());
    if (!message.history()) {
      auto& standings = *participation.mutable_standings();
      standings.erase(
          std::remove_if(standings.begin(), standings.end(),
                         [&](const auto& one) { return !span_of(one.span()).holds(when); }),
          standings.end());
    }
    if (participation.standings_size() > 0) *reply.add_participations() = std::move(participation);
  }
  return reply;
}

Result<v1::ListBodiesReply> Service::list_bodies(const Subject& subject,
                                                 const v1::ListBodiesRequest& message,
                                                 Snapshot& snapshot) {
  const std::string process = id_in(message.process(), "processes");
  if (process.empty()) return invalid_argument("process", "must be a name such as `processes/igc`");
  ENTENTE_TRY(const Page page, page_of(parts_.records, subject, message));
  std::vector<std::string> names;
  parts_.catalog.each_of_process(process, Kind::Body, [&](const Indexed& one) {
    if (may_read(subject, one.guard)) names.push_back(one.name);
    return true;
  });
  v1::ListBodiesReply reply;
  keep_page(names, page, by_itself, reply);
  for (const std::string& name : names) {
    ENTENTE_TRY(const std::optional<Record> record, read(subject, snapshot, name));
    if (!record) continue;
    *reply.add_bodies() = record->body_of_process();
    reply.mutable_bodies(reply.bodies_size() - 1)->set_revision(record->revision());
  }
  return reply;
}

Result<v1::ListPartiesReply> Service::list_parties(const Subject& subject,
                                                   const v1::ListPartiesRequest& message,
                                                   Snapshot& snapshot) {
  ENTENTE_TRY(const Page page,
              page_of(parts_.records, subject, message, limits::page_size_default));
  std::vector<std::string> names;
  parts_.catalog.each(Kind::Party, [&](const Indexed& one) {
    if (one.name > page.after() && may_read(subject, one.guard)) names.push_back(one.name);
    return names.size() <= page.size();
  });
  v1::ListPartiesReply reply;
  keep_page(names, page, by_itself, reply);
  for (const std::string& name : names) {
    ENTENTE_TRY(const std::optional<Record> record, read(subject, snapshot, name));
    if (!record) continue;
    *reply.add_parties() = record->party();
    reply.mutable_parties(reply.parties_size() - 1)->set_revision(record->revision());
  }
  return reply;
}

bool Service::holds_matching_office(const Subject& subject, const Indexed& person,
                                    const v1::SearchPersonsRequest& request, Instant when) const {
  const bool asks = !request.process().empty() || request.office() != v1::OFFICE_KIND_UNSPECIFIED ||
                    !request.topic().empty() || !request.body().empty();
  if (!asks) return true;
  const std::string topic = fold(request.topic());
  std::vector<std::string> offices;
  parts_.catalog.each_appointment_of_person(person.name, [&](const Indexed& one) {
    if (one.span.holds(when) && may_read(subject, one.guard)) offices.push_back(one.office);
    return true;
  });
  return std::any_of(offices.begin(), offices.end(), [&](const std::string& name) {
    const std::optional<Indexed> office = parts_.catalog.find(name);
    return office && may_read(subject, office->guard) &&
           (request.process().empty() || "processes/" + office->process == request.process()) &&
           (request.office() == v1::OFFICE_KIND_UNSPECIFIED ||
            office->office_kind == request.office()) &&
           (request.body().empty() || office->body == request.body()) &&
           has_topic(office->topics, topic);
  });
}

// The first `max` whom the filters leave, after the place `after`. What the index itself holds is
// asked under its lock; what looks further (offices) after it, on batches that grow while too few
// fit.
Result<std::vector<Indexed>> Service::find_page(const Subject& subject,
                                                const v1::SearchPersonsRequest& message,
                                                Instant when,
                                                std::pair<std::string, std::string> after,
                                                std::size_t max) const {
  const bool looks_further = !message.process().empty() || !message.topic().empty() ||
                             !message.body().empty() ||
                             message.office() != v1::OFFICE_KIND_UNSPECIFIED;
  std::vector<Indexed> page;
  for (std::size_t batch_max = looks_further ? 4 * max : max; page.size() < max; batch_max *= 4) {
    std::vector<Indexed> batch;
    parts_.catalog.search(
        message.query(), after.first, subject.sight, subject.person, [&](const Indexed& one) {
          const bool fits =
              std::tie(one.sort_key, one.name) > std::tie(after.first, after.second) &&
              (message.party().empty() ||
               std::string_view(message.party()).substr(8) == one.party) &&
              (message.institution().empty() || one.institution == message.institution()) &&
              (message.language().empty() || std::find(one.languages.begin(), one.languages.end(),
                                                       message.language()) != one.languages.end());
          if (fits && may_read(subject, one.guard)) batch.push_back(one);
          return batch.size() < batch_max;
        });
    for (const Indexed& one : batch) {
      if (page.size() < max && holds_matching_office(subject, one, message, when))
        page.push_back(one);
    }
    if (batch.size() < batch_max) break;
    after = {batch.back().sort_key, batch.back().name};
  }
  return page;
}

Result<v1::SearchPersonsReply> Service::search_persons(const Subject& subject,
                                                       const v1::SearchPersonsRequest& message,
                                                       Snapshot& snapshot) {
  if (message.query().size() > limits::query_bytes_max)
    return invalid_argument("query", "is too long");
  ENTENTE_TRY_VOID(check_filter("party", message.party(), "parties"));
  ENTENTE_TRY_VOID(check_filter("process", message.process(), "processes"));
  ENTENTE_TRY(const Instant when, when_of(message.as_of(), parts_.clock.now()));
  ENTENTE_TRY(const Page page,
              page_of(parts_.records, subject, message, limits::page_size_default));
  const std::size_t between = page.after().find('\n');
  ENTENTE_TRY(std::vector<Indexed> people,
              find_page(subject, message, when,
                        {page.after().substr(0, between),
                         page.after().empty() ? "" : page.after().substr(between + 1)},
                        page.size() + 1));
  v1::SearchPersonsReply reply;
  if (people.size() > page.size()) {
    people.pop_back();
    reply.set_next_page_token(page.token(people.back().sort_key + "\n" + people.back().name));
  }
  for (const Indexed& one : people) {
    ENTENTE_TRY(std::optional<Record> record, read(subject, snapshot, one.name));
    if (!record) continue;
    auto* found = reply.add_found();
    *found->mutable_person() = person_for(subject, *std::move(record));
    std::vector<std::string> offices;
    parts_.catalog.each_appointment_of_person(one.name, [&](const Indexed& held) {
      if (held.span.holds(when) && may_read(subject, held.guard)) offices.push_back(held.office);
      return true;
    });
    for (const std::string& name : offices) {
      ENTENTE_TRY(const std::optional<Record> office, read(subject, snapshot, name));
      if (office) *found->add_offices() = office->office();
    }
  }
  return reply;
}

Result<v1::ListOfficesReply> Service::list_offices(const Subject& subject,
                                                   const v1::ListOfficesRequest& message,
                                                   Snapshot& snapshot) {
  ENTENTE_TRY_VOID(check_filter("party", message.party(), "parties"));
  ENTENTE_TRY_VOID(check_filter("process", message.process(), "processes"));
  if (message.process().empty() && message.party().empty()) {
    return invalid_argument("process", "or `party` must be given");
  }
  ENTENTE_TRY(const Page page, page_of(parts_.records, subject, message));
  const Instant now = parts_.clock.now();
  std::vector<std::string> names;
  const auto take = [&](const Indexed& one) {
    const bool fits =
        (message.process().empty() || "processes/" + one.process == message.process()) &&
        (message.party().empty() || "parties/" + one.party == message.party());
    if (fits && one.span.holds(now) && may_read(subject, one.guard)) names.push_back(one.name);
    return true;
  };
  if (!message.process().empty()) {
    parts_.catalog.each_of_process(id_in(message.process(), "processes"), Kind::Office, take);
  } else {
    parts_.catalog.each_of_party(id_in(message.party(), "parties"), Kind::Office, take);
  }
  v1::ListOfficesReply reply;
  keep_page(names, page, by_itself, reply);
  for (const std::string& name : names) {
    ENTENTE_TRY(const std::optional<Record> office, read(subject, snapshot, name));
    if (!office) continue;
    auto* held = reply.add_offices();
    *held->mutable_office() = office->office();
    held->mutable_office()->set_revision(office->revision());
    std::vector<std::string> appointments;
    parts_.catalog.each_appointment_of_office(name, [&](const Indexed& one) {
      if (one.span.holds(now)) appointments.push_back(one.name);
      return true;
    });
    for (const std::string& appointment : appointments) {
      ENTENTE_TRY(std::optional<Record> record, read(subject, snapshot, appointment));
      if (!record) continue;
      *held->add_appointments() = appointment_for(subject, *std::move(record));
    }
  }
  return reply;
}

Result<v1::GetOfficeHistoryReply> Service::get_office_history(
    const Subject& subject, const v1::GetOfficeHistoryRequest& message, Snapshot& snapshot) {
  ENTENTE_TRY(const std::optional<Record> office, read(subject, snapshot, message.name()));
  if (!office || !office->has_office()) return not_found(message.name());
  ENTENTE_TRY(const Page page, page_of(parts_.records, subject, message));
  v1::GetOfficeHistoryReply reply;
  *reply.mutable_office() = office->office();
  const std::optional<Indexed> indexed = parts_.catalog.find(message.name());
  std::vector<Indexed> appointments;
  parts_.catalog.each_appointment_of_office(message.name(), [&](const Indexed& one) {
    if (may_read(subject, one.guard)) appointments.push_back(one);
    return true;
  });
  keep_page(appointments, page, newest_first, reply);
  for (const Indexed& appointment : appointments) {
    if (!indexed) break;
    ENTENTE_TRY(std::optional<v1::Answer> answer,
                answer_for(subject, snapshot, *indexed, appointment));
    if (answer) *reply.add_holders() = std::move(*answer);
  }
  return reply;
}

}  // namespace entente::directory
