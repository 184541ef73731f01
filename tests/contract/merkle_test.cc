#include "proto/contract/merkle.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>
#include <random>

#include "proto/contract/bytes.h"
#include "tests/contract/reference_tree.h"
#include "tests/support/seed.h"

namespace entente::merkle {
namespace {

using test::ReferenceTree;

Digest digest_of_hex(std::string_view hex) { return digest_from(from_hex(hex).value()); }

// The leaves and roots that Certificate Transparency's implementations have shared since RFC 6962.
const std::vector<std::string> ct_leaves = {"",
                                            "00",
                                            "10",
                                            "2021",
                                            "3031",
                                            "40414243",
                                            "5051525354555657",
                                            "606162636465666768696a6b6c6d6e6f"};
const std::vector<std::string> ct_roots = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

std::vector<std::string> numbered(std::uint64_t count) {
  std::vector<std::string> entries;
  for (std::uint64_t i = 0; i < count; ++i) entries.push_back("entry " + std::to_string(i));
  return entries;
}

NodeReader reader_of(ReferenceTree& tree) {
  return [&tree](unsigned level, std::uint64_t index) -> Result<Digest> {
    REQUIRE(((index + 1) << level) <= tree.size());
    return tree.mth(index << level, (index + 1) << level);
  };
}

std::uint64_t mutations_wanted() {
  const char* wanted = std::getenv("ENTENTE_MUTATIONS");
  return wanted == nullptr ? 40'000 : std::stoull(wanted);
}

struct Inclusion {
  std::uint64_t index, size;
  Digest leaf, root;
  std::vector<Digest> path;
  friend bool operator==(const Inclusion&, const Inclusion&) = default;
  [[nodiscard]] bool holds() const { return verify_inclusion(index, size, leaf, path, root); }
};
struct Consistency {
  std::uint64_t old_size, size;
  Digest old_root, root;
  std::vector<Digest> path;
  friend bool operator==(const Consistency&, const Consistency&) = default;
  [[nodiscard]] bool holds() const {
    return verify_consistency(old_size, size, old_root, root, path);
  }
};

using Random = std::mt19937_64;

void flip_bit(Digest& digest, Random& random) {
  const std::uint64_t bit = random() % 256;
  digest[bit / 8] = static_cast<std::uint8_t>(digest[bit / 8] ^ (1U << (bit % 8)));
}

std::uint64_t other_number(std::uint64_t number, Random& random) {
  switch (random() % 5) {
    case 0:
      return number + 1;
    case 1:
      return number - 1;
    case 2:
      return number ^ (1ULL << (random() % 64));
    case 3:
      return number * 2;
    default:
      return number / 2;
  }
}

// One mutation of a path, of every kind that has ever been accepted somewhere.
void mutate_path(std::vector<Digest>& path, const Digest& leaf, const Digest& root,
                 Random& random) {
  const std::uint64_t at = path.empty() ? 0 : random() % path.size();
  const auto place = path.begin() + static_cast<std::ptrdiff_t>(at);
  switch (path.empty() ? 4 + random() % 2 : random() % 9) {
    case 0:
      return flip_bit(*place, random);
    case 1:
      path.erase(place);
      return;
    case 2:
      path.insert(place, *place);
      return;
    case 3:
      return std::swap(*place, path[random() % path.size()]);
    case 4:
      path.push_back(random() % 2 == 0 ? root : leaf);
      return;
    case 5:
      path.insert(path.begin(), random() % 2 == 0 ? root : leaf);
      return;
    case 6:
      std::reverse(path.begin(), path.end());
      return;
    case 7:
      path.resize(at);
      return;
    default:
      *place = random() % 2 == 0 ? leaf : root;
      return;
  }
}

}  // namespace

TEST_CASE("a proof of another tree, place or size does not hold", "[contract][merkle]") {
  const Digest a = leaf_hash("a");
  const Digest b = leaf_hash("b");
  const Digest root = node_hash(a, b);
  CHECK_FALSE(verify_inclusion(0, 0, a, {}, a));
  CHECK_FALSE(verify_inclusion(1, 1, a, {}, a));
  CHECK_FALSE(verify_inclusion(0, 2, a, {}, root));
  CHECK_FALSE(verify_inclusion(1, 2, a, std::vector{b}, root));
  CHECK_FALSE(verify_inclusion(0, 2, b, std::vector{a}, root));
  CHECK_FALSE(verify_inclusion(0, 1, a, std::vector{b}, root));
  CHECK_FALSE(verify_inclusion(0, 2, a, std::vector{b, b}, root));
  CHECK_FALSE(verify_inclusion(0, UINT64_MAX, a, std::vector{b}, root));
  CHECK_FALSE(verify_inclusion(UINT64_MAX - 1, UINT64_MAX, a, std::vector{b}, root));
  CHECK_FALSE(verify_inclusion(0, 2, a, std::vector<Digest>(100'000, b), root));
}

TEST_CASE("a tree is not consistent with a later, an equal but other, or a made-up one",
          "[contract][merkle]") {
  ReferenceTree tree(numbered(9));
  const Digest old_root = tree.mth(0, 4);
  const Digest root = tree.mth(0, 9);
  const std::vector<Digest> path = tree.subproof(4, 0, 9, true);
  REQUIRE(verify_consistency(4, 9, old_root, root, path));
  CHECK_FALSE(verify_consistency(9, 4, root, old_root, path));
  CHECK_FALSE(verify_consistency(4, 9, root, old_root, path));
  CHECK_FALSE(verify_consistency(4, 4, old_root, root, {}));
  CHECK_FALSE(verify_consistency(4, 4, old_root, old_root, path));
  CHECK_FALSE(verify_consistency(0, 9, empty_root(), root, path));
  CHECK_FALSE(verify_consistency(0, 9, old_root, root, {}));
  CHECK_FALSE(verify_consistency(0, 0, empty_root(), root, {}));
  CHECK_FALSE(verify_consistency(0, 0, old_root, old_root, {}));
  CHECK_FALSE(verify_consistency(4, 9, old_root, root, {}));
  CHECK_FALSE(verify_consistency(4, 9, old_root, root, std::vector<Digest>(100'000, root)));
}

TEST_CASE("the empty tree is the beginning of every tree", "[contract][merkle]") {
  CHECK(verify_consistency(0, 0, empty_root(), empty_root(), {}));
  CHECK(verify_consistency(0, 5, empty_root(), leaf_hash("whatever"), {}));
}

TEST_CASE("hashes and roots are those of the published vectors", "[contract][merkle]") {
  std::vector<Digest> leaves;
  CompactRange range;
  CHECK(range.root() == digest_of_hex(ct_roots[0]));
  for (std::size_t i = 0; i < ct_leaves.size(); ++i) {
    leaves.push_back(leaf_hash(from_hex(ct_leaves[i]).value()));
    range.append(leaves.back());
    CHECK(root_of(leaves) == digest_of_hex(ct_roots[i + 1]));
    CHECK(range.root() == digest_of_hex(ct_roots[i + 1]));
  }
}

TEST_CASE("the proofs of RFC 9162's example tree have the nodes that it draws",
          "[contract][merkle]") {
  // 2.1.5: seven leaves d0 to d6; a to e and j their hashes, g = (a b), h = (c d), i = (e f),
  // k = (g h), l = (i j).
  ReferenceTree tree({"d0", "d1", "d2", "d3", "d4", "d5", "d6"});
  const auto leaf = [&](std::uint64_t n) { return tree.mth(n, n + 1); };
  const Digest g = node_hash(leaf(0), leaf(1));
  const Digest h = node_hash(leaf(2), leaf(3));
  const Digest i = node_hash(leaf(4), leaf(5));
  const Digest k = node_hash(g, h);
  const Digest l = node_hash(i, leaf(6));
  const NodeReader read = reader_of(tree);
  CHECK(*prove_inclusion(0, 7, read) == std::vector{leaf(1), h, l});
  CHECK(*prove_inclusion(3, 7, read) == std::vector{leaf(2), g, l});
  CHECK(*prove_inclusion(4, 7, read) == std::vector{leaf(5), leaf(6), k});
  CHECK(*prove_inclusion(6, 7, read) == std::vector{i, k});
  CHECK(*prove_consistency(3, 7, read) == std::vector{leaf(2), leaf(3), g, l});
  CHECK(*prove_consistency(4, 7, read) == std::vector{l});
  CHECK(*prove_consistency(6, 7, read) == std::vector{i, leaf(6), k});
}

TEST_CASE("all proofs up to 256 leaves are those of the definitions, and hold",
          "[contract][merkle]") {
  ReferenceTree tree(numbered(256));
  const NodeReader read = reader_of(tree);
  std::uint64_t wrong = 0;
  for (std::uint64_t n = 0; n <= 256; ++n) {
    const Digest root = tree.mth(0, n);
    if (*root_at(n, read) != root) ++wrong;
    for (std::uint64_t m = 0; m < n; ++m) {
      const std::vector<Digest> path = *prove_inclusion(m, n, read);
      if (path != tree.path(m, 0, n)) ++wrong;
      if (!verify_inclusion(m, n, tree.mth(m, m + 1), path, root)) ++wrong;
    }
    for (std::uint64_t m = 0; m <= n; ++m) {
      const std::vector<Digest> path = *prove_consistency(m, n, read);
      if (m > 0 && path != tree.subproof(m, 0, n, true)) ++wrong;
      if (!verify_consistency(m, n, tree.mth(0, m), root, path)) ++wrong;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("nothing is proved of what is not there", "[contract][merkle]") {
  ReferenceTree tree(numbered(4));
  const NodeReader read = reader_of(tree);
  CHECK(prove_inclusion(4, 4, read).status().code() == Code::OutOfRange);
  CHECK(prove_inclusion(0, 0, read).status().code() == Code::OutOfRange);
  CHECK(prove_consistency(5, 4, read).status().code() == Code::OutOfRange);
  const NodeReader broken = [](unsigned, std::uint64_t) -> Result<Digest> {
    return Status(Code::DataLoss, Reason::None, "gone");
  };
  CHECK(prove_inclusion(1, 4, broken).status().code() == Code::DataLoss);
  CHECK(prove_consistency(1, 4, broken).status().code() == Code::DataLoss);
  CHECK(root_at(4, broken).status().code() == Code::DataLoss);
}

TEST_CASE("ten thousand proofs between sizes up to 2^32 are those of the definitions",
          "[contract][merkle]") {
  // All leaves alike, so that the root over a range depends on its length only.
  std::map<std::uint64_t, Digest> roots;
  const std::function<Digest(std::uint64_t)> mth = [&](std::uint64_t n) -> Digest {
    if (n == 1) return leaf_hash("x");
    const auto known = roots.find(n);
    if (known != roots.end()) return known->second;
    const std::uint64_t k = ReferenceTree::split(n);
    return roots[n] = node_hash(mth(k), mth(n - k));
  };
  const std::function<std::vector<Digest>(std::uint64_t, std::uint64_t, bool)> subproof =
      [&](std::uint64_t m, std::uint64_t n, bool b) -> std::vector<Digest> {
    if (m == n) return b ? std::vector<Digest>{} : std::vector<Digest>{mth(n)};
    const std::uint64_t k = ReferenceTree::split(n);
    std::vector<Digest> out = m <= k ? subproof(m, k, b) : subproof(m - k, n - k, false);
    out.push_back(m <= k ? mth(n - k) : mth(k));
    return out;
  };
  const NodeReader read = [&](unsigned level, std::uint64_t) -> Result<Digest> {
    return mth(1ULL << level);
  };
  const auto seed = testing::seed_of_this_run();
  INFO("seed " << seed);
  Random random(seed);
  std::uint64_t wrong = 0;
  for (int round = 0; round < 10'000; ++round) {
    const std::uint64_t n = 1 + random() % (1ULL << (1 + random() % 32));
    const std::uint64_t m = 1 + random() % n;
    const std::vector<Digest> path = *prove_consistency(m, n, read);
    if (path != subproof(m, n, true)) ++wrong;
    if (!verify_consistency(m, n, mth(m), mth(n), path)) ++wrong;
    if (!verify_inclusion(m - 1, n, mth(1), *prove_inclusion(m - 1, n, read), mth(n))) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("no mutated inclusion proof holds", "[contract][merkle]") {
  ReferenceTree tree(numbered(1'000));
  const NodeReader read = reader_of(tree);
  const auto seed = testing::seed_of_this_run();
  INFO("seed " << seed);
  Random random(seed);
  std::uint64_t accepted = 0;
  std::uint64_t same_claim = 0;
  const std::uint64_t wanted = mutations_wanted();
  for (std::uint64_t round = 0; round < wanted; ++round) {
    const std::uint64_t n = 1 + random() % tree.size();
    const std::uint64_t m = random() % n;
    const Inclusion good{m, n, tree.mth(m, m + 1), tree.mth(0, n), *prove_inclusion(m, n, read)};
    Inclusion bad = good;
    switch (random() % 8) {
      case 0:
        flip_bit(bad.leaf, random);
        break;
      case 1:
        flip_bit(bad.root, random);
        break;
      case 2:
        bad.index = other_number(bad.index, random);
        break;
      case 3:
        bad.size = other_number(bad.size, random);
        break;
      case 4:
        std::swap(bad.leaf, bad.root);
        break;
      default:
        mutate_path(bad.path, good.leaf, good.root, random);
        break;
    }
    if (bad == good) continue;
    Inclusion moved = bad;
    moved.index = good.index;
    moved.size = good.size;
    if (moved == good && bad.index < bad.size &&
        test::inclusion_shape(bad.index, bad.size) == test::inclusion_shape(m, n)) {
      ++same_claim;
    } else if (bad.holds()) {
      ++accepted;
    }
  }
  CHECK(accepted == 0);
  CHECK(same_claim < wanted / 8);
}

TEST_CASE("no mutated consistency proof holds", "[contract][merkle]") {
  ReferenceTree tree(numbered(1'000));
  const NodeReader read = reader_of(tree);
  const auto seed = testing::seed_of_this_run();
  INFO("seed " << seed);
  Random random(seed);
  std::uint64_t accepted = 0;
  std::uint64_t same_claim = 0;
  const std::uint64_t wanted = mutations_wanted();
  for (std::uint64_t round = 0; round < wanted; ++round) {
    const std::uint64_t n = 1 + random() % tree.size();
    const std::uint64_t m = 1 + random() % n;
    const Consistency good{m, n, tree.mth(0, m), tree.mth(0, n), *prove_consistency(m, n, read)};
    Consistency bad = good;
    switch (random() % 8) {
      case 0:
        flip_bit(bad.old_root, random);
        break;
      case 1:
        flip_bit(bad.root, random);
        break;
      case 2:
        bad.old_size = other_number(bad.old_size, random);
        break;
      case 3:
        bad.size = other_number(bad.size, random);
        break;
      case 4:
        std::swap(bad.old_root, bad.root);
        break;
      default:
        mutate_path(bad.path, good.old_root, good.root, random);
        break;
    }
    if (bad == good) continue;
    Consistency moved = bad;
    moved.old_size = good.old_size;
    moved.size = good.size;
    if (moved == good && bad.old_size > 0 && bad.old_size <= bad.size &&
        test::consistency_shape(bad.old_size, bad.size) == test::consistency_shape(m, n)) {
      ++same_claim;
    } else if (bad.holds()) {
      ++accepted;
    }
  }
  CHECK(accepted == 0);
  CHECK(same_claim < wanted / 4);
}

}  // namespace entente::merkle
