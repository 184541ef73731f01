// Definition files are written by people and read when a network starts: whatever they hold, the
// answer is a definition or a list of faults. The first byte chooses which schema reads the rest.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/directory/definitions/parse.h"

namespace {

using namespace entente::directory;

const PartyIndex& parties() {
  static const PartyIndex index(*parse_parties(R"(
    version: 1 as_of: "2026"
    party { code: "SWE" kind: STATE alpha2: "SE" name { en: "Sweden" }
            institution { id: "board" name { en: "Board" } } }
    party { code: "IOM" kind: ORGANISATION name { en: "Organization" } }
    party { code: "ATA" kind: AREA alpha2: "AQ" name { en: "Antarctica" } })"));
  return index;
}

void expect_reasons(const entente::Status& status) {
  if (status.ok()) return;
  if (status.violations().empty()) __builtin_trap();
  for (const auto& violation : status.violations()) {
    if (violation.rule.empty()) __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      expect_reasons(parse_process(text, parties()).status());
      break;
    case 1:
      expect_reasons(parse_parties(text).status());
      break;
    case 2:
      expect_reasons(parse_accounts(text, parties(), {}).status());
      break;
    default:
      expect_reasons(parse_names(text).status());
  }
  return 0;
}
