#include "server/statistics/query/conditions.h"

#include <algorithm>
#include <array>

#include "proto/contract/limits.h"
#include "server/statistics/query/words.h"

namespace entente::statistics {
namespace {

constexpr std::array<std::pair<std::string_view, Operator>, 10> kOperators = {{
    {"eq:", Operator::Equal},
    {"ne:", Operator::NotEqual},
    {"lt:", Operator::Less},
    {"le:", Operator::LessOrEqual},
    {"gt:", Operator::Greater},
    {"ge:", Operator::GreaterOrEqual},
    {"co:", Operator::Contains},
    {"nc:", Operator::ContainsNot},
    {"sw:", Operator::StartsWith},
    {"ew:", Operator::EndsWith},
}};

Comparand comparand_of(std::string_view text) {
  Comparand out;
  for (const auto& [prefix, is] : kOperators) {
    if (!text.starts_with(prefix)) continue;
    out.is = is;
    text.remove_prefix(prefix.size());
    break;
  }
  out.value = text;
  out.figure = parse_decimal(text);
  out.period = parse_period(text);
  return out;
}

bool holds(Operator is, int order) {
  switch (is) {
    case Operator::Equal:
      return order == 0;
    case Operator::NotEqual:
      return order != 0;
    case Operator::Less:
      return order < 0;
    case Operator::LessOrEqual:
      return order <= 0;
    case Operator::Greater:
      return order > 0;
    case Operator::GreaterOrEqual:
      return order >= 0;
    default:
      return false;
  }
}

bool is_textual(Operator is) { return is >= Operator::Contains; }

bool holds_text(const Comparand& one, std::string_view text) {
  switch (one.is) {
    case Operator::Contains:
      return text.find(one.value) != std::string_view::npos;
    case Operator::ContainsNot:
      return text.find(one.value) == std::string_view::npos;
    case Operator::StartsWith:
      return text.starts_with(one.value);
    case Operator::EndsWith:
      return text.ends_with(one.value);
    default:
      return holds(one.is, text.compare(one.value));
  }
}

template <typename Holds>
bool any(const AnyOf& any_of, const Holds& one_holds) {
  return std::any_of(any_of.begin(), any_of.end(), [&](const AllOf& all) {
    return std::all_of(all.begin(), all.end(), one_holds);
  });
}

int sign_of(std::int64_t number) { return number < 0 ? -1 : number > 0 ? 1 : 0; }

// How many digits a number has.
int digits_of(std::int64_t number) {
  int count = 0;
  for (; number != 0; number /= 10) ++count;
  return count;
}

bool holds_period(const Comparand& one, Period period) {
  if (is_textual(one.is)) return holds_text(one, to_text(period));
  const auto& with = one.period;
  if (!with) return one.is == Operator::NotEqual;
  const std::int32_t first = first_day(period);
  const std::int32_t last = last_day(period);
  const bool within = first >= first_day(*with) && last <= last_day(*with);
  switch (one.is) {
    case Operator::Equal:
      return within;
    case Operator::NotEqual:
      return !within;
    case Operator::Less:
      return last < first_day(*with);
    case Operator::LessOrEqual:
      return last <= last_day(*with);
    case Operator::Greater:
      return first > last_day(*with);
    default:
      return first >= first_day(*with);
  }
}

}  // namespace

Result<AnyOf> parse_conditions(std::string_view component, std::string_view text) {
  AnyOf out;
  std::size_t count = 0;
  for (const std::string_view alternative : split(text, ',')) {
    AllOf& all = out.emplace_back();
    for (const std::string_view one : split(alternative, '+')) {
      all.push_back(comparand_of(one));
      const bool is_empty = all.back().value.empty();
      if (is_empty) return bad_request("`c[" + std::string(component) + "]` has an empty value");
      if (++count > limits::selection_values_max) {
        return bad_request("`c[" + std::string(component) + "]` has too many values");
      }
    }
  }
  if (count > limits::query_comparisons_max && !plain_values(out)) {
    return bad_request("`c[" + std::string(component) + "]` compares with too many values");
  }
  return out;
}

int compare(const Decimal& a, const Decimal& b) {
  const int sign = sign_of(a.mantissa);
  if (sign != sign_of(b.mantissa)) return sign < sign_of(b.mantissa) ? -1 : 1;
  if (sign == 0) return 0;
  // Where the first digit stands, tells; else both are brought to the lower exponent.
  const int place_a = digits_of(a.mantissa) + a.exponent;
  const int place_b = digits_of(b.mantissa) + b.exponent;
  if (place_a != place_b) return (place_a < place_b ? -1 : 1) * sign;
  __extension__ using Wide = __int128;
  Wide left = a.mantissa;
  Wide right = b.mantissa;
  for (int i = a.exponent; i > b.exponent; --i) left *= 10;
  for (int i = b.exponent; i > a.exponent; --i) right *= 10;
  return left < right ? -1 : left > right ? 1 : 0;
}

bool fits(const AnyOf& any_of, std::string_view text) {
  const auto value = parse_decimal(text);
  return any(any_of, [&](const Comparand& one) {
    if (!value || is_textual(one.is)) return holds_text(one, text);
    return one.figure ? holds(one.is, compare(*value, *one.figure)) : holds_text(one, text);
  });
}

bool fits(const AnyOf& any_of, const Decimal& value) {
  return any(any_of, [&](const Comparand& one) {
    if (is_textual(one.is)) return holds_text(one, to_text(value));
    return one.figure ? holds(one.is, compare(value, *one.figure)) : one.is == Operator::NotEqual;
  });
}

bool fits(const AnyOf& any_of, Period period) {
  return any(any_of, [&](const Comparand& one) { return holds_period(one, period); });
}

bool is_day_range(const AnyOf& any_of) {
  return any_of.size() == 1 &&
         std::none_of(any_of[0].begin(), any_of[0].end(), [](const Comparand& one) {
           return is_textual(one.is) || one.is == Operator::NotEqual;
         });
}

Status check_periods(const AnyOf& any_of) {
  for (const AllOf& all : any_of) {
    for (const Comparand& one : all) {
      if (!is_textual(one.is) && !one.period) {
        return bad_request("`c[TIME_PERIOD]` has `" + one.value.substr(0, 64) +
                           "`, which is no period such as `2015`, `2015-Q1`, `2015-03`");
      }
    }
  }
  return {};
}

std::optional<std::vector<std::string>> plain_values(const AnyOf& any_of) {
  std::vector<std::string> out;
  for (const AllOf& all : any_of) {
    if (all.size() != 1 || all[0].is != Operator::Equal) return std::nullopt;
    out.push_back(all[0].value);
  }
  return out;
}

DayRange days_of(const AnyOf& any_of) {
  DayRange hull{INT32_MAX, INT32_MIN};
  for (const AllOf& all : any_of) {
    DayRange days;
    for (const Comparand& one : all) {
      const auto& with = one.period;
      if (!with || is_textual(one.is) || one.is == Operator::NotEqual) continue;
      const bool equal = one.is == Operator::Equal;
      if (equal || one.is == Operator::GreaterOrEqual) {
        days.first = std::max(days.first, first_day(*with));
      } else if (one.is == Operator::Greater) {
        days.first = std::max(days.first, last_day(*with) + 1);
      }
      if (equal || one.is == Operator::LessOrEqual) {
        days.last = std::min(days.last, last_day(*with));
      } else if (one.is == Operator::Less) {
        days.last = std::min(days.last, first_day(*with) - 1);
      }
    }
    hull.first = std::min(hull.first, days.first);
    hull.last = std::max(hull.last, days.last);
  }
  return hull;
}

}  // namespace entente::statistics
