// Periods of time as SDMX writes them: `2015`, `2015-S1`, `2015-Q1`, `2015-03`, `2015-W05`,
// `2015-03-31`. Values; pure; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace entente::statistics {

inline constexpr std::string_view time_dimension = "TIME_PERIOD";

// On disk: never renumber.
enum class Frequency : std::uint8_t {
  Unspecified = 0,
  Annual = 1,
  HalfYear = 2,
  Quarter = 3,
  Month = 4,
  Week = 5,
  Day = 6,
};
inline constexpr std::uint32_t frequencies = 7;

// `A`, `S`, `Q`, `M`, `W`, `D`, as SDMX's CL_FREQ has them (`B`, business day, counts as `D`).
[[nodiscard]] std::optional<Frequency> frequency_of(std::string_view code);
[[nodiscard]] std::string_view code_of(Frequency frequency);

// Ordinals of one frequency are dense: the next period's is one more. In the years 1 to 9999.
struct Period {
  Frequency frequency = Frequency::Unspecified;
  std::int32_t ordinal = 0;
  friend auto operator<=>(const Period&, const Period&) = default;
};

// Empty: none of the forms above (`2015-A1` and `2015-M03` are read, too), or no day of the
// calendar, or no week of its year.
[[nodiscard]] std::optional<Period> parse_period(std::string_view text);
[[nodiscard]] std::string to_text(Period period);

// Days since 1970-01-01, both in the period.
[[nodiscard]] std::int32_t first_day(Period period);
[[nodiscard]] std::int32_t last_day(Period period);

// Some span of days, both ends in it.
struct DayRange {
  std::int32_t first = INT32_MIN;
  std::int32_t last = INT32_MAX;
  // Whether the whole period lies in it.
  [[nodiscard]] bool holds(Period period) const;
};

// The ordinals of the periods of one frequency that lie wholly in a range: `first` > `last` if
// none does.
struct Ordinals {
  std::int32_t first = INT32_MIN;
  std::int32_t last = INT32_MAX;
};
[[nodiscard]] Ordinals ordinals_in(const DayRange& range, Frequency frequency);

}  // namespace entente::statistics
