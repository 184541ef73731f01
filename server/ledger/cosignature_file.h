// Cosigned checkpoints in one small file, rewritten whole: beside the store, not in it, for they
// are no acts of the network and vouch for it from outside.
//
// Threads: one at a time (Checkpoints sees to that). Ownership: main's.
#pragma once

#include <string>
#include <vector>

#include "proto/contract/status.h"
#include "server/ledger/checkpoints.h"

namespace entente::ledger {

class CosignatureFile final : public CosignatureKeeper {
 public:
  explicit CosignatureFile(std::string path) : path_(std::move(path)) {}

  // No file: no notes. What cannot be split into notes is left out: witnesses will look again.
  // Unavailable: there is a file and it cannot be read.
  [[nodiscard]] Result<std::vector<std::string>> load() override;
  // As store::replace_whole. Unavailable: it failed; the old file or the new one is there, whole.
  [[nodiscard]] Status keep(const std::vector<std::string>& notes) override;

 private:
  std::string path_;
};

}  // namespace entente::ledger
