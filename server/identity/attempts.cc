#include "server/identity/attempts.h"

#include <algorithm>

namespace entente::identity {
namespace {

Status back_off(Tick wait) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  return Status(Code::ResourceExhausted, Reason::SignInBackOff, "too many failures; wait")
      .with_retry_after_ms(static_cast<std::uint32_t>(std::max<std::int64_t>(ms, 0)));
}

}  // namespace

bool Attempts::take(Bucket& bucket, Tick now, std::uint32_t per_min, std::uint32_t burst) {
  if (bucket.fresh) {
    bucket = Bucket{.tokens = static_cast<double>(burst), .filled = now, .fresh = false};
  }
  const double minutes = std::chrono::duration<double, std::ratio<60>>(now - bucket.filled).count();
  bucket.tokens = std::min<double>(burst, bucket.tokens + minutes * per_min);
  bucket.filled = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

Tick Attempts::wait_after(std::uint32_t failures) const {
  if (failures < limits_.free) return Tick(0);
  const std::uint32_t doublings = std::min(failures - limits_.free, 20U);
  const std::uint64_t ms = std::min<std::uint64_t>(1'000ULL << doublings, limits_.back_off_ms_max);
  return std::chrono::milliseconds(ms);
}

Result<Attempts::Try> Attempts::admit(std::string_view account, std::string_view party,
                                      const Digest& certificate, std::uint32_t stored) {
  const std::lock_guard lock(mutex_);
  const Tick now = clock_.tick();
  Key key(account, certificate);
  const auto [at, fresh] = states_.try_emplace(key);
  State& state = at->second;
  if (fresh && stored > 0) {
    state.failures = stored;
    state.next = now + wait_after(stored);
  }
  if (state.failures >= limits_.failures_max) return back_off(Tick(0));
  if (now < state.next) return back_off(state.next - now);
  if (state.in_flight > 0 && state.failures + state.in_flight >= limits_.free) {
    return back_off(std::chrono::seconds(1));
  }
  if (!take(state.bucket, now, limits_.per_certificate_per_min, limits_.per_certificate_burst)) {
    return back_off(std::chrono::seconds(60 / std::max(1U, limits_.per_certificate_per_min)));
  }
  auto bucket = parties_.find(party);
  if (bucket == parties_.end()) bucket = parties_.try_emplace(std::string(party)).first;
  if (!take(bucket->second, now, limits_.per_party_per_min, limits_.per_party_burst)) {
    return back_off(std::chrono::seconds(60 / std::max(1U, limits_.per_party_per_min)));
  }
  ++state.in_flight;
  return Try(*this, std::move(key));
}

Attempts::Try::~Try() {
  if (owner_ == nullptr) return;
  const std::lock_guard lock(owner_->mutex_);
  --owner_->states_[key_].in_flight;
}

std::uint32_t Attempts::Try::failed() {
  ENTENTE_CHECK(owner_ != nullptr);
  const std::lock_guard lock(owner_->mutex_);
  State& state = owner_->states_[key_];
  --state.in_flight;
  ++state.failures;
  state.next = owner_->clock_.tick() + owner_->wait_after(state.failures);
  owner_ = nullptr;
  return state.failures;
}

void Attempts::Try::succeeded() {
  ENTENTE_CHECK(owner_ != nullptr);
  const std::lock_guard lock(owner_->mutex_);
  State& state = owner_->states_[key_];
  --state.in_flight;
  state.failures = 0;
  state.next = Tick(0);
  owner_ = nullptr;
}

void Attempts::forget(std::string_view account) {
  const std::lock_guard lock(mutex_);
  for (auto& [key, state] : states_) {
    if (key.first != account) continue;
    state.failures = 0;
    state.next = Tick(0);
  }
}

}  // namespace entente::identity
