// Sums of figures by some of their dimensions: the inner loop of every aggregate. Reads of each
// group no more than it adds up: of a series that one part alone has, its figures and the codes
// that it is summed by; periods only where it is asked for some, or where versions meet.
//
// Values, and one function; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/statistics/series/walk.h"

namespace entente::statistics {

// A sum: mantissa * 10^exponent, exact to 38 digits; from there on rounded, to about 18.
class Total {
 public:
  void add(Int128 mantissa, int exponent);
  void add(const Total& other);
  void subtract(const Total& other);
  [[nodiscard]] bool is_exact() const { return exact_; }
  // In the one form of a Decimal; empty: not exact, or more than 18 digits.
  [[nodiscard]] std::optional<Decimal> decimal() const;
  [[nodiscard]] double approximate() const { return static_cast<double>(rounded()); }
  friend bool operator==(const Total&, const Total&) = default;

 private:
  [[nodiscard]] long double rounded() const;
  void add(long double value);

  Int128 mantissa_ = 0;
  int exponent_ = 0;
  bool exact_ = true;
  long double rounded_ = 0;  // the sum, once it is not exact
};

struct SumQuestion {
  CodeSelection codes;
  DayRange days;
  std::vector<std::uint32_t> by;  // places of dimensions, each once
  enum class Periods : std::uint8_t { Together, Each, Years };
  Periods periods = Periods::Together;
  std::size_t cells_max = 1 << 16;
};

struct SumCell {
  Total total;
  std::uint64_t figures = 0;
  std::uint64_t missing = 0;  // reported, without a figure
  std::uint64_t hidden = 0;   // confidential now, to whoever asks: not in the total
};

// Cells in no particular order; only those that some series falls into.
struct Sums {
  std::vector<std::vector<std::string>> codes;  // of each dimension of `by`; sorted
  std::vector<std::uint32_t> keys;              // as many a cell as `by` has: places in `codes`
  std::vector<Period> periods;                  // one a cell, unless Together
  std::vector<SumCell> cells;
};

// Of each observation of `layers` that fits, the newest version alone. The caller sees to it that
// what is summed is of one kind: frequencies, totals beside their parts.
// DataLoss, Unavailable: as the store. ResourceExhausted (LimitReached): more than `cells_max`.
// Requires: no layer has closed periods.
[[nodiscard]] Result<Sums> sum_by(store::Snapshot& snapshot, IndexCache& cache,
                                  LayersPointer layers, const SumQuestion& question);

}  // namespace entente::statistics
