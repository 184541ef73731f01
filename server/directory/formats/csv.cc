#include "server/directory/formats/csv.h"

#include <algorithm>
#include <utility>

#include "proto/contract/limits.h"

namespace entente::directory {
namespace {

bool begins_formula(std::string_view text) {
  return !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
}

// An apostrophe of ours stands before these: any number of apostrophes, then a formula.
bool needs_apostrophe(std::string_view text) {
  const std::size_t first = text.find_first_not_of('\'');
  return first != std::string_view::npos && begins_formula(text.substr(first));
}

}  // namespace

bool CsvReader::at_line_end() const {
  return at_ >= text_.size() || text_[at_] == '\n' ||
         (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n');
}

void CsvReader::take_line_end() {
  if (at_ < text_.size() && text_[at_] == '\r') ++at_;
  if (at_ < text_.size()) {
    ++at_;
    ++line_;
  }
}

// Leaves the row behind: goes on after the end of the line on which it began.
void CsvReader::give_up(CsvRow& row, std::string fault, std::size_t row_start) {
  row.fault = std::move(fault);
  row.fault_column = row.fields.size() + 1;
  line_ = row.line;
  const std::size_t end = text_.find('\n', row_start);
  at_ = end == std::string_view::npos ? text_.size() : end;
  take_line_end();
}

// After the opening quote. False if the row is faulty.
bool CsvReader::read_quoted(CsvRow& row, std::string& field) {
  const std::size_t start = at_;
  while (at_ < text_.size()) {
    if (at_ - start > limits::import_line_bytes_max) break;
    const char c = text_[at_++];
    if (c == '\n') ++line_;
    if (c != '"') {
      field += c;
    } else if (at_ < text_.size() && text_[at_] == '"') {
      field += '"';
      ++at_;
    } else if (at_line_end() || text_[at_] == separator_) {
      return true;
    } else {
      row.fault = "text after the closing quote";
      return false;
    }
  }
  row.fault = "a quote that is not closed";
  return false;
}

bool CsvReader::read_plain(CsvRow& row, std::string& field) {
  while (!at_line_end() && text_[at_] != separator_) {
    const char c = text_[at_++];
    if (c == '"' || c == '\r') {
      row.fault = c == '"' ? "a quote within a field that is not quoted"
                           : "a carriage return without a line feed";
      return false;
    }
    field += c;
  }
  return true;
}

std::optional<CsvRow> CsvReader::next() {
  while (at_ < text_.size() && at_line_end()) take_line_end();
  if (at_ >= text_.size()) return std::nullopt;
  CsvRow row;
  row.line = line_;
  const std::size_t start = at_;
  while (true) {
    std::string field;
    bool good = false;
    if (at_ < text_.size() && text_[at_] == '"') {
      ++at_;
      good = read_quoted(row, field);
    } else {
      good = read_plain(row, field);
    }
    if (good && at_ - start > limits::import_line_bytes_max) {
      row.fault = "longer than a row may be";
      good = false;
    }
    if (good && row.fields.size() >= limits::import_columns_max) {
      row.fault = "more fields than a row may have";
      good = false;
    }
    if (!good) {
      give_up(row, row.fault, start);
      return row;
    }
    row.fields.push_back(std::move(field));
    if (at_line_end()) break;
    ++at_;  // the separator
  }
  take_line_end();
  return row;
}

std::string csv_cell(std::string_view text) {
  std::string cell;
  if (needs_apostrophe(text)) cell += '\'';
  cell += text;
  const bool guarded = needs_apostrophe(text);
  if (!guarded && cell.find_first_of("\",;\t\r\n") == std::string::npos &&
      (cell.empty() || (cell.front() != ' ' && cell.back() != ' '))) {
    return cell;
  }
  std::string quoted = "\"";
  for (const char c : cell) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string csv_text(std::string_view cell) {
  if (!cell.empty() && cell.front() == '\'' && needs_apostrophe(cell.substr(1))) {
    cell.remove_prefix(1);
  }
  return std::string(cell);
}

std::string csv_row(const std::vector<std::string>& texts) {
  std::string row;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i != 0) row += ',';
    row += csv_cell(texts[i]);
  }
  return row + "\r\n";
}

}  // namespace entente::directory
