// What stands under one guard, by its words: for each term the objects that it stands in and where.
// Small enough to be walked whole: a search reads each of its terms' lists once, and estimates
// nothing.
//
// Threads: read by any; changed by one, with nobody reading (the index's lock).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/words/query.h"
#include "server/policy/policy.h"

namespace entente::documents::search {

// How words are told apart and asked for: proto/words.
using words::Clause;
using words::each_word;
using words::parse_query;
using words::Phrase;
using words::Said;
using words::Stems;
using words::Term;
using words::Terms;
using words::Word;

// What one object is found by. `labels` are what filters and facets name: `kind/STUDY`.
struct Indexable {
  std::string name;
  policy::Guard guard;
  std::vector<Said> words;  // title, abstract, topics: weigh more
  std::vector<Said> texts;
  std::vector<std::string> labels;
  std::int64_t came_at_us = 0;
};

// Where in an object something stands: the n-th word of its n-th text.
struct Place {
  std::uint32_t text = 0;
  std::uint32_t word = 0;
};

// An object taken apart: its terms, and where each stands. Made before the index is locked.
struct Taken {
  struct Term {
    std::string_view text;         // as good as its stems'
    std::uint32_t number = 0;      // in `numbering`
    std::uint32_t places_end = 0;  // behind the last of its places; the first is behind the last's
  };
  Stems::Numbering numbering;
  std::vector<Term> terms;             // in the order of their first standing
  std::vector<std::uint32_t> places;   // term by term, each going up
  std::vector<std::string> spellings;  // of its `words`, as written
  std::uint32_t length = 0;            // in words
};
[[nodiscard]] Taken take_apart(const Indexable& object, Stems& stems);

class Section {
 public:
  explicit Section(policy::Guard guard) : guard_(std::move(guard)) {}

  struct Match {
    std::uint32_t object = 0;
    std::uint32_t weight = 0;  // how often it stands there; more in a title
  };
  struct Object {
    std::string name;
    std::int64_t came_at_us = 0;
    std::uint32_t length = 0;
    bool live = true;
    std::uint32_t labels_begin = 0;
    std::uint32_t labels_end = 0;
  };

  // The object's number.
  std::uint32_t add(const Indexable& object, const Taken& taken);
  void remove(std::uint32_t object);
  // A section of what is left, and where each object went (UINT32_MAX: it was removed).
  [[nodiscard]] Section without_removed(std::vector<std::uint32_t>& moved) const;

  [[nodiscard]] const policy::Guard& guard() const { return guard_; }
  [[nodiscard]] const std::vector<Object>& objects() const { return objects_; }
  [[nodiscard]] std::uint64_t live() const { return live_; }
  [[nodiscard]] std::uint64_t removed() const { return objects_.size() - live_; }
  [[nodiscard]] std::uint64_t words() const { return words_; }

  // The living objects that a clause names, in order, whether it asks for them or against.
  [[nodiscard]] std::vector<Match> find(const Clause& clause) const;
  // Where, in a text, most of the clauses stand together; of `objects`, in order. Absent where none
  // does.
  [[nodiscard]] std::map<std::uint32_t, Place> places(
      const std::vector<Clause>& clauses, const std::vector<std::uint32_t>& objects) const;

  // UINT32_MAX: no object has it.
  [[nodiscard]] std::uint32_t label(std::string_view label) const {
    return labels_.find(label).value_or(UINT32_MAX);
  }
  [[nodiscard]] std::string_view label(std::uint32_t number) const { return labels_.text(number); }
  [[nodiscard]] std::uint32_t label_count() const { return labels_.size(); }
  [[nodiscard]] const std::uint32_t* object_labels() const { return object_labels_.data(); }
  // Spellings of titles and abstracts, and in how many living objects each is.
  void each_spelling(const std::function<bool(std::string_view)>& wanted,
                     const std::function<void(std::string_view, std::uint64_t)>& visit) const;

 private:
  // Of a term: rows of (object, from the one before; weight; bytes of its places), and the places.
  struct List {
    std::string rows;
    std::string places;
    std::uint32_t last = 0;
  };
  struct Row {
    std::uint32_t object = 0;
    std::uint32_t weight = 0;
    std::string_view places;
  };
  class Reader;

  [[nodiscard]] std::vector<const List*> lists(const Term& term) const;
  [[nodiscard]] std::vector<Match> find(const Phrase& phrase) const;
  using Places = std::span<const std::uint32_t>;
  static void append(List& list, std::uint32_t object, std::uint32_t weight, Places places);
  List& list_of(std::string_view term);
  List& list_of(const Taken::Term& term);

  policy::Guard guard_;
  Terms terms_;
  std::vector<List> lists_;  // of each term
  // The list, and one, of what its stems gave that number: most terms come again and again.
  Stems::Numbering numbering_;
  std::vector<std::uint32_t> list_by_number_;
  std::vector<Object> objects_;
  std::vector<std::uint32_t> object_labels_;
  Terms labels_;
  std::uint64_t live_ = 0;
  std::uint64_t words_ = 0;
};

}  // namespace entente::documents::search
