#include "proto/contract/http2_server.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "proto/contract/byte_queue.h"
#include "proto/contract/limits_line.h"
#include "proto/contract/rate.h"
#include "proto/contract/stream_log.h"

namespace entente::http2 {
namespace {

constexpr std::uint32_t kStreamWindowBytes = 256 * 1024;
constexpr std::int32_t kLineWindowBytes = 4 << 20;
constexpr std::chrono::seconds kTalksOnMax{1};  // after its answer, before it is told to stop
// An honest reader sends at most about two WINDOW_UPDATEs and a PING for each frame of an answer;
// of answers without a body (errors), too.
constexpr std::uint32_t kControlPerAnswerFrame = 3;

// Of a call's head: more is no harm, only another allocation.
constexpr std::size_t kUsualFields = 16;
constexpr std::size_t kUsualHeaderBytes = 512;

struct Stream {
  StreamId id = 0;
  std::size_t index = 0;  // in Impl::live
  http::HeaderList headers;
  std::shared_ptr<StreamEvents> events;
  ByteQueue queue;
  http::HeaderList trailers;
  bool too_large = false;
  bool head_given = false;
  bool responded = false;
  bool peer_ended = false;
  bool ended = false;     // our side: all that will be sent is in `queue`
  bool deferred = false;  // nghttp2 waits for bytes
  Tick answered_at{};     // all of the answer has gone, and the peer still sends; zero: not so
  Tick watched_since{};   // the answer, while some of it waits; zero: not looked at yet
  std::size_t moved_bytes = 0;  // of it since
};

std::string_view view(const std::uint8_t* data, std::size_t size) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  return {reinterpret_cast<const char*>(data), size};
}

nghttp2_nv pair_of(const http::Field& field) {
  // NOLINTBEGIN: nghttp2's interface is older than const.
  return {.name = reinterpret_cast<std::uint8_t*>(const_cast<char*>(field.name.data())),
          .value = reinterpret_cast<std::uint8_t*>(const_cast<char*>(field.value.data())),
          .namelen = field.name.size(),
          .valuelen = field.value.size(),
          .flags = NGHTTP2_NV_FLAG_NONE};
  // NOLINTEND
}

// The pairs of a reply: a handful, so they live on the stack.
class Pairs {
 public:
  explicit Pairs(std::span<const http::Field> fields) {
    for (const http::Field& field : fields) add(field);
  }
  explicit Pairs(const http::HeaderList& fields) {
    for (std::size_t i = 0; i < fields.size(); ++i) add(fields[i]);
  }
  [[nodiscard]] const nghttp2_nv* data() const {
    return more_.empty() ? few_.data() : more_.data();
  }
  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  void add(const http::Field& field) {
    if (more_.empty() && count_ == few_.size()) more_.assign(few_.begin(), few_.end());
    if (more_.empty()) {
      few_[count_] = pair_of(field);
    } else {
      more_.push_back(pair_of(field));
    }
    ++count_;
  }
  std::array<nghttp2_nv, 12> few_{};
  std::vector<nghttp2_nv> more_;
  std::size_t count_ = 0;
};

}  // namespace

struct ServerSession::Impl {
  Impl(ServerEvents& sink, const ServerLimits& bounds)
      : events(sink),
        limits(bounds),
        resets_received(bounds.reset_burst_max, bounds.reset_per_s_max),
        resets_sent(bounds.reset_burst_max, bounds.reset_per_s_max),
        control(bounds.control_burst_max, bounds.control_per_s_max) {}
  ~Impl() { nghttp2_session_del(session); }

  ServerEvents& events;
  const ServerLimits limits;
  nghttp2_session* session = nullptr;
  std::vector<std::unique_ptr<Stream>> live;
  TokenBucket resets_received;
  TokenBucket resets_sent;
  TokenBucket control;
  FrameHeads heads;
  StreamLog log;
  Tick now{};
  std::size_t queued_bytes = 0;
  std::string* out = nullptr;  // while `output` runs
  std::size_t out_bytes_max = 0;
  bool terminated = false;
  bool greeted = false;               // the peer's first frame has come
  std::optional<Tick> waiting_since;  // for a head, or for the greeting

  [[nodiscard]] Stream* find(StreamId id) const {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  void forget(Stream& stream) {
    queued_bytes -= stream.queue.size();
    const std::size_t index = stream.index;
    std::swap(live[index], live.back());
    live[index]->index = index;
    live.pop_back();
  }

  int exceed(Excess excess) {
    if (terminated) return 0;
    terminated = true;
    events.on_excess(excess);
    (void)nghttp2_session_terminate_session(session, NGHTTP2_ENHANCE_YOUR_CALM);
    return 0;
  }

  // What nghttp2 passes over without a word: a head or a body on a stream that is over. Who sends
  // it has ended that stream, or never began it, so nothing honest is lost with the line.
  [[nodiscard]] bool is_over(const FrameHeads::Head& head) const {
    if (head.stream % 2 == 0) return false;
    if (nghttp2_session_find_stream(session, head.stream) != nullptr) return false;
    return !log.is_new(head.stream) && !log.was_cut(head.stream);
  }

  void end_for(const FrameHeads::Head& head) {
    terminated = true;
    const bool skipped = head.type == NGHTTP2_HEADERS && log.was_skipped(head.stream);
    (void)nghttp2_session_terminate_session(
        session, skipped ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_STREAM_CLOSED);
  }

  // What nghttp2 says of these bytes.
  int take(std::string_view bytes) const {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    const ssize_t used = nghttp2_session_mem_recv(session, data, bytes.size());
    return used < 0 ? static_cast<int>(used) : 0;
  }

  // More streams than are allowed: theirs is what was sent on before the refusal was heard.
  static int on_invalid(nghttp2_session*, const nghttp2_frame* frame, int error, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    if (error != NGHTTP2_ERR_REFUSED_STREAM) return 0;
    impl.log.begun(frame->hd.stream_id);
    impl.log.cut(frame->hd.stream_id);
    return 0;
  }

  static int on_begin(nghttp2_session* session, const nghttp2_frame* frame, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    impl.waiting_since = impl.now;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    auto stream = std::make_unique<Stream>();
    stream->id = frame->hd.stream_id;
    impl.log.begun(stream->id);
    stream->index = impl.live.size();
    stream->headers.reserve(kUsualFields, kUsualHeaderBytes);
    (void)nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, stream.get());
    impl.live.push_back(std::move(stream));
    return 0;
  }

  // Header bytes are counted as decoded, cookies included. Too many end the stream, not the line;
  // a peer that goes on doing so meets the bound on resets that we send.
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_bytes, const std::uint8_t* value, std::size_t value_bytes,
                       std::uint8_t, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    Stream* stream = impl.find(frame->hd.stream_id);
    if (stream == nullptr) return 0;
    const std::size_t bytes = stream->headers.bytes() + name_bytes + value_bytes + 32;
    if (bytes > impl.limits.header_bytes_max ||
        stream->headers.size() >= impl.limits.header_fields_max) {
      if (!stream->too_large) impl.events.on_excess(Excess::HeaderBytes);
      stream->too_large = true;
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    // Trailers of a request are counted, and otherwise of no use to us.
    if (!stream->head_given) {
      stream->headers.add(view(name, name_bytes), view(value, value_bytes));
    }
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    const bool end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
        impl.waiting_since.reset();
        impl.head(frame->hd.stream_id, end);
        return 0;
      case NGHTTP2_DATA:
        if (frame->hd.length == 0 && !end && !impl.control.take(impl.now)) {
          return impl.exceed(Excess::Flood);
        }
        if (end) impl.ended(impl.find(frame->hd.stream_id));
        return 0;
      case NGHTTP2_RST_STREAM:
        return impl.resets_received.take(impl.now) ? 0 : impl.exceed(Excess::ResetsReceived);
      case NGHTTP2_SETTINGS:
        if (!impl.greeted) impl.waiting_since.reset();
        impl.greeted = true;
        [[fallthrough]];
      default:
        return impl.control.take(impl.now) ? 0 : impl.exceed(Excess::Flood);
    }
  }

  void head(StreamId id, bool end) {
    Stream* stream = find(id);
    if (stream == nullptr) return;
    if (!stream->head_given) {
      stream->head_given = true;
      auto taker = events.on_head(id, std::move(stream->headers));
      stream = find(id);
      if (stream == nullptr) return taker->on_closed();
      stream->events = std::move(taker);
    }
    if (end) ended(stream);
  }

  static void ended(Stream* stream) {
    if (stream == nullptr) return;
    stream->peer_ended = true;
    if (const auto taker = stream->events) taker->on_end();
  }

  static int on_data(nghttp2_session*, std::uint8_t, StreamId id, const std::uint8_t* data,
                     std::size_t size, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    // One slow stream must not hold up the others: the line's own credit is always given.
    (void)nghttp2_session_consume_connection(impl.session, size);
    Stream* stream = impl.find(id);
    // What comes after the answer is read past, as far as the window that was given reaches.
    if (stream == nullptr || stream->ended || !stream->events) return 0;
    const auto taker = stream->events;
    taker->on_data(view(data, size));
    return 0;
  }

  // A reply that ends while the peer still sends: see ServerSession::tend.
  void note_end(const nghttp2_frame& frame) const {
    const bool ends = (frame.hd.type == NGHTTP2_DATA || frame.hd.type == NGHTTP2_HEADERS) &&
                      (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (!ends) return;
    Stream* stream = find(frame.hd.stream_id);
    if (stream != nullptr && !stream->peer_ended) stream->answered_at = now;
  }

  // MadeYouReset (CVE-2025-8671): what makes *us* reset streams is as cheap for the peer as its own
  // resets.
  static int on_sent(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    const bool answers = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (answers) impl.control.give(kControlPerAnswerFrame);
    if (frame->hd.type == NGHTTP2_RST_STREAM) impl.log.cut(frame->hd.stream_id);
    if (frame->hd.type == NGHTTP2_RST_STREAM && frame->rst_stream.error_code != NGHTTP2_NO_ERROR &&
        !impl.resets_sent.take(impl.now)) {
      return impl.exceed(Excess::ResetsSent);
    }
    impl.note_end(*frame);
    return 0;
  }

  static int on_close(nghttp2_session* session, StreamId id, std::uint32_t, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    Stream* stream = impl.find(id);
    if (stream == nullptr) return 0;
    if (!stream->head_given) impl.waiting_since.reset();
    const auto taker = std::move(stream->events);
    (void)nghttp2_session_set_stream_user_data(session, id, nullptr);
    impl.forget(*stream);
    if (taker) taker->on_closed();
    return 0;
  }

  // Says how much the next DATA frame will hold; `write` then lays it into the output.
  static ssize_t read(nghttp2_session* session, StreamId id, std::uint8_t*, std::size_t room,
                      std::uint32_t* flags, nghttp2_data_source*, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    Stream* stream = impl.find(id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const std::size_t count = std::min(room, stream->queue.size());
    if (count == 0 && !stream->ended) {
      stream->deferred = true;
      return NGHTTP2_ERR_DEFERRED;
    }
    if (count == stream->queue.size() && stream->ended) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      if (stream->trailers.size() > 0) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        const Pairs block(stream->trailers);
        (void)nghttp2_submit_trailer(session, id, block.data(), block.size());
      }
    }
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    return static_cast<ssize_t>(count);
  }

  static int write(nghttp2_session*, nghttp2_frame* frame, const std::uint8_t* head,
                   std::size_t size, nghttp2_data_source*, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    if (impl.out->size() >= impl.out_bytes_max) return NGHTTP2_ERR_WOULDBLOCK;
    Stream* stream = impl.find(frame->hd.stream_id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    impl.out->append(view(head, 9));
    impl.queued_bytes -= stream->queue.take(*impl.out, size);
    stream->moved_bytes += size;
    if (!stream->ended && stream->queue.size() < limits::stream_queue_bytes_max && stream->events) {
      impl.roomy.push_back(frame->hd.stream_id);
    }
    return 0;
  }

  // A taker must not fill a queue while nghttp2 reads from it: it is asked once `output` is
  // through.
  std::vector<StreamId> roomy;

  void wake(Stream& stream) {
    if (!stream.deferred) return;
    stream.deferred = false;
    (void)nghttp2_session_resume_data(session, stream.id);
  }
};

ServerSession::ServerSession(ServerEvents& events, const ServerLimits& limits)
    : impl_(std::make_unique<Impl>(events, limits)) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* option = nullptr;
  ENTENTE_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, &Impl::on_invalid);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, &Impl::on_begin);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, &Impl::on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Impl::on_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &Impl::on_data);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, &Impl::on_sent);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &Impl::on_close);
  nghttp2_session_callbacks_set_send_data_callback(callbacks, &Impl::write);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_max_outbound_ack(option, limits.control_burst_max);
  nghttp2_option_set_max_continuations(option, limits::continuations_max);
  const int made = nghttp2_session_server_new2(&impl_->session, callbacks, impl_.get(), option);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  ENTENTE_CHECK(made == 0);
  const std::array<nghttp2_settings_entry, 3> settings = {{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams_max},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindowBytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits.header_bytes_max)},
  }};
  ENTENTE_CHECK(nghttp2_submit_settings(impl_->session, NGHTTP2_FLAG_NONE, settings.data(),
                                        settings.size()) == 0);
  ENTENTE_CHECK(nghttp2_session_set_local_window_size(impl_->session, NGHTTP2_FLAG_NONE, 0,
                                                      kLineWindowBytes) == 0);
}

ServerSession::~ServerSession() = default;

Status ServerSession::receive(std::string_view bytes, Tick now) {
  impl_->now = now;
  if (!impl_->greeted && !impl_->waiting_since) impl_->waiting_since = now;
  int error = 0;
  std::size_t seen = 0;
  std::size_t taken = 0;
  // What is before a frame may end its stream: it is taken first.
  while (const auto head = impl_->heads.next(bytes, seen)) {
    if (head->type != NGHTTP2_HEADERS && head->type != NGHTTP2_DATA) continue;
    error = impl_->take(bytes.substr(taken, head->begins - taken));
    taken = head->begins;
    if (error != 0) break;
    if (impl_->terminated) return Status();
    if (impl_->is_over(*head)) {
      impl_->end_for(*head);
      return Status();
    }
  }
  if (error == 0) error = impl_->take(bytes.substr(taken));
  if (error == NGHTTP2_ERR_FLOODED) (void)impl_->exceed(Excess::Flood);  // answers that pile up
  if (error != 0) {
    return Status(Code::Unavailable, Reason::None, "the peer broke HTTP/2")
        .with_detail(nghttp2_strerror(error));
  }
  return Status();
}

void ServerSession::output(std::string& out, std::size_t bytes_max, Tick now) {
  impl_->now = now;
  impl_->out = &out;
  impl_->out_bytes_max = bytes_max;
  bool asked = true;
  while (asked && out.size() < bytes_max) {
    while (out.size() < bytes_max) {
      const std::uint8_t* data = nullptr;
      const ssize_t size = nghttp2_session_mem_send(impl_->session, &data);
      if (size <= 0) break;
      out.append(view(data, static_cast<std::size_t>(size)));
    }
    asked = !impl_->roomy.empty();
    const std::vector<StreamId> roomy = std::exchange(impl_->roomy, {});
    for (const StreamId id : roomy) {
      const Stream* stream = impl_->find(id);
      if (stream == nullptr || stream->ended) continue;
      if (const auto taker = stream->events) taker->on_room();
    }
  }
  impl_->out = nullptr;
}

void ServerSession::respond(StreamId id, std::span<const http::Field> headers) {
  Stream* stream = impl_->find(id);
  if (stream == nullptr || stream->responded) return;
  stream->responded = true;
  nghttp2_data_provider provider{};
  provider.read_callback = &Impl::read;
  const Pairs block(headers);
  (void)nghttp2_submit_response(impl_->session, id, block.data(), block.size(), &provider);
}

void ServerSession::go_on(StreamId id) {
  const Stream* stream = impl_->find(id);
  if (stream == nullptr || stream->responded || stream->peer_ended) return;
  const std::array<http::Field, 1> interim = {{{.name = ":status", .value = "100"}}};
  const Pairs block(interim);
  (void)nghttp2_submit_headers(impl_->session, NGHTTP2_FLAG_NONE, id, nullptr, block.data(),
                               block.size(), nullptr);
}

void ServerSession::send(StreamId id, std::string bytes) {
  Stream* stream = impl_->find(id);
  if (stream == nullptr || stream->ended) return;
  impl_->queued_bytes += bytes.size();
  if (stream->queue.empty()) stream->watched_since = Tick{};  // `now` may be long ago
  stream->queue.push(std::move(bytes));
  impl_->wake(*stream);
}

void ServerSession::end(StreamId id, std::span<const http::Field> trailers) {
  Stream* stream = impl_->find(id);
  if (stream == nullptr || stream->ended) return;
  stream->ended = true;
  for (const http::Field& field : trailers) stream->trailers.add(field.name, field.value);
  impl_->wake(*stream);
}

void ServerSession::reset(StreamId id, std::uint32_t code) {
  if (impl_->find(id) == nullptr) return;
  (void)nghttp2_submit_rst_stream(impl_->session, NGHTTP2_FLAG_NONE, id, code);
}

void ServerSession::credit(StreamId id, std::size_t bytes) {
  if (impl_->find(id) != nullptr) (void)nghttp2_session_consume_stream(impl_->session, id, bytes);
}

std::size_t ServerSession::queued(StreamId id) const {
  const Stream* stream = impl_->find(id);
  return stream == nullptr ? 0 : stream->queue.size();
}

std::size_t ServerSession::queued() const { return impl_->queued_bytes; }

std::size_t ServerSession::tend(Tick now, Tick stall_max) {
  std::size_t dropped = 0;
  for (const auto& stream : impl_->live) {
    const bool talks_on = stream->answered_at != Tick{} && now - stream->answered_at > kTalksOnMax;
    if (talks_on) {
      (void)nghttp2_submit_rst_stream(impl_->session, NGHTTP2_FLAG_NONE, stream->id,
                                      NGHTTP2_NO_ERROR);
    }
    if (stream->queue.empty()) continue;
    const bool begins = stream->watched_since == Tick{};
    if (!begins && now - stream->watched_since <= stall_max) continue;
    if (begins || stream->moved_bytes >= limits::answer_moved_bytes_min) {
      stream->watched_since = now;
      stream->moved_bytes = 0;
      continue;
    }
    ++dropped;
    (void)nghttp2_submit_rst_stream(impl_->session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_CANCEL);
  }
  return dropped;
}

bool ServerSession::wants_write() const { return nghttp2_session_want_write(impl_->session) != 0; }

void ServerSession::announce_goodbye() { (void)nghttp2_submit_shutdown_notice(impl_->session); }

void ServerSession::goodbye() {
  (void)nghttp2_submit_goaway(impl_->session, NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(impl_->session),
                              NGHTTP2_NO_ERROR, nullptr, 0);
}

void ServerSession::lose() {
  std::vector<std::unique_ptr<Stream>> gone = std::move(impl_->live);
  impl_->live.clear();
  for (const auto& stream : gone) {
    (void)nghttp2_session_set_stream_user_data(impl_->session, stream->id, nullptr);
  }
  impl_->queued_bytes = 0;
  for (const auto& stream : gone) {
    if (stream->events) stream->events->on_closed();
  }
}

std::size_t ServerSession::streams() const { return impl_->live.size(); }

std::optional<Tick> ServerSession::waiting_for_head() const { return impl_->waiting_since; }

bool ServerSession::alive() const {
  return nghttp2_session_want_read(impl_->session) != 0 ||
         nghttp2_session_want_write(impl_->session) != 0;
}

}  // namespace entente::http2
