// text_search DOCUMENTS [WORDS]: what it costs to index and to search so many documents of so many
// words (3,000 if not given), under 24 audiences of which the searcher sees 16. Words are drawn by
// Zipf's law from a vocabulary of 60,000, in lines of prose; queries are one to three of them, of
// every frequency. Prints `name value unit` lines.
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "server/documents/search/index.h"

namespace {

using namespace entente;
using namespace entente::documents::search;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kVocabulary = 60'000;
constexpr std::uint32_t kAudiences = 24;
constexpr std::uint32_t kSeen = 16;
constexpr int kQueries = 2'000;

double since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}
void print(const std::string& name, double value, const char* unit) {
  std::printf("%-44s %14.3f %s\n", name.c_str(), value, unit);
}

class Prose {
 public:
  Prose() {
    const char* const onsets[] = {"b", "c", "d", "f", "g", "l",  "m", "n",
                                  "p", "r", "s", "t", "v", "st", "tr"};
    const char* const vowels[] = {"a", "e", "i", "o", "u", "ea", "io"};
    const char* const ends[] = {"", "s", "ed", "ing", "tion", "ment", "al", "ly"};
    for (std::size_t n = 0; n < kVocabulary; ++n) {
      std::string word;
      for (std::size_t left = n + 100; left != 0; left /= 105) {
        word += onsets[left % 15];
        word += vowels[left / 15 % 7];
      }
      words_.push_back(word + ends[n % 8]);
      sum_ += 1.0 / static_cast<double>(n + 1);
      until_.push_back(sum_);
    }
  }
  const std::string& word() {
    return words_[rank(std::uniform_real_distribution<double>(0, sum_)(chance_))];
  }
  // Of any frequency alike: the rank's logarithm is even.
  const std::string& query_word() {
    const double all = std::log(static_cast<double>(kVocabulary));
    const double at = std::exp(std::uniform_real_distribution<double>(0, all)(chance_));
    return words_[std::min(kVocabulary - 1, static_cast<std::size_t>(at))];
  }
  std::string text(int words) {
    std::string text;
    for (int n = 0; n < words; ++n) text += word() + (n % 12 == 11 ? ".\n" : " ");
    return text;
  }
  std::mt19937_64& chance() { return chance_; }

 private:
  std::size_t rank(double at) const {
    return static_cast<std::size_t>(std::lower_bound(until_.begin(), until_.end(), at) -
                                    until_.begin());
  }
  std::vector<std::string> words_;
  std::vector<double> until_;
  double sum_ = 0;
  std::mt19937_64 chance_{7};
};

double heap_bytes() {
  const struct mallinfo2 about = ::mallinfo2();
  return static_cast<double>(about.uordblks + about.hblkhd);
}

void measure_queries(Index& index, Stems& stems, Prose& prose) {
  const Index::Sees sees = [](const policy::Guard& guard) {
    return static_cast<std::uint32_t>(guard.audience) <= kSeen;
  };
  std::vector<double> took;
  double found = 0;
  for (int n = 0; n < kQueries; ++n) {
    std::string query;
    for (int words = n % 3; words >= 0; --words) query += prose.query_word() + " ";
    const auto start = SteadyClock::now();
    Wanted wanted;
    wanted.clauses = *parse_query(query, stems);
    wanted.size = 20;
    found += static_cast<double>(index.search(sees, wanted).total);
    took.push_back(1e3 * since(start));
  }
  std::sort(took.begin(), took.end());
  print("a search, median", took[took.size() / 2], "ms");
  print("a search, 99 of 100 within", took[took.size() * 99 / 100], "ms");
  print("the slowest", took.back(), "ms");
  print("found by each on average", found / kQueries, "documents");
}

}  // namespace

int main(int argc, char** argv) {
  const int documents = argc > 1 ? std::atoi(argv[1]) : 10'000;
  const int words = argc > 2 ? std::atoi(argv[2]) : 3'000;
  Prose prose;
  Stems stems;
  Index index;
  double bytes = 0;
  double seconds = 0;
  const double before = heap_bytes();
  for (int n = 0; n < documents; ++n) {
    Indexable one;
    one.name = "documents/" + std::to_string(n);
    one.guard.audience = static_cast<policy::AudienceId>(1 + prose.chance()() % kAudiences);
    one.guard.handling = policy::Handling::Limited;
    one.words = {{"en", prose.text(8)}, {"en", prose.text(60)}};
    one.texts = {{"en", prose.text(words / 2 + static_cast<int>(prose.chance()() %
                                                                static_cast<unsigned>(words)))}};
    one.labels = {"1/processes/igc", "2/STUDY", "4/" + std::to_string(2000 + n % 26), "5/en"};
    one.came_at_us = n;
    bytes += static_cast<double>(one.words[0].text.size() + one.words[1].text.size() +
                                 one.texts[0].text.size());
    const auto start = SteadyClock::now();
    index.put(one, take_apart(one, stems));
    seconds += since(start);
  }
  print("text indexed", bytes / 1e6, "MB");
  print("indexed a second", bytes / 1e6 / seconds, "MB/s");
  print("memory, a byte of text", (heap_bytes() - before) / bytes, "bytes");
  measure_queries(index, stems, prose);
  return 0;
}
