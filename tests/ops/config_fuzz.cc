// A configuration is written by the operator by hand: whatever it holds, the answer is a
// configuration or a list of faults, each with its place in the text.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/ops/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const entente::Result<entente::ops::Config> config =
      entente::ops::parse_config(text, "/etc/entente");
  if (config.ok()) {
    if (config->network().empty() || config->store().empty()) __builtin_trap();
    return 0;
  }
  const entente::Status status = config.status();
  if (status.violations().empty()) __builtin_trap();
  const auto lines = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (const entente::Violation& violation : status.violations()) {
    if (violation.rule.empty() || violation.line > lines + 1) __builtin_trap();
  }
  return 0;
}
