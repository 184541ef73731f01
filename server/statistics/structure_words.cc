#include "server/statistics/structure_words.h"

#include <algorithm>

#include "server/statistics/structure/names.h"

namespace entente::statistics {

Identity identity_of(const ArtefactKind& kind, std::string_view name, const VersionOf& version_of) {
  const std::optional<StructureName> parsed = parse_structure_name(name, kind.collection);
  if (!parsed) return {};
  return {.agency = parsed->agency, .id = parsed->id, .version = version_of(name)};
}

Identity identity_of_provision(std::string_view name, const VersionOf& version_of) {
  const auto parsed = parse_provision_name(name);
  if (!parsed) return {};
  Identity flow = identity_of(kinds::flow, parsed->dataflow, version_of);
  return {.agency = flow.agency, .id = flow.id + "_" + parsed->party, .version = "1.0"};
}

std::string urn_of(const ArtefactKind& kind, const Identity& one) {
  return "urn:sdmx:org.sdmx.infomodel." + std::string(kind.package) + "." +
         std::string(kind.klass) + "=" + one.agency + ":" + one.id + "(" + one.version + ")";
}

std::string ConceptIdentity::urn() const {
  return "urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept=" + scheme.agency + ":" + scheme.id +
         "(" + scheme.version + ")." + id;
}

ConceptIdentity concept_of(const Identity& scheme, std::string_view concept_id,
                           const VersionOf& version_of) {
  const auto named = parse_concept_name(concept_id);
  if (!named) return {.scheme = scheme, .id = std::string(concept_id)};
  return {.scheme = identity_of(kinds::scheme, named->scheme, version_of), .id = named->id};
}

const ArtefactKind* kind_categorised(std::string_view name) {
  for (const ArtefactKind* kind : {&kinds::flow, &kinds::structure, &kinds::codelist,
                                   &kinds::scheme, &kinds::category_scheme, &kinds::hierarchy}) {
    if (kind->collection == name.substr(0, name.find('/'))) return kind;
  }
  return nullptr;
}

std::string urn_of_code(const v1::Hierarchy::Place& place, const VersionOf& version_of) {
  const Identity list = identity_of(kinds::codelist, place.codelist(), version_of);
  return "urn:sdmx:org.sdmx.infomodel.codelist.Code=" + list.agency + ":" + list.id + "(" +
         list.version + ")." + place.code();
}

std::string urn_of_category(std::string_view category, const VersionOf& version_of) {
  const auto name = parse_category_name(category);
  if (!name) return {};
  const Identity scheme = identity_of(kinds::category_scheme, name->scheme, version_of);
  return "urn:sdmx:org.sdmx.infomodel.categoryscheme.Category=" + scheme.agency + ":" + scheme.id +
         "(" + scheme.version + ")." + name->id;
}

std::string role_of(const v1::Dimension& dimension) {
  const char* role = dimension.role() == v1::Dimension::FREQUENCY          ? "FREQ"
                     : dimension.role() == v1::Dimension::REFERENCE_AREA   ? "REF_AREA"
                     : dimension.role() == v1::Dimension::COUNTERPART_AREA ? "COUNTERPART_AREA"
                                                                           : "";
  return dimension.id() == role ? "" : role;
}

std::string role_of(const v1::Attribute& attribute) {
  const char* role = attribute.role() == v1::Attribute::STATUS            ? "OBS_STATUS"
                     : attribute.role() == v1::Attribute::CONFIDENTIALITY ? "CONF_STATUS"
                                                                          : "";
  return attribute.id() == role ? "" : role;
}

ConceptIdentity role_concept(const std::string& role) {
  return {.scheme = {.agency = "SDMX", .id = "CROSS_DOMAIN_CONCEPTS", .version = "2.0"},
          .id = role};
}

std::string measure_of(const v1::DataStructure& structure) {
  return structure.measure().empty() ? "OBS_VALUE" : structure.measure();
}

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

std::map<std::string, std::vector<std::pair<std::string, const v1::Agency*>>> agency_schemes(
    const v1::StructureSet& set) {
  std::map<std::string, std::vector<std::pair<std::string, const v1::Agency*>>> out;
  for (const v1::Agency& agency : set.agencies()) {
    const std::string id = agency.name().substr(agency.name().find('/') + 1);
    const std::size_t dot = id.rfind('.');
    if (dot == std::string::npos) {
      out["SDMX"].emplace_back(id, &agency);
    } else {
      out[id.substr(0, dot)].emplace_back(id.substr(dot + 1), &agency);
    }
  }
  return out;
}

std::optional<Constraint> allowed_by(const v1::Dataflow& flow) {
  if (flow.constraint_size() == 0) return std::nullopt;
  Constraint out;
  out.id = flow.name().substr(flow.name().rfind('.') + 1) + "_ALLOWED";
  out.attached = flow.name();
  out.title = flow.title();
  out.region.assign(flow.constraint().begin(), flow.constraint().end());
  return out;
}

std::string area_dimension_of(const Flow& flow) {
  if (!flow.reference_area) return {};
  return flow.structure.dimensions(static_cast<int>(*flow.reference_area)).id();
}

std::optional<Constraint> areas_of(const v1::Provision& provision, const std::string& dimension) {
  const std::string party = party_code(provision.party());
  const auto name = parse_provision_name(provision.name());
  const bool own = provision.reference_areas_size() == 1 && provision.reference_areas(0) == party;
  if (own || !name || dimension.empty() || provision.reference_areas_size() == 0) {
    return std::nullopt;
  }
  Constraint out;
  out.id = name->dataflow.substr(name->dataflow.rfind('.') + 1) + "_" + party + "_AREAS";
  out.attached = provision.name();
  v1::AllowedValues& areas = out.region.emplace_back();
  areas.set_dimension(dimension);
  *areas.mutable_values() = provision.reference_areas();
  return out;
}

}  // namespace entente::statistics
