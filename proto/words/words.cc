#include "proto/words/words.h"

#include <libstemmer.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "proto/contract/limits_search.h"
#include "proto/contract/status.h"
#include "proto/words/scripts.h"

namespace entente::words {
namespace {

constexpr UChar32 kPlane = 0x10000;         // what is looked up once; all else is no letter
constexpr std::size_t kKnownMax = 500'000;  // stems that are kept

enum class Sort : std::uint8_t { Separator, Letter, Mark, Alone };

struct Character {
  Sort sort = Sort::Separator;
  std::uint16_t lower = 0;
  std::uint16_t base = 0;  // without accents
};

std::uint16_t base_of(UChar32 point, const icu::Normalizer2& decompose) {
  icu::UnicodeString parts;
  if (!decompose.getDecomposition(point, parts)) return static_cast<std::uint16_t>(point);
  for (std::int32_t at = 0; at < parts.length(); ++at) {
    const UChar32 part = u_tolower(parts.charAt(at));
    if (u_isalnum(part)) return static_cast<std::uint16_t>(part);
  }
  return static_cast<std::uint16_t>(point);
}

Character character(UChar32 point, const icu::Normalizer2& decompose) {
  Character one;
  const auto type = u_charType(point);
  if (type == U_NON_SPACING_MARK || point == 0xad || point == 0x200c || point == 0x200d) {
    one.sort = Sort::Mark;  // also soft hyphens and joiners: they part no word
  } else if (u_isalnum(point)) {
    one.sort = stands_alone(point) ? Sort::Alone : Sort::Letter;
    one.lower = static_cast<std::uint16_t>(u_tolower(point));
    one.base = base_of(one.lower, decompose);
  }
  return one;
}

const std::vector<Character>& characters() {
  static const std::vector<Character> all = [] {
    UErrorCode error = U_ZERO_ERROR;
    const icu::Normalizer2* decompose = icu::Normalizer2::getNFKDInstance(error);
    ENTENTE_CHECK(U_SUCCESS(error) && decompose != nullptr);
    std::vector<Character> made(kPlane);
    for (UChar32 point = 0; point < kPlane; ++point) {
      made[static_cast<std::size_t>(point)] = character(point, *decompose);
    }
    return made;
  }();
  return all;
}

void append(std::string& out, std::uint16_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xc0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 0x3f));
  } else {
    out += static_cast<char>(0xe0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (point & 0x3f));
  }
}

// The next code point; negative if there is none that is well formed.
UChar32 next_point(std::string_view text, std::size_t& at) {
  if (static_cast<unsigned char>(text[at]) < 0x80) return text[at++];
  auto place = static_cast<std::int32_t>(at);
  UChar32 point = 0;
  U8_NEXT(reinterpret_cast<const std::uint8_t*>(text.data()), place,
          static_cast<std::int32_t>(text.size()), point);
  at = static_cast<std::size_t>(place);
  return point;
}

}  // namespace

void each_word(std::string_view text, const std::function<bool(const Word&)>& visit) {
  const std::vector<Character>& known = characters();
  std::string word;
  Word found;
  const auto give = [&] {
    if (word.empty()) return true;
    found.text = word;
    const bool more = visit(found);
    word.clear();
    return more;
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const UChar32 point = next_point(text, at);
    const Character one =
        point >= 0 && point < kPlane ? known[static_cast<std::size_t>(point)] : Character();
    if (one.sort == Sort::Mark) {
      if (!word.empty()) found.end = at;
      continue;
    }
    const bool full = word.size() >= limits::indexed_word_bytes_max;
    if (one.sort != Sort::Letter || full) {
      if (!give()) return;
      if (one.sort == Sort::Separator) continue;
    }
    if (word.empty()) found.begin = begin;
    found.end = at;
    append(word, one.lower);
    if (one.sort == Sort::Alone && !give()) return;
  }
  give();
}

std::string fold(std::string_view word) {
  const std::vector<Character>& known = characters();
  std::string out;
  for (std::size_t at = 0; at < word.size();) {
    const UChar32 point = next_point(word, at);
    if (point < 0 || point >= kPlane) continue;
    const Character one = known[static_cast<std::size_t>(point)];
    if (one.sort == Sort::Letter || one.sort == Sort::Alone) append(out, one.base);
  }
  return out;
}

struct Stems::Language {
  explicit Language(const char* its_tag, const char* algorithm)
      : tag(its_tag),
        stemmer(algorithm == nullptr ? nullptr : ::sb_stemmer_new(algorithm, "UTF_8")) {
    ENTENTE_CHECK(algorithm == nullptr || stemmer != nullptr);
  }
  ~Language() {
    if (stemmer != nullptr) ::sb_stemmer_delete(stemmer);
  }
  Language(const Language&) = delete;
  Language& operator=(const Language&) = delete;

  [[nodiscard]] std::string stem(std::string_view word) const {
    if (stemmer == nullptr) return fold(word);
    const sb_symbol* out = ::sb_stemmer_stem(
        stemmer, reinterpret_cast<const sb_symbol*>(word.data()), static_cast<int>(word.size()));
    ENTENTE_CHECK(out != nullptr);  // no memory
    const std::string_view made(reinterpret_cast<const char*>(out),
                                static_cast<std::size_t>(::sb_stemmer_length(stemmer)));
    return fold(made.empty() ? word : made);
  }

  // Most of a text are few words: those met last are found within the processor's nearer caches,
  // where the table of all is not. Each has one place, by its hash.
  struct Met {
    std::uint32_t number = 0;
    std::uint8_t bytes = 0;  // 0: nothing is here
    std::array<char, 27> text{};
  };
  static constexpr std::size_t met_count = 4'096;

  // The number of a word, and of one that is new the next one.
  std::uint32_t word(std::string_view text) {
    const std::uint64_t hash = Terms::hash_of(text);
    Met& one = met[hash % met_count];
    if (one.bytes == text.size() && std::memcmp(one.text.data(), text.data(), text.size()) == 0) {
      return one.number;
    }
    const std::uint32_t number = words.number(text, hash);
    if (text.size() <= one.text.size()) {
      one.number = number;
      one.bytes = static_cast<std::uint8_t>(text.size());
      std::memcpy(one.text.data(), text.data(), text.size());
    }
    return number;
  }
  void forget() {
    if (words.size() == 0) return;  // most texts are in one language, and a clean table is large
    met.assign(met_count, Met());
    words = Terms();
    stems.clear();
  }

  std::string_view tag;
  sb_stemmer* stemmer;
  std::vector<Met> met = std::vector<Met>(met_count);
  Terms words;
  std::vector<std::uint32_t> stems;  // of each word
};

Stems::Stems() {
  constexpr auto kAlgorithms = std::to_array<std::pair<const char*, const char*>>({
      {"en", "english"},
      {"fr", "french"},
      {"es", "spanish"},
      {"ru", "russian"},
      {"de", "german"},
      {"ar", "arabic"},
      {"", nullptr},
  });
  for (const auto& [tag, algorithm] : kAlgorithms) {
    languages_.push_back(std::make_unique<Language>(tag, algorithm));
  }
}
Stems::~Stems() = default;

Stems::Language& Stems::language(std::string_view tag) {
  const std::string_view primary = tag.substr(0, tag.find('-'));
  for (const auto& one : languages_) {
    if (one->tag == primary) return *one;
  }
  return *languages_.back();
}

std::uint32_t Stems::number(std::string_view word, std::string_view language_tag) {
  Language& of = language(language_tag);
  const std::uint32_t known = of.word(word);
  if (known == of.stems.size()) of.stems.push_back(stems_.number(of.stem(word)));
  return of.stems[known];
}

void Stems::forget() {
  for (const auto& one : languages_) one->forget();
  stems_ = Terms();
  numbering_ = std::make_shared<const bool>();
}

bool Stems::is_full() const { return stems_.size() >= kKnownMax; }

std::vector<std::string> Stems::all_of(std::string_view word) {
  std::vector<std::string> all;
  // As it would be with its accents, and as it was typed without.
  for (const std::string& form : {std::string(word), fold(word)}) {
    for (const auto& one : languages_) all.push_back(one->stem(form));
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace entente::words
