// People as vCards: 4.0 (RFC 6350), and 3.0 (RFC 2426) for programs that know no newer. Pure; any
// thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "server/directory/formats/entry.h"

namespace entente::directory {

enum class VcardVersion { V4, V3 };

// One card, lines ended with CRLF and folded at 75 octets, never within a character. Offices stand
// as ROLE, processes as CATEGORIES; a name in Latin letters beside one in another script as a
// second FN (4.0) or as NICKNAME (3.0). Control characters in texts are left out, line ends
// escaped: no value can begin a line of its own.
[[nodiscard]] std::string to_vcard(const Entry& entry, VcardVersion version);

// Cards one after another.
[[nodiscard]] std::string to_vcards(std::span<const Entry> entries, VcardVersion version);

}  // namespace entente::directory
