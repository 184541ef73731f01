// What a reader asks for, parsed: clauses that must all hold, each of some alternatives, each a
// word or a phrase. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/status.h"
#include "proto/words/words.h"

namespace entente::words {

// One word: any of the terms that it may be indexed by; or all that begin so.
struct Term {
  std::string said;  // as it was typed, in lower case
  std::vector<std::string> stems;
  std::string prefix;  // folded; empty: none
};
using Phrase = std::vector<Term>;  // words behind each other; most often one

struct Clause {
  std::vector<Phrase> any_of;
  bool must_not = false;
};

// A query that says nothing has no clauses: everything fits. InvalidArgument: `query` is too long,
// has too many words, or is no UTF-8.
[[nodiscard]] Result<std::vector<Clause>> parse_query(std::string_view query, Stems& stems);

}  // namespace entente::words
