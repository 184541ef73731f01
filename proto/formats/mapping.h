// What a mapping (proto/entente/v1/mapping.proto) asks for, weighed and put to use: figures and
// periods as a ministry's spreadsheet writes them. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "entente/v1/mapping.pb.h"
#include "proto/formats/reader.h"

namespace entente::statistics {

// Whether the mapping is sound and fits the columns. InvalidArgument (FieldInvalid): a violation
// for each fault, as `mapping.columns[3].period`.
[[nodiscard]] Status check_mapping(const v1::Mapping& mapping, const Shape& shape);

// A figure with a point and nothing between its thousands. Empty: it is none as the mapping writes
// them; `1,23` is none where commas stand between thousands.
[[nodiscard]] std::optional<std::string> mapped_figure(const v1::Mapping& mapping,
                                                       std::string_view text);

// Parts of a period; 0: not said.
struct PeriodParts {
  int year = 0;
  int half = 0;
  int quarter = 0;
  int month = 0;
  int week = 0;
  int day = 0;
};
// Whether `{Y}`, `{M}` and so on of the pattern are found in the text, and nothing beside them.
[[nodiscard]] bool read_period(std::string_view pattern, std::string_view text, PeriodParts& parts);
[[nodiscard]] bool is_period_pattern(std::string_view pattern);
// As SDMX writes it. Empty: there is no year.
[[nodiscard]] std::string period_text(const PeriodParts& parts);

// Without blanks at both ends, no-break ones among them.
[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace entente::statistics
