// What a commit wrote, in words that its ledger entry answers for: of each row the key, and the
// digest of its value or that it was erased. The store hands it to the Sequencer behind the entry.
//
//   written := (key's size:u8 key kind:u8 digest?)*     kind: 0 erased, 1 put, with 32 bytes
//   handed  := entry written written's size:u32         on disk too (written_table): never renumber
//
// Pure; any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "proto/contract/digest.h"
#include "proto/contract/status.h"

namespace entente::store {

// Requires: key is not empty, and has at most 255 octets.
void append_written(std::string& written, std::string_view key,
                    const std::optional<std::string>& value);
[[nodiscard]] std::string with_written(std::string entry, std::string_view written);

struct Handed {
  std::string_view entry;  // what Transaction::append was given
  std::string_view written;
};
// Requires: `handed` is what with_written made.
[[nodiscard]] Handed split_handed(std::string_view handed);

using VisitWritten = std::function<void(std::string_view key, const std::optional<Digest>& digest)>;
// In the order of the keys. DataLoss: these are not such words.
[[nodiscard]] Status each_written(std::string_view written, const VisitWritten& visit);

}  // namespace entente::store
