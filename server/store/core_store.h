// The store over any engine: seals on the way down, unseals on the way up, keeps each transaction's
// writes and what it read until it commits through the CommitQueue.
//
// Threads: any, as Store says. Ownership: the engine and keyring are the store's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "server/store/blind_memo.h"
#include "server/store/commit_queue.h"
#include "server/store/engine.h"
#include "server/store/keyring.h"
#include "server/store/owed_claims.h"
#include "server/store/shared_views.h"
#include "server/store/store.h"

namespace entente::store {

// How far a long pass has come: rows read, and of these changed. Called by the pass's own thread.
using OnProgress = std::function<void(std::uint64_t read, std::uint64_t changed)>;

class CoreStore : public Store {
 public:
  // What CommitQueue::open returns.
  [[nodiscard]] static Result<std::unique_ptr<CoreStore>> open(std::unique_ptr<Engine> engine,
                                                               std::unique_ptr<Keyring> keyring);

  [[nodiscard]] std::unique_ptr<Snapshot> snapshot() override;
  [[nodiscard]] std::unique_ptr<Transaction> begin() override;
  [[nodiscard]] Status stage(const std::vector<StagedRow>& rows) override;
  [[nodiscard]] CommitIndex size() const override;
  void set_sequencer(Sequencer& sequencer) override;
  [[nodiscard]] Id blind(std::string_view domain, std::string_view text) const override;
  [[nodiscard]] Status ensure_seal(const SealName& name, const Id& process = {}) override;
  [[nodiscard]] Status destroy_seal(const SealName& name) override;
  [[nodiscard]] Secret purpose_key(std::string_view purpose) const override;
  [[nodiscard]] Health health() const override;

  // A new generation of `name`'s key, which seals from here on, commits under way included. What
  // the old one sealed stays readable. NotFound: there is no such key. Unavailable: the keyring
  // could not be written; nothing changed.
  [[nodiscard]] Status rotate_seal(const SealName& name);

  // Seals everything anew that an old generation sealed, beside the store's other work, and then
  // drops the old generations; goes on where an earlier call was cut off. DataLoss: some value does
  // not authenticate (fsck tells which), so the old generations stay. Unavailable,
  // ResourceExhausted: call again. Cancelled: `stop` was requested between two batches. Takes no
  // lock for long; call from a thread that may wait.
  [[nodiscard]] Status reseal(const OnProgress& on_progress = {}, const std::stop_token& stop = {});
  // Whether there is something for reseal() to do.
  [[nodiscard]] bool needs_reseal() const { return keyring_->has_old_generations(); }

  // Seals the keyring under another root key; the old one opens it no more.
  // Unavailable: it could not be written: keep both keys until a call succeeds. ResourceExhausted:
  // no memory to stretch a passphrase.
  [[nodiscard]] Status rotate_root(const RootKey& root) { return keyring_->rotate_root(root); }

 protected:
  CoreStore(std::unique_ptr<Engine> engine, std::unique_ptr<Keyring> keyring);
  // What CommitQueue::open and Keyring::adopt return. Before anything else.
  [[nodiscard]] Status start();
  [[nodiscard]] Status recover() { return queue_.recover(); }
  void refuse_writes(std::string why) { queue_.refuse_writes(std::move(why)); }
  [[nodiscard]] Engine& engine_of() { return *engine_; }
  [[nodiscard]] Keyring& keyring_of() { return *keyring_; }

 private:
  // Reads which documents' keys were claimed since the keyring was written, and has it know.
  [[nodiscard]] Status adopt_claims();
  // Seals those of `keys` anew that still need it.
  [[nodiscard]] Status reseal_rows(const std::vector<std::string>& keys, std::uint64_t& changed,
                                   std::uint64_t& faults);

  std::unique_ptr<Keyring> keyring_;
  OwedClaims owed_;
  mutable BlindMemo blinded_;
  std::unique_ptr<Engine> engine_;
  SharedViews views_;  // over engine_
  CommitQueue queue_;
};

}  // namespace entente::store
