// One request on its way to its handler and back, whatever protocol carries it: gRPC, Connect (JSON
// or protobuf, whole or streamed) or plain HTTP. Owns the messages; outlives its stream if the
// handler still runs when the peer goes.
//
// Threads: everything on its worker's thread, but the handler of a heavy method, which runs on the
// pool: meanwhile (`running_`) the worker touches neither the messages nor the headers that the
// handler adds, even if it has to answer without it because time has run out.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "proto/contract/clock.h"
#include "proto/contract/grpc_wire.h"
#include "proto/contract/header_list.h"
#include "proto/contract/http2_client.h"
#include "server/net/admission.h"
#include "server/net/alarms.h"
#include "server/net/codec.h"
#include "server/net/counters.h"
#include "server/net/method_table.h"
#include "server/net/pool.h"

namespace entente::net {

// How an answer leaves. Calls after `end` are without effect.
class Outlet {
 public:
  virtual ~Outlet() = default;
  virtual void head(int status, std::span<const http::Field> headers) = 0;
  virtual void body(std::string bytes) = 0;
  virtual void end(std::span<const http::Field> trailers) = 0;
  // Breaks the answer off so that the peer cannot take it for whole.
  virtual void abort() = 0;
  // What waits to be sent of this answer, and of all answers on its line.
  [[nodiscard]] virtual std::size_t queued() const = 0;
  [[nodiscard]] virtual std::size_t line_queued() const = 0;
  // `bytes` of the request's body have been consumed.
  virtual void credit(std::size_t bytes) = 0;
};

class Invocation;

// What a connection's calls share. The worker's thread, but for what says otherwise.
struct ConnectionShared {
  Peer peer;  // immutable from the handshake's end; any thread
  // Something was handed to an outlet outside of the protocol's own calls, and is to be sent.
  std::function<void()> flushed;
  std::mutex kept_mutex;  // guards `kept`
  Kept kept;
  std::shared_ptr<AccountShare> account;  // from the handshake's end
  std::uint32_t heavy = 0;                // calls of this line on the pool
  std::size_t body_bytes = 0;             // of requests received and not yet answered
  bool draining = false;                  // the server stops: what only waits ends
  std::deque<std::weak_ptr<Invocation>> parked;
};

// Lets those go on that waited for this line's queue to drain or for its turn on the pool.
void resume_parked(ConnectionShared& line);

// What an invocation needs of its surroundings; outlives it.
struct Surroundings {
  const MethodTable& table;
  Pool& pool;
  Pool& hash_pool;
  const Clock& clock;
  Entropy& entropy;
  Counters& counters;
  const LineLimits& limits;
  // Runs a job on the worker's thread, later; from any thread. A copy may outlive the worker: then
  // the job is dropped.
  std::function<void(std::function<void()>)> post;
  Alarms& alarms;
};

// What came in the header block.
struct RequestHead {
  std::string method;
  std::string target;        // path and query as they came
  http::HeaderList headers;  // HTTP/2's own (`:path`) may be among them
};

class Invocation final : public Call, public std::enable_shared_from_this<Invocation> {
 public:
  Invocation(Surroundings& around, std::shared_ptr<ConnectionShared> connection, RequestHead head,
             Outlet& outlet);
  ~Invocation() override;

  // --- the protocol's side ---
  void begin();
  void on_data(std::string_view bytes);
  void on_end();
  void on_room();
  // The stream is gone: the outlet is not used any more.
  void detach();
  // Goes on after it parked itself.
  void resume();
  // Both sides talk in their own time: a pause is no slow body.
  [[nodiscard]] bool converses() const { return method_ != nullptr && method_->exchange; }
  // The server stops: a stream whose source has nothing to say ends.
  void on_drain();

  // --- Call ---
  [[nodiscard]] const Peer& peer() const override { return connection_->peer; }
  [[nodiscard]] std::string_view method() const override { return path_; }
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const override;
  [[nodiscard]] Tick deadline() const override { return deadline_; }
  [[nodiscard]] bool cancelled() const override;
  [[nodiscard]] std::string_view request_id() const override;
  void add_header(std::string name, std::string value) override;
  void reply_with(std::string bytes) override { serialized_ = std::move(bytes); }
  [[nodiscard]] Kept kept() const override;
  void keep(Kept value) override;

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
  void answer();
  [[nodiscard]] Result<std::string> encoded();
  void pump();
  void pump_soon();
  void pump_bytes();
  void give_credit();
  void hold(std::size_t bytes);
  void on_next(Result<Source::Next> next);
  // Whether this line may have another answer made now; if not, this call is parked.
  [[nodiscard]] bool has_turn(bool heavy) const;
  void park(void (Invocation::*then)());
  void watch_deadline();
  // Runs `work` on the pool if the method is heavy, otherwise here; then `done` on the worker's
  // thread.
  template <typename Work, typename Done>
  void run(bool heavy, const Work& work, const Done& done);
  void run_on_pool(std::function<void()> work, std::function<void()> done);
  // Back from the handler; whether its result is still wanted.
  [[nodiscard]] bool returned(const Status& thrown);
  void expire();
  void start_unary();
  void start_stream();
  void start_plain();
  void make_exchange();
  // Takes what came of an exchange, one message at a time.
  void advance();
  [[nodiscard]] Status converse(std::string_view message, bool end, std::string& frames);
  // `message` as this call's answers are framed. Any thread.
  [[nodiscard]] Result<std::string> framed(const Message& message) const;
  void send_frames(std::string frames);
  // What one turn of a source gave.
  struct Turn {
    std::string frames;
    Result<Source::Next> next = Source::Next::Message;
  };
  void fill(Turn& turn, std::size_t bytes_min);
  void take(Turn& turn);
  void reply_head(int status, std::string_view content_type);
  void finish(const Status& status);
  void end(std::span<const http::Field> trailers);
  void settle();
  [[nodiscard]] std::string_view stream_type() const;
  void reply_unary();
  void reply_plain(HttpResponse response);
  void refuse_http(int status, std::string_view why);

  Surroundings& around_;
  std::shared_ptr<ConnectionShared> connection_;
  RequestHead head_;
  Outlet* outlet_;
  std::string path_;
  mutable std::string request_id_;  // made when it is first asked for
  const MethodTable::Method* method_ = nullptr;
  const MethodTable::Route* route_ = nullptr;
  Protocol protocol_ = Protocol::Grpc;
  Encoding encoding_ = Encoding::Proto;
  bool gzip_out_ = false;
  bool head_sent_ = false;
  bool finished_ = false;
  bool running_ = false;  // a handler is at work
  std::size_t owed_ = 0;  // credit not given yet
  bool woken_ = false;    // a waker rang meanwhile
  bool peer_ended_ = false;
  bool got_message_ = false;
  bool end_given_ = false;  // to the exchange
  bool waiting_ = false;    // the source had nothing
  bool parked_ = false;
  void (Invocation::*then_)() = nullptr;  // what it was parked before
  std::atomic<bool> gone_{false};
  Tick deadline_{};
  wire::FrameReader reader_;
  std::string body_;
  std::size_t held_ = 0;          // counted in connection_->body_bytes
  std::list<std::string> inbox_;  // messages of an exchange that wait for the one at work
  std::size_t inbox_bytes_ = 0;
  std::optional<Alarms::Id> alarm_;
  std::unique_ptr<Message> in_;
  std::unique_ptr<Message> out_;
  std::optional<std::string> serialized_;      // instead of `out_`
  Result<std::string> reply_ = std::string();  // to a unary call, as it will be sent
  http2::Headers extra_headers_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Exchange> exchange_;
  HttpResponse plain_;
};

}  // namespace entente::net
