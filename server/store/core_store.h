// The store over any engine: seals on the way down, unseals on the way up, keeps each transaction's
// writes and what it read until it commits through the CommitQueue.
//
// Threads: any, as Store says. Ownership: the engine and keyring are the store's.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "server/store/commit_queue.h"
#include "server/store/engine.h"
#include "server/store/keyring.h"
#include "server/store/store.h"

namespace entente::store {

class CoreStore : public Store {
 public:
  // What CommitQueue::open returns.
  [[nodiscard]] static Result<std::unique_ptr<CoreStore>> open(std::unique_ptr<Engine> engine,
                                                               std::unique_ptr<Keyring> keyring);

  [[nodiscard]] std::unique_ptr<Snapshot> snapshot() override;
  [[nodiscard]] std::unique_ptr<Transaction> begin() override;
  [[nodiscard]] CommitIndex size() const override;
  void set_sequencer(Sequencer& sequencer) override;
  [[nodiscard]] Id blind(std::string_view domain, std::string_view text) const override;
  [[nodiscard]] Status ensure_seal(const SealName& name, const Id& process) override;
  [[nodiscard]] Status destroy_seal(const SealName& name) override;
  [[nodiscard]] Secret purpose_key(std::string_view purpose) const override;
  [[nodiscard]] Health health() const override;

 protected:
  CoreStore(std::unique_ptr<Engine> engine, std::unique_ptr<Keyring> keyring);
  // What CommitQueue::open returns. Before anything else.
  [[nodiscard]] Status start() { return queue_.open(); }
  [[nodiscard]] Status recover() { return queue_.recover(); }
  void refuse_writes(std::string why) { queue_.refuse_writes(std::move(why)); }
  [[nodiscard]] Engine& engine_of() { return *engine_; }
  [[nodiscard]] Keyring& keyring_of() { return *keyring_; }

 private:
  std::unique_ptr<Keyring> keyring_;
  std::unique_ptr<Engine> engine_;
  CommitQueue queue_;
};

}  // namespace entente::store
