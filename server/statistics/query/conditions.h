// Conditions on a component of an observation, as SDMX-REST 2 writes them:
// `ge:2015+le:2016,ne:2018` is (at least 2015 and at most 2016) or not 2018. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/status.h"
#include "server/statistics/series/decimal.h"
#include "server/statistics/series/period.h"

namespace entente::statistics {

enum class Operator : std::uint8_t {
  Equal,
  NotEqual,
  Less,
  LessOrEqual,
  Greater,
  GreaterOrEqual,
  Contains,
  ContainsNot,
  StartsWith,
  EndsWith,
};

struct Comparand {
  Operator is = Operator::Equal;
  std::string value;
  // The same, if it is one.
  std::optional<Decimal> figure;
  std::optional<Period> period;
};
using AllOf = std::vector<Comparand>;
using AnyOf = std::vector<AllOf>;

struct Condition {
  std::string component;  // `CITIZEN`
  AnyOf any_of;           // never empty, nor is any of its lists
};

// InvalidArgument (FieldInvalid): a value is empty, or there are too many: fewer may be compared
// than may be named one or the other.
[[nodiscard]] Result<AnyOf> parse_conditions(std::string_view component, std::string_view text);

// Whether a text fits: by its characters, or, where both are figures, by their worth.
[[nodiscard]] bool fits(const AnyOf& any_of, std::string_view text);
// Whether a figure fits. What is not written as a figure fits none but `ne` and `nc`.
[[nodiscard]] bool fits(const AnyOf& any_of, const Decimal& value);
// Whether a period fits: one that is compared with a longer one is in it, wholly before or after.
// `co`, `nc`, `sw`, `ew` look at it as it is written.
[[nodiscard]] bool fits(const AnyOf& any_of, Period period);

// The values, if it is no more than one or the other of them.
[[nodiscard]] std::optional<std::vector<std::string>> plain_values(const AnyOf& any_of);
// InvalidArgument (FieldInvalid): something that is compared as a period is none.
[[nodiscard]] Status check_periods(const AnyOf& any_of);
// Whether it says no more than days_of does.
[[nodiscard]] bool is_day_range(const AnyOf& any_of);
// A span of days beyond which no period fits.
[[nodiscard]] DayRange days_of(const AnyOf& any_of);

// Less, equal, greater, as their worth is.
[[nodiscard]] int compare(const Decimal& a, const Decimal& b);

}  // namespace entente::statistics
