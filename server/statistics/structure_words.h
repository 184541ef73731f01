// What the writers of structure messages have in common: how SDMX calls what we keep. Pure; any
// thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "entente/v1/statistics.pb.h"
#include "server/statistics/structure_writers.h"

namespace entente::statistics {

using VersionOf = std::function<std::string(std::string_view)>;

// How SDMX calls what we keep under a collection.
struct ArtefactKind {
  std::string_view collection;
  std::string_view package;  // of its information model
  std::string_view klass;
};
namespace kinds {
inline constexpr ArtefactKind codelist{"codelists", "codelist", "Codelist"};
inline constexpr ArtefactKind scheme{"concept-schemes", "conceptscheme", "ConceptScheme"};
inline constexpr ArtefactKind structure{"data-structures", "datastructure", "DataStructure"};
inline constexpr ArtefactKind flow{"dataflows", "datastructure", "Dataflow"};
inline constexpr ArtefactKind provision{"provisions", "registry", "ProvisionAgreement"};
inline constexpr ArtefactKind category_scheme{"category-schemes", "categoryscheme",
                                              "CategoryScheme"};
inline constexpr ArtefactKind categorisation{"categorisations", "categoryscheme", "Categorisation"};
inline constexpr ArtefactKind hierarchy{"hierarchies", "codelist", "Hierarchy"};
// As 2.1 and 1.0 call what holds them.
inline constexpr ArtefactKind hierarchies{"hierarchies", "codelist", "HierarchicalCodelist"};
inline constexpr ArtefactKind agencies{"agencies", "base", "AgencyScheme"};
}  // namespace kinds

struct Identity {
  std::string agency;
  std::string id;
  std::string version;
};

[[nodiscard]] Identity identity_of(const ArtefactKind& kind, std::string_view name,
                                   const VersionOf& version_of);
// `IGC`, `ASYLUM_SWE` of `dataflows/IGC.ASYLUM/provisions/SWE`.
[[nodiscard]] Identity identity_of_provision(std::string_view name, const VersionOf& version_of);
[[nodiscard]] std::string urn_of(const ArtefactKind& kind, const Identity& one);

// A concept, as a structure whose concepts are of `scheme` names it.
struct ConceptIdentity {
  Identity scheme;
  std::string id;
  [[nodiscard]] std::string urn() const;
};
[[nodiscard]] ConceptIdentity concept_of(const Identity& scheme, std::string_view concept_id,
                                         const VersionOf& version_of);
// What is found under a category: of which kind it is, by its name. Null: of none that could be.
[[nodiscard]] const ArtefactKind* kind_categorised(std::string_view name);
// `urn:...Code=ENTENTE:CL_AREA(1.0).SWE`, `...Category=OECD:OECDCS1(5.4).MIG.INFLOW`.
[[nodiscard]] std::string urn_of_code(const v1::Hierarchy::Place& place,
                                      const VersionOf& version_of);
[[nodiscard]] std::string urn_of_category(std::string_view category, const VersionOf& version_of);

// Calls `begin` with each of what stands behind the one that it is in (ids are ways there), and
// `end` when all that is in it has come.
template <typename List, typename Begin, typename End>
void nest(const List& list, Begin begin, End end) {
  std::vector<std::string_view> open;
  for (const auto& one : list) {
    const std::string_view way = one.id();
    const std::string_view in =
        way.substr(0, way.rfind('.') == std::string_view::npos ? 0 : way.rfind('.'));
    while (!open.empty() && open.back() != in) {
      open.pop_back();
      end();
    }
    begin(one, way.substr(in.empty() ? 0 : in.size() + 1), open.size());
    open.push_back(way);
  }
  for (; !open.empty(); open.pop_back()) end();
}

// By which SDMX's cross-domain concepts say what a component is for; empty: nothing, or its id says
// it.
[[nodiscard]] std::string role_of(const v1::Dimension& dimension);
[[nodiscard]] std::string role_of(const v1::Attribute& attribute);
[[nodiscard]] ConceptIdentity role_concept(const std::string& role);

[[nodiscard]] std::string measure_of(const v1::DataStructure& structure);

// English first, as the others have it for a fallback; what has no title is called by its id.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> titles(const v1::Text& text,
                                                                      std::string_view otherwise);

// By the agency under which they stand: `SDMX` for those at the top, with their last ids.
[[nodiscard]] std::map<std::string, std::vector<std::pair<std::string, const v1::Agency*>>>
agency_schemes(const v1::StructureSet& set);

}  // namespace entente::statistics
