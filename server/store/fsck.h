// Reads every row and says which do not authenticate.
//
// Threads: the caller's; what is read is borrowed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "proto/contract/status.h"
#include "server/store/engine.h"
#include "server/store/keyring.h"

namespace entente::store {

struct FsckReport {
  CommitIndex size = 0;
  std::uint64_t rows = 0;
  std::uint64_t faulty = 0;    // do not authenticate, or cannot be read
  std::uint64_t orphaned = 0;  // sealed under a key that was destroyed: unreadable, as was meant
  // Of an upload that a crash ended: promised to nobody, taken away at the next start.
  std::uint64_t cut_off = 0;
  std::uint64_t outdated = 0;  // sealed under an old generation: reseal() is to be called
  std::map<Table, std::uint64_t> tables;
  [[nodiscard]] bool sound() const { return faulty == 0; }
};

// A row that does not authenticate: its key in hexadecimal, and why.
using OnFault = std::function<void(std::string_view key_hex, std::string_view why)>;

// DataLoss: the engine could not read on, after what was reported. Unavailable: it failed.
[[nodiscard]] Result<FsckReport> fsck(EngineView& view, const Keyring& keyring,
                                      const OnFault& on_fault);

}  // namespace entente::store
