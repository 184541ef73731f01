#include "server/statistics/readers.h"

#include <unicode/unistr.h>

#include <map>

#include "proto/formats/mapped_reader.h"
#include "proto/formats/sdmx_csv_reader.h"
#include "proto/formats/sdmx_json_reader.h"
#include "proto/formats/sdmx_ml_reader.h"

namespace entente::statistics {
namespace {

// Letters of either case are one.
std::string folded(std::string_view text) {
  icu::UnicodeString wide = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
  wide.foldCase();
  std::string out;
  return wide.toUTF8String(out);
}

// Items by their titles in every language, read once of each codelist that is asked for.
class Titles {
 public:
  explicit Titles(std::shared_ptr<const Flow> flow) : flow_(std::move(flow)) {}

  std::string find(std::string_view component, std::string_view title) {
    const Codelist* list = list_of(component);
    if (list == nullptr) return {};
    auto known = by_list_.find(list);
    if (known == by_list_.end()) known = by_list_.emplace(list, read(*list)).first;
    const auto found = known->second.find(folded(title));
    return found == known->second.end() ? std::string() : found->second;
  }

 private:
  using ByTitle = std::map<std::string, std::string, std::less<>>;

  [[nodiscard]] const Codelist* list_of(std::string_view component) const {
    if (const auto dimension = flow_->find_dimension(component)) {
      return flow_->dimension_lists[*dimension].get();
    }
    const auto attribute = flow_->find_attribute(component);
    return attribute ? flow_->attribute_lists[*attribute].get() : nullptr;
  }

  static ByTitle read(const Codelist& list) {
    ByTitle by_title;
    for (const v1::Item& item : list.wire().items()) {
      for (const auto& [language, title] : item.title().by_language()) {
        const auto [there, fresh] = by_title.emplace(folded(title), item.id());
        // A title that two items have, be it in two languages, means neither.
        if (!fresh && there->second != item.id()) there->second.clear();
      }
    }
    return by_title;
  }

  std::shared_ptr<const Flow> flow_;
  std::map<const Codelist*, ByTitle> by_list_;
};

}  // namespace

Shape shape_of(const Flow& flow) {
  Shape shape;
  for (const auto& one : flow.structure.dimensions()) shape.dimensions.push_back(one.id());
  shape.time = time_dimension;
  shape.measure = flow.measure;
  for (const auto& one : flow.structure.attributes()) shape.attributes.push_back(one.id());
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
      const auto titles = std::make_shared<Titles>(flow);
      return std::make_unique<MappedReader>(
          shape_of(*flow), mapping,
          [titles](std::string_view component, std::string_view title) {
            return titles->find(component, title);
          },
          sink);
    }
    default:
      return std::make_unique<SdmxCsvReader>(sink);
  }
}

}  // namespace entente::statistics
