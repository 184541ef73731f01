// Reads RocksDB's list of files (its MANIFEST) before RocksDB does, for the one kind of damage that
// it takes for a crash: a record whose length leads past the end of the file looks like one that
// was being written, and all behind it goes unread. The tables that those records name are then
// deleted as nobody's, while the log, which is whole, says that no commit is missing. So it is with
// a log behind which another goes on, as a crash leaves it while a table is made of its rows: the
// end of the first goes unread, and the second has the number of commits.
//
// Format: rocksdb/db/log_format.h of 7.8 (blocks of 32 KiB; masked CRC-32C, length, type).
#pragma once

#include <filesystem>
#include <string_view>

#include "proto/contract/status.h"

namespace entente::store {

inline constexpr std::size_t manifest_bytes_max = 256U << 20;  // RocksDB begins anew at 1 GiB

// DataLoss: a record that looks unfinished has others behind it, or is all there. Pure.
[[nodiscard]] Status check_manifest(std::string_view bytes);

// The same of the one that the folder's CURRENT names; OK if there is none yet. Unavailable: it
// cannot be read.
[[nodiscard]] Status check_manifest_in(const std::filesystem::path& rows);

// The same of every log in the folder. RocksDB itself refuses a wrong length before the last block.
[[nodiscard]] Status check_logs_in(const std::filesystem::path& rows);

}  // namespace entente::store
