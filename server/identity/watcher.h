// Does a few things over and over, on one thread of its own, until it is destroyed: what ends
// sessions nobody calls on, and what a folder brings.
//
// Owned by main, and destroyed before what it watches.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace entente::identity {

// Short enough that with the work itself the second of DESIGN section 5 is kept.
inline constexpr std::chrono::milliseconds watch_interval{200};

class Watcher {
 public:
  explicit Watcher(std::vector<std::function<void()>> rounds,
                   std::chrono::milliseconds interval = watch_interval)
      : rounds_(std::move(rounds)), interval_(interval), thread_([this] { serve(); }) {}
  ~Watcher() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

 private:
  void serve() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      lock.unlock();
      for (const auto& round : rounds_) round();
      lock.lock();
      changed_.wait_for(lock, interval_, [this] { return stopping_; });
    }
  }

  const std::vector<std::function<void()>> rounds_;
  const std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace entente::identity
