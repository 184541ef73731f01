// Sums of figures by groups, with what is known of the figures in them. Values; one thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "proto/contract/clock.h"
#include "server/statistics/series/sum.h"

namespace entente::statistics {

struct Totals {
  Total sum;
  std::uint64_t figures = 0;  // how many were added
  std::uint64_t narrow = 0;   // of which some of the dataflow's audience cannot see
  Instant updated{};          // the newest of them
  void add(const Totals& other);
};

// Totals by tuples of numbers.
class TotalsTable {
 public:
  explicit TotalsTable(std::size_t width) : width_(width) {}
  // The totals of a key; empty ones if it is new. Valid until the next call. Requires: `width`
  // numbers.
  [[nodiscard]] Totals& at(std::span<const std::uint32_t> key);
  [[nodiscard]] std::size_t size() const { return totals_.size(); }
  [[nodiscard]] std::size_t width() const { return width_; }
  // In the order in which they came.
  [[nodiscard]] std::span<const std::uint32_t> key(std::size_t place) const {
    return {keys_.data() + place * width_, width_};
  }
  [[nodiscard]] const Totals& totals(std::size_t place) const { return totals_[place]; }
  // Null if there is none.
  [[nodiscard]] const Totals* find(std::span<const std::uint32_t> key) const;

 private:
  [[nodiscard]] std::size_t slot_of(std::span<const std::uint32_t> key) const;
  void grow();
  std::size_t width_;
  std::vector<std::uint32_t> keys_;
  std::vector<Totals> totals_;
  std::vector<std::uint32_t> slots_;  // place + 1; 0: free; a power of two
};

}  // namespace entente::statistics
