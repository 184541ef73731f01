// What the requests and answers of SDMX's web service have in common. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/status.h"
#include "server/net/method_table.h"

namespace entente::statistics {

inline constexpr std::string_view kOld = "/sdmx/2.1/";  // SDMX-REST 1.5
inline constexpr std::string_view kNew = "/sdmx/3.0/";  // 2.2.2

[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char at);
// `%41` is `A`; a `+` stays, as SDMX's "or". Empty: malformed.
[[nodiscard]] std::optional<std::string> unescaped(std::string_view text);
[[nodiscard]] Status bad_request(const std::string& what);
// `accept` of the request; empty if it has none.
[[nodiscard]] std::string_view accepted(const net::HttpRequest& request);
// SDMX's own numbers: 100 nothing found, 110 not signed in, 140 malformed, 150 not possible, 500
// ours, 501 not here.
[[nodiscard]] net::HttpResponse refusal(bool is_old, int status, int code, const std::string& text);
// The one answer to what is hidden, absent or empty.
[[nodiscard]] net::HttpResponse nothing_found(bool is_old);

}  // namespace entente::statistics
