// `entente archive`. One thread.
#pragma once

#include "client/cli/context.h"

namespace entente::cli {

void add_archive_verbs(CLI::App& app, Context& context);

}  // namespace entente::cli
