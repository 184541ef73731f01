#include "server/statistics/checker.h"

#include <algorithm>
#include <cstring>

#include "proto/contract/markup.h"
#include "server/statistics/structure/names.h"

namespace entente::statistics {
namespace {

using P = v1::Problem;

std::string ticked(std::string_view text) { return "`" + std::string(text.substr(0, 64)) + "`"; }

// `U+001B`
std::string code_point(char32_t character) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text = "U+";
  for (int shift = 12; shift >= 0; shift -= 4) text += kDigits[character >> shift & 0xFU];
  return text;
}

// Before `: `, which labels put behind a code.
std::string_view without_label(std::string_view text) { return text.substr(0, text.find(": ")); }

// Whether the dataflow's whole audience sees it: what is for other eyes is named to nobody.
bool is_for_all(const Flow::Provision& provision) {
  return provision.shared == policy::AudienceId::Nobody;
}

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
  known = true;
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

// Of a row's cell, or of the heading's while there is no row.
void Checker::say(P::Kind kind, std::size_t at, std::string_view value, std::string_view nearest,
                  std::string_view text) {
  Place place{.line = row_->line, .column = static_cast<std::uint32_t>(at + 1)};
  if (at < row_->places.size()) place = row_->places[at];
  problems_.add(kind, place.line, place.column, at < columns_.size() ? columns_[at].name : "",
                value, nearest, text);
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
    // A text may have `: ` in itself, and no label behind it.
    const v1::Attribute& said = flow_->structure.attributes(static_cast<int>(*attribute));
    column.labelled = column.labelled && !said.codelist().empty();
  }
  return column;
}

// Whether each column is there that must be.
void Checker::check_columns(std::uint64_t line, const std::set<std::string, std::less<>>& seen,
                            bool told, bool& whole) {
  const auto missing = [&](std::string_view name) {
    whole = false;
    problems_.add(P::MALFORMED, line, 0, name, "", "", "there is no column of this name");
  };
  if (!told && seen.count("DATAFLOW") == 0 && seen.count("STRUCTURE_ID") == 0) missing("DATAFLOW");
  for (const v1::Dimension& dimension : flow_->structure.dimensions()) {
    if (seen.count(dimension.id()) == 0) missing(dimension.id());
  }
  if (!time_column_) missing(time_dimension);
  const bool partial = action_ == v1::DELETE || action_ == v1::MERGE;
  if (seen.count(flow_->measure) == 0 && !partial) missing(flow_->measure);
  for (const v1::Attribute& attribute : flow_->structure.attributes()) {
    if (attribute.mandatory() && seen.count(attribute.id()) == 0 && !partial) {
      missing(attribute.id());
    }
  }
}

Status Checker::heading(std::uint64_t line, std::span<const std::string_view> cells, bool told) {
  const Status without_columns = {Code::InvalidArgument, Reason::ImportRefused,
                                  "the heading lacks columns"};
  if (cells.size() == 1 && cells[0].find_first_of(";\t|") != std::string_view::npos) {
    // One fault, and not as many as there are columns.
    problems_.add(P::MALFORMED, line, 0, "", "", "",
                  "the columns are not separated by commas, as SDMX-CSV has them: save the file "
                  "so, or send it with a mapping, which says what separates them");
    return without_columns;
  }
  const Row row{.line = line, .cells = cells};
  row_ = &row;
  std::set<std::string, std::less<>> seen;
  bool whole = true;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    columns_.push_back(column_of(cells[i]));
    const Column& column = columns_.back();
    const bool is_known = column.role != Role::Ignored || column.name == "STRUCTURE_NAME" ||
                          column.name == "SERIES_KEY" || column.name == "OBS_KEY";
    if (!is_known) {
      say(P::MALFORMED, i, cells[i], "", "the dataflow's structure has no such column");
    }
    if (!seen.insert(column.name).second) {
      say(P::MALFORMED, i, cells[i], "", "the column is there twice");
      whole = false;
    }
    if (column.role == Role::Time) time_column_ = i;
    if (column.role == Role::Action) action_column_ = i;
    if (column.role == Role::Dimension && flow_->frequency == column.index) frequency_column_ = i;
    if (column.role == Role::Dimension && flow_->reference_area == column.index) area_column_ = i;
    if (column.role == Role::Attribute && flow_->confidentiality == column.index) {
      confidentiality_column_ = i;
    }
  }
  check_columns(line, seen, told, whole);
  row_ = nullptr;
  return whole ? Status() : without_columns;
}

// Whether the upload's dataflow is meant, by itself, by its structure or by the party's provision.
bool Checker::is_ours(Referent what, std::string_view reference) const {
  const auto given = parse_reference(reference);
  const auto name = what == Referent::DataStructure
                        ? parse_structure_name(flow_->structure.name(), "data-structures")
                        : parse_structure_name(flow_->wire.name(), "dataflows");
  if (!given || !name) return false;
  if (what != Referent::Provision) return given->agency == name->agency && given->id == name->id;
  // As our structures name provisions: `IGC:ASYLUM_SWE`.
  return given->agency == name->agency && given->id == name->id + "_" + party_;
}

bool Checker::check_structure(std::size_t at, std::string_view cell) {
  if (is_ours(of_, cell)) return true;
  const auto name = parse_structure_name(flow_->wire.name(), "dataflows");
  say(P::WRONG_DATAFLOW, at, cell,
      name->agency + ":" + name->id + "(" + flow_->wire.version() + ")",
      ticked(cell) + " is not the dataflow that the upload is for");
  return false;
}

void Checker::refers_to(Referent what, std::string_view reference, Place place) {
  if (is_ours(what, reference)) return;
  const auto name = parse_structure_name(flow_->wire.name(), "dataflows");
  problems_.add(P::WRONG_DATAFLOW, place.line, place.column, "", reference,
                name->agency + ":" + name->id + "(" + flow_->wire.version() + ")",
                ticked(reference) + " is not the dataflow that the upload is for");
}

// Senders are called as each program likes; another party of the dataflow is none of them.
void Checker::sent_by(std::string_view id, Place place) {
  const auto other = flow_->provisions.find(id);
  if (id == party_ || other == flow_->provisions.end() || !is_for_all(other->second)) return;
  problems_.add(P::WRONG_PARTY, place.line, place.column, "", id, party_,
                "the message says that parties/" + std::string(id) + " sent it");
}

void Checker::no_such_column(std::string_view id, Place place) {
  problems_.add(P::MALFORMED, place.line, place.column, id, "", "",
                "the dataflow's structure has no such column");
}

void Checker::malformed(std::string_view text, Place place, std::string_view rule) {
  problems_.add(P::MALFORMED, place.line, place.column, "", text, "", rule);
}

bool Checker::check_action(std::size_t at, std::string_view cell) {
  const bool merges = action_ == v1::MERGE;
  const bool brings = action_ == v1::APPEND || action_ == v1::REPLACE;
  withdraws_ = withdraws_ || cell == "D";
  if (cell == "I" || cell == "D" || (merges && (cell == "M" || cell == "A")) ||
      (brings && (cell == "A" || cell == "R"))) {
    return true;
  }
  if (cell == "A" || cell == "R" || cell == "M") {
    say(P::WRONG_ACTION, at, cell, "",
        ticked(cell) + " is not what the upload does: give it the action that its rows ask for");
    return false;
  }
  say(P::UNKNOWN_CODE, at, cell, "", ticked(cell) + " is none of `I`, `A`, `R`, `M`, `D`");
  return false;
}

// The party that may report for an area that this one may not; empty: none.
std::string_view Checker::other_party_for(std::string_view area) const {
  for (const auto& [party, provision] : flow_->provisions) {
    if (!is_for_all(provision)) continue;
    const auto& areas = provision.wire.reference_areas();
    if (std::find(areas.begin(), areas.end(), area) != areas.end()) return party;
  }
  return {};
}

bool Checker::check_area(std::size_t at, std::string_view cell) {
  if (provided_.count(cell) != 0) return true;
  const std::string_view other = other_party_for(cell);
  const std::string lacks = "parties/" + party_ + " has no provision to report for " + ticked(cell);
  if (other.empty()) {
    say(P::NOT_PROVIDED, at, cell, "", lacks);
  } else {
    say(P::WRONG_PARTY, at, cell, "", lacks + "; parties/" + std::string(other) + " has");
  }
  return false;
}

bool Checker::check_dimension(std::size_t at, std::string_view cell) {
  const std::size_t dimension = columns_[at].index;
  const auto& list = flow_->dimension_lists[dimension];
  if (cell.empty()) {
    say(P::MISSING_VALUE, at, cell, "", "every dimension has a value");
    return false;
  }
  if (list && list->find(cell) == nullptr) {
    say(P::UNKNOWN_CODE, at, cell, problems_.keeps() ? list->nearest(cell) : "",
        ticked(cell) + " is not an item of " + list->wire().name());
    return false;
  }
  if (!list && !is_sdmx_id(cell)) {
    say(P::UNKNOWN_CODE, at, cell, "", ticked(cell) + " is no id");
    return false;
  }
  const auto& allowed = flow_->allowed[dimension];
  if (!allowed.empty() && !std::binary_search(allowed.begin(), allowed.end(), cell)) {
    say(P::NOT_ALLOWED, at, cell, "", "the dataflow does not take " + ticked(cell) + " here");
    return false;
  }
  return flow_->reference_area != dimension || check_area(at, cell);
}

bool Checker::check_attribute(std::size_t at, std::string_view cell) {
  const std::size_t attribute = columns_[at].index;
  const auto& list = flow_->attribute_lists[attribute];
  if (cell.empty()) {
    if (!flow_->structure.attributes(static_cast<int>(attribute)).mandatory() || withdraws_ ||
        action_ == v1::MERGE) {
      return true;
    }
    say(P::MISSING_VALUE, at, cell, "", "a value must be given");
    return false;
  }
  if (list && list->find(cell) == nullptr) {
    say(P::UNKNOWN_CODE, at, cell, problems_.keeps() ? list->nearest(cell) : "",
        ticked(cell) + " is not an item of " + list->wire().name());
    return false;
  }
  if (cell.size() > 4'096) {
    say(P::TOO_LONG, at, cell, "", "is longer than 4096 bytes");
    return false;
  }
  // What SDMX-ML and a workbook cannot say would come back from them as another text.
  if (const auto character = left_out_of_markup(cell)) {
    say(P::MALFORMED, at, cell, "",
        "has the character " + code_point(*character) + ", which is none of a text: take it out");
    return false;
  }
  return true;
}

bool Checker::check_time(std::size_t at, std::string_view cell) {
  const auto period = parse_period(cell);
  if (!period) {
    say(P::BAD_PERIOD, at, cell, "",
        ticked(cell) + " is no period such as `2015`, `2015-Q1`, `2015-03`");
    return false;
  }
  one_.period = *period;
  return true;
}

bool Checker::check_measure(std::size_t at, std::string_view cell) {
  if (withdraws_) return true;
  if (cell.empty() || cell == "NaN") {
    one_.kind = cell.empty() && action_ == v1::MERGE ? Kind::Kept : Kind::Missing;
    return true;
  }
  const auto value = parse_decimal(cell);
  if (!value) {
    const bool comma = cell.find(',') != std::string_view::npos;
    say(P::BAD_NUMBER, at, cell, "",
        ticked(cell) + (comma ? " has a comma; figures have a point and no thousands separator"
                              : " is no figure of at most 18 digits"));
    return false;
  }
  if (value->exponent > kExponentMax || value->exponent < -kExponentMax) {
    say(P::BAD_NUMBER, at, cell, "", ticked(cell) + " is no figure that anything is counted by");
    return false;
  }
  one_.kind = Kind::Value;
  one_.value = *value;
  return true;
}

bool Checker::check_cell(std::size_t at, std::string_view cell) {
  Column& column = columns_[at];
  // The structure's heading has no label, its cells may.
  if (column.labelled || column.role == Role::Structure) cell = without_label(cell);
  switch (column.role) {
    case Role::Ignored:
    case Role::Action:  // weighed before the others
      return true;
    case Role::StructureKind:
      of_ = cell == "datastructure"   ? Referent::DataStructure
            : cell == "dataprovision" ? Referent::Provision
                                      : Referent::Dataflow;
      if (cell == "dataflow" || of_ != Referent::Dataflow) return true;
      say(P::WRONG_DATAFLOW, at, cell, "dataflow", ticked(cell) + " is not read");
      return false;
    case Role::Time:
      return check_time(at, cell);
    case Role::Measure:
      return check_measure(at, cell);
    default:
      break;
  }
  const bool repeats = at < 64 && (row_->repeated >> at & 1) != 0;
  const bool again = column.known && (repeats || same(column.last, cell));
  if (!again && !column.recall(cell)) {
    const bool right = column.role == Role::Structure   ? check_structure(at, cell)
                       : column.role == Role::Dimension ? check_dimension(at, cell)
                                                        : check_attribute(at, cell);
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

bool Checker::check_frequency() {
  if (!frequency_column_) return true;
  const std::string& code = columns_[*frequency_column_].last;
  const auto frequency = frequency_of(code);
  if (!frequency || *frequency == one_.period.frequency) return true;
  say(P::WRONG_FREQUENCY, *time_column_, to_text(one_.period), "",
      ticked(to_text(one_.period)) + " is not a period of frequency " + ticked(code));
  return false;
}

// What the reader could not make a cell of.
bool Checker::check_fault(std::size_t at, std::string_view rule) {
  if (rule.empty()) return true;
  const Role role = columns_[at].role;
  say(role == Role::Measure ? P::BAD_NUMBER
      : role == Role::Time  ? P::BAD_PERIOD
                            : P::UNKNOWN_CODE,
      at, row_->cells[at], "", rule);
  return false;
}

// Remembers for which areas there are figures, and for whom.
void Checker::meet_area() {
  if (!flow_->reference_area) return;
  const auto circle = static_cast<std::size_t>(one_.circle);
  const std::uint32_t area = codes_[*flow_->reference_area];
  if (last_area_[circle] == area) return;
  last_area_[circle] = area;
  if (area_column_) areas_[circle].insert(columns_[*area_column_].last);
}

Status Checker::row(const Row& row) {
  row_ = &row;
  ++rows_;
  if (row.cells.size() != columns_.size()) {
    problems_.add(P::MALFORMED, row.line, 0, "", "", "",
                  "there are " + std::to_string(row.cells.size()) + " cells under " +
                      std::to_string(columns_.size()) + " headings");
    for (Column& column : columns_) column.known = false;
    return {};
  }
  one_ = {.period = {},
          .kind = action_ == v1::MERGE ? Kind::Kept : Kind::Missing,
          .value = {},
          .circle = Circle::Shared,
          .line = row.line};
  withdraws_ = action_ == v1::DELETE;
  if (row.assumes && action_ == v1::MERGE) {
    problems_.add(P::MALFORMED, row.line, 0, "", "", "",
                  "a `default` of the message stands for what the row does not give, and merging "
                  "leaves that as it is: give the value, or take the `default` out");
    for (Column& column : columns_) column.known = false;
    return {};
  }
  bool right = !action_column_ || check_action(*action_column_, row.cells[*action_column_]);
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    const bool read = row.faults.empty() || check_fault(i, row.faults[i]);
    if (read && check_cell(i, row.cells[i])) continue;
    columns_[i].known = false;
    right = false;
  }
  right = right && check_frequency();
  if (!right) return {};
  if (withdraws_) {
    one_.kind = Kind::Withdrawn;
    one_.value = {};
    std::fill(attributes_.begin(), attributes_.end(), 0U);
  }
  if (confidentiality_column_ && !withdraws_) {
    one_.circle = circle_of(columns_[*confidentiality_column_].last);
  }
  meet_area();
  return collector_.add(codes_, attributes_, one_);
}

}  // namespace entente::statistics
