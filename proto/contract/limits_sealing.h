// What limits.h is for everything, for what is sealed end to end: each limit named, in its unit,
// with the attack that it stops.
#pragma once

#include <cstddef>
#include <cstdint>

namespace entente::limits {

inline constexpr std::size_t sealed_chunk_bytes = 64 * 1024;      // memory of who opens, and seeks
inline constexpr std::size_t sealed_manifest_bytes_max = 65'536;  // a parser fed with megabytes
inline constexpr std::size_t envelope_bytes_max = 131'072;        // rows without end
inline constexpr std::size_t envelope_recipients_max = 500;       // key agreements without end
inline constexpr std::size_t envelopes_per_content_max = 256;     // shared on for ever
inline constexpr std::size_t envelopes_page_max = 16;             // one answer's size
inline constexpr std::size_t consents_per_document_max = 128;     // asked without end
inline constexpr std::size_t consents_listed_max = 200;           // one answer's size

}  // namespace entente::limits
