// What the helper that reads texts says of a document, and the text that it gathers: bounded,
// UTF-8. For one thread.
#pragma once

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

}  // namespace entente::extract
