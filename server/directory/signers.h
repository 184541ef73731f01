// Who signed an act of the directory: what the room must be told of identity's certificates and
// sessions. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "proto/contract/status.h"
#include "server/identity/certificates.h"
#include "server/identity/register.h"
#include "server/identity/sessions.h"
#include "server/policy/policy.h"
#include "server/store/store.h"

namespace entente::directory {

class Signers {
 public:
  virtual ~Signers() = default;
  // The fingerprint (32 bytes) of the certificate that the subject's session stands on, if its key
  // made `signature` over `message`. That certificate is entered in the ledger and holds to the
  // anchors of the subject's party, or there would be no session. InvalidArgument
  // (SignatureInvalid): no signature, or not of that key over that message.
  [[nodiscard]] virtual Result<std::string> check(const policy::Subject& subject,
                                                  store::Snapshot& snapshot,
                                                  std::string_view message,
                                                  std::string_view signature) const = 0;
  // Whether the account is there and not ended.
  [[nodiscard]] virtual Result<bool> is_in_being(store::Snapshot& snapshot,
                                                 std::string_view account) const = 0;
};

class SessionSigners final : public Signers {
 public:
  SessionSigners(const identity::Sessions& sessions, const identity::Register& rows)
      : sessions_(sessions), rows_(rows) {}
  Result<std::string> check(const policy::Subject& subject, store::Snapshot& snapshot,
                            std::string_view message, std::string_view signature) const override;
  Result<bool> is_in_being(store::Snapshot& snapshot, std::string_view account) const override;

 private:
  const identity::Sessions& sessions_;
  const identity::Register& rows_;
};

}  // namespace entente::directory
