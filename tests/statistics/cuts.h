// For fuzz targets of readers: the same bytes in two cuts are read alike.
#pragma once

#include "tests/statistics/rows.h"

namespace entente::statistics::testing {

template <typename Make>
void read_in_two_cuts(const Make& make, std::string_view file) {
  const Found by_seven = read_in_pieces(make, file, 7);
  const Found at_once = read_in_pieces(make, file, file.size() + 1);
  ENTENTE_CHECK(by_seven.rows == at_once.rows && by_seven.lines == at_once.lines &&
                by_seven.told == at_once.told && by_seven.refusal == at_once.refusal);
}

}  // namespace entente::statistics::testing
