#include "proto/formats/row_builder.h"

#include <algorithm>

#include "proto/contract/upload_limits.h"

namespace entente::statistics {

RowBuilder::RowBuilder(const Shape& shape, RowSink& sink)
    : sink_(sink), dimensions_(shape.dimensions.size()) {
  names_ = shape.dimensions;
  names_.push_back(shape.time);
  names_.push_back(shape.measure);
  names_.insert(names_.end(), shape.attributes.begin(), shape.attributes.end());
  names_.emplace_back("ACTION");
  // What to do is no component, so a name in a message never leads to it.
  for (std::size_t i = 0; i + 1 < names_.size(); ++i) columns_.emplace(names_[i], i);
  for (Cells& level : levels_) level.resize(names_.size());
  cells_.resize(names_.size());
  places_.resize(names_.size());
}

Status RowBuilder::begin(std::uint64_t line) {
  const std::vector<std::string_view> names(names_.begin(), names_.end());
  return sink_.heading(line, names, true);
}

std::optional<std::size_t> RowBuilder::column(std::string_view id, Place place) {
  const auto found = columns_.find(id);
  if (found != columns_.end()) return found->second;
  if (unknown_.size() < limits::upload_problems_max && unknown_.emplace(id, true).second) {
    sink_.no_such_column(id, place);
  }
  return std::nullopt;
}

void RowBuilder::set(Level level, std::size_t column, std::string_view text, Place place) {
  Cell& cell = levels_[level][column];
  if (!cell.given) given_[level].push_back(column);
  cell.text.assign(text);
  cell.place = place;
  cell.given = true;
}

void RowBuilder::set_default(std::size_t column, std::string_view text, Place place) {
  defaults_.push_back({column, {.text = std::string(text), .place = place, .given = true}});
}

void RowBuilder::clear(Level level) {
  for (std::size_t i = level; i < levels_.size(); ++i) {
    for (const std::size_t column : given_[i]) levels_[i][column].given = false;
    given_[i].clear();
    had_rows_[i] = false;
  }
  if (level != DataSet) return;
  defaults_.clear();
  groups_.clear();
  group_bytes_ = 0;
  group_count_ = 0;
}

std::string RowBuilder::key_of(const std::vector<std::size_t>& dimensions) const {
  std::string key;
  for (const std::size_t column : dimensions) key.append(cells_[column]).push_back('\0');
  return key;
}

Status RowBuilder::add_group(Place place) {
  Group group;
  std::vector<std::size_t> dimensions;
  std::vector<std::size_t>& given = given_[Observation];
  std::sort(given.begin(), given.end());
  for (const std::size_t column : given) {
    Cell& cell = levels_[Observation][column];
    group_bytes_ += cell.text.size() + sizeof(Cell);
    if (column <= dimensions_) {
      dimensions.push_back(column);
      cells_[column] = cell.text;
    } else {
      group.attributes.emplace_back(column, cell);
    }
  }
  if (!group.attributes.empty()) {
    if (had_rows_[DataSet]) {
      return unreadable_at(place, "what holds for a group must stand before the figures");
    }
    if (dimensions.empty()) {
      for (const auto& [column, cell] : group.attributes) {
        set(DataSet, column, cell.text, cell.place);
      }
      clear(Observation);
      return {};
    }
    if (++group_count_ > limits::upload_groups_max ||
        group_bytes_ > limits::upload_held_bytes_max) {
      return unreadable_at(place, "there are too many groups in one data set");
    }
    auto same = std::find_if(groups_.begin(), groups_.end(),
                             [&](const Groups& groups) { return groups.dimensions == dimensions; });
    if (same == groups_.end()) {
      if (groups_.size() == limits::attributes_max) {
        return unreadable_at(place, "there are too many kinds of groups in one data set");
      }
      groups_.push_back({.dimensions = dimensions, .by_key = {}});
      same = std::prev(groups_.end());
    }
    Group& there = same->by_key[key_of(dimensions)];
    there.attributes.insert(there.attributes.end(), group.attributes.begin(),
                            group.attributes.end());
  }
  clear(Observation);
  return {};
}

void RowBuilder::put_groups() {
  for (const Groups& groups : groups_) {
    const auto group = groups.by_key.find(key_of(groups.dimensions));
    if (group == groups.by_key.end()) continue;
    for (const auto& [column, cell] : group->second.attributes) {
      if (levels_[Series][column].given || levels_[Observation][column].given) continue;
      cells_[column] = cell.text;
      places_[column] = cell.place;
    }
  }
}

bool RowBuilder::put_defaults() {
  if (cells_.back() == "D") return false;
  bool any = false;
  for (const auto& [column, cell] : defaults_) {
    if (!cells_[column].empty()) continue;
    cells_[column] = cell.text;
    places_[column] = cell.place;
    any = true;
  }
  return any;
}

Status RowBuilder::emit(std::uint64_t line) {
  for (std::size_t column = 0; column < cells_.size(); ++column) {
    cells_[column] = {};
    places_[column] = {.line = line, .column = 0};
    for (std::size_t level = levels_.size(); level-- > 0;) {
      const Cell& cell = levels_[level][column];
      if (!cell.given) continue;
      cells_[column] = cell.text;
      places_[column] = cell.place;
      break;
    }
  }
  put_groups();
  const bool assumes = put_defaults();
  if (cells_.back().empty()) cells_.back() = "I";
  had_rows_[DataSet] = true;
  had_rows_[Series] = true;
  ++rows_;
  return sink_.row({.line = line, .cells = cells_, .places = places_, .assumes = assumes});
}

std::string_view action_letter(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kWords = {
      {{"Information", "I"}, {"Append", "A"}, {"Replace", "R"}, {"Merge", "M"}, {"Delete", "D"}}};
  for (const auto& [name, letter] : kWords) {
    if (word.size() == name.size() &&
        std::equal(word.begin(), word.end(), name.begin(),
                   [](char a, char b) { return (a | 0x20) == (b | 0x20); })) {
      return letter;
    }
  }
  return word;
}

}  // namespace entente::statistics
