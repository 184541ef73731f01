// Names of structures, taken apart: as resource names (`dataflows/IGC.ASYLUM`) and as SDMX writes
// them (`IGC:ASYLUM(1.0)`). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/statistics/query/words.h"

namespace entente::statistics {

inline constexpr std::size_t agency_bytes_max = 128;
inline constexpr std::size_t version_bytes_max = 32;

struct StructureName {
  std::string agency;  // `IGC`; may have dots of its own
  std::string id;      // `ASYLUM`
};

// Of `collection/<agency>.<id>`; empty if it is not of that form.
[[nodiscard]] std::optional<StructureName> parse_structure_name(std::string_view name,
                                                                std::string_view collection);
[[nodiscard]] std::string structure_name(std::string_view collection, std::string_view agency,
                                         std::string_view id);

// `IGC:ASYLUM(1.0)`, `IGC:ASYLUM`, or an URN that ends so. Empty: none of these.
struct SdmxReference {
  std::string agency;
  std::string id;
  std::string version;  // empty: not said
};
[[nodiscard]] std::optional<SdmxReference> parse_reference(std::string_view text);

// Ids with dots between them: `OECD.ELS.IMD`.
[[nodiscard]] bool is_agency(std::string_view text);
// Numbers with dots between them, as many as there are, and of SDMX 3.0 what comes behind a hyphen:
// `1.0`, `5`, `1.2.0-draft`.
[[nodiscard]] bool is_version(std::string_view text);
// Number by number; `1.0` and `1.0.0` are as old.
[[nodiscard]] bool is_older(std::string_view a, std::string_view b);

// `concept-schemes/SDMX.CONCEPTS/concepts/SEX`.
struct ConceptName {
  std::string scheme;  // `concept-schemes/SDMX.CONCEPTS`
  std::string id;      // `SEX`
};
[[nodiscard]] std::optional<ConceptName> parse_concept_name(std::string_view name);

// `category-schemes/OECD.TOPICS/categories/MIG.INFLOW`.
struct CategoryName {
  std::string scheme;  // `category-schemes/OECD.TOPICS`
  std::string id;      // `MIG.INFLOW`
};
[[nodiscard]] std::optional<CategoryName> parse_category_name(std::string_view name);

// `SWE` of `parties/SWE`, `dataflows/IGC.ASYLUM` and `SWE` of
// `dataflows/IGC.ASYLUM/provisions/SWE`; empty if it is not of that form.
[[nodiscard]] std::string party_code(std::string_view party_name);
struct ProvisionName {
  std::string dataflow;
  std::string party;
};
[[nodiscard]] std::optional<ProvisionName> parse_provision_name(std::string_view name);

}  // namespace entente::statistics
