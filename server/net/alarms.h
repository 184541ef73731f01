// What is to happen on a worker at a time, and can be called off: a call that is over leaves
// nothing behind, whatever its deadline was. The worker's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "proto/contract/clock.h"

namespace entente::net {

class Alarms {
 public:
  using Id = std::pair<Tick, std::uint64_t>;
  // `arm`: called with the time of the earliest alarm when that has become earlier.
  explicit Alarms(std::function<void(Tick)> arm) : arm_(std::move(arm)) {}

  Id set(Tick when, std::function<void()> job) {
    const bool earlier = alarms_.empty() || when < alarms_.begin()->first.first;
    const Id id{when, ++last_};
    alarms_.emplace(id, std::move(job));
    if (earlier) arm_(when);
    return id;
  }
  // Not an error if it has rung.
  void call_off(const Id& id) { alarms_.erase(id); }

  // Runs what is due, and arms for the next.
  void ring(Tick now) {
    while (!alarms_.empty() && alarms_.begin()->first.first <= now) {
      const std::function<void()> job = std::move(alarms_.begin()->second);
      alarms_.erase(alarms_.begin());
      job();
    }
    if (!alarms_.empty()) arm_(alarms_.begin()->first.first);
  }
  [[nodiscard]] std::size_t size() const { return alarms_.size(); }

 private:
  std::function<void(Tick)> arm_;
  std::uint64_t last_ = 0;
  std::map<Id, std::function<void()>> alarms_;
};

}  // namespace entente::net
