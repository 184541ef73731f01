#include "server/statistics/ratios.h"

#include <array>
#include <charconv>
#include <cmath>

namespace entente::statistics {
namespace {

constexpr int kDigits = 6;

}  // namespace

double approximate(const Decimal& value) {
  return static_cast<double>(static_cast<long double>(value.mantissa) *
                             std::pow(10.0L, static_cast<long double>(value.exponent)));
}

std::optional<std::string> ratio_text(const Decimal& part, double scale, const Decimal& whole) {
  if (whole.mantissa == 0) return std::nullopt;
  const double ratio = approximate(part) * scale / approximate(whole);
  if (!std::isfinite(ratio)) return std::nullopt;
  std::array<char, 64> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), ratio,
                                          std::chars_format::general, kDigits);
  if (error != std::errc{}) return std::nullopt;
  const auto decimal =
      parse_decimal(std::string_view(text.data(), static_cast<std::size_t>(end - text.data())));
  if (!decimal) return std::nullopt;
  return to_text(*decimal);
}

std::string total_text(const Total& total) {
  if (const auto exact = total.decimal()) return to_text(*exact);
  std::array<char, 64> text{};
  constexpr int digits = 15;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(),
                                          total.approximate(), std::chars_format::general, digits);
  return error == std::errc{} ? std::string(text.data(), end) : std::string();
}

std::string places_text(double value, int places) {
  std::array<char, 512> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value,
                                          std::chars_format::fixed, places);
  if (error != std::errc{}) return {};
  const std::string_view digits(text.data(), static_cast<std::size_t>(end - text.data()));
  const auto decimal = parse_decimal(digits);
  return decimal ? to_text(*decimal) : std::string(digits);
}

}  // namespace entente::statistics
