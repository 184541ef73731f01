#include "proto/contract/text.h"

#include <algorithm>

#include "proto/contract/bytes.h"

namespace entente {
namespace {

constexpr std::size_t kTagBytesMax = 35;  // RFC 5646 section 4.4.1

}  // namespace

// Unicode's Bidi_Control, and its line ends (Trojan Source, CVE-2021-42574).
bool steers(char32_t point) {
  return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c || point == 0x200e ||
         point == 0x200f || (point >= 0x2028 && point <= 0x202e) ||
         (point >= 0x2066 && point <= 0x2069);
}

char32_t next_point(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  if (lead < 0x80) return lead;
  const int follow = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
  char32_t point = lead & (0x3fU >> follow);
  for (int i = 0; i < follow; ++i)
    point = point << 6 | (static_cast<unsigned char>(text[at++]) & 0x3fU);
  return point;
}

bool is_plain(std::string_view text) {
  if (!is_utf8(text)) return false;
  for (std::size_t at = 0; at < text.size();) {
    if (steers(next_point(text, at))) return false;
  }
  return true;
}

bool is_plain_lines(std::string_view text) {
  if (!is_utf8(text)) return false;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t point = next_point(text, at);
    if (point != '\n' && point != '\t' && steers(point)) return false;
  }
  return true;
}

bool is_language_tag(std::string_view tag) {
  return tag.size() >= 2 && tag.size() <= kTagBytesMax &&
         std::all_of(tag.begin(), tag.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-';
         });
}

}  // namespace entente
