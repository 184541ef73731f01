#include "proto/words/passage.h"

#include <algorithm>

#include "proto/contract/limits_search.h"

namespace entente::words {
namespace {

constexpr std::string_view kMore = "\u2026";

// On one line, and without what would steer a terminal.
std::string on_one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte != 0x7f)
      out += c;
    else if (out.empty() || out.back() != ' ')
      out += ' ';
  }
  return out;
}

void add(v1::Passage& passage, std::string text, bool fits) {
  if (text.empty()) return;
  v1::Passage::Part& part = *passage.add_parts();
  part.set_text(std::move(text));
  part.set_fits(fits);
}

}  // namespace

Passages::Passages(const std::vector<Clause>& clauses) {
  for (const Clause& clause : clauses) {
    for (const Phrase& phrase : clause.must_not ? std::vector<Phrase>() : clause.any_of) {
      for (const Term& term : phrase) {
        terms_.insert(term.stems.begin(), term.stems.end());
        if (!term.prefix.empty()) prefixes_.push_back(term.prefix);
      }
    }
  }
}

bool Passages::fits(const std::string& term) const {
  return terms_.count(term) != 0 ||
         std::any_of(prefixes_.begin(), prefixes_.end(),
                     [&](const std::string& prefix) { return term.starts_with(prefix); });
}

std::size_t Passages::mark(const Said& said, bool from_start, Stems& stems,
                           v1::Passage& passage) const {
  passage.set_language(said.language);
  const std::string_view text = said.text;
  std::set<std::string> fitting;
  std::size_t done = 0;
  std::size_t end = 0;
  std::size_t words = 0;
  each_word(text, [&](const Word& word) {
    if (++words > limits::search_passage_words) return false;
    if (words == 1) done = from_start ? 0 : word.begin;
    end = word.end;
    const std::string term(stems.of(word.text, said.language));
    if (!fits(term)) return true;
    fitting.insert(term);
    add(passage, on_one_line(text.substr(done, word.begin - done)), false);
    add(passage, std::string(text.substr(word.begin, word.end - word.begin)), true);
    done = word.end;
    return true;
  });
  const bool more = words > limits::search_passage_words;
  add(passage, on_one_line(more ? text.substr(done, end - done) : text.substr(done)), false);
  if (more) add(passage, std::string(kMore), false);
  if (!from_start && passage.parts_size() != 0) {
    v1::Passage::Part& first = *passage.mutable_parts(0);
    if (!first.fits()) first.set_text(std::string(kMore) + first.text());
  }
  return fitting.size();
}

void Passages::mark_best(const std::vector<Said>& texts, Stems& stems,
                         v1::SearchReply::Found& found) const {
  std::size_t best = 0;
  for (const Said& said : texts) {
    v1::Passage passage;
    const std::size_t fitting = mark(said, /*from_start=*/true, stems, passage);
    if (fitting <= best) continue;
    best = fitting;
    *found.mutable_passage() = std::move(passage);
  }
}

}  // namespace entente::words
