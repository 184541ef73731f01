// What packing and reading a group agree on.
#pragma once

#include <array>
#include <cstdint>

#include "server/statistics/series/bits.h"
#include "server/statistics/series/columns.h"

namespace entente::statistics {

// How the figures of a series are told. On disk: never renumber.
enum class FigureMode : std::uint8_t {
  Plain = 0,  // as they are, none negative; 0 where there is none
  Based = 1,  // over an anchor; anything where there is none
  Steps =
      2,  // an anchor, then what each is more than the last, zigzag; anything where there is none
};

// Kinds as groups bear them: the frequent ones take one bit. On disk: never renumber.
inline constexpr std::array<Kind, kind_count> packed_kinds = {
    Kind::Value, Kind::Hidden, Kind::Missing, Kind::Withdrawn, Kind::Kept};
[[nodiscard]] constexpr std::uint64_t packed_kind(Kind kind) {
  for (std::uint64_t i = 0; i < packed_kinds.size(); ++i) {
    if (packed_kinds[i] == kind) return i;
  }
  return 0;
}

// The periods of a series between its first and its last.
struct OrdinalLayout {
  OrdinalLayout(std::uint32_t count, std::uint32_t span) {
    const std::uint32_t free = span - (count - 1);  // periods of the span that have nothing
    if (count <= 2 || free == 0) return;            // the ends say all
    inner = count - 2;
    if (free > inner) low_width = bits_of(free / inner) - 1;
    high_bits = inner + (free >> low_width);
  }
  [[nodiscard]] std::uint32_t bits() const { return inner * low_width + high_bits; }
  std::uint32_t inner = 0;  // periods told
  unsigned low_width = 0;
  std::uint32_t high_bits = 0;
};

}  // namespace entente::statistics
