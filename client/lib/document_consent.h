// What a document's originator is asked and grants, signed by the official's key over what it says:
// docs/consents.md. Any thread.
#pragma once

#include "client/lib/appointments.h"
#include "client/lib/client.h"
#include "entente/v1/consents.pb.h"
#include "proto/contract/status.h"

namespace entente::client {

// Fills revision (as the document is now) and signature. InvalidArgument: a file cannot be read.
// FailedPrecondition: no ledger key is known. Otherwise every Code of GetDocument.
[[nodiscard]] Status sign(Client& client, const SigningFiles& files,
                          v1::AskConsentRequest& request);

// The word that grants `consent`, signed over what it says, not over what it says its digest is.
// DataLoss (ProofInvalid): the two differ. As sign.
[[nodiscard]] Result<v1::AnswerConsentRequest> grant(Client& client, const SigningFiles& files,
                                                     const v1::DocumentConsent& consent);

}  // namespace entente::client
