// The limits of limits.h that comparison, history and suppression alone know: apart, so that a new
// one does not compile everything anew.
#pragma once

#include <cstddef>

namespace entente::limits {

inline constexpr std::size_t aggregate_rows_max = 100'000;     // sums answered at once
inline constexpr std::size_t aggregate_figures_max = 1 << 20;  // weighed at once: its memory
inline constexpr std::size_t changes_told_max = 10'000;        // one by one; the rest are counted
inline constexpr std::size_t protected_cells_max = 200'000;    // weighed at an upload: its memory
inline constexpr std::size_t protected_together_max =
    400;                                                  // solved at once: the cube of it in time
inline constexpr std::size_t protected_moments_max = 64;  // ends of embargoes weighed one by one
inline constexpr std::size_t held_back_told_max = 100;    // one by one; the rest are counted
inline constexpr std::size_t notes_max = 200;             // of a provision

}  // namespace entente::limits
