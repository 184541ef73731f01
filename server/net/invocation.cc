#include "server/net/invocation.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>
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

}  // namespace entente::net
