// What a simulation on a seed stands on: a clock that is turned, and an engine over rows that
// outlive a crash, whose writes go well, are refused, get lost, or are kept though they fail; what
// was staged and no commit has made durable may be lost with a crash.
//
// One thread; the disk outlives its engines.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "proto/contract/clock.h"
#include "server/store/engine.h"
#include "server/store/memory_store.h"

namespace entente::store {

using Draw = std::mt19937_64;

inline std::uint64_t below(Draw& draw, std::uint64_t bound) { return draw() % bound; }
inline bool one_in(Draw& draw, std::uint64_t times) { return below(draw, times) == 0; }

// Stands still until it is turned; may be set back, as nobody should.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(Instant begins = parse_rfc3339("2026-11-23T08:00:00Z").value())
      : now_(begins) {}
  Instant now() const override { return now_; }
  Tick tick() const override { return tick_; }
  void pass(std::chrono::seconds time) { now_ += time, tick_ += time; }
  void jump(std::chrono::seconds time) { now_ += time; }

 private:
  Instant now_;
  Tick tick_{1'000'000'000};
};

// The same bytes for the same seed, so that a run is one from its names to its keys.
class DrawnEntropy final : public Entropy {
 public:
  explicit DrawnEntropy(std::uint64_t seed) : draw_(seed) {}
  std::string bytes(std::size_t count) override {
    std::string out(count, '\0');
    for (char& one : out) one = static_cast<char>(draw_());
    return out;
  }

 private:
  Draw draw_;
};

// What outlives a crash, and what becomes of each write.
struct Disk {
  explicit Disk(Draw& drawn) : draw(drawn) {}

  // The power has gone, or the engine: of the rows that were not durable, the last are lost.
  void lose_some() {
    for (std::uint64_t lost = below(draw, undo.size() + 1); lost > 0; --lost) {
      ENTENTE_CHECK(rows->write(undo.back(), Durable::Now).ok());
      undo.pop_back();
    }
    undo.clear();
  }

  Draw& draw;
  std::unique_ptr<Engine> rows = memory_engine();
  std::vector<std::vector<EngineRow>> undo;  // of each write that is not durable yet
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
    if (durable == Durable::WithNext) remember(rows);
    const Status written = disk_.rows->write(rows, durable);
    if (durable == Durable::Now) disk_.undo.clear();
    return drawn < 8 ? failed : written;
  }
  [[nodiscard]] Status recover() override {
    if (disk_.dead || (disk_.faulty && one_in(disk_.draw, 4))) {
      return {Code::Unavailable, Reason::None, "still away"};
    }
    disk_.lose_some();
    return {};
  }
  [[nodiscard]] Health health() const override { return disk_.rows->health(); }

 private:
  void remember(const std::vector<EngineRow>& rows) {
    const auto before = view();
    std::vector<EngineRow> undo;
    for (const EngineRow& row : rows) {
      undo.push_back({.key = row.key, .value = *before->get(row.key)});
    }
    disk_.undo.push_back(std::move(undo));
  }

  Disk& disk_;
};

}  // namespace entente::store
