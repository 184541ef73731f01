// Any bytes as a packed group: damage is refused or read as something, never read past.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/statistics/series/group.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  entente::statistics::Columns out;
  out.width = 1 + data[0] % 8;
  out.attributes = data[1] % 4;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  std::string bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  bytes.append(entente::statistics::bits_slack_bytes, '\xff');
  (void)entente::statistics::unpack_group(bytes, ~0ULL, out);
  entente::statistics::GroupView view;
  const std::string_view group =
      std::string_view(bytes).substr(0, bytes.size() - entente::statistics::bits_slack_bytes);
  if (!view.open(group, out.width, out.attributes)) return 0;
  for (std::size_t s = 0; s < view.series(); ++s) {
    (void)view.count_kinds(s);
    (void)view.sum(s);
  }
  return 0;
}
