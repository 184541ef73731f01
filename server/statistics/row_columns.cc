#include "server/statistics/row_columns.h"

#include <optional>

#include "proto/contract/status.h"
#include "server/statistics/series/part.h"

namespace entente::statistics {
namespace {

constexpr std::size_t kBits = 8;

// Where the cell ends that begins at `from`: before a comma that is in no quotes, or at the end.
std::size_t end_of_cell(std::string_view text, std::size_t from) {
  bool quoted = false;
  for (std::size_t at = from; at < text.size(); ++at) {
    if (text[at] == '"') quoted = !quoted;
    if (text[at] == ',' && !quoted) return at;
  }
  return text.size();
}

std::size_t cells_in(std::string_view text) {
  std::size_t cells = 0;
  for (std::size_t from = 0; from <= text.size(); from = end_of_cell(text, from) + 1) ++cells;
  return cells;
}

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

void ColumnWriter::add(std::string_view text, std::size_t same) {
  const bool is_first = rows_++ == 0;
  if (is_first) columns_.resize(cells_in(text));
  const std::size_t marks = marks_.size();
  marks_.append((columns_.size() + kBits - 1) / kBits, '\0');
  // What ends before anything new begins is as it was.
  std::size_t c = 0;
  while (!is_first && c < columns_.size() && columns_[c].end < same) ++c;
  std::size_t from = c == 0 ? 0 : columns_[c - 1].end + 1;
  for (; c < columns_.size() && from <= text.size(); ++c) {
    Column& column = columns_[c];
    column.end = end_of_cell(text, from);
    const std::string_view cell = text.substr(from, column.end - from);
    from = column.end + 1;
    if (!is_first && cell == column.last) continue;
    column.last = cell;
    append_varint(column.cells, cell.size());
    column.cells += cell;
    char& mark = marks_[marks + c / kBits];
    mark = static_cast<char>(mark | (1 << (c % kBits)));
  }
  ENTENTE_CHECK(c == columns_.size() && from == text.size() + 1);
}

std::string ColumnWriter::finish() const {
  std::string out;
  append_varint(out, columns_.size());
  append_varint(out, rows_);
  out += marks_;
  for (const Column& column : columns_) {
    append_varint(out, column.cells.size());
    out += column.cells;
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
