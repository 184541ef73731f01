#include "proto/contract/row_tree.h"

#include <algorithm>
#include <bit>

#include "proto/contract/merkle.h"
#include "proto/contract/status.h"

namespace entente::row_tree {
namespace {

constexpr unsigned levels = std::countr_zero(rows_max);

std::string big_endian(std::uint64_t number) {
  std::string out(8, '\0');
  for (std::size_t i = out.size(); i-- > 0; number >>= 8) out[i] = static_cast<char>(number);
  return out;
}

// The seed is of one length and each use has a word of its own: no two hash the same bytes.
Digest derive(std::string_view seed, std::string_view word, std::uint64_t number) {
  return sha256({seed, word, big_endian(number)});
}

Digest salt_of(std::string_view seed, std::uint64_t row) { return derive(seed, "salt", row); }

Digest leaf_of(std::string_view salt, std::string_view row) {
  std::string bytes(salt);
  return merkle::leaf_hash(bytes.append(row));
}

}  // namespace

Tree::Tree(std::string_view seed, std::span<const std::string> rows) : seed_(seed) {
  ENTENTE_CHECK(seed.size() == seed_bytes && rows.size() <= rows_max);
  leaves_.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    leaves_.push_back(leaf_of(as_view(salt_of(seed, i)), rows[i]));
  }
  std::vector<Digest> all = leaves_;
  all.reserve(rows_max);
  for (std::size_t i = rows.size(); i < rows_max; ++i) all.push_back(derive(seed, "none", i));
  std::sort(all.begin(), all.end());
  levels_.push_back(std::move(all));
  while (levels_.back().size() > 1) {
    const std::vector<Digest>& below = levels_.back();
    std::vector<Digest> next;
    next.reserve(below.size() / 2);
    for (std::size_t i = 0; i < below.size(); i += 2) {
      next.push_back(merkle::node_hash(below[i], below[i + 1]));
    }
    levels_.push_back(std::move(next));
  }
}

Proof Tree::prove(std::size_t row) const {
  ENTENTE_CHECK(row < leaves_.size());
  const auto& all = levels_.front();
  const auto at = std::lower_bound(all.begin(), all.end(), leaves_[row]) - all.begin();
  Proof proof;
  proof.salt = as_view(salt_of(seed_, row));
  proof.index = static_cast<std::uint64_t>(at);
  auto place = static_cast<std::size_t>(at);
  for (unsigned level = 0; level < levels; ++level, place /= 2) {
    proof.path.push_back(levels_[level][place ^ 1]);
  }
  return proof;
}

bool holds(std::string_view row, const Proof& proof, const Digest& root) {
  return proof.salt.size() == sizeof(Digest) &&
         merkle::verify_inclusion(proof.index, rows_max, leaf_of(proof.salt, row), proof.path,
                                  root);
}

Digest file_blind(std::string_view seed) { return derive(seed, "file", 0); }

}  // namespace entente::row_tree
