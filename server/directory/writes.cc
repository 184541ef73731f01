// The rpcs that act: each validates, decides, acts, records and replies within one transaction.
#include <algorithm>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "server/directory/service.h"
#include "server/directory/visibility.h"

namespace entente::directory {
namespace {

using policy::Action;

Status not_yours(std::string_view name) {
  return Status(Code::PermissionDenied, Reason::NotYours,
                "`" + std::string(name) + "` is not yours to change");
}

Status stale(std::string_view name) {
  return Status(Code::Aborted, Reason::RevisionStale,
                "`" + std::string(name) + "` has changed since the revision that you saw");
}

// Who makes an account must not make the key that opens it.
v1::OfficeKind kept_apart_from(v1::OfficeKind kind) {
  if (kind == v1::SECURITY_OFFICER) return v1::CERTIFICATE_OFFICER;
  if (kind == v1::CERTIFICATE_OFFICER) return v1::SECURITY_OFFICER;
  return v1::OFFICE_KIND_UNSPECIFIED;
}

// Whether, by their words alone, all of `inner` are of `outer`; it may be so and not be seen here.
bool is_within(const policy::Audience& inner, const policy::Audience& outer) {
  return std::ranges::includes(outer.any_of, inner.any_of) &&
         std::ranges::includes(inner.none_of, outer.none_of);
}

Instant instant_of_time(const google::protobuf::Timestamp& time) {
  return Instant(std::chrono::seconds(time.seconds())) +
         std::chrono::microseconds(time.nanos() / 1'000);
}

bool good_text(const std::string& text, std::size_t bytes_max) {
  return text.size() <= bytes_max && is_utf8(text) &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// As BCP 47 spells them, whether registered or not.
bool is_language_tag(const std::string& tag) {
  return tag.size() >= 2 && tag.size() <= 35 && std::all_of(tag.begin(), tag.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-';
         });
}

// Within RFC 3339's years, so that no arithmetic runs over.
bool is_time(const google::protobuf::Timestamp& time) {
  return time.seconds() >= 0 && time.seconds() < 253'402'300'800 && time.nanos() >= 0 &&
         time.nanos() < 1'000'000'000;
}

// `swe.` for `parties/SWE`: ids begin so, and what ids another party has cannot be tried out.
std::string id_prefix(const std::string& party) {
  std::string prefix = id_in(party, "parties") + ".";
  std::transform(prefix.begin(), prefix.end(), prefix.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return prefix;
}

bool holds(const policy::Subject& subject, policy::Duty duty, const std::string& process) {
  return std::any_of(
      subject.duties.begin(), subject.duties.end(),
      [&](const policy::HeldDuty& held) { return held.duty == duty && held.process == process; });
}

// The holder first, then whoever keeps the party's or the process's entries.
policy::Decision decide_change(const policy::Subject& subject, const policy::Guard& guard,
                               Instant now) {
  const policy::Decision own = policy::decide(subject, Action::ChangeOwn, guard, now);
  if (own.permits()) return own;
  const policy::Decision party = policy::decide(subject, Action::KeepParty, guard, now);
  return party.permits() ? party : policy::decide(subject, Action::KeepProcess, guard, now);
}

policy::Decision decide_keep(const policy::Subject& subject, const policy::Guard& guard,
                             Instant now) {
  const policy::Decision party = policy::decide(subject, Action::KeepParty, guard, now);
  return party.permits() ? party : policy::decide(subject, Action::KeepProcess, guard, now);
}

}  // namespace

std::string Service::today() const { return to_rfc3339(parts_.clock.now()).substr(0, 10); }

policy::AudienceId Service::audience_of_all(const Record& object,
                                            const std::vector<std::string>& touched) const {
  const auto table = parts_.catalog.audiences();
  policy::AudienceId audience{object.guard().audience()};
  for (const std::string& name : touched) {
    const std::optional<Indexed> other = parts_.catalog.find(name);
    if (!other) continue;
    const policy::Audience* const mine = table->find(audience);
    const policy::Audience* const its = table->find(other->guard.audience);
    if (mine == nullptr || its == nullptr) return policy::AudienceId::Nobody;
    if (is_within(*mine, *its)) continue;
    if (!is_within(*its, *mine)) return policy::AudienceId::Nobody;
    audience = other->guard.audience;
  }
  return audience;
}

void Service::record_act(Transaction& transaction, const Subject& subject, const char* kind,
                         const Record& object, std::vector<std::string> touched) const {
  ledger::Act act;
  act.account = subject.account;
  act.party = subject.party;
  act.session = subject.session;
  act.kind = kind;
  act.object = object.name();
  act.audience = static_cast<std::uint32_t>(audience_of_all(object, touched));
  act.touched = std::move(touched);
  act.revision = object.revision();
  act.object_digest = as_view(sha256(object.SerializeAsString()));
  if (object.has_appointment()) {
    act.signature = object.appointment().signature();
    act.signer_certificate_sha256 = object.appointment().signer_certificate_sha256();
  }
  parts_.ledger.record(transaction, act);
}

// Visible and changeable: the object under its guard. Visible only: NotYours. Else: not found.
Result<policy::Guarded<Record>> Service::find_to_change(const Subject& subject,
                                                        Transaction& transaction,
                                                        std::string_view name) const {
  ENTENTE_TRY(std::optional<policy::Guarded<Record>> found, parts_.records.find(transaction, name));
  const Instant now = parts_.clock.now();
  const policy::Guard guard = found ? found->guard() : policy::Guard();
  if (decide_change(subject, guard, now).permits()) return *std::move(found);
  return policy::decide(subject, Action::Read, guard, now).permits() ? not_yours(name)
                                                                     : not_found(name);
}

Result<policy::Guarded<Record>> Service::open_to_keep(const Subject& subject,
                                                      Transaction& transaction,
                                                      std::string_view name) const {
  ENTENTE_TRY(std::optional<policy::Guarded<Record>> found, parts_.records.find(transaction, name));
  const Instant now = parts_.clock.now();
  const policy::Guard guard = found ? found->guard() : policy::Guard();
  if (decide_keep(subject, guard, now).permits()) return *std::move(found);
  return policy::decide(subject, Action::Read, guard, now).permits() ? not_yours(name)
                                                                     : not_found(name);
}

Status Service::check_person(const v1::Person& person) const {
  if (id_in(person.name(), "persons").empty()) {
    return invalid_argument("person.name",
                            "must be `persons/` and an id of letters, digits, `.`, `_`, `-`");
  }
  for (const auto& [field, text] : {std::pair("person.display_name", &person.display_name()),
                                    std::pair("person.latin_name", &person.latin_name()),
                                    std::pair("person.given_name", &person.given_name()),
                                    std::pair("person.family_name", &person.family_name()),
                                    std::pair("person.title", &person.title()),
                                    std::pair("person.time_zone", &person.time_zone())}) {
    if (!good_text(*text, 256))
      return invalid_argument(field, "must be one line of at most 256 bytes");
  }
  if (person.display_name().empty()) return invalid_argument("person.display_name", "is missing");
  if (static_cast<std::size_t>(person.languages_size()) > limits::languages_max) {
    return invalid_argument("person.languages",
                            "are more than " + std::to_string(limits::languages_max));
  }
  for (int i = 0; i < person.languages_size(); ++i) {
    if (!is_language_tag(person.languages(i))) {
      return invalid_argument("person.languages[" + std::to_string(i) + "]",
                              "must be a tag such as `sv`");
    }
  }
  if (static_cast<std::size_t>(person.contacts_size()) > limits::contacts_max) {
    return invalid_argument("person.contacts",
                            "are more than " + std::to_string(limits::contacts_max));
  }
  for (int i = 0; i < person.contacts_size(); ++i) {
    const std::string field = "person.contacts[" + std::to_string(i) + "]";
    const v1::Contact& contact = person.contacts(i);
    if (contact.kind() == v1::Contact::KIND_UNSPECIFIED)
      return invalid_argument(field + ".kind", "is missing");
    if (contact.value().empty() || !good_text(contact.value(), 512)) {
      return invalid_argument(field + ".value", "must be one line of at most 512 bytes");
    }
    const bool email = contact.kind() == v1::Contact::EMAIL;
    const auto at = contact.value().find('@');
    if (email && (at == std::string::npos || at == 0 || at + 1 == contact.value().size())) {
      return invalid_argument(field + ".value", "must be an address such as `name@example.org`");
    }
  }
  return Status();
}

// None, or one that the party has: what a person holds by it must be the party's to give.
Status Service::check_institution(const v1::Person& person) const {
  if (person.institution().empty()) return Status();
  const bool own = person.institution().starts_with(person.party() + "/institutions/");
  if (own && policy::find_fact(*parts_.catalog.world(), person.institution())) return Status();
  return invalid_argument("person.institution", "must be one of the party's institutions");
}

Result<policy::Guard> Service::guard_from(Transaction& transaction,
                                          const v1::Visibility& visibility,
                                          const policy::Guard& base) const {
  policy::Guard guard = base;
  ENTENTE_TRY(const policy::Audience audience, audience_of(visibility.audience()));
  const auto handling = static_cast<policy::Handling>(visibility.handling());
  if (handling != policy::Handling::Open && handling != policy::Handling::Limited) {
    return invalid_argument("visibility.handling", "must be open or limited for a directory entry");
  }
  ENTENTE_TRY(guard.audience,
              parts_.records.intern(transaction, audience, *parts_.catalog.audiences()));
  guard.handling = handling;
  if ((visibility.has_embargo_until() && !is_time(visibility.embargo_until())) ||
      (visibility.has_expires_at() && !is_time(visibility.expires_at()))) {
    return invalid_argument("visibility", "has a time that is none");
  }
  if (visibility.has_embargo_until())
    guard.embargo_until = instant_of_time(visibility.embargo_until());
  if (visibility.has_expires_at()) guard.expires_at = instant_of_time(visibility.expires_at());
  return guard;
}

// Each contact's guard, from its visibility; one without inherits the person's.
Status Service::guard_contacts(const Subject&, Transaction& transaction, Record& record) const {
  record.clear_contact_guards();
  for (const v1::Contact& contact : record.person().contacts()) {
    record::Guard* row = record.add_contact_guards();
    if (!contact.has_visibility()) continue;
    ENTENTE_TRY(const policy::Guard guard,
                guard_from(transaction, contact.visibility(), guard_of(record.guard())));
    *row = to_record(guard);
  }
  return Status();
}

Result<v1::Person> Service::create_person(const Subject& subject,
                                          const v1::CreatePersonRequest& message,
                                          Transaction& transaction) {
  ENTENTE_TRY_VOID(check_person(message.person()));  // validate
  const std::string party = id_in(message.person().party(), "parties");
  const std::string process = id_in(message.process(), "processes");
  if (party.empty() || process.empty()) {
    return invalid_argument(party.empty() ? "person.party" : "process", "must be named");
  }
  if (!id_in(message.person().name(), "persons").starts_with(id_prefix(message.person().party()))) {
    return invalid_argument(
        "person.name", "must begin with `persons/" + id_prefix(message.person().party()) + "`");
  }
  ENTENTE_TRY_VOID(check_institution(message.person()));
  policy::Guard guard;
  guard.handling = policy::Handling::Limited;
  guard.originator = party;
  guard.process = process;
  guard.person = id_in(message.person().name(), "persons");
  ENTENTE_TRY(guard.audience, parts_.records.intern(transaction, process_audience(process, party),
                                                    *parts_.catalog.audiences()));
  // The secretariat's own staff are the process's to keep, and no focal point's.
  const bool staff = party == subject.party && holds(subject, policy::Duty::Secretariat, process);
  if (staff) guard.originator.clear();
  if (!decide_keep(subject, guard, parts_.clock.now()).permits()) {  // decide
    return not_yours(message.person().party());
  }
  ENTENTE_TRY(const auto taken, parts_.records.find(transaction, message.person().name()));
  if (taken) {
    return Status(Code::AlreadyExists, Reason::AlreadyThere,
                  "a person of that id is entered already");
  }
  Record record;  // act
  record.set_name(message.person().name());
  *record.mutable_person() = message.person();
  record.mutable_person()->DiscardUnknownFields();
  record.mutable_person()->clear_stale();
  record.mutable_person()->clear_revision();
  if (message.person().has_visibility()) {
    ENTENTE_TRY(guard, guard_from(transaction, message.person().visibility(), guard));
  }
  *record.mutable_guard() = to_record(guard);
  record.mutable_person()->mutable_confirmed_at()->set_seconds(
      std::chrono::floor<std::chrono::seconds>(parts_.clock.now()).time_since_epoch().count());
  ENTENTE_TRY_VOID(guard_contacts(subject, transaction, record));
  ENTENTE_TRY_VOID(parts_.records.save(transaction, record, parts_.clock.now()));
  record_act(transaction, subject, "directory.person.create", record);  // record
  return person_for(subject, std::move(record));                        // reply
}

Result<v1::Person> Service::update_person(const Subject& subject,
                                          const v1::UpdatePersonRequest& message,
                                          Transaction& transaction) {
  ENTENTE_TRY_VOID(check_person(message.person()));  // validate
  ENTENTE_TRY(const policy::Guarded<Record> found,
              find_to_change(subject, transaction, message.person().name()));  // decide
  const policy::Decision decision = decide_change(subject, found.guard(), parts_.clock.now());
  Record record = *found.open(decision);
  if (!record.has_person()) return not_found(message.person().name());
  if (message.person().revision() != record.revision()) return stale(record.name());
  const Record seen = record;
  const v1::Person& before = seen.person();
  *record.mutable_person() = message.person();  // act
  v1::Person& person = *record.mutable_person();
  person.DiscardUnknownFields();
  person.set_party(before.party());
  person.clear_stale();
  person.clear_revision();
  if (person.institution() != before.institution()) {
    // What one holds by an institution is not one's own to take.
    if (!decide_keep(subject, found.guard(), parts_.clock.now()).permits())
      return not_yours(record.name());
    ENTENTE_TRY_VOID(check_institution(person));
  }
  keep_unseen_contacts(subject, seen, person);
  if (person.has_visibility()) {
    ENTENTE_TRY(const policy::Guard guard,
                guard_from(transaction, person.visibility(), found.guard()));
    *record.mutable_guard() = to_record(guard);
  } else if (before.has_visibility()) {
    *person.mutable_visibility() = before.visibility();
  }
  person.mutable_confirmed_at()->set_seconds(
      std::chrono::floor<std::chrono::seconds>(parts_.clock.now()).time_since_epoch().count());
  ENTENTE_TRY_VOID(guard_contacts(subject, transaction, record));
  ENTENTE_TRY_VOID(parts_.records.save(transaction, record, parts_.clock.now()));
  record_act(transaction, subject, "directory.person.update", record);  // record
  return person_for(subject, std::move(record));                        // reply
}

Result<v1::Person> Service::confirm_person(const Subject& subject,
                                           const v1::ConfirmPersonRequest& message,
                                           Transaction& transaction) {
  ENTENTE_TRY(const policy::Guarded<Record> found,
              find_to_change(subject, transaction, message.name()));
  const policy::Decision decision = decide_change(subject, found.guard(), parts_.clock.now());
  Record record = *found.open(decision);
  if (!record.has_person()) return not_found(message.name());
  record.mutable_person()->mutable_confirmed_at()->set_seconds(
      std::chrono::floor<std::chrono::seconds>(parts_.clock.now()).time_since_epoch().count());
  ENTENTE_TRY_VOID(parts_.records.save(transaction, record, parts_.clock.now()));
  record_act(transaction, subject, "directory.person.confirm", record);
  return person_for(subject, std::move(record));
}

Result<std::optional<Record>> Service::present_holder(const Subject& subject,
                                                      Transaction& transaction,
                                                      const std::string& office) const {
  ENTENTE_TRY(const auto all, parts_.records.appointments_to(transaction, office));
  const Instant now = parts_.clock.now();
  for (const policy::Guarded<Record>& one : all) {
    const policy::Decision decision = decide_keep(subject, one.guard(), now);
    if (!decision.permits()) return not_yours(office);
    const auto opened = one.open(decision);
    const v1::Appointment& appointment = opened->appointment();
    if (appointment.capacity() == v1::HOLDER && span_of(appointment.span()).holds(now)) {
      return std::optional<Record>(*opened);
    }
  }
  return std::optional<Record>();
}

void Service::keep_unseen_contacts(const Subject& subject, const Record& before,
                                   v1::Person& person) const {
  for (int i = 0; i < before.person().contacts_size() && i < before.contact_guards_size(); ++i) {
    const record::Guard& guard = before.contact_guards(i);
    if (guard.audience() != 0 && !may_read(subject, guard_of(guard))) {
      *person.add_contacts() = before.person().contacts(i);
    }
  }
}

Record Service::begin_appointment(const policy::Guard& guard, const std::string& office,
                                  const std::string& person, v1::Capacity capacity) const {
  Record record;
  record.set_name("appointments/" + to_hex(parts_.entropy.bytes(16)));
  v1::Appointment& appointment = *record.mutable_appointment();
  appointment.set_name(record.name());
  appointment.set_office(office);
  appointment.set_person(person);
  appointment.set_capacity(capacity);
  appointment.mutable_span()->set_since(today());
  policy::Guard own = guard;
  own.person = id_in(person, "persons");
  *record.mutable_guard() = to_record(own);
  return record;
}

Status Service::check_apart(const Subject& subject, Transaction& transaction,
                            const v1::Office& office, const std::string& person) const {
  const v1::OfficeKind other = kept_apart_from(office.kind());
  if (other == v1::OFFICE_KIND_UNSPECIFIED) return Status();
  std::vector<std::string> others;
  parts_.catalog.each_of_party(id_in(office.party(), "parties"), Kind::Office,
                               [&](const Indexed& one) {
                                 if (one.office_kind == other) others.push_back(one.name);
                                 return true;
                               });
  const Instant now = parts_.clock.now();
  for (const std::string& name : others) {
    // Read in the transaction: of two who appoint at once one loses.
    ENTENTE_TRY(const auto appointments, parts_.records.appointments_to(transaction, name));
    for (const policy::Guarded<Record>& one : appointments) {
      if (one.guard().person != id_in(person, "persons")) continue;
      const policy::Decision decision = decide_keep(subject, one.guard(), now);
      if (!decision.permits()) return not_yours(name);
      const policy::Span span = span_of(one.open(decision)->appointment().span());
      if (span.until && *span.until <= now) continue;
      return Status(Code::FailedPrecondition, Reason::Conflict,
                    "one person may not keep a party's accounts and its certificates");
    }
  }
  return Status();
}

Result<v1::Appointment> Service::appoint(const Subject& subject, const v1::AppointRequest& message,
                                         Transaction& transaction) {
  if (message.capacity() == v1::CAPACITY_UNSPECIFIED ||
      !v1::Capacity_IsValid(message.capacity())) {  // validate
    return invalid_argument("capacity", "must be holder, acting, deputy or duty contact");
  }
  ENTENTE_TRY(const policy::Guarded<Record> office,
              open_to_keep(subject, transaction, message.office()));  // decide
  ENTENTE_TRY(const std::optional<Record> person, read(subject, transaction, message.person()));
  if (!person || !person->has_person()) return not_found(message.person());
  const Record held = *office.open(decide_keep(subject, office.guard(), parts_.clock.now()));
  if (!held.has_office()) return not_found(message.office());
  if (person->person().party() != held.office().party()) {
    return invalid_argument("person", "is not of the party whose office it is");
  }
  ENTENTE_TRY_VOID(check_apart(subject, transaction, held.office(), message.person()));
  const Instant now = parts_.clock.now();
  ENTENTE_TRY(const auto present, present_holder(subject, transaction, message.office()));
  if (present && message.capacity() == v1::HOLDER) {
    return Status(Code::FailedPrecondition, Reason::Conflict,
                  "the office has a holder; hand it over instead");
  }
  Record record = begin_appointment(office.guard(), message.office(), message.person(),
                                    message.capacity());  // act
  record.mutable_appointment()->set_signature(message.signature());
  record.mutable_appointment()->set_signer_certificate_sha256(message.signer_certificate_sha256());
  ENTENTE_TRY_VOID(parts_.records.save(transaction, record, now));
  record_act(transaction, subject, "directory.appointment.create", record,
             {message.office(), message.person()});  // record
  return record.appointment();                       // reply
}

Result<v1::Appointment> Service::end_appointment(const Subject& subject,
                                                 const v1::EndAppointmentRequest& message,
                                                 Transaction& transaction) {
  ENTENTE_TRY(const policy::Guarded<Record> found,
              open_to_keep(subject, transaction, message.name()));
  Record record = *found.open(decide_keep(subject, found.guard(), parts_.clock.now()));
  if (!record.has_appointment()) return not_found(message.name());
  record.mutable_appointment()->mutable_span()->set_until(today());
  ENTENTE_TRY_VOID(parts_.records.save(transaction, record, parts_.clock.now()));
  record_act(transaction, subject, "directory.appointment.end", record,
             {record.appointment().office()});
  return record.appointment();
}

Result<v1::HandOverReply> Service::hand_over(const Subject& subject,
                                             const v1::HandOverRequest& message,
                                             Transaction& transaction) {
  ENTENTE_TRY(const policy::Guarded<Record> office,
              open_to_keep(subject, transaction, message.office()));
  const Record held = *office.open(decide_keep(subject, office.guard(), parts_.clock.now()));
  if (!held.has_office()) return not_found(message.office());
  ENTENTE_TRY(const std::optional<Record> person, read(subject, transaction, message.person()));
  if (!person || !person->has_person()) return not_found(message.person());
  if (person->person().party() != held.office().party()) {
    return invalid_argument("person", "is not of the party whose office it is");
  }
  ENTENTE_TRY_VOID(check_apart(subject, transaction, held.office(), message.person()));
  const Instant now = parts_.clock.now();
  ENTENTE_TRY(const auto present, present_holder(subject, transaction, message.office()));
  v1::HandOverReply reply;
  std::vector<std::string> touched = {message.office(), message.person()};
  if (present) {
    Record before = *present;
    if (before.appointment().person() == message.person()) {
      *reply.mutable_begun() = before.appointment();
      record_act(transaction, subject, "directory.office.hand_over", before, std::move(touched));
      return reply;
    }
    before.mutable_appointment()->mutable_span()->set_until(today());
    ENTENTE_TRY_VOID(parts_.records.save(transaction, before, now));
    *reply.mutable_ended() = before.appointment();
    touched.push_back(before.name());
  }
  Record next = begin_appointment(office.guard(), message.office(), message.person(), v1::HOLDER);
  next.mutable_appointment()->set_signature(message.signature());
  next.mutable_appointment()->set_signer_certificate_sha256(message.signer_certificate_sha256());
  ENTENTE_TRY_VOID(parts_.records.save(transaction, next, now));
  *reply.mutable_begun() = next.appointment();
  record_act(transaction, subject, "directory.office.hand_over", next, std::move(touched));
  return reply;
}

}  // namespace entente::directory
