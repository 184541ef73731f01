#include "proto/formats/mapped_reader.h"

#include <algorithm>
#include <set>

#include "proto/contract/limits.h"

namespace entente::statistics {
namespace {

constexpr std::size_t kNoColumn = SIZE_MAX;
constexpr std::string_view kWithoutFigure = "NaN";

char separator_of(const v1::Mapping& mapping) {
  return mapping.separator().empty() ? ',' : mapping.separator()[0];
}

}  // namespace

MappedReader::MappedReader(const Shape& shape, v1::Mapping mapping, FindTitle find_title,
                           RowSink& sink)
    : shape_(shape),
      mapping_(std::move(mapping)),
      find_title_(std::move(find_title)),
      sink_(sink),
      decoder_(encoding_of(mapping_.encoding()).value_or(Encoding::Unsaid)),
      rows_(
          [this](std::uint64_t line, Cells cells) {
            if (line < mapping_.heading_line()) return Status();
            if (has_heading_) return take(line, cells);
            has_heading_ = true;
            return heading(line, cells);
          },
          separator_of(mapping_)) {}

Status MappedReader::feed(std::string_view bytes) {
  text_.clear();
  const Status decoded = decoder_.decode(bytes, text_);
  // What stands before an octet that is none of the encoding is read first, however the file is
  // cut.
  ENTENTE_TRY_VOID(rows_.feed(text_));
  return decoded;
}

Status MappedReader::finish() {
  text_.clear();
  const Status decoded = decoder_.finish(text_);
  ENTENTE_TRY_VOID(rows_.feed(text_));
  ENTENTE_TRY_VOID(decoded);
  return rows_.finish();
}

// What the mapping supplies, in the order of the structure; what it does not, whoever weighs the
// columns misses.
void MappedReader::name_columns() {
  std::set<std::string, std::less<>> supplied;
  for (const v1::MappedColumn& column : mapping_.columns()) {
    supplied.insert(column.component());
    for (const v1::MappedValue& one : column.fixed()) supplied.insert(one.component());
  }
  for (const v1::MappedValue& one : mapping_.constants()) supplied.insert(one.component());
  const auto add = [&](const std::string& name) {
    if (supplied.count(name) != 0) names_.push_back(name);
  };
  for (const std::string& name : shape_.dimensions) add(name);
  add(shape_.time);
  add(shape_.measure);
  for (const std::string& name : shape_.attributes) add(name);
  texts_.resize(names_.size());
  cells_.resize(names_.size());
  places_.resize(names_.size());
  faults_.resize(names_.size());
}

std::size_t MappedReader::out_of(std::string_view component) const {
  const auto found = std::find(names_.begin(), names_.end(), component);
  return found == names_.end() ? kNoColumn : static_cast<std::size_t>(found - names_.begin());
}

Status MappedReader::heading(std::uint64_t line, Cells cells) {
  name_columns();
  std::map<std::string_view, const v1::MappedColumn*> wanted;
  for (const auto& column : mapping_.columns()) wanted.emplace(trimmed(column.heading()), &column);
  bool whole = true;
  std::set<std::string, std::less<>> seen;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string_view name = trimmed(cells[i]);
    const Place place{.line = line, .column = static_cast<std::uint32_t>(i + 1)};
    const auto found = wanted.find(name);
    Source& source = sources_.emplace_back();
    if (found == wanted.end()) {
      if (!name.empty() && !mapping_.ignore_others()) {
        sink_.malformed(name, place, "the mapping says nothing of this column");
      }
      continue;
    }
    if (!seen.emplace(name).second) {
      sink_.malformed(name, place, "the column is there twice");
      whole = false;
    }
    source.column = found->second;
    source.out = out_of(source.column->component());
    if (source.column->component() == shape_.measure) figures_.push_back(i);
    if (source.column->component() == shape_.time) periods_.push_back(i);
  }
  for (const auto& [name, column] : wanted) {
    if (seen.find(name) != seen.end()) continue;
    sink_.malformed(name, {.line = line, .column = 0},
                    "there is no column `" + std::string(name) + "`, which the mapping names");
    whole = false;
  }
  if (!whole) {
    return {Code::InvalidArgument, Reason::ImportRefused, "the heading is not the mapping's"};
  }
  return sink_.heading(line, std::vector<std::string_view>(names_.begin(), names_.end()), true);
}

bool MappedReader::passes(Cells cells) const {
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (sources_[i].column == nullptr) continue;
    const auto& skip = sources_[i].column->skip();
    if (std::find(skip.begin(), skip.end(), trimmed(cells[i])) != skip.end()) return true;
  }
  return false;
}

void MappedReader::put(std::size_t out, std::string_view text, Place place) {
  if (out == kNoColumn) return;
  texts_[out].assign(text);
  places_[out] = place;
}

void MappedReader::fail(std::size_t out, std::string_view text, Place place, std::string rule) {
  put(out, text, place);
  faults_[out] = std::move(rule);
  has_faults_ = true;
}

// Of a dimension or attribute: as the mapping translates it, or by its title.
void MappedReader::put_value(Source& source, std::string_view cell, Place place) {
  const v1::MappedColumn& column = *source.column;
  const auto value = column.values().find(std::string(cell));
  if (value != column.values().end()) return put(source.out, value->second, place);
  if (!column.by_title() || cell.empty()) return put(source.out, cell, place);
  auto title = source.titles.find(cell);
  if (title == source.titles.end()) {
    // What is asked for is the file's to choose: only so much of it is remembered.
    if (source.titles.size() >= limits::codelist_items_max) source.titles.clear();
    title = source.titles.emplace(cell, find_title_(column.component(), cell)).first;
  }
  put(source.out, title->second.empty() ? cell : std::string_view(title->second), place);
}

void MappedReader::put_period(std::uint64_t line, Cells cells) {
  PeriodParts parts;
  for (const std::size_t i : periods_) {
    const v1::MappedColumn& column = *sources_[i].column;
    const Place place{.line = line, .column = static_cast<std::uint32_t>(i + 1)};
    std::string_view text = trimmed(cells[i]);
    const auto value = column.values().find(std::string(text));
    if (value != column.values().end()) text = value->second;
    if (column.period().empty()) return put(sources_[i].out, text, place);
    if (!read_period(column.period(), text, parts)) {
      return fail(
          sources_[i].out, text, place,
          "`" + std::string(text.substr(0, 64)) + "` is not of the form `" + column.period() + "`");
    }
    put(sources_[i].out, {}, place);
  }
  if (periods_.empty()) return;
  const std::size_t out = sources_[periods_.front()].out;
  const std::string text = period_text(parts);
  if (text.empty()) return fail(out, {}, places_[out], "the period has no year");
  put(out, text, places_[out]);
}

void MappedReader::put_figure(const Source& source, std::string_view cell, Place place) {
  const auto& missing = mapping_.missing();
  const auto value = source.column->values().find(std::string(cell));
  if (value != source.column->values().end()) cell = value->second;
  if (std::find(missing.begin(), missing.end(), cell) != missing.end()) {
    return put(source.out, kWithoutFigure, place);
  }
  if (cell.empty()) return put(source.out, {}, place);
  const auto figure = mapped_figure(mapping_, cell);
  if (figure) return put(source.out, *figure, place);
  const std::string decimal = mapping_.decimal().empty() ? "." : mapping_.decimal();
  fail(source.out, cell, place,
       "`" + std::string(cell.substr(0, 64)) + "` is no figure as the mapping writes them: `" +
           decimal + "` before decimals, " +
           (mapping_.thousands().empty() ? "nothing" : "`" + mapping_.thousands() + "`") +
           " between thousands");
}

Status MappedReader::take(std::uint64_t line, Cells cells) {
  const Place whole{.line = line, .column = 0};
  if (cells.size() != sources_.size()) {
    sink_.malformed({}, whole,
                    "there are " + std::to_string(cells.size()) + " cells under " +
                        std::to_string(sources_.size()) + " headings");
    return {};
  }
  if (passes(cells)) return {};
  for (std::size_t i = 0; i < names_.size(); ++i) {
    texts_[i].clear();
    places_[i] = whole;
    if (has_faults_) faults_[i].clear();
  }
  has_faults_ = false;
  for (const v1::MappedValue& one : mapping_.constants()) {
    put(out_of(one.component()), one.value(), whole);
  }
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    Source& source = sources_[i];
    const bool plain = source.column != nullptr && source.out != kNoColumn &&
                       source.column->component() != shape_.measure &&
                       source.column->component() != shape_.time;
    const Place place{.line = line, .column = static_cast<std::uint32_t>(i + 1)};
    if (plain) put_value(source, trimmed(cells[i]), place);
  }
  put_period(line, cells);
  const bool row_faults = has_faults_;
  for (const std::size_t i : figures_) {
    const Source& source = sources_[i];
    const std::string_view cell = trimmed(cells[i]);
    // Of several columns of figures an empty cell is none.
    if (cell.empty() && source.column->fixed_size() != 0) continue;
    const Place place{.line = line, .column = static_cast<std::uint32_t>(i + 1)};
    faults_[source.out].clear();
    has_faults_ = row_faults;
    for (const auto& one : source.column->fixed()) put(out_of(one.component()), one.value(), place);
    put_figure(source, cell, place);
    cells_.assign(texts_.begin(), texts_.end());
    ENTENTE_TRY_VOID(sink_.row({.line = line,
                                .cells = cells_,
                                .places = places_,
                                .faults = has_faults_ ? std::span<const std::string>(faults_)
                                                      : std::span<const std::string>()}));
  }
  if (!figures_.empty()) return {};
  // Without a column of figures: only what a deletion or a merging of attributes needs.
  cells_.assign(texts_.begin(), texts_.end());
  return sink_.row({.line = line,
                    .cells = cells_,
                    .places = places_,
                    .faults = has_faults_ ? std::span<const std::string>(faults_)
                                          : std::span<const std::string>()});
}

}  // namespace entente::statistics
