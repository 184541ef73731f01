#include "client/lib/process_consent.h"

#include "client/lib/signature.h"
#include "proto/contract/consent.h"
#include "proto/contract/process_consent.h"

namespace entente::client {
namespace {

// Of what is proposed, and of what is approved.
template <typename Words>
Digest digest_of(const Words& words) {
  return process_status_digest({.process = words.process(),
                                .status = v1::Process::Status_Name(words.status()),
                                .because = words.because(),
                                .revision = words.revision()});
}

}  // namespace

Status sign(Client& client, const SigningFiles& files, v1::ProposeProcessStatusRequest& request) {
  v1::GetProcessRequest get;
  get.set_name(request.process());
  ENTENTE_TRY(const v1::Process now,
              client.call<v1::Process>("entente.v1.DirectoryService.GetProcess", get));
  request.set_revision(now.revision());
  const Digest digest = digest_of(request);
  ENTENTE_TRY(Signature signature,
              sign_plain(files.certificate_path, files.key_path, consent_message(as_view(digest))));
  request.set_signature(std::move(signature.der));
  return Status();
}

Result<v1::ApproveProcessStatusRequest> approve(const SigningFiles& files,
                                                const v1::ProcessStatusProposal& proposal) {
  const Digest digest = digest_of(proposal);
  if (as_view(digest) != proposal.digest()) {
    return Status(Code::DataLoss, Reason::ProofInvalid, "the proposal is not what its digest says");
  }
  ENTENTE_TRY(Signature signature,
              sign_plain(files.certificate_path, files.key_path, consent_message(as_view(digest))));
  v1::ApproveProcessStatusRequest request;
  request.set_name(proposal.name());
  request.set_digest(proposal.digest());
  request.set_signature(std::move(signature.der));
  return request;
}

}  // namespace entente::client
