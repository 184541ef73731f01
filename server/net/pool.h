// A bounded pool of threads for what is heavy: hashing, large queries, synced commits. A full queue
// refuses, so that a flood costs a refusal and not memory.
//
// Threads: any. Destroying it finishes what runs, drops what waits, and joins.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace entente::net {

class Pool {
 public:
  using Job = std::function<void()>;
  // Requires: threads >= 1, queue_max >= 1.
  Pool(unsigned threads, std::size_t queue_max);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // False if the queue is full.
  [[nodiscard]] bool submit(Job job);
  [[nodiscard]] std::size_t waiting() const;

 private:
  void run();
  const std::size_t queue_max_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace entente::net
