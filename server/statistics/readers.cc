#include "server/statistics/readers.h"

#include "proto/formats/mapped_reader.h"
#include "proto/formats/sdmx_csv_reader.h"
#include "proto/formats/sdmx_json_reader.h"
#include "proto/formats/sdmx_ml_reader.h"
#include "proto/formats/titles.h"

namespace entente::statistics {
Shape shape_of(const Flow& flow) {
  Shape shape;
  for (const auto& one : flow.structure.dimensions()) shape.dimensions.push_back(one.id());
  shape.time = time_dimension;
  shape.measure = flow.measure;
  for (const auto& one : flow.structure.attributes()) {
    shape.attributes.push_back(one.id());
    if (one.codelist().empty()) shape.texts.insert(one.id());
  }
  return shape;
}

std::unique_ptr<Reader> make_reader(const std::shared_ptr<const Flow>& flow,
                                    v1::UploadFormat format, const v1::Mapping& mapping,
                                    RowSink& sink) {
  switch (format) {
    case v1::SDMX_ML:
      return std::make_unique<SdmxMlReader>(shape_of(*flow), sink);
    case v1::SDMX_JSON:
      return std::make_unique<SdmxJsonReader>(shape_of(*flow), sink);
    case v1::MAPPED_CSV: {
      const auto titles =
          std::make_shared<Titles>([flow](std::string_view component) -> const v1::Codelist* {
            const auto dimension = flow->find_dimension(component);
            const auto attribute = flow->find_attribute(component);
            const Codelist* list = dimension   ? flow->dimension_lists[*dimension].get()
                                   : attribute ? flow->attribute_lists[*attribute].get()
                                               : nullptr;
            return list == nullptr ? nullptr : &list->wire();
          });
      return std::make_unique<MappedReader>(
          shape_of(*flow), mapping,
          [titles](std::string_view component, std::string_view title) {
            return titles->find(component, title);
          },
          sink);
    }
    default:
      return std::make_unique<SdmxCsvReader>(shape_of(*flow), sink);
  }
}

}  // namespace entente::statistics
