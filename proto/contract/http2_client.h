// HTTP/2's client side without I/O: bytes in, bytes out (RFC 9113), over nghttp2. Carries calls: a
// header block and a body go out, a header block, data and a trailer block come back. Whoever owns
// the line feeds `receive` with what arrives and sends what `output` returns.
//
// Not thread-safe. The handlers of a call run within `receive`, `output` or `lose`; they may start
// and cancel calls, and must not destroy the session.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/contract/status.h"

namespace entente::http2 {

using Header = std::pair<std::string, std::string>;  // a lower-case name, a value
using Headers = std::vector<Header>;

// What comes back of one call. Each may be empty.
struct CallHandlers {
  std::function<void(const Headers& headers)> headers;  // once; `:status` among them
  std::function<void(std::string_view bytes)> data;
  // Last, exactly once. Ok: the stream ended in order; `trailers` are those of the end (or none).
  std::function<void(Status status, const Headers& trailers)> ended;
  // The reader gives credit itself, with `credit`, as it consumes: the peer then sends no more than
  // a window (1 MiB) ahead of it.
  bool own_credit = false;
};

class ClientSession {
 public:
  using CallId = std::int32_t;

  ClientSession();
  ~ClientSession();  // without events
  ClientSession(const ClientSession&) = delete;
  ClientSession& operator=(const ClientSession&) = delete;

  // Starts a call; its frames are in the next `output`. Unavailable: the peer takes no more calls
  // on this line (GOAWAY, or the stream numbers are used up).
  [[nodiscard]] Result<CallId> start(const Headers& headers, std::string body,
                                     CallHandlers handlers) {
    return start(headers, std::make_shared<const std::string>(std::move(body)),
                 std::move(handlers));
  }
  // The same of a body that others hold, too; not null.
  [[nodiscard]] Result<CallId> start(const Headers& headers,
                                     std::shared_ptr<const std::string> body,
                                     CallHandlers handlers);
  // No handler of it is called any more. Not an error if the call has ended.
  void cancel(CallId call);

  // `bytes` of the call's data have been consumed. Requires: the call was started with own_credit.
  void credit(CallId call, std::size_t bytes);

  // Unavailable: the peer broke the protocol; the line must be closed.
  [[nodiscard]] Status receive(std::string_view bytes);
  // Appends what must be sent now; nothing if nothing must. Of long bodies no more than some 256
  // KiB at a time: asked again, it goes on.
  void output(std::string& out);
  // The line is gone: ends every call with `why`.
  void lose(const Status& why);
  // Whether the line still serves: false once the peer has said goodbye and the last call has
  // ended.
  [[nodiscard]] bool alive() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace entente::http2
