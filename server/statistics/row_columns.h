// Rows of text as columns, which compress to a fraction of what they take one behind the other: of
// each row which of its cells are not those of the row before, and of each column those cells.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace entente::statistics {

// One thread.
class ColumnWriter {
 public:
  // A row as proto/formats/row_texts.h has it, of as many cells as the first; its first `same`
  // bytes are those of the one before.
  void add(std::string_view text, std::size_t same);
  // What read_columns reads. Once.
  [[nodiscard]] std::string finish() const;

 private:
  struct Column {
    std::string last;     // as it is written, with its quotes
    std::size_t end = 0;  // where that ended in its row
    std::string cells;    // those that differ, each with its length before it
  };
  std::vector<Column> columns_;
  std::string marks_;  // of each row a bit a column: whether it differs
  std::uint64_t rows_ = 0;
};

// Tells each row's text until `tell` answers false. False: the bytes do not read.
[[nodiscard]] bool read_columns(std::string_view bytes,
                                const std::function<bool(std::string_view text)>& tell);

}  // namespace entente::statistics
