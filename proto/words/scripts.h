// Which scripts put no blank between words. Any thread.
#pragma once

#include <unicode/uchar.h>
#include <unicode/uscript.h>

namespace entente::words {

// Whether a character is a word by itself, as those of such scripts are.
[[nodiscard]] inline bool stands_alone(UChar32 point) {
  UErrorCode error = U_ZERO_ERROR;
  switch (uscript_getScript(point, &error)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR:
      return true;
    default:
      return false;
  }
}

}  // namespace entente::words
