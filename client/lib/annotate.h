// The file that was refused, with a column more that says what is wrong with each row: to hand to
// whoever keeps it. No cell of it runs as a formula in a spreadsheet. Any thread.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "entente/v1/statistics.pb.h"
#include "proto/contract/status.h"

namespace entente::client {

struct TableForm {
  char separator = ',';
  std::string encoding;  // as a mapping names it; empty: by the file's mark, or UTF-8
};

// Writes the table (SDMX-CSV, or any that a mapping is for) row by row, in UTF-8, and behind it
// what holds for the whole file. InvalidArgument: the file cannot be read, or `out` not written.
[[nodiscard]] Status annotate_table(const std::string& path, const TableForm& form,
                                    const v1::UploadReport& report, std::ostream& out);
// Of a message, which is no table: its faults as one, each with the line that it is on.
[[nodiscard]] Status annotate_message(const std::string& path, const v1::UploadReport& report,
                                      std::ostream& out);

// A cell: quoted where it must be; with an apostrophe before what a spreadsheet would run.
[[nodiscard]] std::string safe_cell(std::string_view text, char separator);

// `3 x UNKNOWN_CODE, 1 x BAD_NUMBER`
[[nodiscard]] std::string counts_text(const v1::UploadReport& report);

}  // namespace entente::client
