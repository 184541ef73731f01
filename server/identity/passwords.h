// Passwords: Argon2id over a peppered digest, one at a time.
//
// What is hashed is HMAC-SHA-256(pepper, password): a stolen store alone is not crackable. There is
// one hashing thread with a bounded queue, so that whoever holds certificates can burn one core and
// 64 MiB and no more; whoever asks waits for it.
//
// Threads: any. Owned by main; destroyed after the last call has returned.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "proto/contract/clock.h"
#include "proto/contract/limits.h"
#include "proto/contract/secret.h"
#include "proto/contract/status.h"

namespace entente::identity {

// Argon2id with one lane (libsodium's). RFC 9106's second choice: 64 MiB, 3 passes (144 ms here).
struct HashCost {
  std::uint32_t memory_kib = 64 * 1024;
  std::uint32_t passes = 3;
  friend bool operator==(const HashCost&, const HashCost&) = default;
};
// OWASP's floor: a configuration below it does not start.
inline constexpr HashCost hash_cost_min{.memory_kib = 19 * 1024, .passes = 2};

// Says in the code that makes a hasher that it guards nothing: tests.
struct CheapHashesForTests {};

class PasswordHasher {
 public:
  // Requires: cost >= hash_cost_min in both.
  PasswordHasher(Secret pepper, Entropy& entropy, HashCost cost,
                 std::uint32_t queue_max = limits::hash_queue_max);
  // Any cost that libsodium takes (8 KiB, 1 pass).
  PasswordHasher(Secret pepper, Entropy& entropy, HashCost cost, std::uint32_t queue_max,
                 CheapHashesForTests);
  ~PasswordHasher();
  PasswordHasher(const PasswordHasher&) = delete;
  PasswordHasher& operator=(const PasswordHasher&) = delete;

  // `password` is normalized. ResourceExhausted (Overloaded): the queue is full; nothing was done.
  [[nodiscard]] Result<std::string> hash(const Secret& password);

  // Whether `password` made `stored`. An empty `stored` costs the same work and is never matched.
  // One run of Argon2id either way. ResourceExhausted as above. DataLoss: `stored` is no hash.
  [[nodiscard]] Result<bool> verify(const Secret& password, std::string_view stored);

  // Whether `stored` was made at another cost than today's.
  [[nodiscard]] bool needs_rehash(std::string_view stored) const;

  // Runs of Argon2id so far: what tests of equal work compare.
  [[nodiscard]] std::uint64_t runs() const { return runs_; }
  [[nodiscard]] std::size_t waiting() const;

 private:
  // Runs `work` on the hashing thread and waits for it.
  Status on_thread(std::function<Status()> work);
  void serve();
  Status run(const Secret& input, std::string_view salt, const HashCost& cost, std::string& out);
  Secret peppered(const Secret& password) const;

  const Secret pepper_;
  Entropy& entropy_;
  const HashCost cost_;
  const std::uint32_t queue_max_;
  std::string dummy_;
  std::atomic<std::uint64_t> runs_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::thread thread_;  // Joined by the destructor.
};

}  // namespace entente::identity
