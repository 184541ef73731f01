// Whether a message of figures can be read at all: a server in bad faith may send columns that are
// too short, or codes that its dictionaries do not have. Pure; any thread.
#pragma once

#include "entente/v1/statistics.pb.h"
#include "proto/contract/status.h"

namespace entente::client {

// DataLoss: a column has not one code a series or an observation, or a code that stands for
// nothing; or the numbers of figures differ.
[[nodiscard]] Status check_figures(const v1::Observations& some);

}  // namespace entente::client
