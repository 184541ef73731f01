// Content lines, as vCard (RFC 6350) and iCalendar (RFC 5545) have them: escaped, folded, ended.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "proto/contract/clock.h"

namespace entente::content_line {

// A text value: backslash, comma, semicolon and line ends escaped; other control characters left
// out.
[[nodiscard]] std::string escaped(std::string_view text);
// A parameter's value, quoted (RFC 6868).
[[nodiscard]] std::string parameter(std::string_view text);
// `20270314T083000Z`
[[nodiscard]] std::string stamp(Instant instant);
// Adds a line, folded at 75 octets without parting a character.
void add(std::string& out, std::string_view line);

}  // namespace entente::content_line
