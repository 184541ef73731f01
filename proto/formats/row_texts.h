// The rows of a file as plain texts: the same whatever format it came in, and on both sides of the
// line. What a party signs row by row (proto/contract/row_tree.h) is these.
//
// A text is the row's cells as they were read, without labels, as RFC 4180 writes them: what the
// row does (ACTION), the dimensions, the time, the figure, the attributes, in the structure's
// order; empty where the file has none. One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/row_tree.h"
#include "proto/formats/reader.h"

namespace entente::statistics {

class RowTexts final : public RowSink {
 public:
  // What is found is handed on to `next`, too, which outlives this; null: to nobody.
  explicit RowTexts(const Shape& shape, RowSink* next = nullptr);

  [[nodiscard]] Status heading(std::uint64_t line, std::span<const std::string_view> names,
                               bool told) override;
  [[nodiscard]] Status row(const Row& row) override;
  void refers_to(Referent what, std::string_view reference, Place place) override;
  void sent_by(std::string_view id, Place place) override;
  void no_such_column(std::string_view id, Place place) override;
  void malformed(std::string_view text, Place place, std::string_view rule) override;

  // Null: there are too many to be signed one by one.
  [[nodiscard]] const std::vector<std::string>* rows() const { return whole_ ? &rows_ : nullptr; }

 private:
  void keep(const Row& row);

  RowSink* const next_;
  std::vector<std::string> names_;
  // Of each of the row's cells its place in the text; none: it is none of the text's.
  std::vector<std::optional<std::size_t>> places_;
  std::vector<bool> labelled_;
  std::vector<std::string_view> cells_;  // of the row at hand
  std::vector<std::string> rows_;
  std::size_t bytes_ = 0;
  bool whole_ = true;
};

// The names of a text's cells: `ACTION,FREQ,...,TIME_PERIOD,OBS_VALUE,OBS_STATUS`.
[[nodiscard]] std::string columns_of(const Shape& shape);
// The cells of a text; nothing: it is none.
[[nodiscard]] std::optional<std::vector<std::string>> cells_of(std::string_view text);

}  // namespace entente::statistics
