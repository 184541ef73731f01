// The store on RocksDB, in one folder:
//
//   rows/     the database            keyring   every key, sealed under the root key (ring.h)
//   head      how far the ledger was when last shown (head_file.h)
//   ballast   given up on a full disk
//
// It mends itself: after a failed write it closes and reopens the database, and looks whether what
// it had acknowledged is there; on a full disk it refuses writes until there is room again.
//
// Threads: any, as Store says. Two threads of its own tend and sweep it; they end with the store.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "proto/contract/clock.h"
#include "proto/contract/status.h"
#include "server/store/core_store.h"
#include "server/store/event.h"
#include "server/store/fsck.h"
#include "server/store/head_file.h"
#include "server/store/root_key.h"

namespace entente::store {

struct RocksStoreOptions {
  std::filesystem::path dir;
  bool create = false;  // if there is nothing in the folder yet, a new network
  std::size_t block_cache_bytes = 64U << 20;
  OnEvent on_event;
  // When what a crash has left of large values is first taken away, and how often then.
  std::chrono::milliseconds sweep_after = std::chrono::minutes(1);
  std::chrono::milliseconds sweep_every = std::chrono::hours(24);
};

class RocksEngine;
struct BackupSummary;

class RocksStore final : public CoreStore {
 public:
  // FailedPrecondition: the root key does not open this keyring; the keyring, or the rows, are
  // missing beside the other; or the folder is another user's. NotFound: there is no store and
  // `create` is not set. DataLoss: a file is damaged. Unavailable: a file cannot be read or
  // written, or another daemon has it open.
  //
  // A store that is behind its own head opens, takes no writes, and says why in health():
  // `behind_head()` tells main.
  [[nodiscard]] static Result<std::unique_ptr<RocksStore>> open(const RocksStoreOptions& options,
                                                                const RootKey& root,
                                                                Entropy& entropy);
  // The same over an engine that a test makes.
  using MakeEngine = std::function<Result<std::unique_ptr<RocksEngine>>()>;
  [[nodiscard]] static Result<std::unique_ptr<RocksStore>> open(const RocksStoreOptions& options,
                                                                const RootKey& root,
                                                                Entropy& entropy,
                                                                const MakeEngine& make_engine);
  ~RocksStore() override;

  // What the store in `dir` last showed of itself, by another process than the daemon that may be
  // running on it: nothing of it is changed. Nothing: no checkpoint was shown yet. NotFound,
  // FailedPrecondition, DataLoss, Unavailable: as open.
  [[nodiscard]] static Result<std::optional<Head>> last_head(const std::filesystem::path& dir,
                                                             const RootKey& root, Entropy& entropy);

  [[nodiscard]] HeadFile& head() { return *head_; }
  // By how many commits the store was behind its head when it was opened.
  [[nodiscard]] CommitIndex behind_head() const { return behind_head_; }

  // As write_backup (backup.h), of the store as it is now, while it works.
  [[nodiscard]] Result<BackupSummary> back_up(const std::filesystem::path& to,
                                              const OnProgress& on_progress = {});
  // As fsck (fsck.h), of the store as it is now.
  [[nodiscard]] Result<FsckReport> check(const OnFault& on_fault);
  // Rewrites the files, so that none holds what was overwritten or erased before.
  // Unavailable: the engine failed.
  [[nodiscard]] Status compact();

  [[nodiscard]] RocksEngine& rocks() { return rocks_; }

 private:
  RocksStore(std::unique_ptr<RocksEngine> engine, std::unique_ptr<Keyring> keyring,
             RocksStoreOptions options);
  void tend(const std::stop_token& stop);
  void sweep(const std::stop_token& stop);

  RocksStoreOptions options_;
  RocksEngine& rocks_;  // CoreStore owns it
  std::unique_ptr<HeadFile> head_;
  CommitIndex behind_head_ = 0;
  std::mutex tending_mutex_;
  std::condition_variable_any tending_;
  std::jthread tender_;  // last: they end before what they tend
  std::jthread sweeper_;
};

}  // namespace entente::store
