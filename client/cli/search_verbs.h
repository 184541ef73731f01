// `entente search` and `entente document text`. One thread.
#pragma once

#include "client/cli/context.h"

namespace entente::cli {

// `documents`: the group `entente document`.
void add_search_verbs(CLI::App& app, CLI::App& documents, Context& context);

}  // namespace entente::cli
