// An ordered, transactional, sealed key-value store: what every room keeps its objects in.
//
// A *snapshot* reads the store as it was when it was taken. A *transaction* is a snapshot that also
// writes: its commit is atomic, durable before it returns, and succeeds only if everything it read
// (rows that were absent and ranges included) still holds. Values are sealed on their way to the
// engine and authenticated, bound to their key, on their way back; keys are not.
//
// Every commit carries exactly one ledger entry (`append`), whose place is settled in commit order
// by the `Sequencer`: a change without its entry cannot be written, and an entry without its change
// neither.
//
// Threads: Store is safe from any thread; a Snapshot, Transaction or Cursor belongs to one at a
// time. Ownership: whoever begins one owns it and destroys it before the Store.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/secret.h"
#include "proto/contract/status.h"
#include "server/store/key.h"

namespace entente::store {

// Names the key that seals a value: the network's own, one process's, or one document's. Destroying
// it (Store::destroy) makes every copy of what it sealed unreadable, old backups included.
struct SealName {
  enum class Scope : std::uint8_t {
    Network = 0,
    Process = 1,
    Document = 2
  };  // on disk: never renumber
  Scope scope = Scope::Network;
  Id id{};  // zero for the network's
  friend auto operator<=>(const SealName&, const SealName&) = default;
};

// Walks rows in key order.
class Cursor {
 public:
  virtual ~Cursor() = default;
  [[nodiscard]] virtual bool valid() const = 0;
  // Requires: valid(). Views live until the next call on this cursor.
  [[nodiscard]] virtual std::string_view key_bytes() const = 0;
  // Unseals. DataLoss if the value does not authenticate under its key.
  [[nodiscard]] virtual Result<std::string> value() = 0;
  virtual void next() = 0;
  // Ok, or why the walk ended early (DataLoss, Unavailable). Ask once valid() is false.
  [[nodiscard]] virtual Status status() const = 0;
};

// What a reader made of a value, shared with others and never changed.
using Decoded = std::shared_ptr<const void>;

class Snapshot {
 public:
  using Decode = std::function<Result<Decoded>(std::string_view value)>;

  virtual ~Snapshot() = default;

  // The value, or nothing if no row has this key (not an error).
  // DataLoss: a row is there and does not authenticate. Unavailable: the engine could not read.
  [[nodiscard]] virtual Result<std::optional<std::string>> find(const Key& key) = 0;

  // What `decode` makes of the value, or null if no row has this key. A snapshot that is no
  // transaction may give what another reader made of the same value (SharedViews).
  // As find, and what `decode` returns. Requires: all who read a table so agree on what is made.
  [[nodiscard]] virtual Result<Decoded> find_decoded(const Key& key, const Decode& decode) {
    ENTENTE_TRY(const std::optional<std::string> value, find(key));
    if (!value) return Decoded();
    return decode(*value);
  }

  // Rows whose key begins with `prefix`, from the first whose key is at least `from` (from the
  // start of the prefix if absent). A transaction's cursor sees the transaction's own writes.
  [[nodiscard]] virtual std::unique_ptr<Cursor> scan(const Key& prefix,
                                                     const std::optional<Key>& from = {}) = 0;
};

// Where a commit stands: dense, from 0, in the order in which commits became durable. It is also
// the index of the commit's ledger entry.
using CommitIndex = std::uint64_t;

class Transaction : public Snapshot {
 public:
  // Requires: value.size() <= limits::store_value_bytes_max.
  virtual void put(const Key& key, std::string value, const SealName& seal = {}) = 0;
  virtual void erase(const Key& key) = 0;

  // Hands this commit's ledger entry to the Sequencer. Requires: not called before on this
  // transaction.
  virtual void append(std::string entry) = 0;
  [[nodiscard]] virtual bool appended() const = 0;

  // What whoever acts by this transaction binds its ledger entry to (act_proof.h), 32 bytes;
  // nothing if never called. Requires: append was not called yet.
  void bind(std::string binding) { binding_ = std::move(binding); }
  [[nodiscard]] const std::string& binding() const { return binding_; }

  // Durable when it returns. Requires: append was called (a check, not a Status); not committed
  // before. Aborted: something read here has changed since; nothing was written; begin again.
  // ResourceExhausted (StoreReadOnly): no room; nothing was written.
  // Unavailable: the engine failed; whether it was written is settled only by reading again after
  // it has recovered. The store stops acknowledging until it has reopened itself.
  [[nodiscard]] virtual Result<CommitIndex> commit() = 0;

  // Whether something read here has changed since, so that commit() would be Aborted.
  [[nodiscard]] virtual bool has_lost() const = 0;

 private:
  std::string binding_;
};

// What `failed` is to an act that failed so in this transaction. Aborted: it could not read a row
// (DataLoss) whose key was destroyed with a change that came since; nothing is lost, begin again.
// Else `failed`.
[[nodiscard]] Status failed_in(const Transaction& transaction, Status failed);

// Rows that a Sequencer adds to a commit.
class Rows {
 public:
  virtual ~Rows() = default;
  virtual void put(const Key& key, std::string value, const SealName& seal = {}) = 0;
};

// Orders entries. Called under the store's commit lock: one call at a time, in commit order, before
// the batch is written. Must not call back into the store.
class Sequencer {
 public:
  virtual ~Sequencer() = default;
  // `entry` is what Transaction::append was given, and behind it what was written (written.h).
  virtual void sequence(CommitIndex index, std::string_view entry, Rows& rows) = 0;
  // All commits below `size` are durable. Called in order, one call at a time, outside the commit
  // lock, and before commit() returns to the makers of those commits; may take snapshots.
  virtual void durable(CommitIndex size) = 0;
  // Commits at and above `size` were sequenced but did not become durable: forget them. Called
  // under the commit lock.
  virtual void abandoned(CommitIndex size) = 0;
};

// A row that no commit refers to yet; without a value, it is taken away again.
struct StagedRow {
  Key key;
  std::optional<std::string> value;
  SealName seal;
};

struct Health {
  bool writable = false;
  std::string why_not;  // for operators
  std::uint64_t free_bytes = 0;
  // What the engine's caches hold, and its rows that are in no table yet: bounded by its options,
  // filled as rows are read and written, and no growth of the daemon.
  std::uint64_t cached_bytes = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  [[nodiscard]] virtual std::unique_ptr<Snapshot> snapshot() = 0;
  [[nodiscard]] virtual std::unique_ptr<Transaction> begin() = 0;

  // Writes rows without a commit and without an entry, durable with the next commit: the body of an
  // act too large for one transaction. Nobody looks for them until a commit writes the row that
  // names them, so keys bear a random id that only that row tells, and no table holds both staged
  // rows and others. What came to nothing its room takes away, at the latest when it starts. Not
  // validated: a transaction must not rest on rows that may still be staged. Requires: as
  // Transaction::put. What commit() returns, but Aborted only if a key was destroyed meanwhile; on
  // any failure some of the rows may be there.
  [[nodiscard]] virtual Status stage(const std::vector<StagedRow>& rows) = 0;

  // The number of durable commits.
  [[nodiscard]] virtual CommitIndex size() const = 0;

  // Set once, before the first commit, by main. Not owned; outlives the store's last commit.
  virtual void set_sequencer(Sequencer& sequencer) = 0;

  // A name's id: HMAC under a key of the keyring, cut to 16 bytes, so that keys bear no content.
  // Stable for the life of the network. `domain` keeps equal texts of different tables apart.
  [[nodiscard]] virtual Id blind(std::string_view domain, std::string_view text) const = 0;

  // Creates the key `name` if it is not there yet; put() under an unknown name is a check, or under
  // a document's, which may go meanwhile, an Aborted commit. A document's belongs to its `process`
  // (zero: to the network), whose key must be there already (NotFound) and takes it along at its
  // end. Unavailable: the keyring could not be written; nothing changed.
  [[nodiscard]] virtual Status ensure_seal(const SealName& name, const Id& process = {}) = 0;
  // After this returns, values sealed under `name` cannot be read from this store nor from any
  // older copy of it with the present keyring; rows that are left under it read as DataLoss.
  // NotFound if there is no such key. Unavailable: the keyring could not be written; try again.
  [[nodiscard]] virtual Status destroy_seal(const SealName& name) = 0;

  // A key derived for a purpose that the store does not know (pepper, token MAC), 32 bytes, stable
  // for the life of the network and never written to the store.
  [[nodiscard]] virtual Secret purpose_key(std::string_view purpose) const = 0;

  [[nodiscard]] virtual Health health() const = 0;
};

}  // namespace entente::store
