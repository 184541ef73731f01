// The word of one of the two persons by whom a process goes dormant, is revived or concluded: reads
// what is meant, and signs its digest with the official's key. Any thread.
#pragma once

#include "client/lib/appointments.h"
#include "client/lib/client.h"
#include "entente/v1/process_life.pb.h"
#include "proto/contract/status.h"

namespace entente::client {

// Fills revision (of the process as it is now) and signature. InvalidArgument: a file cannot be
// read. Otherwise every Code of GetProcess.
[[nodiscard]] Status sign(Client& client, const SigningFiles& files,
                          v1::ProposeProcessStatusRequest& request);

// The consent to `proposal`, signed over what it says, not over what it says its digest is.
// DataLoss (ProofInvalid): the two differ.
[[nodiscard]] Result<v1::ApproveProcessStatusRequest> approve(
    const SigningFiles& files, const v1::ProcessStatusProposal& proposal);

}  // namespace entente::client
