// The Merkle log of every act: one entry a commit, in the same transaction. Leaves are hiding
// commitments, hashed as RFC 9162 says; checkpoints are C2SP signed notes (Ed25519).
//
// Threads: any. `record` only fills in a transaction that its caller owns.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/digest.h"
#include "proto/contract/entry.h"
#include "proto/contract/status.h"
#include "server/store/store.h"

namespace entente::ledger {

// What an entry says (proto/contract/entry.h): the client decodes the same bytes.
using Act = entente::Act;

// In `touched`, first: more changed than could be listed (limits::entry_touched_max). A follower
// that keeps anything of what the act may have changed makes it anew. The second name is then
// `sha256/<hex>` over all the names, each followed by a newline.
inline constexpr std::string_view touched_everything = "*";

// Follows the ledger: how caches and open streams learn of every change, in order, each exactly
// once. Called after the entry is durable and before its commit returns to whoever made it; outside
// the store's commit lock, so it may take snapshots. One call at a time.
class Follower {
 public:
  virtual ~Follower() = default;
  virtual void follow(std::uint64_t index, const Act& act) = 0;
};

class Ledger {
 public:
  virtual ~Ledger() = default;

  // Before the first commit. Not owned; outlives the ledger's last commit.
  virtual void add_follower(Follower& follower) = 0;

  // Makes `act` this transaction's one entry. Requires: none was recorded on it before; all its
  // texts are UTF-8 and, `touched` aside, together at most limits::entry_bytes_max.
  // The index is the transaction's CommitIndex once it has committed.
  virtual void record(store::Transaction& transaction, const Act& act) = 0;

  // How many entries are durable.
  [[nodiscard]] virtual std::uint64_t size() const = 0;
};

}  // namespace entente::ledger
