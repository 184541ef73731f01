// SDMX-JSON data 1.0, 2.0 and 2.1, and the draft of 1.0 that some providers still send. Where the
// data stand before the structure that they need, they are held until it comes, so far as
// upload_held_bytes_max goes. One thread.
#pragma once

#include <string>
#include <vector>

#include "proto/formats/json_message.h"
#include "proto/formats/json_parser.h"
#include "proto/formats/row_builder.h"

namespace entente::statistics {

class SdmxJsonReader final : public Reader, private JsonParser::Handler {
 public:
  // Requires: `sink` outlives the reader.
  SdmxJsonReader(const Shape& shape, RowSink& sink);

  Status feed(std::string_view bytes) override { return parser_.feed(bytes); }
  Status finish() override;

 private:
  using Kind = JsonParser::Kind;
  // What the object or array at hand is.
  enum class In : std::uint8_t {
    Document,
    Message,
    Meta,
    Sender,
    Data,
    Structures,
    Structure,
    Links,
    Link,
    Dimensions,
    Attributes,
    Measures,
    Annotations,
    Annotation,
    Components,
    Component,
    Values,
    Value,
    DataSets,
    DataSet,
    DataSetAttributes,
    Groups,
    Group,
    AllSeries,
    Series,
    SeriesAttributes,
    Observations,
    Observation,
    Nested,  // a value that is itself an array, or an object of languages
    Passed   // whatever else, with all that is in it
  };
  struct Frame {
    In in = In::Document;
    bool array = false;
    std::string key;        // of an object: the one at hand
    std::size_t index = 0;  // of an array: the element at hand
  };

  Status on_event(Kind kind, std::string_view text, Place place) override;
  Status take(Kind kind, std::string_view text);
  [[nodiscard]] In enter(const Frame& in) const;
  [[nodiscard]] In enter_structure(const Frame& in) const;
  [[nodiscard]] In enter_data(const Frame& in) const;
  Status start(In in);
  Status start_data(In in);
  Status end(In in);
  Status scalar(Frame& in, Kind kind, std::string_view text);
  Status scalar_of_structure(const Frame& in, Kind kind, std::string_view text);
  Status scalar_of_data_set(const Frame& in, Kind kind, std::string_view text);

  Status take_default(Kind kind, std::string_view text);
  Status count(std::size_t bytes);
  void take_link();
  // Holds what cannot be read yet, and reads it.
  Status hold(Kind kind, std::string_view text);
  Status read_held();

  Status begin_data_set();
  Status begin_defaults(const JsonStructure& structure);
  Status stands_in(In in);
  [[nodiscard]] Status needs_array() const;
  Status take_key(const JsonComponents& dimensions, std::string_view key, RowBuilder::Level level);
  Status take_group_key(std::string_view key);
  Status take_value(Frame& in, Kind kind, std::string_view text);
  // An element behind those of the attributes.
  [[nodiscard]] Status take_annotation(const Frame& in, Kind kind, std::string_view text) const;
  // The component that an array's element is of; null: none, an annotation's.
  [[nodiscard]] const JsonComponent* component_at(const Frame& in) const;

  RowSink& sink_;
  RowBuilder rows_;
  JsonParser parser_;
  std::vector<Frame> open_;
  Place place_;
  std::vector<JsonStructure> structures_;
  bool has_structures_ = false;
  std::size_t structure_bytes_ = 0;
  // The list of components, and the value, at hand.
  JsonComponents* components_ = nullptr;
  int value_rank_ = 0;
  std::string link_;
  std::string nested_;
  // The data set at hand.
  std::size_t structure_ = 0;
  bool begun_ = false;
  In figures_in_ = In::Passed;  // of the data set, where they stand: In::Series or In::DataSet
  bool had_data_set_ = false;
  std::uint64_t line_ = 0;  // of the observation at hand
  std::string held_;
  std::size_t holding_ = 0;  // how deep
};

}  // namespace entente::statistics
