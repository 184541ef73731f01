// Some series with their observations, column by column: what is packed, what is unpacked, what a
// query hands on. Values.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "server/statistics/series/decimal.h"
#include "server/statistics/series/period.h"

namespace entente::statistics {

// On disk: never renumber.
enum class Kind : std::uint8_t {
  Value = 0,
  Missing = 1,    // reported, without a figure
  Withdrawn = 2,  // taken back: what was there before is there no longer
  Hidden = 3,     // what was free before has become confidential
  Kept = 4,       // of an upload under way only: the figure that is there stays
};
inline constexpr std::size_t kind_count = 5;
// Whether an observation of this kind stands for none.
[[nodiscard]] constexpr bool is_gone(Kind kind) { return kind >= Kind::Withdrawn; }
// Whether there are attributes beside it.
[[nodiscard]] constexpr bool has_attributes(Kind kind) {
  return kind != Kind::Withdrawn && kind != Kind::Hidden;
}

// A series' key is a code of each dimension, as numbers of some dictionary, and its frequency last.
// Keys ascend; a key may stand in two entries if the series is long, its periods then ascend
// through both. Within an entry periods ascend strictly.
struct Columns {
  std::uint32_t width = 0;       // of a key, the frequency counted
  std::uint32_t attributes = 0;  // of an observation

  std::vector<std::uint32_t> keys;    // `width` a series
  std::vector<std::uint32_t> counts;  // observations of each series
  std::vector<std::int32_t> ordinals;
  std::vector<Kind> kinds;
  std::vector<Decimal> values;       // zero where the kind has none
  std::vector<std::uint32_t> codes;  // `attributes` an observation; 0: none given

  [[nodiscard]] std::size_t series() const { return counts.size(); }
  [[nodiscard]] std::size_t observations() const { return ordinals.size(); }
  [[nodiscard]] std::span<const std::uint32_t> key(std::size_t series) const {
    return {keys.data() + series * width, width};
  }
  [[nodiscard]] std::span<const std::uint32_t> codes_of(std::size_t observation) const {
    return {codes.data() + observation * attributes, attributes};
  }
  [[nodiscard]] Frequency frequency(std::size_t series) const {
    return static_cast<Frequency>(keys[(series + 1) * width - 1]);
  }
  void clear() {
    keys.clear();
    counts.clear();
    ordinals.clear();
    kinds.clear();
    values.clear();
    codes.clear();
  }
  friend bool operator==(const Columns&, const Columns&) = default;
};

}  // namespace entente::statistics
