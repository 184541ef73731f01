// One call's reply as gRPC frames it over HTTP/2: messages behind five octets each, then a status
// in the trailers. Pure; one thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "proto/contract/http2_client.h"
#include "proto/contract/status.h"

namespace entente::client {

// A message with its prefix: a zero (not compressed) and its length, big-endian.
[[nodiscard]] std::string frame(std::string_view message);

class ReplyReader {
 public:
  // Feeds body bytes; `each` gets every whole message. DataLoss: compressed though we did not ask
  // for it; ResourceExhausted (LimitReached): longer than limits::message_bytes_max.
  [[nodiscard]] Status feed(std::string_view bytes,
                            const std::function<Status(std::string_view)>& each);
  // Whether a message was cut short.
  [[nodiscard]] bool in_the_middle() const { return !buffer_.empty(); }

 private:
  std::string buffer_;
};

// The status that trailers carry: `grpc-status`, `grpc-message`, `grpc-status-details-bin` (a
// google.rpc.Status with ErrorInfo, RetryInfo and BadRequest). Unknown if there is none.
[[nodiscard]] Status status_of(const http2::Headers& trailers);

}  // namespace entente::client
