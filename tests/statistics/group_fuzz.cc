// Any bytes as a packed group: damage is refused or read as something, never read past.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/statistics/series/group.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  entente::statistics::Columns out;
  out.width = 1 + data[0] % 8;
  out.attributes = data[1] % 4;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  (void)entente::statistics::unpack_group(bytes, ~0ULL, out);
  return 0;
}
