// The right edge of the ledger's Merkle tree. Nodes are kept by the *tile*: the subtree over 256
// nodes of a level that is a multiple of 8. A finished tile is handed out once, to be kept as one
// row; the unfinished ones, at most one a level, are here: 16 KiB each, four levels at ten million
// entries.
//
// A value; one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/digest.h"

namespace entente::ledger {

inline constexpr unsigned tile_height = 8;
inline constexpr std::uint64_t tile_width = 1U << tile_height;
// 256 + 128 + ... + 2 hashes; the tile's root is a leaf of the tile above.
inline constexpr std::size_t tile_bytes = (2 * tile_width - 2) * sizeof(Digest);

// Where a tile stands: over nodes [index * 256, (index + 1) * 256) of level `level` * 8.
struct TileName {
  unsigned level = 0;
  std::uint64_t index = 0;
  friend auto operator<=>(const TileName&, const TileName&) = default;
};

// Which tile has the node.
[[nodiscard]] TileName tile_of(unsigned level, std::uint64_t index);
// The node's hash in its tile's bytes. Requires: bytes.size() == tile_bytes, the tile has the node.
[[nodiscard]] Digest node_in_tile(std::string_view bytes, unsigned level, std::uint64_t index);
// The hash of the tile's root.
[[nodiscard]] Digest root_of_tile(std::string_view bytes);

class Tree {
 public:
  using Finished = std::function<void(const TileName& name, std::string bytes)>;

  // The tree of no leaves.
  Tree() = default;

  // Puts back a tree of `size` leaves from what stands under each unfinished tile: for each level,
  // bottom up, its hashes, (size >> 8 * level) % 256 of them. Requires: as many.
  Tree(std::uint64_t size, const std::vector<std::vector<Digest>>& edges);

  // `finished`, if given, is told of each tile that this leaf finishes, lowest first.
  void append(const Digest& leaf, const Finished& finished = nullptr);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] Digest root() const;

  // The complete node if it stands in an unfinished tile; nothing if in a finished one.
  // Requires: the node is complete, (index + 1) << level <= size().
  [[nodiscard]] std::optional<Digest> find(unsigned level, std::uint64_t index) const;

 private:
  using Edge = std::array<std::vector<Digest>, tile_height>;
  // Adds the node and those above it, in this tile, that it completes; its root, if it finishes it.
  static std::optional<Digest> add(Edge& edge, Digest hash);

  std::uint64_t size_ = 0;
  std::vector<Edge> edges_;
};

}  // namespace entente::ledger
