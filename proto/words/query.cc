#include "proto/words/query.h"

#include "proto/contract/bytes.h"
#include "proto/contract/limits_search.h"

namespace entente::words {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// Whether `text` begins with a mark of quotation; how many bytes it has.
std::size_t quotes(std::string_view text) {
  for (const std::string_view mark : {"\"", "\u201c", "\u201d", "\u201e", "\u00ab", "\u00bb"}) {
    if (text.starts_with(mark)) return mark.size();
  }
  return 0;
}

// A piece of a query: what stands between blanks, or between marks of quotation.
struct Piece {
  std::string_view text;
  bool quoted = false;
  bool must_not = false;
};

Piece next_piece(std::string_view& rest) {
  Piece piece;
  if (rest.size() > 1 && (rest.front() == '-' || rest.front() == '+')) {
    piece.must_not = rest.front() == '-';
    rest.remove_prefix(1);
  }
  if (const std::size_t mark = quotes(rest)) {
    rest.remove_prefix(mark);
    std::size_t end = 0;
    while (end < rest.size() && quotes(rest.substr(end)) == 0) ++end;
    piece.quoted = true;
    piece.text = rest.substr(0, end);
    rest.remove_prefix(end);
    rest.remove_prefix(quotes(rest));
    return piece;
  }
  std::size_t end = 0;
  while (end < rest.size() && kBlanks.find(rest[end]) == std::string_view::npos &&
         quotes(rest.substr(end)) == 0) {
    ++end;
  }
  piece.text = rest.substr(0, end);
  rest.remove_prefix(end);
  return piece;
}

Phrase phrase_of(const Piece& piece, Stems& stems) {
  Phrase phrase;
  each_word(piece.text, [&](const Word& word) {
    Term term;
    term.said = word.text;
    term.stems = stems.all_of(word.text);
    phrase.push_back(std::move(term));
    return true;
  });
  if (!piece.quoted && phrase.size() == 1 && piece.text.ends_with('*')) {
    phrase.front().prefix = fold(phrase.front().said);
  }
  return phrase;
}

}  // namespace

Result<std::vector<Clause>> parse_query(std::string_view query, Stems& stems) {
  if (query.size() > limits::search_query_bytes_max || !is_utf8(query)) {
    return invalid_argument("query", "must be at most 512 bytes of UTF-8");
  }
  std::vector<Clause> clauses;
  std::size_t words = 0;
  bool either = false;  // `OR` was the last piece
  for (;;) {
    const std::size_t begin = query.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) break;
    query.remove_prefix(begin);
    const Piece piece = next_piece(query);
    if (!piece.quoted && piece.text == "OR") {
      either = !clauses.empty();
      continue;
    }
    Phrase phrase = phrase_of(piece, stems);
    if (phrase.empty()) continue;
    words += phrase.size();
    if (words > limits::search_words_max) {
      return invalid_argument("query", "must be at most 32 words");
    }
    if (either && !piece.must_not && !clauses.back().must_not) {
      clauses.back().any_of.push_back(std::move(phrase));
    } else {
      clauses.push_back({.any_of = {std::move(phrase)}, .must_not = piece.must_not});
    }
    either = false;
  }
  return clauses;
}

}  // namespace entente::words
