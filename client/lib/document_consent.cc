#include "client/lib/document_consent.h"

#include "client/lib/signature.h"
#include "entente/v1/documents.pb.h"
#include "proto/contract/consent.h"
#include "proto/contract/document_consent.h"

namespace entente::client {
namespace {

Result<std::string> signature_over(const SigningFiles& files, const Digest& digest) {
  ENTENTE_TRY(Signature signature,
              sign_plain(files.certificate_path, files.key_path, consent_message(as_view(digest))));
  return std::move(signature.der);
}

// Of a request or a consent: both say the same.
template <typename Asked>
Result<Digest> digest_of(Client& client, const Asked& asked) {
  ENTENTE_TRY(const note::Checkpoint network, client.checkpoint());
  const v1::Audience& audience = asked.audience();
  return document_act_digest({.origin = network.origin,
                              .document = asked.document(),
                              .revision = asked.revision(),
                              .act = v1::DocumentConsent::Act_Name(asked.act()),
                              .any_of = {audience.any_of().begin(), audience.any_of().end()},
                              .none_of = {audience.none_of().begin(), audience.none_of().end()},
                              .language = asked.language()});
}

}  // namespace

Status sign(Client& client, const SigningFiles& files, v1::AskConsentRequest& request) {
  v1::GetDocumentRequest get;
  get.set_name(request.document());
  ENTENTE_TRY(const v1::Document document,
              client.call<v1::Document>("entente.v1.DocumentService.GetDocument", get));
  request.set_revision(document.revision());
  ENTENTE_TRY(const Digest digest, digest_of(client, request));
  ENTENTE_TRY(*request.mutable_signature(), signature_over(files, digest));
  return {};
}

Result<v1::AnswerConsentRequest> grant(Client& client, const SigningFiles& files,
                                       const v1::DocumentConsent& consent) {
  ENTENTE_TRY(const Digest digest, digest_of(client, consent));
  if (as_view(digest) != consent.digest()) {
    return Status(Code::DataLoss, Reason::ProofInvalid,
                  "what is asked is not what its digest says");
  }
  v1::AnswerConsentRequest request;
  request.set_name(consent.name());
  request.set_grant(true);
  ENTENTE_TRY(*request.mutable_signature(), signature_over(files, digest));
  return request;
}

}  // namespace entente::client
