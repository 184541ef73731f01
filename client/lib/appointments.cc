#include "client/lib/appointments.h"

#include <utility>
#include <vector>

#include "client/lib/entered.h"
#include "client/lib/lie.h"
#include "client/lib/signature.h"
#include "proto/contract/appointment.h"
#include "proto/contract/bytes.h"

namespace entente::client {
namespace {

Result<std::string> words_of(const std::string& origin, const v1::Office& office,
                             const std::string& name, const std::string& person, int capacity,
                             const std::string& since) {
  return appointment_message({.origin = origin,
                              .name = name,
                              .office = office.name(),
                              .office_kind = office.kind(),
                              .party = office.party(),
                              .process = office.process(),
                              .body = office.body(),
                              .person = person,
                              .capacity = capacity,
                              .since = since});
}

Result<std::string> end_words_of(const std::string& origin, const v1::Office& office,
                                 const v1::Appointment& appointment, const std::string& until) {
  return appointment_end_message({.origin = origin,
                                  .name = appointment.name(),
                                  .office = office.name(),
                                  .party = office.party(),
                                  .person = appointment.person(),
                                  .until = until});
}

template <typename Message, typename Request>
Result<Message> get(Client& client, const char* rpc, const std::string& name) {
  Request request;
  request.set_name(name);
  ENTENTE_TRY(Message shown, client.call<Message>(rpc, request));
  if (shown.name() != name) return lie("the server showed another object than `" + name + "`");
  return shown;
}

Result<v1::Office> office_named(Client& client, const std::string& name) {
  return get<v1::Office, v1::GetOfficeRequest>(client, "entente.v1.DirectoryService.GetOffice",
                                               name);
}

Result<v1::Appointment> appointment_named(Client& client, const std::string& name) {
  return get<v1::Appointment, v1::GetAppointmentRequest>(
      client, "entente.v1.DirectoryService.GetAppointment", name);
}

std::string today(const Clock& clock) { return to_rfc3339(clock.now()).substr(0, 10); }

template <typename Request>
Status put_signature(const SigningFiles& files, const std::string& words, Request& request) {
  ENTENTE_TRY(Signature signature, sign_plain(files.certificate_path, files.key_path, words));
  request.set_signature(std::move(signature.der));
  request.set_signer_certificate_sha256(std::move(signature.certificate_sha256));
  return Status();
}

template <typename Request>
Status sign_beginning(Client& client, const SigningFiles& files, const Clock& clock,
                      Entropy& entropy, v1::Capacity capacity, Request& request) {
  ENTENTE_TRY(const note::Checkpoint network, client.checkpoint());
  ENTENTE_TRY(const v1::Office office, office_named(client, request.office()));
  if (request.name().empty()) request.set_name("appointments/" + to_hex(entropy.bytes(16)));
  if (request.since().empty()) request.set_since(today(clock));
  ENTENTE_TRY(const std::string words, words_of(network.origin, office, request.name(),
                                                request.person(), capacity, request.since()));
  return put_signature(files, words, request);
}

}  // namespace

Status sign(Client& client, const SigningFiles& files, const Clock& clock, Entropy& entropy,
            v1::AppointRequest& request) {
  return sign_beginning(client, files, clock, entropy, request.capacity(), request);
}

Status sign(Client& client, const SigningFiles& files, const Clock& clock, Entropy& entropy,
            v1::HandOverRequest& request) {
  return sign_beginning(client, files, clock, entropy, v1::HOLDER, request);
}

Status sign(Client& client, const SigningFiles& files, const Clock& clock, Entropy&,
            v1::EndAppointmentRequest& request) {
  ENTENTE_TRY(const note::Checkpoint network, client.checkpoint());
  ENTENTE_TRY(const v1::Appointment appointment, appointment_named(client, request.name()));
  ENTENTE_TRY(const v1::Office office, office_named(client, appointment.office()));
  if (request.until().empty()) request.set_until(today(clock));
  ENTENTE_TRY(const std::string words,
              end_words_of(network.origin, office, appointment, request.until()));
  return put_signature(files, words, request);
}

Result<v1::Certificate> AppointmentReader::signer_of(const std::string& sha256,
                                                     const std::string& party) {
  return certificates_.of_party("certificates/" + to_hex(sha256), party);
}

Result<std::string> AppointmentReader::check(const v1::Office& office,
                                             const v1::Appointment& appointment) {
  const std::string name = "`" + appointment.name() + "`";
  if (appointment.office() != office.name()) return lie(name + " is to another office");
  if (appointment.signature().empty() && appointment.end_signature().empty()) return std::string();
  ENTENTE_TRY(const note::Checkpoint network, client_.checkpoint());
  std::string account;
  if (!appointment.signature().empty()) {
    ENTENTE_TRY(const v1::Certificate signer,
                signer_of(appointment.signer_certificate_sha256(), office.party()));
    const auto words = words_of(network.origin, office, appointment.name(), appointment.person(),
                                appointment.capacity(), appointment.span().since());
    if (!words.ok() || !holds_plain(signer.der(), *words, appointment.signature()))
      return lie(name + " is not what its party signed");
    account = signer.account();
  }
  if (!appointment.end_signature().empty()) {
    ENTENTE_TRY(const v1::Certificate signer,
                signer_of(appointment.end_signer_certificate_sha256(), office.party()));
    const auto words =
        end_words_of(network.origin, office, appointment, appointment.span().until());
    if (!words.ok() || !holds_plain(signer.der(), *words, appointment.end_signature()))
      return lie("the end of " + name + " is not what its party signed");
  }
  return account;
}

Result<v1::HandOverReply> hand_over(Client& client, const SigningFiles& files, const Clock& clock,
                                    Entropy& entropy, v1::HandOverRequest request) {
  ENTENTE_TRY_VOID(sign(client, files, clock, entropy, request));
  ENTENTE_TRY(v1::HandOverReply reply,
              client.call<v1::HandOverReply>("entente.v1.DirectoryService.HandOver", request));
  const v1::Appointment& begun = reply.begun();
  const bool as_asked = begun.office() == request.office() && begun.person() == request.person();
  if (!as_asked) return lie("the server answered for another hand-over than this");
  if (begun.name() == request.name()) {
    if (begun.signature() != request.signature() || begun.span().since() != request.since()) {
      return lie("`" + begun.name() + "` is not what was signed");
    }
  } else {  // who holds it already goes on under the appointment that there is
    ENTENTE_TRY(const v1::Office office, office_named(client, request.office()));
    ENTENTE_TRY(const std::string by, AppointmentReader(client).check(office, begun));
    if (by.empty()) return lie("nobody has signed `" + begun.name() + "`");
  }
  // Of one whose end is signed already, the entry has that.
  const std::string& signature =
      begun.end_signature().empty() ? begun.signature() : begun.end_signature();
  ENTENTE_TRY_VOID(entry_of(client, reply.receipt(),
                            {.kind = "directory.office.hand_over",
                             .object = begun.name(),
                             .object_digest = {},
                             .signature = signature,
                             .touched = request.office()})
                       .status());
  return reply;
}

}  // namespace entente::client
