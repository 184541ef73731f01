// What is asked of a document's originator, as both who asks and who grants sign its digest.
// docs/consents.md. Pure; any thread.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "proto/contract/digest.h"

namespace entente {

// As the contract's messages have it; no text has a line feed.
struct DocumentActWords {
  std::string_view origin;     // the ledger's
  std::string_view document;   // `documents/<id>`
  std::uint64_t revision = 0;  // of it, when it was asked
  std::string_view act;        // the enumerator's name: `WIDEN`
  std::set<std::string> any_of;
  std::set<std::string> none_of;
  std::string_view language;
};
[[nodiscard]] Digest document_act_digest(const DocumentActWords& words);

}  // namespace entente
