#include "server/statistics/structure/names.h"

#include <algorithm>

#include "server/policy/policy.h"

namespace entente::statistics {

bool is_sdmx_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '$' || c == '@';
  });
}

std::optional<StructureName> parse_structure_name(std::string_view name,
                                                  std::string_view collection) {
  if (name.size() <= collection.size() + 1 || name.substr(0, collection.size()) != collection ||
      name[collection.size()] != '/') {
    return std::nullopt;
  }
  const std::string_view rest = name.substr(collection.size() + 1);
  const std::size_t dot = rest.rfind('.');
  if (dot == std::string_view::npos || !policy::is_id(rest) || !is_sdmx_id(rest.substr(dot + 1)) ||
      dot == 0 || rest[0] == '.') {
    return std::nullopt;
  }
  return StructureName{std::string(rest.substr(0, dot)), std::string(rest.substr(dot + 1))};
}

std::string structure_name(std::string_view collection, std::string_view agency,
                           std::string_view id) {
  std::string name(collection);
  name += '/';
  name += agency;
  name += '.';
  name += id;
  return name;
}

std::optional<SdmxReference> parse_reference(std::string_view text) {
  if (text.substr(0, 4) == "urn:") {
    const std::size_t equals = text.rfind('=');
    if (equals == std::string_view::npos) return std::nullopt;
    text.remove_prefix(equals + 1);
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  SdmxReference out;
  out.agency = text.substr(0, colon);
  std::string_view rest = text.substr(colon + 1);
  if (const std::size_t open = rest.find('('); open != std::string_view::npos) {
    if (rest.back() != ')') return std::nullopt;
    out.version = rest.substr(open + 1, rest.size() - open - 2);
    rest = rest.substr(0, open);
  }
  out.id = rest;
  if (!policy::is_id(out.agency) || !is_sdmx_id(out.id)) return std::nullopt;
  return out;
}

std::string party_code(std::string_view party_name) {
  constexpr std::string_view prefix = "parties/";
  if (party_name.substr(0, prefix.size()) != prefix) return {};
  const std::string_view code = party_name.substr(prefix.size());
  return policy::is_id(code) ? std::string(code) : std::string();
}

std::optional<ProvisionName> parse_provision_name(std::string_view name) {
  constexpr std::string_view middle = "/provisions/";
  const std::size_t at = name.find(middle);
  if (at == std::string_view::npos) return std::nullopt;
  ProvisionName out{std::string(name.substr(0, at)), std::string(name.substr(at + middle.size()))};
  if (!parse_structure_name(out.dataflow, "dataflows") || !policy::is_id(out.party)) {
    return std::nullopt;
  }
  return out;
}

}  // namespace entente::statistics
