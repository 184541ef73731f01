// The head of an HTTP/1.1 request as a browser sends it to `entente portal`. Stricter than the
// standard wherever two readers of it could disagree: one Host, one length, no folded field, no
// transfer coding. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "proto/contract/status.h"
#include "proto/pages/page_files.h"

namespace entente::client {

struct LocalHead {
  std::string method;
  std::string path;   // as it came, without its query
  std::string query;  // with its `?`; empty if there is none
  pages::Headers headers;
  std::size_t body_bytes = 0;
};

// `head` ends with the empty line. InvalidArgument: it is no head, or one that could be read twice.
[[nodiscard]] Result<LocalHead> parse_local_head(std::string_view head);

}  // namespace entente::client
