// Limits of structure messages, beside limits.h: named, in their units, with the attack that each
// stops.
#pragma once

#include <cstddef>

namespace entente::limits {

inline constexpr std::size_t structure_message_bytes_max = 4 << 20;  // read into a tree: memory
inline constexpr std::size_t structure_nodes_max =
    1 << 18;  // elements, attributes and values of a message: a tree of `[0,0,0...]`
inline constexpr std::size_t structure_depth_max = 32;     // nested XML and JSON (stack)
inline constexpr std::size_t structure_lists_max = 1'000;  // things left out that a reply names

}  // namespace entente::limits
