#include "server/identity/session_service.h"

#include <utility>

#include "proto/contract/bytes.h"
#include "server/identity/acts.h"
#include "server/identity/browser.h"
#include "server/identity/codes.h"
#include "server/identity/wire.h"

namespace entente::identity {
namespace {

constexpr std::size_t application_passwords_max = 16;
constexpr std::size_t label_bytes_max = 64;

std::optional<Scope> scope_of(v1::Scope scope) {
  switch (scope) {
    case v1::SCOPE_DIRECTORY:
      return Scope::Directory;
    case v1::SCOPE_CALENDAR:
      return Scope::Calendar;
    case v1::SCOPE_STATISTICS:
      return Scope::Statistics;
    default:
      return std::nullopt;
  }
}

v1::ApplicationPassword to_wire(const record::ApplicationPassword& row) {
  v1::ApplicationPassword out;
  out.set_name(row.name());
  out.set_label(row.label());
  out.set_scope(static_cast<v1::Scope>(row.scope()));  // The same numbers, both never renumbered.
  out.set_certificate(certificate_name(row.certificate_sha256()));
  *out.mutable_created_at() = timestamp(row.created_at());
  return out;
}

std::string application_prefix(const policy::Subject& subject) {
  return subject.account + "/applicationPasswords/";
}

}  // namespace

template <typename Req, typename Rep>
void SessionService::add(Gate& gate, std::string_view full_name,
                         Result<Rep> (SessionService::*serve)(net::Call&, const Req&)) {
  gate.serves<Req, Rep>(full_name, [this, serve](net::Call& call, const Req& message) {
    return (this->*serve)(call, message);
  });
}

void SessionService::add_to(Gate& gate) {
  add<v1::SignInRequest, v1::SignInReply>(gate, "entente.v1.SessionService.SignIn",
                                          &SessionService::sign_in);
  add<v1::StepUpRequest, v1::Session>(gate, "entente.v1.SessionService.StepUp",
                                      &SessionService::step_up);
  add<v1::ChangePasswordRequest, v1::ChangePasswordReply>(
      gate, "entente.v1.SessionService.ChangePassword", &SessionService::change_password);
  add<v1::RedeemCodeRequest, v1::RedeemCodeReply>(gate, "entente.v1.SessionService.RedeemCode",
                                                  &SessionService::redeem_code);
  gate.reads<v1::GetSessionRequest, v1::Session>(
      "entente.v1.SessionService.GetSession",
      [this](const auto& subject, const auto&, store::Snapshot&) { return get_session(subject); });
  gate.reads<v1::ListSessionsRequest, v1::ListSessionsReply>(
      "entente.v1.SessionService.ListSessions",
      [this](const auto& subject, const auto&, store::Snapshot&) {
        return list_sessions(subject);
      });
  gate.acts<v1::SignOutRequest, v1::SignOutReply>(
      "entente.v1.SessionService.SignOut",
      [this](const auto& subject, const auto&, store::Transaction& in) {
        return sign_out(subject, in);
      });
  gate.acts("entente.v1.SessionService.EndSession", this, &SessionService::end_session);
  gate.acts("entente.v1.SessionService.CreateApplicationPassword", this,
            &SessionService::create_application_password);
  gate.reads<v1::ListApplicationPasswordsRequest, v1::ListApplicationPasswordsReply>(
      "entente.v1.SessionService.ListApplicationPasswords",
      [this](const auto& subject, const auto&, store::Snapshot& in) {
        return list_application_passwords(subject, in);
      });
  gate.acts("entente.v1.SessionService.DeleteApplicationPassword", this,
            &SessionService::delete_application_password);
}

Result<v1::SignInReply> SessionService::sign_in(net::Call& call, const v1::SignInRequest& message) {
  ENTENTE_TRY(Sessions::Opened opened, parts_.sign_in.open(call.peer(), message.password()));
  v1::SignInReply reply;
  ENTENTE_TRY(*reply.mutable_session(), to_wire(opened.session, opened.session->id()));
  // A page never sees its own token: what no script can read, no script can give away.
  if (from_own_page(call)) {
    call.add_header("set-cookie", session_cookie(opened.token));
  } else {
    reply.set_token(token_text(opened.token));
  }
  return reply;
}

Result<v1::Session> SessionService::step_up(net::Call& call, const v1::StepUpRequest& message) {
  ENTENTE_TRY(const SessionPointer session, parts_.caller.session(call));
  ENTENTE_TRY_VOID(parts_.sign_in.step_up(call.peer(), session, message.password()));
  return to_wire(session, session->id());
}

Result<v1::ChangePasswordReply> SessionService::change_password(
    net::Call& call, const v1::ChangePasswordRequest& message) {
  ENTENTE_TRY(const SessionPointer session, parts_.caller.session(call));
  ENTENTE_TRY_VOID(parts_.sign_in.change_password(call.peer(), session, message.old_password(),
                                                  message.new_password()));
  return v1::ChangePasswordReply();
}

Result<v1::RedeemCodeReply> SessionService::redeem_code(net::Call& call,
                                                        const v1::RedeemCodeRequest& message) {
  ENTENTE_TRY_VOID(parts_.sign_in.redeem(call.peer(), message.code(), message.new_password()));
  return v1::RedeemCodeReply();
}

Result<v1::Session> SessionService::to_wire(const SessionPointer& session,
                                            const std::string& current) {
  ENTENTE_TRY(const SubjectPointer subject, parts_.sessions.subject(session, Sessions::Use::Look));
  const SessionFacts& facts = session->facts();
  v1::Session out;
  out.set_name(session->name());
  out.set_account(facts.account);
  out.set_party("parties/" + facts.party);
  if (!facts.person.empty()) out.set_person("persons/" + facts.person);
  for (const policy::HeldDuty& held : subject->duties) {
    v1::HeldDuty* duty = out.add_duties();
    duty->set_duty(static_cast<v1::HeldDuty::Duty>(held.duty));  // The same numbers.
    duty->set_party("parties/" + held.party);
    if (!held.process.empty()) duty->set_process("processes/" + held.process);
  }
  out.set_certificate(certificate_name(as_view(facts.certificate)));
  *out.mutable_certificate_ends_at() = timestamp(facts.certificate_ends);
  *out.mutable_started_at() = timestamp(session->started_at());
  *out.mutable_ends_at() = timestamp(parts_.sessions.ends_at(*session));
  *out.mutable_idle_ends_at() = timestamp(parts_.sessions.idle_ends_at(*session));
  if (const auto until = parts_.sessions.stepped_up_until(*session)) {
    *out.mutable_stepped_up_until() = timestamp(*until);
  }
  out.set_address(facts.address);
  out.set_current(session->id() == current);
  out.set_read_only(session->read_only());
  return out;
}

Status SessionService::record(store::Transaction& in, const policy::Subject& subject,
                              std::string_view kind, std::string object) const {
  ledger::Act act;
  act.account = subject.account;
  act.party = subject.party;
  act.session = subject.session;
  act.kind = kind;
  act.object = std::move(object);
  return parts_.endings.record(in, act);
}

Result<v1::Session> SessionService::get_session(const policy::Subject& subject) {
  const SessionPointer session = parts_.sessions.of(subject);
  if (!session) return signed_out();
  return to_wire(session, subject.session);
}

Result<v1::ListSessionsReply> SessionService::list_sessions(const policy::Subject& subject) {
  v1::ListSessionsReply reply;
  for (const SessionPointer& session : parts_.sessions.of_account(subject.account)) {
    Result<v1::Session> row = to_wire(session, subject.session);
    if (row.ok()) *reply.add_sessions() = *std::move(row);  // Else it ended meanwhile.
  }
  return reply;
}

Result<v1::SignOutReply> SessionService::sign_out(const policy::Subject& subject,
                                                  store::Transaction& in) {
  // Ends it: Follower.
  ENTENTE_TRY_VOID(record(in, subject, acts::sign_out, "sessions/" + subject.session));
  return v1::SignOutReply();
}

Result<v1::EndSessionReply> SessionService::end_session(const policy::Subject& subject,
                                                        const v1::EndSessionRequest& message,
                                                        store::Transaction& in) {
  for (const SessionPointer& session : parts_.sessions.of_account(subject.account)) {
    if (session->name() != message.name()) continue;
    // Ends it: Follower.
    ENTENTE_TRY_VOID(record(in, subject, acts::end_session, session->name()));
    return v1::EndSessionReply();
  }
  return not_found();
}

Result<v1::CreateApplicationPasswordReply> SessionService::create_application_password(
    const policy::Subject& subject, const v1::CreateApplicationPasswordRequest& message,
    store::Transaction& in) {
  const std::optional<Scope> scope = scope_of(message.scope());
  if (!scope) return invalid_argument("scope", "is required");
  if (message.label().empty() || message.label().size() > label_bytes_max) {
    return invalid_argument("label", "is 1 to 64 bytes");
  }
  const SessionPointer session = parts_.sessions.of(subject);
  if (!session) return signed_out();
  ENTENTE_TRY(const auto present, parts_.rows.application_passwords_of(in, subject.account));
  if (present.size() >= application_passwords_max) {
    return Status(Code::ResourceExhausted, Reason::LimitReached,
                  "an account has at most 16 application passwords");
  }
  const ApplicationSecret secret = make_application_secret(parts_.entropy);
  record::ApplicationPassword row;
  row.set_name(application_prefix(subject) + secret.id);
  row.set_account(subject.account);
  row.set_label(message.label());
  row.set_scope(static_cast<std::uint32_t>(*scope));
  row.set_certificate_sha256(std::string(as_view(session->facts().certificate)));
  row.set_mac(parts_.sign_in.application_mac(secret.text.reveal(SecretAccess{})));
  row.set_created_at(parts_.clock.now().time_since_epoch().count());
  parts_.rows.put(in, secret.id, row);
  ENTENTE_TRY_VOID(record(in, subject, acts::create_application, row.name()));
  v1::CreateApplicationPasswordReply reply;
  *reply.mutable_application_password() = identity::to_wire(row);
  reply.set_password(std::string(secret.text.reveal(SecretAccess{})));
  return reply;
}

Result<v1::ListApplicationPasswordsReply> SessionService::list_application_passwords(
    const policy::Subject& subject, store::Snapshot& in) {
  ENTENTE_TRY(const auto rows, parts_.rows.application_passwords_of(in, subject.account));
  v1::ListApplicationPasswordsReply reply;
  for (const auto& row : rows) *reply.add_application_passwords() = identity::to_wire(row);
  return reply;
}

Result<v1::DeleteApplicationPasswordReply> SessionService::delete_application_password(
    const policy::Subject& subject, const v1::DeleteApplicationPasswordRequest& message,
    store::Transaction& in) {
  const std::string prefix = application_prefix(subject);
  if (!message.name().starts_with(prefix)) return not_found();
  const std::string id = message.name().substr(prefix.size());
  ENTENTE_TRY(const auto row, parts_.rows.application_password(in, subject.account, id));
  if (!row) return not_found();
  parts_.rows.erase_application_password(in, subject.account, id);
  // Ends its sessions: Follower.
  ENTENTE_TRY_VOID(record(in, subject, acts::delete_application, row->name()));
  return v1::DeleteApplicationPasswordReply();
}

}  // namespace entente::identity
