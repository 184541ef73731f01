// A header yields a token of 32 octets, a bounded pair, or nothing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/identity/authorization.h"
#include "server/identity/codes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace entente::identity;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto header = parse_authorization(text)) {
    if (header->token.has_value() == header->basic.has_value()) std::abort();
    if (header->token && header->token->size() != token_bytes) std::abort();
    if (header->basic && header->basic->password.size() > 400) std::abort();
  }
  static_cast<void>(canonical_code(text));
  static_cast<void>(application_id(text));
  return 0;
}
