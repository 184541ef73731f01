// What limits.h is for everything, for notices: each limit named, in its unit, with the attack that
// it stops.
#pragma once

#include <cstddef>
#include <cstdint>

namespace entente::limits {

inline constexpr std::uint32_t mail_connect_ms_max = 10'000;  // a relay that does not answer
inline constexpr std::uint32_t mail_letter_ms_max = 60'000;   // one that takes a byte an hour
inline constexpr std::uint32_t mail_pause_s_min = 5;  // a relay that is down, asked too often
inline constexpr std::uint32_t mail_pause_s_max = 900;
inline constexpr std::uint32_t mail_tried_for_s_max = 3 * 86'400;  // letters that wait for ever
inline constexpr std::size_t digest_lines_max = 50;             // a mail of a thousand circulations
inline constexpr std::size_t notice_place_bytes_max = 1 << 20;  // a file that is not ours
inline constexpr std::size_t notices_open_max = 10'000;         // embargoes set to run for ever
inline constexpr std::size_t notice_changes_max = 32;           // settings turned to and fro

}  // namespace entente::limits
