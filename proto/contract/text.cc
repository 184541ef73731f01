#include "proto/contract/text.h"

#include <algorithm>

#include "proto/contract/bytes.h"

namespace entente {
namespace {

constexpr std::size_t kTagBytesMax = 35;  // RFC 5646 section 4.4.1

// Code points that turn a line round, or hide in one (Unicode's Bidi_Control and line ends).
bool steers(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  if (byte(at) < 0x20 || byte(at) == 0x7f) return true;
  if (byte(at) == 0xc2) return byte(at + 1) < 0xa0;   // C1
  if (byte(at) == 0xd8) return byte(at + 1) == 0x9c;  // U+061C
  if (byte(at) == 0xe2 && byte(at + 1) == 0x80) {
    return byte(at + 2) == 0x8e || byte(at + 2) == 0x8f ||  // U+200E, 200F
           (byte(at + 2) >= 0xa8 && byte(at + 2) <= 0xae);  // U+2028 to 202E
  }
  return byte(at) == 0xe2 && byte(at + 1) == 0x81 && byte(at + 2) >= 0xa6 && byte(at + 2) <= 0xa9;
}

}  // namespace

bool is_plain(std::string_view text) {
  if (!is_utf8(text)) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (steers(text, i)) return false;
  }
  return true;
}

bool is_plain_lines(std::string_view text) {
  if (!is_utf8(text)) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\n' && text[i] != '\t' && steers(text, i)) return false;
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
