// A roster file comes from whoever may import one: whatever its bytes, rows and problems add up,
// and the work is bounded.
#include <cstddef>
#include <cstdint>

#include "server/directory/formats/roster.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace entente::directory;
  static const RosterVocabulary vocabulary{.parties = {"SWE"}, .processes = {{"igc", {"wg-data"}}}};
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const RosterFile file = parse_roster(bytes, vocabulary);
  if (file.rows.size() + file.faulty_rows_count != file.rows_count) __builtin_trap();
  if (file.status().ok() != (file.problems_count == 0)) __builtin_trap();
  for (const auto& row : file.rows) {
    if (row.party != "SWE" || row.display.empty()) __builtin_trap();
  }
  return 0;
}
