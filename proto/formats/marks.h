// Finds, sixty-four octets at a time, where cells and lines end. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace entente::statistics {

inline constexpr std::size_t marks_bytes = 64;

// A bit for each octet, the first the lowest.
struct Marks {
  std::uint64_t ends = 0;     // the separator, or a line's end
  std::uint64_t special = 0;  // a quote, a NUL, or no ASCII
};

// By words of eight, anywhere.
[[nodiscard]] inline Marks find_marks_by_words(const char* text, char separator) {
  constexpr std::uint64_t ones = 0x0101'0101'0101'0101ULL;
  constexpr std::uint64_t low = 0x7f7f'7f7f'7f7f'7f7fULL;
  // The high bit of each octet that is zero.
  const auto zeros = [](std::uint64_t word) { return ~(((word & low) + low) | word | low); };
  const auto is = [&](std::uint64_t word, char c) {
    return zeros(word ^ ones * static_cast<unsigned char>(c));
  };
  // The high bits of the octets, side by side.
  const auto gathered = [](std::uint64_t bits) {
    return (bits >> 7) * 0x0102'0408'1020'4080ULL >> 56;
  };
  Marks marks;
  for (unsigned i = 0; i < marks_bytes / 8; ++i) {
    std::uint64_t word = 0;
    for (unsigned b = 0; b < 8; ++b) {
      word |= std::uint64_t{static_cast<unsigned char>(text[i * 8 + b])} << (8 * b);
    }
    marks.ends |= gathered(is(word, separator) | is(word, '\n')) << (8 * i);
    marks.special |= gathered(is(word, '"') | zeros(word) | (word & ~low)) << (8 * i);
  }
  return marks;
}

// Requires: marks_bytes readable octets.
[[nodiscard]] inline Marks find_marks(const char* text, char separator) {
#ifdef __SSE2__
  Marks marks;
  for (unsigned i = 0; i < marks_bytes / 16; ++i) {
    __m128i octets{};
    std::memcpy(&octets, text + std::size_t{i} * 16, 16);
    const auto is = [&](char c) { return _mm_cmpeq_epi8(octets, _mm_set1_epi8(c)); };
    const auto bits = [&](__m128i found) {
      return std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(found))} << (16 * i);
    };
    marks.ends |= bits(_mm_or_si128(is(separator), is('\n')));
    marks.special |= bits(_mm_or_si128(octets, _mm_or_si128(is('"'), is('\0'))));
  }
  return marks;
#else
  return find_marks_by_words(text, separator);
#endif
}

}  // namespace entente::statistics
