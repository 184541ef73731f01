// Passages of texts with what fits a query marked.
//
// One thread at a time.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "entente/v1/search.pb.h"
#include "proto/words/query.h"

namespace entente::words {

class Passages {
 public:
  explicit Passages(const std::vector<Clause>& clauses);

  // The beginning of `said`, as long as a passage is. `from_start`: nothing stands before it.
  // How many different words of the query fit in it.
  std::size_t mark(const Said& said, bool from_start, Stems& stems, v1::Passage& passage) const;
  // Of several texts that one in which most of the query fits; no passage if none does.
  void mark_best(const std::vector<Said>& texts, Stems& stems, v1::SearchReply::Found& found) const;

 private:
  [[nodiscard]] bool fits(const std::string& term) const;
  std::set<std::string> terms_;
  std::vector<std::string> prefixes_;
};

}  // namespace entente::words
