#include "proto/formats/sdmx_ml_reader.h"

#include <algorithm>

#include "proto/contract/upload_limits.h"

namespace entente::statistics {
namespace {

constexpr std::string_view kSchemas = "http://www.sdmx.org/resources/sdmxml/schemas/";
constexpr std::string_view kAllDimensions = "AllDimensions";
constexpr std::string_view kUrn = "urn:sdmx:";

using Attribute = XmlParser::Attribute;

const Attribute* find(std::span<const Attribute> attributes, std::string_view name) {
  for (const Attribute& one : attributes) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

std::string value(std::span<const Attribute> attributes, std::string_view name) {
  const Attribute* found = find(attributes, name);
  return found == nullptr ? "" : std::string(found->value);
}

// What an URN is of.
Referent kind_of(std::string_view urn, Referent otherwise) {
  if (!urn.starts_with(kUrn)) return otherwise;
  if (urn.find(".Dataflow=") != std::string_view::npos) return Referent::Dataflow;
  if (urn.find(".DataStructure=") != std::string_view::npos) return Referent::DataStructure;
  if (urn.find(".ProvisionAgreement=") != std::string_view::npos) return Referent::Provision;
  return otherwise;
}

}  // namespace

SdmxMlReader::SdmxMlReader(const Shape& shape, RowSink& sink)
    : sink_(sink), rows_(shape, sink), parser_(*this), open_{In::Document} {}

Status SdmxMlReader::finish() {
  ENTENTE_TRY_VOID(parser_.finish());
  if (had_data_set_) return {};
  return unreadable_at({}, "the message has no data set");
}

Status SdmxMlReader::begin_message(std::string_view space, std::string_view name) {
  const Place place = parser_.place();
  // Version 2.0 wrote it in capitals.
  const bool ours = space.size() > kSchemas.size() &&
                    std::equal(kSchemas.begin(), kSchemas.end(), space.begin(), [](char a, char b) {
                      return a == (b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b);
                    });
  const std::string_view version = ours ? space.substr(kSchemas.size(), 4) : std::string_view();
  if (version.empty()) return unreadable_at(place, "the file is XML, and no SDMX message");
  generic_ = name.starts_with("Generic") && name.ends_with("Data");
  const bool specific = name.starts_with("StructureSpecific") && name.ends_with("Data");
  if (version != "v2_1" && (version != "v3_0" || generic_) && (version != "v3_1" || generic_)) {
    return unreadable_at(place, "SDMX-ML is read in its versions 2.1, 3.0 and 3.1");
  }
  if (!generic_ && !specific) {
    return unreadable_at(
        place, "the message is `" + std::string(name.substr(0, 64)) + "`, which has no figures");
  }
  return rows_.begin(place.line);
}

SdmxMlReader::In SdmxMlReader::enter(In in, std::string_view name) const {
  switch (in) {
    case In::Message:
      return name == "Header" ? In::Header : name == "DataSet" ? In::DataSet : In::Passed;
    case In::Header:
      if (name == "DataSetAction") return In::Action;
      return name == "Structure" ? In::HeaderStructure : In::Passed;
    case In::HeaderStructure:
      if (name == "Structure") return In::Structure;
      return name == "StructureUsage" || name == "ProvisionAgreement" || name == "ProvisionAgrement"
                 ? In::Usage
                 : In::Passed;
    case In::Usage:
    case In::Structure:
      return name == "URN" ? In::ReferenceText : In::Passed;
    default:
      return enter_data(in, name);
  }
}

SdmxMlReader::In SdmxMlReader::enter_data(In in, std::string_view name) const {
  switch (in) {
    case In::DataSet:
      if (name == "Series") return In::Series;
      if (name == "Obs") return In::Observation;
      if (generic_ && name == "Attributes") return In::Attributes;
      // 3.0's `Atts` too: it has the dimensions that it holds for, or none, and components.
      return name.ends_with("Group") || !generic_ ? In::Group : In::Passed;
    case In::Group:
      if (name == "GroupKey") return In::GroupKey;
      break;
    case In::Series:
      if (name == "Obs") return In::Observation;
      if (name == "SeriesKey") return In::SeriesKey;
      break;
    case In::Observation:
      if (name == "ObsKey") return In::ObservationKey;
      break;
    case In::Component:
      return name == "Value" ? In::ComponentText : In::Passed;
    default:
      return In::Passed;
  }
  if (name == "Comp") return In::Component;
  return generic_ && name == "Attributes" ? In::Attributes : In::Passed;
}

RowBuilder::Level SdmxMlReader::level() const {
  for (std::size_t i = open_.size(); i-- > 0;) {
    if (open_[i] == In::Observation || open_[i] == In::Group) return RowBuilder::Observation;
    if (open_[i] == In::Series) return RowBuilder::Series;
  }
  return RowBuilder::DataSet;
}

Status SdmxMlReader::on_start(std::string_view space, std::string_view name, Given attributes) {
  const In in = open_.back();
  if (in == In::Document) {
    open_.push_back(In::Message);
    return begin_message(space, name);
  }
  if (in == In::Message && name == "Header" && had_data_set_) {
    return unreadable_at(parser_.place(),
                         "the `Header` stands behind the figures: put it before the first "
                         "`DataSet`");
  }
  if (in == In::ComponentText) {
    return unreadable_at(parser_.place(), "the `Value` of `" + component_.substr(0, 64) +
                                              "` has elements inside: give it as plain text");
  }
  open_.push_back(in == In::Passed ? In::Passed : enter(in, name));
  if (open_.back() == In::Passed) {
    start_header(in, name, attributes);
    return take_value(in, name, attributes);
  }
  start(open_.back(), attributes);
  return {};
}

void SdmxMlReader::start(In in, Given attributes) {
  switch (in) {
    case In::HeaderStructure:
      declaring_ = {};
      declaring_.place = parser_.place();
      declaring_.dimension_at_observation = value(attributes, "dimensionAtObservation");
      declaring_id_ = value(attributes, "structureID");
      break;
    case In::Usage:
    case In::Structure:
      declaring_.what = in == In::Usage ? Referent::Dataflow : Referent::DataStructure;
      [[fallthrough]];
    case In::Action:
    case In::ReferenceText:
      text_.clear();
      text_place_ = parser_.place();
      break;
    case In::ComponentText:
      // Several values of one component are one text, as in SDMX-JSON.
      if (values_++ != 0) text_ += "; ";
      text_place_ = parser_.place();
      break;
    case In::DataSet:
      start_data_set(attributes);
      break;
    case In::Series:
      rows_.clear(RowBuilder::Series);
      if (!generic_) take_components(RowBuilder::Series, attributes);
      break;
    case In::Group:
    case In::Observation:
      rows_.clear(RowBuilder::Observation);
      line_ = parser_.place().line;
      if (!generic_) take_components(RowBuilder::Observation, attributes);
      break;
    case In::Component:
      component_ = value(attributes, "id");
      values_ = 0;
      text_.clear();
      break;
    default:
      break;
  }
}

// The elements of the header that are no more than their attributes.
void SdmxMlReader::start_header(In in, std::string_view name, Given attributes) {
  if (in == In::Header && name == "Sender") {
    if (const Attribute* id = find(attributes, "id")) sink_.sent_by(id->value, parser_.place());
  }
  if ((in == In::Usage || in == In::Structure) && name == "Ref") {
    declaring_.place = parser_.place();
    declaring_.reference = value(attributes, "agencyID") + ":" + value(attributes, "id");
    const std::string version = value(attributes, "version");
    if (!version.empty()) declaring_.reference += "(" + version + ")";
    if (value(attributes, "class") == "ProvisionAgreement") declaring_.what = Referent::Provision;
  }
}

void SdmxMlReader::start_data_set(Given attributes) {
  had_data_set_ = true;
  rows_.clear(RowBuilder::DataSet);
  const Place place = parser_.place();
  auto declared = declared_.find(value(attributes, "structureRef"));
  if (declared == declared_.end() && declared_.size() == 1) declared = declared_.begin();
  dimension_at_observation_.clear();
  if (declared != declared_.end()) {
    const Declared& one = declared->second;
    dimension_at_observation_ = one.dimension_at_observation;
    if (!one.reference.empty()) sink_.refers_to(one.what, one.reference, one.place);
  }
  const Attribute* action = find(attributes, "action");
  act(action == nullptr ? std::string_view(action_) : action->value, place);
  if (!generic_) take_components(RowBuilder::DataSet, attributes);
}

void SdmxMlReader::act(std::string_view word, Place place) {
  if (!word.empty()) rows_.set(RowBuilder::DataSet, rows_.action(), action_letter(word), place);
}

void SdmxMlReader::take_components(RowBuilder::Level level, Given attributes) {
  const Place place = parser_.place();
  for (const Attribute& one : attributes) {
    // Those of a namespace are the message's own; so are, of a data set, what the schema names.
    if (!one.space.empty()) {
      if (one.name == "action") rows_.set(level, rows_.action(), action_letter(one.value), place);
      continue;
    }
    if (level == RowBuilder::DataSet && !one.name.empty() &&
        (one.name[0] >= 'a' && one.name[0] <= 'z')) {
      continue;
    }
    if (const auto column = rows_.column(one.name, place)) {
      rows_.set(level, *column, one.value, place);
    }
  }
}

// The schema has it so; a row is handed on when it ends, and is not there to be changed.
Status SdmxMlReader::stands_before_rows(RowBuilder::Level level, Place place) const {
  if (!rows_.had_rows(level)) return {};
  return unreadable_at(place, level == RowBuilder::DataSet
                                  ? "what holds for the data set stands behind its figures: put it "
                                    "before the first `Series` or `Obs`"
                                  : "what holds for the series stands behind its figures: put it "
                                    "before the first `Obs`");
}

Status SdmxMlReader::take_value(In in, std::string_view name, Given attributes) {
  if (!generic_) return {};
  const bool keyed =
      in == In::GroupKey || in == In::SeriesKey || in == In::ObservationKey || in == In::Attributes;
  const Place place = parser_.place();
  const Attribute* text = find(attributes, "value");
  const std::string_view given = text == nullptr ? std::string_view() : text->value;
  if (keyed && name == "Value") {
    ENTENTE_TRY_VOID(stands_before_rows(level(), place));
    if (const auto column = rows_.column(value(attributes, "id"), place)) {
      rows_.set(level(), *column, given, place);
    }
  } else if (in == In::Observation && name == "ObsDimension") {
    std::string id = value(attributes, "id");
    if (id.empty()) id = dimension_at_observation_;
    const auto column = id.empty() || id == kAllDimensions ? rows_.time() : rows_.column(id, place);
    if (column) rows_.set(RowBuilder::Observation, *column, given, place);
  } else if (in == In::Observation && name == "ObsValue") {
    rows_.set(RowBuilder::Observation, rows_.measure(), given, place);
  }
  return {};
}

Status SdmxMlReader::on_text(std::string_view text) {
  const In in = open_.back();
  if (in != In::Action && in != In::Usage && in != In::Structure && in != In::ReferenceText &&
      in != In::ComponentText) {
    return {};
  }
  if (text_.size() + text.size() > limits::upload_line_bytes_max) {
    return unreadable_at(parser_.place(), "the text is too long");
  }
  text_.append(text);
  return {};
}

void SdmxMlReader::end_header(In in) {
  const std::size_t first = text_.find_first_not_of(" \t\r\n");
  const std::string_view text =
      first == std::string::npos
          ? std::string_view()
          : std::string_view(text_).substr(first, text_.find_last_not_of(" \t\r\n") - first + 1);
  if (in == In::Action) {
    action_ = text;
  } else if (text.starts_with(kUrn) && declaring_.reference.empty()) {
    declaring_.what = kind_of(text, declaring_.what);
    declaring_.reference = text;
    declaring_.place = text_place_;
  }
  text_.clear();
}

Status SdmxMlReader::on_end() {
  const In in = open_.back();
  open_.pop_back();
  switch (in) {
    case In::Action:
    case In::Usage:
    case In::Structure:
    case In::ReferenceText:
      end_header(in);
      break;
    case In::HeaderStructure:
      if (declared_.size() >= limits::upload_references_max) {
        return unreadable_at(declaring_.place, "the header names too many structures");
      }
      declared_[declaring_id_] = declaring_;
      break;
    case In::Component:
      if (values_ == 0) break;
      ENTENTE_TRY_VOID(stands_before_rows(level(), text_place_));
      if (const auto column = rows_.column(component_, text_place_)) {
        rows_.set(level(), *column, text_, text_place_);
      }
      break;
    case In::Group:
      return rows_.add_group(parser_.place());
    case In::Observation: {
      const Status taken = rows_.emit(line_);
      rows_.clear(RowBuilder::Observation);
      return taken;
    }
    default:
      break;
  }
  return {};
}

}  // namespace entente::statistics
