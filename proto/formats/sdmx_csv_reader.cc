#include "proto/formats/sdmx_csv_reader.h"

#include "proto/contract/formula.h"

namespace entente::statistics {

SdmxCsvReader::SdmxCsvReader(const Shape& shape, RowSink& sink)
    : sink_(sink), texts_(shape.texts), reader_([this](std::uint64_t line, Cells cells) {
        return has_heading_ ? take_row(line, cells) : take_heading(line, cells);
      }) {}

Status SdmxCsvReader::take_heading(std::uint64_t line, Cells names) {
  has_heading_ = true;
  for (std::size_t i = 0; i < names.size(); ++i) {
    // Its title may stand behind it.
    const std::string id(names[i].substr(0, names[i].find(": ")));
    if (texts_.contains(id)) text_columns_.push_back(i);
  }
  return sink_.heading(line, names, false);
}

Status SdmxCsvReader::take_row(std::uint64_t line, Cells cells) {
  changed_.clear();
  for (const std::size_t column : text_columns_) {
    if (column >= cells.size()) break;
    const std::string_view text = without_quote(cells[column]);
    if (text.size() == cells[column].size()) continue;
    if (changed_.empty()) changed_.assign(cells.begin(), cells.end());
    changed_[column] = text;
  }
  return sink_.row({.line = line,
                    .cells = changed_.empty() ? cells : Cells(changed_),
                    .repeated = reader_.repeated()});
}

}  // namespace entente::statistics
