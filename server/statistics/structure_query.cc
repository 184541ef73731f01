#include "server/statistics/structure_query.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "server/statistics/rest_words.h"

namespace entente::statistics {
namespace {

using Called = std::pair<std::string_view, std::string_view>;  // by SDMX, by us
constexpr std::array<Called, 14> kKept = {{{"dataflow", "dataflows"},
                                           {"datastructure", "data-structures"},
                                           {"codelist", "codelists"},
                                           {"conceptscheme", "concept-schemes"},
                                           {"categoryscheme", "category-schemes"},
                                           {"categorisation", "categorisations"},
                                           {"hierarchicalcodelist", "hierarchies"},
                                           {"hierarchy", "hierarchies"},
                                           {"agencyscheme", "agencies"},
                                           {"organisationscheme", "agencies"},
                                           {"provisionagreement", "provisions"},
                                           {"contentconstraint", "constraints"},
                                           {"actualconstraint", "constraints"},
                                           {"dataconstraint", "constraints"}}};
// Of the standard, and not of our model.
constexpr std::array<std::string_view, 29> kNotKept = {"metadatastructure",
                                                       "dataproviderscheme",
                                                       "dataconsumerscheme",
                                                       "organisationunitscheme",
                                                       "metadataflow",
                                                       "reportingtaxonomy",
                                                       "structureset",
                                                       "process",
                                                       "attachmentconstraint",
                                                       "allowedconstraint",
                                                       "hierarchyassociation",
                                                       "valuelist",
                                                       "geographiccodelist",
                                                       "geogridcodelist",
                                                       "structuremap",
                                                       "representationmap",
                                                       "conceptschememap",
                                                       "categoryschememap",
                                                       "organisationschememap",
                                                       "reportingtaxonomymap",
                                                       "metadataconstraint",
                                                       "metadataproviderscheme",
                                                       "metadataprovisionagreement",
                                                       "transformationscheme",
                                                       "rulesetscheme",
                                                       "userdefinedoperatorscheme",
                                                       "customtypescheme",
                                                       "namepersonalisationscheme",
                                                       "vtlmappingscheme"};

constexpr std::array<std::pair<std::string_view, Reach>, 8> kReaches = {
    {{"none", Reach::None},
     {"children", Reach::Children},
     {"descendants", Reach::Descendants},
     {"parents", Reach::Parents},
     {"parentsandsiblings", Reach::ParentsAndSiblings},
     {"parentsAndSiblings", Reach::ParentsAndSiblings},
     {"ancestors", Reach::Ancestors},
     {"all", Reach::All}}};

constexpr std::array<std::pair<std::string_view, StructureDetail>, 7> kDetails = {
    {{"full", StructureDetail::Full},
     {"raw", StructureDetail::Full},
     {"allstubs", StructureDetail::AllStubs},
     {"referencestubs", StructureDetail::ReferenceStubs},
     {"allcompletestubs", StructureDetail::AllCompleteStubs},
     {"referencecompletestubs", StructureDetail::ReferenceCompleteStubs},
     {"referencepartial", StructureDetail::ReferencePartial}}};

bool is_not_kept(std::string_view word) {
  for (const std::string_view one : kNotKept) {
    if (one == word) return true;
  }
  return false;
}

Status not_kept(std::string_view word) {
  return {Code::Unimplemented, Reason::None,
          "structures of type `" + std::string(word) + "` are not kept here"};
}

// 1.5 puts a `+` between several, 2 a comma.
Result<std::vector<std::string>> several(std::string_view text, bool is_old) {
  std::vector<std::string> out;
  if (is_any(text)) return out;
  for (const std::string_view one : split(text, is_old ? '+' : ',')) {
    if (one.empty()) return bad_request("a list in the path has a place with nothing in it");
    if (is_any(one)) return bad_request("`" + std::string(one) + "` stands alone, not in a list");
    out.emplace_back(one);
  }
  return out;
}

Status take_versions(std::string_view text, bool is_old, StructureQuery& query) {
  // `*` and `all` are every version; `latest`, `+` (the latest that is final) and `~` (or not) are
  // the one in force, as is what is not said.
  if (text == "*" || text == "all") {
    query.all_versions = true;
    return {};
  }
  const auto is_in_force = [](std::string_view one) {
    return one == "latest" || one == "~" || one == "+";
  };
  if (text.empty() || is_in_force(text)) return {};
  ENTENTE_TRY(query.versions, several(text, is_old));
  if (std::any_of(query.versions.begin(), query.versions.end(), is_in_force)) {
    return bad_request("the version in force is asked for alone, not in a list");
  }
  return {};
}

}  // namespace

bool is_any(std::string_view word) { return word.empty() || word == "all" || word == "*"; }

std::string_view collection_called(std::string_view word) {
  for (const auto& [called, collection] : kKept) {
    if (called == word) return collection;
  }
  return {};
}

Result<Parameters> parse_parameters(std::string_view query,
                                    std::initializer_list<std::string_view> known) {
  Parameters out;
  for (const std::string_view one : split(query, '&')) {
    if (one.empty()) continue;
    const std::size_t equals = one.find('=');
    auto name = unescaped(one.substr(0, equals));
    auto value = unescaped(equals == std::string_view::npos ? "" : one.substr(equals + 1));
    if (!name || !value) return bad_request("a parameter is malformed");
    const bool is_component = name->starts_with("c[") && name->ends_with("]");
    const std::string_view kind = is_component ? of_components : std::string_view(*name);
    if (std::find(known.begin(), known.end(), kind) == known.end()) {
      return bad_request("`" + *name + "` is no parameter of this query");
    }
    if (out.count(*name) != 0) return bad_request("`" + *name + "` is given twice");
    out[*std::move(name)] = *std::move(value);
  }
  return out;
}

Status take_references(std::string_view value, StructureQuery& query) {
  for (const auto& [word, reach] : kReaches) {
    if (word != value) continue;
    query.reach = reach;
    return {};
  }
  // Of one kind: whatever of it is reached in any direction. Of a kind that is not kept there is
  // none.
  query.only = collection_called(value);
  if (!query.only.empty()) {
    query.reach = Reach::All;
    return {};
  }
  if (is_not_kept(value)) return {};
  return bad_request("`references` is none of the words of the standard");
}

Result<StructureQuery> parse_structure_query(std::string_view text, std::string_view parameters,
                                             bool is_old) {
  auto path = split(text, '/');
  if (path[0].empty()) return bad_request("the path names no type of structure");
  if (path.size() > 5) return bad_request("the path has too many parts");
  path.resize(5);
  StructureQuery query;
  if (path[0] == (is_old ? "structure" : "*")) {
    for (const auto& [called, collection] : kKept) {
      // Names under which the same is asked for come behind the first.
      if (called != "organisationscheme" && called != "actualconstraint" &&
          called != "dataconstraint" && called != "hierarchy") {
        query.collections.push_back(collection);
      }
    }
  } else {
    ENTENTE_TRY(const std::vector<std::string> types, several(path[0], is_old));
    for (const std::string& one : types) {
      const std::string_view collection = collection_called(one);
      if (collection.empty()) {
        return is_not_kept(one) ? not_kept(one)
                                : bad_request("`" + one + "` is no type of structure");
      }
      query.collections.push_back(collection);
    }
  }
  ENTENTE_TRY(query.agencies, several(path[1], is_old));
  ENTENTE_TRY(query.ids, several(path[2], is_old));
  ENTENTE_TRY_VOID(take_versions(path[3], is_old, query));
  ENTENTE_TRY(query.items, several(path[4], is_old));
  ENTENTE_TRY(const Parameters said, parse_parameters(parameters, {"references", "detail"}));
  if (const auto found = said.find("references"); found != said.end()) {
    ENTENTE_TRY_VOID(take_references(found->second, query));
  }
  if (const auto found = said.find("detail"); found != said.end()) {
    const auto* const detail = std::find_if(kDetails.begin(), kDetails.end(), [&](const auto& one) {
      return one.first == found->second;
    });
    if (detail == kDetails.end()) {
      return bad_request("`detail` is none of the words of the standard");
    }
    query.detail = detail->second;
  }
  return query;
}

}  // namespace entente::statistics
