// entente.v1.SessionService. Threads: any. Owned by Identity.
#pragma once

#include "entente/v1/session.pb.h"
#include "proto/contract/clock.h"
#include "server/identity/caller.h"
#include "server/identity/certificates.h"
#include "server/identity/gate.h"
#include "server/identity/register.h"
#include "server/identity/sessions.h"
#include "server/identity/sign_in.h"
#include "server/ledger/ledger.h"

namespace entente::identity {

class SessionService {
 public:
  struct Parts {
    store::Store& store;
    const Register& rows;
    const Endings& endings;
    SignIn& sign_in;
    Sessions& sessions;
    const Caller& caller;
    const Clock& clock;
    Entropy& entropy;
  };
  explicit SessionService(Parts parts) : parts_(parts) {}

  void add_to(Gate& gate);

 private:
  // An rpc whose password is checked before the transaction that it ends in, and which therefore
  // makes that itself. `serve` answers after its commit.
  template <typename Req, typename Rep>
  void add(Gate& gate, std::string_view full_name,
           Result<Rep> (SessionService::*serve)(net::Call&, const Req&));

  Result<v1::SignInReply> sign_in(net::Call& call, const v1::SignInRequest& message);
  Result<v1::Session> step_up(net::Call& call, const v1::StepUpRequest& message);
  Result<v1::ChangePasswordReply> change_password(net::Call& call,
                                                  const v1::ChangePasswordRequest& message);
  Result<v1::RedeemCodeReply> redeem_code(net::Call& call, const v1::RedeemCodeRequest& message);

  Result<v1::Session> get_session(const policy::Subject& subject);
  Result<v1::ListSessionsReply> list_sessions(const policy::Subject& subject);
  Result<v1::SignOutReply> sign_out(const policy::Subject& subject, store::Transaction& in);
  Result<v1::EndSessionReply> end_session(const policy::Subject& subject,
                                          const v1::EndSessionRequest& message,
                                          store::Transaction& in);
  Result<v1::CreateApplicationPasswordReply> create_application_password(
      const policy::Subject& subject, const v1::CreateApplicationPasswordRequest& message,
      store::Transaction& in);
  Result<v1::ListApplicationPasswordsReply> list_application_passwords(
      const policy::Subject& subject, store::Snapshot& in);
  Result<v1::DeleteApplicationPasswordReply> delete_application_password(
      const policy::Subject& subject, const v1::DeleteApplicationPasswordRequest& message,
      store::Transaction& in);

  Result<v1::Session> to_wire(const SessionPointer& session, const std::string& current);
  Status record(store::Transaction& in, const policy::Subject& subject, std::string_view kind,
                std::string object) const;

  Parts parts_;
};

}  // namespace entente::identity
