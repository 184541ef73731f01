#include "proto/formats/sdmx_json_reader.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "proto/contract/upload_limits.h"

namespace entente::statistics {
namespace {

// An event as it is held: its kind, its place, how long its text is, and the text.
struct Held {
  std::uint64_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t bytes = 0;
  JsonParser::Kind kind = JsonParser::Kind::Literal;
};

Attached attached_of(std::string_view key) {
  if (key == "dataSet") return Attached::DataSet;
  if (key == "dimensionGroup") return Attached::Group;
  return key == "series" ? Attached::Series : Attached::Observation;
}

}  // namespace

SdmxJsonReader::SdmxJsonReader(const Shape& shape, RowSink& sink)
    : sink_(sink), rows_(shape, sink), parser_(*this), open_(1) {}

Status SdmxJsonReader::finish() {
  ENTENTE_TRY_VOID(parser_.finish());
  if (!held_.empty()) return unreadable_at({}, "the message has no structure");
  if (had_data_set_) return {};
  return unreadable_at({}, "the message has no data set");
}

Status SdmxJsonReader::on_event(Kind kind, std::string_view text, Place place) {
  place_ = place;
  return holding_ != 0 ? hold(kind, text) : take(kind, text);
}

Status SdmxJsonReader::take(Kind kind, std::string_view text) {
  Frame& in = open_.back();
  switch (kind) {
    case Kind::Key:
      in.key.assign(text);
      return {};
    case Kind::BeginArray:
      if (in.key == "dataSets" && (in.in == In::Data || in.in == In::Message) && !has_structures_) {
        if (!held_.empty()) return unreadable_at(place_, "`dataSets` is there twice");
        return hold(kind, text);
      }
      [[fallthrough]];
    case Kind::BeginObject: {
      const In next = enter(in);
      if (in.in == In::Document && kind == Kind::BeginArray) {
        return unreadable_at(place_, "the file is JSON, and no SDMX message");
      }
      open_.push_back({.in = next, .array = kind == Kind::BeginArray, .key = {}, .index = 0});
      return start(next);
    }
    case Kind::EndObject:
    case Kind::EndArray: {
      const In ended = in.in;
      open_.pop_back();
      ENTENTE_TRY_VOID(end(ended));
      if (open_.back().array) ++open_.back().index;
      return {};
    }
    default:
      ENTENTE_TRY_VOID(scalar(in, kind, text));
      if (in.array) ++in.index;
      return {};
  }
}

// --- what is in what ----------------------------------------------------------------------------

SdmxJsonReader::In SdmxJsonReader::enter(const Frame& in) const {
  switch (in.in) {
    case In::Document:
      return In::Message;
    case In::Message:
      if (in.key == "meta" || in.key == "header") return In::Meta;
      if (in.key == "data") return In::Data;
      [[fallthrough]];
    case In::Data:
      if (in.key == "structure") return In::Structure;
      if (in.key == "structures") return In::Structures;
      return in.key == "dataSets" ? In::DataSets : In::Passed;
    case In::Meta:
      return in.key == "sender" ? In::Sender : In::Passed;
    default:
      return in.in < In::DataSets ? enter_structure(in) : enter_data(in);
  }
}

SdmxJsonReader::In SdmxJsonReader::enter_structure(const Frame& in) const {
  switch (in.in) {
    case In::Structures:
      return In::Structure;
    case In::Structure:
      if (in.key == "links") return In::Links;
      if (in.key == "dimensions") return In::Dimensions;
      if (in.key == "attributes") return In::Attributes;
      if (in.key == "annotations") return In::Annotations;
      return in.key == "measures" ? In::Measures : In::Passed;
    case In::Annotations:
      return In::Annotation;
    case In::Links:
      return In::Link;
    case In::Dimensions:
    case In::Attributes:
    case In::Measures:
      return In::Components;
    case In::Components:
      return In::Component;
    case In::Component:
      return in.key == "values" ? In::Values : In::Passed;
    case In::Values:
      return In::Value;
    case In::Value:
      return in.key == "value" || in.key == "values" ? In::Nested : In::Passed;
    default:
      return In::Passed;
  }
}

SdmxJsonReader::In SdmxJsonReader::enter_data(const Frame& in) const {
  switch (in.in) {
    case In::DataSets:
      return In::DataSet;
    case In::DataSet:
      if (in.key == "attributes") return In::DataSetAttributes;
      if (in.key == "dimensionGroupAttributes") return In::Groups;
      if (in.key == "series") return In::AllSeries;
      return in.key == "observations" ? In::Observations : In::Passed;
    case In::Groups:
      return In::Group;
    case In::AllSeries:
      return In::Series;
    case In::Series:
      if (in.key == "attributes") return In::SeriesAttributes;
      return in.key == "observations" ? In::Observations : In::Passed;
    case In::Observations:
      return In::Observation;
    case In::DataSetAttributes:
    case In::SeriesAttributes:
    case In::Group:
    case In::Observation:
    case In::Nested:
      return In::Nested;
    default:
      return In::Passed;
  }
}

// --- the structure ------------------------------------------------------------------------------

Status SdmxJsonReader::count(std::size_t bytes) {
  structure_bytes_ += bytes + sizeof(std::string);
  if (structure_bytes_ <= limits::upload_held_bytes_max) return {};
  return unreadable_at(place_, "the message's structure is too large");
}

void SdmxJsonReader::take_link() {
  if (structures_.empty()) return;
  JsonStructure& structure = structures_.back();
  if (link_.find(".Dataflow=") != std::string::npos) structure.dataflow = link_;
  if (link_.find(".DataStructure=") != std::string::npos) structure.data_structure = link_;
}

Status SdmxJsonReader::start(In in) {
  switch (in) {
    case In::Message:
      return rows_.begin(place_.line);
    case In::Structure:
      if (structures_.size() >= limits::upload_references_max) {
        return unreadable_at(place_, "the message has too many structures");
      }
      if (has_structures_) return unreadable_at(place_, "the structure is there twice");
      structures_.emplace_back().place = place_;
      return {};
    case In::Link:
      link_.clear();
      return {};
    case In::Components: {
      const Frame& list = open_[open_.size() - 2];
      const auto at = static_cast<std::size_t>(attached_of(list.key));
      JsonStructure& structure = structures_.back();
      components_ = list.in == In::Dimensions   ? &structure.dimensions[at]
                    : list.in == In::Attributes ? &structure.attributes[at]
                                                : &structure.measures;
      return {};
    }
    case In::Component:
      if (components_->size() >= limits::dimensions_max + limits::attributes_max) {
        return unreadable_at(place_, "there are too many dimensions or attributes");
      }
      components_->emplace_back();
      return count(sizeof(JsonComponent));
    case In::Annotation:
      ++structures_.back().annotations;
      return {};
    case In::Passed: {
      const Frame& of = open_[open_.size() - 2];
      return of.in == In::Component && of.key == "default" ? take_default(Kind::BeginObject, {})
                                                           : Status();
    }
    case In::Value:
      components_->back().values.emplace_back();
      value_rank_ = 0;
      return count(0);
    case In::Nested:
      if (open_[open_.size() - 2].in != In::Nested) nested_.clear();
      return {};
    default:
      return start_data(in);
  }
}

// As the field guide has it: a text, which is the id of a value or the value itself. A number might
// as well be meant for an index.
Status SdmxJsonReader::take_default(Kind kind, std::string_view text) {
  if (kind == Kind::Literal && text == "null") return {};
  if (kind != Kind::String) {
    return unreadable_at(place_, "a `default` must be a text: a value's id, or the value itself");
  }
  components_->back().by_default.assign(text);
  components_->back().by_default_place = place_;
  return count(text.size());
}

Status SdmxJsonReader::scalar_of_structure(const Frame& in, Kind kind, std::string_view text) {
  if (in.in == In::Sender && in.key == "id") sink_.sent_by(text, place_);
  if (in.in == In::Link && in.key == "urn") link_.assign(text);
  if (in.in == In::Component && in.key == "id") components_->back().id.assign(text);
  if (in.in == In::Component && in.key == "default") return take_default(kind, text);
  if (in.in == In::Values) {
    components_->back().values.emplace_back(kind == Kind::Literal ? std::string_view() : text);
    return count(text.size());
  }
  if (in.in != In::Value) return {};
  const int rank = in.key == "id" ? 3 : in.key == "value" ? 2 : in.key == "name" ? 1 : 0;
  if (rank <= value_rank_) return {};
  value_rank_ = rank;
  components_->back().values.back().assign(text);
  return count(text.size());
}

// --- the data -----------------------------------------------------------------------------------

Status SdmxJsonReader::hold(Kind kind, std::string_view text) {
  Held event{.line = place_.line,
             .column = place_.column,
             .bytes = static_cast<std::uint32_t>(text.size()),
             .kind = kind};
  if (held_.size() + sizeof event + text.size() > limits::upload_held_bytes_max) {
    return unreadable_at(place_,
                         "there are more figures before the structure than can be held: "
                         "put the structure first");
  }
  std::string bytes(sizeof event, '\0');
  std::memcpy(bytes.data(), &event, sizeof event);
  held_.append(bytes).append(text);
  if (kind == Kind::BeginArray || kind == Kind::BeginObject) ++holding_;
  if (kind == Kind::EndArray || kind == Kind::EndObject) --holding_;
  return {};
}

Status SdmxJsonReader::read_held() {
  has_structures_ = true;
  const std::string events = std::exchange(held_, {});
  if (!events.empty()) open_.back().key = "dataSets";
  for (std::size_t at = 0; at < events.size();) {
    Held event;
    std::memcpy(&event, events.data() + at, sizeof event);
    at += sizeof event;
    place_ = {.line = event.line, .column = event.column};
    ENTENTE_TRY_VOID(take(event.kind, std::string_view(events).substr(at, event.bytes)));
    at += event.bytes;
  }
  return {};
}

// What holds for the whole data set; once it is known of which structure it is.
Status SdmxJsonReader::begin_data_set() {
  if (begun_) return {};
  begun_ = true;
  if (structure_ >= structures_.size()) {
    return unreadable_at(place_, "the data set's structure is not in the message");
  }
  const JsonStructure& structure = structures_[structure_];
  if (!structure.dataflow.empty()) {
    sink_.refers_to(Referent::Dataflow, structure.dataflow, structure.place);
  } else if (!structure.data_structure.empty()) {
    sink_.refers_to(Referent::DataStructure, structure.data_structure, structure.place);
  }
  for (const JsonComponent& dimension :
       structure.dimensions[static_cast<std::size_t>(Attached::DataSet)]) {
    const auto column = rows_.column(dimension.id, structure.place);
    if (column && !dimension.values.empty()) {
      rows_.set(RowBuilder::DataSet, *column, dimension.values.front(), structure.place);
    }
  }
  return begin_defaults(structure);
}

// A default is weaker than any value, at whichever level; so one of an attribute that may stand at
// several would have two meanings.
Status SdmxJsonReader::begin_defaults(const JsonStructure& structure) {
  std::map<std::string_view, std::size_t> times;
  for (const JsonComponents& level : structure.attributes) {
    for (const JsonComponent& attribute : level) ++times[attribute.id];
  }
  for (const JsonComponents& level : structure.attributes) {
    for (const JsonComponent& attribute : level) {
      if (attribute.by_default.empty()) continue;
      const Place place = attribute.by_default_place;
      if (times[attribute.id] > 1) {
        return unreadable_at(place, "`" + attribute.id.substr(0, 64) +
                                        "` has a `default` and stands more than once among the "
                                        "attributes: which holds cannot be told");
      }
      if (const auto column = rows_.column(attribute.id, place)) {
        rows_.set_default(*column, attribute.by_default, place);
      }
    }
  }
  return {};
}

Status SdmxJsonReader::take_key(const JsonComponents& dimensions, std::string_view key,
                                RowBuilder::Level level) {
  const auto parts = key_parts(key);
  if (parts.size() != dimensions.size()) {
    return unreadable_at(place_, "the key `" + std::string(key.substr(0, 64)) + "` has " +
                                     std::to_string(parts.size()) + " parts, not " +
                                     std::to_string(dimensions.size()));
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto index = index_into(dimensions[i].values, parts[i]);
    if (!index) {
      return unreadable_at(place_, "`" + std::string(parts[i].substr(0, 64)) +
                                       "` is no index into the values of `" + dimensions[i].id +
                                       "`");
    }
    if (const auto column = rows_.column(dimensions[i].id, place_)) {
      rows_.set(level, *column, dimensions[i].values[*index], place_);
    }
  }
  return {};
}

// A group's key counts through all dimensions; those that are free are empty or `~`.
Status SdmxJsonReader::take_group_key(std::string_view key) {
  const JsonStructure& structure = structures_[structure_];
  const auto parts = key_parts(key);
  std::size_t part = 0;
  for (const JsonComponents& dimensions : structure.dimensions) {
    for (const JsonComponent& dimension : dimensions) {
      if (part == parts.size()) return {};
      const std::string_view text = parts[part++];
      if (text.empty() || text == "~") continue;
      const auto index = index_into(dimension.values, text);
      if (!index) {
        return unreadable_at(place_, "`" + std::string(text.substr(0, 64)) +
                                         "` is no index into the values of `" + dimension.id + "`");
      }
      if (const auto column = rows_.column(dimension.id, place_)) {
        rows_.set(RowBuilder::Observation, *column, dimension.values[*index], place_);
      }
    }
  }
  return {};
}

// Where the figures stand, in series or in the data set itself, says where their dimensions do: one
// without its series would be taken for the last one's.
Status SdmxJsonReader::stands_in(In in) {
  if (figures_in_ == In::Passed) figures_in_ = in;
  if (figures_in_ == in) return {};
  return unreadable_at(place_,
                       "the data set has figures in `series` and `observations` of its own: put "
                       "them all in the one or the other");
}

Status SdmxJsonReader::needs_array() const {
  return open_.back().array ? Status() : unreadable_at(place_, "an array is expected here");
}

Status SdmxJsonReader::start_data(In in) {
  const auto of = [&](Attached attached) -> const JsonComponents& {
    return structures_[structure_].dimensions[static_cast<std::size_t>(attached)];
  };
  const std::string& key = open_.size() < 2 ? open_.back().key : open_[open_.size() - 2].key;
  switch (in) {
    case In::DataSet:
      had_data_set_ = true;
      rows_.clear(RowBuilder::DataSet);
      structure_ = 0;
      begun_ = false;
      figures_in_ = In::Passed;
      return {};
    case In::DataSetAttributes:
      ENTENTE_TRY_VOID(needs_array());
      return begin_data_set();
    case In::SeriesAttributes:
      return needs_array();
    case In::Groups:
    case In::AllSeries:
    case In::Observations:
      return begin_data_set();
    case In::Group:
      ENTENTE_TRY_VOID(needs_array());
      rows_.clear(RowBuilder::Observation);
      return take_group_key(key);
    case In::Series:
      rows_.clear(RowBuilder::Series);
      ENTENTE_TRY_VOID(stands_in(In::Series));
      return take_key(of(Attached::Series), key, RowBuilder::Series);
    case In::Observation:
      ENTENTE_TRY_VOID(needs_array());
      line_ = place_.line;
      if (open_[open_.size() - 3].in == In::DataSet) ENTENTE_TRY_VOID(stands_in(In::DataSet));
      return take_key(of(Attached::Observation), key, RowBuilder::Observation);
    default:
      return {};
  }
}

const JsonComponent* SdmxJsonReader::component_at(const Frame& in) const {
  const JsonStructure& structure = structures_[structure_];
  const auto at = [&](Attached attached, std::size_t index) -> const JsonComponent* {
    const auto& list = structure.attributes[static_cast<std::size_t>(attached)];
    return index < list.size() ? &list[index] : nullptr;
  };
  switch (in.in) {
    case In::DataSetAttributes:
      return at(Attached::DataSet, in.index);
    case In::Group:
      return at(Attached::Group, in.index);
    case In::SeriesAttributes:
      return at(Attached::Series, in.index);
    default:
      break;
  }
  if (in.index < structure.measures.size()) return &structure.measures[in.index];
  return at(Attached::Observation, in.index - std::max<std::size_t>(structure.measures.size(), 1));
}

// Behind its attributes an observation, or a group, has indexes of annotations, as the field guide
// has it; a series and a data set have them apart.
Status SdmxJsonReader::take_annotation(const Frame& in, Kind kind, std::string_view text) const {
  const bool may = in.in == In::Observation || in.in == In::Group;
  if (may && kind == Kind::Number && index_below(structures_[structure_].annotations, text)) {
    return {};
  }
  return unreadable_at(place_, std::string("there are more values here than the structure has ") +
                                   (may ? "attributes, and this one is no index into its "
                                          "annotations"
                                        : "attributes"));
}

Status SdmxJsonReader::take_value(Frame& in, Kind kind, std::string_view text) {
  const RowBuilder::Level level = in.in == In::DataSetAttributes  ? RowBuilder::DataSet
                                  : in.in == In::SeriesAttributes ? RowBuilder::Series
                                                                  : RowBuilder::Observation;
  if (kind == Kind::Literal && text == "null") return {};
  if (rows_.had_rows(level)) {
    return unreadable_at(place_, level == RowBuilder::DataSet
                                     ? "the data set's `attributes` stand behind its figures: put "
                                       "them before `series` and `observations`"
                                     : "the series's `attributes` stand behind its figures: put "
                                       "them before `observations`");
  }
  const bool only_measure =
      in.in == In::Observation && in.index == 0 && structures_[structure_].measures.empty();
  if (only_measure) {
    rows_.set(level, rows_.measure(), text, place_);
    return {};
  }
  const JsonComponent* component = component_at(in);
  if (component == nullptr) return take_annotation(in, kind, text);
  const auto column = rows_.column(component->id, place_);
  if (!column) return {};
  if (component->values.empty() || kind != Kind::Number) {
    rows_.set(level, *column, text, place_);
    return {};
  }
  const auto index = index_into(component->values, text);
  if (!index) {
    return unreadable_at(place_, "`" + std::string(text.substr(0, 64)) +
                                     "` is no index into the values of `" + component->id + "`");
  }
  if (!component->values[*index].empty()) {
    rows_.set(level, *column, component->values[*index], place_);
  }
  return {};
}

Status SdmxJsonReader::scalar_of_data_set(const Frame& in, Kind kind, std::string_view text) {
  if (in.key != "structure" && in.key != "action") return {};
  if (begun_) {
    return unreadable_at(place_, "`" + in.key + "` must stand before the data set's figures");
  }
  if (in.key == "action") {
    rows_.set(RowBuilder::DataSet, rows_.action(), action_letter(text), place_);
    return {};
  }
  std::size_t index = 0;
  for (const char c : text.substr(0, 4)) index = index * 10 + static_cast<std::size_t>(c - '0');
  if (kind != Kind::Number || index >= structures_.size()) {
    return unreadable_at(place_, "the data set's structure is not in the message");
  }
  structure_ = index;
  return {};
}

Status SdmxJsonReader::scalar(Frame& in, Kind kind, std::string_view text) {
  switch (in.in) {
    case In::Document:
      return unreadable_at(place_, "the file is JSON, and no SDMX message");
    case In::DataSet:
      return scalar_of_data_set(in, kind, text);
    case In::DataSetAttributes:
    case In::Group:
    case In::SeriesAttributes:
    case In::Observation:
      return take_value(in, kind, text);
    case In::Nested:
      if (in.array && !nested_.empty()) {
        nested_.append("; ").append(text);
      } else if (in.array || nested_.empty() || in.key == "en") {
        nested_.assign(text);
      }
      if (nested_.size() <= limits::upload_line_bytes_max) return {};
      return unreadable_at(place_, "the text is too long");
    default:
      return scalar_of_structure(in, kind, text);
  }
}

Status SdmxJsonReader::end(In in) {
  switch (in) {
    case In::Structure:
      if (open_.back().in == In::Structures) return {};
      return read_held();
    case In::Structures:
      return read_held();
    case In::Link:
      take_link();
      return {};
    case In::Nested:
      if (open_.back().in == In::Nested) return {};
      if (open_.back().in == In::Value) {
        if (value_rank_ < 2) components_->back().values.back() = nested_;
        return count(nested_.size());
      }
      return take_value(open_.back(), Kind::String, nested_);
    case In::Group:
      return rows_.add_group(place_);
    case In::Observation: {
      const Status taken = rows_.emit(line_);
      rows_.clear(RowBuilder::Observation);
      return taken;
    }
    default:
      return {};
  }
}

}  // namespace entente::statistics
