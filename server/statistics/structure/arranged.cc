#include "server/statistics/structure/arranged.h"

#include <algorithm>
#include <array>
#include <set>

#include "proto/contract/limits.h"
#include "proto/contract/limits_structures.h"
#include "server/statistics/structure/names.h"

namespace entente::statistics {
namespace {

bool is_way(std::string_view text) {
  for (std::size_t depth = 1;; ++depth) {
    const std::size_t dot = text.find('.');
    if (depth > limits::structure_depth_max || !is_sdmx_id(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace

bool is_categorised(std::string_view collection) {
  constexpr std::array<std::string_view, 6> kinds = {"codelists",       "concept-schemes",
                                                     "data-structures", "dataflows",
                                                     "hierarchies",     "category-schemes"};
  return std::find(kinds.begin(), kinds.end(), collection) != kinds.end();
}

void check_ways(const std::vector<std::string_view>& ways, const char* field,
                const TellFault& fault) {
  if (ways.size() > limits::codelist_items_max) {
    return fault(field, "are more than " + std::to_string(limits::codelist_items_max));
  }
  std::set<std::string_view> before;
  for (std::size_t i = 0; i < ways.size(); ++i) {
    const std::string at = std::string(field) + "[" + std::to_string(i) + "].id";
    const std::size_t dot = ways[i].rfind('.');
    if (!is_way(ways[i])) {
      fault(at, "must be ids with dots between them, at most " +
                    std::to_string(limits::structure_depth_max));
    } else if (dot != std::string_view::npos && before.count(ways[i].substr(0, dot)) == 0) {
      fault(at, "must stand behind `" + std::string(ways[i].substr(0, dot)) + "`");
    }
    if (!before.insert(ways[i]).second) fault(at, "occurs twice");
  }
}

void check_places(const v1::Hierarchy& hierarchy, const Model& model, const TellFault& fault) {
  std::vector<std::string_view> ways;
  for (int i = 0; i < hierarchy.places_size(); ++i) {
    const v1::Hierarchy::Place& place = hierarchy.places(i);
    ways.emplace_back(place.id());
    const std::string at = "places[" + std::to_string(i) + "]";
    const auto list = model.find_codelist(place.codelist());
    if (!list) {
      fault(at + ".codelist", "is not there");
    } else if (list->find(place.code()) == nullptr) {
      fault(at + ".code", "`" + place.code().substr(0, 64) + "` is not in the codelist");
    }
  }
  check_ways(ways, "places", fault);
  if (static_cast<std::size_t>(hierarchy.levels_size()) > limits::structure_depth_max) {
    fault("levels", "are more than " + std::to_string(limits::structure_depth_max));
  }
  std::set<std::string_view> levels;
  for (int i = 0; i < hierarchy.levels_size(); ++i) {
    const std::string at = "levels[" + std::to_string(i) + "].id";
    const std::string& id = hierarchy.levels(i).id();
    if (!is_sdmx_id(id)) fault(at, "must be letters, digits, `_`, `-`, `$`, `@`");
    if (!levels.insert(id).second) fault(at, "occurs twice");
  }
}

void check_categorisation(const v1::Categorisation& one, const Model& model,
                          const TellFault& fault) {
  const auto category = parse_category_name(one.category());
  const record::Structure* scheme = category ? model.find(category->scheme) : nullptr;
  const auto& categories = scheme == nullptr ? v1::CategoryScheme::default_instance().categories()
                                             : scheme->category_scheme().categories();
  const bool known = std::any_of(categories.begin(), categories.end(),
                                 [&](const v1::Item& item) { return item.id() == category->id; });
  if (!known) fault("category", "is not there");
  const std::string_view name = one.structure();
  const bool fits = is_categorised(name.substr(0, name.find('/'))) &&
                    name.find("/provisions/") == std::string_view::npos;
  if (!fits || model.find(name) == nullptr) fault("structure", "is not there");
}

}  // namespace entente::statistics
