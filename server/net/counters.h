// What net/ counts, for operators: each limit of limits.h that was met, and the traffic. Any
// thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace entente::net {

struct Counters {
  using Count = std::atomic<std::uint64_t>;
  Count connections_open{0};  // now
  Count connections_accepted{0};
  Count connections_refused{0};  // caps of connections, descriptors
  Count account_refused{0};      // an account's or a certificate's cap of lines or of calls
  Count handshakes_failed{0};    // no, bad or slow certificate; not TLS 1.3; no protocol
  Count calls_started{0};
  Count calls_failed{0};       // any code but OK
  Count calls_shed{0};         // the pool's queue was full
  Count bodies_held_limit{0};  // requests half received, above what one line may hold
  Count header_limit{0};       // header bytes or fields
  Count slow_peers{0};         // headers or bodies that drip, readers that do not read
  Count idle_closed{0};
  Count resets_received_limit{0};
  Count resets_sent_limit{0};
  Count floods{0};
  Count protocol_errors{0};
  Count deadlines_met{0};   // calls cut at their deadline
  Count revoked_closed{0};  // lines closed by close_where

  // Gives `take` the name and the value of each.
  template <typename Take>
  void each(const Take& take) const {
    take("connections_open", connections_open.load());
    take("connections_accepted", connections_accepted.load());
    take("connections_refused", connections_refused.load());
    take("account_refused", account_refused.load());
    take("handshakes_failed", handshakes_failed.load());
    take("calls_started", calls_started.load());
    take("calls_failed", calls_failed.load());
    take("calls_shed", calls_shed.load());
    take("bodies_held_limit", bodies_held_limit.load());
    take("header_limit", header_limit.load());
    take("slow_peers", slow_peers.load());
    take("idle_closed", idle_closed.load());
    take("resets_received_limit", resets_received_limit.load());
    take("resets_sent_limit", resets_sent_limit.load());
    take("floods", floods.load());
    take("protocol_errors", protocol_errors.load());
    take("deadlines_met", deadlines_met.load());
    take("revoked_closed", revoked_closed.load());
  }
};

}  // namespace entente::net
