// What a record says that decides: its facts. Pure, any thread.
#pragma once

#include <vector>

#include "server/directory/records.h"
#include "server/policy/world.h"

namespace entente::directory {

// A span of civil days as instants; `until` is the first instant at which it no longer holds.
[[nodiscard]] policy::Span span_of(const v1::Span& span);
// Whether there is a day on which it holds.
[[nodiscard]] bool holds_ever(const policy::Span& span);

// Each under a key that is the same in every revision of the record.
[[nodiscard]] std::vector<policy::Fact> facts_of(const Record& record);

}  // namespace entente::directory
