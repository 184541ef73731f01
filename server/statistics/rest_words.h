// What the requests and answers of SDMX's web service have in common. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/status.h"
#include "server/net/method_table.h"
#include "server/statistics/query/words.h"

namespace entente::statistics {

// A header of the request, by its lower-case name; empty if it has none.
[[nodiscard]] std::string_view header_of(const net::HttpRequest& request, std::string_view name);
// SDMX's own numbers: 100 nothing found, 110 not signed in, 140 malformed, 150 not possible, 500
// ours, 501 not here, 503 busy, 510 too large.
[[nodiscard]] net::HttpResponse refusal(bool is_old, int status, int code, const std::string& text);
// The one answer to what is hidden, absent or empty.
[[nodiscard]] net::HttpResponse nothing_found(bool is_old);

}  // namespace entente::statistics
