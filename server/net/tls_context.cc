#include "server/net/tls_context.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>
#include <vector>

namespace entente::net {
namespace {

constexpr std::size_t kChainMax = 4;

int peer_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

std::string der_of(X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  if (size <= 0) return {};
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

// Picks h2 before http/1.1; a peer that offers neither is refused (RFC 7301 section 3.2).
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* in, unsigned in_size, void*) {
  static constexpr unsigned char offered[] = "\x02h2\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, offered, sizeof offered - 1, in, in_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// Told of all that TLS reads and writes; the header of a record comes once for each.
void count_record(int written, int, int type, const void*, std::size_t, SSL*, void* count) {
  if (written == 0 && type == SSL3_RT_HEADER) ++*static_cast<std::size_t*>(count);
}

struct FreeMethod {
  void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
};

// A BIO whose data is the string that it appends to; it takes all that it is given.
const BIO_METHOD* appending() {
  static const std::unique_ptr<BIO_METHOD, FreeMethod> method = [] {
    std::unique_ptr<BIO_METHOD, FreeMethod> made(
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "records"));
    ENTENTE_CHECK(made != nullptr);
    BIO_meth_set_create(made.get(), [](BIO* bio) {
      BIO_set_init(bio, 1);
      return 1;
    });
    BIO_meth_set_write(made.get(), [](BIO* bio, const char* bytes, int count) {
      static_cast<std::string*>(BIO_get_data(bio))->append(bytes, static_cast<std::size_t>(count));
      return count;
    });
    BIO_meth_set_ctrl(made.get(), [](BIO*, int command, long, void*) -> long {
      return command == BIO_CTRL_FLUSH ? 1 : 0;
    });
    return made;
  }();
  return method.get();
}

// `field`: the configuration's name of it.
Status cannot_use(const char* field, const std::string& path) {
  const unsigned long error = ERR_get_error();
  std::string why(256, '\0');
  ERR_error_string_n(error, why.data(), why.size());
  const bool strange =
      ERR_GET_LIB(error) == ERR_LIB_X509 && ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH;
  return Status(Code::InvalidArgument, Reason::FieldInvalid,
                "cannot use `" + path + "`" + (strange ? ": it is not the certificate's key" : ""))
      .with_detail(why.c_str())
      .with_violation({.field = field, .rule = "names it", .line = 0, .column = 0});
}

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::load(const std::string& certificate_path,
                                                     const std::string& key_path,
                                                     PeerVerifier& verifier) {
  std::shared_ptr<TlsContext> made(new TlsContext(verifier));
  made->context_.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = made->context_.get();
  ENTENTE_CHECK(context != nullptr);
  if (SSL_CTX_use_certificate_chain_file(context, certificate_path.c_str()) != 1) {
    return cannot_use("server_certificate", certificate_path);
  }
  if (SSL_CTX_use_PrivateKey_file(context, key_path.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return cannot_use("server_key", key_path);
  }
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_early_data(context, 0);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF |
                                   SSL_OP_CLEANSE_PLAINTEXT);  // passwords came this way
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Else one SSL_read takes KeyUpdates for as long as the socket has any, and nothing else runs.
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384");
  SSL_CTX_set_max_cert_list(context, 32 * 1024);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, &TlsContext::verify, made.get());
  SSL_CTX_set_alpn_select_cb(context, &choose_protocol, nullptr);
  return made;
}

Instant TlsContext::certificate_ends() const {
  std::tm civil{};
  const X509* certificate = SSL_CTX_get0_certificate(context_.get());
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &civil) != 1)
    return Instant();
  return Instant(std::chrono::seconds(::timegm(&civil)));
}

TlsContext::Ssl TlsContext::make(int descriptor, std::string& records, Peer& peer,
                                 std::size_t& records_read) const {
  Ssl ssl(SSL_new(context_.get()));
  if (!ssl || SSL_set_rfd(ssl.get(), descriptor) != 1) return nullptr;
  BIO* out = BIO_new(appending());
  if (out == nullptr) return nullptr;
  BIO_set_data(out, &records);
  SSL_set0_wbio(ssl.get(), out);
  SSL_set_ex_data(ssl.get(), peer_index(), &peer);
  SSL_set_msg_callback(ssl.get(), &count_record);
  SSL_set_msg_callback_arg(ssl.get(), &records_read);
  SSL_set_accept_state(ssl.get());
  return ssl;
}

// Called in the handshake with what the client sent; the verdict is the verifier's alone.
int TlsContext::verify(X509_STORE_CTX* store, void* self) {
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* peer = static_cast<Peer*>(SSL_get_ex_data(ssl, peer_index()));
  STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(store);
  std::vector<std::string> chain;
  for (int i = 0; i < sk_X509_num(sent) && chain.size() <= kChainMax; ++i) {
    chain.push_back(der_of(sk_X509_value(sent, i)));
  }
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  if (chain.empty() || chain.size() > kChainMax) return 0;
  const Result<std::string> uri = static_cast<TlsContext*>(self)->verifier_.verify(chain);
  if (!uri.ok()) return 0;
  peer->certificate_sha256 = sha256(chain.front());
  peer->certificate_der = std::move(chain.front());
  peer->uri = *uri;
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

std::string_view protocol_of(const SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &name, &size);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  return {reinterpret_cast<const char*>(name), size};
}

}  // namespace entente::net
