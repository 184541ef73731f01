#include "server/net/local.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "proto/contract/limits.h"
#include "tests/ops/folder.h"

namespace entente::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

LocalAnswer echo(const LocalCall& call) {
  return {.status = 200,
          .type = "text/plain",
          .body = std::string(call.verb) + " " + std::string(call.target)};
}

// What comes back for `bytes`; empty if the line is closed without an answer.
std::string ask(std::uint16_t port, const std::string& bytes) {
  asio::io_context io;
  tcp::socket socket(io);
  socket.connect(tcp::endpoint(asio::ip::address_v4::loopback(), port));
  boost::system::error_code error;
  asio::write(socket, asio::buffer(bytes), error);
  std::string text;
  asio::read(socket, asio::dynamic_buffer(text), error);
  return text;
}

std::string status_of(const std::string& answer) {
  return answer.size() < 12 ? "" : answer.substr(9, 3);
}

std::unique_ptr<LocalListener> loopback() {
  Result<std::unique_ptr<LocalListener>> made = LocalListener::on_loopback("127.0.0.1", 0, echo);
  REQUIRE(made.ok());
  return std::move(*made);
}

TEST_CASE("operators' pages are refused to any address that others could reach", "[ops][local]") {
  for (const char* address : {"0.0.0.0", "::", "192.0.2.1", "10.0.0.1", "::ffff:10.0.0.1",
                              "localhost", "", "2001:db8::1", "127.0.0.1.example"}) {
    INFO(address);
    const auto made = LocalListener::on_loopback(address, 0, echo);
    REQUIRE(!made.ok());
    REQUIRE(made.status().code() == Code::InvalidArgument);
  }
}

TEST_CASE("a web page that rebinds its name reads nothing", "[ops][local]") {
  const auto listener = loopback();
  const std::string head = "GET /metrics HTTP/1.1\r\nHost: ";
  for (const char* host : {"evil.example", "evil.example:80", "127.0.0.1.evil.example", "",
                           "localhost.evil.example:9464", "[2001:db8::1]:9"}) {
    INFO(host);
    REQUIRE(status_of(ask(listener->port(), head + host + "\r\n\r\n")) == "421");
  }
  for (const char* host : {"127.0.0.1", "127.0.0.1:9464", "localhost:9464", "[::1]:9464"}) {
    INFO(host);
    REQUIRE(status_of(ask(listener->port(), head + host + "\r\n\r\n")) == "200");
  }
}

TEST_CASE("what is no call, or brings a body, does not reach the handler", "[ops][local]") {
  const auto listener = loopback();
  const std::string host = "\r\nHost: localhost\r\n";
  REQUIRE(status_of(ask(listener->port(), "nonsense\r\n\r\n")) == "400");
  REQUIRE(status_of(ask(listener->port(), "DELETE / HTTP/1.1" + host + "\r\n")) == "400");
  REQUIRE(status_of(ask(listener->port(), "GET metrics HTTP/1.1" + host + "\r\n")) == "400");
  REQUIRE(status_of(ask(listener->port(), "GET / HTTP/2" + host + "\r\n")) == "400");
  REQUIRE(status_of(ask(listener->port(),
                        "POST / HTTP/1.1" + host + "Content-Length: 3\r\n\r\nabc")) == "413");
  REQUIRE(status_of(ask(listener->port(),
                        "POST / HTTP/1.1" + host + "Transfer-Encoding: chunked\r\n\r\n")) == "413");
}

TEST_CASE("a head without an end costs a bounded amount and gets no answer", "[ops][local]") {
  const auto listener = loopback();
  REQUIRE(ask(listener->port(), "GET / HTTP/1.1\r\nx: " + std::string(4'000'000, 'a')).empty());
}

TEST_CASE("idle lines beyond the limit are closed, and room comes back", "[ops][local]") {
  const auto listener = loopback();
  asio::io_context io;
  {
    std::vector<tcp::socket> idle;
    for (std::uint32_t i = 0; i < limits::local_connections_max + 1; ++i) {
      idle.emplace_back(io).connect(
          tcp::endpoint(asio::ip::address_v4::loopback(), listener->port()));
    }
    REQUIRE(ask(listener->port(), "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").empty());
  }
  std::string answer;
  for (int tries = 0; tries < 200 && answer.empty(); ++tries) {
    answer = ask(listener->port(), "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    if (answer.empty()) ::usleep(10'000);
  }
  REQUIRE(status_of(answer) == "200");
}

TEST_CASE("the socket that acts is its owner's alone, however long its path", "[ops][local]") {
  const test::Folder folder;
  const std::filesystem::path deep = folder.path() / std::string(120, 'd');
  std::filesystem::create_directory(deep);
  const std::string path = (deep / "control").string();
  REQUIRE(ask_local(path, "GET", "/").status().code() == Code::NotFound);
  {
    const auto made = LocalListener::on_socket(path, echo);
    REQUIRE(made.ok());
    struct stat seen {};
    REQUIRE(::stat(path.c_str(), &seen) == 0);
    REQUIRE((seen.st_mode & 0777) == 0600);
    const Result<LocalAnswer> answer = ask_local(path, "POST", "/rotate/network");
    REQUIRE(answer.ok());
    REQUIRE(answer->status == 200);
    REQUIRE(answer->body == "POST /rotate/network");
  }
  REQUIRE(ask_local(path, "GET", "/").status().code() == Code::NotFound);
}

TEST_CASE("a socket that a killed daemon left behind is replaced", "[ops][local]") {
  const test::Folder folder;
  const std::string path = (folder.path() / "control").string();
  { const test::File left(path); }
  const auto made = LocalListener::on_socket(path, echo);
  REQUIRE(made.ok());
  REQUIRE(ask_local(path, "GET", "/ready").ok());
}

TEST_CASE("the service manager is told, and one that is not there holds nobody up",
          "[ops][local]") {
  const test::Folder folder;
  const std::string path = (folder.path() / "notify").string();
  tell_supervisor("", "READY=1");
  tell_supervisor(path, "READY=1");
  tell_supervisor("relative", "READY=1");
  asio::io_context io;
  asio::local::datagram_protocol::socket manager(io,
                                                 asio::local::datagram_protocol::endpoint(path));
  tell_supervisor(path, "WATCHDOG=1");
  std::string told(64, ' ');
  told.resize(manager.receive(asio::buffer(told)));
  REQUIRE(told == "WATCHDOG=1");
}

}  // namespace
}  // namespace entente::net
