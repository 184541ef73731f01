// Text within markup. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace entente {

// `text`, in UTF-8, as the content of an element or of a quoted attribute of XML 1.0 or HTML:
// nothing in it opens a tag, an entity or ends the quotes. Line ends and tabs are written as
// references, or a reader would take them for blanks or for other line ends (XML 1.0
// sections 2.11, 3.3.3). Leaves out what XML cannot hold (section 2.2): other control characters,
// U+FFFE, U+FFFF.
[[nodiscard]] std::string markup_text(std::string_view text);
// The first character of `text` that markup_text leaves out; nothing: it leaves out none.
[[nodiscard]] std::optional<char32_t> left_out_of_markup(std::string_view text);

}  // namespace entente
