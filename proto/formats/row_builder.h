// Puts rows together from values that stand at several levels of a message: the data set's, a
// group's, the series's, the observation's own. The nearest level counts. One thread.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "proto/formats/reader.h"

namespace entente::statistics {

class RowBuilder {
 public:
  enum Level : std::uint8_t { DataSet = 0, Series = 1, Observation = 2 };

  RowBuilder(const Shape& shape, RowSink& sink);

  // Tells the sink the columns: dimensions, time, figure, attributes, and what is to be done.
  [[nodiscard]] Status begin(std::uint64_t line);

  // The column of that name; if there is none, the sink is told, once.
  [[nodiscard]] std::optional<std::size_t> column(std::string_view id, Place place);
  [[nodiscard]] std::size_t time() const { return dimensions_; }
  [[nodiscard]] std::size_t measure() const { return dimensions_ + 1; }
  [[nodiscard]] std::size_t action() const { return names_.size() - 1; }

  void set(Level level, std::size_t column, std::string_view text, Place place);
  // What the column has in rows to which neither a level nor a group gives anything; of what is
  // deleted no row has it.
  void set_default(std::size_t column, std::string_view text, Place place);
  // Forgets the level and those below it; of the data set its groups and defaults, too.
  void clear(Level level);
  // What stands at the level of the observation (dimensions and attributes) holds for every row
  // that has these dimensions, and for the whole data set if there is none; forgets that level.
  // InvalidArgument: rows of this data set came before, or too many groups.
  [[nodiscard]] Status add_group(Place place);
  // As heading() and row() of the sink.
  [[nodiscard]] Status emit(std::uint64_t line);

  // Whether rows came that this level of the data set, or of the series, at hand stands behind:
  // what is set there now would hold for none of them.
  [[nodiscard]] bool had_rows(Level level) const { return had_rows_[level]; }
  [[nodiscard]] std::uint64_t rows() const { return rows_; }

 private:
  struct Cell {
    std::string text;
    Place place;
    bool given = false;
  };
  using Cells = std::vector<Cell>;
  struct Group {
    std::vector<std::pair<std::size_t, Cell>> attributes;
  };
  struct Groups {  // those over the same dimensions
    std::vector<std::size_t> dimensions;
    std::unordered_map<std::string, Group> by_key;
  };

  void put_groups();
  // Whether there was any to put.
  bool put_defaults();
  [[nodiscard]] std::string key_of(const std::vector<std::size_t>& dimensions) const;

  RowSink& sink_;
  std::size_t dimensions_ = 0;
  std::vector<std::string> names_;
  std::map<std::string, std::size_t, std::less<>> columns_;
  std::map<std::string, bool, std::less<>> unknown_;
  std::array<Cells, 3> levels_;
  std::array<std::vector<std::size_t>, 3> given_;  // columns
  std::vector<std::pair<std::size_t, Cell>> defaults_;
  std::vector<Groups> groups_;
  std::size_t group_bytes_ = 0;
  std::size_t group_count_ = 0;
  std::array<bool, 3> had_rows_ = {};  // of this data set and series; never of an observation
  std::uint64_t rows_ = 0;
  // The row at hand.
  std::vector<std::string_view> cells_;
  std::vector<Place> places_;
};

// `I`, `A`, `R`, `M`, `D` for what SDMX-ML and SDMX-JSON call an action; itself if it is none.
[[nodiscard]] std::string_view action_letter(std::string_view word);

}  // namespace entente::statistics
