// What two persons sign before a process goes dormant, is revived or concluded: the digest of it in
// words that no other act has. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "proto/contract/digest.h"

namespace entente {

struct ProcessStatusWords {
  std::string_view process;  // `processes/igc`
  std::string_view status;   // the enumerator's name: `DORMANT`
  std::string_view because;  // no line feed
  std::uint64_t revision = 0;
};
[[nodiscard]] Digest process_status_digest(const ProcessStatusWords& words);

}  // namespace entente
