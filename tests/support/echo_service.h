// The handlers of the test service, and a verifier to go with them. For tests of
// the line only.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "server/net/method_table.h"

namespace entente::test {

// Rings until it is destroyed. Any thread.
class Bell {
 public:
  Bell();
  ~Bell();
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;
  void listen(net::Waker waker);
  [[nodiscard]] std::uint64_t rings() const { return rings_; }

 private:
  std::mutex mutex_;
  std::vector<net::Waker> wakers_;
  std::atomic<std::uint64_t> rings_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

struct EchoState {
  Bell bell;
  std::atomic<int> cancelled_seen{0};
  std::atomic<int> sources_open{0};
  std::atomic<int> handlers_begun{0};
};

// `state` outlives the table.
void add_echo(net::MethodTable& table, EchoState& state);

// Accepts what chains to the PEM of one authority and bears exactly one `entente://` URI.
class AuthorityVerifier final : public net::PeerVerifier {
 public:
  explicit AuthorityVerifier(std::string authority_path);
  [[nodiscard]] Result<std::string> verify(const std::vector<std::string>& chain_der) override;

 private:
  std::string authority_path_;
};

}  // namespace entente::test
