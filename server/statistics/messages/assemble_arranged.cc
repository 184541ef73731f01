// What arranges other structures: hierarchies of codes, categories and what stands under them.
#include <array>

#include "server/statistics/messages/assembler.h"
#include "server/statistics/structure/arranged.h"

namespace entente::statistics {
namespace {

std::string_view collection_of_class(std::string_view klass) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kinds = {
      {{"Dataflow", "dataflows"},
       {"DataStructure", "data-structures"},
       {"Codelist", "codelists"},
       {"ConceptScheme", "concept-schemes"},
       {"CategoryScheme", "category-schemes"},
       {"Hierarchy", "hierarchies"}}};
  for (const auto& [called, collection] : kinds) {
    if (called == klass) return collection;
  }
  return {};
}

}  // namespace

void Assembler::hierarchy(const ReadHierarchy& read) {
  v1::Hierarchy* hierarchy = out_.set.add_hierarchies();
  const std::string name = fill_head(read.head, "hierarchies", *hierarchy);
  hierarchy->set_leveled(read.leveled);
  for (const ReadHierarchy::Place& one : read.places) {
    out_.lines[at(name, "places", hierarchy->places_size())] = one.line;
    v1::Hierarchy::Place* place = hierarchy->add_places();
    place->set_id(one.id);
    place->set_codelist(name_of_reference(one.code, "codelists", one.line));
    place->set_code(one.code.item);
  }
  *hierarchy->mutable_levels() = {read.levels.begin(), read.levels.end()};
}

void Assembler::category_scheme(const ReadScheme& read) {
  v1::CategoryScheme* scheme = out_.set.add_category_schemes();
  const std::string name = fill_head(read.head, "category-schemes", *scheme);
  for (const ReadItem& item : read.items) {
    out_.lines[at(name, "categories", scheme->categories_size())] = item.line;
    *scheme->add_categories() = item.item;
  }
}

void Assembler::categorisation(const ReadCategorisation& read) {
  const std::string what = said("categorisation", read.head);
  const std::string_view collection = collection_of_class(read.structure.klass);
  if (!is_categorised(collection)) {
    return leave_out(what, "is of a structure of a kind that is not found by categories here",
                     read.head.line);
  }
  const std::string structure =
      name_of_reference(read.structure, std::string(collection).c_str(), read.head.line);
  const std::string scheme = name_of_reference(read.category, "category-schemes", read.head.line);
  if (version_in_force(structure).empty() || version_in_force(scheme).empty()) {
    return leave_out(what, "what it is of, or its category, is not here", read.head.line);
  }
  v1::Categorisation* one = out_.set.add_categorisations();
  fill_head(read.head, "categorisations", *one);
  one->set_structure(structure);
  one->set_category(scheme + "/categories/" + read.category.item);
}

}  // namespace entente::statistics
