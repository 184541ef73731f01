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

inline constexpr std::size_t record_text_bytes_max = 256 * 1024;  // in one language
inline constexpr std::size_t outcomes_max = 64;                   // of one meeting
inline constexpr std::size_t findings_max = 1'000;                // an answer as long as the text
inline constexpr std::size_t set_aside_bytes_max = 1'024;         // why
inline constexpr std::uint32_t record_comments_max = 5'000;       // rows of one record
inline constexpr std::size_t calendar_meetings_max = 2'000;       // a calendar without end

}  // namespace entente::limits
