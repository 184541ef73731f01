// Remembers, apart from the store and with an fsync of its own, how far the ledger was when a
// checkpoint was last shown to anybody: a store that comes back with fewer commits has lost what
// was acknowledged, or was rolled back.
//
// An append-only file of records, each authenticated under a key of the keyring:
//
//   "EHD1" | checkpoint bytes (4) | size (8) | checkpoint | HMAC-SHA-256 of all before (32)
//
// A torn last record is what a crash leaves, and is ignored. A faulty record before a sound one is
// damage, and so is more than one record's length of anything else, or a file of nothing else: the
// first record, one much longer than the one before, and the last of a long file replace the file
// whole, so that no crash leaves such.
//
// Threads: any.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "proto/contract/secret.h"
#include "proto/contract/status.h"
#include "server/store/files.h"
#include "server/store/store.h"

namespace entente::store {

struct Head {
  CommitIndex size = 0;
  std::string checkpoint;  // opaque: the ledger's signed note
};

inline constexpr std::size_t head_checkpoint_bytes_max = 64 * 1024;
inline constexpr std::size_t head_growth_bytes_max = 256;     // of a record that is appended
inline constexpr std::size_t head_file_bytes_max = 1U << 20;  // longer: it is replaced

// What the bytes of a head file say.
struct HeadScan {
  std::optional<Head> last;
  std::size_t sound_bytes = 0;  // what follows is a torn record
  std::size_t last_bytes = 0;   // of which the last sound record's
};
// DataLoss: a faulty record stands before a sound one, what follows the last sound one is longer
// than a torn record could be, or there is no sound one in what is not empty. Pure.
[[nodiscard]] Result<HeadScan> scan_head_file(std::string_view bytes, const Secret& key);

// The last head in a file that a daemon may be writing: nothing of it is changed. Nothing: there is
// no file, or no sound record yet. DataLoss, Unavailable: as HeadFile::open.
[[nodiscard]] Result<std::optional<Head>> read_head_file(const std::filesystem::path& path,
                                                         const Secret& key);

class HeadFile {
 public:
  // It need not be there: the first record makes it. DataLoss: damaged. Unavailable: it cannot be
  // read or written.
  [[nodiscard]] static Result<std::unique_ptr<HeadFile>> open(const std::filesystem::path& path,
                                                              Secret key);

  // Durable when it returns Ok. Requires: `size` is not below the last one's, and the commits below
  // it are durable; checkpoint.size() <= head_checkpoint_bytes_max. Unavailable: show nothing yet.
  [[nodiscard]] Status record(CommitIndex size, std::string_view checkpoint);

  [[nodiscard]] std::optional<Head> last() const;

 private:
  HeadFile(std::filesystem::path path, Secret key) : path_(std::move(path)), key_(std::move(key)) {}
  [[nodiscard]] Status append(std::string_view record);
  [[nodiscard]] Status replace(std::string_view record);

  const std::filesystem::path path_;
  const Secret key_;
  mutable std::mutex mutex_;
  std::optional<Head> last_;
  File file_;  // not ok after a failure: the next record replaces the file
  std::size_t bytes_ = 0;
  std::size_t last_bytes_ = 0;  // of which the last record's
};

}  // namespace entente::store
