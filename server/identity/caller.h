// Who calls: from the certificate of the line and the token of the header to a Subject.
//
// Threads: any. Owned by Identity.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "server/identity/endings.h"
#include "server/identity/gate.h"
#include "server/identity/register.h"
#include "server/identity/sessions.h"
#include "server/identity/sign_in.h"

namespace entente::identity {

class Caller final : public Authenticator {
 public:
  // `tools_max`: how many headers of tools are remembered. Attack: many passwords, to fill the
  // memory.
  Caller(std::string network, SignIn& sign_in, Sessions& sessions, const Register& rows,
         const Endings& endings, std::size_t tools_max)
      : network_(std::move(network)),
        sign_in_(sign_in),
        sessions_(sessions),
        rows_(rows),
        endings_(endings),
        tools_max_(tools_max) {}

  Result<SubjectPointer> authenticate(net::Call& call,
                                      const google::protobuf::MethodDescriptor& method) override;
  Result<SubjectPointer> authenticate_tool(net::Call& call, Scope scope) override;
  Result<SubjectPointer> pin(const SubjectPointer& subject,
                             store::Transaction& transaction) override;
  Result<std::unique_ptr<Receiver>> receive(const SubjectPointer& subject,
                                            net::Waker waker) override;

  // The session that the call's token opens on its certificate, given in its header or, by an own
  // page, in its cookie (browser.h). Unauthenticated (SignedOut).
  [[nodiscard]] Result<SessionPointer> session(net::Call& call) const;

 private:
  // What a line has shown last: the whole header, and the session that it opened. A line shows the
  // same one at every call, and need not have it decoded and hashed each time; whether the session
  // still lasts is asked anew.
  struct Shown {
    Secret header;
    SessionPointer session;
  };

  Result<SubjectPointer> by_certificate(const net::Call& call) const;
  // The session that this header has opened on this certificate; null if there is none.
  SessionPointer find_tool(const Digest& key) const;
  void keep_tool(const Digest& key, const SessionPointer& session);

  const std::string network_;
  SignIn& sign_in_;
  Sessions& sessions_;
  const Register& rows_;
  const Endings& endings_;
  const std::size_t tools_max_;
  mutable std::mutex tools_mutex_;
  std::map<Digest, SessionPointer> tools_;  // by certificate, scope and header
};

}  // namespace entente::identity
