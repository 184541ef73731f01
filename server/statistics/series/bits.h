// Numbers as bits. A column is packed at one width, so that any of its numbers is read without
// those before it. Values; any thread.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace entente::statistics {

[[nodiscard]] constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
[[nodiscard]] constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}
// How many bits a number takes: none for 0.
[[nodiscard]] constexpr unsigned bits_of(std::uint64_t value) {
  return static_cast<unsigned>(std::bit_width(value));
}
[[nodiscard]] constexpr std::uint64_t low_bits(unsigned width) {
  return width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}

class BitWriter {
 public:
  explicit BitWriter(std::string& out) : out_(out) {}
  // The lowest `width` bits of `value`, lowest first. Requires: width <= 64.
  void put(std::uint64_t value, unsigned width) {
    value &= low_bits(width);
    word_ |= used_ < 64 ? value << used_ : 0;
    if (used_ + width < 64) {
      used_ += width;
      return;
    }
    const unsigned now = 64 - used_;
    flush(8);
    word_ = now < 64 ? value >> now : 0;
    used_ = width - now;
  }
  // To the next whole byte. Call once, last.
  void finish() {
    flush((used_ + 7) / 8);
    word_ = 0;
    used_ = 0;
  }

 private:
  void flush(unsigned bytes) {
    static_assert(std::endian::native == std::endian::little);
    char octets[8];
    std::memcpy(octets, &word_, 8);
    out_.append(octets, bytes);
  }
  std::string& out_;
  std::uint64_t word_ = 0;
  unsigned used_ = 0;  // < 64
};

// How many readable octets must lie behind the last bit that `bits_at` is asked for.
inline constexpr std::size_t bits_slack_bytes = 8;

// The `width` bits from bit `at` on. Requires: width <= 64; those bits and bits_slack_bytes behind
// them are there.
[[nodiscard]] inline std::uint64_t bits_at(const char* bytes, std::size_t at, unsigned width) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes + at / 8, 8);
  const auto shift = static_cast<unsigned>(at % 8);
  word >>= shift;
  if (width + shift > 64) {
    word |= std::uint64_t{static_cast<unsigned char>(bytes[at / 8 + 8])} << (64 - shift);
  }
  return word & low_bits(width);
}

// Reads numbers one behind the other. Past the end there are zeros, and it says so.
class BitReader {
 public:
  // Requires: bits_slack_bytes readable octets behind `bytes`.
  explicit BitReader(std::string_view bytes) : bytes_(bytes) {}
  // Requires: width <= 64.
  [[nodiscard]] std::uint64_t get(unsigned width) {
    if (at_ + width > bytes_.size() * 8) {
      past_end_ = true;
      return 0;
    }
    const std::uint64_t value = bits_at(bytes_.data(), at_, width);
    at_ += width;
    return value;
  }
  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] bool past_end() const { return past_end_; }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool past_end_ = false;
};

// A number of unknown size: 7 bits of how many bits it has, and those.
inline void put_number(BitWriter& out, std::uint64_t value) {
  const unsigned width = bits_of(value);
  out.put(width, 7);
  out.put(value, width);
}
[[nodiscard]] inline std::uint64_t get_number(BitReader& in) {
  const auto width = static_cast<unsigned>(in.get(7));
  return width > 64 ? 0 : in.get(width);
}

}  // namespace entente::statistics
