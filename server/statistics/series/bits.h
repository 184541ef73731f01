// Numbers as bits: whoever writes small ones often pays little for them. Values; any thread.
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

class BitWriter {
 public:
  explicit BitWriter(std::string& out) : out_(out) {}
  // The lowest `width` bits of `value`, lowest first. Requires: width <= 64.
  void put(std::uint64_t value, unsigned width) {
    if (width < 64) value &= (std::uint64_t{1} << width) - 1;
    while (width > 0) {
      const unsigned room = 64 - used_;
      const unsigned now = width < room ? width : room;
      word_ |= value << used_;
      used_ += now;
      if (used_ == 64) flush_word();
      value = now == 64 ? 0 : value >> now;
      width -= now;
    }
  }
  // To the next whole byte. Call once, last.
  void finish() {
    const unsigned bytes = (used_ + 7) / 8;
    for (unsigned i = 0; i < bytes; ++i) out_.push_back(static_cast<char>(word_ >> (8 * i)));
    word_ = 0;
    used_ = 0;
  }

 private:
  void flush_word() {
    for (unsigned i = 0; i < 8; ++i) out_.push_back(static_cast<char>(word_ >> (8 * i)));
    word_ = 0;
    used_ = 0;
  }
  std::string& out_;
  std::uint64_t word_ = 0;
  unsigned used_ = 0;
};

// Reading past the end yields zeros and says so: what was sealed is whole, so that is damage.
class BitReader {
 public:
  explicit BitReader(std::string_view bytes) : bytes_(bytes) {}
  // Requires: width <= 64.
  [[nodiscard]] std::uint64_t get(unsigned width) {
    if (width > 56) {
      const std::uint64_t low = get(32);
      return low | get(width - 32) << 32;
    }
    refill();
    const std::uint64_t value = word_ & ((std::uint64_t{1} << width) - 1);
    drop(width);
    return value;
  }
  // How many zeros come before the next one, up to `most` (then no one is taken).
  [[nodiscard]] unsigned zeros(unsigned most) {
    refill();
    const auto run = static_cast<unsigned>(std::countr_zero(word_));
    if (run >= most) {
      drop(most);
      return most;
    }
    drop(run + 1);
    return run;
  }
  [[nodiscard]] bool past_end() const { return past_end_; }

 private:
  void refill() {
    if (have_ > 56) return;
    if (at_ + 8 <= bytes_.size()) {
      std::uint64_t next = 0;
      std::memcpy(&next, bytes_.data() + at_, 8);  // little-endian, as the format is
      static_assert(std::endian::native == std::endian::little);
      word_ |= next << have_;
      const unsigned taken = (63 - have_) / 8;
      at_ += taken;
      have_ += taken * 8;
      if (have_ < 64) word_ &= (std::uint64_t{1} << have_) - 1;
      return;
    }
    while (have_ <= 56 && at_ < bytes_.size()) {
      word_ |= std::uint64_t{static_cast<unsigned char>(bytes_[at_++])} << have_;
      have_ += 8;
    }
  }
  void drop(unsigned bits) {
    if (bits > have_) {
      past_end_ = true;
      word_ = 0;
      have_ = 0;
      return;
    }
    word_ >>= bits;
    have_ -= bits;
  }
  std::string_view bytes_;
  std::size_t at_ = 0;
  std::uint64_t word_ = 0;
  unsigned have_ = 0;
  bool past_end_ = false;
};

// A Rice code that learns the size of its numbers: about log2(mean) + 1.5 bits each, one bit for a
// zero among zeros. Writer and reader learn alike.
class Adaptive {
 public:
  void put(BitWriter& out, std::uint64_t value) {
    const unsigned k = width();
    const std::uint64_t high = value >> k;
    if (high < escape) {
      out.put(std::uint64_t{1} << high, static_cast<unsigned>(high) + 1);
      out.put(value, k);
    } else {
      const auto bits = static_cast<unsigned>(std::bit_width(value));
      out.put(0, escape);
      out.put(bits - 1, 6);
      out.put(value, bits);
    }
    learn(value);
  }
  [[nodiscard]] std::uint64_t get(BitReader& in) {
    const unsigned k = width();
    const unsigned high = in.zeros(escape);
    const std::uint64_t value = high < escape ? std::uint64_t{high} << k | in.get(k)
                                              : in.get(static_cast<unsigned>(in.get(6)) + 1);
    learn(value);
    return value;
  }

 private:
  static constexpr unsigned escape = 20;
  [[nodiscard]] unsigned width() const {
    const auto of_sum = static_cast<unsigned>(std::bit_width(sum_));
    const auto of_count = static_cast<unsigned>(std::bit_width(count_));
    if (of_sum <= of_count) return 0;
    const unsigned k = of_sum - of_count;
    return (std::uint64_t{count_} << k) > sum_ ? k - 1 : k;
  }
  void learn(std::uint64_t value) {
    sum_ += value < limit ? value : limit;
    if (++count_ < 32) return;
    count_ /= 2;
    sum_ /= 2;
  }
  static constexpr std::uint64_t limit = std::uint64_t{1} << 40;
  std::uint64_t sum_ = 0;
  std::uint32_t count_ = 1;
};

// A column that mostly says the same: what it mostly says, then how far it is to the next that says
// something else. Constant columns cost a few bits.
class RunsWriter {
 public:
  // Requires: every value put later is counted in `usual`'s favour by the caller; any will do.
  RunsWriter(BitWriter& out, std::uint64_t usual, bool constant)
      : out_(out), usual_(usual), constant_(constant) {
    out_.put(constant ? 1 : 0, 1);
    Adaptive().put(out_, usual);
  }
  // Gaps are written before the value that ends them, so the writer looks ahead.
  template <typename At>
  void write_gap_from(std::size_t from, std::size_t end, const At& at) {
    std::size_t next = from;
    while (next < end && at(next) == usual_) ++next;
    gap_.put(out_, next - from);
    left_ = next - from;
  }
  template <typename At>
  void put(std::size_t index, std::size_t end, const At& at) {
    if (constant_) return;
    if (!begun_) {
      begun_ = true;
      write_gap_from(index, end, at);
    }
    if (left_ > 0) {
      --left_;
      return;
    }
    value_.put(out_, at(index));
    write_gap_from(index + 1, end, at);
  }

 private:
  BitWriter& out_;
  std::uint64_t usual_;
  bool constant_;
  bool begun_ = false;
  std::size_t left_ = 0;
  Adaptive gap_;
  Adaptive value_;
};

class RunsReader {
 public:
  explicit RunsReader(BitReader& in) : constant_(in.get(1) != 0), usual_(Adaptive().get(in)) {}
  [[nodiscard]] std::uint64_t get(BitReader& in) {
    if (constant_) return usual_;
    if (!begun_) {
      begun_ = true;
      left_ = gap_.get(in);
    }
    if (left_ > 0) {
      --left_;
      return usual_;
    }
    const std::uint64_t value = value_.get(in);
    left_ = gap_.get(in);
    return value;
  }

 private:
  bool constant_;
  std::uint64_t usual_;
  bool begun_ = false;
  std::uint64_t left_ = 0;
  Adaptive gap_;
  Adaptive value_;
};

}  // namespace entente::statistics
