#include "client/cli/context.h"
namespace entente::cli {
void add_directory_verbs(CLI::App&, Context&) {}
}  // namespace entente::cli
