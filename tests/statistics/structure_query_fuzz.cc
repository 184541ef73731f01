// Addresses of structures as anybody asks for them, old and new: a query within its bounds, or a
// refusal that says what is wrong; and the names and references that structures are called by.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/statistics/structure/names.h"
#include "server/statistics/structure_query.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace entente;
  using namespace entente::statistics;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t mark = all.find('?');
  const std::string_view path = all.substr(0, mark);
  const std::string_view query =
      mark == std::string_view::npos ? std::string_view() : all.substr(mark + 1);
  for (const bool is_old : {true, false}) {
    const auto asked = parse_structure_query(path, query, is_old);
    if (!asked.ok()) {
      ENTENTE_CHECK(asked.status().code() == Code::InvalidArgument ||
                    asked.status().code() == Code::Unimplemented);
      continue;
    }
    for (const std::string_view collection : asked->collections) {
      ENTENTE_CHECK(!collection.empty());
    }
    for (const std::string& version : asked->versions) ENTENTE_CHECK(!version.empty());
  }
  if (const auto name = parse_structure_name(all, "dataflows")) {
    ENTENTE_CHECK(structure_name("dataflows", name->agency, name->id) == all);
  }
  if (const auto name = parse_reference(all)) ENTENTE_CHECK(is_agency(name->agency));
  static_cast<void>(parse_concept_name(all));
  static_cast<void>(parse_category_name(all));
  static_cast<void>(parse_provision_name(all));
  return 0;
}
