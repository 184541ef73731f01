// Texts in tables that people open with a spreadsheet, which takes some for formulas and runs them.
// Pure; any thread.
#pragma once

#include <string_view>

namespace entente {

// Whether a spreadsheet would take the text for a formula.
[[nodiscard]] bool looks_like_formula(std::string_view text);

// SDMX-CSV, as we write and read it, puts a quote before such a text: `=1` is written `'=1`. So
// that each comes back as it was, one that begins so by itself gets another: `'=1` is `''=1`.

// Whether the text is written with a quote before it. Of those that begin with a quote only such
// whose quotes stand before a formula.
[[nodiscard]] bool wants_quote(std::string_view text);
// The text of a cell: without the quote before it, if it is there because of wants_quote.
[[nodiscard]] std::string_view without_quote(std::string_view cell);

}  // namespace entente
