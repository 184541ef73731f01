// The only ways to the time and to random bytes: both are passed in, so that a test owns them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace entente {

// Civil time in UTC. For what people read, spans of validity, ledger times.
using Instant = std::chrono::sys_time<std::chrono::microseconds>;
// Monotonic time since an arbitrary start. For deadlines, sessions' ends, back-off.
using Tick = std::chrono::duration<std::int64_t, std::micro>;

// Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;
  [[nodiscard]] virtual Tick tick() const = 0;
};

// The machine's; made once, in main.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override;
  [[nodiscard]] Tick tick() const override;
};

// Any thread. A source that cannot deliver ends the daemon: nothing safe is left to do.
class Entropy {
 public:
  virtual ~Entropy() = default;
  [[nodiscard]] virtual std::string bytes(std::size_t count) = 0;
};

// OpenSSL's generator.
class SystemEntropy final : public Entropy {
 public:
  [[nodiscard]] std::string bytes(std::size_t count) override;
};

// RFC 3339 in UTC with microseconds cut to what is there: `2026-11-23T06:32:32Z`.
[[nodiscard]] std::string to_rfc3339(Instant instant);
// Reads RFC 3339 with `Z` or an offset, or a bare date (midnight UTC). Empty if malformed, out of
// range (years 0001 to 9999) or no day of the calendar (31 February).
[[nodiscard]] std::optional<Instant> parse_rfc3339(std::string_view text);

}  // namespace entente
