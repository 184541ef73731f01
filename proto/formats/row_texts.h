// The rows of a file as plain texts: the same whatever format it came in, and on both sides of the
// line. What a party signs row by row (proto/contract/row_tree.h) is these.
//
// A text is the row's cells as they were read, codes without labels, as RFC 4180 writes them: what
// the row does (ACTION), the dimensions, the time, the figure, the attributes, in the structure's
// order; empty where the file has none. One thread.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/formats/reader.h"

namespace entente::statistics {

// A row's text, cell by cell; what it is of lives until the next row.
struct RowText {
  struct Cell {
    std::string_view text;  // with its quotes, if it needs any
    bool differs = false;   // from that of the row before; of the first row all do
  };
  std::span<const Cell> cells;
  std::size_t bytes = 0;  // of the text: the cells with commas between
  void append_to(std::string& out) const {
    for (const Cell& cell : cells) {
      if (&cell != &cells.front()) out += ',';
      out += cell.text;
    }
  }
};

class RowTexts final : public RowSink {
 public:
  // Told each row's text. What it answers ends the reading, if that is not Ok.
  using OnText = std::function<Status(const RowText& row)>;
  // What is found is handed on to `next`, too, which outlives this; null: to nobody.
  RowTexts(const Shape& shape, OnText on_text, RowSink* next = nullptr);

  [[nodiscard]] Status heading(std::uint64_t line, std::span<const std::string_view> names,
                               bool told) override;
  [[nodiscard]] Status row(const Row& row) override;
  void refers_to(Referent what, std::string_view reference, Place place) override;
  void sent_by(std::string_view id, Place place) override;
  void no_such_column(std::string_view id, Place place) override;
  void malformed(std::string_view text, Place place, std::string_view rule) override;

 private:
  // Marks in `row` what it finds repeated.
  Status tell(Row& row);

  OnText on_text_;
  RowSink* const next_;
  struct Column {
    std::string name;
    std::optional<std::size_t> source;  // which of the row's cells it is; none: the file has none
    std::uint64_t bit = 0;              // of that cell, in Row::repeated
    bool is_text = false;               // and never labelled
    bool labelled = false;
    std::string last;    // what stood there last
    std::string quoted;  // the same in quotes; empty: it needs none
  };
  std::vector<Column> columns_;
  std::vector<RowText::Cell> cells_;  // of the row at hand
  std::size_t bytes_ = 0;             // of its text
  std::size_t headings_ = 0;
  bool is_first_ = true;
};

// The names of a text's cells: `ACTION,FREQ,...,TIME_PERIOD,OBS_VALUE,OBS_STATUS`.
[[nodiscard]] std::string columns_of(const Shape& shape);
// The cells of a text; nothing: it is none.
[[nodiscard]] std::optional<std::vector<std::string>> cells_of(std::string_view text);

}  // namespace entente::statistics
