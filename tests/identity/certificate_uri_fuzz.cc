// What parses is spelled in the one way.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/identity/certificate_uri.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace entente::identity;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto name = parse_certificate_uri(text, "demo.example")) {
    if (certificate_uri(*name, "demo.example") != text) std::abort();
  }
  if (const auto name = parse_account_name(text); name && name->text() != text) std::abort();
  if (const auto party = parse_party_name(text); party && "parties/" + *party != text) std::abort();
  return 0;
}
