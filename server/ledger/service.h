// The RPC face of the ledger, `entente.v1.LedgerService`: plain functions that main registers with
// the gate (`reads`, and `streams` for WatchCheckpoints). None leaves an entry.
//
// Threads: any. Ownership: main's; ledger and checkpoints are borrowed and outlive it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "entente/v1/ledger.pb.h"
#include "entente/v1/types.pb.h"
#include "proto/contract/status.h"
#include "server/ledger/checkpoints.h"
#include "server/ledger/tree_ledger.h"
#include "server/net/method_table.h"
#include "server/policy/policy.h"
#include "server/store/store.h"

namespace entente::ledger {

// Whether the entry itself may be shown: to its audience, and to the party that acted.
[[nodiscard]] bool may_see(const policy::Subject& subject, const Act& act);

// For the reply of an act, as Gate::acts' `after`. Without a checkpoint that covers the entry it
// names index and leaf only, and the client asks ProveInclusion when it next looks.
[[nodiscard]] Result<v1::Receipt> make_receipt(Checkpoints& checkpoints, store::CommitIndex index,
                                               bool at_once);

// What the reply to an act proves of it to `subject`, who acted and had seen a checkpoint of size
// `from`: an ActProof, serialized. Signs a checkpoint if need be. Unavailable: none could be.
[[nodiscard]] Result<std::string> prove_act(TreeLedger& ledger, Checkpoints& checkpoints,
                                            const policy::Subject& subject,
                                            store::CommitIndex index, std::uint64_t from);

class LedgerService {
 public:
  LedgerService(TreeLedger& ledger, Checkpoints& checkpoints)
      : ledger_(ledger), checkpoints_(checkpoints) {}

  // As ledger.proto says of each.
  Result<v1::Checkpoint> get_checkpoint(const policy::Subject& subject,
                                        const v1::GetCheckpointRequest& message,
                                        store::Snapshot& snapshot);
  Result<v1::ListEntriesReply> list_entries(const policy::Subject& subject,
                                            const v1::ListEntriesRequest& message,
                                            store::Snapshot& snapshot);
  Result<v1::LedgerRow> get_entry(const policy::Subject& subject,
                                  const v1::GetEntryRequest& message, store::Snapshot& snapshot);
  Result<v1::InclusionProof> prove_inclusion(const policy::Subject& subject,
                                             const v1::ProveInclusionRequest& message,
                                             store::Snapshot& snapshot);
  Result<v1::ConsistencyProof> prove_consistency(const policy::Subject& subject,
                                                 const v1::ProveConsistencyRequest& message,
                                                 store::Snapshot& snapshot);
  Result<v1::AddCosignatureReply> add_cosignature(const policy::Subject& subject,
                                                  const v1::AddCosignatureRequest& message,
                                                  store::Snapshot& snapshot);
  Result<v1::ListCosignaturesReply> list_cosignatures(const policy::Subject& subject,
                                                      const v1::ListCosignaturesRequest& message,
                                                      store::Snapshot& snapshot);
  // The source ends with its subscription; the gate ends it with the session.
  Result<std::unique_ptr<net::Source>> watch_checkpoints(const v1::WatchCheckpointsRequest& message,
                                                         net::Waker waker);

 private:
  TreeLedger& ledger_;
  Checkpoints& checkpoints_;
};

}  // namespace entente::ledger
