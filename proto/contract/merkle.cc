#include "proto/contract/merkle.h"

#include <algorithm>
#include <bit>

#include "proto/contract/limits.h"

namespace entente::merkle {
namespace {

using namespace std::string_view_literals;

// Leaves [begin, end) of the tree; `begin` is a multiple of the largest power of two that fits.
struct Leaves {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// "Let k be the largest power of two smaller than n" (RFC 9162 section 2.1.1).
// Requires: n >= 2.
std::uint64_t split(std::uint64_t n) { return std::bit_floor(n - 1); }

// The root over `leaves`: its complete subtrees, largest first, joined from the right.
Result<Digest> root_over(const Leaves& leaves, const NodeReader& read) {
  std::vector<Digest> peaks;
  for (std::uint64_t at = leaves.begin; at < leaves.end;) {
    const std::uint64_t width = std::bit_floor(leaves.end - at);
    const auto level = static_cast<unsigned>(std::countr_zero(width));
    ENTENTE_TRY(const Digest peak, read(level, at >> level));
    peaks.push_back(peak);
    at += width;
  }
  ENTENTE_CHECK(!peaks.empty());
  Digest root = peaks.back();
  for (std::size_t i = peaks.size() - 1; i-- > 0;) root = node_hash(peaks[i], root);
  return root;
}

// Deepest first, as a proof lists them; `parts` come as they were met from the top.
Result<std::vector<Digest>> roots_over(const std::vector<Leaves>& parts, const NodeReader& read) {
  std::vector<Digest> path;
  path.reserve(parts.size());
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    ENTENTE_TRY(const Digest root, root_over(*part, read));
    path.push_back(root);
  }
  return path;
}

Status out_of_range(std::string message) {
  return {Code::OutOfRange, Reason::FieldInvalid, std::move(message)};
}

}  // namespace

Digest leaf_hash(std::string_view data) { return sha256({"\x00"sv, data}); }

Digest node_hash(const Digest& left, const Digest& right) {
  return sha256({"\x01"sv, as_view(left), as_view(right)});
}

Digest empty_root() { return sha256(""sv); }

Digest root_of(std::span<const Digest> leaf_hashes) {
  CompactRange range;
  for (const Digest& leaf : leaf_hashes) range.append(leaf);
  return range.root();
}

// RFC 9162 section 2.1.3.2, step by step.
bool verify_inclusion(std::uint64_t index, std::uint64_t size, const Digest& leaf,
                      std::span<const Digest> path, const Digest& root) {
  if (index >= size || path.size() > limits::proof_hashes_max) return false;
  std::uint64_t fn = index;
  std::uint64_t sn = size - 1;
  Digest r = leaf;
  for (const Digest& p : path) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      r = node_hash(p, r);
      // fn is not zero here: fn == sn and sn is not, or its lowest bit is set.
      while ((fn & 1) == 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      r = node_hash(r, p);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && r == root;
}

// RFC 9162 section 2.1.4.2, step by step, with the two cases that it leaves to the caller.
bool verify_consistency(std::uint64_t old_size, std::uint64_t size, const Digest& old_root,
                        const Digest& root, std::span<const Digest> path) {
  if (old_size > size || path.size() > limits::proof_hashes_max) return false;
  if (size == 0 && root != empty_root()) return false;
  if (old_size == 0) return path.empty() && old_root == empty_root();
  if (old_size == size) return path.empty() && old_root == root;
  const bool whole = std::has_single_bit(old_size);  // then its root is the first hash, unsaid
  if (path.empty()) return false;
  const Digest first = whole ? old_root : path.front();
  const auto rest = whole ? path : path.subspan(1);

  std::uint64_t fn = old_size - 1;
  std::uint64_t sn = size - 1;
  while ((fn & 1) != 0) {
    fn >>= 1;
    sn >>= 1;
  }
  Digest fr = first;
  Digest sr = first;
  for (const Digest& c : rest) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      fr = node_hash(c, fr);
      sr = node_hash(c, sr);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      sr = node_hash(sr, c);
    }
    fn >>= 1;
    sn >>= 1;
  }
  // Both sizes must have been used up: a check that forgets one accepts proofs of other sizes.
  return fn == 0 && sn == 0 && fr == old_root && sr == root;
}

// RFC 9162 section 2.1.3.1, from the top down.
Result<std::vector<Digest>> prove_inclusion(std::uint64_t index, std::uint64_t size,
                                            const NodeReader& read) {
  if (index >= size) return out_of_range("the entry is not in a ledger of that size");
  std::vector<Leaves> siblings;
  Leaves here{.begin = 0, .end = size};
  while (here.end - here.begin > 1) {
    const std::uint64_t middle = here.begin + split(here.end - here.begin);
    if (index < middle) {
      siblings.push_back({.begin = middle, .end = here.end});
      here.end = middle;
    } else {
      siblings.push_back({.begin = here.begin, .end = middle});
      here.begin = middle;
    }
  }
  return roots_over(siblings, read);
}

// RFC 9162 section 2.1.4.1, from the top down: SUBPROOF(m, D_n, b) with D_n = `here`.
Result<std::vector<Digest>> prove_consistency(std::uint64_t old_size, std::uint64_t size,
                                              const NodeReader& read) {
  if (old_size > size) return out_of_range("the old size is greater than the size");
  if (old_size == 0 || old_size == size) return std::vector<Digest>();
  std::vector<Leaves> parts;
  Leaves here{.begin = 0, .end = size};
  bool known = true;  // b: the verifier has the root of what is left over
  while (old_size != here.end) {
    const std::uint64_t middle = here.begin + split(here.end - here.begin);
    if (old_size <= middle) {
      parts.push_back({.begin = middle, .end = here.end});
      here.end = middle;
    } else {
      parts.push_back({.begin = here.begin, .end = middle});
      here.begin = middle;
      known = false;
    }
  }
  if (!known) parts.push_back(here);
  return roots_over(parts, read);
}

Result<Digest> root_at(std::uint64_t size, const NodeReader& read) {
  if (size == 0) return empty_root();
  return root_over({.begin = 0, .end = size}, read);
}

CompactRange::CompactRange(std::uint64_t size, std::vector<Digest> peaks)
    : size_(size), peaks_(std::move(peaks)) {
  ENTENTE_CHECK(peaks_.size() == static_cast<std::size_t>(std::popcount(size_)));
}

void CompactRange::append(
    const Digest& leaf,
    const std::function<void(unsigned level, std::uint64_t index, const Digest& hash)>& completed) {
  Digest hash = leaf;
  unsigned level = 0;
  if (completed) completed(level, size_, hash);
  // Every trailing one bit of the size is a peak that this leaf completes a pair with.
  for (std::uint64_t rest = size_; (rest & 1) != 0; rest >>= 1) {
    hash = node_hash(peaks_.back(), hash);
    peaks_.pop_back();
    ++level;
    if (completed) completed(level, size_ >> level, hash);
  }
  peaks_.push_back(hash);
  ++size_;
}

Digest CompactRange::root() const {
  if (peaks_.empty()) return empty_root();
  Digest root = peaks_.back();
  for (std::size_t i = peaks_.size() - 1; i-- > 0;) root = node_hash(peaks_[i], root);
  return root;
}

}  // namespace entente::merkle
