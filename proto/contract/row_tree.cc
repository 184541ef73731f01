#include "proto/contract/row_tree.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <numeric>

#include "proto/contract/merkle.h"
#include "proto/contract/status.h"

namespace entente::row_tree {
namespace {

using namespace std::string_view_literals;

constexpr unsigned tree_levels = std::countr_zero(rows_max);
constexpr unsigned forest_levels = std::countr_zero(trees_max);

// The seed is of one length and each use has a word of its own: no two hash the same bytes.
Digest derive(std::string_view seed, std::string_view word, std::uint64_t number) {
  std::array<char, 8> digits{};
  for (std::size_t i = digits.size(); i-- > 0; number >>= 8) digits[i] = static_cast<char>(number);
  return sha256({seed, word, std::string_view(digits.data(), digits.size())});
}

// So many octets that only the seed tells: as AES-256 in counter mode gives them, from 0 on. A hash
// for each row would cost as much as the leaf.
std::string octets_of(std::string_view seed, std::string_view word, std::uint64_t number,
                      std::size_t count) {
  struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  };
  const std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context(EVP_CIPHER_CTX_new());
  const Digest key = derive(seed, word, number);
  const std::array<unsigned char, 16> zero{};
  std::string out(count, '\0');
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  auto* octets = reinterpret_cast<unsigned char*>(out.data());
  int done = 0;
  ENTENTE_CHECK(
      context != nullptr &&
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_ctr(), nullptr, key.data(), zero.data()) == 1 &&
      EVP_EncryptUpdate(context.get(), octets, &done, octets, static_cast<int>(count)) == 1);
  return out;
}

std::string_view digest_in(std::string_view octets, std::size_t i) {
  return octets.substr(i * sizeof(Digest), sizeof(Digest));
}

// RFC 9162's leaf, over the salt and the row.
Digest leaf_of(std::string_view salt, std::string_view row) { return sha256({"\0"sv, salt, row}); }

// In ascending order: by their first two bytes, which are as good as drawn, then what few have
// these in common.
std::vector<Digest> sorted(const std::vector<Digest>& all) {
  const auto bucket_of = [](const Digest& one) { return std::size_t{one[0]} << 8 | one[1]; };
  std::vector<std::uint32_t> ends(1 << 16, 0);
  for (const Digest& one : all) ++ends[bucket_of(one)];
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  std::vector<Digest> out(all.size());
  for (const Digest& one : all) out[--ends[bucket_of(one)]] = one;  // now where a bucket begins
  for (std::size_t bucket = 0; bucket < ends.size(); ++bucket) {
    const std::size_t end = bucket + 1 < ends.size() ? ends[bucket + 1] : out.size();
    if (end - ends[bucket] < 2) continue;
    std::sort(out.begin() + static_cast<std::ptrdiff_t>(ends[bucket]),
              out.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return out;
}

std::vector<std::vector<Digest>> levels_over(const std::vector<Digest>& leaves) {
  std::vector<std::vector<Digest>> levels;
  levels.push_back(sorted(leaves));
  while (levels.back().size() > 1) {
    const std::vector<Digest>& below = levels.back();
    std::vector<Digest> next;
    next.reserve(below.size() / 2);
    for (std::size_t i = 0; i < below.size(); i += 2) {
      next.push_back(merkle::node_hash(below[i], below[i + 1]));
    }
    levels.push_back(std::move(next));
  }
  return levels;
}

// Where a leaf stands among all; what stands beside it on each level goes to the end of `path`.
std::size_t climb(const std::vector<std::vector<Digest>>& levels, const Digest& leaf,
                  std::vector<Digest>& path) {
  const auto& all = levels.front();
  const auto at =
      static_cast<std::size_t>(std::lower_bound(all.begin(), all.end(), leaf) - all.begin());
  std::size_t place = at;
  for (std::size_t level = 0; level + 1 < levels.size(); ++level, place /= 2) {
    path.push_back(levels[level][place ^ 1]);
  }
  return at;
}

}  // namespace

Tree::Tree(std::string_view seed, std::uint64_t number, const Rows& rows)
    : salts_(octets_of(seed, "salt", number, rows.size() * sizeof(Digest))) {
  ENTENTE_CHECK(seed.size() == seed_bytes && rows.size() <= rows_max && number < trees_max);
  leaves_.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    leaves_.push_back(leaf_of(digest_in(salts_, i), rows[i]));
  }
  std::vector<Digest> all = leaves_;
  all.reserve(rows_max);
  const std::string others =
      octets_of(seed, "none", number, (rows_max - rows.size()) * sizeof(Digest));
  for (std::size_t i = 0; i < rows_max - rows.size(); ++i) {
    all.push_back(digest_from(digest_in(others, i)));
  }
  levels_ = levels_over(all);
}

Proof Tree::prove(std::size_t row) const {
  ENTENTE_CHECK(row < leaves_.size());
  Proof proof;
  proof.salt = digest_in(salts_, row);
  proof.index = climb(levels_, leaves_[row], proof.path);
  return proof;
}

Forest::Forest(std::string_view seed, std::span<const Digest> roots)
    : roots_(roots.begin(), roots.end()) {
  ENTENTE_CHECK(seed.size() == seed_bytes && roots.size() <= trees_max);
  std::vector<Digest> all = roots_;
  const std::string others =
      octets_of(seed, "tree", 0, (trees_max - roots.size()) * sizeof(Digest));
  for (std::size_t i = 0; i < trees_max - roots.size(); ++i) {
    all.push_back(digest_from(digest_in(others, i)));
  }
  levels_ = levels_over(all);
}

Proof Forest::lifted(std::size_t number, Proof within) const {
  ENTENTE_CHECK(number < roots_.size());
  within.index += climb(levels_, roots_[number], within.path) * rows_max;
  return within;
}

bool holds(std::string_view row, const Proof& proof, const Digest& root) {
  return proof.salt.size() == sizeof(Digest) && proof.path.size() == tree_levels + forest_levels &&
         merkle::verify_inclusion(proof.index, std::uint64_t{rows_max} * trees_max,
                                  leaf_of(proof.salt, row), proof.path, root);
}

Digest file_blind(std::string_view seed) { return derive(seed, "file", 0); }

}  // namespace entente::row_tree
