#include "server/documents/search/section.h"

#include <algorithm>
#include <array>

#include "proto/contract/limits_search.h"

namespace entente::documents::search {
namespace {

// A place: which of an object's fields (its words, then its texts), and the how manieth word there.
constexpr unsigned kFieldShift = 20;
constexpr std::uint32_t kWordMask = (1U << kFieldShift) - 1;
static_assert(limits::index_words_max <= kWordMask);

constexpr std::uint32_t kInWords = 5;  // what a word of a title weighs against one of a text
constexpr std::uint32_t kGap = 16;     // between two of an object's words: no phrase spans them
constexpr char kSpelling = '=';        // before a spelling: no term begins so
constexpr std::size_t kPlacesRead = 2'000;
constexpr std::size_t kNumbersKept = 1'024;

// Numbers, seven bits an octet, gathered here before they are put to a list's end.
class Varints {
 public:
  explicit Varints(std::string& out) : out_(out) {}
  ~Varints() { flush(); }
  Varints(const Varints&) = delete;
  Varints& operator=(const Varints&) = delete;
  void add(std::uint32_t value) {
    if (size_ + 5 > octets_.size()) flush();
    for (; value >= 0x80; value >>= 7U) octets_[size_++] = static_cast<char>(value | 0x80U);
    octets_[size_++] = static_cast<char>(value);
  }

 private:
  void flush() {
    out_.append(octets_.data(), size_);
    size_ = 0;
  }
  std::string& out_;
  std::size_t size_ = 0;
  std::array<char, 256> octets_;  // NOLINT(cppcoreguidelines-pro-type-member-init): only written
};
std::uint32_t read_varint(const char*& at) {
  std::uint32_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    value |= static_cast<std::uint32_t>(byte & 0x7fU) << shift;
    if (byte < 0x80) return value;
  }
}

std::vector<std::uint32_t> read_places(std::string_view bytes) {
  std::vector<std::uint32_t> places;
  std::uint32_t place = 0;
  for (const char* at = bytes.data(); at != bytes.data() + bytes.size();) {
    places.push_back(place += read_varint(at));
  }
  return places;
}

// Both in order; what is in both weighs as much as in both.
std::vector<Section::Match> together(const std::vector<Section::Match>& a,
                                     const std::vector<Section::Match>& b) {
  if (a.empty()) return b;
  std::vector<Section::Match> all;
  all.reserve(a.size() + b.size());
  auto other = b.begin();
  for (const Section::Match& one : a) {
    for (; other != b.end() && other->object < one.object; ++other) all.push_back(*other);
    all.push_back(one);
    if (other != b.end() && other->object == one.object) all.back().weight += other++->weight;
  }
  all.insert(all.end(), other, b.end());
  return all;
}

std::uint32_t weight_of(std::span<const std::uint32_t> places) {
  std::uint32_t weight = 0;
  for (const std::uint32_t place : places) weight += place >> kFieldShift == 0 ? kInWords : 1;
  return weight;
}

}  // namespace

namespace {

// Where each word stands, as it is read; grouped by term once all are.
struct Standing {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> words;  // term of the object, place
  std::vector<std::uint32_t> numbers;                          // of each term, as stems have it
  std::vector<std::uint32_t> terms;                            // by that number: the term and one

  void add(std::uint32_t number, std::uint32_t place) {
    if (number >= terms.size()) terms.resize(2 * number + 1);
    std::uint32_t& term = terms[number];
    if (term == 0) {
      numbers.push_back(number);
      term = static_cast<std::uint32_t>(numbers.size());
    }
    words.emplace_back(term - 1, place);
  }
  void group(const Stems& stems, Taken& taken) const {
    std::vector<std::uint32_t> ends(numbers.size() + 1);
    for (const auto& [term, place] : words) ++ends[term + 1];
    for (std::size_t n = 1; n < ends.size(); ++n) ends[n] += ends[n - 1];
    taken.places.resize(words.size());
    std::vector<std::uint32_t> next(ends.begin(), ends.end());
    for (const auto& [term, place] : words) taken.places[next[term]++] = place;
    taken.terms.reserve(numbers.size());
    for (std::size_t n = 0; n < numbers.size(); ++n) {
      taken.terms.push_back(
          {.text = stems.text(numbers[n]), .number = numbers[n], .places_end = ends[n + 1]});
    }
  }
};

}  // namespace

Taken take_apart(const Indexable& object, Stems& stems) {
  Taken taken;
  Standing standing;
  const auto take = [&](const Said& said, std::uint32_t field, std::uint32_t first) {
    std::uint32_t place = first;
    each_word(said.text, [&](const Word& word) {
      standing.add(stems.number(word.text, said.language), field << kFieldShift | place);
      if (field == 0) taken.spellings.emplace_back(word.text);
      return ++place < limits::index_words_max;
    });
    return place;
  };
  std::uint32_t place = 0;
  for (const Said& said : object.words) {
    place = std::min<std::uint32_t>(take(said, 0, place) + kGap, kWordMask - kGap);
  }
  std::uint32_t field = 0;
  for (const Said& said : object.texts) take(said, ++field, 0);
  taken.length = static_cast<std::uint32_t>(standing.words.size());
  standing.group(stems, taken);
  taken.numbering = stems.numbering();
  std::sort(taken.spellings.begin(), taken.spellings.end());
  taken.spellings.erase(std::unique(taken.spellings.begin(), taken.spellings.end()),
                        taken.spellings.end());
  return taken;
}

// Reads a list's rows in their order.
class Section::Reader {
 public:
  explicit Reader(const List& list)
      : at_(list.rows.data()), end_(at_ + list.rows.size()), places_(list.places) {}
  bool next(Row& row) {
    if (at_ == end_) return false;
    row.object += read_varint(at_);
    row.weight = read_varint(at_);
    const std::uint32_t bytes = read_varint(at_);
    row.places = places_.substr(0, bytes);
    places_.remove_prefix(bytes);
    return true;
  }

 private:
  const char* at_;
  const char* end_;
  std::string_view places_;
};

void Section::append(List& list, std::uint32_t object, std::uint32_t weight, Places places) {
  const std::size_t before = list.places.size();
  {
    Varints at_end(list.places);
    std::uint32_t last = 0;
    for (const std::uint32_t place : places) {
      at_end.add(place - last);
      last = place;
    }
  }
  Varints row(list.rows);
  row.add(object - list.last);
  row.add(weight);
  row.add(static_cast<std::uint32_t>(list.places.size() - before));
  list.last = object;
}

Section::List& Section::list_of(std::string_view term) {
  const std::uint32_t number = terms_.number(term);
  if (number == lists_.size()) lists_.emplace_back();
  return lists_[number];
}

Section::List& Section::list_of(const Taken::Term& term) {
  // As large as what is here, whatever others have: there may be many sections.
  if (term.number >= 8 * std::size_t{terms_.size()} + kNumbersKept) return list_of(term.text);
  if (term.number >= list_by_number_.size()) list_by_number_.resize(term.number + 1);
  std::uint32_t& known = list_by_number_[term.number];
  if (known == 0) {
    const std::uint32_t number = terms_.number(term.text);
    if (number == lists_.size()) lists_.emplace_back();
    known = number + 1;
  }
  return lists_[known - 1];
}

std::uint32_t Section::add(const Indexable& object, const Taken& taken) {
  if (numbering_ != taken.numbering) {
    numbering_ = taken.numbering;
    list_by_number_.clear();
  }
  const auto number = static_cast<std::uint32_t>(objects_.size());
  Object row{.name = object.name, .came_at_us = object.came_at_us, .length = taken.length};
  row.labels_begin = static_cast<std::uint32_t>(object_labels_.size());
  for (const std::string& label : object.labels) {
    object_labels_.push_back(labels_.number(label));
  }
  row.labels_end = static_cast<std::uint32_t>(object_labels_.size());
  objects_.push_back(std::move(row));
  std::size_t begin = 0;
  for (const Taken::Term& term : taken.terms) {
    const Places places(taken.places.data() + begin, term.places_end - begin);
    append(list_of(term), number, weight_of(places), places);
    begin = term.places_end;
  }
  for (const std::string& one : taken.spellings) append(list_of(kSpelling + one), number, 1, {});
  ++live_;
  words_ += taken.length;
  return number;
}

void Section::remove(std::uint32_t object) {
  if (!objects_[object].live) return;
  objects_[object].live = false;
  --live_;
  words_ -= objects_[object].length;
}

Section Section::without_removed(std::vector<std::uint32_t>& moved) const {
  Section left(guard_);
  moved.assign(objects_.size(), UINT32_MAX);
  for (std::uint32_t number = 0; number < objects_.size(); ++number) {
    if (!objects_[number].live) continue;
    moved[number] = static_cast<std::uint32_t>(left.objects_.size());
    Object row = objects_[number];
    const auto begin = static_cast<std::uint32_t>(left.object_labels_.size());
    for (std::uint32_t at = row.labels_begin; at < row.labels_end; ++at) {
      left.object_labels_.push_back(left.labels_.number(labels_.text(object_labels_[at])));
    }
    row.labels_begin = begin;
    row.labels_end = static_cast<std::uint32_t>(left.object_labels_.size());
    left.objects_.push_back(std::move(row));
  }
  left.live_ = live_;
  left.words_ = words_;
  for (std::uint32_t term = 0; term < terms_.size(); ++term) {
    Row row;
    for (Reader rows(lists_[term]); rows.next(row);) {
      if (moved[row.object] == UINT32_MAX) continue;
      append(left.list_of(terms_.text(term)), moved[row.object], row.weight,
             read_places(row.places));
    }
  }
  return left;
}

std::vector<const Section::List*> Section::lists(const Term& term) const {
  std::vector<std::string> names = term.stems;
  if (!term.prefix.empty()) {
    std::vector<std::string> more;
    for (std::uint32_t n = 0; n < terms_.size(); ++n) {
      if (terms_.text(n).starts_with(term.prefix)) more.emplace_back(terms_.text(n));
    }
    std::sort(more.begin(), more.end());
    if (more.size() > limits::search_expansions_max) more.resize(limits::search_expansions_max);
    names.insert(names.end(), more.begin(), more.end());
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
  }
  std::vector<const List*> found;
  for (const std::string& name : names) {
    if (const auto at = terms_.find(name)) found.push_back(&lists_[*at]);
  }
  return found;
}

// Of a phrase, an object's weight is how often its words stand behind each other.
std::vector<Section::Match> Section::find(const Phrase& phrase) const {
  if (phrase.size() == 1) {
    std::vector<Match> found;
    for (const List* list : lists(phrase.front())) {
      std::vector<Match> here;
      Row row;
      for (Reader rows(*list); rows.next(row);) {
        if (objects_[row.object].live) here.push_back({row.object, row.weight});
      }
      found = together(found, here);
    }
    return found;
  }
  // Where the phrase would begin, were the n-th word of it the one that stands there.
  std::map<std::uint32_t, std::vector<std::uint32_t>> begins;
  for (std::uint32_t n = 0; n < phrase.size(); ++n) {
    std::map<std::uint32_t, std::vector<std::uint32_t>> here;
    for (const List* list : lists(phrase[n])) {
      Row row;
      for (Reader rows(*list); rows.next(row);) {
        if (!objects_[row.object].live || (n != 0 && begins.count(row.object) == 0)) continue;
        for (const std::uint32_t place : read_places(row.places)) {
          if ((place & kWordMask) >= n) here[row.object].push_back(place - n);
        }
      }
    }
    for (auto& [object, places] : here) {
      std::sort(places.begin(), places.end());
      if (n == 0) continue;
      std::vector<std::uint32_t> both;
      const std::vector<std::uint32_t>& before = begins[object];
      std::set_intersection(before.begin(), before.end(), places.begin(), places.end(),
                            std::back_inserter(both));
      places = std::move(both);
    }
    std::erase_if(here, [](const auto& one) { return one.second.empty(); });
    begins = std::move(here);
  }
  std::vector<Match> found;
  found.reserve(begins.size());
  for (const auto& [object, places] : begins) found.push_back({object, weight_of(places)});
  return found;
}

std::vector<Section::Match> Section::find(const Clause& clause) const {
  std::vector<Match> found;
  for (const Phrase& phrase : clause.any_of) found = together(found, find(phrase));
  return found;
}

std::map<std::uint32_t, Place> Section::places(const std::vector<Clause>& clauses,
                                               const std::vector<std::uint32_t>& objects) const {
  // Places in texts, each with the word of the query that stands there.
  std::map<std::uint32_t, std::vector<std::pair<std::uint32_t, std::uint32_t>>> standing;
  std::uint32_t said = 0;
  for (const Clause& clause : clauses) {
    for (const Phrase& phrase : clause.any_of) {
      for (const Term& term : phrase) {
        ++said;
        for (const List* list : clause.must_not ? std::vector<const List*>() : lists(term)) {
          Row row;
          for (Reader rows(*list); rows.next(row);) {
            if (!std::binary_search(objects.begin(), objects.end(), row.object)) continue;
            auto& here = standing[row.object];
            for (const std::uint32_t place : read_places(row.places)) {
              if (place >> kFieldShift != 0) here.emplace_back(place, said);
              if (here.size() >= kPlacesRead * said) break;
            }
          }
        }
      }
    }
  }
  std::map<std::uint32_t, Place> found;
  for (auto& [object, here] : standing) {
    std::sort(here.begin(), here.end());
    std::size_t best = 0;
    for (auto begin = here.begin(), end = begin; begin != here.end(); ++begin) {
      while (end != here.end() && end->first < begin->first + limits::search_passage_words / 2)
        ++end;
      std::vector<std::uint32_t> words;
      for (auto at = begin; at != end; ++at) words.push_back(at->second);
      std::sort(words.begin(), words.end());
      const auto distinct =
          static_cast<std::size_t>(std::unique(words.begin(), words.end()) - words.begin());
      if (distinct <= best) continue;
      best = distinct;
      found[object] = {.text = (begin->first >> kFieldShift) - 1, .word = begin->first & kWordMask};
    }
  }
  return found;
}

void Section::each_spelling(
    const std::function<bool(std::string_view)>& wanted,
    const std::function<void(std::string_view, std::uint64_t)>& visit) const {
  for (std::uint32_t n = 0; n < terms_.size(); ++n) {
    const std::string_view term = terms_.text(n);
    if (!term.starts_with(kSpelling) || !wanted(term.substr(1))) continue;
    std::uint64_t living = 0;
    Row row;
    for (Reader rows(lists_[n]); rows.next(row);) living += objects_[row.object].live ? 1 : 0;
    if (living != 0) visit(term.substr(1), living);
  }
}

}  // namespace entente::documents::search
