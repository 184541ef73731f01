// One line: socket, TLS, the protocol that the handshake settled. Owns its buffers; nothing of it
// is shared with another line. Everything on its worker's thread.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>

#include "server/net/admission.h"
#include "server/net/invocation.h"
#include "server/net/protocol.h"
#include "server/net/tls_context.h"

namespace entente::net {

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, std::shared_ptr<TlsContext> tls,
             Surroundings& around, Admission& admission, std::string address,
             std::function<void(Connection&)> closed);
  ~Connection();

  void begin();
  // Sends what waits to be gathered, soon.
  void flush();
  void drain();
  // At once, without a word.
  void close();
  // Looks at the limits on time; called now and then.
  void sweep(Tick now);

  [[nodiscard]] const Peer& peer() const { return shared_->peer; }
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  void wait_readable();
  void wait_writable();
  void on_readable();
  void handshake();
  void establish();
  void pump();
  bool write_out();
  bool send_records();
  bool send_some();
  void shut();
  void linger();

  boost::asio::ip::tcp::socket socket_;
  Surroundings& around_;
  Admission& admission_;
  std::string address_;
  std::function<void(Connection&)> closed_;
  bool settled_ = false;  // the handshake is over, one way or the other
  std::shared_ptr<ConnectionShared> shared_;
  std::shared_ptr<TlsContext> tls_;
  std::string records_;  // TLS records that the socket has not taken yet, from `records_at_` on
  std::size_t records_at_ = 0;
  std::size_t records_read_ = 0;  // since a record last brought data
  TlsContext::Ssl ssl_;
  std::unique_ptr<Protocol> protocol_;
  std::string out_;  // plain text that the TLS layer has not taken yet, from `out_at_` on
  std::size_t out_at_ = 0;
  Tick begun_{};
  Tick active_at_{};        // last byte either way
  Tick stalled_since_{};    // zero: not stalled
  Tick lingering_since_{};  // zero: not lingering
  std::size_t lingered_bytes_ = 0;
  bool reading_ = false;  // a wait is armed
  bool writing_ = false;
  bool unread_ = false;  // OpenSSL may hold whole records, which wake nobody
  bool flush_posted_ = false;
  bool ending_ = false;  // close once all is sent
  bool open_ = true;
};

}  // namespace entente::net
