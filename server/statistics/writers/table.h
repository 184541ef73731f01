// Figures as rows: the columns of SDMX-CSV and of a workbook. Pure; one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/statistics/writers/parts.h"

namespace entente::statistics {

// The columns of all topics together: the first one's, then what the others have beside them.
class TableColumns {
 public:
  explicit TableColumns(const Plan& plan);

  // Where the topic has its own of each column; none: it has none.
  struct Places {
    std::vector<std::optional<std::size_t>> dimensions;
    std::vector<bool> measures;
    std::vector<std::optional<std::size_t>> attributes;
  };
  std::vector<std::string> dimensions;
  std::vector<std::string> measures;
  std::vector<std::string> attributes;
  std::vector<Places> places;  // by topic
  // For each column a topic that has it: whose name for it is used.
  std::vector<std::size_t> dimension_owner;
  std::vector<std::size_t> measure_owner;
  std::vector<std::size_t> attribute_owner;
};

}  // namespace entente::statistics
