#include "server/statistics/row_columns.h"

#include <optional>

#include "proto/contract/status.h"
#include "server/statistics/series/part.h"

namespace entente::statistics {
namespace {

constexpr std::size_t kBits = 8;

std::optional<std::string_view> take(std::string_view& bytes, std::uint64_t count) {
  if (count > bytes.size()) return std::nullopt;
  const std::string_view taken = bytes.substr(0, count);
  bytes.remove_prefix(count);
  return taken;
}

std::optional<std::string_view> take_sized(std::string_view& bytes) {
  const auto count = take_varint(bytes);
  return count ? take(bytes, *count) : std::nullopt;
}

}  // namespace

void ColumnWriter::add(const RowText& row) {
  const bool is_first = rows_++ == 0;
  if (is_first) columns_.resize(row.cells.size());
  ENTENTE_CHECK(row.cells.size() == columns_.size());
  const std::size_t marks = marks_.size();
  marks_.append((columns_.size() + kBits - 1) / kBits, '\0');
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (!is_first && !row.cells[c].differs) continue;
    append_varint(columns_[c], row.cells[c].text.size());
    columns_[c] += row.cells[c].text;
    char& mark = marks_[marks + c / kBits];
    mark = static_cast<char>(mark | (1 << (c % kBits)));
  }
}

void ColumnWriter::clear() {
  for (std::string& column : columns_) column.clear();
  marks_.clear();
  rows_ = 0;
}

std::string ColumnWriter::finish() const {
  std::string out;
  append_varint(out, columns_.size());
  append_varint(out, rows_);
  out += marks_;
  for (const std::string& column : columns_) {
    append_varint(out, column.size());
    out += column;
  }
  return out;
}

bool read_columns(std::string_view bytes, const std::function<bool(std::string_view)>& tell) {
  const auto count = take_varint(bytes);
  const auto rows = take_varint(bytes);
  if (!count || !rows || *count > bytes.size() || *rows > bytes.size()) return false;
  const std::size_t width = (*count + kBits - 1) / kBits;
  const auto marks = take(bytes, *rows * width);
  if (!marks) return false;
  std::vector<std::string_view> columns;
  for (std::uint64_t c = 0; c < *count; ++c) {
    const auto cells = take_sized(bytes);
    if (!cells) return false;
    columns.push_back(*cells);
  }
  std::vector<std::string_view> cells(*count);
  std::string text;
  for (std::uint64_t row = 0; row < *rows; ++row) {
    text.clear();
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if ((((*marks)[row * width + c / kBits] >> (c % kBits)) & 1) != 0) {
        const auto cell = take_sized(columns[c]);
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
