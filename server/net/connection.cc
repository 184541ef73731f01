#include "server/net/connection.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <array>
#include <cerrno>

namespace entente::net {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kGatherBytes = 64 * 1024;
constexpr std::size_t kRecordBytes = 16 * 1024;      // of plain text, at most
constexpr std::size_t kRecordBytesMore = 64;         //   and what TLS adds
constexpr std::size_t kUsualGatherBytes = 8 * 1024;  // a turn's answers to a busy line
constexpr std::size_t kLingerBytesMax = 8 << 20;
constexpr std::chrono::seconds kLingerMax{2};
constexpr int kReadsPerWake = 16;  // then others have their turn

using boost::asio::ip::tcp;
using boost::system::error_code;

Tick ms(std::uint32_t count) { return std::chrono::milliseconds(count); }

}  // namespace

Connection::Connection(tcp::socket socket, std::shared_ptr<TlsContext> tls, Surroundings& around,
                       Admission& admission, std::string address,
                       std::function<void(Connection&)> closed)
    : socket_(std::move(socket)),
      around_(around),
      admission_(admission),
      address_(std::move(address)),
      closed_(std::move(closed)),
      shared_(std::make_shared<ConnectionShared>()),
      tls_(std::move(tls)) {
  shared_->peer.address = address_;
  ssl_ = tls_->make(socket_.native_handle(), records_, shared_->peer, records_read_);
}

Connection::~Connection() = default;

void Connection::begin() {
  begun_ = active_at_ = around_.clock.tick();
  if (!ssl_) return close();
  wait_readable();
}

void Connection::wait_readable() {
  if (!open_ || reading_ || lingering_since_ != Tick{} || (protocol_ && !protocol_->wants_read()))
    return;
  // A peer whose socket does not take its answers is not asked for more. While it does take them,
  // what waits may be waiting for the WINDOW_UPDATE that is still to be read.
  if (writing_ && protocol_ && protocol_->queued() > around_.limits.connection_queue_bytes_max)
    return;
  if (unread_) {
    reading_ = true;
    around_.post([self = shared_from_this()] {
      self->reading_ = false;
      self->on_readable();
    });
    return;
  }
  reading_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](const error_code& error) {
    self->reading_ = false;
    if (!error) self->on_readable();
  });
}

void Connection::wait_writable() {
  if (!open_ || writing_) return;
  writing_ = true;
  socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](const error_code& error) {
    self->writing_ = false;
    if (error || self->lingering_since_ != Tick{}) return;
    self->protocol_ ? self->pump() : self->handshake();
  });
}

void Connection::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  const int error = SSL_get_error(ssl_.get(), result);
  send_records();
  if (!open_) return;
  if (result == 1) return establish();
  if (error == SSL_ERROR_WANT_READ) return wait_readable();
  ++around_.counters.handshakes_failed;
  close();
}

void Connection::establish() {
  settled_ = true;
  records_read_ = 0;
  admission_.settle(address_);
  shared_->account = admission_.name(shared_->peer.uri, shared_->peer.certificate_sha256);
  if (!shared_->account) {
    ++around_.counters.account_refused;
    return shut();
  }
  shared_->flushed = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->flush();
  };
  protocol_ =
      protocol_of(ssl_.get()) == "h2" ? make_http2(around_, shared_) : make_http1(around_, shared_);
  pump();
  on_readable();
}

void Connection::on_readable() {
  if (!open_) return;
  if (lingering_since_ != Tick{}) return linger();
  if (!protocol_) return handshake();
  // Lent for this scope only, and read from before anyone else runs.
  std::array<char, kReadBytes> scratch;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  unread_ = true;
  for (int i = 0; i < kReadsPerWake && open_ && !ending_ && protocol_->wants_read(); ++i) {
    ERR_clear_error();
    const int count = SSL_read(ssl_.get(), scratch.data(), static_cast<int>(scratch.size()));
    const std::size_t with_data = count > 0 ? 1 : 0;
    if (records_read_ > limits::records_without_data_max + with_data) {
      ++around_.counters.floods;
      return close();
    }
    if (count > 0) {
      records_read_ = 0;
      active_at_ = around_.clock.tick();
      const auto size = static_cast<std::size_t>(count);
      if (!protocol_->receive(std::string_view(scratch.data(), size))) ending_ = true;
      OPENSSL_cleanse(scratch.data(), size);  // passwords and tokens came this way
      if (static_cast<std::size_t>(count) > kReadBytes / 2 || SSL_has_pending(ssl_.get()) == 1)
        continue;
      // The socket is most likely dry, and asking it costs a system call; if it is not, the wait
      // says so at once.
      unread_ = false;
      break;
    }
    if (SSL_get_error(ssl_.get(), count) != SSL_ERROR_WANT_READ) {
      send_some();     // the alert that says why
      return close();  // the peer's end, or an alert
    }
    unread_ = false;  // at most a part of a record: its rest, or the next one, will wake us
    break;
  }
  pump();
  wait_readable();
}

void Connection::flush() {
  if (!open_ || flush_posted_) return;
  flush_posted_ = true;
  around_.post([self = shared_from_this()] {
    self->flush_posted_ = false;
    self->pump();
  });
}

// True if all of `out_` has left. While records wait for the socket, no more are made.
bool Connection::write_out() {
  if (!send_records()) return false;
  records_.reserve(out_.size() + (out_.size() / kRecordBytes + 1) * kRecordBytesMore);
  while (out_at_ < out_.size()) {
    ERR_clear_error();
    const int count =
        SSL_write(ssl_.get(), out_.data() + out_at_, static_cast<int>(out_.size() - out_at_));
    if (count <= 0) {
      if (SSL_get_error(ssl_.get(), count) != SSL_ERROR_WANT_READ) close();
      return false;
    }
    out_at_ += static_cast<std::size_t>(count);
  }
  out_at_ = 0;
  out_.clear();
  if (out_.capacity() > 2 * kGatherBytes) out_.shrink_to_fit();
  return send_records();
}

// True if all records have left; if not, goes on once the socket takes more.
bool Connection::send_records() {
  if (!send_some()) {
    close();
    return false;
  }
  if (records_.empty()) return true;
  if (stalled_since_ == Tick{}) stalled_since_ = around_.clock.tick();
  wait_writable();
  return false;
}

// Sends what the socket takes. False: it is broken.
bool Connection::send_some() {
  if (records_.empty()) return true;
  const std::size_t left = records_.size() - records_at_;
  const ssize_t count =
      ::send(socket_.native_handle(), records_.data() + records_at_, left, MSG_NOSIGNAL);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  active_at_ = around_.clock.tick();
  stalled_since_ = Tick{};
  records_at_ += static_cast<std::size_t>(count);
  if (records_at_ < records_.size()) return true;
  records_at_ = 0;
  records_.clear();
  return true;
}

void Connection::pump() {
  if (!open_ || !protocol_ || lingering_since_ != Tick{}) return;
  for (;;) {
    if (!write_out()) return;
    if (out_.capacity() < kUsualGatherBytes) out_.reserve(kUsualGatherBytes);
    protocol_->gather(out_, kGatherBytes);
    if (out_.empty()) break;
  }
  out_ = std::string();  // an idle line keeps no buffer
  records_ = std::string();
  if (ending_ || protocol_->done()) return shut();
  wait_readable();
}

void Connection::shut() {
  if (lingering_since_ != Tick{}) return;
  ERR_clear_error();
  (void)SSL_shutdown(ssl_.get());
  (void)send_some();
  if (!ending_ && !(protocol_ && protocol_->peer_sending())) return close();
  // Closing a socket with unread bytes resets it, and the reset would overtake the last answer.
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  lingering_since_ = around_.clock.tick();
  linger();
}

// Reads past what still comes, a little and for a moment.
void Connection::linger() {
  std::array<char, kReadBytes> scratch;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  for (;;) {
    const ssize_t count = ::recv(socket_.native_handle(), scratch.data(), scratch.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (count <= 0) return close();
    lingered_bytes_ += static_cast<std::size_t>(count);
    if (lingered_bytes_ > kLingerBytesMax) return close();
  }
  if (reading_) return;
  reading_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](const error_code& error) {
    self->reading_ = false;
    if (!error && self->open_) self->linger();
  });
}

void Connection::drain() {
  if (lingering_since_ != Tick{}) return close();
  if (!protocol_) return close();
  protocol_->drain();
  pump();
}

void Connection::close() {
  if (!open_) return;
  open_ = false;
  protocol_.reset();
  if (!settled_) admission_.settle(address_);
  admission_.release(shared_->account != nullptr, shared_->peer.uri,
                     shared_->peer.certificate_sha256);
  error_code ignored;
  socket_.close(ignored);
  closed_(*this);
}

void Connection::sweep(Tick now) {
  if (!open_) return;
  if (lingering_since_ != Tick{}) {
    if (now - lingering_since_ > kLingerMax) close();
    return;
  }
  if (!protocol_) {
    if (now - begun_ > ms(around_.limits.handshake_ms_max)) {
      ++around_.counters.handshakes_failed;
      close();
    }
    return;
  }
  protocol_->sweep(now);
  const Protocol::Reading reading = protocol_->reading();
  const Tick read_for = now - reading.since;
  const bool slow_header = reading.header && read_for > ms(around_.limits.header_ms_max);
  const auto seconds =
      static_cast<std::size_t>(std::chrono::duration_cast<std::chrono::seconds>(read_for).count());
  const bool slow_body = reading.body && read_for > ms(around_.limits.body_grace_ms) &&
                         reading.bytes < seconds * around_.limits.body_bytes_per_s_min;
  const bool stalled =
      stalled_since_ != Tick{} && now - stalled_since_ > ms(around_.limits.write_stall_ms_max);
  if (slow_header || slow_body || stalled) {
    ++around_.counters.slow_peers;
    return close();
  }
  if (protocol_->active() == 0 && now - active_at_ > ms(around_.limits.idle_ms_max)) {
    ++around_.counters.idle_closed;
    drain();
  }
}

}  // namespace entente::net
