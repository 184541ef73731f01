// What a simulation on a seed stands on: a clock that is turned, and an engine over rows that
// outlive a crash, whose writes go well, are refused, get lost, or are kept though they fail.
//
// One thread; the disk outlives its engines.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "proto/contract/clock.h"
#include "server/store/engine.h"
#include "server/store/memory_store.h"

namespace entente::store {

using Draw = std::mt19937_64;

inline std::uint64_t below(Draw& draw, std::uint64_t bound) { return draw() % bound; }

// Stands still until it is turned; may be set back, as nobody should.
class VirtualClock final : public Clock {
 public:
  Instant now() const override { return now_; }
  Tick tick() const override { return tick_; }
  void pass(std::chrono::seconds time) { now_ += time, tick_ += time; }
  void jump(std::chrono::seconds time) { now_ += time; }

 private:
  Instant now_ = parse_rfc3339("2026-11-23T08:00:00Z").value();
  Tick tick_{1'000'000'000};
};

// What outlives a crash, and what becomes of each write.
struct Disk {
  explicit Disk(Draw& drawn) : draw(drawn) {}
  Draw& draw;
  std::unique_ptr<Engine> rows = memory_engine();
  bool faulty = false;
  bool dead = false;  // the daemon has crashed: nothing is written any more
  std::uint64_t faults = 0;
};

class DrawnEngine final : public Engine {
 public:
  explicit DrawnEngine(Disk& disk) : disk_(disk) {}
  [[nodiscard]] std::unique_ptr<EngineView> view() override { return disk_.rows->view(); }
  [[nodiscard]] Status write(const std::vector<EngineRow>& rows, Durable durable) override {
    const Status failed(Code::Unavailable, Reason::None, "drawn");
    if (disk_.dead) return failed;
    const std::uint64_t drawn = disk_.faulty ? below(disk_.draw, 100) : 99;
    disk_.faults += drawn < 8 ? 1 : 0;
    if (drawn < 2) return Status(Code::ResourceExhausted, Reason::StoreReadOnly, "full");
    if (drawn < 4) return failed;  // lost
    disk_.dead = drawn < 6;
    if (drawn == 4) return failed;  // the power went before it was written, at 5 right after
    const Status written = disk_.rows->write(rows, durable);
    return drawn < 8 ? failed : written;
  }
  [[nodiscard]] Status recover() override {
    const bool away = disk_.dead || (disk_.faulty && below(disk_.draw, 4) == 0);
    return away ? Status(Code::Unavailable, Reason::None, "still away") : Status();
  }
  [[nodiscard]] Health health() const override { return disk_.rows->health(); }

 private:
  Disk& disk_;
};

}  // namespace entente::store
