// Names of structures, taken apart: as resource names (`dataflows/IGC.ASYLUM`) and as SDMX writes
// them (`IGC:ASYLUM(1.0)`). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace entente::statistics {

struct StructureName {
  std::string agency;  // `IGC`; may have dots of its own
  std::string id;      // `ASYLUM`
};

// Of `collection/<agency>.<id>`; empty if it is not of that form, with ids of SDMX's characters.
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

// Whether it is an id as SDMX has them: letters, digits, `_`, `-`, `$`, `@`; at most 64.
[[nodiscard]] bool is_sdmx_id(std::string_view text);

// `SWE` of `parties/SWE`, `dataflows/IGC.ASYLUM` and `SWE` of
// `dataflows/IGC.ASYLUM/provisions/SWE`; empty if it is not of that form.
[[nodiscard]] std::string party_code(std::string_view party_name);
struct ProvisionName {
  std::string dataflow;
  std::string party;
};
[[nodiscard]] std::optional<ProvisionName> parse_provision_name(std::string_view name);

}  // namespace entente::statistics
