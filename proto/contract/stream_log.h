// Which streams of a line are over, and by whose doing: what a peer had under way on a stream that
// we cut is passed over, while what comes on one that the peer itself has ended, or has skipped,
// breaks RFC 9113 sections 5.1 and 5.1.1. And the heads of the frames that come, for whoever must
// look at one before it is taken. Values; bounded, whatever the peer does.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace entente::http2 {

class StreamLog {
 public:
  // How many of those that we cut are kept: more than a peer can have sent on before it heard.
  static constexpr std::size_t cut_max = 256;

  // The peer has begun this stream, answered or refused. Requires: odd, and above every one before.
  void begun(std::int32_t id) {
    const std::int64_t steps = (id - last_) / 2;
    lately_ = steps >= kLately ? 1 : (lately_ << steps) | 1;
    last_ = id;
  }
  // We have reset it, or refused it.
  void cut(std::int32_t id) {
    if (cut_.size() < cut_max) return cut_.push_back(id);
    cut_[oldest_] = id;
    oldest_ = (oldest_ + 1) % cut_max;
  }

  [[nodiscard]] bool is_new(std::int32_t id) const { return id > last_; }
  [[nodiscard]] bool was_cut(std::int32_t id) const {
    return std::find(cut_.begin(), cut_.end(), id) != cut_.end();
  }
  // Whether the peer went past it without beginning it; false where that is too long ago to know.
  [[nodiscard]] bool was_skipped(std::int32_t id) const {
    const std::int64_t back = (last_ - id) / 2;
    return back < kLately && ((lately_ >> back) & 1) == 0;
  }

 private:
  static constexpr std::int64_t kLately = 64;
  std::int64_t last_ = -1;    // wide: a first stream may be 2^31 - 1
  std::uint64_t lately_ = 0;  // bit n: the stream n before the last was begun
  std::vector<std::int32_t> cut_;
  std::size_t oldest_ = 0;
};

// Finds the heads of frames in the bytes of a client, however they are cut.
class FrameHeads {
 public:
  struct Head {
    std::uint8_t type = 0;
    std::int32_t stream = 0;
    std::size_t begins = 0;  // where, in the bytes given; 0 if in bytes before
  };

  // The next head that is whole, from `at` on, which it moves behind it; empty at the end of
  // `bytes`. Requires: every byte is gone through once, in order.
  std::optional<Head> next(std::string_view bytes, std::size_t& at) {
    while (at < bytes.size()) {
      const std::size_t skipped = std::min(left_, bytes.size() - at);
      left_ -= skipped;
      at += skipped;
      const std::size_t begins = have_ == 0 ? at : 0;
      while (at < bytes.size() && have_ < head_.size()) {
        head_.at(have_++) = static_cast<std::uint8_t>(bytes[at++]);
      }
      if (have_ < head_.size()) return std::nullopt;
      have_ = 0;
      left_ = (std::size_t{head_[0]} << 16) | (std::size_t{head_[1]} << 8) | head_[2];
      const std::uint32_t stream = (std::uint32_t{head_[5]} << 24) |
                                   (std::uint32_t{head_[6]} << 16) |
                                   (std::uint32_t{head_[7]} << 8) | head_[8];
      return Head{.type = head_[3],
                  .stream = static_cast<std::int32_t>(stream & 0x7fff'ffffU),
                  .begins = begins};
    }
    return std::nullopt;
  }

 private:
  static constexpr std::size_t kPrefaceBytes = 24;
  std::size_t left_ = kPrefaceBytes;  // of the frame, before the next head
  std::array<std::uint8_t, 9> head_{};
  std::size_t have_ = 0;  // of it
};

}  // namespace entente::http2
