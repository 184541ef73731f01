// The ledger over a store: sequences what transactions record, keeps each entry with its blinding
// and the finished tiles of the Merkle tree as rows of the same commit, tells followers, proves.
//
// A commit adds one row, and one more for every 256th: 65 bytes an entry for the tree. Opening
// reads at most 256 rows a level. A proof reads at most two tiles a level.
//
// Threads: any, as Ledger and Sequencer say. Ownership: main's; the store, clock and entropy are
// borrowed and outlive it.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/digest.h"
#include "proto/contract/entry.h"
#include "proto/contract/merkle.h"
#include "proto/contract/status.h"
#include "server/ledger/ledger.h"
#include "server/ledger/tree.h"
#include "server/store/store.h"

namespace entente::ledger {

// On disk: never renumber. The shapes are in docs/key-layout.md.
inline constexpr store::Table entries_table{0x10};
inline constexpr store::Table tiles_table{0x11};

// How far the clock may be behind the last entry at the start.
inline constexpr std::chrono::minutes clock_behind_max{5};

// An entry as it is kept.
struct StoredEntry {
  std::string blinding;
  std::string canonical;
  Entry entry;
  Digest leaf{};
};

class TreeLedger final : public Ledger, public store::Sequencer {
 public:
  // Reads the tree's edge. The caller then passes it to store.set_sequencer.
  // FailedPrecondition: the clock is more than five minutes behind the last entry.
  // DataLoss: an entry or tile that must be there is not, or does not authenticate.
  // Unavailable: the engine could not read.
  [[nodiscard]] static Result<std::unique_ptr<TreeLedger>> open(store::Store& store,
                                                                const Clock& clock,
                                                                Entropy& entropy);

  void add_follower(Follower& follower) override;
  void record(store::Transaction& transaction, const Act& act) override;
  [[nodiscard]] std::uint64_t size() const override;

  void sequence(store::CommitIndex index, std::string_view entry, store::Rows& rows) override;
  void durable(store::CommitIndex size) override;
  void abandoned(store::CommitIndex size) override;

  // The root of the first `size` entries. OutOfRange: beyond size(). DataLoss, Unavailable: as
  // open.
  [[nodiscard]] Result<Digest> root_at(std::uint64_t size);
  // As merkle::prove_...; OutOfRange also: `size` is beyond size().
  [[nodiscard]] Result<std::vector<Digest>> prove_inclusion(std::uint64_t index,
                                                            std::uint64_t size);
  // What the blinding of the entry is made of, beside its binding (act_proof.h). NotFound: it is
  // older than that.
  [[nodiscard]] Result<std::string> inner_at(std::uint64_t index);
  [[nodiscard]] Result<std::vector<Digest>> prove_consistency(std::uint64_t old_size,
                                                              std::uint64_t size);
  // The entry's leaf. OutOfRange: beyond size().
  [[nodiscard]] Result<Digest> leaf_at(std::uint64_t index);

  // Reads entries [begin, end) in order until `visit` answers false. OutOfRange: `end` is beyond
  // size(). DataLoss: one is missing or damaged. Unavailable: the engine could not read.
  [[nodiscard]] Status read(std::uint64_t begin, std::uint64_t end,
                            const std::function<bool(const StoredEntry&)>& visit);

  // Holds the store against a head that was recorded outside it.
  // FailedPrecondition: the store is behind it, by as many as the message says.
  // DataLoss: another ledger had grown to that size.
  [[nodiscard]] Status check_head(std::uint64_t size, const Digest& root);

 private:
  TreeLedger(store::Store& store, const Clock& clock, Entropy& entropy);
  Status load();
  Status load_entries(store::Snapshot& snapshot, std::uint64_t size, std::vector<Digest>& leaves);
  [[nodiscard]] Result<Digest> read_node(unsigned level, std::uint64_t index);
  using Tile = std::shared_ptr<const std::string>;
  [[nodiscard]] Result<Tile> read_tile(const TileName& name);
  [[nodiscard]] merkle::NodeReader reader();
  [[nodiscard]] Status refuse_beyond(std::uint64_t size) const;

  // Sequenced, not yet known to be durable.
  struct Pending {
    std::uint64_t index = 0;
    std::string canonical;
    Digest leaf{};
  };

  store::Store& store_;
  const Clock& clock_;
  Entropy& entropy_;
  std::vector<Follower*> followers_;

  // Under the store's commit lock.
  Tree sequenced_;
  Instant last_time_{};

  std::mutex pending_mutex_;
  std::deque<Pending> pending_;

  mutable std::shared_mutex tree_mutex_;
  Tree tree_;  // of the durable entries

  // Finished tiles never change; a slot holds whichever was read last.
  static constexpr std::size_t tile_slots = 128;
  struct Slot {
    TileName name{.level = ~0U, .index = 0};  // of no tile, until one is read
    Tile tile;
  };
  std::mutex tiles_mutex_;
  std::array<Slot, tile_slots> tiles_;
};

// Reads entry `index` out of `snapshot`. NotFound: there is none. DataLoss: it does not
// authenticate, or is not the entry of that place.
[[nodiscard]] Result<StoredEntry> read_entry(store::Snapshot& snapshot, std::uint64_t index);
// The same of a row's value.
[[nodiscard]] Result<StoredEntry> parse_stored(std::uint64_t index, std::string_view value);
[[nodiscard]] store::Key entry_key(std::uint64_t index);
[[nodiscard]] store::Key tile_key(const TileName& name);

}  // namespace entente::ledger
