// A *group*: a few neighbouring series packed into one string of bits, the least that is unpacked
// at once. docs/statistics.md gives the bits. Pure; any thread.
//
// Keys are told by where they differ from the one before; periods by the gaps between them; figures
// as they are or as differences, whichever is shorter for the series; kinds, exponents and
// attributes as runs of what is usual. All numbers in the adaptive code of bits.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/statistics/series/columns.h"

namespace entente::statistics {

// A group is closed at the first of these.
inline constexpr std::uint32_t group_series_max = 32;
inline constexpr std::uint32_t group_observations_max = 1'024;
// A longer series is cut into entries.
inline constexpr std::uint32_t entry_observations_max = 4'096;

// Appends the group of all series of `columns`. Requires: 1 to 64 of them, none empty.
void pack_group(const Columns& columns, std::string& out);

// Appends to `out` those series of the group whose bit is set in `wanted` (the first series is bit
// 0). Requires: width and attributes of `out` are as when it was packed. False: these are not the
// bytes of a group (damage); `out` is then of no use.
[[nodiscard]] bool unpack_group(std::string_view bytes, std::uint64_t wanted, Columns& out);

}  // namespace entente::statistics
