// SDMX-JSON 1.0 and 2.0, which call some members differently.
#include <algorithm>

#include "server/statistics/structure/model.h"
#include "server/statistics/structure/names.h"
#include "server/statistics/structure_message_writers.h"
#include "server/statistics/writers.h"

namespace entente::statistics {
namespace {

// 2.0's schema takes tags in small letters only.
std::string small(std::string tag) {
  std::transform(tag.begin(), tag.end(), tag.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return tag;
}

class Writer {
 public:
  Writer(const StructureMessageOut& message, bool first, const VersionOf& version_of)
      : message_(message), first_(first), version_of_(version_of) {}

  std::string write(Instant prepared) {
    const v1::StructureSet& set = message_.set;
    out_ =
        std::string(
            "{\"meta\":{\"schema\":\"https://raw.githubusercontent.com/sdmx-twg/sdmx-json/master/"
            "structure-message/tools/schemas/") +
        (first_ ? "1.0" : "2.0.0") +
        "/sdmx-json-structure-schema.json\",\"id\":\"ENTENTE\",\"test\":false,\"prepared\":\"" +
        to_rfc3339(prepared) + "\",\"sender\":{\"id\":\"ENTENTE\"}},\"data\":{";
    group("agencySchemes", agency_schemes(set), [this](const auto& one) { agencies(one); });
    group("dataflows", set.dataflows(), [this](const auto& one) {
      artefact(kinds::flow, one,
               [&] { member("structure", urn(kinds::structure, one.data_structure())); });
    });
    group("categorySchemes", set.category_schemes(), [this](const auto& one) {
      artefact(kinds::category_scheme, one, [&] { categories(one); });
    });
    group("categorisations", set.categorisations(), [this](const auto& one) {
      artefact(kinds::categorisation, one, [&] { categorisation(one); });
    });
    group(first_ ? "hierarchicalCodelists" : "hierarchies", set.hierarchies(),
          [this](const auto& one) {
            artefact(first_ ? kinds::hierarchies : kinds::hierarchy, one, [&] { hierarchy(one); });
          });
    group("codelists", set.codelists(), [this](const auto& one) {
      artefact(kinds::codelist, one, [&] { items("codes", one.items(), ""); });
    });
    group("conceptSchemes", set.concept_schemes(), [this](const auto& one) {
      const Identity scheme = identity_of(kinds::scheme, one.name(), version_of_);
      artefact(kinds::scheme, one, [&] {
        // 1.0 has a concept's parent as a URN.
        items("concepts", one.concepts(),
              first_ ? ConceptIdentity{.scheme = scheme, .id = ""}.urn() : "");
      });
    });
    group("dataStructures", set.data_structures(),
          [this](const auto& one) { artefact(kinds::structure, one, [&] { components(one); }); });
    group(first_ ? "contentConstraints" : "dataConstraints", message_.constraints,
          [this](const auto& one) { constraint(one); });
    group("provisionAgreements", set.provisions(), [this](const auto& one) { provision(one); });
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
  // Requires: not empty.
  template <typename List>
  void strings(const char* key, const List& list) {
    out_ += std::string(",\"") + key + "\":[";
    for (const auto& one : list) out_ += json_quoted(one) + ",";
    out_.back() = ']';
  }
  void texts(const char* one, const char* all, const v1::Text& text, std::string_view otherwise) {
    const auto every = titles(text, otherwise);
    if (every.front().second.empty()) return;
    member(one, every.front().second);
    out_ += std::string(",\"") + all + "\":{";
    for (const auto& [language, words] : every) {
      out_ += json_quoted(small(language)) + ":" + json_quoted(words) + ",";
    }
    out_.back() = '}';
  }
  void open(const Identity& one, const v1::Text& title, bool stub) {
    out_ += "{\"id\":" + json_quoted(one.id);
    member("agencyID", one.agency);
    member("version", one.version);
    if (stub) out_ += ",\"isExternalReference\":true";
    texts("name", "names", title, one.id);
  }
  template <typename One, typename Write>
  void artefact(const ArtefactKind& kind, const One& wire, Write content) {
    const bool stub = message_.stubs.count(wire.name()) != 0;
    Identity one = identity_of(kind, wire.name(), version_of_);
    one.version = wire.version();
    open(one, wire.title(), stub);
    if (message_.partial.count(wire.name()) != 0) out_ += ",\"isPartial\":true";
    if (!stub || message_.stubs_described) {
      texts("description", "descriptions", wire.description(), "");
    }
    if (!stub) content();
  }
  std::string urn(const ArtefactKind& kind, const std::string& name) const {
    return urn_of(kind, identity_of(kind, name, version_of_));
  }

  template <typename Scheme>
  void agencies(const Scheme& scheme) {
    const auto& [parent, list] = scheme;
    out_ += "{\"id\":\"AGENCIES\"";
    member("agencyID", parent);
    if (first_) member("version", "1.0");
    out_ += ",\"name\":\"Agencies\",\"names\":{\"en\":\"Agencies\"},\"agencies\":[";
    for (const auto& [id, agency] : list) {
      out_ += "{\"id\":" + json_quoted(id);
      texts("name", "names", agency->title(), id);
      texts("description", "descriptions", agency->description(), "");
      out_ += "},";
    }
    out_.back() = ']';
  }

  void items(const char* key, const google::protobuf::RepeatedPtrField<v1::Item>& items,
             const std::string& parent_prefix) {
    if (items.empty()) return;
    out_ += std::string(",\"") + key + "\":[";
    for (const v1::Item& item : items) {
      out_ += "{\"id\":" + json_quoted(item.id());
      texts("name", "names", item.title(), item.id());
      texts("description", "descriptions", item.description(), "");
      if (!item.parent().empty()) member("parent", parent_prefix + item.parent());
      out_ += "},";
    }
    out_.back() = ']';
  }

  // The lists in which `nest` puts things, of which each is opened by the first that stands in it.
  template <typename List, typename Write>
  void nested(const char* key, const List& list, Write write) {
    const std::string open = std::string(",\"") + key + "\":[";
    std::size_t depth = 0;  // lists that are open
    nest(
        list,
        [&](const auto& one, std::string_view id, std::size_t at) {
          if (at < depth) {
            out_ += ',';  // behind another of the same list
          } else {
            out_ += open;
            ++depth;
          }
          out_ += "{\"id\":" + json_quoted(id);
          write(one, id);
          ended_ = 0;
        },
        [&] {
          // What ended last may have had a list of its own.
          if (ended_++ > 0) {
            out_ += ']';
            --depth;
          }
          out_ += '}';
        });
    if (depth > 0) out_ += ']';
  }
  void categories(const v1::CategoryScheme& scheme) {
    nested("categories", scheme.categories(), [this](const v1::Item& one, std::string_view id) {
      texts("name", "names", one.title(), id);
      texts("description", "descriptions", one.description(), "");
    });
  }
  void categorisation(const v1::Categorisation& one) {
    const ArtefactKind* kind = kind_categorised(one.structure());
    if (kind == nullptr) return;
    if (first_ && kind == &kinds::hierarchy) kind = &kinds::hierarchies;
    member("source", urn(*kind, one.structure()));
    member("target", urn_of_category(one.category(), version_of_));
  }
  // 1.0 has a hierarchy within a codelist of hierarchies.
  void hierarchy(const v1::Hierarchy& hierarchy) {
    if (hierarchy.places().empty()) return;
    if (first_) {
      const std::string id = identity_of(kinds::hierarchy, hierarchy.name(), version_of_).id;
      out_ += ",\"hierarchies\":[{\"id\":" + json_quoted(id);
      texts("name", "names", hierarchy.title(), id);
    }
    out_ += first_ ? ",\"leveled\":" : ",\"hasFormalLevels\":";
    out_ += hierarchy.leveled() ? "true" : "false";
    nested("hierarchicalCodes", hierarchy.places(),
           [this](const v1::Hierarchy::Place& one, std::string_view) {
             member("code", urn_of_code(one, version_of_));
           });
    for (const v1::Item& level : hierarchy.levels()) {
      out_ += ",\"level\":{\"id\":" + json_quoted(level.id());
      texts("name", "names", level.title(), level.id());
      texts("description", "descriptions", level.description(), "");
    }
    out_.append(static_cast<std::size_t>(hierarchy.levels_size()), '}');
    if (first_) out_ += "}]";
  }

  void component(std::string_view id, const ConceptIdentity& identity, const std::string& codelist,
                 const char* otherwise, const std::string& role) {
    out_ += "{\"id\":" + json_quoted(id);
    member("conceptIdentity", identity.urn());
    if (!role.empty()) strings("conceptRoles", std::vector{role_concept(role).urn()});
    out_ += ",\"localRepresentation\":{";
    if (!codelist.empty()) {
      out_ += "\"enumeration\":" + json_quoted(urn(kinds::codelist, codelist));
    } else {
      out_ += first_ ? "\"textFormat\":{\"textType\":\"" : "\"format\":{\"dataType\":\"";
      out_ += std::string(otherwise) + "\"}";
    }
    out_ += "}";
  }

  void components(const v1::DataStructure& structure) {
    const Identity scheme = identity_of(kinds::scheme, structure.concept_scheme(), version_of_);
    const auto named = [&](const std::string& id, std::string_view otherwise) {
      return concept_of(scheme, id.empty() ? otherwise : id, version_of_);
    };
    out_ +=
        ",\"dataStructureComponents\":{\"dimensionList\":{\"id\":\"DimensionDescriptor\","
        "\"dimensions\":[";
    int position = 0;
    for (const v1::Dimension& one : structure.dimensions()) {
      component(one.id(), named(one.concept_id(), ""), one.codelist(), "String", role_of(one));
      out_ += ",\"position\":" + std::to_string(position++) + "},";
    }
    if (position > 0) out_.pop_back();
    out_ += first_ ? "],\"timeDimensions\":[" : "],\"timeDimension\":";
    component(time_dimension, named(structure.time_concept(), time_dimension), "",
              "ObservationalTimePeriod", "");
    out_ += first_ ? "}]}" : "}}";
    attributes(structure, scheme);
    if (structure.groups_size() > 0) {
      out_ += ",\"groups\":[";
      for (const v1::DimensionGroup& one : structure.groups()) {
        out_ += "{\"id\":" + json_quoted(one.id());
        if (one.dimensions_size() > 0) strings("groupDimensions", one.dimensions());
        out_ += "},";
      }
      out_.back() = ']';
    }
    out_ += ",\"measureList\":{\"id\":\"MeasureDescriptor\",";
    out_ += first_ ? "\"primaryMeasure\":" : "\"measures\":[";
    const std::string measure = measure_of(structure);
    component(measure, named(structure.measure_concept(), measure), "", "Double", "");
    out_ += first_ ? "}}}" : "}]}}";
  }

  void attributes(const v1::DataStructure& structure, const Identity& scheme) {
    if (structure.attributes_size() == 0) return;
    out_ += ",\"attributeList\":{\"id\":\"AttributeDescriptor\",\"attributes\":[";
    for (const v1::Attribute& one : structure.attributes()) {
      component(one.id(), concept_of(scheme, one.concept_id(), version_of_), one.codelist(),
                "String", role_of(one));
      if (first_) {
        member("assignmentStatus", one.mandatory() ? "Mandatory" : "Conditional");
      } else {
        member("usage", one.mandatory() ? "mandatory" : "optional");
      }
      out_ += ",\"attributeRelationship\":{" + relation_of(one, structure) + "}},";
    }
    out_.back() = ']';
    out_ += "}";
  }
  std::string relation_of(const v1::Attribute& one, const v1::DataStructure& structure) const {
    if (one.attachment() == v1::Attribute::SERIES && one.attached_to_size() > 0) {
      std::string ids;
      for (const std::string& id : one.attached_to()) ids += json_quoted(id) + ",";
      ids.back() = ']';
      return "\"dimensions\":[" + ids;
    }
    if (one.attachment() == v1::Attribute::GROUP) return "\"group\":" + json_quoted(one.group());
    if (one.attachment() == v1::Attribute::DATASET) {
      return first_ ? "\"none\":{}" : "\"dataflow\":{}";
    }
    return first_ ? "\"primaryMeasure\":" + json_quoted(measure_of(structure))
                  : "\"observation\":{}";
  }

  void provision(const v1::Provision& provision) {
    const auto name = parse_provision_name(provision.name());
    const Identity one = identity_of_provision(provision.name(), version_of_);
    const bool stub = message_.stubs.count(provision.name()) != 0;
    open(one, v1::Text(), stub);
    if (stub && !first_) return;
    member(first_ ? "structureUsage" : "dataflow", urn(kinds::flow, name->dataflow));
    member("dataProvider", "urn:sdmx:org.sdmx.infomodel.base.DataProvider=" + one.agency +
                               ":DATA_PROVIDERS(1.0)." + name->party);
  }

  void constraint(const Constraint& constraint) {
    const bool to_flow = constraint.attached.find("/provisions/") == std::string::npos;
    const Identity to = to_flow ? identity_of(kinds::flow, constraint.attached, version_of_)
                                : identity_of_provision(constraint.attached, version_of_);
    const bool stub = message_.stubs.count(constraint.id) != 0;
    open({.agency = to.agency, .id = constraint.id, .version = to.version}, constraint.title, stub);
    if (stub) return;
    if (constraint.is_actual) {
      out_ += ",\"annotations\":[{\"id\":\"obs_count\",\"type\":\"sdmx_metrics\",\"title\":\"" +
              std::to_string(constraint.observations) +
              "\"},{\"id\":\"series_count\",\"type\":\"sdmx_metrics\",\"title\":\"" +
              std::to_string(constraint.series) + "\"}]";
    }
    member(first_ ? "type" : "role", constraint.is_actual ? "Actual" : "Allowed");
    out_ += ",\"constraintAttachment\":{";
    out_ += to_flow ? "\"dataflows\":[" : "\"provisionAgreements\":[";
    out_ += json_quoted(urn_of(to_flow ? kinds::flow : kinds::provision, to)) + "]}";
    region(constraint);
  }
  void region(const Constraint& constraint) {
    if (constraint.region.empty() && !constraint.periods) return;
    out_ += std::string(",\"cubeRegions\":[{\"") + (first_ ? "isIncluded" : "include") +
            "\":true,\"keyValues\":[";
    for (const v1::AllowedValues& values : constraint.region) {
      out_ += "{\"id\":" + json_quoted(values.dimension());
      if (values.values_size() > 0) {
        out_ += ",\"values\":[";
        for (const std::string& value : values.values()) {
          out_ += first_ ? json_quoted(value) : "{\"value\":" + json_quoted(value) + "}";
          out_ += ',';
        }
        out_.back() = ']';
      }
      out_ += "},";
    }
    if (constraint.periods) {
      out_ += "{\"id\":\"" + std::string(time_dimension) +
              "\",\"timeRange\":{\"startPeriod\":{\"period\":" +
              json_quoted(constraint.periods->first) +
              ",\"isInclusive\":true},\"endPeriod\":{\"period\":" +
              json_quoted(constraint.periods->second) + ",\"isInclusive\":true}}},";
    }
    out_.back() = ']';
    out_ += "}]";
  }

  const StructureMessageOut& message_;
  const bool first_;
  const VersionOf& version_of_;
  std::string out_;
  std::size_t ended_ = 0;  // how many of what `nested` writes ended since one began
};

}  // namespace

std::string write_structures_json(const StructureMessageOut& message, bool first,
                                  const VersionOf& version_of, Instant prepared) {
  return Writer(message, first, version_of).write(prepared);
}

}  // namespace entente::statistics
