// What net/ offers to the rooms above: a place to register what answers a call. net/ speaks gRPC,
// Connect and plain HTTP on one port and knows no domain word; a handler is a plain synchronous
// function.
//
// Threads: the table is filled by main before the server starts and is read-only from then on. A
// handler runs on a worker's thread, or on the bounded pool if its rpc's rule says `heavy`; several
// run at once.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/digest.h"
#include "proto/contract/status.h"

namespace entente::net {

// Who stands at the other end of the line, as the handshake proved it.
struct Peer {
  std::string certificate_der;
  Digest certificate_sha256{};
  std::string uri;      // the one `entente://` URI of its subjectAltName
  std::string address;  // for limits and operators' logs
};

// Decides in the handshake whether a chain opens the line. Implemented above net/; any thread.
class PeerVerifier {
 public:
  virtual ~PeerVerifier() = default;
  // `chain_der`: what the client sent, leaf first. Answers the leaf's URI, or why not (operators'
  // eyes).
  [[nodiscard]] virtual Result<std::string> verify(const std::vector<std::string>& chain_der) = 0;
};

using Kept = std::shared_ptr<const void>;

// One invocation, as its handler sees it. Lives until the handler has returned (unary) or its
// Source or Exchange has been destroyed (streams). One thread at a time.
class Call {
 public:
  virtual ~Call() = default;
  [[nodiscard]] virtual const Peer& peer() const = 0;
  [[nodiscard]] virtual std::string_view method()
      const = 0;  // `/entente.v1.DirectoryService/GetPerson`
  // The first header of this lower-case name, `authorization` say; empty if there is none.
  [[nodiscard]] virtual std::optional<std::string_view> header(std::string_view name) const = 0;
  [[nodiscard]] virtual Tick deadline() const = 0;
  // True once the client has gone, cancelled or run out of time: long work asks now and then.
  [[nodiscard]] virtual bool cancelled() const = 0;
  // Unguessable, made when first asked for; for matching a report by a user with the log.
  [[nodiscard]] virtual std::string_view request_id() const = 0;
  // Sent before the answer.
  virtual void add_header(std::string name, std::string value) = 0;
  // The answer of a unary call, serialized already: its handler then leaves `out` alone.
  virtual void reply_with(std::string bytes) = 0;
  // What a handler has kept for later calls of the same connection, and of no other: one value,
  // replaced whole; null at first. Its type is an agreement of those who register handlers.
  [[nodiscard]] virtual Kept kept() const = 0;
  virtual void keep(Kept value) = 0;
};

using Message = google::protobuf::Message;

// Answers one message with one.
using UnaryHandler = std::function<Status(Call& call, const Message& in, Message& out)>;

// A server stream, pulled: net asks for the next message only when there is room to send it.
class Source {
 public:
  enum class Next { Message, End, Wait };
  virtual ~Source() = default;
  // Fills `out` (Message), says that there is no more (End), or that there is nothing yet (Wait):
  // then net asks again after the waker given to the handler was called. A Status ends the stream
  // with it.
  [[nodiscard]] virtual Result<Next> next(Message& out) = 0;
};
// May be called from any thread, any number of times, also after the stream has ended.
using Waker = std::function<void()>;
using StreamHandler =
    std::function<Result<std::unique_ptr<Source>>(Call& call, const Message& in, Waker waker)>;

// A client stream, or both ways: messages in, messages out, in the order of the calls below.
class Exchange {
 public:
  using Send = std::function<void(const Message& out)>;
  virtual ~Exchange() = default;
  [[nodiscard]] virtual Status on_message(const Message& in, const Send& send) = 0;
  [[nodiscard]] virtual Status on_end(const Send& send) = 0;
};
using ExchangeHandler = std::function<Result<std::unique_ptr<Exchange>>(Call& call)>;

// Plain HTTP, for tools of the trade (DAV, SDMX REST, downloads).
struct HttpRequest {
  std::string method;  // `GET`, `PROPFIND` ...
  std::string path;    // decoded once, starts with `/`, no dot segments
  std::string query;   // as it came, without `?`
  std::vector<std::pair<std::string, std::string>> headers;  // lower-case names
  std::string body;  // whole; at most limits::message_bytes_max
};
// A body that is made while it is sent.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Up to `bytes_max` more bytes; empty at the end. A Status breaks the transfer off.
  [[nodiscard]] virtual Result<std::string> read(std::size_t bytes_max) = 0;
};
struct HttpResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  // lower-case names
  std::string body;
  std::unique_ptr<ByteSource> source;  // instead of `body`
};
using HttpHandler = std::function<HttpResponse(Call& call, const HttpRequest& request)>;

class MethodTable {
 public:
  struct Method {
    const google::protobuf::MethodDescriptor* descriptor = nullptr;
    const Message* in = nullptr;  // prototypes
    const Message* out = nullptr;
    bool heavy = false;
    bool hashes = false;  // heavy, and waits for a password to be hashed
    bool side_effect_free = false;
    // Exactly one is set, as the descriptor's streaming says.
    UnaryHandler unary;
    StreamHandler stream;
    ExchangeHandler exchange;
  };
  struct Route {
    std::string prefix;  // `/sdmx/2.1/`; the longest that fits wins
    bool heavy = true;
    HttpHandler handler;
  };

  // Registers an rpc by its full name, `entente.v1.DirectoryService.GetPerson`. Checks (a bug, not
  // a Status) that it exists in the linked descriptors, bears a rule (gRPC's own services
  // excepted), is of that streaming kind and was not registered before.
  void add_unary(std::string_view full_name, UnaryHandler handler);
  void add_stream(std::string_view full_name, StreamHandler handler);
  void add_exchange(std::string_view full_name, ExchangeHandler handler);
  void add_route(Route route);

  // By path `/package.Service/Method`; null if there is none.
  [[nodiscard]] const Method* find(std::string_view path) const;
  [[nodiscard]] const Route* find_route(std::string_view path) const;
  // By path, in order.
  [[nodiscard]] const std::map<std::string, Method, std::less<>>& methods() const {
    return methods_;
  }

 private:
  Method& add(std::string_view full_name, bool client_streaming, bool server_streaming);
  std::map<std::string, Method, std::less<>> methods_;
  std::vector<Route> routes_;
};

}  // namespace entente::net
