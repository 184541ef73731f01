// HTTP/2's server side without I/O: bytes in, bytes out (RFC 9113), over nghttp2, with the limits
// that a hostile peer makes necessary. Whoever owns the line feeds `receive` with what arrives and
// sends what `output` returns.
//
// Not thread-safe. Events are called within `receive`, `output` and `lose`; they may call
// `respond`, `send`, `end`, `reset` and `credit`, and must not destroy the session.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proto/contract/clock.h"
#include "proto/contract/header_list.h"
#include "proto/contract/limits.h"
#include "proto/contract/status.h"

namespace entente::http2 {

using StreamId = std::int32_t;

// What a peer exceeded, for counters. Flood: SETTINGS, PING, PRIORITY, empty DATA, WINDOW_UPDATE
// and what else costs the peer little.
enum class Excess : std::uint8_t { HeaderBytes, ResetsReceived, ResetsSent, Flood };

// What a network may move; the defaults are limits.h's.
struct ServerLimits {
  std::uint32_t streams_max = limits::streams_max;
  std::size_t header_bytes_max = limits::header_bytes_max;
  std::size_t header_fields_max = limits::header_fields_max;
  std::uint32_t reset_burst_max = limits::reset_burst_max;
  std::uint32_t reset_per_s_max = limits::reset_per_s_max;
  std::uint32_t control_burst_max = limits::control_burst_max;
  std::uint32_t control_per_s_max = limits::control_per_s_max;
};

// What happens on one stream after its head.
class StreamEvents {
 public:
  virtual ~StreamEvents() = default;
  // Credit is not given by itself: see ServerSession::credit.
  virtual void on_data(std::string_view bytes) = 0;
  virtual void on_end() = 0;
  // The queue of the stream ran dry or low: there is room again.
  virtual void on_room() = 0;
  // The stream is gone, answered or not; last event of it.
  virtual void on_closed() = 0;
};

class ServerEvents {
 public:
  virtual ~ServerEvents() = default;
  // The head of a request is complete; answers who takes the rest. Never null.
  virtual std::shared_ptr<StreamEvents> on_head(StreamId stream, http::HeaderList&& headers) = 0;
  virtual void on_excess(Excess excess) = 0;
};

class ServerSession {
 public:
  explicit ServerSession(ServerEvents& events, const ServerLimits& limits = {});
  ~ServerSession();  // Without events: call `lose` first.
  ServerSession(const ServerSession&) = delete;
  ServerSession& operator=(const ServerSession&) = delete;

  // Unavailable: the peer broke the protocol; send what `output` still has and close.
  [[nodiscard]] Status receive(std::string_view bytes, Tick now);
  // Appends what is to be sent now to `out`, until that holds about `bytes_max`.
  void output(std::string& out, std::size_t bytes_max, Tick now);

  // All without effect if the stream is gone.
  // The interim answer 100: the peer may send its body.
  void go_on(StreamId stream);
  void respond(StreamId stream, std::span<const http::Field> headers);
  void send(StreamId stream, std::string bytes);
  // Ends the stream; `trailers` may be empty. What the peer still sends is read past.
  void end(StreamId stream, std::span<const http::Field> trailers);
  // `code` as RFC 9113 section 7 numbers them.
  void reset(StreamId stream, std::uint32_t code);
  // `bytes` of the stream's body have been consumed: the peer may send as many more.
  void credit(StreamId stream, std::size_t bytes);
  // How many bytes wait to be sent on this stream, and on all.
  [[nodiscard]] std::size_t queued(StreamId stream) const;
  [[nodiscard]] std::size_t queued() const;
  // Called now and then. Resets every stream whose answer waits and of which next to nothing could
  // be sent for `stall_max` (a peer that gives no window, or an octet now and then); answers how
  // many. Tells a peer to stop that still sends a second after it had its whole answer: RFC 9113
  // section 8.1 has NO_ERROR for it. At once would be allowed, but some clients (curl 7.88) lose
  // the answer by it.
  std::size_t tend(Tick now, Tick stall_max);
  // Whether nghttp2 has anything to say now.
  [[nodiscard]] bool wants_write() const;

  // Says that this line is to close soon; then, a round trip later, takes no new streams.
  void announce_goodbye();
  void goodbye();
  // The line is gone: every stream gets its on_closed.
  void lose();
  [[nodiscard]] std::size_t streams() const;
  // Since when a header block or the peer's first frame has been awaited; empty if neither is.
  [[nodiscard]] std::optional<Tick> waiting_for_head() const;
  // False once everything is said.
  [[nodiscard]] bool alive() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace entente::http2
