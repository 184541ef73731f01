#include "server/statistics/structure_schema.h"

#include <algorithm>

#include "proto/contract/markup.h"
#include "server/statistics/rest_words.h"
#include "server/statistics/structure_words.h"
#include "server/statistics/writers.h"

namespace entente::statistics {
namespace {

constexpr const char* kAll = "AllDimensions";

class Schema {
 public:
  Schema(const Model& model, const v1::DataStructure& structure, const Flow* flow,
         const std::string& observation)
      : model_(model), structure_(structure), flow_(flow), observation_(observation) {}

  std::string write() {
    const Identity one = identity_of(kinds::structure, structure_.name(),
                                     [this](std::string_view) { return structure_.version(); });
    const std::string own = urn_of(kinds::structure, one) + ":ObsLevelDim:" + observation_;
    const std::string ns = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/";
    const std::string place = "https://registry.sdmx.org/schemas/v2_1/";
    out_ =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xs:schema "
        "xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns=\"" +
        markup_text(own) + "\" xmlns:dsd=\"" + ns + "data/structurespecific\" xmlns:common=\"" +
        ns + "common\" targetNamespace=\"" + markup_text(own) +
        "\" elementFormDefault=\"qualified\" attributeFormDefault=\"unqualified\">\n"
        "<xs:import namespace=\"" +
        ns + "data/structurespecific\" schemaLocation=\"" + place +
        "SDMXDataStructureSpecific.xsd\"/>\n<xs:import namespace=\"" + ns +
        "common\" schemaLocation=\"" + place + "SDMXCommon.xsd\"/>\n";
    data_set();
    if (observation_ != kAll) series();
    observation();
    for (int d = 0; d < structure_.dimensions_size(); ++d) {
      values(structure_.dimensions(d).id(), structure_.dimensions(d).codelist(), d);
    }
    for (const v1::Attribute& one_attribute : structure_.attributes()) {
      values(one_attribute.id(), one_attribute.codelist(), -1);
    }
    out_ += "</xs:schema>\n";
    return std::move(out_);
  }

 private:
  void open(const char* name, const char* base) {
    out_ += std::string("<xs:complexType name=\"") + name +
            "\"><xs:complexContent><xs:restriction base=\"dsd:" + base +
            "\"><xs:sequence><xs:element ref=\"common:Annotations\" minOccurs=\"0\"/>";
  }
  void close() {
    attribute("REPORTING_YEAR_START_DAY", "xs:gMonthDay", "prohibited");
    out_ += "</xs:restriction></xs:complexContent></xs:complexType>\n";
  }
  void attribute(std::string_view name, const std::string& type, const char* use) {
    out_ += "<xs:attribute name=\"" + markup_text(name) + "\" type=\"" + type + "\" use=\"" + use +
            "\"/>";
  }
  // What a component's values are: its own type, or any text.
  static std::string type_of(const std::string& id, const std::string& codelist) {
    return codelist.empty() ? "xs:string" : markup_text(id) + ".values";
  }

  void data_set() {
    open("DataSetType", "DataSetType");
    out_ +=
        "<xs:element name=\"DataProvider\" type=\"common:DataProviderReferenceType\" "
        "form=\"unqualified\" minOccurs=\"0\"/><xs:choice minOccurs=\"0\">";
    out_ += observation_ == kAll
                ? "<xs:element name=\"Obs\" type=\"ObsType\" form=\"unqualified\" "
                  "maxOccurs=\"unbounded\"/>"
                : "<xs:element name=\"Series\" type=\"SeriesType\" form=\"unqualified\" "
                  "maxOccurs=\"unbounded\"/>";
    out_ += "</xs:choice></xs:sequence>";
    for (const v1::Attribute& one : structure_.attributes()) {
      if (one.attachment() != v1::Attribute::DATASET) continue;
      attribute(one.id(), type_of(one.id(), one.codelist()), "optional");
    }
    close();
  }

  void series() {
    open("SeriesType", "SeriesType");
    out_ +=
        "<xs:element name=\"Obs\" type=\"ObsType\" form=\"unqualified\" minOccurs=\"0\" "
        "maxOccurs=\"unbounded\"/></xs:sequence>";
    for (const v1::Dimension& one : structure_.dimensions()) {
      if (one.id() == observation_) continue;
      attribute(one.id(), type_of(one.id(), one.codelist()), "required");
    }
    time(observation_ == time_dimension ? "prohibited" : "required");
    for (const v1::Attribute& one : structure_.attributes()) {
      const bool at_series =
          one.attachment() == v1::Attribute::SERIES || one.attachment() == v1::Attribute::GROUP;
      if (at_series) attribute(one.id(), type_of(one.id(), one.codelist()), "optional");
    }
    close();
  }

  void observation() {
    open("ObsType", "ObsType");
    out_ += "</xs:sequence>";
    attribute("type", "common:IDType", "prohibited");
    for (const v1::Dimension& one : structure_.dimensions()) {
      if (observation_ != kAll && one.id() != observation_) continue;
      attribute(one.id(), type_of(one.id(), one.codelist()), "required");
    }
    time(observation_ == kAll || observation_ == time_dimension ? "required" : "prohibited");
    attribute(measure_of(structure_), "xs:double", "optional");
    if (measure_of(structure_) != "OBS_VALUE") {
      out_ += "<xs:attribute name=\"OBS_VALUE\" use=\"prohibited\"/>";
    }
    for (const v1::Attribute& one : structure_.attributes()) {
      attribute(one.id(), type_of(one.id(), one.codelist()), "optional");
    }
    close();
  }
  void time(const char* use) {
    attribute(time_dimension, "common:ObservationalTimePeriodType", use);
  }

  // `dimension`: which one it is, whose constraint limits it; -1: an attribute.
  void values(const std::string& id, const std::string& codelist, int dimension) {
    const auto list = model_.find_codelist(codelist);
    if (!list) return;
    out_ +=
        "<xs:simpleType name=\"" + type_of(id, codelist) + "\"><xs:restriction base=\"xs:string\">";
    const std::vector<std::string>* allowed =
        flow_ != nullptr && dimension >= 0 ? &flow_->allowed[static_cast<std::size_t>(dimension)]
                                           : nullptr;
    for (const v1::Item& item : list->wire().items()) {
      if (allowed != nullptr && !allowed->empty() &&
          !std::binary_search(allowed->begin(), allowed->end(), item.id())) {
        continue;
      }
      out_ += "<xs:enumeration value=\"" + markup_text(item.id()) + "\"/>";
    }
    out_ += "</xs:restriction></xs:simpleType>\n";
  }

  const Model& model_;
  const v1::DataStructure& structure_;
  const Flow* flow_;
  const std::string observation_;
  std::string out_;
};

}  // namespace

Result<std::string> write_schema(const Model& model, const v1::DataStructure& structure,
                                 const Flow* flow, const std::string& observation) {
  const bool known = observation == kAll || observation == time_dimension ||
                     std::any_of(structure.dimensions().begin(), structure.dimensions().end(),
                                 [&](const auto& one) { return one.id() == observation; });
  if (!known) return bad_request("`dimensionAtObservation` is no dimension");
  return Schema(model, structure, flow, observation).write();
}

}  // namespace entente::statistics
