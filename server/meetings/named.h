// Finds in a text who must not be named in it: participants, states and other parties, by their
// names in the languages of the processes, by their codes, and by the words for their people. ICU's
// types stop here. Pure; any thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "entente/v1/meeting_records.pb.h"

namespace entente::meetings {

// A name, and whose it is.
struct Named {
  std::string
      text;  // `Anna Lindqvist`, `Sweden`, `SWE`; with `*` at the end also what continues it
  v1::Finding::Kind kind = v1::Finding::KIND_UNSPECIFIED;
  std::string of;  // `parties/SWE`
};

// The names of every country of ISO 3166-1 in `languages` and in English, their codes, and the
// adjectives that are known (data/adjectives.txt).
[[nodiscard]] std::vector<Named> names_of_countries(const std::vector<std::string>& languages);
// A person's name as it may be written: the whole, and each part of it that can stand for it.
[[nodiscard]] std::vector<Named> names_of_person(std::string_view name, const std::string& of);

class NameFinder {
 public:
  explicit NameFinder(const std::vector<Named>& names);

  // How a name may stand in a text.
  struct Pattern {
    std::vector<std::string> words;  // folded
    bool begins = false;             // its last word may go on
    bool capital = false;            // only where it is written with one
    bool upper = false;              // only in capitals: a code
    v1::Finding::Kind kind = v1::Finding::KIND_UNSPECIFIED;
    std::string of;
  };
  struct Place {
    std::uint32_t line = 0;    // from 1
    std::uint32_t column = 0;  // from 1, in characters
    std::string word;          // as it stands there
    std::string line_text;
    v1::Finding::Kind kind = v1::Finding::KIND_UNSPECIFIED;
    std::string of;
  };
  // In their order, at most `max`; where names overlap, the longest.
  [[nodiscard]] std::vector<Place> find(std::string_view text, std::size_t max) const;

 private:
  [[nodiscard]] const Pattern* best(std::string_view word,
                                    const std::function<bool(const Pattern&)>& matches) const;
  // By the first three characters of the first word.
  std::map<std::string, std::vector<Pattern>, std::less<>> patterns_;
};

}  // namespace entente::meetings
