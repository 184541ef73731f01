// The rpcs that act: each validates, decides, acts, records and replies within one transaction.
#include <algorithm>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "proto/contract/text.h"
#include "proto/contract/timestamp.h"
#include "server/directory/formats/roster.h"
#include "server/directory/service.h"
#include "server/directory/visibility.h"
#include "server/directory/words.h"
#include "server/policy/audience.h"

namespace entente::directory {
namespace {

using policy::Action;

// Within RFC 3339's years, so that no arithmetic runs over.
bool is_time(const google::protobuf::Timestamp& time) {
  return time.seconds() >= 0 && time.seconds() < 253'402'300'800 && time.nanos() >= 0 &&
         time.nanos() < 1'000'000'000;
}

// Whoever has the entry in hand dials it from anywhere. What `before` says is left as it is: an
// entry that came in with another number can be changed in all else.
Status check_numbers(const v1::Person& person, const v1::Person& before) {
  for (int i = 0; i < person.contacts_size(); ++i) {
    const v1::Contact& contact = person.contacts(i);
    const bool dialled = contact.kind() == v1::Contact::TELEPHONE ||
                         contact.kind() == v1::Contact::MOBILE ||
                         contact.kind() == v1::Contact::FAX;
    if (!dialled || is_telephone(contact.value())) continue;
    const bool stood =
        std::any_of(before.contacts().begin(), before.contacts().end(), [&](const auto& one) {
          return one.kind() == contact.kind() && one.value() == contact.value();
        });
    if (!stood) {
      return invalid_argument("person.contacts[" + std::to_string(i) + "].value",
                              "is no number in international form such as `+46 8 465 004 00`");
    }
  }
  return Status();
}

}  // namespace

std::string Service::today() const { return to_rfc3339(parts_.clock.now()).substr(0, 10); }

policy::AudienceId Service::audience_of_all(Transaction& transaction, const Record& object,
                                            const std::vector<std::string>& touched) const {
  const auto table = parts_.catalog.audiences();
  policy::AudienceId audience{object.guard().audience()};
  for (const std::string& name : touched) {
    // As this transaction has it: what is entered just now has its audience from birth.
    const auto other = parts_.records.find(transaction, name);
    if (!other.ok() || !*other) return policy::AudienceId::Nobody;
    const policy::Audience* const mine = table->find(audience);
    const policy::Audience* const its = table->find((*other)->guard().audience);
    if (mine == nullptr || its == nullptr) return policy::AudienceId::Nobody;
    if (policy::is_within(*mine, *its)) continue;
    if (!policy::is_within(*its, *mine)) return policy::AudienceId::Nobody;
    audience = (*other)->guard().audience;
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
  act.audience = static_cast<std::uint32_t>(audience_of_all(transaction, object, touched));
  act.touched = std::move(touched);
  act.revision = object.revision();
  act.object_digest = as_view(sha256(object.SerializeAsString()));
  if (object.has_appointment()) {
    const v1::Appointment& one = object.appointment();
    const bool ended = !one.end_signature().empty();
    act.signature = ended ? one.end_signature() : one.signature();
    act.signer_certificate_sha256 =
        ended ? one.end_signer_certificate_sha256() : one.signer_certificate_sha256();
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
  const auto fact = policy::find_fact(*parts_.catalog.world(), person.institution());
  if (own && fact && fact->span.holds(parts_.clock.now())) return Status();
  return invalid_argument("person.institution", "must be one of the party's institutions");
}

Result<policy::Guard> Service::guard_from(Transaction& transaction,
                                          const v1::Visibility& visibility,
                                          const policy::Guard& base) const {
  policy::Guard guard = base;
  ENTENTE_TRY(const policy::Audience audience,
              policy::audience_of("visibility.audience", visibility.audience()));
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
  if (visibility.has_embargo_until()) guard.embargo_until = instant_of(visibility.embargo_until());
  if (visibility.has_expires_at()) guard.expires_at = instant_of(visibility.expires_at());
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
  ENTENTE_TRY_VOID(check_numbers(message.person(), v1::Person()));
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
    ENTENTE_TRY(const bool founds, may_found(subject, transaction, party, process));
    if (!founds) return not_yours(message.person().party());
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
  set_second(*record.mutable_person()->mutable_confirmed_at(), parts_.clock.now());
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
  ENTENTE_TRY_VOID(check_numbers(message.person(), before));
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
  set_second(*person.mutable_confirmed_at(), parts_.clock.now());
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
  set_second(*record.mutable_person()->mutable_confirmed_at(), parts_.clock.now());
  ENTENTE_TRY_VOID(parts_.records.save(transaction, record, parts_.clock.now()));
  record_act(transaction, subject, "directory.person.confirm", record);
  return person_for(subject, std::move(record));
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

}  // namespace entente::directory
