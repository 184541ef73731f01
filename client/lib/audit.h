// Reads the ledger and rebuilds its root: what `entente ledger verify` does, from where the last
// audit ended or from the beginning; and what `entente ledger log` shows, the newest entries alone.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "client/lib/client.h"
#include "entente/v1/ledger.pb.h"
#include "proto/contract/note.h"
#include "proto/contract/status.h"

namespace entente::client {

struct AuditReport {
  note::Checkpoint checkpoint;  // what the entries below rebuild
  std::uint64_t from = 0;       // where this audit began
  std::uint64_t read = 0;       // entries of which at least the leaf was read
  std::uint64_t seen =
      0;  // entries whose content this account may see, checked against their leaves
};

// `progress` (done, of) is called now and then. `whole`: from the beginning, whatever was audited
// before. DataLoss (ProofInvalid): which entry was altered, or that the entries do not make the
// checkpoint's root. Else what the calls answer. Any thread; blocks.
[[nodiscard]] Result<AuditReport> audit(
    Client& client, bool whole, const std::function<void(std::uint64_t, std::uint64_t)>& progress);

// The newest `count` rows, in order, which with what was before them make the root of the newest
// checkpoint. `entry` says what `canonical` does, whatever the server said; `index` is its place.
// DataLoss (ProofInvalid): which entry was altered, or that they do not make the root. Else what
// the calls answer.
[[nodiscard]] Result<v1::ListEntriesReply> newest_rows(Client& client, std::uint64_t count);

}  // namespace entente::client
