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

template <typename Texts>
std::string joined(const Texts& cells) {
  std::string out;
  for (const auto& cell : cells) {
    if (&cell != &cells.front()) out += ',';
    if (std::string_view(cell).find_first_of(",\"\r\n") == std::string_view::npos) {
      out += cell;
      continue;
    }
    out += '"';
    for (const char c : cell) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    out += '"';
  }
  return out;
}

// Before `: `, which labels put behind a code.
std::string_view without_label(std::string_view text) { return text.substr(0, text.find(": ")); }

}  // namespace

RowTexts::RowTexts(const Shape& shape, RowSink* next) : next_(next), names_(names_of(shape)) {}

Status RowTexts::heading(std::uint64_t line, std::span<const std::string_view> names, bool told) {
  for (const std::string_view name : names) {
    const auto found = std::find(names_.begin(), names_.end(), without_label(name));
    labelled_.push_back(name.find(": ") != std::string_view::npos);
    places_.emplace_back();
    if (found != names_.end()) places_.back() = static_cast<std::size_t>(found - names_.begin());
  }
  return next_ != nullptr ? next_->heading(line, names, told) : Status();
}

Status RowTexts::row(const Row& row) {
  if (whole_) keep(row);
  return next_ != nullptr ? next_->row(row) : Status();
}

void RowTexts::keep(const Row& row) {
  cells_.assign(names_.size(), {});
  for (std::size_t i = 0; i < std::min(row.cells.size(), places_.size()); ++i) {
    if (!places_[i]) continue;
    cells_[*places_[i]] = labelled_[i] ? without_label(row.cells[i]) : row.cells[i];
  }
  rows_.push_back(joined(cells_));
  bytes_ += rows_.back().size();
  if (rows_.size() <= row_tree::rows_max && bytes_ <= row_tree::bytes_max) return;
  whole_ = false;
  rows_ = {};
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

std::string columns_of(const Shape& shape) { return joined(names_of(shape)); }

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
