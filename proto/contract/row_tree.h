// What lets whoever may see one row of a file prove it, and nobody guess another: a tree over
// salted hashes of the rows, whose root the party signs. docs/statistics.md gives the bytes. Pure;
// any thread.
//
// The tree has `rows_max` leaves however many rows there are: the others are numbers that nobody
// tells from a salted hash. Leaves stand in ascending order. So neither where a row stands nor how
// long its path is says how many others there are, hidden ones among them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/digest.h"

namespace entente::row_tree {

inline constexpr std::size_t seed_bytes = 32;  // of a seed, which is drawn anew for each upload
inline constexpr std::size_t rows_max = 1 << 16;
inline constexpr std::size_t bytes_max = 4 << 20;  // of all rows: they are held, and kept

struct Proof {
  std::string salt;  // 32 bytes; says nothing of the seed
  std::uint64_t index = 0;
  std::vector<Digest> path;  // leaf's sibling first
};

class Tree {
 public:
  // Requires: seed.size() == seed_bytes, rows.size() <= rows_max.
  Tree(std::string_view seed, std::span<const std::string> rows);

  [[nodiscard]] const Digest& root() const { return levels_.back().front(); }
  // Requires: row < rows.size().
  [[nodiscard]] Proof prove(std::size_t row) const;

 private:
  std::string seed_;
  std::vector<Digest> leaves_;  // by row
  std::vector<std::vector<Digest>> levels_;
};

// Whether the root is over this row.
[[nodiscard]] bool holds(std::string_view row, const Proof& proof, const Digest& root);

// What hides the file's own digest from who may not see all of it. Requires: as Tree.
[[nodiscard]] Digest file_blind(std::string_view seed);

}  // namespace entente::row_tree
