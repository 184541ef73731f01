#include "proto/formats/row_texts.h"

#include <algorithm>

#include "proto/formats/csv_reader.h"

namespace entente::statistics {
namespace {

std::vector<std::string> names_of(const Shape& shape) {
  std::vector<std::string> names = {"ACTION"};
  names.insert(names.end(), shape.dimensions.begin(), shape.dimensions.end());
  names.push_back(shape.time);
  names.push_back(shape.measure);
  names.insert(names.end(), shape.attributes.begin(), shape.attributes.end());
  return names;
}

void append_cell(std::string& out, std::string_view cell) {
  if (cell.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += cell;
    return;
  }
  out += '"';
  for (const char c : cell) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

// Before `: `, which labels put behind a code.
std::string_view without_label(std::string_view text) { return text.substr(0, text.find(": ")); }

}  // namespace

RowTexts::RowTexts(const Shape& shape, OnText on_text, RowSink* next)
    : on_text_(std::move(on_text)), next_(next) {
  for (std::string& name : names_of(shape)) columns_.emplace_back().name = std::move(name);
}

Status RowTexts::heading(std::uint64_t line, std::span<const std::string_view> names, bool told) {
  for (const std::string_view name : names) {
    const auto found = std::find_if(columns_.begin(), columns_.end(), [&](const Column& one) {
      return one.name == without_label(name);
    });
    if (found != columns_.end()) {
      found->source = headings_;
      found->labelled = name.find(": ") != std::string_view::npos;
    }
    ++headings_;
  }
  return next_ != nullptr ? next_->heading(line, names, told) : Status();
}

Status RowTexts::row(const Row& row) {
  ENTENTE_TRY_VOID(tell(row));
  return next_ != nullptr ? next_->row(row) : Status();
}

// What comes first is mostly as it was, and is not written anew.
Status RowTexts::tell(const Row& row) {
  std::size_t same = text_.size();
  bool differs = text_.empty();
  std::size_t end = 0;
  for (Column& column : columns_) {
    std::string_view cell;
    if (column.source && *column.source < row.cells.size()) cell = row.cells[*column.source];
    if (column.labelled) cell = without_label(cell);
    const bool again = cell == column.last;
    if (again && !differs) {
      end = column.end;
      continue;
    }
    if (!differs) {
      differs = true;
      text_.resize(end);
    }
    same = std::min(same, end);
    if (&column != &columns_.front()) text_ += ',';
    append_cell(text_, cell);
    column.end = text_.size();
    if (!again) column.last = cell;
  }
  return on_text_(text_, same);
}

void RowTexts::refers_to(Referent what, std::string_view reference, Place place) {
  if (next_ != nullptr) next_->refers_to(what, reference, place);
}

void RowTexts::sent_by(std::string_view id, Place place) {
  if (next_ != nullptr) next_->sent_by(id, place);
}

void RowTexts::no_such_column(std::string_view id, Place place) {
  if (next_ != nullptr) next_->no_such_column(id, place);
}

void RowTexts::malformed(std::string_view text, Place place, std::string_view rule) {
  if (next_ != nullptr) next_->malformed(text, place, rule);
}

std::string columns_of(const Shape& shape) {
  std::string out;
  for (const std::string& name : names_of(shape)) {
    if (!out.empty()) out += ',';
    append_cell(out, name);
  }
  return out;
}

std::optional<std::vector<std::string>> cells_of(std::string_view text) {
  std::vector<std::vector<std::string>> rows;
  CsvReader reader([&](std::uint64_t, std::span<const std::string_view> cells) {
    rows.emplace_back(cells.begin(), cells.end());
    return Status();
  });
  if (!reader.feed(text).ok() || !reader.finish().ok() || rows.size() != 1) return std::nullopt;
  return rows.front();
}

}  // namespace entente::statistics
