#include "server/statistics/row_columns.h"

#include <optional>

#include "proto/contract/status.h"
#include "server/statistics/cell_column.h"
#include "server/statistics/series/part.h"

namespace entente::statistics {
namespace {

constexpr std::size_t kBits = 8;

// Of a row's mark: a bit a column, and one behind them that is always set, so that it ends with no
// nought, which would make it no text that is one of few (cell_column.h).
std::size_t width_of(std::size_t columns) { return columns / kBits + 1; }

}  // namespace

void ColumnWriter::add(const RowText& row) {
  const bool is_first = rows_++ == 0;
  if (is_first) columns_.resize(row.cells.size());
  ENTENTE_CHECK(row.cells.size() == columns_.size());
  const std::size_t width = width_of(columns_.size());
  append_varint(marks_, width);
  const std::size_t marks = marks_.size();
  marks_.append(width, '\0');
  const auto mark = [&](std::size_t bit) {
    char& byte = marks_[marks + bit / kBits];
    byte = static_cast<char>(byte | (1 << (bit % kBits)));
  };
  mark(columns_.size());
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (!is_first && !row.cells[c].differs) continue;
    append_varint(columns_[c], row.cells[c].text.size());
    columns_[c] += row.cells[c].text;
    mark(c);
  }
}

void ColumnWriter::clear() {
  for (std::string& column : columns_) column.clear();
  marks_.clear();
  rows_ = 0;
}

std::vector<std::string> ColumnWriter::finish() const {
  std::vector<std::string> parts(1);
  append_varint(parts.front(), columns_.size());
  append_varint(parts.front(), rows_);
  append_cells(marks_, parts);
  for (const std::string& column : columns_) append_cells(column, parts);
  return parts;
}

bool read_columns(std::string_view bytes, const std::function<bool(std::string_view)>& tell) {
  const auto count = take_varint(bytes);
  const auto rows = take_varint(bytes);
  if (!count || !rows || *count > bytes.size()) return false;
  auto marks = CellReader::take(bytes);
  if (!marks) return false;
  std::vector<CellReader> columns;
  for (std::uint64_t c = 0; c < *count; ++c) {
    auto column = CellReader::take(bytes);
    if (!column) return false;
    columns.push_back(*std::move(column));
  }
  std::vector<std::string_view> cells(*count);
  std::string text;
  for (std::uint64_t row = 0; row < *rows; ++row) {
    const auto mark = marks->next();
    if (!mark || mark->size() != width_of(cells.size())) return false;
    text.clear();
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if ((((*mark)[c / kBits] >> (c % kBits)) & 1) != 0) {
        const auto cell = columns[c].next();
        if (!cell) return false;
        cells[c] = *cell;
      }
      if (c != 0) text += ',';
      text += cells[c];
    }
    if (!tell(text)) return true;
  }
  return true;
}

}  // namespace entente::statistics
