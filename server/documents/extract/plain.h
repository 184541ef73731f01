// The text of what is text already: plain, in whatever encoding, or HTML without its tags, scripts
// and styles. Pure; any thread.
#pragma once

#include <string_view>

#include "server/documents/extract/text.h"

namespace entente::extract {

// Unknown: it is no text in any encoding that is known.
[[nodiscard]] End read_plain(std::string_view bytes, Text& out);

}  // namespace entente::extract
