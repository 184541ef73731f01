// One request on its way to its handler and back, whatever protocol carries it: gRPC, Connect (JSON
// or protobuf, whole or streamed) or plain HTTP. Owns the messages; outlives its stream if the
// handler still runs when the peer goes.
//
// Threads: everything on its worker's thread, but the handler of a heavy method, which runs on the
// pool while nothing else touches the messages.
#pragma once

#include <any>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "proto/contract/clock.h"
#include "proto/contract/grpc_wire.h"
#include "proto/contract/http2_client.h"
#include "server/net/counters.h"
#include "server/net/method_table.h"
#include "server/net/pool.h"

namespace entente::net {

// How an answer leaves. Calls after `end` are without effect.
class Outlet {
 public:
  virtual ~Outlet() = default;
  virtual void head(int status, const http2::Headers& headers) = 0;
  virtual void body(std::string_view bytes) = 0;
  virtual void end(const http2::Headers& trailers) = 0;
  // Breaks the answer off so that the peer cannot take it for whole.
  virtual void abort() = 0;
  [[nodiscard]] virtual std::size_t queued() const = 0;
  // `bytes` of the request's body have been consumed.
  virtual void credit(std::size_t bytes) = 0;
};

// What a connection's calls share.
struct ConnectionShared {
  Peer peer;
  std::any state;
};

// What an invocation needs of its surroundings; outlives it.
struct Surroundings {
  const MethodTable& table;
  Pool& pool;
  const Clock& clock;
  Entropy& entropy;
  Counters& counters;
  // Runs a job on the worker's thread, later; from any thread.
  std::function<void(std::function<void()>)> post;
  // Runs a job on the worker's thread at a time; from the worker's thread.
  std::function<void(Tick, std::function<void()>)> at;
};

// What came in the header block.
struct RequestHead {
  std::string method;
  std::string target;  // path and query as they came
  http2::Headers headers;
};

class Invocation final : public Call, public std::enable_shared_from_this<Invocation> {
 public:
  // `flushed`: called on the worker's thread when something was handed to the outlet outside of the
  // calls below, so that it is sent.
  Invocation(Surroundings& around, std::shared_ptr<ConnectionShared> connection, RequestHead head,
             Outlet& outlet, std::function<void()> flushed);
  ~Invocation() override;

  // --- the protocol's side ---
  void begin();
  void on_data(std::string_view bytes);
  void on_end();
  void on_room();
  // The stream is gone: the outlet is not used any more.
  void detach();

  // --- Call ---
  [[nodiscard]] const Peer& peer() const override { return connection_->peer; }
  [[nodiscard]] std::string_view method() const override { return path_; }
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const override;
  [[nodiscard]] Tick deadline() const override { return deadline_; }
  [[nodiscard]] bool cancelled() const override;
  [[nodiscard]] std::string_view request_id() const override { return request_id_; }
  void add_header(std::string name, std::string value) override;
  [[nodiscard]] std::any& connection_state() override { return connection_->state; }

 private:
  enum class Protocol { Grpc, ConnectUnary, ConnectStream, Plain };

  void route();
  [[nodiscard]] bool choose_protocol(std::string_view content_type);
  void set_deadline();
  void begin_get();
  void take_message(std::string_view bytes);
  void run_unary();
  void run_plain();
  void begin_stream();
  void pump();
  void pump_soon();
  void pump_bytes();
  void give_credit();
  void on_next(Result<Source::Next> next);
  // Runs `work` on the pool if the method is heavy, otherwise here; then `done` on the worker's
  // thread.
  void run(bool heavy, std::function<void()> work, std::function<void()> done);
  [[nodiscard]] Status decode(std::string_view bytes, Message& message) const;
  [[nodiscard]] Result<std::string> encode(const Message& message) const;
  void send_message(const Message& message);
  void reply_head(int status, std::string_view content_type);
  void finish(const Status& status);
  void reply_unary(const Status& status);
  void reply_plain(HttpResponse response);
  void refuse_http(int status, std::string_view why);

  Surroundings& around_;
  std::shared_ptr<ConnectionShared> connection_;
  RequestHead head_;
  Outlet* outlet_;
  std::function<void()> flushed_;
  std::string path_;
  std::string request_id_;
  const MethodTable::Method* method_ = nullptr;
  const MethodTable::Route* route_ = nullptr;
  Protocol protocol_ = Protocol::Grpc;
  bool json_ = false;
  bool gzip_out_ = false;
  bool head_sent_ = false;
  bool finished_ = false;
  bool running_ = false;  // a handler is at work
  std::size_t owed_ = 0;  // credit not given yet
  bool woken_ = false;    // a waker rang meanwhile
  bool peer_ended_ = false;
  bool got_message_ = false;
  std::atomic<bool> gone_{false};
  Tick deadline_{};
  wire::FrameReader reader_;
  std::string body_;
  std::unique_ptr<Message> in_;
  std::unique_ptr<Message> out_;
  http2::Headers extra_headers_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Exchange> exchange_;
  HttpResponse plain_;
};

// Turns `%41` into `A`, once; empty if malformed or if the result has a NUL, a dot segment or no
// slash first.
[[nodiscard]] std::optional<std::string> decode_path(std::string_view raw);

}  // namespace entente::net
