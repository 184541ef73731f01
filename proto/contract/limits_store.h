// Limits of the store, each with the attack or the accident that it stops.
#pragma once

#include <cstddef>

namespace entente::limits {

// Remembered until the next commit makes them durable: uploads that are never finished must not
// fill the memory.
inline constexpr std::size_t store_staged_rows_max = 1 << 16;
// Keys kept ready for a process's next documents. Fewer would write the keyring whole too often, a
// sixteenth of what is there costs each document as much however many there are; more would lie in
// old copies of the keyring for documents that are made and destroyed long after.
inline constexpr std::size_t spare_keys_min = 64;
inline constexpr std::size_t spare_keys_max = 4'096;

}  // namespace entente::limits
