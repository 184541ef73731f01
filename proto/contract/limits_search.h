// What limits.h is for everything, for searching and for the reading of texts: each limit named, in
// its unit, with the attack that it stops.
#pragma once

#include <cstddef>
#include <cstdint>

namespace entente::limits {

// --- a search ---

inline constexpr std::size_t search_query_bytes_max = 512;
inline constexpr std::size_t search_words_max = 32;         // a query that walks the whole index
inline constexpr std::size_t search_expansions_max = 64;    // of `a*`: of its words, in one index
inline constexpr std::uint32_t search_skip_max = 10'000;    // pages fetched for ever
inline constexpr std::size_t search_facet_values_max = 50;  // a reply's length
inline constexpr std::size_t search_passage_words = 40;

// --- at the reader's own client ---

inline constexpr std::uint64_t own_searched_bytes_max = 32ULL << 20;  // memory, of what is sealed

// --- a text that is read for it ---

inline constexpr std::uint64_t extracted_from_bytes_max = 128ULL << 20;  // memory of the helper
inline constexpr std::size_t extracted_bytes_max = 8ULL << 20;  // a text that unpacks without end
inline constexpr std::uint64_t extracting_memory_bytes_max = 1ULL << 30;  //   the same
inline constexpr std::uint32_t extracting_cpu_s_max = 20;   // a PDF whose objects refer in circles
inline constexpr std::uint32_t extracting_ms_max = 30'000;  //   the same, by the clock
inline constexpr std::size_t unpacked_part_bytes_max = 64ULL << 20;  // a zip bomb, of XML
inline constexpr std::size_t packed_parts_max = 4'096;               // a directory without end
inline constexpr std::size_t xml_depth_max = 256;          // elements within elements, without end
inline constexpr std::size_t text_piece_words = 1'024;     // what a passage is read from
inline constexpr std::size_t indexed_word_bytes_max = 64;  // a word without end
inline constexpr std::size_t index_words_max = 1'000'000;  // of one text

}  // namespace entente::limits
