// How often one may guess: per account *and* certificate, so that nobody can lock out another's
// certificate. By the monotonic clock, so that no jump of the other brings a try nearer.
//
// Five failures are free; then each doubles the wait, from 1 s to 15 min; at a hundred the party's
// officer must act. Tries in flight count as failures until they end, so that tries side by side
// gain nothing. Beside that, hashing is rationed per certificate and per party.
//
// Threads: any. Grows with the certificates that have failed, which authorities have issued.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "proto/contract/clock.h"
#include "proto/contract/digest.h"
#include "proto/contract/limits.h"
#include "proto/contract/status.h"

namespace entente::identity {

struct AttemptLimits {
  std::uint32_t free = limits::sign_in_failures_free;
  std::uint32_t failures_max = limits::sign_in_failures_max;
  std::uint32_t back_off_ms_max = limits::sign_in_back_off_ms_max;
  // Password checks, right or wrong: what fills up again a minute, and how much it holds.
  std::uint32_t per_certificate_per_min = 5;
  std::uint32_t per_certificate_burst = 30;
  std::uint32_t per_party_per_min = 30;
  std::uint32_t per_party_burst = 120;
};

class Attempts {
 public:
  Attempts(AttemptLimits limits, const Clock& clock) : limits_(limits), clock_(clock) {}

  // One try that was admitted. Ends as a failure, as a success, or (destroyed before either) as
  // none.
  class Try {
   public:
    Try(Try&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), key_(std::move(other.key_)) {}
    Try& operator=(Try&&) = delete;
    ~Try();
    // How many failures in a row this one makes.
    std::uint32_t failed();
    void succeeded();

   private:
    friend class Attempts;
    Try(Attempts& owner, std::pair<std::string, Digest> key)
        : owner_(&owner), key_(std::move(key)) {}
    Attempts* owner_;
    std::pair<std::string, Digest> key_;
  };

  // `stored` is the count that the store has, heeded where this daemon has counted nothing yet.
  // ResourceExhausted (SignInBackOff): too early, with the time to wait; zero: for the officer.
  [[nodiscard]] Result<Try> admit(std::string_view account, std::string_view party,
                                  const Digest& certificate, std::uint32_t stored);

  // The officer has acted.
  void forget(std::string_view account);

 private:
  using Key = std::pair<std::string, Digest>;
  struct Bucket {
    double tokens = 0;
    Tick filled{};
    bool fresh = true;
  };
  struct State {
    std::uint32_t failures = 0;
    std::uint32_t in_flight = 0;
    Tick next{};
    Bucket bucket;
  };
  static bool take(Bucket& bucket, Tick now, std::uint32_t per_min, std::uint32_t burst);
  Tick wait_after(std::uint32_t failures) const;

  const AttemptLimits limits_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<Key, State> states_;
  std::map<std::string, Bucket, std::less<>> parties_;
};

}  // namespace entente::identity
