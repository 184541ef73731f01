#include "proto/contract/entry_message.h"

#include "proto/contract/timestamp.h"

namespace entente {

v1::LedgerEntry message_of(const Entry& entry) {
  const Act& act = entry.act;
  v1::LedgerEntry out;
  out.set_index(entry.index);
  set_time(*out.mutable_time(), entry.time);
  out.set_account(act.account);
  out.set_party(act.party);
  out.set_session(act.session);
  out.set_kind(act.kind);
  out.set_object(act.object);
  *out.mutable_touched() = {act.touched.begin(), act.touched.end()};
  out.set_revision(act.revision);
  out.set_object_digest(act.object_digest);
  out.set_audience(act.audience);
  out.set_signature(act.signature);
  out.set_signer_certificate_sha256(act.signer_certificate_sha256);
  return out;
}

}  // namespace entente
