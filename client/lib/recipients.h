// To whom a confidential document is sealed. The server names the offices of an audience; this
// proves each before anything is sealed to it: the office's appointment is signed by its party, the
// office is one that the audience means, its certificate is its party's and stands in the ledger.
// A recipient that only the host vouches for is refused (docs/sealing.md). One thread.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "client/lib/appointments.h"
#include "client/lib/client.h"
#include "entente/v1/sealing.pb.h"
#include "proto/contract/clock.h"
#include "proto/contract/digest.h"
#include "proto/contract/status.h"

namespace entente::client {

struct Recipients {
  std::vector<v1::SealRecipient> offices;
  std::vector<std::string> certificates_der;  // of each, in their order
  std::string origin;                         // the ledger's
  v1::Roster shown;                           // as the server named them
  // The same as roster_digest() of origin and offices.
  Digest digest{};
};

// Asks for the offices of `request` and proves each, but for those in `without` (offices, or
// certificates). `audience`: what
// the sender means, not what the server says. DataLoss (ProofInvalid): one is a ghost; the message
// says which, and why. FailedPrecondition: of one nobody has signed the appointment; or there is
// none, though none was left out. Otherwise every Code of the calls.
[[nodiscard]] Result<Recipients> prove_recipients(Client& client, const Clock& clock,
                                                  const v1::GetRosterRequest& request,
                                                  const v1::Audience& audience,
                                                  const std::set<std::string>& without);

}  // namespace entente::client
