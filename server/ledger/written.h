// Each entry answers for the rows that its commit wrote: its blinding is made of 32 random bytes
// and of what was written, which are kept in rows of their own. So whoever alters, drops or puts
// back any row of any room, with every key in hand, must alter a leaf of the tree that others have
// seen the root of.
//
// Threads: as the transaction or snapshot.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "proto/contract/status.h"
#include "server/store/store.h"

namespace entente::ledger {

// index, part -> nonce, 32 bytes; of an act that is bound 0x00 and its binding, 32 bytes; and what
// was written (server/store/written.h), which does not begin so; in parts. On disk: never renumber.
inline constexpr store::Table written_table{0x12};

// What an entry's blinding is made of.
struct BlindingParts {
  std::string_view nonce;    // 32 bytes
  std::string_view binding;  // 32 bytes (act_proof.h); empty: the act is bound to nothing
  std::string_view written;

  // SHA-256(nonce || written): random to whoever does not have the nonce.
  [[nodiscard]] std::string inner() const;
  // `inner`, or that bound.
  [[nodiscard]] std::string blinding() const;
  [[nodiscard]] std::string words() const;
  // Parts of `words`, which it outlives. Nothing: it says nothing.
  [[nodiscard]] static std::optional<BlindingParts> in(std::string_view words);
};
void put_written(std::uint64_t index, const BlindingParts& parts, store::Rows& rows);
// BlindingParts::inner of entry `index`. NotFound: it is older than this, or there is none.
// DataLoss, Unavailable: as the store.
[[nodiscard]] Result<std::string> inner_of(store::Snapshot& snapshot, std::uint64_t index);

// What the ledger, which knows no room, is told of them.
struct Rooms {
  // Tables whose rows are written without a commit, so that no entry answers for them.
  std::set<store::Table> staged;
  // The store as it is when this is called: what does not read in the older snapshot may have been
  // destroyed beside the check. Empty: nothing is destroyed beside it.
  std::function<std::unique_ptr<store::Snapshot>()> anew;
};

// Folds what every entry says that it wrote, and then holds each row of the store against it.
//
// Says nothing of: rows of the ledger and of the store itself, which are checked as what they are;
// staged rows, which no commit writes; and of a ledger whose first entries are older than this
// (`silent`) of no row that they may have written.
class WrittenFold {
 public:
  using Complain = std::function<void(std::string problem)>;
  WrittenFold(store::Snapshot& snapshot, Complain complain);

  // Of each entry, in their order. Unavailable: the engine could not read.
  [[nodiscard]] Status take(std::uint64_t index, std::string_view blinding);
  // After the last. `silent` and `rows` are settled by it. Unavailable: as take().
  [[nodiscard]] Status check_rows(const Rooms& rooms);

  // Entries that say nothing of their rows, before the first that does.
  [[nodiscard]] std::uint64_t silent() const { return silent_; }
  // Rows that are as their entries left them.
  [[nodiscard]] std::uint64_t rows() const { return rows_; }

 private:
  struct Last {
    std::uint64_t index = 0;
    std::string digest;  // cut; empty: it was erased
  };
  // The words of the cursor's entry, and its nonce before them; the cursor then stands behind.
  [[nodiscard]] Status read(std::uint64_t index, std::string& words);
  [[nodiscard]] Status check_table(store::Table table, const Rooms& rooms);
  void check_row(std::string_view key, std::string_view value);
  [[nodiscard]] Status check_unreadable(std::string_view key, const Rooms& rooms);

  store::Snapshot& snapshot_;
  Complain complain_;
  std::unique_ptr<store::Cursor> cursor_;
  std::unordered_map<std::string, Last> last_;  // by the key's digest, cut
  std::uint64_t silent_ = 0;
  bool spoken_ = false;
  std::uint64_t rows_ = 0;
};

}  // namespace entente::ledger
