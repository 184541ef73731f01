// The ledger's head in the store's own file of it.
//
// Threads: as HeadRecorder and HeadFile say. Ownership: main's; the file is borrowed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "proto/contract/status.h"
#include "server/ledger/checkpoints.h"
#include "server/ledger/tree_ledger.h"
#include "server/store/head_file.h"

namespace entente::ledger {

class StoreHead final : public HeadRecorder {
 public:
  explicit StoreHead(store::HeadFile& file) : file_(file) {}
  [[nodiscard]] Status record_head(std::uint64_t size, std::string_view signed_note) override;

 private:
  store::HeadFile& file_;
};

// Holds the ledger against the last head, before anything is served; Ok if there is none yet.
// FailedPrecondition: the store is behind its own head. DataLoss: another ledger had grown to that
// size, or the head is no checkpoint.
[[nodiscard]] Status check_head(TreeLedger& ledger, const store::HeadFile& file);

// Whether `key`, by which checkpoints would be signed, is the one that signed the last head; Ok if
// there is none yet. InvalidArgument: it is another, by the key itself or by the origin's name: no
// client that knows the ledger would believe what it signs. DataLoss: as check_head.
[[nodiscard]] Status check_signer(const std::optional<store::Head>& head,
                                  const note::VerifierKey& key);

}  // namespace entente::ledger
