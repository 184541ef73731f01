#include "server/directory/loader.h"

#include <algorithm>
#include <map>

#include "proto/contract/timestamp.h"
#include "server/directory/names.h"
#include "server/directory/visibility.h"

namespace entente::directory {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

void copy_names(const config::Names& names, v1::Text& out) {
  auto& by_language = *out.mutable_by_language();
  for (const auto& [tag, text] :
       {std::pair("en", names.en()), std::pair("fr", names.fr()), std::pair("es", names.es()),
        std::pair("ru", names.ru()), std::pair("ar", names.ar()), std::pair("de", names.de()),
        std::pair("und", names.own())}) {
    if (!text.empty()) by_language[tag] = text;
  }
}

v1::Span to_wire(const config::Span& span) {
  v1::Span out;
  out.set_since(span.since());
  out.set_until(span.until());
  return out;
}

std::string institution_name(const std::string& party, const std::string& id) {
  return "parties/" + party + "/institutions/" + id;
}

v1::Chair to_wire(const config::Chair& chair) {
  v1::Chair out;
  out.set_party("parties/" + chair.party());
  *out.mutable_span() = to_wire(chair.span());
  out.set_term(chair.term());
  out.set_theme(chair.theme());
  out.set_current(chair.current());
  return out;
}

std::string in_words(const config::Secretariat& secretariat) {
  std::string words = secretariat.note();
  const auto list = [&](const char* what, const auto& codes) {
    if (codes.empty()) return;
    words += (words.empty() ? std::string() : std::string(" ")) + what;
    for (const std::string& code : codes) words += " " + code;
    words += ".";
  };
  list("Hosted by", secretariat.hosted_by());
  list("Staffed by", secretariat.staffed_by());
  list("Supported by", secretariat.supported_by());
  return words;
}

v1::Process to_wire(const config::ProcessDefinition& from) {
  v1::Process out;
  out.set_name("processes/" + from.id());
  out.set_short_name(from.name());
  *out.mutable_other_names() = from.other_name();
  out.set_long_name(from.long_name());
  out.set_established(from.established());
  out.set_region(from.region());
  out.set_status(static_cast<v1::Process::Status>(from.status()));
  out.set_secretariat(in_words(from.secretariat()));
  for (const auto& chair : from.chair()) *out.add_chairs() = to_wire(chair);
  for (const auto& chair : from.co_chair()) *out.add_co_chairs() = to_wire(chair);
  for (const auto& one : from.thematic_coordinator()) {
    v1::Coordinator* coordinator = out.add_coordinators();
    coordinator->set_party("parties/" + one.party());
    coordinator->set_theme(one.theme());
    *coordinator->mutable_span() = to_wire(one.span());
  }
  *out.mutable_goals() = from.goal();
  *out.mutable_priorities() = from.priority();
  *out.mutable_areas() = from.area();
  for (const auto& event : from.event()) {
    v1::Process::Event* one = out.add_events();
    one->set_date(event.date());
    one->set_what(event.what());
  }
  out.set_confirmation_period_days(from.confirmation_period_days());
  out.set_as_of(from.as_of());
  out.set_source(from.source());
  *out.mutable_doubts() = from.doubt();
  return out;
}

v1::Body to_wire(const config::Body& from, const std::string& process) {
  v1::Body out;
  out.set_name("processes/" + process + "/bodies/" + from.id());
  out.set_title(from.name());
  out.set_kind(static_cast<v1::Body::Kind>(from.kind()));
  out.set_ad_hoc(from.ad_hoc());
  out.set_crosscutting(from.crosscutting());
  if (!from.chair().empty()) out.set_chair("parties/" + from.chair());
  for (const std::string& code : from.co_chair()) out.add_co_chairs("parties/" + code);
  for (const std::string& code : from.member()) out.add_members("parties/" + code);
  *out.mutable_span() = to_wire(from.span());
  out.set_note(from.note());
  return out;
}

v1::Party to_wire(const config::PartyDefinition& from) {
  v1::Party out;
  out.set_name("parties/" + from.code());
  out.set_kind(static_cast<v1::Party::Kind>(from.kind()));
  copy_names(from.name(), *out.mutable_names());
  for (const auto* names : {&from.former(), &from.also(), &from.official()}) {
    for (const std::string& name : *names) out.add_former_names(name);
  }
  for (const auto& institution : from.institution()) {
    v1::Institution* one = out.add_institutions();
    one->set_name(institution_name(from.code(), institution.id()));
    copy_names(institution.name(), *one->mutable_names());
    one->set_acronym(institution.acronym());
  }
  return out;
}

v1::OfficeKind office_kind(config::DemoOffice office) {
  switch (office) {
    case config::FOCAL_POINT:
      return v1::FOCAL_POINT;
    case config::BODY_CONTACT:
      return v1::BODY_CONTACT;
    case config::THEMATIC_COORDINATOR:
      return v1::THEMATIC_COORDINATOR;
    case config::CHAIR:
      return v1::CHAIR;
    case config::SECRETARIAT:
      return v1::SECRETARIAT_STAFF;
    case config::SECURITY_OFFICER:
      return v1::SECURITY_OFFICER;
    case config::CERTIFICATE_OFFICER:
      return v1::CERTIFICATE_OFFICER;
    default:
      return v1::OTHER_OFFICE;
  }
}

v1::Capacity capacity_of(config::DemoCapacity capacity) {
  switch (capacity) {
    case config::ACTING:
      return v1::ACTING;
    case config::DEPUTY:
      return v1::DEPUTY;
    case config::DUTY_CONTACT:
      return v1::DUTY_CONTACT;
    default:
      return v1::HOLDER;
  }
}

// One office for all who hold it; staff of a secretariat each have their own.
std::string office_id(const config::DemoPerson& person, const config::DemoDuty& duty) {
  static const std::map<config::DemoOffice, std::string> words = {
      {config::FOCAL_POINT, "focal-point"},
      {config::BODY_CONTACT, "contact"},
      {config::THEMATIC_COORDINATOR, "coordinator"},
      {config::CHAIR, "chair"},
      {config::SECRETARIAT, "secretariat"},
      {config::SECURITY_OFFICER, "security-officer"},
      {config::CERTIFICATE_OFFICER, "certificate-officer"}};
  const auto word = words.find(duty.office());
  std::string id = lower(person.party());
  if (!duty.process().empty()) id += "." + duty.process();
  if (!duty.body().empty()) id += "." + duty.body();
  id += "." + (word == words.end() ? "office" : word->second);
  if (duty.office() == config::SECRETARIAT) id += "." + person.id();
  return id.substr(0, 64);
}

std::string office_title(const config::DemoDuty& duty) {
  switch (duty.office()) {
    case config::FOCAL_POINT:
      return "National focal point";
    case config::BODY_CONTACT:
      return "Working-group contact";
    case config::THEMATIC_COORDINATOR:
      return "Thematic coordinator";
    case config::CHAIR:
      return "Chair";
    case config::SECRETARIAT:
      return "Secretariat";
    case config::SECURITY_OFFICER:
      return "Security officer";
    case config::CERTIFICATE_OFFICER:
      return "Certificate officer";
    default:
      return "Office";
  }
}

// The party that keeps the office of a duty; nobody where the process's own secretariat does.
std::string keeper_of(const config::DemoPerson& person, const config::DemoDuty& duty) {
  return duty.office() == config::SECRETARIAT ? std::string() : person.party();
}

}  // namespace

std::string person_id(const std::string& party, const std::string& id) {
  return (lower(party) + "." + id).substr(0, 64);
}

Result<record::Guard> Loader::guard(store::Transaction& transaction,
                                    const policy::Audience& audience, const std::string& originator,
                                    const std::string& process, const std::string& person) {
  policy::Guard made;
  ENTENTE_TRY(made.audience, parts_.records.intern(transaction, audience, known_));
  // Remembered here, for the catalog learns of them only with the commit.
  if (static_cast<std::uint32_t>(made.audience) == known_.size() + 1) {
    known_.restore(made.audience, audience);
  }
  made.handling = policy::Handling::Limited;
  made.originator = originator;
  made.process = process;
  made.person = person;
  return to_record(made);
}

Status Loader::commit_in(store::Transaction& transaction, const char* kind,
                         const std::string& object, std::vector<Record> records) {
  ledger::Act act;
  act.account = "operator";
  act.kind = kind;
  act.object = object;
  for (Record& record : records) {
    ENTENTE_TRY(const auto there, parts_.records.find(transaction, record.name()));
    if (there) {
      return Status(Code::AlreadyExists, Reason::AlreadyThere,
                    "`" + record.name() + "` is there already");
    }
    ENTENTE_TRY_VOID(parts_.records.save(transaction, record, parts_.clock.now()));
    act.touched.push_back(record.name());
  }
  // The entry names them all: only who may see every one of them sees it, which an audience says
  // only where it is the same.
  const auto is_alike = [&](const Record& record) {
    return record.guard().audience() == records.front().guard().audience();
  };
  if (!records.empty() && std::all_of(records.begin(), records.end(), is_alike)) {
    act.audience = records.front().guard().audience();
  }
  parts_.ledger.record(transaction, act);
  return transaction.commit().status();
}

Status Loader::load(const Network& network) {
  std::vector<std::string> ids;
  for (const auto& process : network.processes) ids.push_back(process.id());
  const policy::Audience everyone = network_audience(ids);
  const auto transaction = parts_.store.begin();
  std::vector<Record> records;
  for (const auto& party : network.parties.table().party()) {
    if (party.kind() == config::AREA) continue;
    Record record;
    record.set_name("parties/" + party.code());
    *record.mutable_party() = to_wire(party);
    ENTENTE_TRY(*record.mutable_guard(), guard(*transaction, everyone, "", "", ""));
    records.push_back(std::move(record));
  }
  for (const auto& process : network.processes) {
    Record record;
    record.set_name("processes/" + process.id());
    *record.mutable_process() = to_wire(process);
    ENTENTE_TRY(*record.mutable_guard(), guard(*transaction, everyone, "", process.id(), ""));
    records.push_back(std::move(record));
    std::map<std::string, v1::Participation> by_party;
    for (const auto& one : process.participation()) {
      v1::Participation& participation = by_party[one.party()];
      participation.set_name("processes/" + process.id() + "/participations/" + one.party());
      participation.set_process("processes/" + process.id());
      participation.set_party("parties/" + one.party());
      auto* standing = participation.add_standings();
      standing->set_status(static_cast<v1::Participation::Status>(one.status()));
      *standing->mutable_span() = to_wire(one.span());
      standing->set_group(one.group());
      *standing->mutable_activities() = one.activity();
      standing->set_note(one.note());
    }
    for (auto& [code, participation] : by_party) {
      Record row;
      row.set_name(participation.name());
      *row.mutable_participation() = std::move(participation);
      ENTENTE_TRY(*row.mutable_guard(), guard(*transaction, everyone, "", process.id(), ""));
      records.push_back(std::move(row));
    }
    for (const auto& body : process.body()) {
      Record row;
      *row.mutable_body_of_process() = to_wire(body, process.id());
      row.set_name(row.body_of_process().name());
      ENTENTE_TRY(*row.mutable_guard(), guard(*transaction, everyone, "", process.id(), ""));
      records.push_back(std::move(row));
    }
  }
  return commit_in(*transaction, "directory.network.define", "", std::move(records));
}

Result<Record> Loader::person_of(store::Transaction& transaction, const config::DemoPerson& from) {
  const std::string id = person_id(from.party(), from.id());
  std::string home;  // the first process in which the person has a duty
  policy::Audience audience;
  for (const auto& duty : from.duty()) {
    if (home.empty()) home = duty.process();
    const policy::Audience more = process_audience(duty.process(), from.party());
    audience.any_of.insert(more.any_of.begin(), more.any_of.end());
  }
  if (audience.any_of.empty()) audience = process_audience("", from.party());
  Record record;
  record.set_name("persons/" + id);
  v1::Person& person = *record.mutable_person();
  person.set_name(record.name());
  person.set_party("parties/" + from.party());
  if (!from.institution().empty())
    person.set_institution(institution_name(from.party(), from.institution()));
  person.set_display_name(from.display());
  person.set_latin_name(from.display_latin());
  person.set_given_name(from.given());
  person.set_family_name(from.family());
  person.set_title(from.title());
  *person.mutable_languages() = from.language();
  person.set_time_zone(from.time_zone());
  set_second(*person.mutable_confirmed_at(), parts_.clock.now());
  ENTENTE_TRY(*record.mutable_guard(), guard(transaction, audience, from.party(), home, id));
  for (const auto& one : from.contact()) {
    v1::Contact* contact = person.add_contacts();
    contact->set_kind(static_cast<v1::Contact::Kind>(one.kind()));
    contact->set_value(one.value());
    record::Guard* own = record.add_contact_guards();
    if (!one.members_only()) continue;
    const policy::Audience members = members_audience(home, from.party());
    *contact->mutable_visibility() = directory::to_wire(members, policy::Handling::Limited);
    ENTENTE_TRY(*own, guard(transaction, members, from.party(), home, id));
  }
  return record;
}

Status Loader::give_office(store::Transaction& transaction, const config::DemoPerson& from,
                           const config::DemoDuty& duty, Record& row) {
  if (row.name().empty()) {
    row.set_name("offices/" + office_id(from, duty));
    v1::Office& made = *row.mutable_office();
    made.set_name(row.name());
    made.set_kind(office_kind(duty.office()));
    made.set_title(office_title(duty));
    made.set_party("parties/" + from.party());
    if (!duty.process().empty()) made.set_process("processes/" + duty.process());
    if (!duty.body().empty())
      made.set_body("processes/" + duty.process() + "/bodies/" + duty.body());
    ENTENTE_TRY(*row.mutable_guard(),
                guard(transaction, process_audience(duty.process(), from.party()),
                      keeper_of(from, duty), duty.process(), ""));
  }
  for (const std::string& topic : duty.topic()) {
    const auto& topics = row.office().topics();
    if (std::find(topics.begin(), topics.end(), topic) == topics.end())
      row.mutable_office()->add_topics(topic);
  }
  return Status();
}

Result<Record> Loader::appointment_of(store::Transaction& transaction,
                                      const config::DemoPerson& from, const config::DemoDuty& duty,
                                      int number) {
  const std::string person = person_id(from.party(), from.id());
  const std::string office = office_id(from, duty);
  Record record;
  record.set_name("appointments/" + office.substr(0, 56) + "." + std::to_string(number));
  v1::Appointment& appointment = *record.mutable_appointment();
  appointment.set_name(record.name());
  appointment.set_office("offices/" + office);
  appointment.set_person("persons/" + person);
  appointment.set_capacity(capacity_of(duty.capacity()));
  appointment.mutable_span()->set_since(
      duty.since().empty() ? to_rfc3339(parts_.clock.now()).substr(0, 10) : duty.since());
  ENTENTE_TRY(*record.mutable_guard(),
              guard(transaction, process_audience(duty.process(), from.party()),
                    keeper_of(from, duty), duty.process(), person));
  return record;
}

Status Loader::load(const config::DemoPeople& people) {
  const auto transaction = parts_.store.begin();
  std::vector<Record> records;
  std::map<std::string, Record> offices;
  int appointments = 0;
  for (const config::DemoPerson& from : people.person()) {
    ENTENTE_TRY(Record person, person_of(*transaction, from));
    records.push_back(std::move(person));
    for (const auto& duty : from.duty()) {
      ENTENTE_TRY_VOID(give_office(*transaction, from, duty, offices[office_id(from, duty)]));
      ENTENTE_TRY(Record appointed, appointment_of(*transaction, from, duty, ++appointments));
      records.push_back(std::move(appointed));
    }
  }
  for (auto& [id, row] : offices) records.push_back(std::move(row));
  return commit_in(*transaction, "directory.people.define", "", std::move(records));
}

}  // namespace entente::directory
