// What people copy by hand or into a tool: one-time codes and application passwords. Both are
// random, so that a keyed digest of them is all that is kept. Values; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proto/contract/clock.h"
#include "proto/contract/secret.h"

namespace entente::identity {

// 128 bits in Crockford's Base32, in groups: `7K2MX-...`.
[[nodiscard]] std::string make_code(Entropy& entropy);
// Without what people add or confuse: case, spaces, hyphens, O and 0, I, L and 1. Empty if it
// cannot be a code.
[[nodiscard]] std::optional<Secret> canonical_code(std::string_view text);

struct ApplicationSecret {
  std::string id;  // 32 hexadecimal digits: the last part of its name
  Secret text;     // what is typed into the tool
};
[[nodiscard]] ApplicationSecret make_application_secret(Entropy& entropy);
// The id within `text`; empty if it cannot be an application password.
[[nodiscard]] std::optional<std::string> application_id(std::string_view text);

}  // namespace entente::identity
