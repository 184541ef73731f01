// Days, and the days on which figures are due. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "proto/contract/clock.h"
#include "server/statistics/series/period.h"
#include "server/statistics/structure/model.h"

namespace entente::statistics {

// Days since 1970-01-01, and as `2026-03-31`.
[[nodiscard]] std::int32_t day_of(Instant instant);
[[nodiscard]] std::string day_text(std::int32_t day);

// The last day in time of a period's figures; empty: the dataflow's calendar does not have it.
[[nodiscard]] std::optional<std::int32_t> due_day(const Flow& flow, Period period);

}  // namespace entente::statistics
