#include "server/statistics/checker.h"

#include <algorithm>
#include <cstring>

#include "server/statistics/structure/names.h"

namespace entente::statistics {
namespace {

using P = v1::Problem;

std::string ticked(std::string_view text) { return "`" + std::string(text.substr(0, 64)) + "`"; }

// Before `: `, which labels put behind a code.
std::string_view without_label(std::string_view text) { return text.substr(0, text.find(": ")); }

// A spreadsheet's overflow (1e308) is no figure, and would be all that there is of any sum.
constexpr int kExponentMax = 30;

constexpr std::size_t kMet = 256;         // a power of two
constexpr std::size_t kMetBytesMax = 15;  // texts without memory of their own

std::uint64_t word_at(const char* text, std::size_t size) {
  std::uint64_t word = 0;
  std::memcpy(&word, text, size);
  return word;
}

// As ==, without a call: cells are short and mostly those of the row before.
bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (a.size() >= 8 && a.size() <= 16) {
    const std::size_t tail = a.size() - 8;
    return word_at(a.data(), 8) == word_at(b.data(), 8) &&
           word_at(a.data() + tail, 8) == word_at(b.data() + tail, 8);
  }
  if (a.size() >= 4 && a.size() < 8) {
    const std::size_t tail = a.size() - 4;
    return word_at(a.data(), 4) == word_at(b.data(), 4) &&
           word_at(a.data() + tail, 4) == word_at(b.data() + tail, 4);
  }
  if (a.size() > 16) return a == b;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

std::size_t place_of(std::string_view cell) {
  std::uint64_t hash = cell.size();
  for (const char c : cell) hash = hash * 31 + static_cast<unsigned char>(c);
  return (hash ^ hash >> 8) % kMet;
}

}  // namespace

bool Checker::Column::recall(std::string_view cell) {
  if (met.empty() || cell.empty()) return false;
  const Met& one = met[place_of(cell)];
  if (!same(one.text, cell)) return false;
  last = cell;
  number = one.number;
  return true;
}

void Checker::Column::remember() {
  // An empty cell may be right in one row and wrong in the next.
  known = !last.empty();
  if (!known || last.size() > kMetBytesMax) return;
  met.resize(kMet);
  met[place_of(last)] = {last, number};
}

Checker::Checker(std::shared_ptr<const Flow> flow, std::string party, v1::UploadAction action,
                 Collector& collector, Problems& problems)
    : flow_(std::move(flow)),
      party_(std::move(party)),
      action_(action),
      collector_(collector),
      problems_(problems),
      codes_(flow_->dimension_lists.size()),
      attributes_(flow_->attribute_lists.size()) {
  const auto provision = flow_->provisions.find(party_);
  ENTENTE_CHECK(provision != flow_->provisions.end());
  const auto& areas = provision->second.wire.reference_areas();
  provided_ = {areas.begin(), areas.end()};
}

void Checker::say(P::Kind kind, std::uint64_t line, std::size_t at, std::string_view value,
                  std::string_view nearest, std::string_view text) {
  problems_.add(kind, line, at + 1, at < columns_.size() ? columns_[at].name : "", value, nearest,
                text);
}

Checker::Column Checker::column_of(std::string_view heading) const {
  Column column;
  column.labelled = heading.find(": ") != std::string_view::npos;
  heading = without_label(heading);
  column.name = heading;
  if (heading == "DATAFLOW" || heading == "STRUCTURE_ID") {
    column.role = Role::Structure;
  } else if (heading == "STRUCTURE" || heading.starts_with("STRUCTURE[")) {
    column.role = Role::StructureKind;
  } else if (heading == "ACTION") {
    column.role = Role::Action;
  } else if (heading == "STRUCTURE_NAME" || heading == "SERIES_KEY" || heading == "OBS_KEY") {
    column.role = Role::Ignored;
  } else if (heading == time_dimension) {
    column.role = Role::Time;
  } else if (heading == flow_->measure) {
    column.role = Role::Measure;
  } else if (const auto dimension = flow_->find_dimension(heading)) {
    column.role = Role::Dimension;
    column.index = *dimension;
  } else if (const auto attribute = flow_->find_attribute(heading)) {
    column.role = Role::Attribute;
    column.index = *attribute;
  }
  return column;
}

Status Checker::heading(std::uint64_t line, std::span<const std::string_view> cells) {
  std::set<std::string, std::less<>> seen;
  bool whole = true;
  const auto missing = [&](std::string_view name) {
    whole = false;
    problems_.add(P::MALFORMED, line, 0, name, "", "", "there is no column of this name");
  };
  for (std::size_t i = 0; i < cells.size(); ++i) {
    columns_.push_back(column_of(cells[i]));
    const Column& column = columns_.back();
    const bool is_known = column.role != Role::Ignored || column.name == "STRUCTURE_NAME" ||
                          column.name == "SERIES_KEY" || column.name == "OBS_KEY";
    if (!is_known) {
      say(P::MALFORMED, line, i, cells[i], "", "the dataflow's structure has no such column");
    }
    if (!seen.insert(column.name).second) {
      say(P::MALFORMED, line, i, cells[i], "", "the column is there twice");
      whole = false;
    }
    if (column.role == Role::Time) time_column_ = i;
    if (column.role == Role::Dimension && flow_->frequency == column.index) frequency_column_ = i;
  }
  if (cells.size() == 1 && cells[0].find_first_of(";\t|") != std::string_view::npos) {
    problems_.add(P::MALFORMED, line, 0, "", "", "",
                  "the columns are not separated by commas, as SDMX-CSV has them");
  }
  if (seen.count("DATAFLOW") == 0 && seen.count("STRUCTURE_ID") == 0) missing("DATAFLOW");
  for (const v1::Dimension& dimension : flow_->structure.dimensions()) {
    if (seen.count(dimension.id()) == 0) missing(dimension.id());
  }
  if (!time_column_) missing(time_dimension);
  if (seen.count(flow_->measure) == 0 && action_ != v1::DELETE) missing(flow_->measure);
  for (const v1::Attribute& attribute : flow_->structure.attributes()) {
    if (attribute.mandatory() && seen.count(attribute.id()) == 0 && action_ != v1::DELETE) {
      missing(attribute.id());
    }
  }
  if (whole) return {};
  return {Code::InvalidArgument, Reason::ImportRefused, "the heading lacks columns"};
}

bool Checker::check_structure(std::uint64_t line, std::size_t at, std::string_view cell) {
  const auto reference = parse_reference(cell);
  const auto name = parse_structure_name(flow_->wire.name(), "dataflows");
  if (reference && reference->agency == name->agency && reference->id == name->id) return true;
  say(P::WRONG_DATAFLOW, line, at, cell,
      name->agency + ":" + name->id + "(" + flow_->wire.version() + ")",
      ticked(cell) + " is not the dataflow that the upload is for");
  return false;
}

bool Checker::check_action(std::uint64_t line, std::size_t at, std::string_view cell) {
  withdraws_ = cell == "D";
  if (cell == "I" || cell == "A" || cell == "R" || cell == "M" || cell == "D") return true;
  say(P::UNKNOWN_CODE, line, at, cell, "", ticked(cell) + " is none of `I`, `A`, `R`, `M`, `D`");
  return false;
}

bool Checker::check_dimension(std::uint64_t line, std::size_t at, std::string_view cell) {
  const std::size_t dimension = columns_[at].index;
  const auto& list = flow_->dimension_lists[dimension];
  if (cell.empty()) {
    say(P::MISSING_VALUE, line, at, cell, "", "every dimension has a value");
    return false;
  }
  if (list && list->find(cell) == nullptr) {
    say(P::UNKNOWN_CODE, line, at, cell, problems_.keeps() ? list->nearest(cell) : "",
        ticked(cell) + " is not an item of " + list->wire().name());
    return false;
  }
  if (!list && !is_sdmx_id(cell)) {
    say(P::UNKNOWN_CODE, line, at, cell, "", ticked(cell) + " is no id");
    return false;
  }
  const auto& allowed = flow_->allowed[dimension];
  if (!allowed.empty() && !std::binary_search(allowed.begin(), allowed.end(), cell)) {
    say(P::NOT_ALLOWED, line, at, cell, "", "the dataflow does not take " + ticked(cell) + " here");
    return false;
  }
  if (flow_->reference_area == dimension && provided_.count(cell) == 0) {
    say(P::NOT_PROVIDED, line, at, cell, "",
        "parties/" + party_ + " has no provision to report for " + ticked(cell));
    return false;
  }
  return true;
}

bool Checker::check_attribute(std::uint64_t line, std::size_t at, std::string_view cell) {
  const std::size_t attribute = columns_[at].index;
  const auto& list = flow_->attribute_lists[attribute];
  if (cell.empty()) {
    if (!flow_->structure.attributes(static_cast<int>(attribute)).mandatory() || withdraws_) {
      return true;
    }
    say(P::MISSING_VALUE, line, at, cell, "", "a value must be given");
    return false;
  }
  if (list && list->find(cell) == nullptr) {
    say(P::UNKNOWN_CODE, line, at, cell, problems_.keeps() ? list->nearest(cell) : "",
        ticked(cell) + " is not an item of " + list->wire().name());
    return false;
  }
  if (cell.size() > 4'096) {
    say(P::TOO_LONG, line, at, cell, "", "is longer than 4096 bytes");
    return false;
  }
  return true;
}

bool Checker::check_time(std::uint64_t line, std::size_t at, std::string_view cell) {
  const auto period = parse_period(cell);
  if (!period) {
    say(P::BAD_PERIOD, line, at, cell, "",
        ticked(cell) + " is no period such as `2015`, `2015-Q1`, `2015-03`");
    return false;
  }
  one_.period = *period;
  return true;
}

bool Checker::check_measure(std::uint64_t line, std::size_t at, std::string_view cell) {
  if (withdraws_) return true;
  if (cell.empty() || cell == "NaN") {
    one_.kind = Kind::Missing;
    one_.value = {};
    return true;
  }
  const auto value = parse_decimal(cell);
  if (!value) {
    const bool comma = cell.find(',') != std::string_view::npos;
    say(P::BAD_NUMBER, line, at, cell, "",
        ticked(cell) + (comma ? " has a comma; figures have a point and no thousands separator"
                              : " is no figure of at most 18 digits"));
    return false;
  }
  if (value->exponent > kExponentMax || value->exponent < -kExponentMax) {
    say(P::BAD_NUMBER, line, at, cell, "",
        ticked(cell) + " is no figure that anything is counted by");
    return false;
  }
  one_.kind = Kind::Value;
  one_.value = *value;
  return true;
}

bool Checker::check_cell(std::uint64_t line, std::size_t at, std::string_view cell) {
  Column& column = columns_[at];
  if (column.labelled) cell = without_label(cell);
  switch (column.role) {
    case Role::Ignored:
      return true;
    case Role::StructureKind:
      if (cell == "dataflow") return true;
      say(P::WRONG_DATAFLOW, line, at, cell, "dataflow", ticked(cell) + " is not read");
      return false;
    case Role::Time:
      return check_time(line, at, cell);
    case Role::Measure:
      return check_measure(line, at, cell);
    case Role::Action:
      return check_action(line, at, cell);
    default:
      break;
  }
  const bool again = column.known && same(column.last, cell);
  if (!again && !column.recall(cell)) {
    const bool right = column.role == Role::Structure   ? check_structure(line, at, cell)
                       : column.role == Role::Dimension ? check_dimension(line, at, cell)
                                                        : check_attribute(line, at, cell);
    if (!right) return false;
    column.last = cell;
    if (column.role == Role::Dimension) column.number = collector_.code(column.index, cell);
    if (column.role == Role::Attribute) column.number = collector_.attribute(column.index, cell);
    column.remember();
  }
  if (column.role == Role::Dimension) codes_[column.index] = column.number;
  if (column.role == Role::Attribute) attributes_[column.index] = column.number;
  return true;
}

bool Checker::check_frequency(std::uint64_t line) {
  if (!frequency_column_) return true;
  const std::string& code = columns_[*frequency_column_].last;
  const auto frequency = frequency_of(code);
  if (!frequency || *frequency == one_.period.frequency) return true;
  say(P::WRONG_FREQUENCY, line, *time_column_, to_text(one_.period), "",
      ticked(to_text(one_.period)) + " is not a period of frequency " + ticked(code));
  return false;
}

Status Checker::row(std::uint64_t line, std::span<const std::string_view> cells) {
  ++rows_;
  if (cells.size() != columns_.size()) {
    problems_.add(P::MALFORMED, line, 0, "", "", "",
                  "there are " + std::to_string(cells.size()) + " cells under " +
                      std::to_string(columns_.size()) + " headings");
    return {};
  }
  one_ = {.period = {}, .kind = Kind::Missing, .value = {}, .circle = Circle::Shared, .line = line};
  withdraws_ = action_ == v1::DELETE;
  bool right = true;
  for (std::size_t i = 0; i < cells.size(); ++i) right = check_cell(line, i, cells[i]) && right;
  right = right && check_frequency(line);
  if (!right) return {};
  if (withdraws_) {
    one_.kind = Kind::Withdrawn;
    one_.value = {};
    std::fill(attributes_.begin(), attributes_.end(), 0U);
  }
  for (const Column& column : columns_) {
    const bool tells = column.role == Role::Attribute && flow_->confidentiality == column.index;
    if (tells && !withdraws_ && !column.last.empty() && column.last != "F") {
      one_.circle = Circle::Confidential;
    }
  }
  if (flow_->reference_area) {
    const auto circle = static_cast<std::size_t>(one_.circle);
    const std::uint32_t area = codes_[*flow_->reference_area];
    if (last_area_[circle] != area) {
      last_area_[circle] = area;
      for (const Column& column : columns_) {
        if (column.role == Role::Dimension && column.index == *flow_->reference_area) {
          areas_[circle].insert(column.last);
        }
      }
    }
  }
  return collector_.add(codes_, attributes_, one_);
}

}  // namespace entente::statistics
