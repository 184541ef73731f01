#include "server/net/invocation.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <vector>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"

namespace entente::net {
namespace {

// The texts of a message whose call hashes a password: what was typed into it does not stand in
// memory that is given back.
void wipe(Message& message) {
  const google::protobuf::Reflection& how = *message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  how.ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->is_repeated() ||
        field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_STRING)
      continue;
    std::string none;
    const std::string& text = how.GetStringReference(message, field, &none);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): it is the message's own, and dies.
    OPENSSL_cleanse(const_cast<char*>(text.data()), text.size());
  }
}

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

std::string_view media_type(std::string_view value) {
  value = value.substr(0, value.find(';'));
  while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
  return value;
}

Status overloaded() {
  return Status(Code::ResourceExhausted, Reason::Overloaded, "the server is busy")
      .with_retry_after_ms(500);
}

Status cut_short() {
  return invalid_argument("message", "is cut short, or there is not exactly one");
}

void add_fields(const http2::Headers& headers, std::vector<http::Field>& fields) {
  for (const auto& [name, value] : headers) fields.push_back({.name = name, .value = value});
}

std::vector<http::Field> fields_of(const http2::Headers& headers) {
  std::vector<http::Field> fields;
  add_fields(headers, fields);
  return fields;
}

// What a handler throws ends its call and nothing else; its words are for operators.
template <typename Work>
Status guarded(const Work& work) {
  try {
    work();
    return Status();
  } catch (const std::exception& thrown) {
    return internal_error(std::string("a handler threw: ") + thrown.what());
  } catch (...) {
    return internal_error("a handler threw");
  }
}

Status out_of_time() { return Status(Code::DeadlineExceeded, Reason::None, "out of time"); }

}  // namespace

void resume_parked(ConnectionShared& line) {
  for (std::size_t n = line.parked.size(); n > 0; --n) {
    const auto one = line.parked.front().lock();
    line.parked.pop_front();
    if (one) one->resume();
  }
}

Invocation::Invocation(Surroundings& around, std::shared_ptr<ConnectionShared> connection,
                       RequestHead head, Outlet& outlet)
    : around_(around),
      connection_(std::move(connection)),
      head_(std::move(head)),
      outlet_(&outlet) {
  if (connection_->account) ++connection_->account->calls;
}

// Counted until its handler has returned, whether its caller still waits or not.
Invocation::~Invocation() {
  if (method_ != nullptr && method_->hashes && in_) wipe(*in_);
  if (connection_->account) --connection_->account->calls;
}

std::optional<std::string_view> Invocation::header(std::string_view name) const {
  return head_.headers.find(name);
}

std::string_view Invocation::request_id() const {
  if (request_id_.empty()) request_id_ = to_hex(around_.entropy.bytes(8));
  return request_id_;
}

Kept Invocation::kept() const {
  const std::scoped_lock lock(connection_->kept_mutex);
  return connection_->kept;
}

void Invocation::keep(Kept value) {
  const std::scoped_lock lock(connection_->kept_mutex);
  connection_->kept.swap(value);
}

bool Invocation::cancelled() const { return gone_.load() || around_.clock.tick() >= deadline_; }

void Invocation::add_header(std::string name, std::string value) {
  extra_headers_.emplace_back(std::move(name), std::move(value));
}

void Invocation::detach() {
  gone_.store(true);
  outlet_ = nullptr;
  settle();
  if (!running_) {
    source_.reset();
    exchange_.reset();
  }
}

void Invocation::begin() {
  ++around_.counters.calls_started;
  // A registered path that came as it stands needs no decoding.
  method_ = around_.table.find(head_.target);
  if (method_ != nullptr) {
    path_ = head_.target;
  } else {
    const std::string_view target = head_.target;
    std::optional<std::string> path = decode_path(target.substr(0, target.find('?')));
    if (!path) return refuse_http(400, "the path is malformed");
    path_ = *std::move(path);
    method_ = around_.table.find(path_);
  }
  set_deadline();
  route();
  const auto& account = connection_->account;
  if (!finished_ && account && account->calls > around_.limits.calls_per_account_max) {
    ++around_.counters.account_refused;
    finish(overloaded());
  }
}

void Invocation::set_deadline() {
  const Tick now = around_.clock.tick();
  deadline_ = now + std::chrono::milliseconds(around_.limits.deadline_ms_max);
  std::optional<std::chrono::milliseconds> wanted;
  if (const auto text = header("grpc-timeout")) wanted = wire::parse_grpc_timeout(*text);
  if (const auto text = header("connect-timeout-ms")) {
    std::int64_t ms = 0;
    const auto [at, error] = std::from_chars(text->data(), text->data() + text->size(), ms);
    if (error == std::errc{} && ms >= 0) wanted = std::chrono::milliseconds(ms);
  }
  if (wanted) deadline_ = std::min(deadline_, now + Tick(*wanted));
}

void Invocation::route() {
  const std::string_view type = media_type(header("content-type").value_or(""));
  if (method_ != nullptr && head_.method == "GET" && method_->side_effect_free && method_->unary) {
    return begin_get();
  }
  if (method_ != nullptr || type.substr(0, 16) == "application/grpc") {
    if (head_.method != "POST") return refuse_http(405, "calls are posted");
    if (!choose_protocol(type)) return refuse_http(415, "this content type does not carry calls");
    if (method_ == nullptr) {
      return finish(Status(Code::Unimplemented, Reason::None, "no such method"));
    }
    in_.reset(method_->in->New());
    out_.reset(method_->out->New());
    // A stream without a limit of the caller's own lives as long as its session.
    if (!method_->unary && !header("grpc-timeout") && !header("connect-timeout-ms"))
      deadline_ = Tick::max();
    if (method_->exchange) return begin_stream();
    return;
  }
  route_ = around_.table.find_route(path_);
  protocol_ = Protocol::Plain;
  if (route_ == nullptr) return refuse_http(404, "nothing is here");
}

bool Invocation::choose_protocol(std::string_view type) {
  const bool stream = method_ == nullptr || !method_->unary;
  const auto encoding = header("grpc-encoding");
  if (type == "application/grpc" || type == "application/grpc+proto") {
    protocol_ = Protocol::Grpc;
    reader_ = wire::FrameReader(encoding == "gzip");
    gzip_out_ = encoding == "gzip" &&
                header("grpc-accept-encoding").value_or("").find("gzip") != std::string_view::npos;
    return true;
  }
  if (type == "application/connect+proto" || type == "application/connect+json") {
    protocol_ = Protocol::ConnectStream;
    encoding_ = type == "application/connect+json" ? Encoding::Json : Encoding::Proto;
    reader_ = wire::FrameReader(header("connect-content-encoding") == "gzip");
    return stream;
  }
  if (type == "application/proto" || type == "application/json") {
    protocol_ = Protocol::ConnectUnary;
    encoding_ = type == "application/json" ? Encoding::Json : Encoding::Proto;
    return !stream;
  }
  return false;
}

// Connect's GET: the message is in the query; a page or a spreadsheet may link to it.
void Invocation::begin_get() {
  protocol_ = Protocol::ConnectUnary;
  const std::string_view target = head_.target;
  const std::size_t mark = target.find('?');
  const std::string_view query = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  encoding_ = query_value(query, "encoding") == "proto" ? Encoding::Proto : Encoding::Json;
  body_ = query_value(query, "message");
  if (query_value(query, "base64") == "1") {
    const auto decoded = from_base64url(body_);
    body_ = decoded.value_or("\xff");  // what does not decode, does not parse
  }
  in_.reset(method_->in->New());
  out_.reset(method_->out->New());
}

void Invocation::on_data(std::string_view bytes) {
  owed_ += bytes.size();
  if (finished_) return give_credit();
  if (protocol_ == Protocol::ConnectUnary || protocol_ == Protocol::Plain) {
    if (body_.size() + bytes.size() > limits::message_bytes_max) {
      return protocol_ == Protocol::Plain
                 ? refuse_http(413, "the body is too large")
                 : finish(Status(Code::ResourceExhausted, Reason::LimitReached,
                                 "the message is too large"));
    }
    body_.append(bytes);
  } else {
    const Status status = reader_.feed(bytes, [this](std::string_view message, std::uint8_t) {
      if (!finished_) take_message(message);
      return Status();
    });
    if (!status.ok()) return finish(status);
  }
  if (finished_) return give_credit();
  const bool talk = method_ != nullptr && method_->exchange;
  hold(talk ? reader_.held() + inbox_bytes_ : held_ + bytes.size());
  if (connection_->body_bytes > around_.limits.connection_body_bytes_max) {
    ++around_.counters.bodies_held_limit;
    return finish(overloaded());
  }
  if (talk) advance();
  give_credit();
}

// What this request holds of its line's memory.
void Invocation::hold(std::size_t bytes) {
  connection_->body_bytes += bytes - held_;
  held_ = bytes;
}

void Invocation::take_message(std::string_view bytes) {
  if (method_->exchange) {
    inbox_bytes_ += bytes.size();
    inbox_.emplace_back(bytes);
    return;
  }
  if (got_message_) return finish(cut_short());
  got_message_ = true;
  if (const Status status = decode(encoding_, bytes, *in_); !status.ok()) finish(status);
}

void Invocation::on_end() {
  peer_ended_ = true;
  if (finished_) return;
  if (protocol_ == Protocol::Plain) return run_plain();
  if (protocol_ == Protocol::ConnectUnary) {
    if (header("content-encoding") == "gzip") {
      std::optional<std::string> inflated = wire::inflate_gzip(body_, limits::message_bytes_max);
      if (!inflated)
        return finish(invalid_argument("message", "is not gzip, or too large once inflated"));
      body_ = std::move(*inflated);
    }
    const Status status = decode(encoding_, body_, *in_);
    if (method_->hashes) OPENSSL_cleanse(body_.data(), body_.size());
    body_ = std::string();
    return status.ok() ? run_unary() : finish(status);
  }
  if (method_->exchange) return reader_.in_the_middle() ? finish(cut_short()) : advance();
  if (!got_message_ || reader_.in_the_middle()) return finish(cut_short());
  method_->unary ? run_unary() : begin_stream();
}

// --- running handlers ---

// What is quick runs here and now, and pays for no closure that could outlive this.
template <typename Work, typename Done>
void Invocation::run(bool heavy, const Work& work, const Done& done) {
  running_ = true;
  if (heavy) return run_on_pool(work, done);
  if (returned(guarded(work))) done();
}

void Invocation::run_on_pool(std::function<void()> work, std::function<void()> done) {
  ++connection_->heavy;
  watch_deadline();
  Pool& pool = method_ != nullptr && method_->hashes ? around_.hash_pool : around_.pool;
  const bool taken = pool.submit([self = shared_from_this(), work = std::move(work), done] {
    // Who went while this waited costs no more than the wait.
    const Status thrown = self->cancelled() ? out_of_time() : guarded(work);
    self->around_.post([self, thrown, done] {
      --self->connection_->heavy;
      if (self->returned(thrown)) done();
      resume_parked(*self->connection_);
      self->connection_->flushed();
    });
  });
  if (taken) return;
  running_ = false;
  --connection_->heavy;
  ++around_.counters.calls_shed;
  finish(overloaded());
}

bool Invocation::returned(const Status& thrown) {
  running_ = false;
  if (finished_) {  // the peer went meanwhile, or its time
    source_.reset();
    exchange_.reset();
    return false;
  }
  if (around_.clock.tick() >= deadline_) {
    expire();  // a handler that saw its time run out may have stopped half-way
    return false;
  }
  if (!thrown.ok()) finish(thrown);
  return thrown.ok();
}

void Invocation::watch_deadline() {
  if (alarm_ || deadline_ == Tick::max()) return;
  alarm_ = around_.alarms.set(deadline_, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->expire();
    self->connection_->flushed();
  });
}

void Invocation::expire() {
  if (finished_ || outlet_ == nullptr) return;
  ++around_.counters.deadlines_met;
  finish(out_of_time());
}

// A line whose answers are not read, or that keeps the pool busy already, gets no further answer
// made: what it may make us hold is bounded.
bool Invocation::has_turn(bool heavy) const {
  return outlet_->line_queued() < around_.limits.connection_queue_bytes_max &&
         (!heavy || connection_->heavy < around_.limits.connection_heavy_max);
}

void Invocation::park(void (Invocation::*then)()) {
  then_ = then;
  if (std::exchange(parked_, true)) return;
  watch_deadline();
  connection_->parked.push_back(weak_from_this());
}

void Invocation::resume() {
  if (!std::exchange(parked_, false) || finished_ || outlet_ == nullptr) return;
  (this->*then_)();
}

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
