#include "server/directory/fold.h"

#include <unicode/translit.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <memory>

#include "proto/contract/status.h"

namespace entente::directory {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Letters and digits stay; every run of anything else is one blank.
std::string ascii_words(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool keeps = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (keeps)
      out += upper ? static_cast<char>(c - 'A' + 'a') : c;
    else if (c != '\'' && !out.empty() && out.back() != ' ')
      out += ' ';
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// A Transliterator's use changes it, so each thread has its own; making one costs milliseconds.
const icu::Transliterator& to_latin() {
  thread_local const std::unique_ptr<icu::Transliterator> made = [] {
    UErrorCode error = U_ZERO_ERROR;
    std::unique_ptr<icu::Transliterator> latin(icu::Transliterator::createInstance(
        // Greek as the United Nations romanize it: Ελένη is Eleni, as its bearer writes it.
        "Greek-Latin/UNGEGN; Any-Latin; NFD; [:M:] Remove; NFC; Latin-ASCII; Lower", UTRANS_FORWARD,
        error));
    ENTENTE_CHECK(U_SUCCESS(error) && latin != nullptr);
    return latin;
  }();
  return *made;
}

void add_words(std::string_view text, std::vector<std::string>& out) {
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (!word.empty()) out.emplace_back(word);
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
}

}  // namespace

std::string fold(std::string_view text) {
  if (is_ascii(text)) return ascii_words(text);
  icu::UnicodeString unicode = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
  to_latin().transliterate(unicode);
  std::string latin;
  unicode.toUTF8String(latin);
  return ascii_words(latin);
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  add_words(fold(text), words);
  if (!is_ascii(text)) {
    std::string own;
    icu::UnicodeString::fromUTF8(
        icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())))
        .toLower()
        .toUTF8String(own);
    add_words(own, words);
  }
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

}  // namespace entente::directory
