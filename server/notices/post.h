// The way to the relay that takes our mail: SMTP (RFC 5321) by libcurl, which this header keeps to
// itself. The relay's queue does the rest; it is the operator's own, or their provider's.
//
// Threads: one at a time.
#pragma once

#include <memory>
#include <string>

#include "proto/contract/secret.h"
#include "proto/contract/status.h"
#include "server/notices/letter.h"

namespace entente::notices {

enum class Posted {
  Sent,
  Later,        // the relay does not take this one now
  Never,        // it refuses this one for good
  Unreachable,  // there is no talking to the relay
};

class Post {
 public:
  virtual ~Post() = default;
  // `why` gets words for the operator where it was not sent, without an address.
  [[nodiscard]] virtual Posted send(const Letter& letter, std::string& why) = 0;
};

struct Relay {
  std::string url;  // `smtp://host:port`, or `smtps://` for TLS from the first byte
  // Trusted for the relay's certificate, PEM; empty: the system's.
  std::string ca_file;
  std::string user;  // empty: no authentication
  Secret password;
};

// A line to the relay, kept open between letters. Never without TLS, but to a loopback address.
// InvalidArgument (relay): no such URL. Unavailable: libcurl cannot start.
[[nodiscard]] Result<std::unique_ptr<Post>> make_post(Relay relay);

}  // namespace entente::notices
