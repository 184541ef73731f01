#include "server/statistics/writers/parts.h"

#include <charconv>

namespace entente::statistics {

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void append_figure(std::string& out, const Decimal& value) {
  if (value.exponent != 0) {
    out += to_text(value);
    return;
  }
  std::array<char, 20> digits;
  const auto [end, error] =
      std::to_chars(digits.data(), digits.data() + digits.size(), value.mantissa);
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

const std::string& PeriodTexts::text(Period period) {
  const auto place = (static_cast<std::uint32_t>(period.ordinal) * frequencies +
                      static_cast<std::uint32_t>(period.frequency)) %
                     kHeld;
  Held& held = held_[place];
  if (held.period != period || held.text.empty()) {
    held.period = period;
    held.text = normalized_ ? to_text(Period{Frequency::Day, first_day(period)}) : to_text(period);
  }
  return held.text;
}

std::string Names::component(const Flow& flow, std::string_view id) const {
  std::string_view concept_id = id;
  if (const auto dimension = flow.find_dimension(id)) {
    concept_id = flow.structure.dimensions(static_cast<int>(*dimension)).concept_id();
  } else if (const auto attribute = flow.find_attribute(id)) {
    concept_id = flow.structure.attributes(static_cast<int>(*attribute)).concept_id();
  }
  const record::Structure* scheme = model_.find(flow.structure.concept_scheme());
  if (scheme != nullptr) {
    for (const v1::Item& item : scheme->concept_scheme().concepts()) {
      if (item.id() == concept_id) return best_text(item.title(), languages_, std::string(id));
    }
  }
  return std::string(id);
}

std::string Names::flow(const Flow& flow) const {
  return best_text(flow.wire.title(), languages_, flow_name_of(flow).id);
}

std::string Names::code(const Codelist* list, std::string_view code) const {
  const v1::Item* item = list != nullptr ? list->find(code) : nullptr;
  return item != nullptr ? best_text(item->title(), languages_, item->id()) : std::string();
}

StructureName flow_name_of(const Flow& flow) {
  return parse_structure_name(flow.wire.name(), "dataflows").value_or(StructureName());
}

StructureName structure_name_of(const Flow& flow) {
  return parse_structure_name(flow.structure.name(), "data-structures").value_or(StructureName());
}

std::pair<std::string, std::string> table_name_of(const Topic& topic) {
  const StructureName name = flow_name_of(*topic.flow);
  const std::string version = "(" + topic.flow->wire.version() + ")";
  if (topic.provider.empty()) return {"dataflow", name.agency + ":" + name.id + version};
  return {"dataprovision", name.agency + ":" + name.id + "_" + topic.provider + "(" +
                               std::string(provision_version) + ")"};
}

std::string urn_of(std::string_view artefact, const StructureName& name,
                   const std::string& version) {
  return "urn:sdmx:org.sdmx.infomodel." + std::string(artefact) + "=" + name.agency + ":" +
         name.id + "(" + version + ")";
}

std::optional<std::size_t> dimension_at(const View& view, const Flow& flow) {
  if (view.at != View::At::Dimension) return std::nullopt;
  return flow.find_dimension(view.dimension);
}

std::string best_text(const v1::Text& text, const std::vector<std::string>& languages,
                      const std::string& otherwise) {
  const auto& there = text.by_language();
  const auto find = [&](std::string_view wanted) -> const std::string* {
    for (const auto& [tag, said] : there) {
      if (tag.size() != wanted.size()) continue;
      bool same = true;
      for (std::size_t i = 0; i < tag.size() && same; ++i) {
        const char c = tag[i] >= 'A' && tag[i] <= 'Z' ? static_cast<char>(tag[i] + 32) : tag[i];
        same = c == wanted[i];
      }
      if (same) return &said;
    }
    return nullptr;
  };
  for (const std::string& language : languages) {
    if (const auto* said = find(language)) return *said;
    if (const auto* said = find(language.substr(0, language.find('-')))) return *said;
  }
  if (const auto* said = find("en")) return *said;
  // In the order of tags, so that it is the same each time.
  const std::string* first = nullptr;
  const std::string* first_tag = nullptr;
  for (const auto& [tag, said] : there) {
    if (first_tag == nullptr || tag < *first_tag) {
      first_tag = &tag;
      first = &said;
    }
  }
  return first != nullptr ? *first : otherwise;
}

std::string media_type_of(const Form& form) {
  const std::string csv = "application/vnd.sdmx.data+csv; version=";
  const std::string json = "application/vnd.sdmx.data+json; version=";
  const std::string end = "; charset=utf-8";
  std::string labels;
  if (form.labels != Labels::Id) {
    labels = form.labels == Labels::Both ? "; labels=both" : "; labels=name";
  }
  switch (form.format) {
    case DataFormat::Csv1:
      return csv + "1.0.0" + labels + end;
    case DataFormat::Csv2:
      return csv + "2.0.0" + labels + end;
    case DataFormat::Csv21:
      return csv + "2.1.0" + labels + end;
    case DataFormat::Json1:
      return json + "1.0.0" + end;
    case DataFormat::Json2:
      return json + "2.0.0" + end;
    case DataFormat::Json21:
      return json + "2.1.0" + end;
    case DataFormat::GenericXml:
      return "application/vnd.sdmx.genericdata+xml; version=2.1" + end;
    case DataFormat::GenericTimeXml:
      return "application/vnd.sdmx.generictimeseriesdata+xml; version=2.1" + end;
    case DataFormat::StructuredXml:
      return "application/vnd.sdmx.structurespecificdata+xml; version=2.1" + end;
    case DataFormat::StructuredTimeXml:
      return "application/vnd.sdmx.structurespecifictimeseriesdata+xml; version=2.1" + end;
    case DataFormat::Workbook:
      break;
  }
  return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
}

std::unique_ptr<DataWriter> make_writer(Plan plan) {
  switch (plan.form.format) {
    case DataFormat::Csv1:
    case DataFormat::Csv2:
    case DataFormat::Csv21:
      return make_csv_writer(std::move(plan));
    case DataFormat::Json1:
    case DataFormat::Json2:
    case DataFormat::Json21:
      return make_json_writer(std::move(plan));
    case DataFormat::Workbook:
      return make_workbook_writer(std::move(plan));
    default:
      return make_xml_writer(std::move(plan));
  }
}

}  // namespace entente::statistics
