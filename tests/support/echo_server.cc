// The real server with the test service, for tests that drive it from outside. Says its port on
// the first line. Then obeys lines on standard input: `counters`, `close URI-PREFIX`, `reload CERT
// KEY`, `serving 0|1`, `sources`, `stop`; each is answered by a line, counters by one each and an
// empty one. The end of the input, or SIGTERM, stops it.
//
//   echo_server CERT KEY AUTHORITY [name=value ...]     limits and options, see set_option
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <thread>

#include "server/net/server.h"
#include "tests/support/echo_service.h"

namespace {
std::atomic<bool> serving{true};

using entente::net::ServerOptions;

bool set_option(ServerOptions& options, const std::string& name, std::uint64_t value) {
  const auto small = static_cast<std::uint32_t>(value);
  if (name == "port")
    options.port = static_cast<std::uint16_t>(value);
  else if (name == "workers")
    options.workers = small;
  else if (name == "pool_threads")
    options.pool_threads = small;
  else if (name == "pool_queue_max")
    options.pool_queue_max = value;
  else if (name == "connections_max")
    options.connections_max = small;
  else if (name == "connections_per_address_max")
    options.connections_per_address_max = small;
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
    const auto& c = server.counters();
    std::cout << "calls_started " << c.calls_started << "\ncalls_shed " << c.calls_shed
              << "\ndeadlines_met " << c.deadlines_met << "\nrevoked_closed " << c.revoked_closed
              << "\nhandshakes_failed " << c.handshakes_failed << '\n';
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
  std::thread listener([&] {
    for (std::string line; std::getline(std::cin, line) && line != "stop";)
      obey(line, *server, state);
    kill(getpid(), SIGTERM);
  });
  listener.detach();  // NOLINT: reads the test program's input until the process ends
  int caught = 0;
  sigwait(&set, &caught);
  server->stop();
  std::cout << "stopped" << std::endl;
  std::_Exit(0);  // the listener may still read
}
