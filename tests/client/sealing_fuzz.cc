// Whatever comes as an envelope, a manifest or a sealed body is refused, or opens; nothing else
// happens, and nothing of a body comes out that its key did not seal.
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>

#include "client/lib/envelope.h"
#include "client/lib/sealed_body.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace entente::client;  // NOLINT(google-build-using-namespace)
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (check_envelope(bytes).ok() && recipients_of(bytes) == 0) __builtin_trap();
  (void)open_enclosed(bytes).ok();
  (void)parse_manifest(bytes).ok();
  static const BodyKey key{.key = entente::Secret(std::string(32, 'k')), .nonce = "nonce12"};
  std::istringstream in{std::string(bytes)};
  std::ostringstream out;
  if (open_body(key, size > 16 ? size - 16 : 1, in, out).ok()) __builtin_trap();
  if (!out.str().empty()) __builtin_trap();
  return 0;
}
