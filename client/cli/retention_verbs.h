// `entente document update`, `due` and `keep`. One thread.
#pragma once

#include "client/cli/context.h"

namespace entente::cli {

// `documents`: the group `entente document`.
void add_retention_verbs(CLI::App& documents, Context& context);

}  // namespace entente::cli
