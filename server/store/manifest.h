// Reads RocksDB's list of files (its MANIFEST) before RocksDB does, for the two kinds of damage
// that it takes for something else. A record whose length leads past the end of the file looks like
// one that was being written, and all behind it goes unread. The tables that those records name are
// then deleted as nobody's, while the log, which is whole, says that no commit is missing. So it is
// with a log behind which another goes on, as a crash leaves it while a table is made of its rows:
// the end of the first goes unread, and the second has the number of commits. And a record with one
// bit of its type wrong says that it is of an older file whose place was used anew (ours never
// are): RocksDB takes it for the end, and its reader beside another daemon goes round for ever.
//
// Format: rocksdb/db/log_format.h of 7.8 (blocks of 32 KiB; masked CRC-32C, length, type).
#pragma once

#include <filesystem>
#include <string_view>

#include "proto/contract/status.h"

namespace entente::store {

inline constexpr std::size_t manifest_bytes_max = 256U << 20;  // RocksDB begins anew at 1 GiB

// DataLoss: a record that looks unfinished has others behind it, or is all there; or one says that
// it is of an older file. Pure.
[[nodiscard]] Status check_manifest(std::string_view bytes);

// The same of the one that the folder's CURRENT names; OK if there is none yet. Unavailable: it
// cannot be read.
[[nodiscard]] Status check_manifest_in(const std::filesystem::path& rows);

// The same of every log in the folder, of lengths in its last block. What a daemon that goes on
// writing has begun is no damage.
[[nodiscard]] Status check_logs_in(const std::filesystem::path& rows);

}  // namespace entente::store
