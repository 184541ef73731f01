// Who may hold a line: bounds in all and per address before the handshake is done, per account and
// per certificate after it. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "proto/contract/digest.h"
#include "server/net/line_limits.h"

namespace entente::net {

// What the lines of one account share.
struct AccountShare {
  std::uint32_t lines = 0;              // guarded by Admission
  std::atomic<std::uint32_t> calls{0};  // under way, on all its lines
};

class Admission {
 public:
  explicit Admission(const LineLimits& limits) : limits_(limits) {}

  // A line wants in, where `lines_max` is what descriptors and options allow. False: refused.
  [[nodiscard]] bool admit(const std::string& address, std::size_t lines_max) {
    const std::scoped_lock lock(mutex_);
    if (lines_ >= lines_max || handshakes_ >= limits_.handshakes_max) return false;
    std::uint32_t& here = by_address_[address];
    if (here >= limits_.connections_per_address_max) return false;
    ++here;
    ++lines_;
    ++handshakes_;
    return true;
  }
  // Its handshake is over, well or badly. Once for each line admitted.
  void settle(const std::string& address) {
    const std::scoped_lock lock(mutex_);
    --handshakes_;
    const auto found = by_address_.find(address);
    if (found != by_address_.end() && --found->second == 0) by_address_.erase(found);
  }
  // Its certificate names this account. Null: that account or certificate has lines enough.
  [[nodiscard]] std::shared_ptr<AccountShare> name(const std::string& uri,
                                                   const Digest& certificate) {
    const std::scoped_lock lock(mutex_);
    const auto account = by_account_.find(uri);
    const bool account_full = account != by_account_.end() &&
                              account->second->lines >= limits_.connections_per_account_max;
    const auto lines = by_certificate_.find(certificate);
    const bool certificate_full =
        lines != by_certificate_.end() && lines->second >= limits_.connections_per_certificate_max;
    if (account_full || certificate_full) return nullptr;
    std::shared_ptr<AccountShare>& share = by_account_[uri];
    if (!share) share = std::make_shared<AccountShare>();
    ++share->lines;
    ++by_certificate_[certificate];
    return share;
  }
  // The line is closed. `named`: `name` gave it a share.
  void release(bool named, const std::string& uri, const Digest& certificate) {
    const std::scoped_lock lock(mutex_);
    --lines_;
    if (!named) return;
    const auto account = by_account_.find(uri);
    if (account != by_account_.end() && --account->second->lines == 0) by_account_.erase(account);
    const auto lines = by_certificate_.find(certificate);
    if (lines != by_certificate_.end() && --lines->second == 0) by_certificate_.erase(lines);
  }

 private:
  const LineLimits& limits_;
  std::mutex mutex_;
  std::size_t lines_ = 0;
  std::uint32_t handshakes_ = 0;
  std::map<std::string, std::uint32_t> by_address_;  // before a certificate was shown
  std::map<std::string, std::shared_ptr<AccountShare>> by_account_;
  std::map<Digest, std::uint32_t> by_certificate_;
};

}  // namespace entente::net
