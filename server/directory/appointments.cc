// Who holds an office: appointed, ended, handed over; each beginning and each end signed by the
// party whose office it is, so that no reader need believe the host.
#include <algorithm>

#include "proto/contract/appointment.h"
#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "server/directory/service.h"
#include "server/directory/visibility.h"
#include "server/directory/words.h"

namespace entente::directory {
namespace {

// Who makes an account must not make the key that opens it.
v1::OfficeKind kept_apart_from(v1::OfficeKind kind) {
  if (kind == v1::SECURITY_OFFICER) return v1::CERTIFICATE_OFFICER;
  if (kind == v1::CERTIFICATE_OFFICER) return v1::SECURITY_OFFICER;
  return v1::OFFICE_KIND_UNSPECIFIED;
}

}  // namespace

// The holder at `at`; Conflict if another's time as holder begins only later.
Result<std::optional<Record>> Service::holder_at(const Subject& subject, Transaction& transaction,
                                                 const std::string& office, Instant at) const {
  ENTENTE_TRY(const auto all, parts_.records.appointments_to(transaction, office));
  const Instant now = parts_.clock.now();
  std::optional<Record> holder;
  for (const policy::Guarded<Record>& one : all) {
    policy::Decision decision = decide_keep(subject, one.guard(), now);
    // Whoever enters the first focal point after the last sees who that was.
    if (!decision.permits())
      decision = policy::decide(subject, policy::Action::Read, one.guard(), now);
    if (!decision.permits()) return not_yours(office);
    const auto opened = one.open(decision);
    const v1::Appointment& appointment = opened->appointment();
    if (appointment.capacity() != v1::HOLDER) continue;
    const policy::Span span = span_of(appointment.span());
    if (span.holds(at)) holder = *opened;
    if (span.since && *span.since > at && holds_ever(span)) {
      return Status(Code::FailedPrecondition, Reason::Conflict,
                    "somebody is appointed to it from a later day already; end that first");
    }
  }
  return holder;
}

Record Service::begin_appointment(const policy::Guard& guard, const std::string& name,
                                  const std::string& office, const std::string& person,
                                  v1::Capacity capacity, const std::string& since) const {
  Record record;
  record.set_name(name);
  v1::Appointment& appointment = *record.mutable_appointment();
  appointment.set_name(record.name());
  appointment.set_office(office);
  appointment.set_person(person);
  appointment.set_capacity(capacity);
  appointment.mutable_span()->set_since(since);
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

// The certificate of the session, whose key signed `message`, for the party whose office it is.
Result<std::string> Service::signer_of(const Subject& subject, Transaction& transaction,
                                       const v1::Office& office, const std::string& message,
                                       const std::string& signature,
                                       const std::string& certificate_sha256) const {
  const auto refused = [](const char* why) {
    return Status(Code::InvalidArgument, Reason::SignatureInvalid, why);
  };
  if (signature.empty()) return refused("an appointment, and its end, is signed by its party");
  if (office.party() != "parties/" + subject.party)
    return refused("an appointment is signed by the party whose office it is");
  ENTENTE_TRY(const std::string signer,
              parts_.signers.check(subject, transaction, message, signature));
  if (signer != certificate_sha256)
    return refused("`signer_certificate_sha256` is not the certificate of this session");
  return signer;
}

// Holds the appointment's signature to the appointment, and keeps whose it is.
Status Service::check_signed(const Subject& subject, Transaction& transaction,
                             const v1::Office& office, const std::string& certificate_sha256,
                             Record& record) const {
  v1::Appointment& appointment = *record.mutable_appointment();
  ENTENTE_TRY(const std::string message,
              appointment_message({.origin = parts_.origin,
                                   .name = appointment.name(),
                                   .office = office.name(),
                                   .office_kind = office.kind(),
                                   .party = office.party(),
                                   .process = office.process(),
                                   .body = office.body(),
                                   .person = appointment.person(),
                                   .capacity = appointment.capacity(),
                                   .since = appointment.span().since()}));
  ENTENTE_TRY(std::string signer, signer_of(subject, transaction, office, message,
                                            appointment.signature(), certificate_sha256));
  appointment.set_signer_certificate_sha256(std::move(signer));
  return Status();
}

// Ends the appointment as `message` says, if that is signed; saves it.
Status Service::end_signed(const Subject& subject, Transaction& transaction,
                           const v1::Office& office, const v1::EndAppointmentRequest& message,
                           Record& record) const {
  ENTENTE_TRY_VOID(check_day("until", message.until()));
  v1::Appointment& appointment = *record.mutable_appointment();
  ENTENTE_TRY(const std::string words, appointment_end_message({.origin = parts_.origin,
                                                                .name = appointment.name(),
                                                                .office = office.name(),
                                                                .party = office.party(),
                                                                .person = appointment.person(),
                                                                .until = message.until()}));
  ENTENTE_TRY(std::string signer,
              signer_of(subject, transaction, office, words, message.signature(),
                        message.signer_certificate_sha256()));
  appointment.mutable_span()->set_until(message.until());
  appointment.set_end_signature(message.signature());
  appointment.set_end_signer_certificate_sha256(std::move(signer));
  return parts_.records.save(transaction, record, parts_.clock.now());
}

// From yesterday (a client's clock may be behind) to a year ahead.
Status Service::check_day(const char* field, const std::string& text) const {
  const auto day = text.size() == 10 ? first_day_of(text) : std::nullopt;
  const auto today = std::chrono::floor<std::chrono::days>(parts_.clock.now());
  if (!day || *day < today - std::chrono::days(1) ||
      *day > today + std::chrono::days(limits::appointment_ahead_days_max))
    return invalid_argument(field, "must be a day from today to a year ahead");
  return Status();
}

Status Service::check_beginning(const std::string& name, const std::string& since) const {
  const std::string id = id_in(name, "appointments");
  if (id.size() != 32 || !from_hex(id))
    return invalid_argument("name", "must be `appointments/` and 32 hexadecimal digits");
  return check_day("since", since);
}

// The office as its keeper may fill it; with `first`, a focal point's also as whoever may enter the
// party's first may.
Result<Record> Service::office_to_keep(const Subject& subject, Transaction& transaction,
                                       const std::string& office,
                                       const std::optional<std::string>& first) const {
  const Result<policy::Guarded<Record>> found = open_to_keep(subject, transaction, office);
  if (found.ok()) return *found->open(decide_keep(subject, found->guard(), parts_.clock.now()));
  if (!first || found.status().reason() != Reason::NotYours) return found.status();
  ENTENTE_TRY(std::optional<Record> seen, read(subject, transaction, office));
  if (!seen || seen->office().kind() != v1::FOCAL_POINT) return found.status();
  ENTENTE_TRY(const bool founds,
              may_found(subject, transaction, id_in(seen->office().party(), "parties"),
                        id_in(seen->office().process(), "processes"), *first));
  return founds ? Result<Record>(*std::move(seen)) : found.status();
}

// The office, as it may be filled, and the person, if it is of the party whose office it is.
// `first` is the name of an appointment that may be the first of a focal point.
Result<Record> Service::office_to_fill(const Subject& subject, Transaction& transaction,
                                       const std::string& office, const std::string& person,
                                       const std::optional<std::string>& first) const {
  ENTENTE_TRY(Record held, office_to_keep(subject, transaction, office, first));
  if (!held.has_office()) return not_found(office);
  ENTENTE_TRY(const std::optional<Record> who, read(subject, transaction, person));
  if (!who || !who->has_person()) return not_found(person);
  if (who->person().party() != held.office().party())
    return invalid_argument("person", "is not of the party whose office it is");
  const policy::Span span = span_of(held.office().span());
  if (span.until && *span.until <= parts_.clock.now())
    return Status(Code::FailedPrecondition, Reason::Conflict, "the office is closed");
  return held;
}

// What the appointment of this name is already, if the same was asked for before: a retry.
Result<std::optional<Record>> Service::begun_before(const Subject& subject,
                                                    Transaction& transaction,
                                                    const Record& wanted) const {
  ENTENTE_TRY(const auto there, parts_.records.find(transaction, wanted.name()));
  if (!there) return std::optional<Record>();
  ENTENTE_TRY(const std::optional<Record> before, read(subject, transaction, wanted.name()));
  const bool same = before && before->has_appointment() &&
                    before->appointment().office() == wanted.appointment().office() &&
                    before->appointment().person() == wanted.appointment().person() &&
                    before->appointment().capacity() == wanted.appointment().capacity() &&
                    before->appointment().span().since() == wanted.appointment().span().since();
  if (same) return before;
  return Status(Code::AlreadyExists, Reason::AlreadyThere, "`name` is taken; draw another");
}

Result<v1::Appointment> Service::appoint(const Subject& subject, const v1::AppointRequest& message,
                                         Transaction& transaction) {
  if (message.capacity() == v1::CAPACITY_UNSPECIFIED ||
      !v1::Capacity_IsValid(message.capacity())) {  // validate
    return invalid_argument("capacity", "must be holder, acting, deputy or duty contact");
  }
  std::optional<std::string> first;
  if (message.capacity() == v1::HOLDER) first = message.name();
  ENTENTE_TRY(const Record held, office_to_fill(subject, transaction, message.office(),
                                                message.person(), first));  // decide
  ENTENTE_TRY_VOID(check_beginning(message.name(), message.since()));
  Record record = begin_appointment(guard_of(held.guard()), message.name(), message.office(),
                                    message.person(), message.capacity(), message.since());
  record.mutable_appointment()->set_signature(message.signature());
  ENTENTE_TRY_VOID(check_signed(subject, transaction, held.office(),
                                message.signer_certificate_sha256(), record));
  ENTENTE_TRY(const std::optional<Record> before, begun_before(subject, transaction, record));
  if (before) {
    record_act(transaction, subject, "directory.appointment.create", *before, {message.office()});
    return before->appointment();
  }
  ENTENTE_TRY_VOID(check_apart(subject, transaction, held.office(), message.person()));
  if (message.capacity() == v1::HOLDER) {
    ENTENTE_TRY(const auto present, holder_at(subject, transaction, message.office(),
                                              Instant(*first_day_of(message.since()))));
    if (present) {
      return Status(Code::FailedPrecondition, Reason::Conflict,
                    "the office has a holder; hand it over instead");
    }
  }
  ENTENTE_TRY_VOID(parts_.records.save(transaction, record, parts_.clock.now()));  // act
  record_act(transaction, subject, "directory.appointment.create", record,
             {message.office(), message.person()});  // record
  return record.appointment();                       // reply
}

// A holder whose time is ended before it has begun never holds: whoever was to hand over to them
// stays, as though that had not been. That end was never signed, so that nothing signed is undone.
// Of one who has begun, were it today, nobody comes back: they may have been let go. `until` is how
// long the one who does not begin was to hold. The names of what was changed.
Result<std::vector<std::string>> Service::restore_before(const Subject& subject,
                                                         Transaction& transaction,
                                                         const v1::Appointment& never,
                                                         const std::string& until) const {
  std::vector<std::string> restored;
  const Instant now = parts_.clock.now();
  const policy::Span span = span_of(never.span());
  const bool ahead = span.since && *span.since > now && !holds_ever(span);
  if (never.capacity() != v1::HOLDER || !ahead) return restored;
  ENTENTE_TRY(const auto all, parts_.records.appointments_to(transaction, never.office()));
  for (const policy::Guarded<Record>& one : all) {
    const policy::Decision decision = decide_keep(subject, one.guard(), now);
    if (!decision.permits()) return not_yours(never.office());
    Record before = *one.open(decision);
    v1::Appointment& appointment = *before.mutable_appointment();
    const bool handed_over =
        appointment.capacity() == v1::HOLDER && appointment.name() != never.name() &&
        appointment.end_signature().empty() && appointment.span().until() == never.span().since();
    if (!handed_over || !holds_ever(span_of(appointment.span()))) continue;
    appointment.mutable_span()->set_until(until);
    ENTENTE_TRY_VOID(parts_.records.save(transaction, before, now));
    restored.push_back(before.name());
  }
  return restored;
}

Result<v1::Appointment> Service::end_appointment(const Subject& subject,
                                                 const v1::EndAppointmentRequest& message,
                                                 Transaction& transaction) {
  ENTENTE_TRY(const policy::Guarded<Record> found,
              open_to_keep(subject, transaction, message.name()));
  Record record = *found.open(decide_keep(subject, found.guard(), parts_.clock.now()));
  if (!record.has_appointment()) return not_found(message.name());
  ENTENTE_TRY(const std::optional<Record> office,
              read(subject, transaction, record.appointment().office()));
  if (!office) return not_found(message.name());
  const v1::Appointment seen = record.appointment();
  const std::string& until = seen.span().until();
  const policy::Span span = span_of(seen.span());
  const bool over = span.until && (*span.until <= parts_.clock.now() || !holds_ever(span));
  if (over && until != message.until()) {
    return Status(Code::FailedPrecondition, Reason::Conflict, "it ended on " + until);
  }
  ENTENTE_TRY_VOID(end_signed(subject, transaction, office->office(), message, record));
  std::vector<std::string> touched = {seen.office()};
  if (!over) {
    // An end that was signed said nothing of whoever held it before.
    ENTENTE_TRY(auto restored, restore_before(subject, transaction, record.appointment(),
                                              seen.end_signature().empty() ? until : ""));
    touched.insert(touched.end(), restored.begin(), restored.end());
  }
  record_act(transaction, subject, "directory.appointment.end", record, std::move(touched));
  return record.appointment();
}

Result<v1::HandOverReply> Service::hand_over(const Subject& subject,
                                             const v1::HandOverRequest& message,
                                             Transaction& transaction) {
  ENTENTE_TRY(const Record held,
              office_to_fill(subject, transaction, message.office(), message.person()));
  ENTENTE_TRY_VOID(check_beginning(message.name(), message.since()));
  Record next = begin_appointment(guard_of(held.guard()), message.name(), message.office(),
                                  message.person(), v1::HOLDER, message.since());
  next.mutable_appointment()->set_signature(message.signature());
  ENTENTE_TRY_VOID(
      check_signed(subject, transaction, held.office(), message.signer_certificate_sha256(), next));
  ENTENTE_TRY_VOID(check_apart(subject, transaction, held.office(), message.person()));
  v1::HandOverReply reply;
  std::vector<std::string> touched = {message.office(), message.person()};
  ENTENTE_TRY(const std::optional<Record> before, begun_before(subject, transaction, next));
  if (before) {
    *reply.mutable_begun() = before->appointment();
    record_act(transaction, subject, "directory.office.hand_over", *before, std::move(touched));
    return reply;
  }
  ENTENTE_TRY(const auto present, holder_at(subject, transaction, message.office(),
                                            Instant(*first_day_of(message.since()))));
  // Whom nobody but the operator has appointed holds it by this signature from that day on.
  const bool is_signed = present && !present->appointment().signature().empty();
  if (is_signed && present->appointment().person() == message.person()) {
    *reply.mutable_begun() = present->appointment();
    record_act(transaction, subject, "directory.office.hand_over", *present, std::move(touched));
    return reply;
  }
  if (present) {
    Record ended = *present;
    if (!decide_keep(subject, guard_of(ended.guard()), parts_.clock.now()).permits())
      return not_yours(message.office());
    ended.mutable_appointment()->mutable_span()->set_until(message.since());
    // Signed for another day: now the beginning says when it ends.
    ended.mutable_appointment()->clear_end_signature();
    ended.mutable_appointment()->clear_end_signer_certificate_sha256();
    ENTENTE_TRY_VOID(parts_.records.save(transaction, ended, parts_.clock.now()));
    *reply.mutable_ended() = ended.appointment();
    touched.push_back(ended.name());
  }
  ENTENTE_TRY_VOID(parts_.records.save(transaction, next, parts_.clock.now()));
  *reply.mutable_begun() = next.appointment();
  record_act(transaction, subject, "directory.office.hand_over", next, std::move(touched));
  return reply;
}

}  // namespace entente::directory
