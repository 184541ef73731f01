// Bodies that are in being for one occasion, as a meeting or an item of its agenda: whoever is
// asked to it holds it. To lose one narrows what somebody may see; it is no loss of what they are.
#pragma once

#include <string_view>

#include "server/policy/policy.h"

namespace entente::policy {

// How the id of such a body begins.
inline constexpr std::string_view occasion_prefix = "meeting-";

[[nodiscard]] inline bool is_of_occasion(const Principal& principal) {
  const Principal::Parts parts = principal.parts();
  return parts.kind == Principal::Kind::Body && parts.second.starts_with(occasion_prefix);
}

}  // namespace entente::policy
