// Who calls: from the certificate of the line and the token of the header to a Subject.
//
// Threads: any. Owned by Identity.
#pragma once

#include <memory>
#include <string>

#include "server/identity/gate.h"
#include "server/identity/register.h"
#include "server/identity/sessions.h"
#include "server/identity/sign_in.h"

namespace entente::identity {

class Caller final : public Authenticator {
 public:
  Caller(std::string network, SignIn& sign_in, Sessions& sessions, const Register& rows)
      : network_(std::move(network)), sign_in_(sign_in), sessions_(sessions), rows_(rows) {}

  Result<SubjectPointer> authenticate(net::Call& call,
                                      const google::protobuf::MethodDescriptor& method) override;
  Result<SubjectPointer> authenticate_tool(net::Call& call, Scope scope) override;
  Status pin(const policy::Subject& subject, store::Transaction& transaction) override;
  Result<std::unique_ptr<Receiver>> receive(const SubjectPointer& subject,
                                            net::Waker waker) override;

  // The session that the call's token opens on its certificate. Unauthenticated (SignedOut).
  [[nodiscard]] Result<SessionPointer> session(net::Call& call) const;

 private:
  Result<SubjectPointer> by_certificate(const net::Call& call) const;

  const std::string network_;
  SignIn& sign_in_;
  Sessions& sessions_;
  const Register& rows_;
};

}  // namespace entente::identity
