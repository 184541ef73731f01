// SDMX-ML 2.1; the order of elements is the schema's.
#include "proto/contract/markup.h"
#include "server/statistics/structure/model.h"
#include "server/statistics/structure/names.h"
#include "server/statistics/structure_message_writers.h"
#include "server/statistics/writers.h"

namespace entente::statistics {
namespace {

class Writer {
 public:
  Writer(const StructureMessageOut& message, const VersionOf& version_of)
      : message_(message), version_of_(version_of) {}

  std::string write(Instant prepared) {
    const std::string ns = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/";
    const v1::StructureSet& set = message_.set;
    out_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<mes:Structure xmlns:mes=\"" + ns +
           "message\" xmlns:str=\"" + ns + "structure\" xmlns:com=\"" + ns +
           "common\"><mes:Header><mes:ID>ENTENTE</mes:ID><mes:Test>false</mes:Test><mes:Prepared>" +
           to_rfc3339(prepared) +
           "</mes:Prepared><mes:Sender id=\"ENTENTE\"/></mes:Header><mes:Structures>";
    group("OrganisationSchemes", agency_schemes(set), [this](const auto& one) { agencies(one); });
    group("Dataflows", set.dataflows(), [this](const auto& one) { flow(one); });
    group("CategorySchemes", set.category_schemes(), [this](const auto& one) {
      artefact(kinds::category_scheme, one, [&] { categories(one); });
    });
    group("Categorisations", set.categorisations(), [this](const auto& one) {
      artefact(kinds::categorisation, one, [&] { categorisation(one); });
    });
    group("Codelists", set.codelists(), [this](const auto& one) {
      artefact(kinds::codelist, one, [&] { items("Code", one.items()); });
    });
    group("HierarchicalCodelists", set.hierarchies(),
          [this](const auto& one) { artefact(kinds::hierarchies, one, [&] { hierarchy(one); }); });
    group("Concepts", set.concept_schemes(), [this](const auto& one) {
      artefact(kinds::scheme, one, [&] { items("Concept", one.concepts()); });
    });
    group("DataStructures", set.data_structures(),
          [this](const auto& one) { artefact(kinds::structure, one, [&] { components(one); }); });
    group("Constraints", message_.constraints, [this](const auto& one) { constraint(one); });
    group("ProvisionAgreements", set.provisions(), [this](const auto& one) { provision(one); });
    out_ += "</mes:Structures></mes:Structure>\n";
    return std::move(out_);
  }

 private:
  template <typename List, typename Write>
  void group(const std::string& tag, const List& list, Write write) {
    if (list.empty()) return;
    out_ += "<str:" + tag + ">";
    for (const auto& one : list) write(one);
    out_ += "</str:" + tag + ">";
  }

  void attribute(const char* name, std::string_view value) {
    out_ += std::string(" ") + name + "=\"" + markup_text(value) + "\"";
  }
  void texts(const char* tag, const v1::Text& text, std::string_view otherwise) {
    for (const auto& [language, words] : titles(text, otherwise)) {
      if (words.empty()) continue;
      out_ += std::string("<com:") + tag + " xml:lang=\"" + markup_text(language) + "\">" +
              markup_text(words) + "</com:" + tag + ">";
    }
  }
  // The start of an artefact, with its names. `more`: attributes of its kind.
  void open(const std::string& tag, const Identity& one, const std::string& urn, bool stub,
            const std::string& more) {
    out_ += "<str:" + tag;
    attribute("id", one.id);
    if (!urn.empty()) attribute("urn", urn);
    attribute("version", one.version);
    attribute("agencyID", one.agency);
    out_ += " isFinal=\"true\"";
    if (stub) out_ += " isExternalReference=\"true\"";
    out_ += more + ">";
  }
  template <typename One, typename Write>
  void artefact(const ArtefactKind& kind, const One& wire, Write content) {
    Identity one = identity_of(kind, wire.name(), version_of_);
    one.version = wire.version();
    const bool stub = message_.stubs.count(wire.name()) != 0;
    const std::string tag(kind.klass);
    open(tag, one, urn_of(kind, one), stub,
         message_.partial.count(wire.name()) != 0 ? " isPartial=\"true\"" : "");
    texts("Name", wire.title(), one.id);
    if (!stub || message_.stubs_described) texts("Description", wire.description(), "");
    if (!stub) content();
    out_ += "</str:" + tag + ">";
  }

  void reference(const ArtefactKind& kind, const Identity& one) {
    out_ += "<Ref";
    attribute("id", one.id);
    attribute("version", one.version);
    attribute("agencyID", one.agency);
    attribute("package", kind.package);
    attribute("class", kind.klass);
    out_ += "/>";
  }
  void reference(const ArtefactKind& kind, const std::string& name) {
    reference(kind, identity_of(kind, name, version_of_));
  }
  void local_reference(const std::string& tag, std::string_view id) {
    out_ += "<str:" + tag + "><Ref";
    attribute("id", id);
    out_ += "/></str:" + tag + ">";
  }
  void concept_reference(const std::string& tag, const ConceptIdentity& one) {
    out_ += "<str:" + tag + "><Ref";
    attribute("id", one.id);
    attribute("maintainableParentID", one.scheme.id);
    attribute("maintainableParentVersion", one.scheme.version);
    attribute("agencyID", one.scheme.agency);
    out_ += " package=\"conceptscheme\" class=\"Concept\"/></str:" + tag + ">";
  }

  template <typename Scheme>
  void agencies(const Scheme& scheme) {
    const auto& [parent, list] = scheme;
    const Identity one{.agency = parent, .id = "AGENCIES", .version = "1.0"};
    out_ += "<str:AgencyScheme id=\"AGENCIES\" version=\"1.0\" isFinal=\"false\"";
    attribute("urn", urn_of(kinds::agencies, one));
    attribute("agencyID", parent);
    out_ += "><com:Name xml:lang=\"en\">Agencies</com:Name>";
    for (const auto& [id, agency] : list) {
      out_ += "<str:Agency";
      attribute("id", id);
      out_ += ">";
      texts("Name", agency->title(), id);
      texts("Description", agency->description(), "");
      out_ += "</str:Agency>";
    }
    out_ += "</str:AgencyScheme>";
  }

  void items(const std::string& tag, const google::protobuf::RepeatedPtrField<v1::Item>& items) {
    for (const v1::Item& item : items) {
      out_ += "<str:" + tag;
      attribute("id", item.id());
      out_ += ">";
      texts("Name", item.title(), item.id());
      texts("Description", item.description(), "");
      if (!item.parent().empty()) local_reference("Parent", item.parent());
      out_ += "</str:" + tag + ">";
    }
  }

  void categories(const v1::CategoryScheme& scheme) {
    nest(
        scheme.categories(),
        [this](const v1::Item& one, std::string_view id, std::size_t) {
          out_ += "<str:Category";
          attribute("id", id);
          out_ += ">";
          texts("Name", one.title(), id);
          texts("Description", one.description(), "");
        },
        [this] { out_ += "</str:Category>"; });
  }
  void categorisation(const v1::Categorisation& one) {
    const auto category = parse_category_name(one.category());
    const ArtefactKind* kind = kind_categorised(one.structure());
    if (!category || kind == nullptr) return;
    out_ += "<str:Source>";
    // 2.1 has a hierarchy within a codelist of hierarchies.
    reference(kind == &kinds::hierarchy ? kinds::hierarchies : *kind, one.structure());
    const Identity scheme = identity_of(kinds::category_scheme, category->scheme, version_of_);
    out_ += "</str:Source><str:Target><Ref";
    attribute("id", category->id);
    attribute("maintainableParentID", scheme.id);
    attribute("maintainableParentVersion", scheme.version);
    attribute("agencyID", scheme.agency);
    out_ += " package=\"categoryscheme\" class=\"Category\"/></str:Target>";
  }

  void hierarchy(const v1::Hierarchy& hierarchy) {
    if (hierarchy.places().empty()) return;
    out_ += "<str:Hierarchy";
    const std::string id = identity_of(kinds::hierarchy, hierarchy.name(), version_of_).id;
    attribute("id", id);
    attribute("leveled", hierarchy.leveled() ? "true" : "false");
    out_ += ">";
    texts("Name", hierarchy.title(), id);
    nest(
        hierarchy.places(),
        [this](const v1::Hierarchy::Place& one, std::string_view last, std::size_t) {
          const Identity list = identity_of(kinds::codelist, one.codelist(), version_of_);
          out_ += "<str:HierarchicalCode";
          attribute("id", last);
          out_ += "><str:Code><Ref";
          attribute("id", one.code());
          attribute("maintainableParentID", list.id);
          attribute("maintainableParentVersion", list.version);
          attribute("agencyID", list.agency);
          out_ += " package=\"codelist\" class=\"Code\"/></str:Code>";
        },
        [this] { out_ += "</str:HierarchicalCode>"; });
    for (const v1::Item& level : hierarchy.levels()) {
      out_ += "<str:Level";
      attribute("id", level.id());
      out_ += ">";
      texts("Name", level.title(), level.id());
      texts("Description", level.description(), "");
    }
    for (int i = 0; i < hierarchy.levels_size(); ++i) out_ += "</str:Level>";
    out_ += "</str:Hierarchy>";
  }

  void flow(const v1::Dataflow& flow) {
    artefact(kinds::flow, flow, [&] {
      out_ += "<str:Structure>";
      reference(kinds::structure, flow.data_structure());
      out_ += "</str:Structure>";
    });
  }

  void representation(const std::string& codelist, const std::string& otherwise) {
    out_ += "<str:LocalRepresentation>";
    if (codelist.empty()) {
      out_ += "<str:TextFormat textType=\"" + otherwise + "\"/>";
    } else {
      out_ += "<str:Enumeration>";
      reference(kinds::codelist, codelist);
      out_ += "</str:Enumeration>";
    }
    out_ += "</str:LocalRepresentation>";
  }

  void components(const v1::DataStructure& structure) {
    const Identity scheme = identity_of(kinds::scheme, structure.concept_scheme(), version_of_);
    out_ += "<str:DataStructureComponents><str:DimensionList id=\"DimensionDescriptor\">";
    int position = 0;
    for (const v1::Dimension& one : structure.dimensions()) {
      out_ += "<str:Dimension";
      attribute("id", one.id());
      out_ += " position=\"" + std::to_string(++position) + "\">";
      concept_reference("ConceptIdentity", concept_of(scheme, one.concept_id(), version_of_));
      representation(one.codelist(), "String");
      if (const std::string role = role_of(one); !role.empty()) {
        concept_reference("ConceptRole", role_concept(role));
      }
      out_ += "</str:Dimension>";
    }
    const std::string time(time_dimension);
    out_ +=
        "<str:TimeDimension id=\"" + time + "\" position=\"" + std::to_string(++position) + "\">";
    const std::string& said = structure.time_concept();
    concept_reference("ConceptIdentity",
                      concept_of(scheme, said.empty() ? time : said, version_of_));
    representation("", "ObservationalTimePeriod");
    out_ += "</str:TimeDimension></str:DimensionList>";
    for (const v1::DimensionGroup& one : structure.groups()) {
      out_ += "<str:Group";
      attribute("id", one.id());
      out_ += ">";
      for (const std::string& id : one.dimensions()) {
        out_ += "<str:GroupDimension>";
        local_reference("DimensionReference", id);
        out_ += "</str:GroupDimension>";
      }
      out_ += "</str:Group>";
    }
    attributes(structure, scheme);
    const std::string measure = measure_of(structure);
    out_ += "<str:MeasureList id=\"MeasureDescriptor\"><str:PrimaryMeasure";
    attribute("id", measure);
    out_ += ">";
    const std::string& of = structure.measure_concept();
    concept_reference("ConceptIdentity",
                      concept_of(scheme, of.empty() ? measure : of, version_of_));
    out_ += "</str:PrimaryMeasure></str:MeasureList></str:DataStructureComponents>";
  }

  void attributes(const v1::DataStructure& structure, const Identity& scheme) {
    if (structure.attributes_size() == 0) return;
    out_ += "<str:AttributeList id=\"AttributeDescriptor\">";
    for (const v1::Attribute& one : structure.attributes()) {
      out_ += "<str:Attribute";
      attribute("id", one.id());
      attribute("assignmentStatus", one.mandatory() ? "Mandatory" : "Conditional");
      out_ += ">";
      concept_reference("ConceptIdentity", concept_of(scheme, one.concept_id(), version_of_));
      representation(one.codelist(), "String");
      if (const std::string role = role_of(one); !role.empty()) {
        concept_reference("ConceptRole", role_concept(role));
      }
      out_ += "<str:AttributeRelationship>";
      switch (one.attachment()) {
        case v1::Attribute::SERIES:
          for (const std::string& id : one.attached_to()) local_reference("Dimension", id);
          break;
        case v1::Attribute::GROUP:
          local_reference("Group", one.group());
          break;
        case v1::Attribute::DATASET:
          out_ += "<str:None/>";
          break;
        default:
          local_reference("PrimaryMeasure", measure_of(structure));
      }
      out_ += "</str:AttributeRelationship></str:Attribute>";
    }
    out_ += "</str:AttributeList>";
  }

  void provision(const v1::Provision& provision) {
    const Identity one = identity_of_provision(provision.name(), version_of_);
    const auto name = parse_provision_name(provision.name());
    if (!name) return;
    const bool stub = message_.stubs.count(provision.name()) != 0;
    open("ProvisionAgreement", one, urn_of(kinds::provision, one), stub, "");
    texts("Name", v1::Text(), one.id);
    if (!stub) {
      out_ += "<str:StructureUsage>";
      reference(kinds::flow, name->dataflow);
      out_ += "</str:StructureUsage><str:DataProvider><Ref";
      attribute("id", name->party);
      out_ += " maintainableParentID=\"DATA_PROVIDERS\" maintainableParentVersion=\"1.0\"";
      attribute("agencyID", one.agency);
      out_ += " package=\"base\" class=\"DataProvider\"/></str:DataProvider>";
    }
    out_ += "</str:ProvisionAgreement>";
  }

  void constraint(const Constraint& constraint) {
    const bool to_flow = constraint.attached.find("/provisions/") == std::string::npos;
    const Identity to = to_flow ? identity_of(kinds::flow, constraint.attached, version_of_)
                                : identity_of_provision(constraint.attached, version_of_);
    const Identity one{.agency = to.agency, .id = constraint.id, .version = to.version};
    const bool stub = message_.stubs.count(constraint.id) != 0;
    open("ContentConstraint", one, "", stub,
         constraint.is_actual ? " type=\"Actual\"" : " type=\"Allowed\"");
    if (constraint.is_actual && !stub) counts(constraint);
    texts("Name", constraint.title, one.id);
    if (!stub) {
      const std::string tag = to_flow ? "Dataflow" : "ProvisionAgreement";
      out_ += "<str:ConstraintAttachment><str:" + tag + ">";
      reference(to_flow ? kinds::flow : kinds::provision, to);
      out_ += "</str:" + tag + "></str:ConstraintAttachment>";
      region(constraint);
    }
    out_ += "</str:ContentConstraint>";
  }
  void counts(const Constraint& constraint) {
    out_ += "<com:Annotations>";
    for (const auto& [id, count] : {std::pair("obs_count", constraint.observations),
                                    std::pair("series_count", constraint.series)}) {
      out_ += std::string("<com:Annotation id=\"") + id + "\"><com:AnnotationTitle>" +
              std::to_string(count) +
              "</com:AnnotationTitle><com:AnnotationType>sdmx_metrics</com:AnnotationType>"
              "</com:Annotation>";
    }
    out_ += "</com:Annotations>";
  }
  void region(const Constraint& constraint) {
    out_ += "<str:CubeRegion include=\"true\">";
    for (const v1::AllowedValues& values : constraint.region) {
      out_ += "<com:KeyValue";
      attribute("id", values.dimension());
      out_ += ">";
      for (const std::string& value : values.values()) {
        out_ += "<com:Value>" + markup_text(value) + "</com:Value>";
      }
      out_ += "</com:KeyValue>";
    }
    if (constraint.periods) {
      out_ += "<com:KeyValue id=\"" + std::string(time_dimension) +
              "\"><com:TimeRange><com:StartPeriod isInclusive=\"true\">" +
              markup_text(constraint.periods->first) +
              "</com:StartPeriod><com:EndPeriod isInclusive=\"true\">" +
              markup_text(constraint.periods->second) +
              "</com:EndPeriod></com:TimeRange></com:KeyValue>";
    }
    out_ += "</str:CubeRegion>";
  }

  const StructureMessageOut& message_;
  const VersionOf& version_of_;
  std::string out_;
};

}  // namespace

std::string write_structures_ml(const StructureMessageOut& message, const VersionOf& version_of,
                                Instant prepared) {
  return Writer(message, version_of).write(prepared);
}

}  // namespace entente::statistics
