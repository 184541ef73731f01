// A roster brought in: what its rows would change is planned first, the same for the dry run and
// the act; then all of it is done in one transaction.
#include <algorithm>
#include <map>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "server/directory/fold.h"
#include "server/directory/formats/roster.h"
#include "server/directory/service.h"
#include "server/directory/words.h"

namespace entente::directory {
namespace {

constexpr std::size_t kContentBytesMax = 3 << 20;

// Latin letters and digits of the name, with dots between; for another script, a mark of it.
std::string id_of(const RosterRow& row, const std::string& prefix) {
  std::string id;
  for (const char c : fold(row.display_latin.empty() ? row.display : row.display_latin)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain) {
      id += c;
    } else if (c == ' ' && !id.empty() && id.back() != '.') {
      id += '.';
    }
  }
  while (!id.empty() && id.back() == '.') id.pop_back();
  if (id.empty()) id = "p" + to_hex(as_view(sha256(row.display)).substr(0, 4));
  return prefix + id.substr(0, 64 - std::min<std::size_t>(prefix.size(), 32));
}

Violation fault(const RosterRow& row, const char* column, std::string rule) {
  Violation violation;
  violation.field = column;
  violation.rule = std::move(rule);
  violation.line = row.line;
  return violation;
}

// Whether a row says what the entry says already.
bool says_the_same(const v1::Person& row, const v1::Person& before) {
  const auto contacts = [](const v1::Person& person) {
    std::vector<std::pair<int, std::string>> out;
    for (const v1::Contact& one : person.contacts()) out.emplace_back(one.kind(), one.value());
    std::sort(out.begin(), out.end());
    return out;
  };
  return row.title() == before.title() && row.latin_name() == before.latin_name() &&
         row.given_name() == before.given_name() && row.family_name() == before.family_name() &&
         row.time_zone() == before.time_zone() && row.institution() == before.institution() &&
         std::equal(row.languages().begin(), row.languages().end(), before.languages().begin(),
                    before.languages().end()) &&
         contacts(row) == contacts(before);
}

}  // namespace

// What a roster comes to.
struct Service::RosterPlan {
  struct Change {
    Record record;  // as it will be
    bool is_new = false;
  };
  std::map<std::string, Change> persons;  // by name
  std::set<std::string> unchanged;
  std::vector<Record> appointments;
  std::vector<v1::Office> offices;  // of the appointments
  bool founds = false;              // by whoever may enter the party's first focal point
  v1::ImportRosterReply reply;
};

RosterVocabulary Service::vocabulary_for(const Subject& subject, const std::string& process) const {
  RosterVocabulary vocabulary;
  vocabulary.parties.insert(subject.party);
  auto& bodies = vocabulary.processes[process];
  parts_.catalog.each_of_process(process, Kind::Body, [&](const Indexed& one) {
    if (!may_read(subject, one.guard)) return true;
    if (const auto name = parse_name(one.name)) bodies.insert(name->second);
    return true;
  });
  return vocabulary;
}

// The person of the own party whom the row's name means; nothing if there is none yet.
Result<std::optional<std::string>> Service::person_named(const Subject& subject,
                                                         const RosterRow& row) const {
  const std::string wanted = fold(row.display);
  std::vector<std::string> found;
  parts_.catalog.each_of_party(subject.party, Kind::Person, [&](const Indexed& one) {
    if (one.display_key == wanted && may_read(subject, one.guard)) found.push_back(one.name);
    return true;
  });
  if (found.size() > 1) {
    return Status(Code::FailedPrecondition, Reason::Conflict,
                  "several persons of the party have this name");
  }
  return found.empty() ? std::optional<std::string>() : std::optional(found.front());
}

// The office that a row names; empty and a fault if there is none, or several.
std::string Service::office_of_row(const Subject& subject, const RosterRow& row,
                                   const std::string& process,
                                   std::vector<Violation>& faults) const {
  const v1::OfficeKind kind = office_kind_of(row);
  const std::string body = row.body.empty() ? "" : "processes/" + process + "/bodies/" + row.body;
  std::vector<std::string> found;
  const Instant now = parts_.clock.now();
  parts_.catalog.each_of_process(process, Kind::Office, [&](const Indexed& one) {
    const bool fits = one.party == subject.party && one.office_kind == kind && one.body == body &&
                      one.span.holds(now) && may_read(subject, one.guard);
    if (fits) found.push_back(one.name);
    return true;
  });
  if (found.size() == 1) return found.front();
  faults.push_back(fault(row, "office",
                         found.empty() ? "is no office that the party has there; create it first"
                                       : "is several offices of the party; appoint one by one"));
  return {};
}

Status Service::plan_person(const Subject& subject, Snapshot& snapshot, const RosterRow& row,
                            const std::string& process, RosterPlan& plan,
                            std::vector<Violation>& faults, std::string& name) const {
  const Result<std::optional<std::string>> known = person_named(subject, row);
  if (!known.ok()) {
    faults.push_back(fault(row, "name", std::string(known.status().message())));
    return Status();
  }
  v1::Person person = person_of(row);
  const std::string party = "parties/" + subject.party;
  if (!row.institution.empty()) {
    ENTENTE_TRY(const std::optional<Record> record, read(subject, snapshot, party));
    std::string institution;
    for (const v1::Institution& one :
         record ? record->party().institutions() : v1::Party::default_instance().institutions()) {
      for (const auto& [tag, text] : one.names().by_language()) {
        if (fold(text) == fold(row.institution)) institution = one.name();
      }
      const bool by_id = one.name() == party + "/institutions/" + row.institution;
      if (by_id || (!one.acronym().empty() && one.acronym() == row.institution))
        institution = one.name();
    }
    if (institution.empty()) {
      faults.push_back(fault(row, "institution", "is none of the party's"));
      return Status();
    }
    person.set_institution(institution);
  }
  name = *known ? **known : "persons/" + id_of(row, id_prefix(party));
  person.set_name(name);
  if (plan.persons.count(name) != 0 || plan.unchanged.count(name) != 0) return Status();
  if (const Status checked = check_person(person); !checked.ok()) {
    for (const Violation& one : checked.violations())
      faults.push_back(fault(row, one.field.c_str(), one.rule));
    return Status();
  }
  RosterPlan::Change change;
  if (*known) {
    ENTENTE_TRY(const std::optional<Record> before, read(subject, snapshot, name));
    if (!before) return not_found(name);
    if (says_the_same(person, person_for(subject, *before))) {
      plan.unchanged.insert(name);
      return Status();
    }
    change.record = *before;
    // Who may see a detail stays: of a value that is the same, or of the first of its kind.
    const v1::Person old = before->person();
    for (v1::Contact& contact : *person.mutable_contacts()) {
      for (const v1::Contact& one : old.contacts()) {
        if (one.kind() != contact.kind() || !one.has_visibility()) continue;
        *contact.mutable_visibility() = one.visibility();
        break;
      }
    }
    if (old.has_visibility()) *person.mutable_visibility() = old.visibility();
    keep_unseen_contacts(subject, *before, person);
  } else {
    change.is_new = true;
    change.record.set_name(name);
    policy::Guard guard;
    guard.handling = policy::Handling::Limited;
    guard.originator = subject.party;
    guard.process = process;
    guard.person = id_in(name, "persons");
    *change.record.mutable_guard() = to_record(guard);  // its audience comes with the act
  }
  *change.record.mutable_person() = std::move(person);
  set_second(*change.record.mutable_person()->mutable_confirmed_at(), parts_.clock.now());
  plan.persons.emplace(name, std::move(change));
  return Status();
}

Status Service::plan_appointment(const Subject& subject, Snapshot& snapshot, const RosterRow& row,
                                 const std::string& person, const std::string& process,
                                 std::string_view file, RosterPlan& plan,
                                 std::vector<Violation>& faults) const {
  // What has ended is history, not an appointment to make.
  const auto until = first_day_of(row.until);
  const bool over = until && Instant(*until) <= parts_.clock.now();
  if (row.office.empty() || over) return Status();
  const std::string office = office_of_row(subject, row, process, faults);
  if (office.empty()) return Status();
  const v1::Capacity capacity =
      capacity_of(row) == v1::CAPACITY_UNSPECIFIED ? v1::HOLDER : capacity_of(row);
  const Instant now = parts_.clock.now();
  bool holds_it = false;
  std::string other;
  parts_.catalog.each_appointment_of_office(office, [&](const Indexed& one) {
    if (!holds_ever(one.span) || (one.span.until && *one.span.until <= now)) return true;
    holds_it = holds_it || (one.person == person && one.capacity == capacity);
    // Also who is to hold it later: the act would refuse it.
    if (one.capacity == v1::HOLDER && one.person != person) other = one.person;
    return true;
  });
  if (holds_it) return Status();
  const bool twice =
      std::any_of(plan.appointments.begin(), plan.appointments.end(), [&](const Record& one) {
        return one.appointment().office() == office && one.appointment().capacity() == v1::HOLDER;
      });
  if (capacity == v1::HOLDER && (twice || !other.empty())) {
    faults.push_back(fault(row, "capacity", "the office has a holder; hand it over instead"));
    return Status();
  }
  const auto today = std::chrono::floor<std::chrono::days>(now);
  const auto begins = std::max(first_day_of(row.since).value_or(today), today);
  if (begins > today + std::chrono::days(limits::appointment_ahead_days_max)) {
    faults.push_back(
        fault(row, "since", "is more than a year ahead; bring it in when it is nearer"));
    return Status();
  }
  if (until) {
    faults.push_back(fault(row, "until",
                           "lies ahead, and a roster ends no appointment: leave it empty, and end "
                           "the appointment by a word of its own (`entente office end`)"));
    return Status();
  }
  ENTENTE_TRY(const std::optional<Record> held, read(subject, snapshot, office));
  if (!held) return not_found(office);
  const bool first = held->office().kind() == v1::FOCAL_POINT && capacity == v1::HOLDER;
  if (plan.founds && !first) {
    faults.push_back(
        fault(row, "office", "is the focal point's to fill, whom the party has to have first"));
    return Status();
  }
  // The same of the same file and row, so that what the dry run shows is what is signed.
  const Digest mark = sha256("entente/roster/1\n" + std::string(file) + '\n' +
                             std::to_string(row.line) + '\n' + office + '\n' + person);
  Record record = begin_appointment(guard_of(held->guard()),
                                    "appointments/" + to_hex(as_view(mark).substr(0, 16)), office,
                                    person, capacity, to_rfc3339(Instant(begins)).substr(0, 10));
  plan.appointments.push_back(std::move(record));
  plan.offices.push_back(held->office());
  return Status();
}

Result<Service::RosterPlan> Service::plan_roster(const Subject& subject, Snapshot& snapshot,
                                                 const v1::ImportRosterRequest& message) const {
  const std::string process = id_in(message.process(), "processes");
  if (message.content().size() > kContentBytesMax)
    return invalid_argument("content", "is more than 3 MiB");
  ENTENTE_TRY(const std::optional<Record> there, read(subject, snapshot, message.process()));
  if (!there || !there->has_process()) return not_found(message.process());
  policy::Guard guard;
  guard.handling = policy::Handling::Limited;
  guard.originator = subject.party;
  guard.process = process;
  RosterPlan plan;
  // Who founded may not have heard that it is done, and brings the same again: that changes
  // nothing. To bring anything else is not theirs, whatever is wrong with it.
  bool again = false;
  if (!policy::decide(subject, policy::Action::KeepParty, guard, parts_.clock.now()).permits()) {
    ENTENTE_TRY(plan.founds, may_found(subject, snapshot, subject.party, process));
    again = !plan.founds;
    if (again && !answers_for(subject, subject.party, process)) return not_yours(message.process());
  }
  const RosterFile file = parse_roster(message.content(), vocabulary_for(subject, process));
  if (again && !file.status().ok()) return not_yours(message.process());
  ENTENTE_TRY_VOID(file.status());
  const Digest digest = sha256(message.content());
  std::vector<Violation> faults;
  for (const RosterRow& row : file.rows) {
    std::string person;
    ENTENTE_TRY_VOID(plan_person(subject, snapshot, row, process, plan, faults, person));
    if (person.empty()) continue;
    ENTENTE_TRY_VOID(
        plan_appointment(subject, snapshot, row, person, process, as_view(digest), plan, faults));
  }
  const bool changes = !faults.empty() || !plan.persons.empty() || !plan.appointments.empty();
  if (again && (changes || plan.unchanged.empty())) return not_yours(message.process());
  if (!faults.empty()) {
    Status refused(Code::InvalidArgument, Reason::ImportRefused,
                   std::to_string(faults.size()) + " faults in the roster; nothing was kept");
    for (Violation& one : faults) refused = std::move(refused).with_violation(std::move(one));
    return refused;
  }
  plan.reply.set_rows(static_cast<std::uint32_t>(file.rows_count));
  for (const auto& [name, change] : plan.persons) {
    if (change.is_new) {
      plan.reply.set_created(plan.reply.created() + 1);
    } else {
      plan.reply.set_changed(plan.reply.changed() + 1);
    }
  }
  plan.reply.set_unchanged(static_cast<std::uint32_t>(plan.unchanged.size()));
  for (const Record& one : plan.appointments) *plan.reply.add_appointments() = one.appointment();
  for (const v1::Office& one : plan.offices) *plan.reply.add_offices() = one;
  for (const std::string& one : file.columns_ignored) plan.reply.add_columns_ignored(one);
  return plan;
}

Result<v1::ImportRosterReply> Service::check_roster(const Subject& subject,
                                                    const v1::ImportRosterRequest& message,
                                                    Snapshot& snapshot) {
  ENTENTE_TRY(RosterPlan plan, plan_roster(subject, snapshot, message));
  return std::move(plan.reply);
}

Status Service::save_roster_person(const Subject& subject, Transaction& transaction, Record& record,
                                   bool is_new, const std::string& process) const {
  ENTENTE_TRY(const auto there, parts_.records.find(transaction, record.name()));
  if (is_new == there.has_value()) {
    return Status(Code::AlreadyExists, Reason::AlreadyThere,
                  "an id that the roster would make is taken; enter that person by hand");
  }
  if (there) {
    if (!decide_change(subject, there->guard(), parts_.clock.now()).permits())
      return not_yours(record.name());
  } else {
    policy::Guard guard = guard_of(record.guard());
    ENTENTE_TRY(guard.audience,
                parts_.records.intern(transaction, process_audience(process, subject.party),
                                      *parts_.catalog.audiences()));
    *record.mutable_guard() = to_record(guard);
  }
  ENTENTE_TRY_VOID(guard_contacts(subject, transaction, record));
  return parts_.records.save(transaction, record, parts_.clock.now());
}

Result<v1::ImportRosterReply> Service::import_roster(const Subject& subject,
                                                     const v1::ImportRosterRequest& message,
                                                     Transaction& transaction) {
  ENTENTE_TRY(RosterPlan plan, plan_roster(subject, transaction, message));  // validate, decide
  const std::string process = id_in(message.process(), "processes");
  std::vector<std::string> touched;
  for (auto& [name, change] : plan.persons) {  // act
    ENTENTE_TRY_VOID(
        save_roster_person(subject, transaction, change.record, change.is_new, process));
    touched.push_back(name);
  }
  std::map<std::string, std::string> signatures;
  for (const auto& one : message.signatures()) signatures[one.name()] = one.signature();
  for (std::size_t i = 0; i < plan.appointments.size(); ++i) {
    Record& record = plan.appointments[i];
    ENTENTE_TRY_VOID(
        check_apart(subject, transaction, plan.offices[i], record.appointment().person()));
    if (record.appointment().capacity() == v1::HOLDER) {
      ENTENTE_TRY(const auto present,
                  holder_at(subject, transaction, plan.offices[i].name(), parts_.clock.now()));
      if (present) {
        return Status(Code::FailedPrecondition, Reason::Conflict,
                      "an office of the roster has a holder; hand it over instead");
      }
    }
    record.mutable_appointment()->set_signature(signatures[record.name()]);
    ENTENTE_TRY_VOID(check_signed(subject, transaction, plan.offices[i],
                                  message.signer_certificate_sha256(), record));
    ENTENTE_TRY_VOID(parts_.records.save(transaction, record, parts_.clock.now()));
    touched.push_back(record.name());
    *plan.reply.mutable_appointments(static_cast<int>(i)) = record.appointment();
  }
  ENTENTE_TRY(const std::optional<Record> keeper, read(subject, transaction, message.process()));
  record_act(transaction, subject, "directory.roster.import", *keeper,
             std::move(touched));  // record
  return std::move(plan.reply);    // reply
}

}  // namespace entente::directory
