// Figures as they were given, exactly: no binary fractions. Values; pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace entente::statistics {

// mantissa * 10^exponent, in one form only: no trailing zeros after the point, whole numbers with
// exponent 0 where they fit, zero is 0. So equal figures are equal values.
struct Decimal {
  std::int64_t mantissa = 0;
  std::int16_t exponent = 0;
  friend bool operator==(const Decimal&, const Decimal&) = default;
};

inline constexpr std::size_t decimal_digits_max = 18;  // significant ones
inline constexpr int decimal_exponent_max = 400;

// Brings it into its one form. Requires: |exponent| <= 2 * decimal_exponent_max.
[[nodiscard]] Decimal canonical(std::int64_t mantissa, int exponent);

// `-12.50`, `1e3`, `.5`; a point, never a comma, no blanks. Empty: anything else, NaN and infinity
// among it, more than decimal_digits_max significant digits, or beyond 10^decimal_exponent_max.
[[nodiscard]] std::optional<Decimal> parse_decimal(std::string_view text);
// Plain digits, or with an exponent where there would be more than twenty.
[[nodiscard]] std::string to_text(const Decimal& value);

}  // namespace entente::statistics
