// Any bytes as a structure message, in SDMX-ML or SDMX-JSON: what reads is put together and judged
// without harm, and put together again it is the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/statistics/messages/assemble.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace entente::statistics;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto message = read_structure_message(text);
  if (!message.ok()) {
    ENTENTE_CHECK(!message.status().violations().empty());
    return 0;
  }
  const Assembled first = assemble(*message, Model(), "igc");
  const auto rows = rows_of(first.set);
  const entente::Status sound = check_structures(Model(), rows);
  if (sound.ok()) {
    // Upon itself nothing is older, newer or gone.
    const auto model = Model().with(rows);
    const Assembled second = assemble(*message, *model, "igc");
    ENTENTE_CHECK(second.set.SerializeAsString().size() == first.set.SerializeAsString().size());
  }
  return 0;
}
