// What this client knows of the ledger: the newest checkpoint that it has seen, kept between runs.
// Every later one must prove that it continues it. Never goes back: a server whose ledger has
// shrunk, or that shows another history, is refused in words that a ministry understands.
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
  // key, or empty: the one kept in `state_dir`; without any, nothing can be checked and `accept`
  // says so. InvalidArgument: a malformed key. DataLoss: what is kept does not read (delete it only
  // if you know why).
  [[nodiscard]] static Result<std::unique_ptr<LedgerView>> open(std::string state_dir,
                                                                const std::string& key);

  // Checks a checkpoint: the server's signature, and that it continues (or is) what was seen
  // before. Remembers it if it is newer. DataLoss (ProofInvalid): it does not; the message says
  // which lie it is.
  [[nodiscard]] Result<note::Checkpoint> accept(std::string_view signed_note,
                                                const AskConsistency& ask);

  // Which consistency proof `accept` would ask for; empty if none (or if the note does not open).
  [[nodiscard]] std::optional<std::pair<std::uint64_t, std::uint64_t>> path_needed(
      std::string_view signed_note) const;

  // Checks a receipt: its path leads from its leaf to its checkpoint's root, and `accept` of that.
  [[nodiscard]] Status check(const v1::Receipt& receipt, const AskConsistency& ask);

  [[nodiscard]] std::optional<note::Checkpoint> last() const;
  [[nodiscard]] std::optional<note::VerifierKey> key() const;
  // Keeps `key` for good, if there is none yet.
  [[nodiscard]] Status trust(const note::VerifierKey& key);

 private:
  explicit LedgerView(std::string state_dir) : state_dir_(std::move(state_dir)) {}
  [[nodiscard]] Status keep(const char* file, const std::string& text) const;

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

// Writes `text` to `path`, whole or not at all (0600).
[[nodiscard]] Status write_whole(const std::string& path, const std::string& text);
[[nodiscard]] std::string read_whole(const std::string& path);  // empty if there is none

}  // namespace entente::client
