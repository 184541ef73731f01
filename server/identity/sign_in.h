// The one place that decides whether a certificate and a secret together open an account: for the
// password, the password given again, a one-time code and an application password alike, so that
// no door is without the locks of the others.
//
// The account is the one that the certificate's URI names; nothing that a caller types names one.
// Unknown account, wrong secret and a certificate that was not entered, was revoked or is another
// account's take the same way: the same runs of Argon2id, one counted failure, one ledger entry,
// one answer.
//
// Threads: any. Owned by Identity.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "proto/contract/clock.h"
#include "proto/contract/status.h"
#include "server/identity/attempts.h"
#include "server/identity/authorization.h"
#include "server/identity/block_list.h"
#include "server/identity/certificates.h"
#include "server/identity/endings.h"
#include "server/identity/passwords.h"
#include "server/identity/register.h"
#include "server/identity/sessions.h"
#include "server/ledger/ledger.h"
#include "server/net/method_table.h"
#include "server/store/store.h"

namespace entente::identity {

// Fills a transaction, commits it, and begins anew while that is lost against another (Aborted).
// What `fill` answers, or what commit() does.
[[nodiscard]] Result<store::CommitIndex> commit_act(
    store::Store& store, const std::function<Status(store::Transaction&)>& fill);

class SignIn {
 public:
  struct Parts {
    store::Store& store;
    const Register& rows;
    const Endings& endings;
    const CertificateStore& certificates;
    PasswordHasher& hasher;
    const BlockList& block_list;
    Attempts& attempts;
    Sessions& sessions;
    const Clock& clock;
  };
  explicit SignIn(Parts parts);

  // For each of these: Unauthenticated (SignInRefused) for every cause; ResourceExhausted
  // (SignInBackOff) after failures, (Overloaded) when too many wait; and what the store says when
  // it cannot record.

  [[nodiscard]] Result<Sessions::Opened> open(const net::Peer& peer, std::string_view password);
  // These two for a session: Unauthenticated (SignedOut) if it has ended while the password was
  // looked at, and nothing is done.
  [[nodiscard]] Status step_up(const net::Peer& peer, const SessionPointer& session,
                               std::string_view password);
  // InvalidArgument (PasswordWeak), before anything else is looked at.
  [[nodiscard]] Status change_password(const net::Peer& peer, const SessionPointer& session,
                                       std::string_view old_password,
                                       std::string_view new_password);
  [[nodiscard]] Status redeem(const net::Peer& peer, std::string_view code,
                              std::string_view new_password);
  // Opens a read-only session for a tool.
  [[nodiscard]] Result<SessionPointer> open_tool(const net::Peer& peer, Scope scope,
                                                 const Authorization::Basic& basic);

  // Keyed digests of codes and application passwords, as the register keeps them.
  [[nodiscard]] std::string code_mac(const Secret& canonical, std::string_view account) const;
  [[nodiscard]] std::string application_mac(std::string_view text) const;

 private:
  enum class Kind : std::uint8_t { Password, Code, Application };
  struct Proof {
    Kind kind;
    std::string_view text;
    std::string_view user = {};  // of HTTP Basic
    Scope scope = Scope::Unspecified;
  };
  struct Proven {
    Attempts::Try attempt;
    CertificateFacts facts;
    record::Account account;
    std::string application_password;  // its name
  };
  struct Claim {
    CertificateFacts facts;
    std::optional<record::Account> account;  // only if the certificate may open it
  };

  Result<Proven> prove(const net::Peer& peer, const Proof& proof);
  Result<Claim> claim(const net::Peer& peer, CertificateFacts facts, store::Snapshot& in) const;
  Result<bool> password_holds(const Claim& claim, std::string_view text);
  bool code_holds(const Claim& claim, std::string_view text) const;
  Result<std::optional<std::string>> application_holds(const Claim& claim, const Proof& proof,
                                                       store::Snapshot& in) const;
  Status refuse(Attempts::Try attempt, const CertificateFacts& facts);
  // Reads again what the proof rested on; Unauthenticated (SignInRefused) if it is not the same, or
  // the certificate is revoked by now.
  Result<record::Account> pin(store::Transaction& in, const Proven& proven) const;
  Status clear_failures(store::Transaction& in, const Proven& proven) const;
  Status record(store::Transaction& in, const Proven& proven, std::string_view kind,
                std::string_view object, std::string_view session) const;
  Result<Secret> acceptable(std::string_view password, const net::Peer& peer) const;
  // Of a password that holds, at today's cost.
  Result<std::string> rehash(std::string_view password);
  Result<Sessions::Opened> open_proven(const net::Peer& peer, Proven proven, SessionFacts facts,
                                       std::string_view kind, const std::string& rehashed);

  Parts parts_;
  const Secret code_key_;
  const Secret application_key_;
};

// The one answer to every cause.
[[nodiscard]] Status sign_in_refused();

}  // namespace entente::identity
