// One message as the mail has it (RFC 5322, RFC 2045): made of what was checked, so that no address
// and no text can bring a header of its own.
//
// Threads: any.
#pragma once

#include <string>
#include <string_view>

#include "proto/contract/clock.h"
#include "server/notices/words.h"

namespace entente::notices {

struct Letter {
  std::string from;  // an address
  std::string to;    // an address
  std::string id;    // Message-ID's left part: the same for the same news to the same person
  Text text;
  std::string language;
  Instant at{};
};

// Whether it is an address that goes on a line as it is: `local@domain` of printable ASCII without
// what a header or SMTP gives a meaning to, at most 254 octets (RFC 5321, 4.5.3.1.3).
[[nodiscard]] bool is_address(std::string_view text);

// The whole message with CRLF, text in base64. Requires: is_address of both.
[[nodiscard]] std::string to_message(const Letter& letter);

}  // namespace entente::notices
