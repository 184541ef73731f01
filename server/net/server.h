// One TLS port for everything: gRPC, Connect, plain HTTP. Accepts, judges certificates, dispatches,
// bounds.
//
// Threads: a Server's functions may be called from any. Handlers run on its workers and its pool.
// It installs no signal handler, but ignores SIGPIPE for the daemon.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "proto/contract/clock.h"
#include "proto/contract/limits.h"
#include "proto/contract/status.h"
#include "server/net/counters.h"
#include "server/net/line_limits.h"
#include "server/net/method_table.h"

namespace entente::net {

struct ServerOptions {
  std::string address = "0.0.0.0";
  std::uint16_t port = 0;  // 0: any; see Server::port
  std::string certificate_path;
  std::string key_path;
  unsigned workers = 1;       // threads that own connections
  unsigned pool_threads = 4;  // threads for heavy methods
  std::size_t pool_queue_max = 256;
  // For methods that hash a password: they are made to wait for one another (server/identity hashes
  // one at a time), and must not make others wait.
  unsigned hash_threads = 2;
  std::size_t hash_queue_max = limits::hash_queue_max;
  LineLimits limits;
};

class Server {
 public:
  // All three outlive the server. The table is complete and changes no more.
  Server(ServerOptions options, const MethodTable& table, PeerVerifier& verifier,
         const Clock& clock, Entropy& entropy);
  ~Server();  // stop()s
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens and serves. InvalidArgument: certificate or key. Unavailable: the port is taken.
  [[nodiscard]] Status start();
  // Graceful: says goodbye on every line, waits for calls under way up to limits::drain_ms_max,
  // joins.
  void stop();

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] const Counters& counters() const;

  // New lines use the new certificate; those open keep theirs.
  [[nodiscard]] Status reload_certificate(const std::string& certificate_path,
                                          const std::string& key_path);
  // When the certificate that new lines use ends. Requires: started.
  [[nodiscard]] Instant certificate_ends() const;
  // Ends every line whose peer `matches`, with all its calls and streams, at once. `matches` runs
  // on the workers' threads.
  void close_where(std::function<bool(const Peer&)> matches);

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

// Whether Server::start would take these files. InvalidArgument: a file cannot be read, or the key
// is not the certificate's; its violation is of `server_certificate` or `server_key`.
[[nodiscard]] Status check_certificate(const std::string& certificate_path,
                                       const std::string& key_path);

// grpc.health.v1 and reflection (v1, v1alpha), answered by net itself. `serving` is asked at each
// check.
void add_health(MethodTable& table, std::function<bool()> serving);
// Names every service of the table; call last.
void add_reflection(MethodTable& table);

}  // namespace entente::net
