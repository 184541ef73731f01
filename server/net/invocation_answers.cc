// How an invocation answers: with one message, in an exchange, with a stream, or as plain HTTP.
#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <vector>

#include "server/net/invocation.h"

namespace entente::net {
namespace {

// A stream is pulled while less than this waits to be sent.
constexpr std::size_t kHighWaterBytes = 128 * 1024;
constexpr std::size_t kPlainChunkBytes = 256 * 1024;  // each costs two wake-ups
constexpr std::size_t kTurnBytes = 32 * 1024;         // one turn of a heavy source on the pool
constexpr std::size_t kInboxBytes = 256 * 1024;       // questions that wait for a busy exchange

// What a browser can be made to ask for, it must not take for a page or a script, nor show to
// another site's.
constexpr std::array kGuards = {
    http::Field{.name = "x-content-type-options", .value = "nosniff"},
    http::Field{.name = "cross-origin-resource-policy", .value = "same-origin"}};

void add_fields(const http2::Headers& headers, std::vector<http::Field>& fields) {
  for (const auto& [name, value] : headers) fields.push_back({.name = name, .value = value});
}

std::vector<http::Field> fields_of(const http2::Headers& headers) {
  std::vector<http::Field> fields;
  add_fields(headers, fields);
  return fields;
}

}  // namespace

// --- one message ---

void Invocation::run_unary() {
  if (cancelled()) return expire();
  start_unary();
}

void Invocation::start_unary() {
  const bool pooled = method_->heavy;
  if (!has_turn(pooled)) return park(&Invocation::start_unary);
  run(
      pooled, [this] { answer(); }, [this] { reply_unary(); });
}

// Has the handler answer. While it runs, `reply_` is its own.
void Invocation::answer() {
  if (Status status = method_->unary(*this, *in_, *out_); !status.ok()) {
    reply_ = std::move(status);
  } else {
    reply_ = encoded();
  }
}

Result<std::string> Invocation::encoded() {
  const bool as_it_is = encoding_ == Encoding::Proto && !gzip_out_;
  if (serialized_ && as_it_is)
    return protocol_ == Protocol::Grpc ? wire::frame(*serialized_) : *std::move(serialized_);
  if (serialized_ && !out_->ParseFromString(*serialized_))
    return internal_error("a reply does not read as its own message");
  return protocol_ == Protocol::Grpc ? framed(*out_) : encode(encoding_, *out_);
}

void Invocation::reply_unary() {
  if (!reply_.ok()) return finish(reply_.status());
  if (protocol_ == Protocol::Grpc) {
    send_frames(*std::move(reply_));
    return finish(Status());
  }
  reply_head(200, encoding_ == Encoding::Json ? "application/json" : "application/proto");
  outlet_->body(*std::move(reply_));
  end({});
}

// --- many ---

void Invocation::begin_stream() {
  watch_deadline();
  start_stream();
}

void Invocation::start_stream() {
  if (!has_turn(method_->heavy)) return park(&Invocation::start_stream);
  if (method_->exchange) return make_exchange();
  auto made = std::make_shared<Result<std::unique_ptr<Source>>>(Status(internal_error("")));
  const Waker waker = [weak = weak_from_this(), post = around_.post] {
    post([weak] {
      if (const auto self = weak.lock()) self->pump_soon();
    });
  };
  run(
      method_->heavy, [this, made, waker] { *made = method_->stream(*this, *in_, waker); },
      [this, made] {
        if (!made->ok()) return finish(made->status());
        source_ = std::move(**made);
        pump();
      });
}

// --- an exchange ---

void Invocation::make_exchange() {
  auto made = std::make_shared<Result<std::unique_ptr<Exchange>>>(Status(internal_error("")));
  run(
      method_->heavy, [this, made] { *made = method_->exchange(*this); },
      [this, made] {
        if (!made->ok()) return finish(made->status());
        exchange_ = std::move(**made);
        advance();
      });
}

void Invocation::advance() {
  const bool pooled = method_->heavy;
  while (exchange_ && !running_ && !finished_ && !end_given_) {
    if (outlet_->queued() > kHighWaterBytes) return;  // on_room comes
    const bool end = inbox_.empty();
    if (end && !peer_ended_) return;
    if (!has_turn(pooled)) return park(&Invocation::advance);
    std::string message;
    if (!end) {
      message = std::move(inbox_.front());
      inbox_.pop_front();
      inbox_bytes_ -= message.size();
      hold(reader_.held() + inbox_bytes_);
    }
    end_given_ = end;
    struct Talk {
      std::string message;
      std::string frames;
      Status status;
    };
    auto talk = std::make_shared<Talk>();
    talk->message = std::move(message);
    run(
        pooled, [this, talk, end] { talk->status = converse(talk->message, end, talk->frames); },
        [this, talk, end, pooled] {
          if (!talk->frames.empty()) send_frames(std::move(talk->frames));
          if (end || !talk->status.ok()) return finish(talk->status);
          give_credit();
          if (pooled) advance();
        });
    if (pooled) return;
  }
}

Status Invocation::converse(std::string_view message, bool end, std::string& frames) {
  Status failed;
  const auto send = [this, &frames, &failed](const Message& out) {
    const Result<std::string> frame = framed(out);
    frame.ok() ? static_cast<void>(frames += *frame) : static_cast<void>(failed = frame.status());
  };
  if (end) {
    ENTENTE_TRY_VOID(exchange_->on_end(send));
    return failed;
  }
  ENTENTE_TRY_VOID(decode(encoding_, message, *in_));
  ENTENTE_TRY_VOID(exchange_->on_message(*in_, send));
  return failed;
}

// Who does not take the answers of an exchange is not asked for more questions.
void Invocation::give_credit() {
  if (outlet_ == nullptr) return;
  const bool talk = !finished_ && method_ != nullptr && method_->exchange;
  if (talk && (outlet_->queued() > kHighWaterBytes || inbox_bytes_ > kInboxBytes)) return;
  if (owed_ > 0) outlet_->credit(std::exchange(owed_, 0));
}

// --- a stream ---

void Invocation::pump_soon() {
  if (running_) woken_ = true;  // the source may just be saying that it has nothing
  if (finished_ || running_ || !source_) return;
  pump();
  if (outlet_ != nullptr) connection_->flushed();
}

void Invocation::on_drain() {
  if (finished_ || running_ || !source_ || !waiting_) return;
  finish(Status(Code::Unavailable, Reason::None, "the server is stopping"));
}

void Invocation::on_room() {
  give_credit();
  if (finished_ || running_) return;
  if (plain_.source) return pump_bytes();
  if (source_) return pump();
  if (exchange_) advance();
}

// Only while there is room: a reader that does not read costs what is queued.
void Invocation::pump() {
  const bool pooled = method_->heavy;
  while (!finished_ && !running_ && source_ && outlet_->queued() < kHighWaterBytes) {
    if (!has_turn(pooled)) return park(&Invocation::pump);
    waiting_ = false;
    auto turn = std::make_shared<Turn>();
    run(
        pooled, [this, turn, pooled] { fill(*turn, pooled ? kTurnBytes : 1); },
        [this, turn] { take(*turn); });
    if (pooled || waiting_) return;
  }
}

void Invocation::fill(Turn& turn, std::size_t bytes_min) {
  while (turn.frames.size() < bytes_min) {
    out_->Clear();
    turn.next = source_->next(*out_);
    if (!turn.next.ok() || *turn.next != Source::Next::Message) return;
    const Result<std::string> frame = framed(*out_);
    if (!frame.ok()) {
      turn.next = frame.status();
      return;
    }
    turn.frames += *frame;
  }
}

void Invocation::take(Turn& turn) {
  if (!turn.frames.empty()) send_frames(std::move(turn.frames));
  if (!turn.next.ok()) return finish(turn.next.status());
  if (*turn.next == Source::Next::End) return finish(Status());
  if (*turn.next == Source::Next::Message) {
    if (method_->heavy) pump();
    return;
  }
  waiting_ = true;
  if (connection_->draining) return on_drain();
  if (std::exchange(woken_, false))
    around_.post([self = shared_from_this()] { self->pump_soon(); });
}

Result<std::string> Invocation::framed(const Message& message) const {
  if (encoding_ == Encoding::Proto && !gzip_out_) {
    const std::size_t size = message.ByteSizeLong();
    std::string bytes(5 + size, '\0');
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
    message.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(bytes.data() + 5));
    for (int i = 0; i < 4; ++i)
      bytes[static_cast<std::size_t>(1 + i)] = static_cast<char>(size >> (24 - 8 * i));
    return bytes;
  }
  ENTENTE_TRY(const std::string bytes, encode(encoding_, message));
  return gzip_out_ ? wire::frame(wire::deflate_gzip(bytes), wire::flag_compressed)
                   : wire::frame(bytes);
}

void Invocation::send_frames(std::string frames) {
  if (finished_) return;
  if (!head_sent_) reply_head(200, stream_type());
  outlet_->body(std::move(frames));
}

std::string_view Invocation::stream_type() const {
  if (protocol_ == Protocol::Grpc) return "application/grpc";
  return encoding_ == Encoding::Json ? "application/connect+json" : "application/connect+proto";
}

void Invocation::reply_head(int status, std::string_view content_type) {
  std::vector<http::Field> headers = {{.name = "content-type", .value = content_type},
                                      {.name = "cache-control", .value = "no-store"}};
  if (gzip_out_) headers.push_back({.name = "grpc-encoding", .value = "gzip"});
  if (!content_type.starts_with("application/grpc")) {
    headers.insert(headers.end(), kGuards.begin(), kGuards.end());
  }
  // While a handler runs they are its own.
  if (!running_) add_fields(extra_headers_, headers);
  head_sent_ = true;
  outlet_->head(status, headers);
}

void Invocation::settle() {
  finished_ = true;
  if (alarm_) around_.alarms.call_off(*alarm_);
  alarm_.reset();
  hold(0);
  inbox_.clear();
  inbox_bytes_ = 0;
}

void Invocation::end(std::span<const http::Field> trailers) {
  settle();
  outlet_->end(trailers);
}

void Invocation::finish(const Status& status) {
  if (finished_ || outlet_ == nullptr) return;
  if (!status.ok()) ++around_.counters.calls_failed;
  switch (protocol_) {
    case Protocol::Plain:
      if (!head_sent_)
        return refuse_http(wire::connect_http_status(status.code()), status.message());
      settle();
      outlet_->abort();
      break;
    case Protocol::Grpc:
      if (!head_sent_) reply_head(200, stream_type());
      if (status.ok()) {
        static constexpr http::Field fine[] = {{.name = "grpc-status", .value = "0"}};
        end(fine);
      } else {
        const http2::Headers trailers = wire::trailers_of(status);
        end(fields_of(trailers));
      }
      break;
    case Protocol::ConnectUnary:
      reply_head(wire::connect_http_status(status.code()), "application/json");
      outlet_->body(wire::connect_error(status));
      end({});
      break;
    case Protocol::ConnectStream:
      if (!head_sent_) reply_head(200, stream_type());
      outlet_->body(
          wire::frame(status.ok() ? "{}" : "{\"error\":" + wire::connect_error(status) + "}",
                      wire::flag_connect_end));
      end({});
      break;
  }
  if (!running_) {
    source_.reset();
    exchange_.reset();
  }
}

void Invocation::refuse_http(int status, std::string_view why) {
  if (finished_ || outlet_ == nullptr) return;
  ++around_.counters.calls_failed;
  reply_head(status, "text/plain; charset=utf-8");
  outlet_->body(std::string(why) + "\n");
  end({});
}

// --- plain HTTP ---

void Invocation::run_plain() {
  if (cancelled()) return expire();
  start_plain();
}

void Invocation::start_plain() {
  if (!has_turn(route_->heavy)) return park(&Invocation::start_plain);
  auto request = std::make_shared<HttpRequest>();
  const std::size_t mark = head_.target.find('?');
  request->method = head_.method;
  request->path = path_;
  if (mark != std::string::npos) request->query = head_.target.substr(mark + 1);
  for (std::size_t i = 0; i < head_.headers.size(); ++i) {
    const http::Field field = head_.headers[i];
    if (field.name[0] != ':') request->headers.emplace_back(field.name, field.value);
  }
  request->body = std::move(body_);
  run(
      route_->heavy, [this, request] { plain_ = route_->handler(*this, *request); },
      [this] { reply_plain(std::move(plain_)); });
}

void Invocation::reply_plain(HttpResponse response) {
  http2::Headers headers = std::move(response.headers);
  std::move(extra_headers_.begin(), extra_headers_.end(), std::back_inserter(headers));
  // What the handler did not say itself.
  const auto unless_said = [&](const http::Field& field) {
    const auto same = [&](const auto& one) { return one.first == field.name; };
    if (std::any_of(headers.begin(), headers.end(), same)) return;
    headers.emplace_back(field.name, field.value);
  };
  std::for_each(kGuards.begin(), kGuards.end(), unless_said);
  unless_said({.name = "cache-control", .value = "no-store"});
  head_sent_ = true;
  outlet_->head(response.status, fields_of(headers));
  if (response.source) {
    plain_.source = std::move(response.source);
    // A long download over a slow line is bounded by its reader's pace, not by a deadline.
    deadline_ = Tick::max();
    if (alarm_) around_.alarms.call_off(*alarm_);
    return pump_bytes();
  }
  outlet_->body(std::move(response.body));
  end({});
}

void Invocation::pump_bytes() {
  if (finished_ || running_ || outlet_->queued() >= kHighWaterBytes) return;
  if (!has_turn(route_->heavy)) return park(&Invocation::pump_bytes);
  auto bytes = std::make_shared<Result<std::string>>(std::string());
  run(
      route_->heavy, [this, bytes] { *bytes = plain_.source->read(kPlainChunkBytes); },
      [this, bytes] {
        if (!bytes->ok()) return finish(bytes->status());
        if ((*bytes)->empty()) return end({});
        outlet_->body(std::move(**bytes));
        pump_bytes();
      });
}

}  // namespace entente::net
