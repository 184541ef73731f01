// A text as words, and a word as the forms by which it is found. Words are runs of letters and
// digits, in lower case, without accents; where a script puts no blanks between words, each of its
// characters is one. Stems are Snowball's, and stop here. The server searches by this what it may
// read, and a reader's own client what is sealed.
//
// One thread at a time: stemmers keep what they made last. Nothing here knows a document.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proto/words/terms.h"

namespace entente::words {

// Some words, in a language.
struct Said {
  std::string language;
  std::string text;
};

// A word and where it stands, in bytes; `text` is in lower case, with its accents.
struct Word {
  std::string_view text;
  std::size_t begin = 0;
  std::size_t end = 0;
};
// Visits the words of a text in their order, until `visit` answers false. What is no UTF-8 is no
// letter. The view is good for the visit.
void each_word(std::string_view text, const std::function<bool(const Word&)>& visit);

// Without accents, compatibility forms made plain: `réunion` as `reunion`, `ﬁ` as `f`.
[[nodiscard]] std::string fold(std::string_view word);

class Stems {
 public:
  Stems();
  ~Stems();
  Stems(const Stems&) = delete;
  Stems& operator=(const Stems&) = delete;

  // What a word of a text in `language` (BCP 47) is indexed by. Good until the next call.
  [[nodiscard]] std::string_view of(std::string_view word, std::string_view language) {
    return text(number(word, language));
  }
  // The same as a number, which stands for one text until the next forget().
  [[nodiscard]] std::uint32_t number(std::string_view word, std::string_view language);
  [[nodiscard]] std::string_view text(std::uint32_t number) const { return stems_.text(number); }
  // All that it may be indexed by, whatever the language of the text: what a query asks for.
  // Without repeats.
  [[nodiscard]] std::vector<std::string> all_of(std::string_view word);
  // Whose numbers these are: no two that differ in theirs have the same, for as long as it is held.
  using Numbering = std::shared_ptr<const bool>;
  [[nodiscard]] const Numbering& numbering() const { return numbering_; }
  // Lets go of every word that it has seen.
  void forget();
  // Whether it has seen so many that it should.
  [[nodiscard]] bool is_full() const;

 private:
  struct Language;
  [[nodiscard]] Language& language(std::string_view tag);
  std::vector<std::unique_ptr<Language>> languages_;  // the last stems nothing
  Terms stems_;
  Numbering numbering_ = std::make_shared<const bool>();
};

}  // namespace entente::words
