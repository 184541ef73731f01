// limits.h for what uploads are read by: apart, because it is wanted in few places and limits.h
// everywhere.
#pragma once

#include <cstddef>

#include "proto/contract/limits.h"

namespace entente::limits {

inline constexpr std::size_t upload_depth_max = 32;        // nested XML and JSON (stack)
inline constexpr std::size_t upload_groups_max = 1 << 16;  // groups of one data set: memory
inline constexpr std::size_t upload_references_max = 16;   // structures that one message names
inline constexpr std::size_t upload_held_bytes_max =
    32 << 20;  // figures that stand before their structure, codes of a message: memory
inline constexpr std::size_t mapping_columns_max = 128;  // of a mapping: a table of endless columns
inline constexpr std::size_t mapping_values_max = 10'000;     // texts that a mapping translates
inline constexpr std::size_t mapping_bytes_max = 512 * 1024;  // one mapping in the store
inline constexpr std::size_t mappings_max = 64;               // of one party for one dataflow

}  // namespace entente::limits
