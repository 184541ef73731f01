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

// Whether the peer said by an alert that it does not take our certificate. In TLS 1.3 it looks at
// that when our side of the handshake is over, so such an alert is the first thing to be heard. The
// daemon's is handshake_failure, for it says nobody why.
bool refuses_certificate(const error_code& error) {
  if (error.category() != asio::error::get_ssl_category()) return false;
  switch (ERR_GET_REASON(static_cast<unsigned long>(error.value()))) {
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return true;
    default:
      return false;
  }
}

// Of our own certificate, once the server has refused it: what can be seen of it from here.
std::string why_refused(const X509* own) {
  if (X509_cmp_current_time(X509_get0_notAfter(own)) < 0)
    return "it has ended, or this machine's clock is ahead";
  if (X509_cmp_current_time(X509_get0_notBefore(own)) > 0)
    return "it has not begun, or this machine's clock is behind";
  return "it was revoked, or is not of a party of that network";
}

// What does not hold of a server's certificate; `error` is X509_verify_cert's.
std::string why_distrusted(int error) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "its certificate has ended, or this machine's clock is ahead";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "its certificate has not begun, or this machine's clock is behind";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return "its certificate was not issued by the root that the profile names";
    default:
      return X509_verify_cert_error_string(error);
  }
}

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
        self->fail(Status(Code::Unavailable, Reason::NotReached,
                          self->place() + " did not answer in time"));
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
    // Kept by the stream, which does not outlive `this`.
    const asio::ssl::host_name_verification is_host(options_.host);
    stream_.set_verify_callback(
        [this, is_host](bool holds, asio::ssl::verify_context& context) {
          const bool named = holds && is_host(holds, context);
          if (!holds) distrusted_ = X509_STORE_CTX_get_error(context.native_handle());
          if (holds && !named) distrusted_ = X509_V_ERR_HOSTNAME_MISMATCH;
          return named;
        },
        ignored);
    stream_.async_handshake(asio::ssl::stream_base::client,
                            [self = shared_from_this()](const error_code& error) {
                              if (error) return self->distrust(error);
                              self->ready();
                            });
  }

  void distrust(const error_code& error) {
    if (distrusted_ == X509_V_OK) return fail_with("trust", error);
    const std::string why = distrusted_ == X509_V_ERR_HOSTNAME_MISMATCH
                                ? "its certificate is not for the name `" + options_.host + "`"
                                : why_distrusted(distrusted_);
    fail(Status(Code::Unavailable, Reason::ServerDistrusted,
                "cannot trust " + place() + ": " + why));
  }

  void ready() {
    if (closed_) return;
    const unsigned char* protocol = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(stream_.native_handle(), &protocol, &length);
    if (length != 2) {
      return fail(Status(Code::Unavailable, Reason::NotReached,
                         place() + " does not speak HTTP/2: it is no server of Entente"));
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

  [[nodiscard]] std::string place() const {
    return "`" + options_.host + ":" + std::to_string(options_.port) + "`";
  }

  void fail_with(const char* doing, const error_code& error) {
    if (open_ && refuses_certificate(error)) {
      const X509* own = SSL_CTX_get0_certificate(credentials_->native().context.native_handle());
      return fail(Status(Code::Unavailable, Reason::CertificateRefused,
                         place() + " refused your certificate: " + why_refused(own)));
    }
    fail(Status(Code::Unavailable, Reason::NotReached,
                std::string("cannot ") + doing + " " + place() + ": " + error.message()));
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
  int distrusted_ = X509_V_OK;  // why the server's certificate does not hold
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
