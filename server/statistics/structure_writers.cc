#include "server/statistics/structure_writers.h"

#include "server/statistics/structure_message_writers.h"

namespace entente::statistics {

const char* media_type_of(StructureFormat format) {
  switch (format) {
    case StructureFormat::Xml21:
      return "application/vnd.sdmx.structure+xml; version=2.1; charset=utf-8";
    case StructureFormat::Json1:
      return "application/vnd.sdmx.structure+json; version=1.0.0; charset=utf-8";
    case StructureFormat::Json2:
      break;
  }
  return "application/vnd.sdmx.structure+json; version=2.0.0; charset=utf-8";
}

std::string write_structures(StructureFormat format, const StructureMessageOut& message,
                             const VersionOf& version_of, Instant prepared) {
  if (format == StructureFormat::Xml21) return write_structures_ml(message, version_of, prepared);
  return write_structures_json(message, format == StructureFormat::Json1, version_of, prepared);
}

}  // namespace entente::statistics
