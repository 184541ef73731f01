// HTTP/2: the contract's session, a stream an invocation.
#include <optional>
#include <vector>

#include "proto/contract/http2_server.h"
#include "proto/contract/limits.h"
#include "server/net/protocol.h"

namespace entente::net {
namespace {

// RFC 9113 section 8.2.3: a cookie may come in crumbs, to be put together before anyone looks.
void join_cookies(http::HeaderList& headers) {
  constexpr std::string_view name = "cookie";
  std::size_t crumbs = 0;
  if (!headers.find(name)) return;
  for (std::size_t i = 0; i < headers.size(); ++i) crumbs += headers[i].name == name ? 1 : 0;
  if (crumbs == 1) return;
  http::HeaderList joined;
  std::string cookie;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const http::Field field = headers[i];
    if (field.name != name) {
      joined.add(field.name, field.value);
    } else {
      cookie.append(cookie.empty() ? "" : "; ").append(field.value);
    }
  }
  joined.add(name, cookie);
  headers = std::move(joined);
}

class Stream;
// The streams of a line whose invocations are not over, in no order.
using Streams = std::vector<std::shared_ptr<Stream>>;

// One stream: what the session tells it goes to its invocation, what the invocation answers to the
// session.
class Stream final : public http2::StreamEvents, public Outlet {
 public:
  Stream(http2::ServerSession& session, Streams& streams, http2::StreamId id, Tick since,
         bool head_only)
      : session_(session), streams_(streams), id_(id), since_(since), head_only_(head_only) {}

  // The outlet lives as long as the stream, and the stream outlives what the invocation sends.
  static void serve(const std::shared_ptr<Stream>& stream, std::shared_ptr<Invocation> invocation) {
    stream->invocation_ = std::move(invocation);
    stream->index_ = stream->streams_.size();
    stream->streams_.push_back(stream);
  }

  void on_data(std::string_view bytes) override {
    bytes_ += bytes.size();
    invocation_->on_data(bytes);
  }
  void on_end() override {
    ended_ = true;
    invocation_->on_end();
  }
  void on_room() override { invocation_->on_room(); }
  void on_closed() override {
    closed_ = true;
    invocation_->detach();
    const std::shared_ptr<Stream> self = std::move(streams_[index_]);
    if (index_ + 1 < streams_.size()) {
      streams_[index_] = std::move(streams_.back());
      streams_[index_]->index_ = index_;
    }
    streams_.pop_back();
  }

  void head(int status, std::span<const http::Field> headers) override {
    const std::string number = std::to_string(status);
    std::vector<http::Field> fields;
    fields.reserve(1 + headers.size());
    fields.push_back({.name = ":status", .value = number});
    fields.insert(fields.end(), headers.begin(), headers.end());
    session_.respond(id_, fields);
  }
  void body(std::string bytes) override {
    if (!head_only_) session_.send(id_, std::move(bytes));
  }
  void end(std::span<const http::Field> trailers) override { session_.end(id_, trailers); }
  void abort() override { session_.reset(id_, 2 /* INTERNAL_ERROR */); }
  [[nodiscard]] std::size_t queued() const override { return session_.queued(id_); }
  [[nodiscard]] std::size_t line_queued() const override { return session_.queued(); }
  void on_drain() { invocation_->on_drain(); }
  void credit(std::size_t bytes) override { session_.credit(id_, bytes); }

  [[nodiscard]] bool closed() const { return closed_; }
  // A body that is still being read.
  [[nodiscard]] std::optional<Protocol::Reading> reading() const {
    if (ended_ || closed_ || invocation_->converses()) return std::nullopt;
    return Protocol::Reading{.header = false, .body = true, .since = since_, .bytes = bytes_};
  }

 private:
  http2::ServerSession& session_;
  Streams& streams_;
  std::size_t index_ = 0;  // in `streams_`
  http2::StreamId id_;
  Tick since_;
  bool head_only_;
  std::size_t bytes_ = 0;
  bool ended_ = false;
  bool closed_ = false;
  std::shared_ptr<Invocation> invocation_;
};

class Http2 final : public Protocol, private http2::ServerEvents {
 public:
  Http2(Surroundings& around, std::shared_ptr<ConnectionShared> shared)
      : around_(around), shared_(std::move(shared)), session_(*this, around.limits.http2) {}
  ~Http2() override { session_.lose(); }

  bool receive(std::string_view bytes) override {
    if (session_.receive(bytes, around_.clock.tick()).ok()) return true;
    ++around_.counters.protocol_errors;
    return false;
  }

  void gather(std::string& out, std::size_t bytes_max) override {
    const Tick now = around_.clock.tick();
    session_.output(out, bytes_max, now);
    if (shared_->parked.empty() || session_.queued() >= around_.limits.connection_queue_bytes_max)
      return;
    resume_parked(*shared_);
    session_.output(out, bytes_max, now);
  }

  [[nodiscard]] std::size_t queued() const override { return session_.queued(); }
  void drain() override {
    session_.goodbye();
    draining_ = true;
    shared_->draining = true;
    for (const auto& stream : Streams(streams_)) {
      if (!stream->closed()) stream->on_drain();
    }
  }
  void sweep(Tick now) override {
    const std::size_t dropped =
        session_.tend(now, std::chrono::milliseconds(around_.limits.write_stall_ms_max));
    around_.counters.slow_peers += dropped;
    if (session_.wants_write()) shared_->flushed();
  }
  [[nodiscard]] bool done() const override {
    return !session_.alive() || (draining_ && session_.streams() == 0 && session_.queued() == 0);
  }
  // Who broke the rules may go on doing so; the GOAWAY that says why is to arrive all the same.
  [[nodiscard]] bool peer_sending() const override { return !draining_; }
  [[nodiscard]] std::size_t active() const override { return session_.streams(); }

  [[nodiscard]] Reading reading() const override {
    if (const auto since = session_.waiting_for_head()) {
      return {.header = true, .body = false, .since = *since, .bytes = 0};
    }
    // The slowest of those whose grace is over: a body that comes well does not hide one that
    // drips.
    const Tick now = around_.clock.tick();
    const auto rate = [now](const Reading& one) {
      return static_cast<double>(one.bytes) / static_cast<double>((now - one.since).count());
    };
    Reading slowest;
    for (const auto& stream : streams_) {
      const auto one = stream->reading();
      if (!one || now - one->since <= std::chrono::milliseconds(around_.limits.body_grace_ms))
        continue;
      if (!slowest.body || rate(*one) < rate(slowest)) slowest = *one;
    }
    return slowest;
  }

 private:
  std::shared_ptr<http2::StreamEvents> on_head(http2::StreamId id,
                                               http::HeaderList&& headers) override {
    const std::string method(headers.find(":method").value_or(""));
    const std::string target(headers.find(":path").value_or(""));
    join_cookies(headers);
    RequestHead head{.method = method, .target = target, .headers = std::move(headers)};
    const bool continues = head.headers.find("expect") == "100-continue";
    auto stream = std::make_shared<Stream>(session_, streams_, id, around_.clock.tick(),
                                           head.method == "HEAD");
    auto invocation = std::make_shared<Invocation>(around_, shared_, std::move(head), *stream);
    Stream::serve(stream, invocation);
    invocation->begin();
    if (continues) session_.go_on(id);  // unless it is answered already
    return stream;
  }

  void on_excess(http2::Excess excess) override {
    switch (excess) {
      case http2::Excess::HeaderBytes:
        ++around_.counters.header_limit;
        break;
      case http2::Excess::ResetsReceived:
        ++around_.counters.resets_received_limit;
        break;
      case http2::Excess::ResetsSent:
        ++around_.counters.resets_sent_limit;
        break;
      case http2::Excess::Flood:
        ++around_.counters.floods;
        break;
    }
  }

  Surroundings& around_;
  std::shared_ptr<ConnectionShared> shared_;
  Streams streams_;
  bool draining_ = false;
  http2::ServerSession session_;
};

}  // namespace

std::unique_ptr<Protocol> make_http2(Surroundings& around,
                                     std::shared_ptr<ConnectionShared> shared) {
  return std::make_unique<Http2>(around, std::move(shared));
}

}  // namespace entente::net
