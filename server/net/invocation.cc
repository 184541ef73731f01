#include "server/net/invocation.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <charconv>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"

namespace entente::net {
namespace {

// A stream is pulled while less than this waits to be sent.
constexpr std::size_t kHighWaterBytes = 128 * 1024;
constexpr std::size_t kPlainChunkBytes = 64 * 1024;

// How deep brackets nest, strings left out.
bool too_deep(std::string_view json) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if ((c == '{' || c == '[') && ++depth > limits::message_depth_max) return true;
    if (c == '}' || c == ']') --depth;
  }
  return false;
}

std::string_view media_type(std::string_view value) {
  value = value.substr(0, value.find(';'));
  while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
  return value;
}

// The value of `name` in a query, decoded once; empty if it is not there.
std::string query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.substr(0, pair.find('=')) != name || pair.find('=') == std::string_view::npos)
      continue;
    std::string out;
    const std::string_view raw = pair.substr(name.size() + 1);
    for (std::size_t i = 0; i < raw.size(); ++i) {
      const auto octet = raw[i] == '%' ? from_hex(raw.substr(i + 1, 2)) : std::nullopt;
      if (octet && octet->size() == 1) {
        out += *octet;
        i += 2;
      } else {
        out += raw[i] == '+' ? ' ' : raw[i];
      }
    }
    return out;
  }
  return {};
}

Status overloaded() {
  return Status(Code::ResourceExhausted, Reason::Overloaded, "the server is busy")
      .with_retry_after_ms(500);
}

Status cut_short() {
  return invalid_argument("message", "is cut short, or there is not exactly one");
}

// What a handler throws ends its call and nothing else; its words are for operators.
Status run_guarded(const std::function<void()>& work) {
  try {
    work();
    return Status();
  } catch (const std::exception& thrown) {
    return internal_error(std::string("a handler threw: ") + thrown.what());
  } catch (...) {
    return internal_error("a handler threw");
  }
}

}  // namespace

std::optional<std::string> decode_path(std::string_view raw) {
  std::string path;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '%') {
      path += raw[i];
      continue;
    }
    const auto octet = from_hex(raw.substr(i + 1, 2));
    if (!octet || octet->size() != 1) return std::nullopt;
    path += *octet;
    i += 2;
  }
  const bool dots = path.find("/../") != std::string::npos ||
                    path.find("/./") != std::string::npos ||
                    (path.size() >= 3 && path.compare(path.size() - 3, 3, "/..") == 0) ||
                    (path.size() >= 2 && path.compare(path.size() - 2, 2, "/.") == 0);
  if (path.empty() || path[0] != '/' || dots || path.find('\0') != std::string::npos ||
      !is_utf8(path)) {
    return std::nullopt;
  }
  return path;
}

Invocation::Invocation(Surroundings& around, std::shared_ptr<ConnectionShared> connection,
                       RequestHead head, Outlet& outlet, std::function<void()> flushed)
    : around_(around),
      connection_(std::move(connection)),
      head_(std::move(head)),
      outlet_(&outlet),
      flushed_(std::move(flushed)) {}

Invocation::~Invocation() = default;

std::optional<std::string_view> Invocation::header(std::string_view name) const {
  for (const auto& [key, value] : head_.headers) {
    if (key == name) return value;
  }
  return std::nullopt;
}

bool Invocation::cancelled() const { return gone_.load() || around_.clock.tick() >= deadline_; }

void Invocation::add_header(std::string name, std::string value) {
  extra_headers_.emplace_back(std::move(name), std::move(value));
}

void Invocation::detach() {
  gone_.store(true);
  outlet_ = nullptr;
  finished_ = true;
  if (!running_) {
    source_.reset();
    exchange_.reset();
  }
}

void Invocation::begin() {
  ++around_.counters.calls_started;
  request_id_ = to_hex(around_.entropy.bytes(8));
  const std::string_view target = head_.target;
  const std::optional<std::string> path = decode_path(target.substr(0, target.find('?')));
  if (!path) return refuse_http(400, "the path is malformed");
  path_ = *path;
  set_deadline();
  route();
}

void Invocation::set_deadline() {
  const Tick now = around_.clock.tick();
  deadline_ = now + std::chrono::milliseconds(limits::deadline_ms_max);
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
  method_ = around_.table.find(path_);
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
    const bool limited = header("grpc-timeout") || header("connect-timeout-ms");
    if (!limited && !method_->unary) deadline_ = Tick::max();
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
    gzip_out_ =
        header("grpc-accept-encoding").value_or("").find("gzip") != std::string_view::npos &&
        encoding == "gzip";
    return true;
  }
  if (type == "application/connect+proto" || type == "application/connect+json") {
    protocol_ = Protocol::ConnectStream;
    json_ = type == "application/connect+json";
    reader_ = wire::FrameReader(header("connect-content-encoding") == "gzip");
    return stream;
  }
  if (type == "application/proto" || type == "application/json") {
    protocol_ = Protocol::ConnectUnary;
    json_ = type == "application/json";
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
  json_ = query_value(query, "encoding") != "proto";
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
  give_credit();
  if (finished_) return;
  if (protocol_ == Protocol::ConnectUnary || protocol_ == Protocol::Plain) {
    if (body_.size() + bytes.size() > limits::message_bytes_max) {
      return protocol_ == Protocol::Plain
                 ? refuse_http(413, "the body is too large")
                 : finish(Status(Code::ResourceExhausted, Reason::LimitReached,
                                 "the message is too large"));
    }
    body_.append(bytes);
    return;
  }
  const Status status = reader_.feed(bytes, [this](std::string_view message, std::uint8_t) {
    if (!finished_) take_message(message);
    return Status();
  });
  if (!status.ok()) finish(status);
}

void Invocation::take_message(std::string_view bytes) {
  if (!method_->exchange) {
    if (got_message_) return finish(cut_short());
    got_message_ = true;
    if (const Status status = decode(bytes, *in_); !status.ok()) finish(status);
    return;
  }
  if (const Status status = decode(bytes, *in_); !status.ok()) return finish(status);
  Status status;
  const Status thrown = run_guarded([&] {
    status = exchange_->on_message(*in_, [this](const Message& out) { send_message(out); });
  });
  if (!thrown.ok()) status = thrown;
  if (!status.ok()) finish(status);
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
    if (const Status status = decode(body_, *in_); !status.ok()) return finish(status);
    return run_unary();
  }
  if (method_->exchange) {
    if (reader_.in_the_middle()) return finish(cut_short());
    Status status;
    const Status thrown = run_guarded(
        [&] { status = exchange_->on_end([this](const Message& out) { send_message(out); }); });
    return finish(thrown.ok() ? status : thrown);
  }
  if (!got_message_ || reader_.in_the_middle()) return finish(cut_short());
  method_->unary ? run_unary() : begin_stream();
}

Status Invocation::decode(std::string_view bytes, Message& message) const {
  if (json_) {
    if (too_deep(bytes)) return invalid_argument("message", "nests too deeply");
    if (!is_utf8(bytes)) return invalid_argument("message", "is not UTF-8");
    google::protobuf::util::JsonParseOptions options;
    const auto status = google::protobuf::util::JsonStringToMessage(
        google::protobuf::StringPiece(bytes.data(), bytes.size()), &message, options);
    if (status.ok()) return Status();
    return invalid_argument(
        "message", "does not read as JSON: " + std::string(status.message()).substr(0, 200));
  }
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  google::protobuf::io::CodedInputStream in(data, static_cast<int>(bytes.size()));
  in.SetRecursionLimit(limits::message_depth_max);
  if (message.ParseFromCodedStream(&in) && in.ConsumedEntireMessage()) return Status();
  return invalid_argument("message", "does not read as protobuf");
}

Result<std::string> Invocation::encode(const Message& message) const {
  std::string bytes;
  if (!json_) {
    if (!message.SerializeToString(&bytes)) return internal_error("a reply did not serialize");
    return bytes;
  }
  if (!google::protobuf::util::MessageToJsonString(message, &bytes).ok()) {
    return internal_error("a reply did not serialize as JSON");
  }
  return bytes;
}

void Invocation::run(bool heavy, std::function<void()> work, std::function<void()> done) {
  running_ = true;
  auto thrown = std::make_shared<Status>();
  const auto guarded = [work = std::move(work), thrown] { *thrown = run_guarded(work); };
  const auto after = [self = shared_from_this(), thrown, done = std::move(done)] {
    self->running_ = false;
    if (self->finished_) return self->detach();  // the peer went meanwhile
    if (!thrown->ok()) return self->finish(*thrown);
    done();
  };
  if (!heavy) {
    guarded();
    return after();
  }
  const bool taken = around_.pool.submit([self = shared_from_this(), guarded, after] {
    guarded();
    self->around_.post([self, after] {
      after();
      if (self->outlet_ != nullptr) self->flushed_();
    });
  });
  if (taken) return;
  running_ = false;
  ++around_.counters.calls_shed;
  finish(overloaded());
}

void Invocation::run_unary() {
  if (cancelled()) return finish(Status(Code::DeadlineExceeded, Reason::None, "out of time"));
  if (method_->heavy && deadline_ != Tick::max()) {
    around_.at(deadline_, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self || self->finished_ || self->outlet_ == nullptr) return;
      ++self->around_.counters.deadlines_met;
      self->finish(Status(Code::DeadlineExceeded, Reason::None, "out of time"));
      self->flushed_();
    });
  }
  auto status = std::make_shared<Status>();
  run(
      method_->heavy, [this, status] { *status = method_->unary(*this, *in_, *out_); },
      [this, status] { reply_unary(*status); });
}

void Invocation::reply_unary(const Status& status) {
  if (!status.ok()) return finish(status);
  if (protocol_ == Protocol::Grpc) {
    send_message(*out_);
    return finish(Status());
  }
  const Result<std::string> bytes = encode(*out_);
  if (!bytes.ok()) return finish(bytes.status());
  reply_head(200, json_ ? "application/json" : "application/proto");
  outlet_->body(*bytes);
  finished_ = true;
  outlet_->end({});
}

void Invocation::begin_stream() {
  if (deadline_ != Tick::max()) {
    around_.at(deadline_, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self || self->finished_ || self->outlet_ == nullptr) return;
      ++self->around_.counters.deadlines_met;
      self->finish(Status(Code::DeadlineExceeded, Reason::None, "out of time"));
      self->flushed_();
    });
  }
  if (method_->exchange) {
    Result<std::unique_ptr<Exchange>> exchange = Status(internal_error("no exchange was made"));
    const Status thrown = run_guarded([&] { exchange = method_->exchange(*this); });
    if (!thrown.ok()) return finish(thrown);
    if (!exchange.ok()) return finish(exchange.status());
    exchange_ = *std::move(exchange);
    return;
  }
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

void Invocation::pump_soon() {
  if (running_) woken_ = true;  // the source may just be saying that it has nothing
  if (finished_ || running_ || !source_) return;
  pump();
  if (outlet_ != nullptr) flushed_();
}

// Who does not take the answers of an exchange is not asked for more questions.
void Invocation::give_credit() {
  if (outlet_ == nullptr || (exchange_ && !finished_ && outlet_->queued() > kHighWaterBytes))
    return;
  outlet_->credit(std::exchange(owed_, 0));
}

void Invocation::on_room() {
  if (owed_ > 0) give_credit();
  if (finished_ || running_) return;
  if (plain_.source) return pump_bytes();
  if (source_) pump();
}

// One message at a time, and only while there is room: a reader that does not read costs what is
// queued.
void Invocation::pump() {
  while (!finished_ && !running_ && source_ && outlet_->queued() < kHighWaterBytes) {
    auto next = std::make_shared<Result<Source::Next>>(Source::Next::End);
    bool again = false;
    run(
        method_->heavy,
        [this, next] {
          out_->Clear();
          *next = source_->next(*out_);
        },
        [this, next, &again, heavy = method_->heavy] {
          if (next->ok() && **next == Source::Next::Message) {
            send_message(*out_);
            if (heavy) return pump();
            again = true;
          } else {
            on_next(*next);
          }
        });
    if (!again) return;
  }
}

void Invocation::on_next(Result<Source::Next> next) {
  if (!next.ok()) return finish(next.status());
  if (*next == Source::Next::End) return finish(Status());
  if (std::exchange(woken_, false))
    around_.post([self = shared_from_this()] { self->pump_soon(); });
}

void Invocation::send_message(const Message& message) {
  if (finished_) return;
  if (protocol_ == Protocol::Grpc && !json_ && !gzip_out_) {
    if (!head_sent_) reply_head(200, "application/grpc");
    const std::size_t size = message.ByteSizeLong();
    std::string bytes(5, '\0');
    bytes.reserve(5 + size);
    message.AppendToString(&bytes);
    for (int i = 0; i < 4; ++i)
      bytes[static_cast<std::size_t>(1 + i)] = static_cast<char>(size >> (24 - 8 * i));
    return outlet_->body(bytes);
  }
  const Result<std::string> bytes = encode(message);
  if (!bytes.ok()) return finish(bytes.status());
  if (!head_sent_) {
    reply_head(200, protocol_ == Protocol::Grpc ? "application/grpc"
                    : json_                     ? "application/connect+json"
                                                : "application/connect+proto");
  }
  outlet_->body(gzip_out_ ? wire::frame(wire::deflate_gzip(*bytes), wire::flag_compressed)
                          : wire::frame(*bytes));
}

void Invocation::reply_head(int status, std::string_view content_type) {
  http2::Headers headers;
  headers.reserve(4 + extra_headers_.size());
  headers.emplace_back("content-type", std::string(content_type));
  headers.emplace_back("cache-control", "no-store");
  if (gzip_out_) headers.emplace_back("grpc-encoding", "gzip");
  for (auto& extra : extra_headers_) headers.push_back(std::move(extra));
  head_sent_ = true;
  outlet_->head(status, headers);
}

void Invocation::finish(const Status& status) {
  if (finished_ || outlet_ == nullptr) return;
  if (!status.ok()) ++around_.counters.calls_failed;
  switch (protocol_) {
    case Protocol::Plain:
      return refuse_http(wire::connect_http_status(status.code()), status.message());
    case Protocol::Grpc:
      if (!head_sent_) reply_head(200, "application/grpc");
      finished_ = true;
      outlet_->end(wire::trailers_of(status));
      break;
    case Protocol::ConnectUnary:
      reply_head(wire::connect_http_status(status.code()), "application/json");
      outlet_->body(wire::connect_error(status));
      finished_ = true;
      outlet_->end({});
      break;
    case Protocol::ConnectStream:
      if (!head_sent_)
        reply_head(200, json_ ? "application/connect+json" : "application/connect+proto");
      outlet_->body(
          wire::frame(status.ok() ? "{}" : "{\"error\":" + wire::connect_error(status) + "}",
                      wire::flag_connect_end));
      finished_ = true;
      outlet_->end({});
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
  finished_ = true;
  outlet_->end({});
}

void Invocation::run_plain() {
  auto request = std::make_shared<HttpRequest>();
  const std::size_t mark = head_.target.find('?');
  request->method = head_.method;
  request->path = path_;
  if (mark != std::string::npos) request->query = head_.target.substr(mark + 1);
  request->headers = head_.headers;
  request->body = std::move(body_);
  run(
      route_->heavy, [this, request] { plain_ = route_->handler(*this, *request); },
      [this] { reply_plain(std::move(plain_)); });
}

void Invocation::reply_plain(HttpResponse response) {
  http2::Headers headers = std::move(response.headers);
  for (auto& extra : extra_headers_) headers.push_back(std::move(extra));
  head_sent_ = true;
  outlet_->head(response.status, headers);
  if (response.source) {
    plain_.source = std::move(response.source);
    return pump_bytes();
  }
  outlet_->body(response.body);
  finished_ = true;
  outlet_->end({});
}

void Invocation::pump_bytes() {
  if (finished_ || running_ || outlet_->queued() >= kHighWaterBytes) return;
  auto bytes = std::make_shared<Result<std::string>>(std::string());
  run(
      route_->heavy, [this, bytes] { *bytes = plain_.source->read(kPlainChunkBytes); },
      [this, bytes] {
        if (!bytes->ok()) {
          finished_ = true;
          return outlet_->abort();
        }
        if ((*bytes)->empty()) {
          finished_ = true;
          return outlet_->end({});
        }
        outlet_->body(**bytes);
        pump_bytes();
      });
}

}  // namespace entente::net
