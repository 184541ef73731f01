// Answers that are no multistatus. This room's own. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "proto/contract/status.h"
#include "server/net/method_table.h"

namespace entente::dav {

// Empty if the request has no header of that name.
[[nodiscard]] std::string_view header(const net::HttpRequest& request, std::string_view name);
// Whether the caller has what bears `tag` already (RFC 9110 section 13.1.2).
[[nodiscard]] bool is_known(const net::HttpRequest& request, std::string_view tag);
// Nobody else keeps it, and the caller asks again.
[[nodiscard]] net::HttpResponse plain(int status, std::string body = {}, std::string type = {});
// What is told of it: 404, 400, 503, 500.
[[nodiscard]] net::HttpResponse failed(const Status& status);

}  // namespace entente::dav
