// A *part*: many series, sorted by key, packed into blocks with an index from code to series.
// Written once, row by row, staged in the store; never changed. docs/statistics.md gives its rows.
//
// Threads: a PartHeader is immutable once made, and read by any; the rest, one thread at a time.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <roaring/roaring.hh>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/status.h"
#include "server/statistics/series/code_lists.h"
#include "server/statistics/series/columns.h"
#include "server/statistics/series/group.h"
#include "server/store/store.h"

namespace entente::statistics {

// On disk: never renumber. The shapes are in docs/key-layout.md. Both hold staged rows only.
inline constexpr store::Table blocks_table{0x68};  // part, number -> block
inline constexpr store::Table index_table{0x69};   // part, 0 -> header; part, number -> lists

using SeriesSet = ::Roaring;

// Some groups, as they are read: unsealed, and told apart.
struct Block {
  struct Group {
    std::uint32_t first;  // series, counted in the part
    std::uint32_t series;
    std::uint32_t offset;
    std::uint32_t bytes;
  };
  std::string bytes;  // and bits_slack_bytes
  std::vector<Group> groups;
};
using BlockPointer = std::shared_ptr<const Block>;

// `first`: the number of its first series. DataLoss: these are not the bytes of a block.
[[nodiscard]] Result<BlockPointer> read_block(std::string bytes, std::uint32_t first);

// A code's number in a part is its place among the part's codes of the dimension, which are sorted
// as texts.
struct PartHeader {
  store::Id id{};
  CodeLists dimensions;
  CodeLists attributes;
  std::uint32_t series = 0;
  std::uint64_t observations = 0;
  std::uint64_t gone = 0;
  std::vector<std::uint32_t> block_first;  // the first series of each block
  std::vector<std::uint32_t> index_first;  // the first list of each index row; empty: no index
  std::int32_t first_day = 0;
  std::int32_t last_day = 0;
  std::uint64_t bytes = 0;  // on disk, sealed
  // Of a part that was never staged, all of it, and the lists of its index, if it has one.
  std::vector<BlockPointer> in_memory;
  std::vector<SeriesSet> lists_in_memory;

  [[nodiscard]] std::uint32_t width() const {
    return static_cast<std::uint32_t>(dimensions.size()) + 1;
  }
  [[nodiscard]] bool has_index() const { return !index_first.empty() || !lists_in_memory.empty(); }
  [[nodiscard]] std::optional<std::uint32_t> find(std::size_t dimension,
                                                  std::string_view code) const;
};

// Rows on their way into the store, in batches.
class Stage {
 public:
  explicit Stage(store::Store& store, store::SealName seal = {}) : store_(store), seal_(seal) {}
  // What Store::stage returns; afterwards the caller gives up.
  [[nodiscard]] Status put(store::Key key, std::string value);
  [[nodiscard]] Status flush();
  // Takes all rows of a part away.
  [[nodiscard]] Status erase(const store::Id& part);
  // What the rows put so far take on disk.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  store::Store& store_;
  store::SealName seal_;
  std::vector<store::StagedRow> rows_;
  std::size_t pending_ = 0;
  std::uint64_t bytes_ = 0;
};

class PartWriter {
 public:
  // `dimensions` and `attributes`: the dictionaries, as in PartHeader. Without `stage` the part is
  // kept in memory, and has an index only if it is `indexed`.
  PartWriter(Stage* stage, const store::Id& id,
             const std::vector<std::vector<std::string>>& dimensions,
             const std::vector<std::vector<std::string>>& attributes, bool indexed = false);

  // Adds one series of `columns`, whose observations begin at `from`. Requires: its key is not
  // before the last one's; if it is the last one's, its periods are after that one's.
  // What Store::stage returns; ResourceExhausted (LimitReached): too many series.
  [[nodiscard]] Status add(const Columns& columns, std::size_t series, std::size_t from);

  [[nodiscard]] bool empty() const { return header_.series == 0 && pending_.series() == 0; }
  // Of a part in memory: what its blocks take so far.
  [[nodiscard]] std::uint64_t bytes() const { return header_.bytes; }
  // Requires: !empty(). Nothing refers to the part yet.
  [[nodiscard]] Result<PartHeader> finish();

 private:
  Status add_entry(const Columns& columns, std::size_t series, std::size_t from,
                   std::uint32_t count);
  void note_key(std::span<const std::uint32_t> key);
  void note_days();
  Status close_group();
  Status close_block();
  void end_lists();
  void keep_lists();
  Status write_index();
  Status write_header();

  Stage* stage_;
  PartHeader header_;
  Columns pending_;     // the group under way
  std::string groups_;  // the block under way: its packed groups
  std::vector<std::pair<std::uint32_t, std::uint32_t>> in_block_;  // series and bytes of each group
  std::uint32_t block_series_ = 0;
  std::array<Ordinals, frequencies> spans_;  // the first and last period of each frequency
  // Of each dimension and code the series that have it; and the run of series under way.
  std::vector<std::vector<SeriesSet>> lists_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> runs_;  // code, first series
  std::uint32_t noted_ = 0;
};

// Reads the header of a part. DataLoss: it is not there or does not read.
[[nodiscard]] Result<std::shared_ptr<const PartHeader>> read_header(store::Snapshot& snapshot,
                                                                    const store::Id& id);

// What was lately read of parts, so that a query need not unseal it again: lists of the index, and
// blocks. Bounded in bytes. Any thread.
class Folds;

class IndexCache {
 public:
  // 0: keeps nothing.
  explicit IndexCache(std::size_t bytes_max)
      : lists_(bytes_max / 4), blocks_(bytes_max - bytes_max / 4) {}
  using Lists = std::shared_ptr<const std::vector<SeriesSet>>;
  using Place = std::pair<store::Id, std::uint32_t>;
  [[nodiscard]] Lists find(const Place& place) { return lists_.find(place); }
  void keep(const Place& place, Lists lists);
  [[nodiscard]] BlockPointer find_block(const Place& place) { return blocks_.find(place); }
  void keep_block(const Place& place, BlockPointer block);
  // What stands for older layers where only the newest versions are read; null: nothing does.
  // Before the first call; borrowed.
  void use(Folds& folds) { folds_ = &folds; }
  [[nodiscard]] Folds* folds() const { return folds_; }

 private:
  struct Hash {
    std::size_t operator()(const Place& place) const;
  };
  // What was used last is kept.
  template <typename Value>
  class Kept {
   public:
    explicit Kept(std::size_t bytes_max) : bytes_max_(bytes_max) {}
    [[nodiscard]] Value find(const Place& place);
    void keep(const Place& place, Value value, std::size_t bytes);

   private:
    struct One {
      Place place;
      Value value;
      std::size_t bytes;
    };
    const std::size_t bytes_max_;
    std::mutex mutex_;
    std::list<One> held_;  // lately used first
    std::unordered_map<Place, typename std::list<One>::iterator, Hash> places_;
    std::size_t bytes_ = 0;
  };
  Kept<Lists> lists_;
  Kept<BlockPointer> blocks_;
  Folds* folds_ = nullptr;
};

// Of each dimension the numbers of the codes that fit; none: any.
using Wanted = std::vector<std::optional<std::vector<std::uint32_t>>>;

// The series of a part that fit. DataLoss: the index does not read.
[[nodiscard]] Result<SeriesSet> find_series(store::Snapshot& snapshot, IndexCache& cache,
                                            const PartHeader& part, const Wanted& wanted);

// Walks those series of a part.
class PartCursor {
 public:
  // `snapshot`, `cache` and `part` outlive it.
  PartCursor(store::Snapshot& snapshot, IndexCache& cache, const PartHeader& part,
             const SeriesSet& series);
  // To the next series; the first time, to the first. Requires: !over().
  // DataLoss: a block does not authenticate or does not read.
  [[nodiscard]] Status next() {
    pending_ &= pending_ - 1;
    if (pending_ != 0) return {};
    return next_group();
  }
  [[nodiscard]] bool over() const { return over_; }
  // Requires: !over(), and next() was called. What they give lives until the next group.
  [[nodiscard]] const GroupView& group() const { return view_; }
  [[nodiscard]] std::size_t series() const {
    return static_cast<std::size_t>(std::countr_zero(pending_));
  }
  // The wanted series of the group from the one at hand on, as bits.
  [[nodiscard]] std::uint64_t pending() const { return pending_; }
  // To the first series of the next group that has any.
  [[nodiscard]] Status next_group();

 private:
  Status load(std::uint32_t block);
  Status look_up();

  store::Snapshot& snapshot_;
  IndexCache& cache_;
  const PartHeader& part_;
  bool all_ = false;
  std::vector<std::uint32_t> series_;  // unless all
  std::size_t at_ = 0;
  std::optional<std::uint32_t> number_;  // of the block
  std::uint32_t loads_ = 0;
  BlockPointer block_;
  GroupView view_;
  std::uint64_t pending_ = 0;
  bool over_ = false;
};

// Numbers that take one byte each while they are small, least first.
void append_varint(std::string& out, std::uint64_t value);
// Takes one off the front; empty: none is there.
[[nodiscard]] std::optional<std::uint64_t> take_varint(std::string_view& bytes);

}  // namespace entente::statistics
