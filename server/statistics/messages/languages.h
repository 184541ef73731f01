// Language tags and texts, written one way. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace entente::statistics {

// BCP 47, 2.1.1: the language in small letters, a script with a capital, a region in capitals, so
// that `en-US`, `en-us` and `EN_US` are one.
[[nodiscard]] std::string canonical_language(std::string_view tag);

// A text without the indentation that its message gave it: no blanks around line ends, tabs are
// blanks.
[[nodiscard]] std::string unindented(std::string_view text);

}  // namespace entente::statistics
