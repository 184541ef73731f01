// `entente portal`'s doors, without a browser: what of a request opens nothing.
#include "client/lib/local_portal.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace entente::client {
namespace {

// Two portals on free ports, one after the other, before a client that was never opened: no request
// here may come as far as a call.
class Portal {
 public:
  // `state_dir`: empty: none.
  explicit Portal(std::string state_dir = "") {
    std::string name = (std::filesystem::temp_directory_path() / "entente-local-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    std::ofstream(folder_ + "/index.html") << "<!doctype html>";
    auto pages = pages::PageFiles::load(folder_);
    REQUIRE(pages.ok());
    auto opened = LocalPortal::open({.client = *static_cast<Client*>(nowhere()),
                                     .pages = *pages,
                                     .entropy = entropy_,
                                     .server = "https://server.example:8443",
                                     .state_dir = std::move(state_dir)},
                                    0);
    REQUIRE(opened.ok());
    portal = *std::move(opened);
    const std::string link = portal->link();
    host = link.substr(7, link.find('/', 7) - 7);
    key = link.substr(link.rfind('/'));
  }
  ~Portal() { std::filesystem::remove_all(folder_); }

  [[nodiscard]] pages::Reply ask(const std::string& first, const std::string& fields) const {
    const auto head = parse_local_head(first + " HTTP/1.1\r\n" + fields + "\r\n");
    REQUIRE(head.ok());
    return portal->answer(*head, "").reply;
  }
  [[nodiscard]] std::string host_field() const { return "Host: " + host + "\r\n"; }
  // Opens the door; the cookie as a browser sends it back.
  [[nodiscard]] std::string cookie() const {
    const pages::Reply opened = ask("GET /open" + key, host_field());
    REQUIRE(opened.status == 303);
    const std::string set(pages::header_of(opened.headers, "set-cookie"));
    REQUIRE(set.ends_with("; Path=/; HttpOnly; SameSite=Strict"));
    return "Cookie: other=1; " + set.substr(0, set.find(';')) + "\r\n";
  }

  std::unique_ptr<LocalPortal> portal;
  std::string host;
  std::string key;

  static void* nowhere() {
    alignas(Client) static std::byte room[sizeof(Client)];
    return room;
  }

 private:
  SystemEntropy entropy_;
  std::string folder_;
};

TEST_CASE("a name that was turned to 127.0.0.1 opens nothing, with the cookie or without",
          "[client][portal]") {
  const Portal portal;
  const std::string port = portal.host.substr(portal.host.find(':'));
  const std::string cookie = portal.cookie();
  const std::string name = portal.host.substr(0, portal.host.find(':'));
  for (const std::string& host : {std::string("evil.example"), std::string("127.0.0.1"),
                                  std::string("localhost"), std::string("entente.localhost"),
                                  name + ".evil", "evil." + name, name + ".", Portal().host}) {
    CHECK(portal.ask("GET /", "Host: " + host + port + "\r\n" + cookie).status == 421);
    CHECK(portal.ask("GET /open" + portal.key, "Host: " + host + port + "\r\n").status == 421);
  }
  CHECK(portal.ask("GET /", cookie).status == 421);
  CHECK(portal.ask("GET /", portal.host_field() + cookie).status == 200);
}

// A browser shows the cookie to every port of the name, and any port may be another user's.
TEST_CASE("the name that the cookie is under is the profile's own: kept, and not to be guessed",
          "[client][portal]") {
  const auto name_at = [](const std::string& state_dir) {
    const std::string host = Portal(state_dir).host;
    return host.substr(0, host.find(':'));
  };
  std::string state = (std::filesystem::temp_directory_path() / "entente-state-XXXXXX").string();
  REQUIRE(::mkdtemp(state.data()) != nullptr);
  const std::string one = name_at(state + "/one");
  CHECK(one.size() == std::string("entente-.localhost").size() + 32);
  CHECK(one.starts_with("entente-"));
  CHECK(one.ends_with(".localhost"));
  CHECK(name_at(state + "/one") == one);
  CHECK(name_at(state + "/other") != one);
  CHECK(name_at("") != name_at(""));
  // What is no such name is not taken for one, whoever wrote it there.
  for (const char* kept : {"entente.localhost", "evil.example", "entente-0.localhost", "\n"}) {
    std::ofstream(state + "/one/portal-name") << kept;
    const std::string made = name_at(state + "/one");
    CHECK(made != kept);
    CHECK(made.size() == one.size());
    CHECK(name_at(state + "/one") == made);
  }
  using std::filesystem::perms;
  CHECK((std::filesystem::status(state + "/one/portal-name").permissions() &
         (perms::group_all | perms::others_all)) == perms::none);
  // Where it cannot be kept no portal opens: the next one would be another.
  std::ofstream(state + "/file") << "no folder";
  SystemEntropy entropy;
  const auto refused = LocalPortal::open({.client = *static_cast<Client*>(Portal::nowhere()),
                                          .pages = nullptr,
                                          .entropy = entropy,
                                          .server = "",
                                          .state_dir = state + "/file"},
                                         0);
  CHECK(refused.status().code() == Code::FailedPrecondition);
  std::filesystem::remove_all(state);
}

TEST_CASE("the link is good once, and nothing is served without what it gives",
          "[client][portal]") {
  const Portal portal;
  CHECK(portal.ask("GET /", portal.host_field()).status == 403);
  CHECK(portal.ask("GET /open/", portal.host_field()).status == 403);
  CHECK(portal.ask("GET /open/guessed", portal.host_field()).status == 403);
  const std::string cookie = portal.cookie();
  CHECK(portal.ask("GET /open" + portal.key, portal.host_field()).status == 403);
  CHECK(portal.ask("GET /", portal.host_field() + "Cookie: entente-portal=\r\n").status == 403);
  CHECK(portal.ask("GET /", portal.host_field() + "Cookie: entente-portal=guessed\r\n").status ==
        403);
  const pages::Reply page = portal.ask("GET /", portal.host_field() + cookie);
  CHECK(page.status == 200);
  CHECK(
      pages::header_of(page.headers, "content-security-policy").starts_with("default-src 'none'"));
  CHECK(portal.ask("GET /../index.html", portal.host_field() + cookie).status == 404);
}

TEST_CASE("a call that does not come from a page of this portal is refused", "[client][portal]") {
  const Portal portal;
  const std::string cookie = portal.host_field() + portal.cookie();
  const std::string own = "Origin: http://" + portal.host + "\r\n";
  const std::string mark = "Entente-Browser: 1\r\n";
  const std::string call = "POST /entente.v1.SessionService/GetSession";
  CHECK(portal.ask(call, cookie).status == 403);
  CHECK(portal.ask(call, cookie + mark).status == 403);
  CHECK(portal.ask(call, cookie + own).status == 403);
  CHECK(portal.ask(call, cookie + mark + "Origin: http://evil.example\r\n").status == 403);
  CHECK(portal.ask(call, cookie + mark + "Origin: null\r\n").status == 403);
  CHECK(portal.ask(call, cookie + own + mark + "Sec-Fetch-Site: cross-site\r\n").status == 403);
  CHECK(portal.ask(call, cookie + own + mark + "Sec-Fetch-Site: same-site\r\n").status == 403);
  CHECK(portal.ask("GET /server", cookie).status == 403);
  CHECK(
      portal.ask("GET /sdmx/2.1/data/X", cookie + mark + "Sec-Fetch-Site: same-site\r\n").status ==
      403);
  // From its own page it is a call; of one that there is not, or in a type that is none.
  CHECK(portal.ask(call + "s", cookie + own + mark).status == 404);
  CHECK(portal.ask("POST /google.protobuf.Any/X", cookie + own + mark).status == 404);
  CHECK(portal.ask(call, cookie + own + mark + "Content-Type: text/plain\r\n").status == 415);
  CHECK(portal.ask("GET /server", cookie + mark + "Sec-Fetch-Site: same-origin\r\n").body ==
        "https://server.example:8443\n");
}

TEST_CASE("a head that two readers could read differently is none", "[client][portal]") {
  const auto parses = [](const std::string& text) { return parse_local_head(text).ok(); };
  CHECK(parses("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  CHECK_FALSE(parses(""));
  CHECK_FALSE(parses("GET / HTTP/1.1\r\nHost: a\r\n"));
  CHECK_FALSE(parses("GET / HTTP/1.0\r\n\r\n"));
  CHECK_FALSE(parses("GET http://a/ HTTP/1.1\r\n\r\n"));
  CHECK_FALSE(parses("GET  / HTTP/1.1\r\n\r\n"));
  CHECK_FALSE(parses("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"));
  CHECK_FALSE(parses("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"));
  CHECK_FALSE(parses("POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n"));
  CHECK_FALSE(parses("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"));
  CHECK_FALSE(parses("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"));
  CHECK_FALSE(parses("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n"));
  CHECK_FALSE(parses("GET / HTTP/1.1\r\nA : b\r\n\r\n"));
  CHECK_FALSE(parses("GET / HTTP/1.1\r\nA: b\nHost: c\r\n\r\n"));
  const auto head =
      parse_local_head("GET /a?b=c HTTP/1.1\r\nX-Y:  z \r\nContent-Length: 12\r\n\r\n");
  REQUIRE(head.ok());
  CHECK(head->path == "/a");
  CHECK(head->query == "?b=c");
  CHECK(head->body_bytes == 12);
  CHECK(pages::header_of(head->headers, "x-y") == "z");
}

}  // namespace
}  // namespace entente::client
