#include "client/lib/looks.h"

#include <algorithm>

#include "proto/contract/digest.h"
#include "proto/contract/merkle.h"

namespace entente::client {
namespace {

const std::string kLedger = "entente.v1.LedgerService.";

// Whether the ledger of `newest`, which this client follows, begins with that of `shown`.
bool begins_with(Client& client, const note::Checkpoint& newest, const note::Checkpoint& shown) {
  if (shown.size == newest.size) return shown.root == newest.root;
  if (shown.size > newest.size) return false;
  v1::ProveConsistencyRequest ask;
  ask.set_old_size(shown.size);
  ask.set_size(newest.size);
  const auto proof = client.call<v1::ConsistencyProof>(kLedger + "ProveConsistency", ask);
  if (!proof.ok()) return false;
  std::vector<Digest> path;
  for (const std::string& hash : proof->path()) {
    if (hash.size() != sizeof(Digest)) return false;
    path.push_back(digest_from(hash));
  }
  return merkle::verify_consistency(shown.size, newest.size, shown.root, newest.root, path);
}

}  // namespace

Result<Looks> looks_at_ledger(Client& client, const Clock& clock, const std::string& ledger_key,
                              const std::vector<witness::Trusted>& trusted) {
  ENTENTE_TRY(const note::Checkpoint newest, client.checkpoint());
  ENTENTE_TRY(const note::VerifierKey key, note::VerifierKey::parse(ledger_key));
  ENTENTE_TRY(const auto reply, client.call<v1::ListCosignaturesReply>(
                                    kLedger + "ListCosignatures", v1::ListCosignaturesRequest()));
  Looks looks;
  std::vector<std::string> notes;
  for (const v1::Cosignature& one : reply.cosignatures()) {
    notes.push_back(one.note());
    const bool known = std::ranges::any_of(trusted, [&](const witness::Trusted& witness) {
      return witness.key.text() == one.witness_key();
    });
    if (!known) looks.strangers.push_back(one);
  }
  looks.known = witness::looks(
      notes, key, trusted, clock.now(),
      [&](const note::Checkpoint& shown) { return begins_with(client, newest, shown); });
  return looks;
}

Result<witness::Assurance> assurance(Client& client, const Clock& clock,
                                     const std::string& ledger_key,
                                     const std::vector<witness::Trusted>& trusted,
                                     const std::string& own_party) {
  ENTENTE_TRY(const Looks looks, looks_at_ledger(client, clock, ledger_key, trusted));
  return witness::assess(looks.known, own_party, clock.now());
}

}  // namespace entente::client
