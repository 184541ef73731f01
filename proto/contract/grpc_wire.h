// How gRPC and Connect put messages and statuses on the wire: messages behind five octets each, a
// status in trailers or, for Connect, in JSON. For both sides. Pure; one thread.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "proto/contract/http2_client.h"
#include "proto/contract/status.h"

namespace entente::wire {

// A message with its prefix: `flags` (0: as it is) and its length, big-endian.
[[nodiscard]] std::string frame(std::string_view message, std::uint8_t flags = 0);
// What stands before a message of so many bytes, not compressed.
inline constexpr std::size_t prefix_bytes = 5;
void append_prefix(std::string& out, std::size_t message_bytes, std::uint8_t flags = 0);
inline constexpr std::uint8_t flag_compressed = 0x01;
inline constexpr std::uint8_t flag_connect_end = 0x02;  // Connect's EndStreamResponse

// Cuts framed bytes into messages.
class FrameReader {
 public:
  // `inflate`: a message may be gzipped, and is given inflated; otherwise that is Unimplemented.
  explicit FrameReader(bool inflate = false) : inflate_(inflate) {}
  using Each = std::function<Status(std::string_view message, std::uint8_t flags)>;
  // Feeds bytes; `each` gets every whole message, and its Status ends the feeding.
  // ResourceExhausted (LimitReached): longer than limits::message_bytes_max, as sent or inflated.
  // InvalidArgument: does not inflate.
  [[nodiscard]] Status feed(std::string_view bytes, const Each& each);
  // Whether a message was cut short.
  [[nodiscard]] bool in_the_middle() const { return !buffer_.empty(); }
  // How many bytes of it are held.
  [[nodiscard]] std::size_t held() const { return buffer_.size(); }

 private:
  bool inflate_;
  std::string buffer_;
};

// gzip (RFC 1952). `inflate`: nothing if it is not gzip or longer than `bytes_max`.
[[nodiscard]] std::string deflate_gzip(std::string_view bytes);
[[nodiscard]] std::optional<std::string> inflate_gzip(std::string_view bytes,
                                                      std::size_t bytes_max);

// The value of a header whose name ends with `-bin`: base64, written without padding and read with
// any (gRPC over HTTP/2, Binary-Header; Connect has the same). Nothing: it is no base64.
[[nodiscard]] std::string to_binary(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_binary(std::string_view value);

// The status that trailers carry: `grpc-status`, `grpc-message`, `grpc-status-details-bin` (a
// google.rpc.Status with ErrorInfo, RetryInfo and BadRequest). Unavailable if there is none.
[[nodiscard]] Status status_of(const http2::Headers& trailers);
// The trailers for a status; detail() stays behind.
[[nodiscard]] http2::Headers trailers_of(const Status& status);

// Connect: the error as JSON, and the HTTP status that goes with its code.
[[nodiscard]] std::string connect_error(const Status& status);
[[nodiscard]] int connect_http_status(Code code);

// `50m`, `2S` and so on, as gRPC writes a time-out; empty if malformed.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_grpc_timeout(std::string_view text);

}  // namespace entente::wire
