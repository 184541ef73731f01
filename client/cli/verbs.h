// The verbs, each defined in the source that bears its name. Apart from context.h so that a new
// verb has its own source compiled and main.cc, and no other.
#pragma once

#include "client/cli/context.h"

namespace entente::cli {

void add_profile_verbs(CLI::App& app, Context& context);
void add_anchor_verbs(CLI::App& app, Context& context);
void add_session_verbs(CLI::App& app, Context& context);
void add_directory_verbs(CLI::App& app, Context& context);
void add_access_verbs(CLI::App& app, Context& context);
void add_ledger_verbs(CLI::App& app, Context& context);
void add_witness_verb(CLI::App& app, Context& context);
void add_document_verbs(CLI::App& app, Context& context);
void add_circulation_verbs(CLI::App& app, Context& context);
void add_meeting_verbs(CLI::App& app, Context& context);
void add_notice_verbs(CLI::App& app, Context& context);
void add_stats_verbs(CLI::App& app, Context& context);
void add_get_verb(CLI::App& group, Context& context);
void add_compare_verbs(CLI::App& group, Context& context);
void add_structure_verbs(CLI::App& stats, Context& context);
void add_account_verbs(CLI::App& app, Context& context);
void add_portal_verb(CLI::App& app, Context& context);
void add_completion_verb(CLI::App& app, Context& context);

// What a shell sources: completes verbs and options from the program's own tree.
[[nodiscard]] std::string completion_script(const CLI::App& app, const std::string& shell);

}  // namespace entente::cli
