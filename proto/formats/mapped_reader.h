// A table of text that is no SDMX, read by a mapping. One thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "entente/v1/mapping.pb.h"
#include "proto/contract/text_decoder.h"
#include "proto/formats/csv_reader.h"
#include "proto/formats/mapping.h"

namespace entente::statistics {

class MappedReader final : public Reader {
 public:
  // The id of the item of the component's codelist that has this title in some language; empty:
  // none, or several.
  using FindTitle = std::function<std::string(std::string_view component, std::string_view title)>;

  // Requires: check_mapping found nothing; `sink` outlives the reader.
  MappedReader(const Shape& shape, v1::Mapping mapping, FindTitle find_title, RowSink& sink);

  Status feed(std::string_view bytes) override;
  Status finish() override;

 private:
  struct Source {  // a column of the file
    const v1::MappedColumn* column = nullptr;
    std::size_t out = 0;
    std::map<std::string, std::string, std::less<>> titles;  // found before
  };
  using Cells = std::span<const std::string_view>;

  Status heading(std::uint64_t line, Cells cells);
  Status take(std::uint64_t line, Cells cells);
  void name_columns();
  [[nodiscard]] std::size_t out_of(std::string_view component) const;
  [[nodiscard]] bool passes(Cells cells) const;
  void put(std::size_t out, std::string_view text, Place place);
  void fail(std::size_t out, std::string_view text, Place place, std::string rule);
  void put_value(Source& source, std::string_view cell, Place place);
  void put_period(std::uint64_t line, Cells cells);
  void put_figure(const Source& source, std::string_view cell, Place place);

  const Shape shape_;
  const v1::Mapping mapping_;
  FindTitle find_title_;
  RowSink& sink_;
  TextDecoder decoder_;
  CsvReader rows_;
  std::string text_;
  bool has_heading_ = false;
  std::vector<Source> sources_;  // by the file's columns
  std::vector<std::size_t> figures_;
  std::vector<std::size_t> periods_;
  std::vector<std::string> names_;  // what goes out
  // The row at hand.
  std::vector<std::string> texts_;
  std::vector<std::string_view> cells_;
  std::vector<Place> places_;
  std::vector<std::string> faults_;
  bool has_faults_ = false;
};

}  // namespace entente::statistics
