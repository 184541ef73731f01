// Limits of what statistics keep in memory beside what is on disk, and the attack that each stops.
#pragma once

#include <cstddef>
#include <cstdint>

namespace entente::limits {

// Fewer layers than these are as quick by themselves. A flood of small uploads must not make the
// daemon fold after each.
inline constexpr std::size_t folded_layers_min = 4;
// How often the same layers are read before they are folded: whoever asks for each day of the past
// once must not have each folded.
inline constexpr std::uint32_t fold_asked_min = 3;
// Of all folds together: readers of many rights must not fill the memory with what each sees. One
// of thirty million observations fits.
inline constexpr std::size_t folds_bytes_max = 80 << 20;
// Sets of layers that wait to be folded, and that are counted: the same readers must not fill
// these.
inline constexpr std::size_t folds_waiting_max = 16;
inline constexpr std::size_t folds_counted_max = 1'024;
// Layers of which it is kept who is shown them, some 130 bytes each, in all: readers of many
// rights, and of many dataflows, must not fill the memory with lists of what each sees.
inline constexpr std::size_t sights_layers_max = 100'000;

}  // namespace entente::limits
