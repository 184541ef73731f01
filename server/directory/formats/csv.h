// Comma-separated values, RFC 4180: a strict reader, and a writer whose cells no spreadsheet runs
// as formulas. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace entente::directory {

struct CsvRow {
  std::uint64_t line = 0;           // one-based, on which it begins
  std::vector<std::string> fields;  // unquoted
  std::string fault;                // why the row could not be read; its fields then count nothing
  std::uint64_t fault_column = 0;   // one-based number of the field at fault
};

// Reads rows one after another, each from where the last ended. Keeps to RFC 4180: a quoted field
// is quoted whole, a quote in it is doubled, and a quote anywhere else is a fault; rows end with
// CRLF or LF. Rows without any byte are passed over. A faulty row ends at its line's end, so that
// the rows after it are still read; a quote never closed, or a row longer than
// limits::import_line_bytes_max, ends with the first line end within reach.
class CsvReader {
 public:
  // Requires: `text` outlives the reader.
  CsvReader(std::string_view text, char separator) : text_(text), separator_(separator) {}
  // Empty at the end.
  [[nodiscard]] std::optional<CsvRow> next();

 private:
  bool read_quoted(CsvRow& row, std::string& field);
  bool read_plain(CsvRow& row, std::string& field);
  void give_up(CsvRow& row, std::string fault, std::size_t row_start);
  [[nodiscard]] bool at_line_end() const;
  void take_line_end();

  std::string_view text_;
  char separator_;
  std::size_t at_ = 0;
  std::uint64_t line_ = 1;
};

// One cell: quoted where RFC 4180 asks for it; with an apostrophe before `=`, `+`, `-`, `@`, TAB or
// CR, which spreadsheets take for the beginning of a formula (and before an apostrophe that stands
// before one of these, so that reading it back gives the same text).
[[nodiscard]] std::string csv_cell(std::string_view text);
// What csv_cell() was given: takes that apostrophe off.
[[nodiscard]] std::string csv_text(std::string_view cell);

// Cells of a row, joined and ended with CRLF.
[[nodiscard]] std::string csv_row(const std::vector<std::string>& texts);

}  // namespace entente::directory
