// What stands in the ledger, shown and not believed: an entry with its place under the checkpoint
// that this client follows. Any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "client/lib/client.h"
#include "entente/v1/ledger.pb.h"
#include "entente/v1/types.pb.h"
#include "proto/contract/entry.h"
#include "proto/contract/status.h"

namespace entente::client {

// Whether the path leads from its leaf to the root of the checkpoint that it brings, whose
// signature is not looked at. DataLoss (ProofInvalid): it does not.
[[nodiscard]] Status check_proof(const v1::InclusionProof& proof);

// Entry `index`, whose bytes lead to the root of the newest checkpoint. DataLoss (ProofInvalid):
// they do not. Otherwise every Code of GetEntry and of the ledger's proofs.
[[nodiscard]] Result<Entry> proven_entry(Client& client, std::uint64_t index);

// What the entry of an act that this client asked for must say. A true receipt of another act would
// hide that this one was not done. Lives no longer than what it is made of.
struct AskedAct {
  std::string_view kind;
  std::string_view object;
  std::string_view object_digest;  // empty: whatever it says
  std::string_view signature;      // likewise
  std::string_view touched;        // a name that is among those; likewise
};

// The entry that a receipt is for, if it is of the act: its bytes are the receipt's leaf and lead
// to the root of a checkpoint, which is waited for if the receipt came before it, some seconds.
// Every receipt that is told to anyone goes through here. DataLoss (ProofInvalid): they are not or
// do not, or it is of another act. Unavailable: no checkpoint came; the act may be done again.
// Otherwise as proven_entry.
[[nodiscard]] Result<Entry> entry_of(Client& client, const v1::Receipt& receipt,
                                     const AskedAct& act);

}  // namespace entente::client
