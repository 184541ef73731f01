// Reads rows of cells that commas (or another character) separate (RFC 4180, UTF-8, with or without
// BOM, LF or CRLF) as they come, holding no more than one row. Pure; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/status.h"

namespace entente::statistics {

class CsvReader {
 public:
  // `line` is that on which the row begins, from 1. The views live until it returns. Its Status
  // ends the reading.
  using OnRow = std::function<Status(std::uint64_t line, std::span<const std::string_view> cells)>;
  explicit CsvReader(OnRow on_row, char separator = ',')
      : on_row_(std::move(on_row)), separator_(separator) {}

  // InvalidArgument (ImportRefused): the file cannot be read on from here; the violation has line
  // and column. Empty rows are passed over.
  [[nodiscard]] Status feed(std::string_view bytes);
  [[nodiscard]] Status finish();
  // Of the row that is told: Row::repeated.
  [[nodiscard]] std::uint64_t repeated() const { return repeated_; }

 private:
  // How many bytes of `text` the first whole row has, its end included; 0: it is not whole yet.
  [[nodiscard]] std::size_t row_bytes(std::string_view text, bool last);
  Status take_rows(std::string_view text, bool last, std::size_t& taken);
  // The whole rows at the start of `text` that need no second look: ASCII, no quote.
  Status take_plain_rows(std::string_view text, std::size_t& taken);
  // `before`: the row that was told before it; empty: it is not at hand.
  Status end_plain_row(std::string_view row, std::string_view before);
  [[nodiscard]] std::uint64_t find_repeated(std::string_view row, std::string_view before) const;
  Status take_row(std::string_view row);
  Status split_quoted(std::string_view row);
  [[nodiscard]] Status fault(std::size_t column, const char* rule) const;

  OnRow on_row_;
  const char separator_;
  std::string pending_;      // a row that has begun
  std::size_t scanned_ = 0;  // how much of it was searched for its end
  bool in_quotes_ = false;   // at `scanned_`
  std::uint64_t line_ = 1;
  bool begun_ = false;
  std::vector<std::string_view> cells_;
  std::uint64_t repeated_ = 0;
  std::vector<std::string> unquoted_;
};

}  // namespace entente::statistics
