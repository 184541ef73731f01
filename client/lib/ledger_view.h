// What this client knows of the ledger: the newest checkpoint that it has seen, kept between runs.
// Every later one must prove that it continues it. Never goes back: a server whose ledger has
// shrunk, or that shows another history, is refused in words that a ministry understands. Commands
// of one profile that run side by side share what is kept: none puts it back behind another.
//
// Threads: any; guarded within.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "entente/v1/types.pb.h"
#include "proto/contract/digest.h"
#include "proto/contract/note.h"
#include "proto/contract/status.h"

namespace entente::client {

class LedgerView {
 public:
  // The path from size `old_size` to `size`, asked of the server.
  using AskConsistency =
      std::function<Result<std::vector<Digest>>(std::uint64_t old_size, std::uint64_t size)>;

  // `state_dir` may be empty: then nothing outlives this object. `key`: the ledger's verification
  // key; empty: nothing can be checked, and `accept` says so. InvalidArgument: a malformed key.
  // DataLoss: what is kept does not read (delete it only if you know why).
  [[nodiscard]] static Result<std::unique_ptr<LedgerView>> open(std::string state_dir,
                                                                const std::string& key);

  // Checks a checkpoint: the server's signature, and that it continues (or is the beginning of)
  // the newest that any holder of `state_dir` has seen. Remembers it if it is newer; if another was
  // remembered while `ask` was under way, asks again. DataLoss (ProofInvalid): it does not; the
  // message says which lie it is. Unavailable: another was remembered each time.
  // FailedPrecondition: no key is known, or it cannot be kept.
  [[nodiscard]] Result<note::Checkpoint> accept(std::string_view signed_note,
                                                const AskConsistency& ask);

  // Which consistency proof `accept` would ask for; empty if none (or if the note does not open).
  [[nodiscard]] std::optional<std::pair<std::uint64_t, std::uint64_t>> path_needed(
      std::string_view signed_note);

  // Checks a receipt: its path leads from its leaf to its checkpoint's root, and `accept` of that.
  [[nodiscard]] Status check(const v1::Receipt& receipt, const AskConsistency& ask);

  // Checks a receipt that came with the path from `seen`, asking nobody and remembering nothing.
  [[nodiscard]] Status check_beyond(const v1::Receipt& receipt,
                                    const std::optional<note::Checkpoint>& seen,
                                    const std::vector<Digest>& path) const;

  [[nodiscard]] std::optional<note::Checkpoint> last() const;
  [[nodiscard]] std::optional<note::VerifierKey> key() const;

 private:
  // The checkpoint that the ledger's key signed.
  [[nodiscard]] Result<note::Checkpoint> opened(std::string_view signed_note) const;
  explicit LedgerView(std::string state_dir) : state_dir_(std::move(state_dir)) {}
  [[nodiscard]] Status keep(const char* file, const std::string& text) const;
  // Takes what another command has kept since, if it is newer. Requires: mutex_ is held.
  [[nodiscard]] Status look_again();
  // Whether `shown` continues `before`, or is its beginning.
  [[nodiscard]] static Status check_growth(const note::Checkpoint& before,
                                           const note::Checkpoint& shown,
                                           const AskConsistency& ask);
  // Remembers `shown`, which was held against `before`, if it is newer; false: another has been
  // remembered meanwhile.
  [[nodiscard]] Result<bool> remember(const std::optional<note::Checkpoint>& before,
                                      const note::Checkpoint& shown);

  const std::string state_dir_;
  mutable std::mutex mutex_;
  std::optional<note::VerifierKey> key_;
  std::optional<note::Checkpoint> last_;
};

// What it means that the server gave no consistency path from `old_size` to `size`, answering
// `why`: that its ledger is not as large as what it once showed is a lie (DataLoss), all else is as
// it is.
[[nodiscard]] Status without_path(const Status& why, std::uint64_t old_size, std::uint64_t size);

// Every receipt anywhere within a reply.
void for_each_receipt(const google::protobuf::Message& message,
                      const std::function<void(const v1::Receipt&)>& each);

}  // namespace entente::client
