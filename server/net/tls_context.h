// What every line's TLS has in common: 1.3 only, a client certificate in the first handshake,
// judged by the PeerVerifier; no tickets, no resumption, no early data. OpenSSL's types stop here
// and in connection.cc.
//
// Immutable once made; any thread. A renewed certificate is a new context: lines that are open keep
// the old.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "proto/contract/clock.h"
#include "proto/contract/status.h"
#include "server/net/method_table.h"

namespace entente::net {

class TlsContext {
 public:
  // `certificate_path`: PEM, leaf first. `verifier` outlives the context.
  // InvalidArgument: a file cannot be read, or the key is not the certificate's.
  [[nodiscard]] static Result<std::shared_ptr<TlsContext>> load(const std::string& certificate_path,
                                                                const std::string& key_path,
                                                                PeerVerifier& verifier);

  // When the server's certificate ends.
  [[nodiscard]] Instant certificate_ends() const;

  // A new server-side connection that reads from `descriptor`, which stays the caller's, and lays
  // the records that it writes at the end of `records`: so many leave with one system call. What
  // the verifier answers is written to `peer`. Each record that it reads is counted in
  // `records_read`. All four outlive it.
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  using Ssl = std::unique_ptr<SSL, Free>;
  [[nodiscard]] Ssl make(int descriptor, std::string& records, Peer& peer,
                         std::size_t& records_read) const;

 private:
  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  explicit TlsContext(PeerVerifier& verifier) : verifier_(verifier) {}
  static int verify(X509_STORE_CTX* store, void* self);

  PeerVerifier& verifier_;
  std::unique_ptr<SSL_CTX, FreeContext> context_;
};

// The protocol that the handshake settled: `h2` or `http/1.1`.
[[nodiscard]] std::string_view protocol_of(const SSL* ssl);

}  // namespace entente::net
