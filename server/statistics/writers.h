// Figures as messages of SDMX, made piece by piece while they are sent. Codes that no figure of the
// answer bears are named nowhere. Pure; one thread each.
#pragma once

#include <memory>
#include <string>

#include "proto/contract/clock.h"
#include "server/statistics/series/merge.h"
#include "server/statistics/structure/model.h"

namespace entente::statistics {

enum class DataFormat {
  Csv1,           // SDMX-CSV 1.0
  Csv2,           // SDMX-CSV 2.0
  Json1,          // SDMX-JSON 1.0
  Json2,          // SDMX-JSON 2.0
  GenericXml,     // SDMX-ML 2.1, generic
  StructuredXml,  // SDMX-ML 2.1, structure-specific
};

// As `content-type` says it.
[[nodiscard]] const char* media_type_of(DataFormat format);

class DataWriter {
 public:
  virtual ~DataWriter() = default;
  virtual void begin(std::string& out) = 0;
  virtual void write(const Merge& merge, const Merged& some, std::string& out) = 0;
  virtual void end(std::string& out) = 0;
};

// `flow` outlives it.
[[nodiscard]] std::unique_ptr<DataWriter> make_writer(DataFormat format, const Flow& flow,
                                                      Instant prepared);

// `&`, `<`, `>`, quotes and what XML 1.0 has no place for.
[[nodiscard]] std::string xml_escaped(std::string_view text);
[[nodiscard]] std::string json_quoted(std::string_view text);

}  // namespace entente::statistics
