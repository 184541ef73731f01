// A session in a browser: its token lives in a cookie which no script can read (HttpOnly), which
// belongs to this host alone (`__Host-`) and which no other site's page makes the browser send
// (SameSite=Strict). Because a cookie goes along unasked, it opens a session only for a call that
// shows by itself to come from this server's own page.
//
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proto/contract/secret.h"
#include "server/net/method_table.h"

namespace entente::identity {

// What the page puts on each of its calls. No page of another site can: a header of its own makes
// the browser ask first (CORS), and this server never answers that.
inline constexpr std::string_view browser_header = "entente-browser";

// Whether a page of this very server calls: it bears `browser_header`, the browser says by
// Sec-Fetch-Site or Origin that page and server are one, and neither says otherwise.
[[nodiscard]] bool from_own_page(const net::Call& call);

// The session's token, as it stands in the cookie; nothing if the call bears none or does not come
// from an own page.
[[nodiscard]] std::optional<std::string_view> cookie_token(const net::Call& call);

// The value of `set-cookie` that keeps `token` until the browser closes.
[[nodiscard]] std::string session_cookie(const Secret& token);

}  // namespace entente::identity
