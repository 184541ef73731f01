#include "client/lib/certificates.h"

#include <algorithm>

#include "client/lib/lie.h"
#include "entente/v1/ledger.pb.h"
#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "proto/contract/entry.h"
#include "proto/contract/merkle.h"

namespace entente::client {
namespace {

// That its entry stands in the ledger that this client follows.
Status check_entered(Client& client, const v1::Certificate& shown) {
  v1::GetEntryRequest asked;
  asked.set_name("ledger/entries/" + std::to_string(shown.entry_index()));
  ENTENTE_TRY(const auto row,
              client.call<v1::LedgerRow>("entente.v1.LedgerService.GetEntry", asked));
  const Result<Entry> entry = decode_entry(row.canonical());
  const bool entered = entry.ok() && entry->index == shown.entry_index() &&
                       entry->act.kind == "identity.certificate.enter" &&
                       (entry->act.object == shown.name() ||
                        std::find(entry->act.touched.begin(), entry->act.touched.end(),
                                  shown.name()) != entry->act.touched.end()) &&
                       row.blinding().size() == blinding_bytes;
  if (!entered) return lie("`" + shown.name() + "` was not entered where the server says");
  ENTENTE_TRY(const note::Checkpoint checkpoint, client.checkpoint());
  v1::ProveInclusionRequest prove;
  prove.set_index(shown.entry_index());
  prove.set_size(checkpoint.size);
  ENTENTE_TRY(const auto proof,
              client.call<v1::InclusionProof>("entente.v1.LedgerService.ProveInclusion", prove));
  std::vector<Digest> path;
  for (const std::string& one : proof.path()) {
    if (one.size() != sizeof(Digest)) return lie("a proof is malformed");
    path.push_back(digest_from(one));
  }
  if (merkle::verify_inclusion(shown.entry_index(), checkpoint.size,
                               entry_leaf(row.blinding(), row.canonical()), path,
                               checkpoint.root)) {
    return Status();
  }
  return lie("`" + shown.name() + "` does not stand in the ledger");
}

}  // namespace

Result<v1::Certificate> CertificateReader::entered(const std::string& name) {
  if (const auto known = known_.find(name); known != known_.end()) return known->second;
  v1::GetCertificateRequest request;
  request.set_name(name);
  ENTENTE_TRY(v1::Certificate shown, client_.call<v1::Certificate>(
                                         "entente.v1.CertificateService.GetCertificate", request));
  if (shown.name() != name || "certificates/" + to_hex(as_view(sha256(shown.der()))) != name) {
    return lie("`" + name + "` is another one");
  }
  ENTENTE_TRY_VOID(check_entered(client_, shown));
  return known_[name] = std::move(shown);
}

Result<std::vector<std::string>> CertificateReader::anchors(const std::string& party) {
  if (const auto known = anchors_.find(party); known != anchors_.end()) return known->second;
  v1::ListAnchorsRequest request;
  request.set_party(party);
  ENTENTE_TRY(const auto reply, client_.call<v1::ListAnchorsReply>(
                                    "entente.v1.CertificateService.ListAnchors", request));
  std::vector<std::string> ders;
  for (const v1::Anchor& one : reply.anchors()) ders.push_back(one.der());
  return anchors_[party] = std::move(ders);
}

}  // namespace entente::client
