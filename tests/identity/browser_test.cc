// A session in a browser: a cookie opens it for this server's own page and for nobody else's.
#include "server/identity/browser.h"

#include "entente/v1/drafts.pb.h"
#include "tests/identity/world.h"

namespace entente::identity::testing {
namespace {

using Headers = std::map<std::string, std::string>;

Headers own_page() {
  return {{"entente-browser", "1"},
          {":authority", "portal.example:8443"},
          {"origin", "https://portal.example:8443"},
          {"sec-fetch-site", "same-origin"}};
}

Headers without(Headers headers, const std::string& name) {
  headers.erase(name);
  return headers;
}

Headers with(Headers headers, const std::string& name, const std::string& value) {
  headers[name] = value;
  return headers;
}

MadeCall made(World& world, Headers headers) {
  MadeCall call = world.call(certificates().anna, "");
  call.headers = std::move(headers);
  return call;
}

std::vector<Headers> foreign_pages() {
  return {without(own_page(), "entente-browser"),
          with(own_page(), "sec-fetch-site", "cross-site"),
          with(own_page(), "sec-fetch-site", "same-site"),
          with(own_page(), "sec-fetch-site", "none"),
          with(own_page(), "origin", "https://evil.example"),
          with(own_page(), "origin", "https://portal.example:8443.evil.example"),
          with(own_page(), "origin", "https://portal.example"),
          with(own_page(), "origin", "http://portal.example:8443"),
          with(own_page(), "origin", "null"),
          without(with(own_page(), "origin", "https://"), ":authority"),
          without(without(own_page(), "origin"), "sec-fetch-site")};
}

TEST_CASE("a page of another site opens nothing with the cookie", "[identity][browser]") {
  World world;
  const std::string token = world.sign_in(certificates().anna);
  const std::string cookie = "theme=dark; __Host-entente=" + token + "; x=y";
  const auto ask = [&](const Headers& headers) {
    MadeCall call = made(world, with(headers, "cookie", cookie));
    return world.ask<v1::GetSessionRequest, v1::Session>(
        call, "/entente.v1.SessionService/GetSession", {});
  };
  for (const Headers& headers : foreign_pages()) {
    CHECK(ask(headers).status().reason() == Reason::SignedOut);
  }
  CHECK(ask(own_page()).ok());
  CHECK(ask(without(own_page(), "origin")).ok());
  CHECK(ask(without(own_page(), "sec-fetch-site")).ok());
  // HTTP/1.1 names the host in a header of that name.
  CHECK(ask(with(without(own_page(), ":authority"), "host", "portal.example:8443")).ok());
}

TEST_CASE("a cookie is read by its whole name, and works on its own certificate alone",
          "[identity][browser]") {
  World world;
  const std::string token = world.sign_in(certificates().anna);
  const auto reads = [&](const std::string& cookie) {
    MadeCall call = made(world, with(own_page(), "cookie", cookie));
    return cookie_token(call) == token;
  };
  CHECK(reads("__Host-entente=" + token));
  CHECK(reads("a=b;__Host-entente=" + token));
  CHECK_FALSE(reads("x__Host-entente=" + token));
  CHECK_FALSE(reads("entente=" + token));
  CHECK_FALSE(reads("__Host-entente"));
  CHECK_FALSE(reads(""));
  MadeCall other = world.call(certificates().bertil, "");
  other.headers = with(own_page(), "cookie", "__Host-entente=" + token);
  const auto refused = world.ask<v1::GetSessionRequest, v1::Session>(
      other, "/entente.v1.SessionService/GetSession", {});
  CHECK(refused.status().reason() == Reason::SignedOut);
}

TEST_CASE("a page that signs in gets a cookie and no token; whoever is none gets the token",
          "[identity][browser]") {
  World world;
  v1::SignInRequest request;
  request.set_password(std::string(good_password));
  const auto sign_in = [&](MadeCall& call) {
    const auto reply = world.ask<v1::SignInRequest, v1::SignInReply>(
        call, "/entente.v1.SessionService/SignIn", request);
    REQUIRE(reply.ok());
    return reply->token();
  };
  MadeCall page = made(world, own_page());
  CHECK(sign_in(page).empty());
  const std::string cookie = page.added["set-cookie"];
  const std::string flags = "; Path=/; Secure; HttpOnly; SameSite=Strict";
  REQUIRE(cookie.starts_with("__Host-entente="));
  REQUIRE(cookie.ends_with(flags));
  MadeCall next =
      made(world, with(own_page(), "cookie", cookie.substr(0, cookie.size() - flags.size())));
  CHECK(world
            .ask<v1::GetSessionRequest, v1::Session>(next, "/entente.v1.SessionService/GetSession",
                                                     {})
            .ok());
  for (const Headers& headers : foreign_pages()) {
    MadeCall program = made(world, headers);
    CHECK(sign_in(program).size() == 43);
    CHECK(program.added.empty());
  }
}

TEST_CASE("half-typed words are closed with a key of the account's own, in whichever session",
          "[identity][browser]") {
  World world;
  const auto key = [&](const Leaf& leaf, const std::string& token) {
    return world.ask<v1::DraftKey>(leaf, token, "/entente.v1.DraftService/GetDraftKey",
                                   v1::GetDraftKeyRequest());
  };
  const std::string token = world.sign_in(certificates().anna);
  const auto first = key(certificates().anna, token);
  REQUIRE(first.ok());
  CHECK(first->key().size() == 32);
  CHECK(key(certificates().anna, world.sign_in(certificates().anna))->key() == first->key());
  CHECK(key(certificates().bertil, world.sign_in(certificates().bertil))->key() != first->key());
  CHECK(key(certificates().anna, "").status().reason() == Reason::SignedOut);
}

}  // namespace
}  // namespace entente::identity::testing
