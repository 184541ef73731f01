// Limits of the store, each with the attack or the accident that it stops.
#pragma once

#include <cstddef>

namespace entente::limits {

// Kept until the next commit makes them durable, or else made so: uploads that are never finished
// must not fill the memory.
inline constexpr std::size_t store_staged_rows_max = 1 << 16;
inline constexpr std::size_t store_staged_bytes_max = 8 << 20;
// Keys kept ready for a process's next documents. Fewer would write the keyring whole too often, a
// sixteenth of what is there costs each document as much however many there are; more would lie in
// old copies of the keyring for documents that are made and destroyed long after.
inline constexpr std::size_t spare_keys_min = 64;
inline constexpr std::size_t spare_keys_max = 4'096;

// From here on a sealed value is written once, beside the database, instead of through its log, its
// tables and their mergings.
inline constexpr std::size_t store_large_bytes_min = 64 << 10;
inline constexpr std::size_t store_large_file_bytes = 64 << 20;  // then another file grows

}  // namespace entente::limits
