// Civil time as a table keeps it (microseconds since 1970) and as a message says it. Pure; any
// thread.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "proto/contract/clock.h"

namespace entente {

[[nodiscard]] constexpr Instant from_micros(std::int64_t micros) {
  return Instant(std::chrono::microseconds(micros));
}
[[nodiscard]] constexpr std::int64_t to_micros(Instant instant) {
  return instant.time_since_epoch().count();
}

// Whatever a caller wrote: what lies before 1970 or after 9999 is taken as the nearest that does
// not.
[[nodiscard]] inline Instant instant_of(const google::protobuf::Timestamp& time) {
  constexpr std::int64_t last = 253'402'300'799;  // 9999-12-31T23:59:59Z, as Timestamp says
  return Instant(std::chrono::seconds(std::clamp<std::int64_t>(time.seconds(), 0, last)) +
                 std::chrono::microseconds(std::clamp(time.nanos(), 0, 999'999'999) / 1'000));
}

inline void set_time(google::protobuf::Timestamp& out, Instant instant) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(instant);
  out.set_seconds(seconds.time_since_epoch().count());
  out.set_nanos(static_cast<std::int32_t>((instant - seconds).count() * 1'000));
}
// To the second: for what a person reads and no order hangs on.
inline void set_second(google::protobuf::Timestamp& out, Instant instant) {
  set_time(out, std::chrono::floor<std::chrono::seconds>(instant));
}

}  // namespace entente
