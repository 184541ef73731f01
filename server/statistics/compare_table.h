// The same series of several areas side by side: what is shown where there is a figure, why there
// is none where there is not, and which notes qualify which cell. Pure; any thread.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/statistics/contributions.h"
#include "server/statistics/structure/model.h"

namespace entente::statistics {

// One row of the table: a key without the reference area, and a period.
struct RowKey {
  std::vector<std::string> key;
  Period period;
  friend auto operator<=>(const RowKey&, const RowKey&) = default;
};

// The newest version of one figure, as far as its reader may see.
struct SeenFigure {
  Kind kind = Kind::Value;
  Decimal value;
  std::string status;
  Instant recorded{};
};
using FigureRows = std::map<RowKey, std::map<std::string, SeenFigure>>;  // by area

// What divides a figure: of a row and an area; null: nothing does.
using Divisor = std::function<const Decimal*(const RowKey&, const std::string& area)>;

struct TableWords {
  const Flow& flow;
  std::function<bool(const Flow::Provision&)> sees;  // whose notes and calendar the reader may see
  const Contributions* given = nullptr;  // what came; null: the dataflow has no calendar
  std::int32_t today = 0;                // days since 1970
  v1::ComparePartiesRequest::View view = v1::ComparePartiesRequest::FIGURES;
  double scale = 1;
  Divisor divisor;  // of a view other than FIGURES
};

// The table of these rows, a column an area.
[[nodiscard]] v1::Comparison make_table(const TableWords& words, const std::set<std::string>& areas,
                                        const FigureRows& rows);

}  // namespace entente::statistics
