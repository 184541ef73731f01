// SDMX-ML data: 2.1 generic and structure-specific, 3.0 and 3.1 structure-specific; time series or
// not, with attributes at every level. One thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "proto/formats/row_builder.h"
#include "proto/formats/xml_parser.h"

namespace entente::statistics {

class SdmxMlReader final : public Reader, private XmlParser::Handler {
 public:
  // Requires: `sink` outlives the reader.
  SdmxMlReader(const Shape& shape, RowSink& sink);

  Status feed(std::string_view bytes) override { return parser_.feed(bytes); }
  Status finish() override;

 private:
  // What the element at hand is.
  enum class In : std::uint8_t {
    Document,
    Message,
    Header,
    Action,  // of the header: its text
    HeaderStructure,
    Usage,      // a reference to a dataflow or provision
    Structure,  // a reference to a data structure
    ReferenceText,
    DataSet,
    Group,
    GroupKey,
    Series,
    SeriesKey,
    Observation,
    ObservationKey,
    Attributes,
    Component,      // `Comp`, of 3.0
    ComponentText,  // its `Value`
    Passed,         // whatever else, with all that is in it
  };
  using Given = std::span<const XmlParser::Attribute>;

  Status on_start(std::string_view space, std::string_view name, Given attributes) override;
  Status on_end() override;
  Status on_text(std::string_view text) override;

  Status begin_message(std::string_view space, std::string_view name);
  [[nodiscard]] In enter(In in, std::string_view name) const;
  [[nodiscard]] In enter_data(In in, std::string_view name) const;
  void start(In in, Given attributes);
  void start_header(In in, std::string_view name, Given attributes);
  void start_data_set(Given attributes);
  // The components that are an element's attributes, in structure-specific messages.
  void take_components(RowBuilder::Level level, Given attributes);
  // `<Value id= value=>` and their like, in generic messages.
  Status take_value(In in, std::string_view name, Given attributes);
  void end_header(In in);
  [[nodiscard]] RowBuilder::Level level() const;
  // InvalidArgument: rows came already for which a value of this level would have held.
  [[nodiscard]] Status stands_before_rows(RowBuilder::Level level, Place place) const;
  void act(std::string_view word, Place place);

  RowSink& sink_;
  RowBuilder rows_;
  XmlParser parser_;
  bool generic_ = false;
  std::vector<In> open_;
  std::uint64_t line_ = 0;  // of the observation at hand
  std::string text_;
  Place text_place_;
  // What the header says of its structures, by id.
  struct Declared {
    Referent what = Referent::DataStructure;
    std::string reference;
    Place place;
    std::string dimension_at_observation;
  };
  std::map<std::string, Declared, std::less<>> declared_;
  Declared declaring_;
  std::string declaring_id_;
  std::string dimension_at_observation_;
  std::string action_;  // the header's
  std::string component_;
  std::size_t values_ = 0;  // of that component
  bool had_data_set_ = false;
};

}  // namespace entente::statistics
