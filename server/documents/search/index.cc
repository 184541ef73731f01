#include "server/documents/search/index.h"

#include <algorithm>
#include <cmath>
#include <mutex>

namespace entente::documents::search {
namespace {

// Okapi BM25, as its authors set it (Robertson and Zaragoza 2009, section 3.5).
constexpr double kSaturation = 1.2;
constexpr double kLengthWeight = 0.75;

// What of a guard a section goes by. Neither embargoed nor expiring, it opens to its audience
// alone.
policy::Guard gist_of(const policy::Guard& guard) {
  policy::Guard gist = guard;
  if (!gist.embargo_until && !gist.expires_at) {
    gist.originator.clear();
    gist.process.clear();
  }
  return gist;
}

struct Candidate {
  double weight = 0;
  const Section* section = nullptr;
  std::uint32_t object = 0;
  [[nodiscard]] const Section::Object& row() const { return section->objects()[object]; }
};
bool better(const Candidate& a, const Candidate& b) {
  if (a.weight != b.weight) return a.weight > b.weight;
  if (a.row().came_at_us != b.row().came_at_us) return a.row().came_at_us > b.row().came_at_us;
  return a.row().name < b.row().name;
}

// Of one section: what each clause names, and what fits them all.
struct Found {
  const Section* section = nullptr;
  std::vector<std::vector<Section::Match>> by_clause;
};

// How much a clause's mere presence says, by in how many of all objects it stands.
double rarity(std::uint64_t all, std::uint64_t with) {
  const auto n = static_cast<double>(all);
  const auto df = static_cast<double>(with);
  return std::log(1 + (n - df + 0.5) / (df + 0.5));
}

class Scorer {
 public:
  Scorer(const std::vector<Clause>& clauses, const std::vector<Found>& sections)
      : clauses_(clauses), rarities_(clauses.size()) {
    std::uint64_t all = 0;
    std::uint64_t words = 0;
    for (const Found& one : sections) {
      all += one.section->live();
      words += one.section->words();
    }
    mean_length_ =
        all == 0 ? 1 : std::max(1.0, static_cast<double>(words) / static_cast<double>(all));
    for (std::size_t n = 0; n < clauses.size(); ++n) {
      std::uint64_t with = 0;
      for (const Found& one : sections) with += one.by_clause[n].size();
      rarities_[n] = rarity(all, with);
    }
  }

  // Those of the section that fit every clause.
  [[nodiscard]] std::vector<Candidate> fitting(const Found& found) const {
    std::vector<Candidate> fit;
    bool first = true;
    for (std::size_t n = 0; n < clauses_.size(); ++n) {
      if (clauses_[n].must_not) continue;
      if (first)
        start(found, n, fit);
      else
        narrow(found, n, fit);
      first = false;
    }
    if (first) {
      for (std::uint32_t object = 0; object < found.section->objects().size(); ++object) {
        if (found.section->objects()[object].live) fit.push_back({0, found.section, object});
      }
    }
    for (std::size_t n = 0; n < clauses_.size(); ++n) {
      if (clauses_[n].must_not) leave_out(found.by_clause[n], fit);
    }
    return fit;
  }

 private:
  void start(const Found& found, std::size_t clause, std::vector<Candidate>& fit) const {
    fit.reserve(found.by_clause[clause].size());
    for (const Section::Match& match : found.by_clause[clause]) {
      fit.push_back({weight(found, clause, match), found.section, match.object});
    }
  }
  void narrow(const Found& found, std::size_t clause, std::vector<Candidate>& fit) const {
    auto match = found.by_clause[clause].begin();
    const auto end = found.by_clause[clause].end();
    std::erase_if(fit, [&](Candidate& one) {
      while (match != end && match->object < one.object) ++match;
      if (match == end || match->object != one.object) return true;
      one.weight += weight(found, clause, *match);
      return false;
    });
  }
  static void leave_out(const std::vector<Section::Match>& matches, std::vector<Candidate>& fit) {
    auto match = matches.begin();
    std::erase_if(fit, [&](const Candidate& one) {
      while (match != matches.end() && match->object < one.object) ++match;
      return match != matches.end() && match->object == one.object;
    });
  }
  [[nodiscard]] double weight(const Found& found, std::size_t clause,
                              const Section::Match& match) const {
    const double length = found.section->objects()[match.object].length;
    const double often = match.weight;
    return rarities_[clause] * often * (kSaturation + 1) /
           (often + kSaturation * (1 - kLengthWeight + kLengthWeight * length / mean_length_));
  }

  const std::vector<Clause>& clauses_;
  std::vector<double> rarities_;
  double mean_length_ = 1;
};

// Leaves those that pass the filters, and counts their labels.
void filter(const Wanted& wanted, const Section& section, std::vector<Candidate>& fit,
            Answer& answer) {
  std::vector<std::uint32_t> needed;
  for (const std::string& label : wanted.labels) needed.push_back(section.label(label));
  std::vector<std::uint64_t> counts(section.label_count());
  std::erase_if(fit, [&](const Candidate& one) {
    const Section::Object& row = one.row();
    const std::uint32_t* begin = section.object_labels() + row.labels_begin;
    const std::uint32_t* end = section.object_labels() + row.labels_end;
    const bool fits = row.came_at_us >= wanted.since_us && row.came_at_us < wanted.until_us &&
                      std::all_of(needed.begin(), needed.end(), [&](std::uint32_t label) {
                        return std::find(begin, end, label) != end;
                      });
    if (!fits) return true;
    for (; begin != end; ++begin) ++counts[*begin];
    return false;
  });
  for (std::uint32_t number = 0; number < counts.size(); ++number) {
    if (counts[number] != 0) answer.labels[std::string(section.label(number))] += counts[number];
  }
}

void add_places(const std::vector<Clause>& clauses, const std::vector<Candidate>& page,
                Answer& answer) {
  std::map<const Section*, std::vector<std::uint32_t>> objects;
  for (const Candidate& one : page) objects[one.section].push_back(one.object);
  for (auto& [section, numbers] : objects) {
    std::sort(numbers.begin(), numbers.end());
    const std::map<std::uint32_t, Place> places = section->places(clauses, numbers);
    for (std::size_t n = 0; n < page.size(); ++n) {
      if (page[n].section != section) continue;
      const auto found = places.find(page[n].object);
      if (found != places.end()) answer.hits[n].place = found->second;
    }
  }
}

// Whether `a` becomes `b` by at most `most` letters put in, taken out or changed (Levenshtein).
bool alike(std::u32string_view a, std::u32string_view b, std::size_t most) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > most) return false;
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t corner = row[0];
    std::size_t least = row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
      corner = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
      least = std::min(least, row[j]);
    }
    if (least > most) return false;
  }
  return row.back() <= most;
}

// Letters of well-formed UTF-8.
std::u32string letters_of(std::string_view text) {
  std::u32string letters;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0U) == 0x80 && !letters.empty()) {
      letters.back() = letters.back() << 6U | (byte & 0x3fU);
    } else {
      letters += byte;
    }
  }
  return letters;
}

}  // namespace

Index::Index() = default;
Index::~Index() = default;

Index::Key Index::key_of(const policy::Guard& guard) {
  const policy::Guard gist = gist_of(guard);
  return {gist.audience, gist.handling,      gist.originator, gist.process,
          gist.person,   gist.embargo_until, gist.expires_at};
}

void Index::put(const Indexable& object, const Taken& taken) {
  remove(object.name);
  const std::unique_lock lock(mutex_);
  std::shared_ptr<Section>& section = sections_[key_of(object.guard)];
  if (!section) section = std::make_shared<Section>(gist_of(object.guard));
  places_[object.name] = {section, section->add(object, taken)};
}

void Index::remove(std::string_view name) {
  const std::unique_lock lock(mutex_);
  const auto found = places_.find(std::string(name));
  if (found == places_.end()) return;
  found->second.first->remove(found->second.second);
  places_.erase(found);
}

void Index::tidy() {
  std::vector<Key> untidy;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [key, section] : sections_) {
      if (section->removed() != 0) untidy.push_back(key);
    }
  }
  for (const Key& key : untidy) {
    std::vector<std::uint32_t> moved;
    std::shared_ptr<Section> left;
    {
      const std::shared_lock lock(mutex_);
      left = std::make_shared<Section>(sections_.at(key)->without_removed(moved));
    }
    const std::unique_lock lock(mutex_);
    const std::shared_ptr<Section> old = sections_.at(key);
    for (std::uint32_t number = 0; number < moved.size(); ++number) {
      if (moved[number] == UINT32_MAX) continue;
      if (old->objects()[number].live) {
        places_[old->objects()[number].name] = {left, moved[number]};
      } else {
        left->remove(moved[number]);  // since
      }
    }
    if (left->objects().empty())
      sections_.erase(key);
    else
      sections_[key] = left;
  }
}

Answer Index::search(const Sees& sees, const Wanted& wanted) const {
  Answer answer;
  const std::shared_lock lock(mutex_);
  std::vector<Found> sections;
  for (const auto& [key, section] : sections_) {
    if (!sees(section->guard())) continue;
    Found& one = sections.emplace_back();
    one.section = section.get();
    for (const Clause& clause : wanted.clauses) one.by_clause.push_back(section->find(clause));
  }
  const Scorer scorer(wanted.clauses, sections);
  std::vector<Candidate> all;
  for (const Found& one : sections) {
    std::vector<Candidate> fit = scorer.fitting(one);
    filter(wanted, *one.section, fit, answer);
    all.insert(all.end(), fit.begin(), fit.end());
  }
  answer.total = all.size();
  const std::size_t begin = std::min<std::size_t>(wanted.skip, all.size());
  const std::size_t end = std::min<std::size_t>(begin + wanted.size, all.size());
  for (const Candidate& one : all) answer.best = std::max(answer.best, one.weight);
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(end), all.end(), better);
  const std::vector<Candidate> page(all.begin() + static_cast<std::ptrdiff_t>(begin),
                                    all.begin() + static_cast<std::ptrdiff_t>(end));
  for (const Candidate& one : page) {
    answer.hits.push_back({.name = one.row().name,
                           .weight = one.weight,
                           .came_at_us = one.row().came_at_us,
                           .place = {}});
  }
  add_places(wanted.clauses, page, answer);
  return answer;
}

std::string Index::nearest(const Sees& sees, std::string_view word) const {
  const std::u32string letters = letters_of(word);
  if (letters.size() < 3) return {};
  const std::size_t most = letters.size() < 8 ? 1 : 2;
  std::map<std::string, std::uint64_t, std::less<>> found;
  const std::shared_lock lock(mutex_);
  for (const auto& [key, section] : sections_) {
    if (!sees(section->guard())) continue;
    section->each_spelling(
        [&](std::string_view one) {
          return one.size() + 3 * most >= word.size() && one.size() <= word.size() + 3 * most &&
                 alike(letters, letters_of(one), most);
        },
        [&](std::string_view one, std::uint64_t objects) { found[std::string(one)] += objects; });
  }
  const auto best = std::max_element(
      found.begin(), found.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return best == found.end() ? std::string() : best->first;
}

}  // namespace entente::documents::search
