// Backups of the rows, taken while the store works; and the way back. The rows stay sealed as they
// are, and the keyring is not among them: it goes by a channel of its own, kept for days and not
// years, so that what was destroyed stays destroyed. A later keyring opens them, too, until a
// rotation has dropped a generation that they are sealed under: from then on only one of before.
//
//   "ENTBACK1" | network (16) | commits (8)
//   blocks: bytes (4, not 0) | rows | SHA-256 of the hash before and this block (32)
//     a row: key bytes (2) | key | value bytes (4) | value
//   0 (4) | rows (8) | HMAC-SHA-256 of the header, the number of rows and the last hash (32)
//
// So a backup can be read by any engine, shows damage without a key, and a missing or added row
// with one.
//
// Threads: the caller's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <unordered_set>

#include "proto/contract/clock.h"
#include "proto/contract/status.h"
#include "server/store/core_store.h"
#include "server/store/engine.h"
#include "server/store/fsck.h"
#include "server/store/keyring.h"
#include "server/store/rocks_store.h"
#include "server/store/root_key.h"

namespace entente::store {

struct BackupSummary {
  Id network;
  CommitIndex size = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;         // of the file
  std::uint64_t orphaned = 0;      // rows whose key was destroyed since; if a keyring was given
  std::unordered_set<KeyId> keys;  // that its rows are sealed under; of write_backup only
};

// Writes what `view` shows to a new file `to`. AlreadyExists: there is a file. DataLoss: the store
// holds no sound count of commits, a large value or the key of a row is not there, or the engine's
// checks failed. Unavailable: it could not be read or written; what was written is removed.
[[nodiscard]] Result<BackupSummary> write_backup(EngineView& view, const Keyring& keyring,
                                                 const std::filesystem::path& to,
                                                 const OnProgress& on_progress = {});

// The same of the store in `options.dir`, by another process than the daemon that may be running
// on it; and, if `keyring_to` is given, the keyring that opens these rows. As Keyring::open,
// write_backup and back_up_keyring; Unavailable also if a rotation that ended meanwhile has dropped
// a key that the rows need: begin again. Of what fails neither file is left.
[[nodiscard]] Result<BackupSummary> back_up_folder(const RocksStoreOptions& options,
                                                   const RootKey& root, Entropy& entropy,
                                                   const std::filesystem::path& to,
                                                   const std::filesystem::path& keyring_to = {},
                                                   const OnProgress& on_progress = {});

// Copies the keyring of `dir`, sealed as it is, to a new file. AlreadyExists: there is a file.
// DataLoss: it is damaged. Whether it opens what rows say verify_backup.
[[nodiscard]] Status back_up_keyring(const std::filesystem::path& dir,
                                     const std::filesystem::path& to);

// Reads a backup through; with a keyring, opens every row but those whose key was destroyed.
// DataLoss: damaged, cut short, not made under this keyring, or a row's key is not in it; the
// detail says where. FailedPrecondition: of another network.
[[nodiscard]] Result<BackupSummary> verify_backup(const std::filesystem::path& from,
                                                  const Keyring* keyring,
                                                  const OnProgress& on_progress = {});

// Makes a store in `options.dir`, which must hold none (AlreadyExists), out of a backup and a copy
// of the keyring; verifies both first. Rows whose key was destroyed since do not come back: to the
// rooms a row that cannot be read is damage. What is cut off half-way does not open as a store.
[[nodiscard]] Result<BackupSummary> restore_backup(const std::filesystem::path& from,
                                                   const std::filesystem::path& keyring,
                                                   const RocksStoreOptions& options,
                                                   const RootKey& root, Entropy& entropy,
                                                   const OnProgress& on_progress = {});

// fsck of the store in `options.dir`, which a daemon may be running on.
[[nodiscard]] Result<FsckReport> fsck_folder(const RocksStoreOptions& options, const RootKey& root,
                                             Entropy& entropy, const OnFault& on_fault);

}  // namespace entente::store
