// What a file may be called that one party brings and others keep. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace entente {

// `given` without what makes more of it than a plain file of the folder that one stands in: a path
// before it; what steers a terminal or turns a line round; and at its beginning `.` (hidden, and
// what shells read as they start: `.bash_profile`), `-` (an option), `~` (somebody's home) and
// blanks. Empty: nothing is left, or it is no UTF-8. A name that comes back as it was is harmless.
[[nodiscard]] std::string harmless_name(std::string_view given);

}  // namespace entente
