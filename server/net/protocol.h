// What a connection speaks, as bytes in and bytes out: HTTP/2 or HTTP/1.1. One thread, the
// worker's.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "proto/contract/clock.h"
#include "server/net/invocation.h"

namespace entente::net {

class Protocol {
 public:
  virtual ~Protocol() = default;
  // False: the peer broke the protocol or a limit; send what `gather` has and close.
  [[nodiscard]] virtual bool receive(std::string_view bytes) = 0;
  // Appends what is to be sent now, until about `bytes_max`.
  virtual void gather(std::string& out, std::size_t bytes_max) = 0;
  // What waits to be sent, in all.
  [[nodiscard]] virtual std::size_t queued() const = 0;
  // Looks at the limits on time that only the protocol can see; called now and then.
  virtual void sweep(Tick now) = 0;
  // False: what has come is enough for now; the rest stays in the socket.
  [[nodiscard]] virtual bool wants_read() const { return true; }
  // Whether the peer may still be sending when the line is closed: then what comes is read past for
  // a moment, since closing at once would destroy the answer on its way.
  [[nodiscard]] virtual bool peer_sending() const { return false; }
  // No new requests; those there are go on.
  virtual void drain() = 0;
  // True once everything is said and the line may be closed.
  [[nodiscard]] virtual bool done() const = 0;
  // Requests under way.
  [[nodiscard]] virtual std::size_t active() const = 0;
  // Whether some request is still being read, and since when: for the limits on slow peers.
  struct Reading {
    bool header = false;
    bool body = false;
    Tick since{};
    std::size_t bytes = 0;
  };
  [[nodiscard]] virtual Reading reading() const = 0;
};

// Requires: `shared->flushed` is set.
[[nodiscard]] std::unique_ptr<Protocol> make_http2(Surroundings& around,
                                                   std::shared_ptr<ConnectionShared> shared);
[[nodiscard]] std::unique_ptr<Protocol> make_http1(Surroundings& around,
                                                   std::shared_ptr<ConnectionShared> shared);

}  // namespace entente::net
