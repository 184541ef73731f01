// The port, driven by the client library over real TLS.
#include "server/net/server.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "client/lib/client.h"
#include "entente/test/v1/echo.pb.h"
#include "grpc/health/v1/health.pb.h"
#include "proto/contract/limits.h"
#include "tests/support/certificates.h"
#include "tests/support/echo_service.h"

namespace {

using entente::Code;
using entente::Result;
using entente::Status;
namespace health = grpc::health::v1;

// Lets in whoever bears any certificate, and remembers its URI as given.
class AnyPeer final : public entente::net::PeerVerifier {
 public:
  Result<std::string> verify(const std::vector<std::string>& chain_der) override {
    if (refuse || chain_der.empty())
      return Status(Code::Unauthenticated, entente::Reason::None, "refused");
    return std::string("entente://swe.test.example/person/anna");
  }
  std::atomic<bool> refuse{false};
};

struct Port {
  explicit Port(unsigned workers = 1) {
    entente::net::add_health(table, [] { return true; });
    add_echo(table, echo);
    entente::net::add_reflection(table);
    table.add_route({.prefix = "/steers",
                     .heavy = false,
                     .handler = [](entente::net::Call&, const entente::net::HttpRequest&) {
                       entente::net::HttpResponse response;
                       response.status = 200;
                       response.headers = {{"x-said", "so\r\nset-cookie: stolen=1\r\n\r\nmore"},
                                           {"x-said: so\r\nset-cookie", "stolen=2"},
                                           {"x-good", "is said"}};
                       response.body = "the whole body";
                       return response;
                     }});
    entente::net::ServerOptions options;
    options.address = "127.0.0.1";
    options.certificate_path = certificates.path("server.pem");
    options.key_path = certificates.path("server.key");
    options.workers = workers;
    server = std::make_unique<entente::net::Server>(options, table, peers, clock, entropy);
    const Status started = server->start();
    REQUIRE(started.ok());
  }
  std::unique_ptr<entente::client::Client> client() {
    entente::client::Options options;
    options.host = "localhost";
    options.port = server->port();
    options.server_root_path = certificates.path("server-root.pem");
    options.certificate_path = certificates.path("client.pem");
    options.key_path = certificates.path("client.key");
    auto made = entente::client::Client::open(options);
    REQUIRE(made.ok());
    return *std::move(made);
  }
  entente::testing::Certificates certificates;
  entente::SystemClock clock;
  entente::SystemEntropy entropy;
  AnyPeer peers;
  entente::test::EchoState echo;
  entente::net::MethodTable table;
  std::unique_ptr<entente::net::Server> server;
};

// A line of HTTP/1.1 whose records are made here.
class Line {
 public:
  explicit Line(const Port& port)
      : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
        socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    static constexpr unsigned char protocol[] = "\x08http/1.1";
    SSL_CTX_set_alpn_protos(context_.get(), protocol, sizeof protocol - 1);
    const Certificates& certificates = port.certificates;
    SSL_CTX_use_certificate_chain_file(context_.get(), certificates.path("client.pem").c_str());
    SSL_CTX_use_PrivateKey_file(context_.get(), certificates.path("client.key").c_str(),
                                SSL_FILETYPE_PEM);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port.server->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): so it is asked for.
    REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), socket_);
    REQUIRE(SSL_connect(ssl_.get()) == 1);
  }
  ~Line() { ::close(socket_); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  // So many records that bring no data, at once. False: the line is broken.
  bool update_keys(int count) {
    BIO* made = BIO_new(BIO_s_mem());
    SSL_set0_wbio(ssl_.get(), made);
    for (int i = 0; i < count; ++i) {
      REQUIRE(SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
      REQUIRE(SSL_do_handshake(ssl_.get()) == 1);
    }
    char* records = nullptr;
    const long bytes = BIO_get_mem_data(made, &records);
    const bool sent =
        ::send(socket_, records, static_cast<std::size_t>(bytes), MSG_NOSIGNAL) == bytes;
    SSL_set0_wbio(ssl_.get(), BIO_new_socket(socket_, BIO_NOCLOSE));
    return sent;
  }
  // Empty: it is not answered.
  std::string get(const std::string& path) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nhost: localhost\r\n\r\n";
    if (SSL_write(ssl_.get(), request.data(), static_cast<int>(request.size())) <= 0) return {};
    std::string answer(4'096, '\0');
    const int count = SSL_read(ssl_.get(), answer.data(), static_cast<int>(answer.size()));
    answer.resize(static_cast<std::size_t>(std::max(count, 0)));
    return answer;
  }
  // Whether it is answered.
  bool asks() { return get("/nothing").starts_with("HTTP/1.1 404"); }

 private:
  using Certificates = entente::testing::Certificates;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  int socket_;
  std::unique_ptr<SSL, void (*)(SSL*)> ssl_{nullptr, SSL_free};
};

Result<health::HealthCheckResponse> check(entente::client::Client& client,
                                          const std::string& service = "") {
  health::HealthCheckRequest request;
  request.set_service(service);
  return client.call<health::HealthCheckResponse>("grpc.health.v1.Health.Check", request);
}

TEST_CASE("a peer whose certificate is refused gets no answer", "[net]") {
  Port port;
  port.peers.refuse = true;
  const auto client = port.client();
  REQUIRE(check(*client).status().code() == Code::Unavailable);
  while (port.server->counters().handshakes_failed == 0) std::this_thread::yield();
  REQUIRE(port.server->counters().calls_started == 0);
}

TEST_CASE("a call goes there and back, a hundred times over one line", "[net]") {
  Port port;
  const auto client = port.client();
  for (int i = 0; i < 100; ++i) {
    const auto reply = check(*client);
    REQUIRE(reply.ok());
    REQUIRE(reply->status() == health::HealthCheckResponse::SERVING);
  }
  REQUIRE(port.server->counters().connections_accepted == 1);
}

TEST_CASE("an error bears its code and reason to the caller", "[net]") {
  Port port;
  const auto client = port.client();
  const Status status = check(*client, "no.such.Service").status();
  REQUIRE(status.code() == Code::NotFound);
  REQUIRE(status.message() == "no such service");
}

TEST_CASE("a stream gives its first message, and closing its line ends it at once", "[net]") {
  Port port;
  const auto client = port.client();
  int seen = 0;
  const Status status = client->stream<health::HealthCheckResponse>(
      "grpc.health.v1.Health.Watch", health::HealthCheckRequest(),
      [&](const health::HealthCheckResponse& message) {
        REQUIRE(message.status() == health::HealthCheckResponse::SERVING);
        ++seen;
        port.server->close_where([](const entente::net::Peer& peer) {
          return peer.uri == "entente://swe.test.example/person/anna";
        });
        return true;
      });
  REQUIRE(seen == 1);
  REQUIRE(status.code() == Code::Unavailable);
  REQUIRE(port.server->counters().revoked_closed == 1);
}

TEST_CASE("a line that changes its keys again and again and says nothing is ended",
          "[net][flood]") {
  Port port;
  Line line(port);
  REQUIRE(line.asks());
  for (int i = 0; i < 5; ++i) {
    REQUIRE(line.update_keys(entente::limits::records_without_data_max));
    REQUIRE(line.asks());
  }
  CHECK(port.server->counters().floods == 0);
  SECTION("at once") { static_cast<void>(line.update_keys(20'000)); }
  SECTION("bit by bit") {
    for (int i = 0; i < 20 && line.update_keys(1); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  CHECK_FALSE(line.asks());
  CHECK(port.server->counters().floods == 1);
  CHECK(Line(port).asks());
}

TEST_CASE("what a handler says makes no field of its own", "[net][bad]") {
  Port port;
  Line line(port);
  const std::string answer = line.get("/steers");
  REQUIRE(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(answer.find("\r\nx-good: is said\r\n") != std::string::npos);
  CHECK(answer.find("x-said") == std::string::npos);
  CHECK(answer.find("stolen") == std::string::npos);
  CHECK(answer.find("the whole body") != std::string::npos);
  CHECK(line.asks());
}

TEST_CASE("a port that is taken is not shared with another server", "[net]") {
  for (const unsigned workers : {1U, 3U}) {
    Port port(workers);
    entente::net::ServerOptions options;
    options.address = "127.0.0.1";
    options.port = port.server->port();
    options.certificate_path = port.certificates.path("server.pem");
    options.key_path = port.certificates.path("server.key");
    for (const unsigned others : {1U, 2U}) {
      options.workers = others;
      entente::net::Server other(options, port.table, port.peers, port.clock, port.entropy);
      CHECK(other.start().code() == Code::Unavailable);
    }
    for (int i = 0; i < 8; ++i) CHECK(Line(port).asks());
    // Whoever comes behind it takes the port at once, while its lines are not yet forgotten.
    port.server.reset();
    options.workers = workers;
    entente::net::Server next(options, port.table, port.peers, port.clock, port.entropy);
    CHECK(next.start().ok());
  }
}

TEST_CASE("stopping says goodbye and ends with nobody left", "[net]") {
  Port port;
  const auto client = port.client();
  REQUIRE(check(*client).ok());
  port.server->stop();
  REQUIRE(port.server->counters().connections_open == 0);
  REQUIRE(check(*client).status().code() == Code::Unavailable);
}

TEST_CASE("a waker that outlives the server wakes nobody and harms nothing", "[net]") {
  // The bell rings its wakers from a thread of its own, every ten milliseconds, to the end.
  Port port;
  const auto client = port.client();
  entente::test::v1::EchoRequest request;
  request.set_count(2);
  int seen = 0;
  const Status status = client->stream<entente::test::v1::EchoResponse>(
      "entente.test.v1.EchoService.Watch", request, [&](const auto&) { return ++seen > 0; });
  REQUIRE(status.ok());
  REQUIRE(seen == 2);
  port.server.reset();
  const auto before = port.echo.bell.rings();
  while (port.echo.bell.rings() < before + 3) std::this_thread::yield();
}

TEST_CASE("a server ends while a heavy handler is at work, whose answer goes nowhere", "[net]") {
  Port port;
  std::thread caller([&] {
    const auto client = port.client();
    entente::test::v1::EchoRequest request;
    request.set_sleep_ms(400);
    request.set_stubborn(true);
    (void)client->call<entente::test::v1::EchoResponse>("entente.test.v1.EchoService.EchoHeavy",
                                                        request);
  });
  while (port.echo.handlers_begun == 0) std::this_thread::yield();
  port.server->close_where([](const entente::net::Peer&) { return true; });
  port.server.reset();
  caller.join();
}

}  // namespace
