#include "server/identity/browser.h"

#include <algorithm>

#include "server/identity/authorization.h"

namespace entente::identity {
namespace {

constexpr std::string_view cookie_name = "__Host-entente";

// Whether `origin` is `https://` and the host and port that the call was sent to.
bool is_own(const net::Call& call, std::string_view origin) {
  constexpr std::string_view scheme = "https://";
  std::optional<std::string_view> host = call.header(":authority");
  if (!host) host = call.header("host");
  return host && !host->empty() && origin.starts_with(scheme) &&
         origin.substr(scheme.size()) == *host;
}

}  // namespace

bool from_own_page(const net::Call& call) {
  if (!call.header(browser_header)) return false;
  const std::optional<std::string_view> site = call.header("sec-fetch-site");
  const std::optional<std::string_view> origin = call.header("origin");
  if (!site && !origin) return false;  // A browser says one of the two with every POST.
  return (!site || *site == "same-origin") && (!origin || is_own(call, *origin));
}

std::optional<std::string_view> cookie_token(const net::Call& call) {
  const std::optional<std::string_view> header = call.header("cookie");
  if (!header || !from_own_page(call)) return std::nullopt;
  std::string_view rest = *header;
  while (!rest.empty()) {  // RFC 6265 section 4.2.1: pairs with `; ` between them.
    std::string_view pair = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    while (!pair.empty() && pair.front() == ' ') pair.remove_prefix(1);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != cookie_name) continue;
    return pair.substr(equals + 1);
  }
  return std::nullopt;
}

std::string session_cookie(const Secret& token) {
  return std::string(cookie_name) + "=" + token_text(token) +
         "; Path=/; Secure; HttpOnly; SameSite=Strict";
}

}  // namespace entente::identity
