#include "server/statistics/structure_writers.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "server/statistics/structure/model.h"
#include "server/statistics/structure/names.h"
#include "server/statistics/writers.h"

namespace entente::statistics {
namespace {

using VersionOf = std::function<std::string(std::string_view)>;

// How SDMX calls what we keep under a collection.
struct Kind {
  std::string_view collection;
  std::string_view package;  // of its information model
  std::string_view klass;
};
constexpr Kind kCodelist{"codelists", "codelist", "Codelist"};
constexpr Kind kScheme{"concept-schemes", "conceptscheme", "ConceptScheme"};
constexpr Kind kStructure{"data-structures", "datastructure", "DataStructure"};
constexpr Kind kFlow{"dataflows", "datastructure", "Dataflow"};

struct Identity {
  std::string agency;
  std::string id;
  std::string version;
};

Identity identity_of(const Kind& kind, std::string_view name, const VersionOf& version_of) {
  const std::optional<StructureName> parsed = parse_structure_name(name, kind.collection);
  if (!parsed) return {};
  return {.agency = parsed->agency, .id = parsed->id, .version = version_of(name)};
}

std::string urn_of(const Kind& kind, const Identity& one) {
  return "urn:sdmx:org.sdmx.infomodel." + std::string(kind.package) + "." +
         std::string(kind.klass) + "=" + one.agency + ":" + one.id + "(" + one.version + ")";
}

std::string urn_of_concept(const Identity& scheme, std::string_view id) {
  return "urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept=" + scheme.agency + ":" + scheme.id +
         "(" + scheme.version + ")." + std::string(id);
}

// English first, as the others have it for a fallback; what has no title is called by its id.
std::vector<std::pair<std::string, std::string>> titles(const v1::Text& text,
                                                        std::string_view otherwise) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto english = text.by_language().find("en");
  if (english != text.by_language().end()) out.emplace_back("en", english->second);
  std::vector<std::pair<std::string, std::string>> rest;
  for (const auto& [language, words] : text.by_language()) {
    if (language != "en") rest.emplace_back(language, words);
  }
  std::sort(rest.begin(), rest.end());
  out.insert(out.end(), rest.begin(), rest.end());
  if (out.empty()) out.emplace_back("en", otherwise);
  return out;
}

// --- SDMX-ML 2.1 ---

class XmlMessage {
 public:
  explicit XmlMessage(const VersionOf& version_of) : version_of_(version_of) {}

  std::string write(const v1::StructureSet& set, Instant prepared) {
    const std::string ns = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/";
    out_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<mes:Structure xmlns:mes=\"" + ns +
           "message\" xmlns:str=\"" + ns + "structure\" xmlns:com=\"" + ns +
           "common\"><mes:Header><mes:ID>ENTENTE</mes:ID><mes:Test>false</mes:Test><mes:Prepared>" +
           to_rfc3339(prepared) +
           "</mes:Prepared><mes:Sender id=\"ENTENTE\"/></mes:Header><mes:Structures>";
    // The order is the schema's.
    group("Dataflows", set.dataflows(), [this](const auto& one) { flow(one); });
    group("Codelists", set.codelists(), [this](const auto& one) { codelist(one); });
    group("Concepts", set.concept_schemes(), [this](const auto& one) { scheme(one); });
    group("DataStructures", set.data_structures(), [this](const auto& one) { structure(one); });
    group("Constraints", set.dataflows(), [this](const auto& one) { constraint(one); });
    out_ += "</mes:Structures></mes:Structure>\n";
    return std::move(out_);
  }

 private:
  template <typename List, typename Write>
  void group(const std::string& tag, const List& list, Write write) {
    const std::size_t before = out_.size();
    out_ += "<str:" + tag + ">";
    const std::size_t empty = out_.size();
    for (const auto& one : list) write(one);
    if (out_.size() == empty) {
      out_.resize(before);
    } else {
      out_ += "</str:" + tag + ">";
    }
  }
  void names(const v1::Text& text, std::string_view otherwise) {
    for (const auto& [language, words] : titles(text, otherwise)) {
      out_ += "<com:Name xml:lang=\"" + xml_escaped(language) + "\">" + xml_escaped(words) +
              "</com:Name>";
    }
  }
  Identity open(const Kind& kind, const std::string& name, const v1::Text& title) {
    const Identity one = identity_of(kind, name, version_of_);
    out_ += "<str:" + std::string(kind.klass) + " id=\"" + xml_escaped(one.id) + "\" urn=\"" +
            xml_escaped(urn_of(kind, one)) + "\" version=\"" + xml_escaped(one.version) +
            "\" agencyID=\"" + xml_escaped(one.agency) + "\" isFinal=\"true\">";
    names(title, one.id);
    return one;
  }
  void close(const Kind& kind) { out_ += "</str:" + std::string(kind.klass) + ">"; }
  void reference(const Kind& kind, const std::string& name) {
    const Identity one = identity_of(kind, name, version_of_);
    out_ += "<Ref id=\"" + xml_escaped(one.id) + "\" version=\"" + xml_escaped(one.version) +
            "\" agencyID=\"" + xml_escaped(one.agency) + "\" package=\"" +
            std::string(kind.package) + "\" class=\"" + std::string(kind.klass) + "\"/>";
  }
  void items(const std::string& tag, const google::protobuf::RepeatedPtrField<v1::Item>& items) {
    for (const v1::Item& item : items) {
      out_ += "<str:" + tag + " id=\"" + xml_escaped(item.id()) + "\">";
      names(item.title(), item.id());
      for (const auto& [language, words] : titles(item.description(), "")) {
        if (words.empty()) continue;
        out_ += "<com:Description xml:lang=\"" + xml_escaped(language) + "\">" +
                xml_escaped(words) + "</com:Description>";
      }
      if (!item.parent().empty()) {
        out_ += "<str:Parent><Ref id=\"" + xml_escaped(item.parent()) + "\"/></str:Parent>";
      }
      out_ += "</str:" + tag + ">";
    }
  }
  void codelist(const v1::Codelist& list) {
    open(kCodelist, list.name(), list.title());
    items("Code", list.items());
    close(kCodelist);
  }
  void scheme(const v1::ConceptScheme& scheme) {
    open(kScheme, scheme.name(), scheme.title());
    items("Concept", scheme.concepts());
    close(kScheme);
  }
  void flow(const v1::Dataflow& flow) {
    open(kFlow, flow.name(), flow.title());
    out_ += "<str:Structure>";
    reference(kStructure, flow.data_structure());
    out_ += "</str:Structure>";
    close(kFlow);
  }
  void concept_of(const Identity& scheme, const std::string& id) {
    out_ += "<str:ConceptIdentity><Ref id=\"" + xml_escaped(id) + "\" maintainableParentID=\"" +
            xml_escaped(scheme.id) + "\" maintainableParentVersion=\"" +
            xml_escaped(scheme.version) + "\" agencyID=\"" + xml_escaped(scheme.agency) +
            "\" package=\"conceptscheme\" class=\"Concept\"/></str:ConceptIdentity>";
  }
  void representation(const std::string& codelist, const std::string& otherwise) {
    out_ += "<str:LocalRepresentation>";
    if (codelist.empty()) {
      out_ += "<str:TextFormat textType=\"" + otherwise + "\"/>";
    } else {
      out_ += "<str:Enumeration>";
      reference(kCodelist, codelist);
      out_ += "</str:Enumeration>";
    }
    out_ += "</str:LocalRepresentation>";
  }
  void structure(const v1::DataStructure& structure) {
    open(kStructure, structure.name(), structure.title());
    const Identity scheme = identity_of(kScheme, structure.concept_scheme(), version_of_);
    const std::string measure = structure.measure().empty() ? "OBS_VALUE" : structure.measure();
    out_ += "<str:DataStructureComponents><str:DimensionList id=\"DimensionDescriptor\">";
    int position = 0;
    for (const v1::Dimension& dimension : structure.dimensions()) {
      out_ += "<str:Dimension id=\"" + xml_escaped(dimension.id()) + "\" position=\"" +
              std::to_string(++position) + "\">";
      concept_of(scheme, dimension.concept_id());
      representation(dimension.codelist(), "String");
      out_ += "</str:Dimension>";
    }
    const std::string time(time_dimension);
    out_ +=
        "<str:TimeDimension id=\"" + time + "\" position=\"" + std::to_string(++position) + "\">";
    concept_of(scheme, time);
    representation("", "ObservationalTimePeriod");
    out_ += "</str:TimeDimension></str:DimensionList>";
    if (structure.attributes_size() > 0) {
      out_ += "<str:AttributeList id=\"AttributeDescriptor\">";
      for (const v1::Attribute& attribute : structure.attributes()) {
        out_ += "<str:Attribute id=\"" + xml_escaped(attribute.id()) + "\" assignmentStatus=\"" +
                (attribute.mandatory() ? "Mandatory" : "Conditional") + "\">";
        concept_of(scheme, attribute.concept_id());
        representation(attribute.codelist(), "String");
        out_ += "<str:AttributeRelationship><str:PrimaryMeasure><Ref id=\"" + xml_escaped(measure) +
                "\"/></str:PrimaryMeasure></str:AttributeRelationship></str:Attribute>";
      }
      out_ += "</str:AttributeList>";
    }
    out_ += "<str:MeasureList id=\"MeasureDescriptor\"><str:PrimaryMeasure id=\"" +
            xml_escaped(measure) + "\">";
    concept_of(scheme, measure);
    out_ += "</str:PrimaryMeasure></str:MeasureList></str:DataStructureComponents>";
    close(kStructure);
  }
  void constraint(const v1::Dataflow& flow) {
    if (flow.constraint_size() == 0) return;
    const Identity one = identity_of(kFlow, flow.name(), version_of_);
    out_ += "<str:ContentConstraint id=\"" + xml_escaped(one.id) + "_ALLOWED\" version=\"" +
            xml_escaped(one.version) + "\" agencyID=\"" + xml_escaped(one.agency) +
            "\" isFinal=\"true\" type=\"Allowed\">";
    names(flow.title(), one.id);
    out_ += "<str:ConstraintAttachment><str:Dataflow>";
    reference(kFlow, flow.name());
    out_ += "</str:Dataflow></str:ConstraintAttachment><str:CubeRegion include=\"true\">";
    for (const v1::AllowedValues& allowed : flow.constraint()) {
      out_ += "<com:KeyValue id=\"" + xml_escaped(allowed.dimension()) + "\">";
      for (const std::string& value : allowed.values()) {
        out_ += "<com:Value>" + xml_escaped(value) + "</com:Value>";
      }
      out_ += "</com:KeyValue>";
    }
    out_ += "</str:CubeRegion></str:ContentConstraint>";
  }

  const VersionOf& version_of_;
  std::string out_;
};

// --- SDMX-JSON 2.0 ---

class JsonMessage {
 public:
  explicit JsonMessage(const VersionOf& version_of) : version_of_(version_of) {}

  std::string write(const v1::StructureSet& set, Instant prepared) {
    out_ =
        "{\"meta\":{\"schema\":\"https://raw.githubusercontent.com/sdmx-twg/sdmx-json/master/"
        "structure-message/tools/schemas/2.0.0/sdmx-json-structure-schema.json\",\"id\":\"ENTENTE\""
        ",\"test\":false,\"prepared\":\"" +
        to_rfc3339(prepared) + "\",\"sender\":{\"id\":\"ENTENTE\"}},\"data\":{";
    group("dataflows", set.dataflows(), [this](const auto& one) { flow(one); });
    group("codelists", set.codelists(), [this](const auto& one) {
      open(kCodelist, one.name(), one.title());
      items("codes", one.items());
    });
    group("conceptSchemes", set.concept_schemes(), [this](const auto& one) {
      open(kScheme, one.name(), one.title());
      items("concepts", one.concepts());
    });
    group("dataStructures", set.data_structures(), [this](const auto& one) { structure(one); });
    constraints(set);
    if (out_.back() == ',') out_.pop_back();
    out_ += "}}\n";
    return std::move(out_);
  }

 private:
  // Each element is written without its end, which is the comma's or the list's.
  template <typename List, typename Write>
  void group(const std::string& key, const List& list, Write write) {
    if (list.empty()) return;
    out_ += "\"" + key + "\":[";
    for (const auto& one : list) {
      write(one);
      out_ += "},";
    }
    out_.back() = ']';
    out_ += ',';
  }
  void member(const char* key, std::string_view value) {
    out_ += std::string(",\"") + key + "\":" + json_quoted(value);
  }
  void texts(const char* one, const char* all, const v1::Text& text, std::string_view otherwise) {
    const auto every = titles(text, otherwise);
    if (every.front().second.empty()) return;
    member(one, every.front().second);
    out_ += std::string(",\"") + all + "\":{";
    for (const auto& [language, words] : every) {
      out_ += json_quoted(language) + ":" + json_quoted(words) + ",";
    }
    out_.back() = '}';
  }
  void open(const Kind& kind, const std::string& name, const v1::Text& title) {
    const Identity one = identity_of(kind, name, version_of_);
    out_ += "{\"id\":" + json_quoted(one.id);
    member("agencyID", one.agency);
    member("version", one.version);
    texts("name", "names", title, one.id);
  }
  std::string urn(const Kind& kind, const std::string& name) const {
    return urn_of(kind, identity_of(kind, name, version_of_));
  }
  void items(const char* key, const google::protobuf::RepeatedPtrField<v1::Item>& items) {
    if (items.empty()) return;
    out_ += std::string(",\"") + key + "\":[";
    for (const v1::Item& item : items) {
      out_ += "{\"id\":" + json_quoted(item.id());
      texts("name", "names", item.title(), item.id());
      texts("description", "descriptions", item.description(), "");
      if (!item.parent().empty()) member("parent", item.parent());
      out_ += "},";
    }
    out_.back() = ']';
  }
  void flow(const v1::Dataflow& flow) {
    open(kFlow, flow.name(), flow.title());
    member("structure", urn(kStructure, flow.data_structure()));
  }
  void component(const Identity& scheme, std::string_view id, std::string_view concept_id,
                 const std::string& codelist, const char* otherwise) {
    out_ += "{\"id\":" + json_quoted(id);
    member("conceptIdentity", urn_of_concept(scheme, concept_id));
    out_ +=
        codelist.empty()
            ? std::string(",\"localRepresentation\":{\"format\":{\"dataType\":\"") + otherwise +
                  "\"}}"
            : ",\"localRepresentation\":{\"enumeration\":" + json_quoted(urn(kCodelist, codelist)) +
                  "}";
  }
  void structure(const v1::DataStructure& structure) {
    open(kStructure, structure.name(), structure.title());
    const Identity scheme = identity_of(kScheme, structure.concept_scheme(), version_of_);
    const std::string measure = structure.measure().empty() ? "OBS_VALUE" : structure.measure();
    out_ +=
        ",\"dataStructureComponents\":{\"dimensionList\":{\"id\":\"DimensionDescriptor\","
        "\"dimensions\":[";
    int position = 0;
    for (const v1::Dimension& one : structure.dimensions()) {
      component(scheme, one.id(), one.concept_id(), one.codelist(), "String");
      out_ += ",\"position\":" + std::to_string(position++) + "},";
    }
    if (position > 0) out_.pop_back();
    out_ += "],\"timeDimension\":";
    component(scheme, time_dimension, time_dimension, "", "ObservationalTimePeriod");
    out_ += "}}";
    if (structure.attributes_size() > 0) {
      out_ += ",\"attributeList\":{\"id\":\"AttributeDescriptor\",\"attributes\":[";
      for (const v1::Attribute& one : structure.attributes()) {
        component(scheme, one.id(), one.concept_id(), one.codelist(), "String");
        out_ += std::string(",\"usage\":\"") + (one.mandatory() ? "mandatory" : "optional") +
                "\",\"attributeRelationship\":{\"observation\":{}}},";
      }
      out_.back() = ']';
      out_ += "}";
    }
    out_ += ",\"measureList\":{\"id\":\"MeasureDescriptor\",\"measures\":[";
    component(scheme, measure, measure, "", "Double");
    out_ += "}]}}";
  }
  void constraints(const v1::StructureSet& set) {
    std::vector<const v1::Dataflow*> constrained;
    for (const v1::Dataflow& flow : set.dataflows()) {
      if (flow.constraint_size() > 0) constrained.push_back(&flow);
    }
    group("dataConstraints", constrained, [this](const v1::Dataflow* flow) {
      const Identity one = identity_of(kFlow, flow->name(), version_of_);
      out_ += "{\"id\":" + json_quoted(one.id + "_ALLOWED");
      member("agencyID", one.agency);
      member("version", one.version);
      texts("name", "names", flow->title(), one.id);
      out_ += ",\"role\":\"Allowed\",\"constraintAttachment\":{\"dataflows\":[" +
              json_quoted(urn_of(kFlow, one)) +
              "]},\"cubeRegions\":[{\"include\":true,"
              "\"keyValues\":[";
      for (const v1::AllowedValues& allowed : flow->constraint()) {
        out_ += "{\"id\":" + json_quoted(allowed.dimension()) + ",\"values\":[";
        for (const std::string& value : allowed.values()) {
          out_ += "{\"value\":" + json_quoted(value) + "},";
        }
        out_.back() = ']';
        out_ += "},";
      }
      out_.back() = ']';
      out_ += "}]";
    });
  }

  const VersionOf& version_of_;
  std::string out_;
};

}  // namespace

const char* media_type_of(StructureFormat format) {
  return format == StructureFormat::Xml21
             ? "application/vnd.sdmx.structure+xml; version=2.1; charset=utf-8"
             : "application/vnd.sdmx.structure+json; version=2.0.0; charset=utf-8";
}

std::string write_structures(StructureFormat format, const v1::StructureSet& set,
                             const VersionOf& version_of, Instant prepared) {
  return format == StructureFormat::Xml21 ? XmlMessage(version_of).write(set, prepared)
                                          : JsonMessage(version_of).write(set, prepared);
}

}  // namespace entente::statistics
