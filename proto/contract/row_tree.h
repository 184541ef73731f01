// What lets whoever may see one row of a file prove it, and nobody guess another: trees over salted
// hashes of the rows, and one over their roots, whose root the party signs. docs/statistics.md
// gives the bytes. Pure; any thread.
//
// A tree has `rows_max` leaves however many rows there are, and the one above them `trees_max`: the
// others are numbers that nobody tells from a salted hash. Leaves stand in ascending order. So
// neither where a row stands nor how long its path is says how many others there are, hidden ones
// among them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/digest.h"

namespace entente::row_tree {

inline constexpr std::size_t seed_bytes = 32;      // of a seed, which is drawn anew for each upload
inline constexpr std::size_t rows_max = 1 << 16;   // of one tree
inline constexpr std::size_t bytes_max = 4 << 20;  // of its rows: they are held together
inline constexpr std::size_t trees_max = 1 << 12;  // of one file

// Rows of one tree, one behind the other.
class Rows {
 public:
  void add(std::string_view row) {
    text_ += row;
    ends_.push_back(text_.size());
  }
  void clear() {
    text_.clear();
    ends_.clear();
  }
  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  [[nodiscard]] std::size_t bytes() const { return text_.size(); }
  [[nodiscard]] std::string_view operator[](std::size_t i) const {
    const std::size_t from = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(text_).substr(from, ends_[i] - from);
  }

 private:
  std::string text_;
  std::vector<std::size_t> ends_;
};
// Whether a row of `bytes` more begins the next tree: both sides of the line cut a file alike.
[[nodiscard]] constexpr bool is_full(std::size_t rows, std::size_t held, std::size_t bytes) {
  return rows == rows_max || (rows != 0 && held + bytes > bytes_max);
}

struct Proof {
  std::string salt;  // 32 bytes; says nothing of the seed
  std::uint64_t index = 0;
  std::vector<Digest> path;  // leaf's sibling first
};

// One of a file's trees.
class Tree {
 public:
  // `number`: which one, from 0. Requires: seed.size() == seed_bytes, rows.size() <= rows_max,
  // number < trees_max.
  Tree(std::string_view seed, std::uint64_t number, const Rows& rows);

  [[nodiscard]] const Digest& root() const { return levels_.back().front(); }
  // Within this tree. Requires: row < rows.size().
  [[nodiscard]] Proof prove(std::size_t row) const;

 private:
  std::string salts_;           // of each row 32 bytes
  std::vector<Digest> leaves_;  // by row
  std::vector<std::vector<Digest>> levels_;
};

// What stands over a file's trees.
class Forest {
 public:
  // The roots of its trees, in their order. Requires: seed.size() == seed_bytes,
  // roots.size() <= trees_max.
  Forest(std::string_view seed, std::span<const Digest> roots);

  // What is signed.
  [[nodiscard]] const Digest& root() const { return levels_.back().front(); }
  // What proves a row under this root, from what proves it within its tree. Requires: number <
  // roots.size().
  [[nodiscard]] Proof lifted(std::size_t number, Proof within) const;

 private:
  std::vector<Digest> roots_;
  std::vector<std::vector<Digest>> levels_;
};

// Whether the root of a forest is over this row.
[[nodiscard]] bool holds(std::string_view row, const Proof& proof, const Digest& root);

// What hides the file's own digest from who may not see all of it. Requires: as Tree.
[[nodiscard]] Digest file_blind(std::string_view seed);

}  // namespace entente::row_tree
