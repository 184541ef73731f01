// SDMX-CSV: the first row names the columns, the others are as the reader of rows has them, but for
// the quote that stands before a text so that no spreadsheet runs it. One thread.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "proto/formats/csv_reader.h"
#include "proto/formats/reader.h"

namespace entente::statistics {

class SdmxCsvReader final : public Reader {
 public:
  // Requires: `sink` outlives the reader.
  SdmxCsvReader(const Shape& shape, RowSink& sink);

  Status feed(std::string_view bytes) override { return reader_.feed(bytes); }
  Status finish() override { return reader_.finish(); }

 private:
  using Cells = std::span<const std::string_view>;
  Status take_heading(std::uint64_t line, Cells names);
  Status take_row(std::uint64_t line, Cells cells);

  RowSink& sink_;
  const std::set<std::string> texts_;
  bool has_heading_ = false;
  std::vector<std::size_t> text_columns_;  // ascending
  std::vector<std::string_view> changed_;  // the row at hand, if any of its texts has a quote
  CsvReader reader_;
};

}  // namespace entente::statistics
