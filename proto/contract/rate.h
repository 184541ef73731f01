// A token bucket: what bounds how often a peer may make us do a thing. A value; one thread.
#pragma once

#include <algorithm>
#include <cstdint>

#include "proto/contract/clock.h"

namespace entente {

class TokenBucket {
 public:
  // Requires: burst >= 1.
  TokenBucket(std::uint32_t burst, std::uint32_t per_s)
      : burst_(burst), per_s_(per_s), tokens_(burst) {}

  // Takes one; false if there is none at `now`.
  [[nodiscard]] bool take(Tick now) {
    if (last_ == Tick{}) last_ = now;
    const double seconds = std::max(0.0, std::chrono::duration<double>(now - last_).count());
    tokens_ = std::min(static_cast<double>(burst_), tokens_ + seconds * per_s_);
    last_ = now;
    if (tokens_ < 1.0) return false;
    tokens_ -= 1.0;
    return true;
  }

  // Allows `count` more, up to the burst.
  void give(std::uint32_t count) {
    tokens_ = std::min(static_cast<double>(burst_), tokens_ + count);
  }

 private:
  std::uint32_t burst_;
  std::uint32_t per_s_;
  double tokens_;
  Tick last_{};
};

}  // namespace entente
