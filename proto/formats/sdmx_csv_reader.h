// SDMX-CSV: the first row names the columns, the others are as the reader of rows has them. One
// thread.
#pragma once

#include "proto/formats/csv_reader.h"
#include "proto/formats/reader.h"

namespace entente::statistics {

class SdmxCsvReader final : public Reader {
 public:
  // Requires: `sink` outlives the reader.
  explicit SdmxCsvReader(RowSink& sink)
      : reader_([this, &sink](std::uint64_t line, std::span<const std::string_view> cells) {
          if (has_heading_) {
            return sink.row({.line = line, .cells = cells, .repeated = reader_.repeated()});
          }
          has_heading_ = true;
          return sink.heading(line, cells, false);
        }) {}

  Status feed(std::string_view bytes) override { return reader_.feed(bytes); }
  Status finish() override { return reader_.finish(); }

 private:
  bool has_heading_ = false;
  CsvReader reader_;
};

}  // namespace entente::statistics
