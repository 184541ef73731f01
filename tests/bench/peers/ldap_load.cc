// Searches an LDAPS server by mail address over kept connections with a client certificate, one
// search under way on each.
//   ldap_load PORT CONNECTIONS SECONDS CERTIFICATES ENTRIES   prints `searches seconds`
#include <ldap.h>
#include <poll.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what, int code) {
  std::cerr << what << ": " << ldap_err2string(code) << '\n';
  std::exit(1);
}

LDAP* connect(const std::string& url, const std::string& folder) {
  LDAP* line = nullptr;
  const int version = LDAP_VERSION3;
  const int demand = LDAP_OPT_X_TLS_DEMAND;
  const int is_server = 0;
  if (const int code = ldap_initialize(&line, url.c_str()); code != LDAP_SUCCESS) fail("url", code);
  ldap_set_option(line, LDAP_OPT_PROTOCOL_VERSION, &version);
  ldap_set_option(line, LDAP_OPT_X_TLS_CACERTFILE, (folder + "/ca.pem").c_str());
  ldap_set_option(line, LDAP_OPT_X_TLS_CERTFILE, (folder + "/client.pem").c_str());
  ldap_set_option(line, LDAP_OPT_X_TLS_KEYFILE, (folder + "/client.key").c_str());
  ldap_set_option(line, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
  ldap_set_option(line, LDAP_OPT_X_TLS_NEWCTX, &is_server);
  berval none{0, nullptr};
  const int code =
      ldap_sasl_bind_s(line, nullptr, LDAP_SASL_SIMPLE, &none, nullptr, nullptr, nullptr);
  if (code != LDAP_SUCCESS) fail("bind", code);
  return line;
}

int ask(LDAP* line, unsigned number) {
  const std::string filter = "(mail=p" + std::to_string(number) + "@example.org)";
  int message = 0;
  const int code = ldap_search_ext(line, "dc=peer", LDAP_SCOPE_SUBTREE, filter.c_str(), nullptr, 0,
                                   nullptr, nullptr, nullptr, 0, &message);
  if (code != LDAP_SUCCESS) fail("search", code);
  return message;
}

// True once the answer to `message` is whole and is one entry.
bool answered(LDAP* line, int message) {
  timeval at_once{0, 0};
  LDAPMessage* answer = nullptr;
  const int kind = ldap_result(line, message, LDAP_MSG_ALL, &at_once, &answer);
  if (kind < 0) fail("answer", kind);
  if (kind == 0) return false;
  if (ldap_count_entries(line, answer) != 1) fail("not one entry", LDAP_NO_SUCH_OBJECT);
  ldap_msgfree(answer);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: ldap_load PORT CONNECTIONS SECONDS CERTIFICATES ENTRIES\n";
    return 2;
  }
  const auto connections = static_cast<std::size_t>(std::atoi(argv[2]));
  const auto entries = static_cast<unsigned>(std::atoi(argv[5]));
  std::vector<LDAP*> lines(connections);
  std::vector<pollfd> waits(connections);
  std::vector<int> messages(connections);
  for (std::size_t i = 0; i < connections; ++i) {
    lines[i] = connect(std::string("ldaps://127.0.0.1:") + argv[1], argv[4]);
    int socket = -1;
    ldap_get_option(lines[i], LDAP_OPT_DESC, &socket);
    waits[i] = {.fd = socket, .events = POLLIN, .revents = 0};
  }
  unsigned number = 7;
  const auto next = [&] { return (number = number * 1'103'515'245 + 12'345) % entries; };
  const auto began = Clock::now();
  const auto end = began + std::chrono::seconds(std::atoi(argv[3]));
  for (std::size_t i = 0; i < connections; ++i) messages[i] = ask(lines[i], next());
  std::size_t searches = 0;
  for (std::size_t open = connections; open > 0;) {
    if (poll(waits.data(), waits.size(), 1000) <= 0) return 1;
    for (std::size_t i = 0; i < connections; ++i) {
      if (waits[i].revents == 0 || !answered(lines[i], messages[i])) continue;
      ++searches;
      if (Clock::now() < end) {
        messages[i] = ask(lines[i], next());
      } else {
        waits[i].fd = -1;
        --open;
      }
    }
  }
  std::cout << searches << ' ' << std::chrono::duration<double>(Clock::now() - began).count()
            << '\n';
}
