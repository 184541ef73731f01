#include "server/identity/caller.h"

#include <utility>

#include "entente/v1/options.pb.h"
#include "server/identity/authorization.h"
#include "server/identity/browser.h"

namespace entente::identity {
namespace {

class SessionReceiver final : public Receiver {
 public:
  SessionReceiver(Sessions& sessions, SessionPointer session, net::Waker waker)
      : sessions_(sessions),
        session_(std::move(session)),
        watch_(sessions_.watch(session_, std::move(waker))) {}

  // To receive is not to call: a stream does not keep its session open.
  Result<SubjectPointer> subject() override {
    return sessions_.subject(session_, Sessions::Use::Look);
  }

 private:
  Sessions& sessions_;
  SessionPointer session_;
  std::unique_ptr<Sessions::Watch> watch_;
};

// Of which certificate, for what scope, by which header.
Digest tool_key(const net::Peer& peer, Scope scope, std::string_view header) {
  return sha256(std::string(as_view(peer.certificate_sha256)) + static_cast<char>(scope) +
                std::string(header));
}

}  // namespace

Result<SubjectPointer> Caller::by_certificate(const net::Call& call) const {
  const std::optional<CertificateName> name = parse_certificate_uri(call.peer().uri, network_);
  if (!name || name->account().empty()) return signed_out();
  auto subject = std::make_shared<policy::Subject>();
  subject->account = name->account();
  subject->party = name->party;
  return SubjectPointer(std::move(subject));
}

Result<SessionPointer> Caller::session(net::Call& call) const {
  std::optional<std::string_view> header = call.header("authorization");
  std::string from_cookie;  // what a page's cookie says, as a program would say it
  if (!header) {
    const std::optional<std::string_view> token = cookie_token(call);
    if (!token) return signed_out();
    from_cookie = "Bearer " + std::string(*token);
    header = from_cookie;
  }
  // Nobody else keeps anything with a connection.
  const auto shown = std::static_pointer_cast<const Shown>(call.kept());
  if (shown && !shown->session->ended() &&
      equal_constant_time(shown->header.reveal(SecretAccess{}), *header)) {
    return shown->session;
  }
  const std::optional<Authorization> authorization = parse_authorization(*header);
  if (!authorization || !authorization->token) return signed_out();
  SessionPointer session = sessions_.find(*authorization->token, call.peer().certificate_sha256);
  if (!session) return signed_out();
  auto fresh =
      std::make_shared<Shown>(Shown{.header = Secret(std::string(*header)), .session = session});
  call.keep(std::move(fresh));
  return session;
}

Result<SubjectPointer> Caller::authenticate(net::Call& call,
                                            const google::protobuf::MethodDescriptor& method) {
  const v1::Rule& rule = method.options().GetExtension(v1::rule);
  switch (rule.who()) {
    case v1::WHO_CERTIFICATE:
      return by_certificate(call);
    case v1::WHO_SIGNED_IN:
      break;
    default:
      return signed_out();  // A rule that says nothing permits nothing.
  }
  ENTENTE_TRY(const SessionPointer found, session(call));
  ENTENTE_TRY(SubjectPointer subject, sessions_.subject(found, Sessions::Use::Call));
  if (rule.step_up() && !sessions_.stepped_up(*found)) {
    return Status(Code::PermissionDenied, Reason::StepUpNeeded, "give your password again first");
  }
  return subject;
}

Result<SubjectPointer> Caller::authenticate_tool(net::Call& call, Scope scope) {
  const std::optional<std::string_view> header = call.header("authorization");
  if (!header && cookie_token(call)) {
    ENTENTE_TRY(const SessionPointer found, session(call));
    return sessions_.subject(found, Sessions::Use::Call);
  }
  if (!header) return sign_in_refused();
  std::optional<Authorization> authorization = parse_authorization(*header);
  if (!authorization) return sign_in_refused();
  if (authorization->token) {
    ENTENTE_TRY(const SessionPointer found, session(call));
    return sessions_.subject(found, Sessions::Use::Call);
  }
  // Verified once, and again when that session has ended: a deleted password ends here. Tools open
  // several connections at once; were each checked anew, they would use up the account's sessions
  // and its ration of checks.
  const Digest key = tool_key(call.peer(), scope, *header);
  if (const SessionPointer known = find_tool(key)) {
    Result<SubjectPointer> subject = sessions_.subject(known, Sessions::Use::Call);
    if (subject.ok()) return subject;
  }
  ENTENTE_TRY(SessionPointer opened, sign_in_.open_tool(call.peer(), scope, *authorization->basic));
  keep_tool(key, opened);
  return sessions_.subject(opened, Sessions::Use::Call);
}

SessionPointer Caller::find_tool(const Digest& key) const {
  const std::lock_guard lock(tools_mutex_);
  const auto found = tools_.find(key);
  return found == tools_.end() ? nullptr : found->second;
}

void Caller::keep_tool(const Digest& key, const SessionPointer& session) {
  const std::lock_guard lock(tools_mutex_);
  if (tools_.size() >= tools_max_) {
    std::erase_if(tools_, [](const auto& one) { return one.second->ended(); });
    if (tools_.size() >= tools_max_) tools_.clear();  // They are checked anew.
  }
  tools_[key] = session;
}

Result<SubjectPointer> Caller::pin(const SubjectPointer& subject, store::Transaction& transaction) {
  if (subject->session.empty()) return subject;  // By certificate: nothing was opened yet.
  ENTENTE_TRY(const auto account, rows_.account(transaction, subject->account));
  if (!account || account->ended()) return signed_out();
  // Before the session is looked at: what this waits for ends it.
  ENTENTE_TRY_VOID(endings_.pin(transaction, subject->party));
  const SessionPointer session = sessions_.of(*subject);
  if (!session) return signed_out();
  return sessions_.pin(session, transaction);
}

Result<std::unique_ptr<Receiver>> Caller::receive(const SubjectPointer& subject, net::Waker waker) {
  SessionPointer session = sessions_.of(*subject);
  if (!session) return signed_out();
  return std::unique_ptr<Receiver>(
      std::make_unique<SessionReceiver>(sessions_, std::move(session), std::move(waker)));
}

}  // namespace entente::identity
