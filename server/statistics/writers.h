// Figures as messages, made piece by piece while they are sent: SDMX-CSV, SDMX-JSON, SDMX-ML and a
// workbook. Codes that no figure of the answer bears are named nowhere. Pure; one thread each.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/status.h"
#include "server/statistics/series/columns.h"
#include "server/statistics/structure/model.h"

namespace entente::statistics {

enum class DataFormat : std::uint8_t {
  Csv1,   // SDMX-CSV 1.0
  Csv2,   // 2.0
  Csv21,  // 2.1
  Json1,  // SDMX-JSON 1.0
  Json2,  // 2.0
  Json21,
  GenericXml,      // SDMX-ML 2.1, generic
  GenericTimeXml,  // the same, time series only
  StructuredXml,   // SDMX-ML 2.1, structure-specific
  StructuredTimeXml,
  Workbook,  // Office Open XML
};

// What SDMX-CSV's media types say beside the version.
enum class Labels : std::uint8_t { Id, Name, Both };
enum class Keys : std::uint8_t { None, Observation, Series, Both };
struct Form {
  DataFormat format = DataFormat::GenericXml;
  Labels labels = Labels::Id;
  Keys keys = Keys::None;
  bool normalized = false;  // periods as their first day
};

// Which dimension stands with the observation; the others are the key of what it is grouped in.
struct View {
  enum class At : std::uint8_t { Time, Dimension, All };
  At at = At::Time;
  std::string dimension;  // with At::Dimension
};

// Whose figures one or more data sets are.
struct Topic {
  std::shared_ptr<const Flow> flow;
  std::string provider;          // `SWE`: of this provision; empty: of the dataflow
  std::vector<bool> attributes;  // which are told
};

// All that is known before the first figure is.
struct Plan {
  Form form;
  std::vector<Topic> topics;  // at least one
  View view;
  bool figures = true;                 // observations have their figures
  bool observations = true;            // else series are named, and no more
  bool changes = false;                // the data sets say what they change, and when
  std::vector<std::string> languages;  // the most wanted first
  std::shared_ptr<const Model> model;
  std::string prepared;                                    // RFC 3339
  std::vector<std::pair<std::string, std::string>> front;  // what a workbook's first sheet says
};

struct SetHead {
  std::size_t topic = 0;
  enum class Action : std::uint8_t { Information, Replace, Delete };
  Action action = Action::Information;
  std::optional<Instant> valid_from;
  std::optional<Instant> valid_to;
};

// What the numbers in a data set's columns stand for. They outlive the data set.
struct Texts {
  const std::vector<std::vector<std::string>>* dimensions = nullptr;
  const std::vector<std::vector<std::string>>* attributes = nullptr;
};

// Called in this order: begin, then for each data set begin_set, write any number of times,
// end_set; then end. With View::At::Time a series of the columns is one group, and comes once in a
// data set; else groups are what has the same key, in the order of the columns.
class DataWriter {
 public:
  virtual ~DataWriter() = default;
  virtual void begin(std::string& out) = 0;
  virtual void begin_set(const SetHead& head, const Texts& texts, std::string& out) = 0;
  virtual void write(const Columns& columns, std::string& out) = 0;
  virtual void end_set(std::string& out) = 0;
  virtual void end(std::string& out) = 0;
  // ResourceExhausted (LimitReached): the format holds no more; what was written is of no use.
  [[nodiscard]] virtual Status state() const { return {}; }
};

[[nodiscard]] std::unique_ptr<DataWriter> make_writer(Plan plan);

// As `content-type` says it.
[[nodiscard]] std::string media_type_of(const Form& form);

[[nodiscard]] std::string json_quoted(std::string_view text);

// The text in the language most wanted that there is, else in English, else in any; `otherwise` if
// there is none.
[[nodiscard]] std::string best_text(const v1::Text& text, const std::vector<std::string>& languages,
                                    const std::string& otherwise);

}  // namespace entente::statistics
