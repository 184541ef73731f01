// What limits.h is for everything, for meetings: each limit named, in its unit, with the attack
// that it stops.
#pragma once

#include <cstddef>
#include <cstdint>

namespace entente::limits {

inline constexpr std::size_t agenda_items_max = 200;    // of one meeting: its row
inline constexpr std::size_t item_documents_max = 64;   // of one item
inline constexpr std::size_t meeting_labels_max = 64;   // topics of one meeting
inline constexpr std::size_t meeting_chairs_max = 8;    // of one meeting
inline constexpr std::size_t participants_max = 2'000;  // asked or registered
inline constexpr std::uint32_t meeting_days_max =
    366;                                       // a meeting without end: its calendar's rows
inline constexpr int meeting_year_min = 1985;  // a year whose calendar nobody can make:
inline constexpr int meeting_year_max = 2099;  //   zones are known from here to there
inline constexpr std::uint32_t item_minutes_max = 24 * 60;
inline constexpr std::size_t zone_name_bytes_max = 64;          // a path in place of a zone
inline constexpr std::size_t zone_file_bytes_max = 256 * 1024;  // a file that is no zone
inline constexpr std::size_t zones_kept_max = 600;  // read and kept: more than there are
inline constexpr std::size_t participant_name_bytes_max = 256;

}  // namespace entente::limits
