// Codelists, concepts and data structures: a concept's codelist where a dimension gives none of its
// own, roles by ids.
#include <algorithm>

#include "server/statistics/messages/assembler.h"

namespace entente::statistics {
namespace {

bool is_for(const ReadComponent& read, const std::string& role) {
  return read.id == role ||
         std::find(read.roles.begin(), read.roles.end(), role) != read.roles.end();
}

}  // namespace

void Assembler::codelist(const ReadScheme& read) {
  v1::Codelist* list = out_.set.add_codelists();
  const std::string name = fill_head(read.head, "codelists", *list);
  for (const ReadItem& item : read.items) {
    out_.lines[at(name, "items", list->items_size())] = item.line;
    *list->add_items() = item.item;
  }
  // Where a list comes from is no part of a message; what was said of it before stays.
  if (const record::Structure* there = find(name); there != nullptr) {
    list->set_source(there->codelist().source());
  }
}

void Assembler::concept_scheme(const ReadScheme& read) {
  v1::ConceptScheme* scheme = out_.set.add_concept_schemes();
  const std::string name = fill_head(read.head, "concept-schemes", *scheme);
  for (const ReadItem& item : read.items) {
    out_.lines[at(name, "concepts", scheme->concepts_size())] = item.line;
    if (!item.representation.empty()) {
      representations_[read.head.agency + ":" + read.head.id + "." + item.item.id()] =
          &item.representation;
    }
    *scheme->add_concepts() = item.item;
  }
}

std::string Assembler::codelist_of(const ReadComponent& read) {
  if (read.has_representation) return name_of_reference(read.codelist, "codelists", read.line);
  const Reference& wanted = read.concept_identity;
  const auto found = representations_.find(wanted.agency + ":" + wanted.id + "." + wanted.item);
  if (found == representations_.end()) return {};
  return name_of_reference(*found->second, "codelists", read.line);
}

std::string Assembler::concept_of(const ReadComponent& read, const std::string& scheme) {
  const std::string named = name_of_reference(read.concept_identity, "concept-schemes", read.line);
  if (named == scheme || named.empty()) return read.concept_identity.item;
  return named + "/concepts/" + read.concept_identity.item;
}

std::string Assembler::usual_scheme(const ReadStructure& read) {
  std::map<std::string, int> counts;
  for (const auto* list : {&read.dimensions, &read.attributes, &read.measures, &read.times}) {
    for (const ReadComponent& one : *list) {
      if (one.concept_identity.empty()) continue;
      ++counts[structure_name("concept-schemes", one.concept_identity.agency,
                              one.concept_identity.id)];
    }
  }
  const auto most = std::max_element(counts.begin(), counts.end(),
                                     [](auto& a, auto& b) { return a.second < b.second; });
  return most == counts.end() ? std::string() : most->first;
}

void Assembler::data_structure(const ReadStructure& read) {
  const std::string what = said("data structure", read.head);
  if (read.times.empty()) {
    return leave_out(what, "has no time dimension: figures here are of periods", read.head.line);
  }
  if (read.times.front().id != time_dimension) {
    return leave_out(what, "calls its time dimension `" + read.times.front().id + "`",
                     read.head.line);
  }
  v1::DataStructure* structure = out_.set.add_data_structures();
  const std::string name = fill_head(read.head, "data-structures", *structure);
  const std::string scheme = usual_scheme(read);
  structure->set_concept_scheme(scheme);
  std::set<int> roles;
  for (const ReadComponent& one : read.dimensions) {
    out_.lines[at(name, "dimensions", structure->dimensions_size())] = one.line;
    v1::Dimension* dimension = structure->add_dimensions();
    dimension->set_id(one.id);
    dimension->set_concept_id(concept_of(one, scheme));
    dimension->set_codelist(codelist_of(one));
    const auto role = is_for(one, "FREQ") ? v1::Dimension::FREQUENCY
                      : is_for(one, "REF_AREA") && !dimension->codelist().empty()
                          ? v1::Dimension::REFERENCE_AREA
                      : is_for(one, "COUNTERPART_AREA") ? v1::Dimension::COUNTERPART_AREA
                                                        : v1::Dimension::ROLE_UNSPECIFIED;
    if (role == v1::Dimension::ROLE_UNSPECIFIED || roles.insert(role).second) {
      dimension->set_role(role);
    }
  }
  attributes(read, name, scheme, *structure);
  for (const ReadGroup& one : read.groups) {
    v1::DimensionGroup* group = structure->add_groups();
    group->set_id(one.id);
    group->mutable_dimensions()->Assign(one.dimensions.begin(), one.dimensions.end());
  }
  const std::string time = concept_of(read.times.front(), scheme);
  if (time != time_dimension) structure->set_time_concept(time);
  measure(read, what, scheme, *structure);
}

void Assembler::attributes(const ReadStructure& read, const std::string& name,
                           const std::string& scheme, v1::DataStructure& structure) {
  std::set<int> roles;
  for (const ReadComponent& one : read.attributes) {
    out_.lines[at(name, "attributes", structure.attributes_size())] = one.line;
    v1::Attribute* attribute = structure.add_attributes();
    attribute->set_id(one.id);
    attribute->set_concept_id(concept_of(one, scheme));
    attribute->set_codelist(codelist_of(one));
    attribute->set_mandatory(one.mandatory);
    attribute->set_attachment(one.attachment);
    attribute->mutable_attached_to()->Assign(one.attached_to.begin(), one.attached_to.end());
    attribute->set_group(one.group);
    const auto role = is_for(one, "OBS_STATUS")    ? v1::Attribute::STATUS
                      : is_for(one, "CONF_STATUS") ? v1::Attribute::CONFIDENTIALITY
                                                   : v1::Attribute::ROLE_UNSPECIFIED;
    if (role == v1::Attribute::ROLE_UNSPECIFIED || roles.insert(role).second) {
      attribute->set_role(role);
    }
  }
}

void Assembler::measure(const ReadStructure& read, const std::string& what,
                        const std::string& scheme, v1::DataStructure& structure) {
  if (read.measures.empty()) return;
  // Of several the one that is called as SDMX's older versions call it, or the first.
  const auto usual = std::find_if(read.measures.begin(), read.measures.end(),
                                  [](const auto& one) { return one.id == "OBS_VALUE"; });
  const ReadComponent& measure = usual == read.measures.end() ? read.measures.front() : *usual;
  for (const ReadComponent& one : read.measures) {
    if (&one == &measure) continue;
    leave_out("measure " + one.id + " of " + what, "an observation has one measure here", one.line);
  }
  if (measure.id != "OBS_VALUE") structure.set_measure(measure.id);
  const std::string concept_id = concept_of(measure, scheme);
  if (concept_id != measure.id) structure.set_measure_concept(concept_id);
  if (!measure.codelist.empty()) {
    leave_out("the codelist of measure " + measure.id + " of " + what, "a measure is a number here",
              measure.line);
  }
}

}  // namespace entente::statistics
