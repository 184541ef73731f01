#include "proto/contract/http2_client.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <map>

#include "proto/contract/limits.h"

namespace entente::http2 {
namespace {

// What one call may have in flight towards us; a reader that waits is not what bounds a client.
constexpr std::int32_t kWindowBytes = 1 << 20;
// Of a long body, what is put into frames at a time.
constexpr std::size_t kOutputBytes = 256 << 10;
constexpr std::size_t kFrameHeadBytes = 9;

struct Call {
  CallHandlers handlers;
  std::shared_ptr<const std::string> body;
  std::size_t body_sent = 0;
  Headers block;  // the header block that is being read
  bool headers_given = false;
  Headers trailers;
};

std::uint8_t* octets(const std::string& text) {
  // NOLINTNEXTLINE: nghttp2's interface is older than const.
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

}  // namespace

struct ClientSession::Impl {
  nghttp2_session* session = nullptr;
  std::map<CallId, Call> calls;
  bool goodbye = false;
  std::string* out = nullptr;  // while `output` runs
  std::size_t out_end = 0;     // where it stops

  ~Impl() { nghttp2_session_del(session); }

  Call* find(CallId id) {
    const auto found = calls.find(id);
    return found == calls.end() ? nullptr : &found->second;
  }

  // Takes the call out before its handler runs, so that the handler finds a session in order.
  void end(CallId id, const Status& status) {
    const auto found = calls.find(id);
    if (found == calls.end()) return;
    Call call = std::move(found->second);
    calls.erase(found);
    if (call.handlers.ended) call.handlers.ended(status, call.trailers);
  }

  // Calls a handler, which may cancel its own call and so take itself away: it is held until it
  // returns.
  template <typename Handler, typename What>
  void tell(CallId id, Handler CallHandlers::*which, const What& what) {
    Call* call = find(id);
    if (call == nullptr || !(call->handlers.*which)) return;
    Handler handler = std::move(call->handlers.*which);
    handler(what);
    call = find(id);
    if (call != nullptr) call->handlers.*which = std::move(handler);
  }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_bytes, const std::uint8_t* value, std::size_t value_bytes,
                       std::uint8_t, void* self) {
    Call* call = static_cast<Impl*>(self)->find(frame->hd.stream_id);
    if (call != nullptr && call->block.size() < limits::header_fields_max) {
      // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
      call->block.emplace_back(std::string(reinterpret_cast<const char*>(name), name_bytes),
                               std::string(reinterpret_cast<const char*>(value), value_bytes));
    }
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    if (frame->hd.type == NGHTTP2_GOAWAY) impl.goodbye = true;
    Call* call = impl.find(frame->hd.stream_id);
    if (call == nullptr || frame->hd.type != NGHTTP2_HEADERS) return 0;
    Headers block = std::move(call->block);
    call->block.clear();
    const bool interim = !block.empty() && block[0].first == ":status" && block[0].second[0] == '1';
    if (interim) return 0;
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) call->trailers = block;
    if (call->headers_given) return 0;
    call->headers_given = true;
    impl.tell(frame->hd.stream_id, &CallHandlers::headers, block);
    return 0;
  }

  static int on_data(nghttp2_session* session, std::uint8_t, std::int32_t id,
                     const std::uint8_t* data, std::size_t size, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    const Call* call = impl.find(id);
    // One slow reader must not hold up the other calls of the line: the line's credit is always
    // given.
    (void)nghttp2_session_consume_connection(session, size);
    if (call == nullptr || !call->handlers.own_credit) {
      (void)nghttp2_session_consume_stream(session, id, size);
    }
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
    impl.tell(id, &CallHandlers::data, std::string_view(reinterpret_cast<const char*>(data), size));
    return 0;
  }

  static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t code, void* self) {
    static_cast<Impl*>(self)->end(
        id,
        code == NGHTTP2_NO_ERROR
            ? Status()
            : Status(code == NGHTTP2_CANCEL ? Code::Cancelled : Code::Unavailable, Reason::None,
                     std::string("the server ended the stream: ") + nghttp2_http2_strerror(code)));
    return 0;
  }

  // Says how much the next DATA frame will hold; `write` then lays it into the output.
  static ssize_t read_body(nghttp2_session*, std::int32_t id, std::uint8_t*, std::size_t room,
                           std::uint32_t* flags, nghttp2_data_source*, void* self) {
    const Call* call = static_cast<Impl*>(self)->find(id);
    if (call == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const std::size_t left = call->body->size() - call->body_sent;
    if (left <= room) *flags |= NGHTTP2_DATA_FLAG_EOF;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    return static_cast<ssize_t>(std::min(room, left));
  }

  static int write(nghttp2_session*, nghttp2_frame* frame, const std::uint8_t* head,
                   std::size_t size, nghttp2_data_source*, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    if (impl.out->size() >= impl.out_end) return NGHTTP2_ERR_WOULDBLOCK;
    Call* call = impl.find(frame->hd.stream_id);
    if (call == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    impl.out->append(reinterpret_cast<const char*>(head), kFrameHeadBytes);  // NOLINT: octets
    impl.out->append(*call->body, call->body_sent, size);
    call->body_sent += size;
    return 0;
  }
};

ClientSession::ClientSession() : impl_(std::make_unique<Impl>()) {
  nghttp2_session_callbacks* callbacks = nullptr;
  ENTENTE_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, &Impl::on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Impl::on_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &Impl::on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &Impl::on_close);
  nghttp2_session_callbacks_set_send_data_callback(callbacks, &Impl::write);
  nghttp2_option* option = nullptr;
  ENTENTE_CHECK(nghttp2_option_new(&option) == 0);
  nghttp2_option_set_no_auto_window_update(option, 1);
  ENTENTE_CHECK(nghttp2_session_client_new2(&impl_->session, callbacks, impl_.get(), option) == 0);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(kWindowBytes)},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits::header_bytes_max},
  };
  ENTENTE_CHECK(nghttp2_submit_settings(impl_->session, NGHTTP2_FLAG_NONE, settings, 3) == 0);
  ENTENTE_CHECK(nghttp2_session_set_local_window_size(impl_->session, NGHTTP2_FLAG_NONE, 0,
                                                      4 * kWindowBytes) == 0);
}

ClientSession::~ClientSession() = default;

Result<ClientSession::CallId> ClientSession::start(const Headers& headers,
                                                   std::shared_ptr<const std::string> body,
                                                   CallHandlers handlers) {
  ENTENTE_CHECK(body != nullptr);
  if (impl_->goodbye)
    return Status(Code::Unavailable, Reason::None, "the server is closing this line");
  std::vector<nghttp2_nv> block;
  block.reserve(headers.size());
  for (const auto& [name, value] : headers) {
    block.push_back({.name = octets(name),
                     .value = octets(value),
                     .namelen = name.size(),
                     .valuelen = value.size(),
                     .flags = NGHTTP2_NV_FLAG_NONE});
  }
  nghttp2_data_provider provider{};
  provider.read_callback = &Impl::read_body;
  const CallId id = nghttp2_submit_request(impl_->session, nullptr, block.data(), block.size(),
                                           &provider, nullptr);
  if (id < 0) return Status(Code::Unavailable, Reason::None, "this line takes no more calls");
  impl_->calls.emplace(id, Call{.handlers = std::move(handlers),
                                .body = std::move(body),
                                .body_sent = 0,
                                .block = {},
                                .headers_given = false,
                                .trailers = {}});
  return id;
}

void ClientSession::cancel(CallId call) {
  if (impl_->calls.erase(call) == 0) return;
  (void)nghttp2_submit_rst_stream(impl_->session, NGHTTP2_FLAG_NONE, call, NGHTTP2_CANCEL);
}

void ClientSession::credit(CallId call, std::size_t bytes) {
  if (impl_->find(call) != nullptr)
    (void)nghttp2_session_consume_stream(impl_->session, call, bytes);
}

Status ClientSession::receive(std::string_view bytes) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const ssize_t used = nghttp2_session_mem_recv(impl_->session, data, bytes.size());
  if (used < 0) {
    return Status(Code::Unavailable, Reason::None, "the server broke HTTP/2")
        .with_detail(nghttp2_strerror(static_cast<int>(used)));
  }
  return Status();
}

void ClientSession::output(std::string& out) {
  impl_->out = &out;
  impl_->out_end = out.size() + kOutputBytes;
  while (out.size() < impl_->out_end) {
    const std::uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(impl_->session, &data);
    if (size <= 0) break;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
    out.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
  }
  impl_->out = nullptr;
}

void ClientSession::lose(const Status& why) {
  while (!impl_->calls.empty()) impl_->end(impl_->calls.begin()->first, why);
}

bool ClientSession::alive() const {
  return nghttp2_session_want_read(impl_->session) != 0 &&
         !(impl_->goodbye && impl_->calls.empty());
}

}  // namespace entente::http2
