// What limits.h is for everything, for documents: each limit named, in its unit, with the attack
// that it stops.
#pragma once

#include <cstddef>
#include <cstdint>

namespace entente::limits {

inline constexpr std::uint64_t content_bytes_max = 4ULL << 30;  // a disk filled by one file
inline constexpr std::size_t content_piece_bytes_max = 2 << 20;
inline constexpr std::size_t content_chunk_bytes = 256 * 1024;  // a transfer's memory
inline constexpr std::size_t contents_under_way_max = 64;       // keys and rows of what never ends
inline constexpr std::size_t contents_per_account_max = 8;      //   of which one account's
inline constexpr std::size_t contents_per_party_max = 16;       //   and one party's: others wait
inline constexpr std::uint32_t content_idle_ms_max = 600'000;   // an uploader that stalls
inline constexpr std::size_t contents_max = 16;         // languages of one document: its row
inline constexpr std::size_t document_labels_max = 64;  // topics, and countries, of one document
inline constexpr std::size_t file_name_bytes_max = 255;
inline constexpr std::size_t media_type_bytes_max = 127;
inline constexpr std::uint64_t marked_pdf_bytes_max = 128ULL << 20;  // memory of one marking
inline constexpr std::uint64_t marking_memory_bytes_max =
    1ULL << 30;  // a PDF that unpacks without end: address space of the helper
inline constexpr std::uint32_t marking_ms_max = 20'000;  // a PDF whose objects refer in circles
inline constexpr std::uint32_t marking_cpu_s_max = 15;   //   the same, of the processor
inline constexpr std::size_t markings_max = 2;           // helpers at once
inline constexpr std::size_t markings_waiting_max = 32;
inline constexpr std::uint32_t reading_good_s_max = 86'400;  // a copy fetched for ever
inline constexpr std::size_t circulated_documents_max = 64;  // of one circulation
inline constexpr std::size_t responses_max = 10'000;         // to one circulation
inline constexpr std::uint32_t retention_days_min = 30;      // nothing goes before it was listed
inline constexpr std::uint32_t retention_days_max = 36'500;
inline constexpr std::uint32_t retention_told_days_default = 90;
inline constexpr std::size_t retention_told_max = 1'000;               // a reply's length
inline constexpr std::size_t retention_destroyed_at_once_max = 1'000;  // a minute's work
inline constexpr std::size_t hours_at_once_max = 64;     // a look's work, some five a second
inline constexpr std::size_t because_bytes_max = 1'024;  // why it was withdrawn

}  // namespace entente::limits
