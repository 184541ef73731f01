#include "server/statistics/structure/names.h"

#include <algorithm>
#include <charconv>

#include "server/policy/policy.h"

namespace entente::statistics {

bool is_agency(std::string_view text) {
  if (text.size() > agency_bytes_max) return false;
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!is_sdmx_id(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_version(std::string_view text) {
  if (text.size() > version_bytes_max) return false;
  const std::size_t hyphen = text.find('-');
  if (hyphen != std::string_view::npos && !policy::is_id(text.substr(hyphen + 1))) return false;
  std::string_view numbers = text.substr(0, hyphen);
  for (;;) {
    const std::size_t dot = numbers.find('.');
    const std::string_view part = numbers.substr(0, dot);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (part.empty() || !std::all_of(part.begin(), part.end(), is_digit)) return false;
    if (dot == std::string_view::npos) return true;
    numbers.remove_prefix(dot + 1);
  }
}

namespace {

// The next number of a version; what has none any more has a 0 there.
std::uint64_t take_number(std::string_view& text) {
  const std::size_t dot = std::min(text.find('.'), text.size());
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + dot, number);
  text.remove_prefix(std::min(dot + 1, text.size()));
  return number;
}

}  // namespace

bool is_older(std::string_view a, std::string_view b) {
  std::string_view left = a.substr(0, a.find('-'));
  std::string_view right = b.substr(0, b.find('-'));
  while (!left.empty() || !right.empty()) {
    const std::uint64_t x = take_number(left);
    const std::uint64_t y = take_number(right);
    if (x != y) return x < y;
  }
  // A draft is older than what it is a draft of.
  const bool a_is_draft = a.find('-') != std::string_view::npos;
  const bool b_is_draft = b.find('-') != std::string_view::npos;
  if (a_is_draft != b_is_draft) return a_is_draft;
  return a_is_draft && a < b;
}

std::optional<StructureName> parse_structure_name(std::string_view name,
                                                  std::string_view collection) {
  if (name.size() <= collection.size() + 1 || name.substr(0, collection.size()) != collection ||
      name[collection.size()] != '/') {
    return std::nullopt;
  }
  const std::string_view rest = name.substr(collection.size() + 1);
  const std::size_t dot = rest.rfind('.');
  if (dot == std::string_view::npos || !is_agency(rest.substr(0, dot)) ||
      !is_sdmx_id(rest.substr(dot + 1), structure_id_bytes_max)) {
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
  if (!is_agency(out.agency) || !is_sdmx_id(out.id, structure_id_bytes_max)) return std::nullopt;
  return out;
}

std::optional<ConceptName> parse_concept_name(std::string_view name) {
  constexpr std::string_view middle = "/concepts/";
  const std::size_t at = name.find(middle);
  if (at == std::string_view::npos) return std::nullopt;
  return ConceptName{std::string(name.substr(0, at)), std::string(name.substr(at + middle.size()))};
}

std::optional<CategoryName> parse_category_name(std::string_view name) {
  constexpr std::string_view middle = "/categories/";
  const std::size_t at = name.find(middle);
  if (at == std::string_view::npos) return std::nullopt;
  return CategoryName{std::string(name.substr(0, at)),
                      std::string(name.substr(at + middle.size()))};
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
