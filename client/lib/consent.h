// The word of one of the two persons that a grave act needs: reads what is meant, and signs its
// digest with the official's key. Any thread.
#pragma once

#include <string>

#include "client/lib/appointments.h"
#include "client/lib/client.h"
#include "entente/v1/directory.pb.h"
#include "entente/v1/exemptions.pb.h"
#include "proto/contract/status.h"

namespace entente::client {

// Fills revision (of what the party is in the process now) and signature. InvalidArgument: a file
// cannot be read. Otherwise every Code of GetParticipation, but for its NotFound.
[[nodiscard]] Status sign(Client& client, const SigningFiles& files,
                          v1::ProposeParticipationRequest& request);

// The consent to `proposal`, signed over what it says, not over what it says its digest is.
// DataLoss (ProofInvalid): the two differ.
[[nodiscard]] Result<v1::ApproveParticipationRequest> approve(
    const SigningFiles& files, const v1::ParticipationProposal& proposal);

// The same of an exemption from reciprocity; `request` is filled but for the signature.
[[nodiscard]] Status sign(const SigningFiles& files, v1::ProposeExemptionRequest& request);
[[nodiscard]] Result<v1::ApproveExemptionRequest> approve(const SigningFiles& files,
                                                          const v1::Exemption& proposal);

}  // namespace entente::client
