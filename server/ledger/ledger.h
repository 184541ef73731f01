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
#include "proto/contract/status.h"
#include "server/store/store.h"

namespace entente::ledger {

// What an entry says. Names are resource names; `audience` is the number of the audience that may
// see the entry itself (policy::AudienceId, but the ledger does not care).
struct Act {
  std::string account;  // who: `parties/SWE/accounts/anna`; `operator` for the daemon's own acts
  std::string party;
  std::string session;  // which session, by id
  std::string kind;     // what, as `directory.person.create`; each room lists its own in its header
  std::string object;   // on what: a resource name
  std::vector<std::string> touched;  // what else changed with it (an import): resource names
  std::uint64_t revision = 0;        // the object's revision after the act; 0 where it has none
  std::string
      object_digest;  // SHA-256 of the object's bytes after the act; empty where it has none
  std::uint32_t audience = 0;
  std::string signature;  // detached signature of the originator's client, where the act needs one
  std::string signer_certificate_sha256;
};

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

  // Makes `act` this transaction's one entry. Requires: none was recorded on it before.
  // The index is the transaction's CommitIndex once it has committed.
  virtual void record(store::Transaction& transaction, const Act& act) = 0;

  // How many entries are durable.
  [[nodiscard]] virtual std::uint64_t size() const = 0;
};

}  // namespace entente::ledger
