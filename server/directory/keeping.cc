// The secretariat keeps its process, its bodies and its own offices; a focal point the institutions
// and offices of the own party. Each act makes a new revision: what was, stays to be asked for.
#include <algorithm>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "proto/contract/text.h"
#include "server/directory/service.h"
#include "server/directory/words.h"

namespace entente::directory {
namespace {

using policy::Action;

constexpr std::uint32_t kPeriodDaysMin = 7;
constexpr std::uint32_t kPeriodDaysMax = 1'095;
constexpr int kBodyPartiesMax = 512;
constexpr int kTopicsMax = 64;
constexpr int kInstitutionsMax = 256;

Status already_there(std::string_view name) {
  return Status(Code::AlreadyExists, Reason::AlreadyThere,
                "`" + std::string(name) + "` is there already");
}

bool is_present(const std::set<std::string>& names, const std::string& name) {
  return names.count(name) != 0;
}

Status check_text(const v1::Text& text, const std::string& field) {
  if (text.by_language().empty()) return invalid_argument(field, "is missing");
  if (text.by_language().size() > limits::languages_max)
    return invalid_argument(field, "is in too many languages");
  for (const auto& [tag, name] : text.by_language()) {
    if (!is_language_tag(tag)) return invalid_argument(field, "has a tag that is none, as `en` is");
    if (name.empty() || !good_text(name, 256))
      return invalid_argument(field + "[" + tag + "]", "must be one line of at most 256 bytes");
  }
  return Status();
}

Status check_topics(const v1::Office& office) {
  if (office.title().empty() || !good_text(office.title(), 256))
    return invalid_argument("office.title", "must be one line of at most 256 bytes");
  if (office.topics_size() > kTopicsMax) return invalid_argument("office.topics", "are too many");
  for (int i = 0; i < office.topics_size(); ++i) {
    if (office.topics(i).empty() || !good_text(office.topics(i), 128)) {
      return invalid_argument("office.topics[" + std::to_string(i) + "]",
                              "must be one line of at most 128 bytes");
    }
  }
  return Status();
}

// As a member, an observer or a partner: the party as a whole, and now.
bool takes_part(const policy::Subject& subject, const std::string& process) {
  using Whom = policy::Principal::Kind;
  const auto holds = [&](Whom whom) {
    return subject.principals.contains(policy::Principal::make(whom, process));
  };
  return holds(Whom::Members) || holds(Whom::Observers) || holds(Whom::Partners);
}

// Kinds that a party has by itself; the others are the process's to make.
bool of_the_party(v1::OfficeKind kind) {
  return kind == v1::FOCAL_POINT || kind == v1::BODY_CONTACT || kind == v1::THEMATIC_COORDINATOR ||
         kind == v1::OTHER_OFFICE;
}

}  // namespace

// The object as its keeper may change it; `keeper` is the guard that the right to keep is asked of,
// where it is not the object's own.
Result<Record> Service::record_to_keep(const Subject& subject, Transaction& transaction,
                                       std::string_view name,
                                       const std::optional<std::string>& originator) const {
  ENTENTE_TRY(const std::optional<Record> record, read(subject, transaction, name));
  if (!record) return not_found(name);
  policy::Guard keeper = guard_of(record->guard());
  if (originator) {
    keeper.originator = *originator;
    keeper.process.clear();
  }
  if (!decide_keep(subject, keeper, parts_.clock.now()).permits()) return not_yours(name);
  return *record;
}

// --- the process ---

Result<v1::Process> Service::set_confirmation_period(
    const Subject& subject, const v1::SetConfirmationPeriodRequest& message,
    Transaction& transaction) {
  if (message.days() < kPeriodDaysMin || message.days() > kPeriodDaysMax) {  // validate
    return invalid_argument("days", "must be between 7 and 1095");
  }
  ENTENTE_TRY(Record record, record_to_keep(subject, transaction, message.process()));  // decide
  if (!record.has_process()) return not_found(message.process());
  if (record.revision() != message.revision()) return stale(record.name());
  record.mutable_process()->set_confirmation_period_days(message.days());  // act
  ENTENTE_TRY_VOID(parts_.records.save(transaction, record, parts_.clock.now()));
  record_act(transaction, subject, "directory.process.set_confirmation_period", record);  // record
  record.mutable_process()->set_revision(record.revision());                              // reply
  return record.process();
}

// --- bodies ---

// Chair and members are parties that have, or had, a part in the process.
Status Service::check_body(const v1::Body& body, const std::string& process) const {
  if (body.title().empty() || !good_text(body.title(), 512))
    return invalid_argument("body.title", "must be one line of at most 512 bytes");
  if (!good_text(body.note(), 2'048)) return invalid_argument("body.note", "is no line of text");
  if (body.kind() == v1::Body::KIND_UNSPECIFIED || !v1::Body::Kind_IsValid(body.kind()))
    return invalid_argument("body.kind", "is missing");
  if (body.members_size() > kBodyPartiesMax || body.co_chairs_size() > kBodyPartiesMax)
    return invalid_argument("body.members", "are too many");
  std::set<std::string> parties;
  parts_.catalog.each_of_process(process, Kind::Participation, [&](const Indexed& one) {
    parties.insert("parties/" + one.party);
    return true;
  });
  const auto wrong = [&](const std::string& name) { return !is_present(parties, name); };
  if (!body.chair().empty() && wrong(body.chair()))
    return invalid_argument("body.chair", "takes no part in the process");
  if (std::any_of(body.co_chairs().begin(), body.co_chairs().end(), wrong))
    return invalid_argument("body.co_chairs", "take no part in the process");
  if (std::any_of(body.members().begin(), body.members().end(), wrong))
    return invalid_argument("body.members", "take no part in the process");
  for (const std::string* day : {&body.span().since(), &body.span().until()}) {
    if (!day->empty() && !first_day_of(*day))
      return invalid_argument("body.span", "must be of days such as `2026-11-23`");
  }
  return Status();
}

Result<v1::Body> Service::create_body(const Subject& subject, const v1::CreateBodyRequest& message,
                                      Transaction& transaction) {
  const std::optional<Name> name = parse_name(message.body().name());  // validate
  if (!name || name->kind != Kind::Body)
    return invalid_argument("body.name", "must be `processes/<id>/bodies/<id>`");
  const std::string process = "processes/" + name->first;
  ENTENTE_TRY(const Record keeper, record_to_keep(subject, transaction, process));  // decide
  if (!keeper.has_process()) return not_found(process);
  ENTENTE_TRY_VOID(check_body(message.body(), name->first));
  ENTENTE_TRY(const auto taken, parts_.records.find(transaction, message.body().name()));
  if (taken) return already_there(message.body().name());
  Record record;  // act
  record.set_name(message.body().name());
  *record.mutable_guard() = keeper.guard();
  *record.mutable_body_of_process() = message.body();
  v1::Body& body = *record.mutable_body_of_process();
  body.DiscardUnknownFields();
  body.clear_revision();
  if (body.span().since().empty()) body.mutable_span()->set_since(today());
  ENTENTE_TRY_VOID(parts_.records.save(transaction, record, parts_.clock.now()));
  record_act(transaction, subject, "directory.body.create", record);  // record
  body.set_revision(record.revision());                               // reply
  return body;
}

Result<v1::Body> Service::update_body(const Subject& subject, const v1::UpdateBodyRequest& message,
                                      Transaction& transaction) {
  ENTENTE_TRY(Record record, record_to_keep(subject, transaction, message.body().name()));
  if (!record.has_body_of_process()) return not_found(message.body().name());
  ENTENTE_TRY_VOID(check_body(message.body(), record.guard().process()));
  if (record.revision() != message.body().revision()) return stale(record.name());
  *record.mutable_body_of_process() = message.body();
  v1::Body& body = *record.mutable_body_of_process();
  body.DiscardUnknownFields();
  body.clear_revision();
  ENTENTE_TRY_VOID(parts_.records.save(transaction, record, parts_.clock.now()));
  record_act(transaction, subject, "directory.body.update", record);
  body.set_revision(record.revision());
  return body;
}

Result<v1::Body> Service::close_body(const Subject& subject, const v1::CloseBodyRequest& message,
                                     Transaction& transaction) {
  ENTENTE_TRY(Record record, record_to_keep(subject, transaction, message.name()));
  if (!record.has_body_of_process()) return not_found(message.name());
  v1::Body& body = *record.mutable_body_of_process();
  if (span_of(body.span()).holds(parts_.clock.now())) body.mutable_span()->set_until(today());
  ENTENTE_TRY_VOID(parts_.records.save(transaction, record, parts_.clock.now()));
  record_act(transaction, subject, "directory.body.close", record);
  body.set_revision(record.revision());
  return body;
}

// --- institutions ---

// The party that an institution's name is of, as a focal point of it may change it.
Result<Record> Service::party_to_keep(const Subject& subject, Transaction& transaction,
                                      const std::string& institution,
                                      std::uint64_t revision) const {
  constexpr std::string_view between = "/institutions/";
  const std::size_t at = institution.find(between);
  const std::string party = institution.substr(0, at);
  const std::string code = id_in(party, "parties");
  if (at == std::string::npos || code.empty() ||
      !policy::is_id(std::string_view(institution).substr(at + between.size()))) {
    return invalid_argument("institution.name", "must be `parties/<code>/institutions/<id>`");
  }
  ENTENTE_TRY(Record record, record_to_keep(subject, transaction, party, code));
  if (!record.has_party()) return not_found(party);
  if (record.revision() != revision) return stale(party);
  return record;
}

Result<v1::Party> Service::save_party(const Subject& subject, Transaction& transaction,
                                      Record& record, const char* kind) const {
  ENTENTE_TRY_VOID(parts_.records.save(transaction, record, parts_.clock.now()));
  record_act(transaction, subject, kind, record);
  record.mutable_party()->set_revision(record.revision());
  return record.party();
}

Result<v1::Party> Service::create_institution(const Subject& subject,
                                              const v1::CreateInstitutionRequest& message,
                                              Transaction& transaction) {
  const v1::Institution& wanted = message.institution();
  ENTENTE_TRY_VOID(check_text(wanted.names(), "institution.names"));
  if (!good_text(wanted.acronym(), 64))
    return invalid_argument("institution.acronym", "is too long");
  ENTENTE_TRY(Record record,
              party_to_keep(subject, transaction, wanted.name(), message.revision()));
  auto& all = *record.mutable_party()->mutable_institutions();
  if (all.size() >= kInstitutionsMax) return invalid_argument("institution", "is one too many");
  for (const v1::Institution& one : all) {
    if (one.name() == wanted.name()) return already_there(wanted.name());
  }
  v1::Institution* made = record.mutable_party()->add_institutions();
  *made = wanted;
  made->DiscardUnknownFields();
  made->clear_span();
  made->mutable_span()->set_since(today());
  return save_party(subject, transaction, record, "directory.institution.create");
}

Result<v1::Party> Service::update_institution(const Subject& subject,
                                              const v1::UpdateInstitutionRequest& message,
                                              Transaction& transaction) {
  const v1::Institution& wanted = message.institution();
  ENTENTE_TRY_VOID(check_text(wanted.names(), "institution.names"));
  if (!good_text(wanted.acronym(), 64))
    return invalid_argument("institution.acronym", "is too long");
  ENTENTE_TRY(Record record,
              party_to_keep(subject, transaction, wanted.name(), message.revision()));
  for (v1::Institution& one : *record.mutable_party()->mutable_institutions()) {
    if (one.name() != wanted.name()) continue;
    *one.mutable_names() = wanted.names();
    one.set_acronym(wanted.acronym());
    return save_party(subject, transaction, record, "directory.institution.update");
  }
  return not_found(wanted.name());
}

Result<v1::Party> Service::close_institution(const Subject& subject,
                                             const v1::CloseInstitutionRequest& message,
                                             Transaction& transaction) {
  ENTENTE_TRY(Record record,
              party_to_keep(subject, transaction, message.name(), message.revision()));
  for (v1::Institution& one : *record.mutable_party()->mutable_institutions()) {
    if (one.name() != message.name()) continue;
    one.mutable_span()->set_until(today());
    return save_party(subject, transaction, record, "directory.institution.close");
  }
  return not_found(message.name());
}

// --- offices ---

// Whether the caller answers for the party, be it elsewhere, and it takes part in the process.
bool Service::answers_for(const Subject& subject, const std::string& party,
                          const std::string& process) const {
  const Instant now = parts_.clock.now();
  policy::Guard whole;  // of the party, in no process
  whole.handling = policy::Handling::Limited;
  whole.originator = party;
  return takes_part(subject, process) &&
         (policy::decide(subject, Action::KeepAccounts, whole, now).permits() ||
          policy::decide(subject, Action::KeepParty, whole, now).permits());
}

// Whether the caller may enter the party's first focal point in the process. Who keeps a party's
// entries there is its focal point; as long as nobody is that, the party would have to be kept by
// whom it does not have. So one who answers for it elsewhere may begin: who keeps its accounts, or
// is its focal point in another process. Read in a transaction: of two who begin at once one
// loses. `retried` is what this very call may have begun before.
Result<bool> Service::may_found(const Subject& subject, Snapshot& snapshot,
                                const std::string& party, const std::string& process,
                                const std::string& retried) const {
  const Instant now = parts_.clock.now();
  if (!answers_for(subject, party, process)) return false;
  std::vector<std::string> offices;
  parts_.catalog.each_of_party(party, Kind::Office, [&](const Indexed& one) {
    if (one.office_kind == v1::FOCAL_POINT && one.process == process) offices.push_back(one.name);
    return true;
  });
  for (const std::string& office : offices) {
    ENTENTE_TRY(const auto all, parts_.records.appointments_to(snapshot, office));
    for (const policy::Guarded<Record>& one : all) {
      const policy::Decision decision = policy::decide(subject, Action::Read, one.guard(), now);
      if (!decision.permits()) return false;
      const auto opened = one.open(decision);
      const v1::Appointment& appointment = opened->appointment();
      const policy::Span span = span_of(appointment.span());
      const bool over = !holds_ever(span) || (span.until && *span.until <= now);
      if (!over && appointment.capacity() != v1::DUTY_CONTACT && appointment.name() != retried)
        return false;
    }
  }
  return true;
}

// The guard of an office that is to be: kept by its party, or by the process alone.
Result<policy::Guard> Service::guard_of_office(const Subject& subject, Transaction& transaction,
                                               const v1::Office& office) const {
  const std::string party = id_in(office.party(), "parties");
  const std::string process = id_in(office.process(), "processes");
  if (party.empty() || process.empty())
    return invalid_argument(party.empty() ? "office.party" : "office.process", "must be named");
  ENTENTE_TRY(const std::optional<Record> there, read(subject, transaction, office.process()));
  if (!there || !there->has_process()) return not_found(office.process());
  policy::Guard guard;
  guard.handling = policy::Handling::Limited;
  guard.process = process;
  if (of_the_party(office.kind())) guard.originator = party;
  ENTENTE_TRY(guard.audience, parts_.records.intern(transaction, process_audience(process, party),
                                                    *parts_.catalog.audiences()));
  if (!decide_keep(subject, guard, parts_.clock.now()).permits()) {
    if (office.kind() != v1::FOCAL_POINT) return not_yours(office.party());
    ENTENTE_TRY(const bool founds, may_found(subject, transaction, party, process));
    if (!founds) return not_yours(office.party());
  }
  // The chair is the process's to make and the party's to fill.
  if (office.kind() == v1::CHAIR) guard.originator = party;
  return guard;
}

Result<v1::Office> Service::create_office(const Subject& subject,
                                          const v1::CreateOfficeRequest& message,
                                          Transaction& transaction) {
  const v1::Office& wanted = message.office();  // validate
  if (!of_the_party(wanted.kind()) && wanted.kind() != v1::CHAIR &&
      wanted.kind() != v1::SECRETARIAT_STAFF) {
    return invalid_argument("office.kind", "is none that can be made here");
  }
  ENTENTE_TRY_VOID(check_topics(wanted));
  if (!id_in(wanted.name(), "offices").starts_with(id_prefix(wanted.party())))
    return invalid_argument("office.name",
                            "must begin with `offices/" + id_prefix(wanted.party()) + "`");
  if (wanted.kind() == v1::BODY_CONTACT ? !wanted.body().starts_with(wanted.process() + "/bodies/")
                                        : !wanted.body().empty()) {
    return invalid_argument("office.body", "is of a body contact, and a body of the process");
  }
  ENTENTE_TRY(const policy::Guard guard, guard_of_office(subject, transaction, wanted));  // decide
  if (!wanted.body().empty()) {
    ENTENTE_TRY(const std::optional<Record> body, read(subject, transaction, wanted.body()));
    if (!body || !body->has_body_of_process()) return not_found(wanted.body());
  }
  ENTENTE_TRY(const auto taken, parts_.records.find(transaction, wanted.name()));
  if (taken) return already_there(wanted.name());
  Record record;  // act
  record.set_name(wanted.name());
  *record.mutable_guard() = to_record(guard);
  *record.mutable_office() = wanted;
  v1::Office& office = *record.mutable_office();
  office.DiscardUnknownFields();
  office.clear_revision();
  office.clear_span();
  office.mutable_span()->set_since(today());
  ENTENTE_TRY_VOID(parts_.records.save(transaction, record, parts_.clock.now()));
  record_act(transaction, subject, "directory.office.create", record);  // record
  office.set_revision(record.revision());                               // reply
  return office;
}

Result<v1::Office> Service::update_office(const Subject& subject,
                                          const v1::UpdateOfficeRequest& message,
                                          Transaction& transaction) {
  ENTENTE_TRY_VOID(check_topics(message.office()));
  ENTENTE_TRY(Record record, record_to_keep(subject, transaction, message.office().name()));
  if (!record.has_office()) return not_found(message.office().name());
  if (record.revision() != message.office().revision()) return stale(record.name());
  v1::Office& office = *record.mutable_office();
  office.set_title(message.office().title());
  *office.mutable_topics() = message.office().topics();
  ENTENTE_TRY_VOID(parts_.records.save(transaction, record, parts_.clock.now()));
  record_act(transaction, subject, "directory.office.update", record);
  office.set_revision(record.revision());
  return office;
}

Result<v1::Office> Service::close_office(const Subject& subject,
                                         const v1::CloseOfficeRequest& message,
                                         Transaction& transaction) {
  ENTENTE_TRY(Record record, record_to_keep(subject, transaction, message.name()));
  if (!record.has_office()) return not_found(message.name());
  const Instant now = parts_.clock.now();
  std::vector<std::string> touched;
  ENTENTE_TRY(const auto all, parts_.records.appointments_to(transaction, message.name()));
  for (const policy::Guarded<Record>& one : all) {
    const policy::Decision decision = decide_keep(subject, one.guard(), now);
    if (!decision.permits()) return not_yours(message.name());
    Record appointment = *one.open(decision);
    const policy::Span span = span_of(appointment.appointment().span());
    if (span.until && *span.until <= now) continue;
    const auto end = std::find_if(
        message.ends().begin(), message.ends().end(),
        [&](const v1::EndAppointmentRequest& given) { return given.name() == appointment.name(); });
    if (end == message.ends().end()) {
      return Status(Code::FailedPrecondition, Reason::Conflict,
                    "`" + appointment.name() + "` has no signed end");
    }
    ENTENTE_TRY_VOID(end_signed(subject, transaction, record.office(), *end, appointment));
    if (const auto until = span_of(appointment.appointment().span()).until;
        !until || *until > now) {
      return invalid_argument("ends", "must be of today: the office is closed today");
    }
    touched.push_back(appointment.name());
  }
  v1::Office& office = *record.mutable_office();
  office.mutable_span()->set_until(today());
  ENTENTE_TRY_VOID(parts_.records.save(transaction, record, now));
  record_act(transaction, subject, "directory.office.close", record, std::move(touched));
  office.set_revision(record.revision());
  return office;
}

}  // namespace entente::directory
