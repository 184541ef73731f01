#include "server/statistics/series/decimal.h"

#include <charconv>
#include <limits>

namespace entente::statistics {

Decimal canonical(std::int64_t mantissa, int exponent) {
  if (mantissa == 0) return {};
  while (exponent != 0 && exponent < 0 && mantissa % 10 == 0) {
    mantissa /= 10;
    ++exponent;
  }
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 10;
  int raised = exponent;
  std::int64_t whole = mantissa;
  while (raised > 0 && whole <= most && whole >= -most) {
    whole *= 10;
    --raised;
  }
  if (raised == 0) return {whole, 0};
  if (exponent > 0) {
    while (mantissa % 10 == 0) {
      mantissa /= 10;
      ++exponent;
    }
  }
  return {mantissa, static_cast<std::int16_t>(exponent)};
}

namespace {

// Whole numbers of few digits, which most figures are.
std::optional<std::int64_t> parse_whole(std::string_view text) {
  if (text.empty() || text.size() > decimal_digits_max) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

std::optional<Decimal> parse_decimal(std::string_view text) {
  if (const auto whole = parse_whole(text)) return Decimal{*whole, 0};
  std::size_t at = 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) ++at;
  std::int64_t mantissa = 0;
  std::size_t significant = 0;
  std::size_t seen = 0;
  int exponent = 0;
  bool point = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') break;
    ++seen;
    if (point) --exponent;
    if (significant > 0 || c != '0') ++significant;
    if (significant > decimal_digits_max) {
      if (c != '0') return std::nullopt;  // more than can be kept exactly
      ++exponent;
      continue;
    }
    mantissa = mantissa * 10 + (c - '0');
  }
  if (seen == 0 || seen > 2 * static_cast<std::size_t>(decimal_exponent_max)) return std::nullopt;
  if (at < text.size()) {
    if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
    std::string_view rest = text.substr(at + 1);
    if (!rest.empty() && rest[0] == '+') rest.remove_prefix(1);
    int given = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), given);
    if (error != std::errc{} || end != rest.data() + rest.size() || rest.size() > 5 ||
        (rest[0] != '-' && (rest[0] < '0' || rest[0] > '9')))
      return std::nullopt;
    exponent += given;
  }
  if (mantissa != 0 && (exponent > decimal_exponent_max || exponent < -decimal_exponent_max)) {
    return std::nullopt;
  }
  return canonical(negative ? -mantissa : mantissa, mantissa == 0 ? 0 : exponent);
}

std::string to_text(const Decimal& value) {
  std::string digits = std::to_string(value.mantissa);
  if (value.exponent == 0) return digits;
  const std::string sign = value.mantissa < 0 ? "-" : "";
  if (!sign.empty()) digits.erase(0, 1);
  const auto places = static_cast<std::size_t>(value.exponent < 0 ? -value.exponent : 0);
  if (value.exponent > 0 || places > 20) {
    return sign + digits + "e" + std::to_string(value.exponent);
  }
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  digits.insert(digits.size() - places, ".");
  return sign + digits;
}

}  // namespace entente::statistics
