// Rows of text as columns, which compress to a fraction of what they take one behind the other: of
// each row which of its cells are not those of the row before, and of each column those cells
// (cell_column.h).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/formats/row_texts.h"

namespace entente::statistics {

// One thread.
class ColumnWriter {
 public:
  // Requires: it has as many cells as the first.
  void add(const RowText& row);
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  // What read_columns reads, one behind the other; in parts that compress best apart.
  [[nodiscard]] std::vector<std::string> finish() const;
  void clear();

 private:
  // As append_cells takes them:
  std::vector<std::string> columns_;  // the cells that differ
  std::string marks_;                 // of each row, a bit a column: whether it differs
  std::uint64_t rows_ = 0;
};

// Tells each row's text until `tell` answers false. False: the bytes do not read.
[[nodiscard]] bool read_columns(std::string_view bytes,
                                const std::function<bool(std::string_view text)>& tell);

}  // namespace entente::statistics
