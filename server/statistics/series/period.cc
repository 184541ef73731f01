#include "server/statistics/series/period.h"

#include <array>
#include <charconv>
#include <chrono>

namespace entente::statistics {
namespace {

namespace chr = std::chrono;

std::optional<std::int32_t> digits(std::string_view text, std::size_t width) {
  if (text.size() != width) return std::nullopt;
  std::int32_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::int32_t day_of(int year, unsigned month, unsigned day) {
  const chr::sys_days days = chr::year(year) / chr::month(month) / chr::day(day);
  return static_cast<std::int32_t>(days.time_since_epoch().count());
}

// The Monday of the first ISO week of a year: that which has 4 January.
std::int32_t first_monday(std::int32_t year) {
  const std::int32_t fourth = day_of(year, 1, 4);
  return fourth - static_cast<std::int32_t>(
                      chr::weekday(chr::sys_days(chr::days(fourth))).iso_encoding() - 1);
}

// Weeks are counted from the Monday before 1970-01-01.
constexpr std::int32_t kMonday = -3;

std::int32_t floor_div(std::int32_t a, std::int32_t b) { return a / b - (a % b < 0 ? 1 : 0); }

std::string year_text(std::int32_t year) {
  std::string text = std::to_string(year);
  return std::string(4 - std::min<std::size_t>(4, text.size()), '0') + text;
}

std::string two(std::int32_t number) {
  return {static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
}

std::optional<Period> part_of_year(std::int32_t year, std::string_view rest) {
  const auto number = digits(rest.substr(1), rest.size() - 1);
  if (!number || *number < 1) return std::nullopt;
  const std::int32_t n = *number;
  switch (rest[0]) {
    case 'A':
      if (n != 1 || rest.size() != 2) return std::nullopt;
      return Period{Frequency::Annual, year};
    case 'S':
      if (n > 2 || rest.size() != 2) return std::nullopt;
      return Period{Frequency::HalfYear, year * 2 + n - 1};
    case 'Q':
      if (n > 4 || rest.size() != 2) return std::nullopt;
      return Period{Frequency::Quarter, year * 4 + n - 1};
    case 'M':
      if (n > 12 || rest.size() > 3) return std::nullopt;
      return Period{Frequency::Month, year * 12 + n - 1};
    case 'W': {
      if (n > 53 || rest.size() > 3) return std::nullopt;
      const std::int32_t monday = first_monday(year) + 7 * (n - 1);
      if (n == 53 && monday >= first_monday(year + 1)) return std::nullopt;
      return Period{Frequency::Week, floor_div(monday - kMonday, 7)};
    }
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Frequency> frequency_of(std::string_view code) {
  if (code.size() != 1) return std::nullopt;
  switch (code[0]) {
    case 'A':
      return Frequency::Annual;
    case 'S':
      return Frequency::HalfYear;
    case 'Q':
      return Frequency::Quarter;
    case 'M':
      return Frequency::Month;
    case 'W':
      return Frequency::Week;
    case 'D':
    case 'B':
      return Frequency::Day;
    default:
      return std::nullopt;
  }
}

std::string_view code_of(Frequency frequency) {
  static constexpr std::array<std::string_view, frequencies> codes = {"",  "A", "S", "Q",
                                                                      "M", "W", "D"};
  return codes[static_cast<std::size_t>(frequency)];
}

std::optional<Period> parse_period(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  const auto year = digits(text.substr(0, 4), 4);
  if (!year || *year < 1) return std::nullopt;
  if (text.size() == 4) return Period{Frequency::Annual, *year};
  if (text[4] != '-' || text.size() < 7) return std::nullopt;
  const std::string_view rest = text.substr(5);
  if (rest[0] < '0' || rest[0] > '9') return part_of_year(*year, rest);
  const auto month = digits(rest.substr(0, 2), 2);
  if (!month || *month < 1 || *month > 12) return std::nullopt;
  if (rest.size() == 2) return Period{Frequency::Month, *year * 12 + *month - 1};
  const auto day = rest.size() == 5 && rest[2] == '-' ? digits(rest.substr(3), 2) : std::nullopt;
  if (!day) return std::nullopt;
  const chr::year_month_day date(chr::year(*year), chr::month(static_cast<unsigned>(*month)),
                                 chr::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return Period{Frequency::Day,
                static_cast<std::int32_t>(chr::sys_days(date).time_since_epoch().count())};
}

std::string to_text(Period period) {
  const std::int32_t n = period.ordinal;
  switch (period.frequency) {
    case Frequency::Annual:
      return year_text(n);
    case Frequency::HalfYear:
      return year_text(n / 2) + "-S" + std::to_string(n % 2 + 1);
    case Frequency::Quarter:
      return year_text(n / 4) + "-Q" + std::to_string(n % 4 + 1);
    case Frequency::Month:
      return year_text(n / 12) + "-" + two(n % 12 + 1);
    case Frequency::Week: {
      // A week is of the year that its Thursday is in.
      const std::int32_t monday = kMonday + 7 * n;
      const chr::year_month_day thursday{chr::sys_days(chr::days(monday + 3))};
      const int year = static_cast<int>(thursday.year());
      return year_text(year) + "-W" + two((monday - first_monday(year)) / 7 + 1);
    }
    case Frequency::Day: {
      const chr::year_month_day date{chr::sys_days(chr::days(n))};
      return year_text(static_cast<int>(date.year())) + "-" +
             two(static_cast<std::int32_t>(static_cast<unsigned>(date.month()))) + "-" +
             two(static_cast<std::int32_t>(static_cast<unsigned>(date.day())));
    }
    case Frequency::Unspecified:
      break;
  }
  return {};
}

std::int32_t first_day(Period period) {
  const std::int32_t n = period.ordinal;
  const auto month_start = [](std::int32_t months) {
    return day_of(floor_div(months, 12),
                  static_cast<unsigned>(months - floor_div(months, 12) * 12) + 1, 1);
  };
  switch (period.frequency) {
    case Frequency::Annual:
      return month_start(n * 12);
    case Frequency::HalfYear:
      return month_start(n * 6);
    case Frequency::Quarter:
      return month_start(n * 3);
    case Frequency::Month:
      return month_start(n);
    case Frequency::Week:
      return kMonday + 7 * n;
    case Frequency::Day:
    case Frequency::Unspecified:
      break;
  }
  return n;
}

std::int32_t last_day(Period period) {
  return first_day({period.frequency, period.ordinal + 1}) - 1;
}

bool DayRange::holds(Period period) const {
  return first <= first_day(period) && last_day(period) <= last;
}

Ordinals ordinals_in(const DayRange& range, Frequency frequency) {
  // The periods are in order, so both ends are found by halving between the years 1 and 9999.
  static constexpr std::array<std::int32_t, frequencies> per_year = {0, 1, 2, 4, 12, 0, 0};
  std::int32_t low = per_year[static_cast<std::size_t>(frequency)];
  std::int32_t high = low * 10'000;
  if (frequency == Frequency::Week || frequency == Frequency::Day ||
      frequency == Frequency::Unspecified) {
    const std::int32_t width = frequency == Frequency::Week ? 7 : 1;
    low = day_of(1, 1, 8) / width;
    high = day_of(9999, 12, 24) / width;
  }
  const auto find = [&](auto is_after) {
    std::int32_t from = low;
    std::int32_t to = high;
    while (from < to) {
      const std::int32_t middle = from + (to - from) / 2;
      is_after(middle) ? to = middle : from = middle + 1;
    }
    return from;
  };
  Ordinals out;
  if (range.first != INT32_MIN) {
    out.first = find([&](std::int32_t n) { return first_day({frequency, n}) >= range.first; });
  }
  if (range.last != INT32_MAX) {
    out.last = find([&](std::int32_t n) { return last_day({frequency, n}) > range.last; }) - 1;
  }
  return out;
}

}  // namespace entente::statistics
