// Folds text so that what people type finds what is written: accents, scripts, case. `Soderkoping`
// finds `Söderköping`, `Sodertalje` `Södertälje`, `Ivanov` `Иванов`, `beijing` 北京. ICU stops
// here. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace entente::directory {

// Lower-case Latin letters and digits in words, one blank between. `text` is UTF-8.
[[nodiscard]] std::string fold(std::string_view text);
// The words of a text: folded, and as written in its own script (lower case), without repeats.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

}  // namespace entente::directory
