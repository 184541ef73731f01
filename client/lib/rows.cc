#include "client/lib/rows.h"

#include <algorithm>
#include <fstream>
#include <memory>

#include "proto/formats/mapped_reader.h"
#include "proto/formats/row_texts.h"
#include "proto/formats/sdmx_csv_reader.h"
#include "proto/formats/sdmx_json_reader.h"
#include "proto/formats/sdmx_ml_reader.h"

namespace entente::client {
namespace {

std::unique_ptr<statistics::Reader> reader_of(v1::UploadFormat format, const v1::Mapping& mapping,
                                              const statistics::Shape& shape,
                                              statistics::RowSink& sink) {
  switch (format) {
    case v1::SDMX_ML:
      return std::make_unique<statistics::SdmxMlReader>(shape, sink);
    case v1::SDMX_JSON:
      return std::make_unique<statistics::SdmxJsonReader>(shape, sink);
    case v1::MAPPED_CSV:
      return std::make_unique<statistics::MappedReader>(
          shape, mapping, [](std::string_view, std::string_view) { return std::string(); }, sink);
    default:
      return std::make_unique<statistics::SdmxCsvReader>(sink);
  }
}

bool asks_for_titles(const v1::Mapping& mapping) {
  return std::any_of(mapping.columns().begin(), mapping.columns().end(),
                     [](const v1::MappedColumn& one) { return one.by_title(); });
}

}  // namespace

Result<statistics::Shape> shape_of(Client& client, const std::string& dataflow) {
  v1::GetStructureRequest request;
  request.set_name(dataflow);
  request.set_with_references(true);
  ENTENTE_TRY(const v1::StructureSet set,
              client.call<v1::StructureSet>("entente.v1.StatisticsService.GetStructure", request));
  if (set.data_structures_size() != 1) {
    return Status(Code::DataLoss, Reason::None, "the server shows no structure of the dataflow");
  }
  const v1::DataStructure& structure = set.data_structures(0);
  statistics::Shape shape;
  for (const v1::Dimension& one : structure.dimensions()) shape.dimensions.push_back(one.id());
  for (const v1::Attribute& one : structure.attributes()) shape.attributes.push_back(one.id());
  if (!structure.measure().empty()) shape.measure = structure.measure();
  return shape;
}

Result<std::optional<std::vector<std::string>>> rows_of(const std::string& path,
                                                        v1::UploadFormat format,
                                                        const v1::Mapping& mapping,
                                                        const statistics::Shape& shape) {
  std::optional<std::vector<std::string>> rows;
  if (asks_for_titles(mapping)) return rows;
  std::ifstream in(path, std::ios::binary);
  if (!in) return invalid_argument("file", "`" + path + "` cannot be read");
  statistics::RowTexts texts(shape);
  const auto reader = reader_of(format, mapping, shape, texts);
  std::string buffer(1 << 20, '\0');
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || in.gcount() > 0) {
    ENTENTE_TRY_VOID(
        reader->feed(std::string_view(buffer.data(), static_cast<std::size_t>(in.gcount()))));
    if (texts.rows() == nullptr) return rows;
  }
  ENTENTE_TRY_VOID(reader->finish());
  if (texts.rows() != nullptr) rows = *texts.rows();
  return rows;
}

}  // namespace entente::client
