// The real server with the test service, for tests that drive it from outside. Says its port on
// the first line. Then obeys lines on standard input: `counters`, `close URI-PREFIX`, `reload CERT
// KEY`, `serving 0|1`, `sources`, `stop`; each is answered by a line, counters by one each and an
// empty one. The end of the input, or SIGTERM, stops it.
//
//   echo_server CERT KEY AUTHORITY [name=value ...]     limits and options, see set_option
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>

#include "server/net/server.h"
#include "tests/support/echo_service.h"

namespace {
std::atomic<bool> serving{true};

using entente::net::ServerOptions;

// Sets what `name` names to `value`; false if nothing is named so.
bool set_option(ServerOptions& options, const std::string& name, std::uint64_t value) {
  auto& limits = options.limits;
  const std::map<std::string, std::uint32_t*> small = {
      {"workers", &options.workers},
      {"pool_threads", &options.pool_threads},
      {"hash_threads", &options.hash_threads},
      {"handshake_ms_max", &limits.handshake_ms_max},
      {"header_ms_max", &limits.header_ms_max},
      {"body_grace_ms", &limits.body_grace_ms},
      {"body_bytes_per_s_min", &limits.body_bytes_per_s_min},
      {"write_stall_ms_max", &limits.write_stall_ms_max},
      {"idle_ms_max", &limits.idle_ms_max},
      {"deadline_ms_max", &limits.deadline_ms_max},
      {"drain_ms_max", &limits.drain_ms_max},
      {"connection_heavy_max", &limits.connection_heavy_max},
      {"connections_max", &limits.connections_max},
      {"connections_per_address_max", &limits.connections_per_address_max},
      {"handshakes_max", &limits.handshakes_max},
      {"connections_per_account_max", &limits.connections_per_account_max},
      {"connections_per_certificate_max", &limits.connections_per_certificate_max},
      {"calls_per_account_max", &limits.calls_per_account_max},
  };
  const std::map<std::string, std::size_t*> large = {
      {"pool_queue_max", &options.pool_queue_max},
      {"hash_queue_max", &options.hash_queue_max},
      {"connection_queue_bytes_max", &limits.connection_queue_bytes_max},
      {"connection_body_bytes_max", &limits.connection_body_bytes_max},
  };
  if (name == "port")
    options.port = static_cast<std::uint16_t>(value);
  else if (small.count(name) != 0)
    *small.at(name) = static_cast<std::uint32_t>(value);
  else if (large.count(name) != 0)
    *large.at(name) = value;
  else
    return false;
  return true;
}

void obey(const std::string& line, entente::net::Server& server, entente::test::EchoState& state) {
  std::istringstream words(line);
  std::string verb;
  std::string first;
  std::string second;
  words >> verb >> first >> second;
  if (verb == "counters") {
    server.counters().each([](std::string_view name, std::uint64_t value) {
      std::cout << name << ' ' << value << '\n';
    });
    std::cout << "handlers_begun " << state.handlers_begun << '\n';
    std::cout << std::endl;
  } else if (verb == "close") {
    server.close_where(
        [first](const entente::net::Peer& peer) { return peer.uri.rfind(first, 0) == 0; });
    std::cout << "ok" << std::endl;
  } else if (verb == "reload") {
    std::cout << (server.reload_certificate(first, second).ok() ? "ok" : "refused") << std::endl;
  } else if (verb == "serving") {
    serving = first == "1";
    std::cout << "ok" << std::endl;
  } else if (verb == "sources") {
    std::cout << state.sources_open << ' ' << state.cancelled_seen << std::endl;
  }
}

// What the test program says on standard input, line by line, until it ends, says `stop`, or one of
// `signals` comes.
class Orders {
 public:
  explicit Orders(const sigset_t& signals) : signals_(signalfd(-1, &signals, SFD_CLOEXEC)) {}

  std::optional<std::string> next() {
    for (std::size_t end = text_.find('\n'); true; end = text_.find('\n')) {
      if (end != std::string::npos) {
        std::string line = text_.substr(0, end);
        text_.erase(0, end + 1);
        return line == "stop" ? std::nullopt : std::optional(std::move(line));
      }
      std::array<pollfd, 2> waits{pollfd{.fd = signals_, .events = POLLIN, .revents = 0},
                                  pollfd{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0}};
      if (poll(waits.data(), waits.size(), -1) < 0 || waits[0].revents != 0) return std::nullopt;
      std::array<char, 4096> some{};
      const ssize_t got = read(STDIN_FILENO, some.data(), some.size());
      if (got <= 0) return std::nullopt;
      text_.append(some.data(), static_cast<std::size_t>(got));
    }
  }

 private:
  int signals_;
  std::string text_;
};

}  // namespace

int main(int count, char** words) {
  if (count < 4) return 2;
  ServerOptions options;
  options.certificate_path = words[1];
  options.key_path = words[2];
  for (int i = 4; i < count; ++i) {
    const std::string word = words[i];
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos ||
        !set_option(options, word.substr(0, equals),
                    std::strtoull(word.c_str() + equals + 1, nullptr, 10))) {
      std::cerr << "unknown option: " << word << '\n';
      return 2;
    }
  }
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  Orders orders(set);
  entente::test::EchoState state;
  entente::net::MethodTable table;
  add_echo(table, state);
  entente::test::AuthorityVerifier verifier(words[3]);
  const entente::SystemClock clock;
  entente::SystemEntropy entropy;
  entente::net::add_health(table, [] { return serving.load(); });
  entente::net::add_reflection(table);
  auto server = std::make_unique<entente::net::Server>(options, table, verifier, clock, entropy);
  const auto started = server->start();
  if (!started.ok()) {
    std::cerr << started.message() << ": " << started.detail() << '\n';
    return 1;
  }
  std::cout << server->port() << std::endl;
  while (const auto line = orders.next()) obey(*line, *server, state);
  server->stop();
  std::cout << "stopped" << std::endl;
  return 0;
}
