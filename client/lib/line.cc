#include "client/lib/line.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

namespace entente::client {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct TlsCredentials::Native {
  asio::ssl::context context{asio::ssl::context::tlsv13_client};
};

TlsCredentials::TlsCredentials() : native_(std::make_unique<Native>()) {}
TlsCredentials::~TlsCredentials() = default;

std::string TlsCredentials::certificate_der() const {
  unsigned char* der = nullptr;
  const int size = i2d_X509(SSL_CTX_get0_certificate(native_->context.native_handle()), &der);
  std::string out;
  if (size > 0) out.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

namespace {

Status cannot_use(const std::string& path, const error_code& error) {
  return Status(Code::InvalidArgument, Reason::FieldInvalid,
                "cannot use `" + path + "`: " + error.message());
}

// ALPN's wire form: one length octet before each name (RFC 7301).
constexpr std::array<unsigned char, 3> kAlpnH2 = {2, 'h', '2'};

}  // namespace

Result<std::shared_ptr<TlsCredentials>> TlsCredentials::load(const std::string& server_root_path,
                                                             const std::string& certificate_path,
                                                             const std::string& key_path) {
  std::shared_ptr<TlsCredentials> made(new TlsCredentials());
  asio::ssl::context& context = made->native_->context;
  error_code error;
  context.load_verify_file(server_root_path, error);
  if (error) return cannot_use(server_root_path, error);
  context.use_certificate_chain_file(certificate_path, error);
  if (error) return cannot_use(certificate_path, error);
  context.use_private_key_file(key_path, asio::ssl::context::pem, error);
  if (error) return cannot_use(key_path, error);
  SSL_CTX* native = context.native_handle();
  if (SSL_CTX_check_private_key(native) != 1) {
    return Status(Code::InvalidArgument, Reason::FieldInvalid,
                  "the key `" + key_path + "` is not that of `" + certificate_path + "`");
  }
  SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_protos(native, kAlpnH2.data(), kAlpnH2.size());
  context.set_verify_mode(asio::ssl::verify_peer);
  return made;
}

// Shared with the handlers under way, so that they find it after the Line has gone.
class Line::Impl : public std::enable_shared_from_this<Line::Impl> {
 public:
  Impl(asio::io_context& io, std::shared_ptr<TlsCredentials> credentials, LineOptions options,
       Events events)
      : credentials_(std::move(credentials)),
        options_(std::move(options)),
        events_(std::move(events)),
        resolver_(io),
        stream_(io, credentials_->native().context),
        timer_(io) {}

  void open() {
    timer_.expires_after(options_.connect_timeout);
    timer_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error && !self->open_) {
        self->fail(Status(Code::Unavailable, Reason::None,
                          "`" + self->options_.host + "` did not answer in time"));
      }
    });
    resolver_.async_resolve(
        options_.host, std::to_string(options_.port),
        [self = shared_from_this()](const error_code& error, const auto& found) {
          if (error) return self->fail_with("look up", error);
          self->connect(found);
        });
  }

  void write(const std::function<void(std::string& queue)>& make) {
    make(queued_);
    if (in_flight_.empty()) write_next();
  }

  [[nodiscard]] bool writing() const { return !in_flight_.empty() || !queued_.empty(); }

  // After this no event comes.
  void abandon() {
    closed_ = true;
    close_socket();
  }

 private:
  void connect(const tcp::resolver::results_type& found) {
    if (closed_) return;
    asio::async_connect(stream_.lowest_layer(), found,
                        [self = shared_from_this()](const error_code& error, const tcp::endpoint&) {
                          if (error) return self->fail_with("reach", error);
                          self->handshake();
                        });
  }

  void handshake() {
    if (closed_) return;
    error_code ignored;
    stream_.lowest_layer().set_option(tcp::no_delay(true), ignored);
    SSL_set_tlsext_host_name(stream_.native_handle(), options_.host.c_str());
    stream_.set_verify_callback(asio::ssl::host_name_verification(options_.host), ignored);
    stream_.async_handshake(asio::ssl::stream_base::client,
                            [self = shared_from_this()](const error_code& error) {
                              if (error) return self->fail_with("trust", error);
                              self->ready();
                            });
  }

  void ready() {
    if (closed_) return;
    const unsigned char* protocol = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(stream_.native_handle(), &protocol, &length);
    if (length != 2) {
      return fail(Status(Code::Unavailable, Reason::None,
                         "`" + options_.host + "` does not speak HTTP/2 here"));
    }
    open_ = true;
    timer_.cancel();
    events_.opened();
    read_next();
  }

  void read_next() {
    if (closed_) return;
    stream_.async_read_some(
        asio::buffer(in_), [self = shared_from_this()](const error_code& error, std::size_t count) {
          if (self->closed_) return;
          if (error) return self->fail_with("hear", error);
          self->events_.received(std::string_view(self->in_.data(), count));
          self->read_next();
        });
  }

  void write_next() {
    if (closed_ || queued_.empty()) return;
    in_flight_.swap(queued_);
    asio::async_write(stream_, asio::buffer(in_flight_),
                      [self = shared_from_this()](const error_code& error, std::size_t) {
                        self->in_flight_.clear();
                        if (self->closed_) return;
                        if (error) return self->fail_with("send to", error);
                        self->write_next();
                        if (!self->writing()) self->events_.written();
                      });
  }

  void fail_with(const char* doing, const error_code& error) {
    fail(Status(Code::Unavailable, Reason::None,
                std::string("cannot ") + doing + " `" + options_.host + ":" +
                    std::to_string(options_.port) + "`: " + error.message()));
  }

  void fail(Status why) {
    if (closed_) return;
    closed_ = true;
    close_socket();
    events_.closed(std::move(why));
  }

  void close_socket() {
    error_code ignored;
    timer_.cancel();
    resolver_.cancel();
    stream_.lowest_layer().close(ignored);
  }

  std::shared_ptr<TlsCredentials> credentials_;
  LineOptions options_;
  Events events_;
  tcp::resolver resolver_;
  asio::ssl::stream<tcp::socket> stream_;
  asio::steady_timer timer_;
  std::array<char, 32 * 1024> in_{};
  std::string queued_;
  std::string in_flight_;
  bool open_ = false;
  bool closed_ = false;
};

Line::Line(asio::io_context& io, std::shared_ptr<TlsCredentials> credentials, LineOptions options,
           Events events)
    : impl_(std::make_shared<Impl>(io, std::move(credentials), std::move(options),
                                   std::move(events))) {}
Line::~Line() { impl_->abandon(); }
void Line::open() { impl_->open(); }
void Line::write(const std::function<void(std::string& queue)>& make) { impl_->write(make); }
bool Line::writing() const { return impl_->writing(); }

}  // namespace entente::client
