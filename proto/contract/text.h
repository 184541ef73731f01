// What text that people wrote may hold: nothing that steers a terminal, turns a line round or hides
// in it. Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace entente {

// Whether a code point steers a terminal, or turns a line round or hides in it: control characters,
// bidirectional formatting, line ends.
[[nodiscard]] bool steers(char32_t point);
// Decodes the code point at `at` and moves on behind it. Requires: UTF-8.
[[nodiscard]] char32_t next_point(std::string_view text, std::size_t& at);

// For one line: UTF-8 without control and bidirectional formatting characters and line ends.
[[nodiscard]] bool is_plain(std::string_view text);
// The same for several lines: line feeds and tabs may be in it.
[[nodiscard]] bool is_plain_lines(std::string_view text);
// Shaped as a tag of BCP 47 is: `en`, `zh-Hant`.
[[nodiscard]] bool is_language_tag(std::string_view tag);

}  // namespace entente
