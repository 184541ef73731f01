#include "client/lib/consent.h"

#include "client/lib/signature.h"
#include "proto/contract/consent.h"

namespace entente::client {
namespace {

Digest digest_of(const std::string& process, const std::string& party,
                 const v1::Participation::Standing& standing, std::uint64_t revision) {
  std::string activities;
  for (const std::string& one : standing.activities())
    activities += (activities.empty() ? "" : ",") + one;
  return participation_digest({.process = process,
                               .party = party,
                               .status = v1::Participation::Status_Name(standing.status()),
                               .since = standing.span().since(),
                               .group = standing.group(),
                               .activities = activities,
                               .note = standing.note(),
                               .revision = revision});
}

// Of what is proposed, and of what is approved.
template <typename Words>
Digest exemption_digest_of(const Words& words) {
  return exemption_digest({.dataflow = words.dataflow(),
                           .party = words.party(),
                           .until = words.until(),
                           .reason = words.reason(),
                           .revision = words.revision()});
}

}  // namespace

Status sign(const SigningFiles& files, v1::ProposeExemptionRequest& request) {
  const Digest digest = exemption_digest_of(request);
  ENTENTE_TRY(Signature signature,
              sign_plain(files.certificate_path, files.key_path, consent_message(as_view(digest))));
  request.set_signature(std::move(signature.der));
  return Status();
}

Result<v1::ApproveExemptionRequest> approve(const SigningFiles& files,
                                            const v1::Exemption& proposal) {
  const Digest digest = exemption_digest_of(proposal);
  if (as_view(digest) != proposal.digest()) {
    return Status(Code::DataLoss, Reason::ProofInvalid, "the proposal is not what its digest says");
  }
  ENTENTE_TRY(Signature signature,
              sign_plain(files.certificate_path, files.key_path, consent_message(as_view(digest))));
  v1::ApproveExemptionRequest request;
  request.set_dataflow(proposal.dataflow());
  request.set_party(proposal.party());
  request.set_digest(proposal.digest());
  request.set_signature(std::move(signature.der));
  return request;
}

Status sign(Client& client, const SigningFiles& files, v1::ProposeParticipationRequest& request) {
  v1::GetParticipationRequest get;
  get.set_name(request.process() + "/participations/" +
               request.party().substr(request.party().find('/') + 1));
  const auto there =
      client.call<v1::Participation>("entente.v1.DirectoryService.GetParticipation", get);
  if (!there.ok() && there.status().code() != Code::NotFound) return there.status();
  request.set_revision(there.ok() ? there->revision() : 0);
  const Digest digest =
      digest_of(request.process(), request.party(), request.standing(), request.revision());
  ENTENTE_TRY(Signature signature,
              sign_plain(files.certificate_path, files.key_path, consent_message(as_view(digest))));
  request.set_signature(std::move(signature.der));
  return Status();
}

Result<v1::ApproveParticipationRequest> approve(const SigningFiles& files,
                                                const v1::ParticipationProposal& proposal) {
  const Digest digest =
      digest_of(proposal.process(), proposal.party(), proposal.standing(), proposal.revision());
  if (as_view(digest) != proposal.digest()) {
    return Status(Code::DataLoss, Reason::ProofInvalid, "the proposal is not what its digest says");
  }
  ENTENTE_TRY(Signature signature,
              sign_plain(files.certificate_path, files.key_path, consent_message(as_view(digest))));
  v1::ApproveParticipationRequest request;
  request.set_name(proposal.name());
  request.set_digest(proposal.digest());
  request.set_signature(std::move(signature.der));
  return request;
}

}  // namespace entente::client
