// Which format a data query is answered in. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "server/statistics/writers.h"

namespace entente::statistics {

// Of an `Accept` header, by the version of the interface: without one its default (SDMX-ML 2.1
// generic under `/sdmx/2.1/`, SDMX-JSON 2.1 under `/sdmx/3.0/`). Empty: nothing that is asked for
// is written here.
[[nodiscard]] std::optional<Form> choose_form(std::string_view accept, bool is_old);

}  // namespace entente::statistics
