// An audience as a message or a row says it (`any_of`, `none_of`: principals by their text), in
// policy's own words; and what two audiences are to each other by theirs. Pure; any thread.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "proto/contract/limits.h"
#include "proto/contract/status.h"
#include "server/policy/policy.h"

namespace entente::policy {

// `field` is what a refusal names. InvalidArgument (FieldInvalid): too many principals, or what is
// none.
template <typename Wire>
[[nodiscard]] Result<Audience> audience_of(const std::string& field, const Wire& wire) {
  constexpr int most = static_cast<int>(limits::audience_principals_max);
  if (wire.any_of_size() > most || wire.none_of_size() > most)
    return invalid_argument(field, "names too many principals");
  Audience audience;
  for (const std::string& text : wire.any_of()) {
    ENTENTE_TRY(Principal principal, Principal::parse(text));
    audience.any_of.insert(std::move(principal));
  }
  for (const std::string& text : wire.none_of()) {
    ENTENTE_TRY(Principal principal, Principal::parse(text));
    audience.none_of.insert(std::move(principal));
  }
  return audience;
}

// Whether, by their words alone, all of `inner` are of `outer`; it may be so and not be seen here.
[[nodiscard]] inline bool is_within(const Audience& inner, const Audience& outer) {
  return std::ranges::includes(outer.any_of, inner.any_of) &&
         std::ranges::includes(inner.none_of, outer.none_of);
}

}  // namespace entente::policy
