#include "server/ledger/tree.h"

#include "proto/contract/merkle.h"
#include "proto/contract/status.h"

namespace entente::ledger {
namespace {

// How many hashes stand before those of `height` in a tile's bytes.
constexpr std::uint64_t before(unsigned height) {
  return 2 * tile_width - (2 * tile_width >> height);
}

}  // namespace

TileName tile_of(unsigned level, std::uint64_t index) {
  return {.level = level / tile_height, .index = index >> (tile_height - level % tile_height)};
}

Digest node_in_tile(std::string_view bytes, unsigned level, std::uint64_t index) {
  ENTENTE_CHECK(bytes.size() == tile_bytes);
  const unsigned height = level % tile_height;
  const std::uint64_t within = index & ((tile_width >> height) - 1);
  return digest_from(bytes.substr((before(height) + within) * sizeof(Digest), sizeof(Digest)));
}

Digest root_of_tile(std::string_view bytes) {
  const unsigned top = tile_height - 1;
  return merkle::node_hash(node_in_tile(bytes, top, 0), node_in_tile(bytes, top, 1));
}

Tree::Tree(std::uint64_t size, const std::vector<std::vector<Digest>>& edges)
    : size_(size), edges_(edges.size()) {
  for (std::size_t level = 0; level < edges.size(); ++level) {
    ENTENTE_CHECK(edges[level].size() == (size >> (tile_height * level)) % tile_width);
    for (const Digest& hash : edges[level]) ENTENTE_CHECK(!add(edges_[level], hash));
  }
  ENTENTE_CHECK(tile_height * edges.size() >= 64 || (size >> (tile_height * edges.size())) == 0);
}

std::optional<Digest> Tree::add(Edge& edge, Digest hash) {
  for (std::vector<Digest>& level : edge) {
    level.push_back(hash);
    if (level.size() % 2 != 0) return std::nullopt;
    hash = merkle::node_hash(level[level.size() - 2], level.back());
  }
  return hash;
}

void Tree::append(const Digest& leaf, const Finished& finished) {
  Digest hash = leaf;
  for (unsigned level = 0;; ++level) {
    if (level == edges_.size()) edges_.emplace_back();
    Edge& edge = edges_[level];
    const std::optional<Digest> root = add(edge, hash);
    if (!root) break;
    if (finished) {
      std::string bytes;
      bytes.reserve(tile_bytes);
      for (const std::vector<Digest>& hashes : edge) {
        for (const Digest& each : hashes) bytes.append(as_view(each));
      }
      finished({.level = level, .index = size_ >> (tile_height * (level + 1))}, std::move(bytes));
    }
    for (std::vector<Digest>& hashes : edge) hashes.clear();
    hash = *root;
  }
  ++size_;
}

Digest Tree::root() const {
  // Every peak stands in an unfinished tile.
  const merkle::NodeReader read = [this](unsigned level, std::uint64_t index) -> Result<Digest> {
    const std::optional<Digest> hash = find(level, index);
    ENTENTE_CHECK(hash.has_value());
    return *hash;
  };
  return *merkle::root_at(size_, read);
}

std::optional<Digest> Tree::find(unsigned level, std::uint64_t index) const {
  const TileName tile = tile_of(level, index);
  const unsigned base = tile.level * tile_height;
  if (tile.index != (size_ >> base) / tile_width) return std::nullopt;
  const unsigned height = level % tile_height;
  const std::uint64_t within = index & ((tile_width >> height) - 1);
  const std::vector<Digest>& hashes = edges_.at(tile.level).at(height);
  ENTENTE_CHECK(within < hashes.size());
  return hashes[within];
}

}  // namespace entente::ledger
