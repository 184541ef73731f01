#include "proto/formats/row_texts.h"

#include <algorithm>
#include <cstring>

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

bool needs_quotes(std::string_view cell) {
  bool needs = false;
  for (const char c : cell) needs |= c == ',' || c == '"' || c == '\r' || c == '\n';
  return needs;
}

std::string in_quotes(std::string_view cell) {
  std::string out = "\"";
  for (const char c : cell) out.append(c == '"' ? 2 : 1, c);
  return out += '"';
}

std::uint64_t word_at(const char* text, std::size_t size) {
  std::uint64_t word = 0;
  std::memcpy(&word, text, size);
  return word;
}

// As ==, without a call where they are short, as most are.
bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (a.size() > 16) return a == b;
  if (a.size() >= 8) {
    const std::size_t tail = a.size() - 8;
    return word_at(a.data(), 8) == word_at(b.data(), 8) &&
           word_at(a.data() + tail, 8) == word_at(b.data() + tail, 8);
  }
  if (a.size() >= 4) {
    const std::size_t tail = a.size() - 4;
    return word_at(a.data(), 4) == word_at(b.data(), 4) &&
           word_at(a.data() + tail, 4) == word_at(b.data() + tail, 4);
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

// Before `: `, which labels put behind a code.
std::string_view without_label(std::string_view text) { return text.substr(0, text.find(": ")); }

}  // namespace

RowTexts::RowTexts(const Shape& shape, OnText on_text, RowSink* next)
    : on_text_(std::move(on_text)), next_(next) {
  for (std::string& name : names_of(shape)) {
    Column& column = columns_.emplace_back();
    column.is_text = shape.texts.contains(name);
    column.name = std::move(name);
  }
  cells_.resize(columns_.size());
  bytes_ = columns_.size() - 1;  // commas
}

Status RowTexts::heading(std::uint64_t line, std::span<const std::string_view> names, bool told) {
  for (const std::string_view name : names) {
    const auto found = std::find_if(columns_.begin(), columns_.end(), [&](const Column& one) {
      return one.name == without_label(name);
    });
    if (found != columns_.end()) {
      found->source = headings_;
      found->bit = headings_ < 64 ? std::uint64_t{1} << headings_ : 0;
      found->labelled = !found->is_text && name.find(": ") != std::string_view::npos;
    }
    ++headings_;
  }
  return next_ != nullptr ? next_->heading(line, names, told) : Status();
}

Status RowTexts::row(const Row& row) {
  Row marked = row;
  ENTENTE_TRY_VOID(tell(marked));
  return next_ != nullptr ? next_->row(marked) : Status();
}

// Most cells are as they were, and are not looked at again, here or by who comes next.
Status RowTexts::tell(Row& row) {
  if (is_first_) row.repeated = 0;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    Column& column = columns_[c];
    RowText::Cell& told = cells_[c];
    if ((row.repeated & column.bit) != 0) {
      told.differs = false;
      continue;
    }
    std::string_view cell;
    if (column.source && *column.source < row.cells.size()) cell = row.cells[*column.source];
    if (column.labelled) cell = without_label(cell);
    told.differs = is_first_ || !same(cell, column.last);
    if (!told.differs) {
      if (!column.labelled) row.repeated |= column.bit;
      continue;
    }
    column.last = cell;
    column.quoted.clear();
    if (needs_quotes(cell)) column.quoted = in_quotes(cell);
    bytes_ -= told.text.size();
    told.text = column.quoted.empty() ? column.last : column.quoted;
    bytes_ += told.text.size();
  }
  is_first_ = false;
  return on_text_({.cells = cells_, .bytes = bytes_});
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
    out += needs_quotes(name) ? in_quotes(name) : name;
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
