// The engine on RocksDB, run as docs/threat-model.md asks: its defaults lose acknowledged writes
// silently to one flipped bit in the log, and end the process on a full disk.
//
// The database can be closed and reopened under views that others hold: those then answer
// Unavailable. Only this room includes RocksDB's headers.
//
// Threads: as Engine. Ownership: views and cursors are destroyed before the engine.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/file_system.h>
#include <rocksdb/options.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "server/store/ballast.h"
#include "server/store/engine.h"
#include "server/store/event.h"
#include "server/store/files.h"
#include "server/store/large_values.h"

namespace entente::store {

struct RocksEngineOptions {
  std::filesystem::path dir;  // must exist; the database is its folder `rows`
  std::size_t block_cache_bytes = 64U << 20;
  OnEvent on_event;
  std::shared_ptr<rocksdb::FileSystem> file_system;  // the machine's if null
};

class RocksHandle;  // one opening of the database

class RocksEngine final : public Engine {
 public:
  // Creates what is not there. DataLoss: files are damaged. Unavailable: they cannot be opened
  // (permissions, no space), or another daemon has the folder open: then nothing is touched.
  [[nodiscard]] static Result<std::unique_ptr<RocksEngine>> open(RocksEngineOptions options);
  ~RocksEngine() override;

  [[nodiscard]] std::unique_ptr<EngineView> view() override;
  void lay(std::vector<EngineRow>& rows) override;
  [[nodiscard]] Status write(const std::vector<EngineRow>& rows, Durable durable) override;
  [[nodiscard]] Status recover() override;
  [[nodiscard]] Health health() const override;

  // A write has failed, and recover() has not succeeded since.
  [[nodiscard]] bool failed() const { return failed_; }

  // Rebuilds the ballast when there is room for it again, and says (OnEvent) when room has become
  // too scarce for writes and when it no longer is. Cheap if there is nothing to do.
  void tend();

  // Forgets overwritten values: after it, no file holds what was erased before.
  // Unavailable: the engine failed.
  [[nodiscard]] Status compact();
  // Takes away what no row refers to of the large values: what a crash has left. Reads every row,
  // and asks `go_on` between pieces; beside all else. One at a time. Unavailable: it was to stop,
  // or the engine failed.
  [[nodiscard]] Status sweep(const std::function<bool()>& go_on);

  [[nodiscard]] static std::filesystem::path rows_of(const std::filesystem::path& dir) {
    return dir / "rows";
  }
  [[nodiscard]] static std::filesystem::path large_of(const std::filesystem::path& dir) {
    return rows_of(dir) / "large";
  }

 private:
  explicit RocksEngine(RocksEngineOptions options);
  [[nodiscard]] Status reopen();
  [[nodiscard]] Status try_to_open();
  [[nodiscard]] std::shared_ptr<RocksHandle> handle() const;
  void replace(std::shared_ptr<RocksHandle> handle);
  void say(Severity severity, std::string_view text) const;
  // One event each time that it changes.
  void tell_room(bool scarce);

  File lock_;  // for as long as this lives no other engine opens the folder
  RocksEngineOptions options_;
  std::unique_ptr<rocksdb::Env> env_;  // over options_.file_system
  rocksdb::Options rocks_;
  Ballast ballast_;
  const std::shared_ptr<LargeValues> large_;
  mutable std::mutex mutex_;
  std::shared_ptr<RocksHandle> handle_;  // null while it cannot be opened
  std::atomic<bool> failed_{false};
  std::atomic<bool> scarce_{false};  // as was last told
  std::shared_mutex freeing_;  // shared: rows are written, and what they do not refer to is freed
};

// The rows of a database that another process may have open: as they were when this was opened.
// Writes nothing beside them but a folder of its own, which it removes.
//
// One thread.
class RocksReader final : public EngineView {
 public:
  // As RocksEngine::open; creates nothing.
  [[nodiscard]] static Result<std::unique_ptr<RocksReader>> open(const RocksEngineOptions& options);
  ~RocksReader() override;
  RocksReader(const RocksReader&) = delete;
  RocksReader& operator=(const RocksReader&) = delete;

  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key) override;
  [[nodiscard]] std::unique_ptr<EngineCursor> walk(std::string_view first,
                                                   const std::optional<std::string>& end) override;

 private:
  RocksReader() = default;
  std::filesystem::path own_folder_;
  File held_;  // large values keep their places
  std::shared_ptr<LargeValues> large_;
  std::shared_ptr<RocksHandle> handle_;
};

}  // namespace entente::store
