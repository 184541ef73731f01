// RFC 9162's definitions written down as they stand, recursion and all: what the iterative code is
// held against. Slow on purpose; remembers the roots of ranges so that exhaustive tests end.
#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "proto/contract/digest.h"

namespace entente::test {

class ReferenceTree {
 public:
  explicit ReferenceTree(std::vector<std::string> entries) : entries_(std::move(entries)) {}

  // 2.1.1: MTH(D[begin:end]).
  Digest mth(std::uint64_t begin, std::uint64_t end) {
    const auto known = roots_.find({begin, end});
    if (known != roots_.end()) return known->second;
    return roots_[{begin, end}] = mth_anew(begin, end);
  }

  // 2.1.3.1: PATH(m, D[begin:end]).
  std::vector<Digest> path(std::uint64_t m, std::uint64_t begin, std::uint64_t end) {
    const std::uint64_t n = end - begin;
    if (n == 1) return {};
    const std::uint64_t k = split(n);
    std::vector<Digest> out;
    if (m < k) {
      out = path(m, begin, begin + k);
      out.push_back(mth(begin + k, end));
    } else {
      out = path(m - k, begin + k, end);
      out.push_back(mth(begin, begin + k));
    }
    return out;
  }

  // 2.1.4.1: SUBPROOF(m, D[begin:end], b).
  std::vector<Digest> subproof(std::uint64_t m, std::uint64_t begin, std::uint64_t end, bool b) {
    const std::uint64_t n = end - begin;
    if (m == n) return b ? std::vector<Digest>{} : std::vector<Digest>{mth(begin, end)};
    const std::uint64_t k = split(n);
    std::vector<Digest> out;
    if (m <= k) {
      out = subproof(m, begin, begin + k, b);
      out.push_back(mth(begin + k, end));
    } else {
      out = subproof(m - k, begin + k, end, false);
      out.push_back(mth(begin, begin + k));
    }
    return out;
  }

  [[nodiscard]] std::uint64_t size() const { return entries_.size(); }

  // "The largest power of two smaller than n."
  static std::uint64_t split(std::uint64_t n) {
    std::uint64_t k = 1;
    while (k < n - k) k *= 2;  // 2k < n, without overflow
    return k;
  }

 private:
  Digest mth_anew(std::uint64_t begin, std::uint64_t end) {
    if (begin == end) return sha256(std::string_view());
    if (end - begin == 1) return sha256({std::string_view("\0", 1), entries_[begin]});
    const std::uint64_t k = split(end - begin);
    return sha256(
        {std::string_view("\1", 1), as_view(mth(begin, begin + k)), as_view(mth(begin + k, end))});
  }

  std::vector<std::string> entries_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Digest> roots_;
};

// On which side each hash of a proof is joined, bottom up. Two claims of one shape are one claim to
// RFC 9162's checks: a root says nothing of its tree's size, which the checkpoint's signature
// binds.
inline std::string inclusion_shape(std::uint64_t m, std::uint64_t n) {
  if (n <= 1) return "";
  const std::uint64_t k = ReferenceTree::split(n);
  return m < k ? inclusion_shape(m, k) + "R" : inclusion_shape(m - k, n - k) + "L";
}
inline std::string consistency_shape(std::uint64_t m, std::uint64_t n, bool b = true) {
  if (m == n) return b ? "=" : "o";
  const std::uint64_t k = ReferenceTree::split(n);
  return m <= k ? consistency_shape(m, k, b) + "R" : consistency_shape(m - k, n - k, false) + "L";
}

}  // namespace entente::test
