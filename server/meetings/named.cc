#include "server/meetings/named.h"

#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <optional>
#include <set>

#include "proto/words/scripts.h"

namespace entente::meetings {
namespace {

using words::stands_alone;
using Kind = v1::Finding;

constexpr std::string_view adjectives =
#include "adjectives.inc"
    ;
// How many characters may follow a stem: the endings of a declension.
constexpr std::int32_t kEndingMax = 4;
constexpr std::size_t kStemKey = 3;

std::string utf8(const icu::UnicodeString& text) {
  std::string out;
  text.toUTF8String(out);
  return out;
}

icu::UnicodeString unicode(std::string_view text) {
  return icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
}

// Without case, accents and other marks.
icu::UnicodeString folded(const icu::UnicodeString& text) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* const parts = icu::Normalizer2::getNFKDInstance(error);
  icu::UnicodeString out;
  if (U_FAILURE(error)) return out;
  icu::UnicodeString apart = parts->normalize(text, error);
  apart.foldCase();
  for (std::int32_t i = 0; i < apart.length();) {
    const UChar32 c = apart.char32At(i);
    i += U16_LENGTH(c);
    if (u_charType(c) != U_NON_SPACING_MARK && c != 0x640) out.append(c);  // nor Arabic's tatweel
  }
  return out;
}

bool is_mark(UChar32 c) {
  return (U_GET_GC_MASK(c) & (U_GC_MN_MASK | U_GC_MC_MASK | U_GC_ME_MASK)) != 0;
}

struct Word {
  std::int32_t begin = 0;
  std::int32_t end = 0;
  std::string folded;
  bool capital = true;  // begins with one, or its script has none
  bool upper = true;
};

std::vector<Word> words_in(const icu::UnicodeString& text) {
  std::vector<Word> words;
  for (std::int32_t i = 0; i < text.length();) {
    const UChar32 c = text.char32At(i);
    if (!u_isalnum(c)) {
      i += U16_LENGTH(c);
      continue;
    }
    Word word{.begin = i, .end = i, .folded = {}};
    word.capital = !u_islower(c);
    while (i < text.length()) {
      const UChar32 next = text.char32At(i);
      if (!u_isalnum(next) && !is_mark(next)) break;
      if (i != word.begin && stands_alone(next) && !is_mark(next)) break;
      word.upper = word.upper && !u_islower(next);
      i += U16_LENGTH(next);
      if (stands_alone(next)) break;
    }
    word.end = i;
    word.folded = utf8(folded(text.tempSubStringBetween(word.begin, word.end)));
    words.push_back(std::move(word));
  }
  return words;
}

// The first characters of a word, by which patterns are found.
std::string key_of(std::string_view word) {
  std::size_t at = 0;
  for (std::size_t n = 0; n < kStemKey && at < word.size(); ++n) {
    do {
      ++at;
    } while (at < word.size() && (static_cast<unsigned char>(word[at]) & 0xc0U) == 0x80U);
  }
  return std::string(word.substr(0, at));
}

bool goes_on(const std::string& word, const std::string& stem) {
  if (!word.starts_with(stem)) return false;
  return unicode(word).countChar32() - unicode(stem).countChar32() <= kEndingMax;
}

// What may be written together before a name in Arabic: `and`, `in`, `for`, the article.
std::vector<std::string> without_prefixes(const std::string& word) {
  std::vector<std::string> all = {word};
  for (const char* prefix : {"وال", "بال", "فال", "كال", "لل", "ال", "و", "ب", "ل", "ف"}) {
    const std::string_view text(prefix);
    if (word.size() > text.size() + 4 && word.starts_with(text)) {
      all.push_back(word.substr(text.size()));
    }
  }
  return all;
}

// Whether the name stands at that place of a line. In a heading all is in capitals: there `IT` may
// be a word.
bool stands(const NameFinder::Pattern& pattern, const std::vector<Word>& words, std::size_t at,
            bool heading) {
  if (at + pattern.words.size() > words.size()) return false;
  if (pattern.capital && !words[at].capital) return false;
  if (pattern.upper && (!words[at].upper || (heading && words.size() > 1))) return false;
  for (std::size_t i = 0; i < pattern.words.size(); ++i) {
    const bool last = i + 1 == pattern.words.size();
    const std::string bare = without_prefixes(pattern.words[i]).back();
    const std::vector<std::string> forms = without_prefixes(words[at + i].folded);
    const bool fits = std::any_of(forms.begin(), forms.end(), [&](const std::string& form) {
      return form == pattern.words[i] || form == bare ||
             (last && pattern.begins && goes_on(form, pattern.words[i]));
    });
    if (!fits) return false;
  }
  return true;
}

bool is_cyrillic(const icu::UnicodeString& text) {
  return text.length() != 0 &&
         u_getIntPropertyValue(text.char32At(0), UCHAR_SCRIPT) == USCRIPT_CYRILLIC;
}

// A country's name in Russian bends at its end.
std::string bent(const std::string& name) {
  icu::UnicodeString text = unicode(name);
  if (!is_cyrillic(text) || text.indexOf(static_cast<UChar>(' ')) >= 0) return name;
  static const icu::UnicodeString endings = unicode("аяыийоейь");
  while (text.length() > 4 && endings.indexOf(text.charAt(text.length() - 1)) >= 0) {
    text.truncate(text.length() - 1);
  }
  return utf8(text) + "*";
}

}  // namespace

std::vector<Named> names_of_countries(const std::vector<std::string>& languages) {
  std::set<std::string> tongues(languages.begin(), languages.end());
  tongues.insert({"en", "fr", "es", "ru", "ar", "de"});
  std::vector<Named> names;
  for (const char* const* code = icu::Locale::getISOCountries(); *code != nullptr; ++code) {
    const icu::Locale country("", *code);
    const std::string of = std::string("parties/") + country.getISO3Country();
    names.push_back({.text = *code, .kind = Kind::CODE, .of = of});
    names.push_back({.text = country.getISO3Country(), .kind = Kind::CODE, .of = of});
    for (const std::string& tongue : tongues) {
      icu::UnicodeString name;
      country.getDisplayCountry(icu::Locale(tongue.c_str()), name);
      if (name.length() > 2)
        names.push_back({.text = bent(utf8(name)), .kind = Kind::PARTY, .of = of});
    }
  }
  // `SWE Swedish Swede*`
  for (std::string_view rest = adjectives; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.size() < 5 || line.front() == '#') continue;
    const std::string of = "parties/" + std::string(line.substr(0, 3));
    for (line.remove_prefix(4); !line.empty();) {
      const std::size_t blank = std::min(line.find(' '), line.size());
      std::string word(line.substr(0, blank));
      std::replace(word.begin(), word.end(), '_', ' ');
      names.push_back({.text = std::move(word), .kind = Kind::ADJECTIVE, .of = of});
      line.remove_prefix(std::min(blank + 1, line.size()));
    }
  }
  return names;
}

std::vector<Named> names_of_person(std::string_view name, const std::string& of) {
  std::vector<Named> names = {{.text = std::string(name), .kind = Kind::PERSON, .of = of}};
  const icu::UnicodeString text = unicode(name);
  for (const Word& word : words_in(text)) {
    // Neither an initial nor `de`, `van`, `bin`.
    if (!word.capital || word.end - word.begin < 3) continue;
    names.push_back({.text = utf8(text.tempSubStringBetween(word.begin, word.end)),
                     .kind = Kind::PERSON,
                     .of = of});
  }
  return names;
}

NameFinder::NameFinder(const std::vector<Named>& names) {
  for (const Named& one : names) {
    Pattern pattern{.words = {}, .begins = one.text.ends_with('*'), .kind = one.kind, .of = one.of};
    const icu::UnicodeString text = unicode(one.text);
    for (const Word& word : words_in(text)) {
      if (pattern.words.empty()) {
        pattern.capital = u_isupper(text.char32At(word.begin)) != 0;
        pattern.upper = one.kind == Kind::CODE;
      }
      pattern.words.push_back(word.folded);
    }
    if (pattern.words.empty()) continue;
    std::vector<Pattern>& alike = patterns_[key_of(pattern.words.front())];
    const bool known = std::any_of(alike.begin(), alike.end(), [&](const Pattern& other) {
      return other.words == pattern.words && other.begins == pattern.begins &&
             other.kind == pattern.kind;
    });
    if (!known) alike.push_back(std::move(pattern));
  }
  for (auto& [key, alike] : patterns_) {
    std::stable_sort(alike.begin(), alike.end(), [](const Pattern& a, const Pattern& b) {
      return a.words.size() > b.words.size();
    });
  }
}

// The longest of those that match.
const NameFinder::Pattern* NameFinder::best(
    std::string_view word, const std::function<bool(const Pattern&)>& matches) const {
  for (const std::string& form : without_prefixes(std::string(word))) {
    for (const std::string& key : {key_of(form), key_of("ال" + form)}) {
      const auto alike = patterns_.find(key);
      if (alike == patterns_.end()) continue;
      for (const Pattern& pattern : alike->second) {
        if (matches(pattern)) return &pattern;
      }
    }
  }
  return nullptr;
}

std::vector<NameFinder::Place> NameFinder::find(std::string_view text, std::size_t max) const {
  std::vector<Place> places;
  std::uint32_t number = 0;
  for (std::string_view rest = text; !rest.empty() && places.size() < max;) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line_text = rest.substr(0, end);
    const icu::UnicodeString line = unicode(line_text);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++number;
    const std::vector<Word> words = words_in(line);
    const bool heading =
        std::all_of(words.begin(), words.end(), [](const Word& word) { return word.upper; });
    for (std::size_t at = 0; at < words.size() && places.size() < max;) {
      const Pattern* const found = best(words[at].folded, [&](const Pattern& pattern) {
        return stands(pattern, words, at, heading);
      });
      if (found == nullptr) {
        ++at;
        continue;
      }
      const Word& first = words[at];
      const Word& last = words[at + found->words.size() - 1];
      places.push_back({.line = number,
                        .column = static_cast<std::uint32_t>(line.countChar32(0, first.begin)) + 1,
                        .word = utf8(line.tempSubStringBetween(first.begin, last.end)),
                        .line_text = std::string(line_text),
                        .kind = found->kind,
                        .of = found->of});
      at += found->words.size();
    }
  }
  return places;
}

}  // namespace entente::meetings
