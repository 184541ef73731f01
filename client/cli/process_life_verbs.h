// `entente process propose`, `waiting`, `approve`.
#pragma once

#include "client/cli/context.h"

namespace entente::cli {

void add_process_life_verbs(CLI::App& process, Context& context);

}  // namespace entente::cli
