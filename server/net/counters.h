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
  Count handshakes_failed{0};    // no, bad or slow certificate; not TLS 1.3; no protocol
  Count calls_started{0};
  Count calls_failed{0};  // any code but OK
  Count calls_shed{0};    // the pool's queue was full
  Count header_limit{0};  // header bytes or fields
  Count slow_peers{0};    // headers or bodies that drip, readers that do not read
  Count resets_received_limit{0};
  Count resets_sent_limit{0};
  Count floods{0};
  Count protocol_errors{0};
  Count deadlines_met{0};   // calls cut at their deadline
  Count revoked_closed{0};  // lines closed by close_where
};

}  // namespace entente::net
