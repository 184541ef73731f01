// Figures put in relation to each other: what is exact stays exact, what is divided is rounded and
// said so. Pure; any thread.
#pragma once

#include <optional>
#include <string>

#include "server/statistics/series/sum.h"

namespace entente::statistics {

// The nearest binary fraction.
[[nodiscard]] double approximate(const Decimal& value);

// `part` * `scale` / `whole` with six significant digits, as plain decimal text. Empty: `whole` is
// 0, or the result is beyond what figures can be.
[[nodiscard]] std::optional<std::string> ratio_text(const Decimal& part, double scale,
                                                    const Decimal& whole);

// Exact, or rounded if it has more digits than figures can have.
[[nodiscard]] std::string total_text(const Total& total);

// Rounded to so many places, as plain decimal text.
[[nodiscard]] std::string places_text(double value, int places);

}  // namespace entente::statistics
