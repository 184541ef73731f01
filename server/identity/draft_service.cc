#include "server/identity/draft_service.h"

#include <string>

#include "proto/contract/digest.h"

namespace entente::identity {

void DraftService::add_to(Gate& gate) {
  gate.reads<v1::GetDraftKeyRequest, v1::DraftKey>(
      "entente.v1.DraftService.GetDraftKey",
      [this](const auto& subject, const auto&, store::Snapshot&) {
        return get_draft_key(subject);
      });
}

Result<v1::DraftKey> DraftService::get_draft_key(const policy::Subject& subject) const {
  v1::DraftKey reply;
  reply.set_key(std::string(as_view(hmac_sha256(secret_, subject.account))));
  return reply;
}

}  // namespace entente::identity
