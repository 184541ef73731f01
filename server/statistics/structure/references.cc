#include "server/statistics/structure/references.h"

#include <algorithm>
#include <set>

#include "server/statistics/structure/names.h"

namespace entente::statistics {
namespace {

class Names {
 public:
  void add(const std::string& name) {
    if (name.empty() || std::find(names_.begin(), names_.end(), name) != names_.end()) return;
    names_.push_back(name);
  }
  void add_concept(const std::string& id) {
    if (const auto named = parse_concept_name(id)) add(named->scheme);
  }
  std::vector<std::string> take() { return std::move(names_); }

 private:
  std::vector<std::string> names_;
};

void add_with_references(const Model& model, const std::string& name, std::set<std::string>& added,
                         std::vector<const record::Structure*>& out) {
  const record::Structure* row = model.find(name);
  if (row == nullptr || !added.insert(name).second) return;
  for (const std::string& one : references_of(*row)) add_with_references(model, one, added, out);
  out.push_back(row);
}

}  // namespace

std::vector<std::string> references_of(const record::Structure& structure) {
  Names names;
  if (structure.has_dataflow()) names.add(structure.dataflow().data_structure());
  if (structure.has_provision()) {
    if (const auto name = parse_provision_name(structure.provision().name())) {
      names.add(name->dataflow);
    }
  }
  if (structure.has_data_structure()) {
    const v1::DataStructure& one = structure.data_structure();
    names.add(one.concept_scheme());
    for (const auto& dimension : one.dimensions()) {
      names.add_concept(dimension.concept_id());
      names.add(dimension.codelist());
    }
    for (const auto& attribute : one.attributes()) {
      names.add_concept(attribute.concept_id());
      names.add(attribute.codelist());
    }
    names.add_concept(one.time_concept());
    names.add_concept(one.measure_concept());
  }
  for (const auto& place : structure.hierarchy().places()) names.add(place.codelist());
  if (structure.has_categorisation()) {
    if (const auto category = parse_category_name(structure.categorisation().category())) {
      names.add(category->scheme);
    }
    names.add(structure.categorisation().structure());
  }
  return names.take();
}

std::vector<const record::Structure*> with_references(const Model& model, const std::string& name) {
  std::set<std::string> added;
  std::vector<const record::Structure*> out;
  add_with_references(model, name, added, out);
  return out;
}

const std::string& version_of(const record::Structure& structure) {
  static const std::string first = "1.0";
  switch (structure.body_case()) {
    case record::Structure::kCodelist:
      return structure.codelist().version();
    case record::Structure::kConceptScheme:
      return structure.concept_scheme().version();
    case record::Structure::kDataStructure:
      return structure.data_structure().version();
    case record::Structure::kDataflow:
      return structure.dataflow().version();
    case record::Structure::kCategoryScheme:
      return structure.category_scheme().version();
    case record::Structure::kCategorisation:
      return structure.categorisation().version();
    case record::Structure::kHierarchy:
      return structure.hierarchy().version();
    default:
      return first;
  }
}

const v1::Text& title_of(const record::Structure& structure) {
  switch (structure.body_case()) {
    case record::Structure::kCodelist:
      return structure.codelist().title();
    case record::Structure::kConceptScheme:
      return structure.concept_scheme().title();
    case record::Structure::kDataStructure:
      return structure.data_structure().title();
    case record::Structure::kDataflow:
      return structure.dataflow().title();
    case record::Structure::kAgency:
      return structure.agency().title();
    case record::Structure::kCategoryScheme:
      return structure.category_scheme().title();
    case record::Structure::kCategorisation:
      return structure.categorisation().title();
    case record::Structure::kHierarchy:
      return structure.hierarchy().title();
    default:
      return v1::Text::default_instance();
  }
}

namespace {

template <typename List, typename One>
void replace(List& list, const One& by) {
  for (auto& one : list) {
    if (one.name() == by.name()) one = by;
  }
}

}  // namespace

void replace_in_set(const record::Structure& structure, v1::StructureSet& set) {
  replace(*set.mutable_codelists(), structure.codelist());
  replace(*set.mutable_concept_schemes(), structure.concept_scheme());
  replace(*set.mutable_data_structures(), structure.data_structure());
  replace(*set.mutable_dataflows(), structure.dataflow());
  replace(*set.mutable_category_schemes(), structure.category_scheme());
  replace(*set.mutable_categorisations(), structure.categorisation());
  replace(*set.mutable_hierarchies(), structure.hierarchy());
}

void add_to_set(const record::Structure& structure, v1::StructureSet& set) {
  if (structure.has_codelist()) *set.add_codelists() = structure.codelist();
  if (structure.has_concept_scheme()) *set.add_concept_schemes() = structure.concept_scheme();
  if (structure.has_data_structure()) *set.add_data_structures() = structure.data_structure();
  if (structure.has_dataflow()) *set.add_dataflows() = structure.dataflow();
  if (structure.has_provision()) *set.add_provisions() = structure.provision();
  if (structure.has_agency()) *set.add_agencies() = structure.agency();
  if (structure.has_category_scheme()) *set.add_category_schemes() = structure.category_scheme();
  if (structure.has_categorisation()) *set.add_categorisations() = structure.categorisation();
  if (structure.has_hierarchy()) *set.add_hierarchies() = structure.hierarchy();
}

}  // namespace entente::statistics
