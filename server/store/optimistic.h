// Whether what a transaction read still holds when it commits: the read set that a transaction
// gathers, and the recent write sets that it is held against. Knows no engine.
//
// Threads: a ReadSet belongs to its transaction; RecentWrites is guarded by whoever owns it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace entente::store {

// Keys in [first, end); no end means to the end of the store.
struct Range {
  std::string first;
  std::optional<std::string> end;
};

// The least key that is greater than every key beginning with `prefix`; none if there is no such.
[[nodiscard]] std::optional<std::string> end_of_prefix(std::string_view prefix);
// The least key that is greater than `key`.
[[nodiscard]] std::string after(std::string_view key);

// What a transaction has learned: rows that it looked for, there or not, and ranges that it walked.
class ReadSet {
 public:
  void add_point(std::string_view key) { points_.emplace(key); }
  // A range that is still empty; returns its number for `extend`.
  [[nodiscard]] std::size_t add_range(std::string first);
  // Requires: `end` does not lie before the range's present end.
  void extend(std::size_t range, std::optional<std::string> end) {
    ranges_[range].end = std::move(end);
  }

  [[nodiscard]] const std::set<std::string, std::less<>>& points() const { return points_; }
  [[nodiscard]] const std::vector<Range>& ranges() const { return ranges_; }

 private:
  std::set<std::string, std::less<>> points_;
  std::vector<Range> ranges_;
};

// Which rows the last commits wrote. A commit is named by its index.
class RecentWrites {
 public:
  // Remembers at most `rows_max` rows: a transaction that stays open must not fill the memory.
  explicit RecentWrites(std::size_t rows_max) : rows_max_(rows_max) {}

  // Requires: index is greater than that of every commit added before.
  void add(std::uint64_t index, std::vector<std::string> keys);

  // Whether a commit at or above `since` wrote (or erased) anything in `reads`. Answers true, too,
  // if commits at or above `since` have been forgotten: what cannot be told counts as changed.
  [[nodiscard]] bool conflicts(const ReadSet& reads, std::uint64_t since) const;

  // No later question will have a `since` below `floor`.
  void forget_below(std::uint64_t floor);
  // The commits at and above `size` did not happen.
  void forget_from(std::uint64_t size);

  [[nodiscard]] std::size_t rows() const { return rows_; }

 private:
  struct Written {
    std::uint64_t index;
    std::vector<std::string> keys;
  };
  void drop_oldest();

  std::size_t rows_max_;
  std::size_t rows_ = 0;  // over all of commits_
  std::deque<Written> commits_;
  std::map<std::string, std::uint64_t, std::less<>> last_;  // row -> the last commit that wrote it
  std::uint64_t known_from_ = 0;                            // commits below this are forgotten
};

}  // namespace entente::store
