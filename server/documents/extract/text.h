// What the helper that reads texts says of a document, and the text that it gathers: bounded,
// UTF-8. For one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "proto/contract/limits_search.h"

namespace entente::extract {

// How the helper ends. Its caller reads them and the store keeps them: never renumber.
enum class End : int {
  Read = 0,
  Failed = 1,     // the helper itself: no sandbox, no input
  Encrypted = 3,  // it asks for a password
  Broken = 4,     // of a kind that is read, but broken
  Unknown = 5,    // of no kind that is read
  Empty = 6,      // there is no text in it: a scan, perhaps
  Bomb = 7,       // it unpacks to more than a document has
};

// What was gathered so far.
class Text {
 public:
  // False: it is full, and nothing more is taken.
  bool add(std::string_view utf8) {
    const std::size_t room = limits::extracted_bytes_max - gathered_.size();
    std::size_t some = utf8.size();
    if (some > room) {
      some = room;
      // Not through the middle of a character.
      while (some > 0 && (static_cast<unsigned char>(utf8[some]) & 0xc0U) == 0x80) --some;
      full_ = true;
    }
    gathered_.append(utf8.substr(0, some));
    return !full_;
  }
  [[nodiscard]] bool full() const { return full_; }
  [[nodiscard]] const std::string& gathered() const { return gathered_; }
  [[nodiscard]] bool is_blank() const {
    return gathered_.find_first_not_of(" \t\r\n\f") == std::string::npos;
  }

 private:
  std::string gathered_;
  bool full_ = false;
};

// --- what it is, by its first bytes ---

inline constexpr std::size_t looked_at_bytes = 16 << 10;

[[nodiscard]] inline bool is_pdf(std::string_view bytes) {
  return bytes.substr(0, 1024).find("%PDF-") != std::string_view::npos;
}
[[nodiscard]] inline bool is_packed(std::string_view bytes) {
  return bytes.starts_with("PK\x03\x04");
}
[[nodiscard]] inline bool is_utf16(std::string_view bytes) {
  return bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff");
}
// Control characters that no text has, in hundredths of its beginning.
[[nodiscard]] inline bool looks_binary(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, looked_at_bytes);
  const auto odd = std::count_if(head.begin(), head.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f';
  });
  return static_cast<std::size_t>(odd) * 100 > head.size();
}
// Whether text can be read of what begins so; if not, reading it would answer End::Unknown.
[[nodiscard]] inline bool may_have_text(std::string_view bytes) {
  return is_pdf(bytes) || is_packed(bytes) || is_utf16(bytes) || !looks_binary(bytes);
}

}  // namespace entente::extract
