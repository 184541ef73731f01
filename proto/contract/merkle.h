// The Merkle tree of RFC 9162: hashing, roots, and the checking of proofs. Pure; any thread.
//
// A proof is checked without trusting anything in it: sizes, indices and the number of hashes are
// all bound by what the check itself derives from the sizes that the caller trusts. A proof that
// has a hash too many, or leaves a part of either size unconsumed, does not hold.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "proto/contract/digest.h"
#include "proto/contract/status.h"

namespace entente::merkle {

// RFC 9162 section 2.1.1: HASH(0x00 || data) and HASH(0x01 || left || right).
[[nodiscard]] Digest leaf_hash(std::string_view data);
[[nodiscard]] Digest node_hash(const Digest& left, const Digest& right);
// Of the tree without leaves: the hash of nothing.
[[nodiscard]] Digest empty_root();

// The root over leaf hashes.
[[nodiscard]] Digest root_of(std::span<const Digest> leaf_hashes);

// Whether `path` shows that `leaf` is leaf number `index` of the tree of `size` leaves with `root`.
[[nodiscard]] bool verify_inclusion(std::uint64_t index, std::uint64_t size, const Digest& leaf,
                                    std::span<const Digest> path, const Digest& root);

// Whether `path` shows that the tree (`old_size`, `old_root`) is the beginning of (`size`, `root`).
// From the empty tree and from a tree to itself the path must be empty.
[[nodiscard]] bool verify_consistency(std::uint64_t old_size, std::uint64_t size,
                                      const Digest& old_root, const Digest& root,
                                      std::span<const Digest> path);

// Reads the complete node that stands over leaves [index << level, (index + 1) << level).
using NodeReader = std::function<Result<Digest>(unsigned level, std::uint64_t index)>;

// The proofs, made of complete nodes: at most 64 hashes, at most 64 * 64 reads (about 2 *
// log2(size)). OutOfRange: index >= size. What `read` answers otherwise.
[[nodiscard]] Result<std::vector<Digest>> prove_inclusion(std::uint64_t index, std::uint64_t size,
                                                          const NodeReader& read);
// OutOfRange: old_size > size.
[[nodiscard]] Result<std::vector<Digest>> prove_consistency(std::uint64_t old_size,
                                                            std::uint64_t size,
                                                            const NodeReader& read);
// The root of the first `size` leaves.
[[nodiscard]] Result<Digest> root_at(std::uint64_t size, const NodeReader& read);

// A tree that grows and remembers only its peaks: the roots of the complete subtrees that its size
// is made of, largest first. A value; one thread at a time.
class CompactRange {
 public:
  CompactRange() = default;
  // Requires: as many peaks as `size` has one bits, largest first.
  CompactRange(std::uint64_t size, std::vector<Digest> peaks);

  // `completed`, if given, is told of every node that this leaf completes, the leaf itself
  // included, lowest first.
  void append(const Digest& leaf,
              const std::function<void(unsigned level, std::uint64_t index, const Digest& hash)>&
                  completed = nullptr);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::vector<Digest>& peaks() const { return peaks_; }
  [[nodiscard]] Digest root() const;

 private:
  std::uint64_t size_ = 0;
  std::vector<Digest> peaks_;
};

}  // namespace entente::merkle
