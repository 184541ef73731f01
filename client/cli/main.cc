// `entente`: the command line of a focal point, a ministry, a secretariat.
#include <cerrno>
#include <clocale>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "client/cli/context.h"
#include "client/cli/screen.h"
#include "client/cli/verbs.h"

namespace {

constexpr const char* kFooter =
    "Begin with:\n"
    "  entente profile add sweden --server entente.example:8443 --root ca.pem \\\n"
    "      --certificate cert.pem --key key.pem --ledger-key \"$(cat ledger.pub)\"\n"
    "  entente sign-in\n"
    "  entente who trafficking --in CHE\n"
    "\n"
    "Exit codes: 0 done; 1 the answer is no; 2 wrong command line; 3 not signed in or refused;\n"
    "  4 not found, or not for you; 5 a rule forbids it now; 6 the server was not reached;\n"
    "  7 a proof does not hold; 8 a file or field is wrong; 9 anything else.";

// Who did not get the answer is not told that all went well. Who closed the pipe wanted no more.
void tell_of_loss(int error, entente::cli::Context& context) {
  using entente::cli::Exit;
  if (error == 0 || error == EPIPE) return;
  std::cerr << "error: the answer cannot be written: "
            << std::error_code(error, std::generic_category()).message() << '\n';
  if (context.exit == Exit::Ok || context.exit == Exit::No) context.exit = Exit::Failed;
}

// Of a line whose verb is none, or is missing: which, and what there is in its place.
void tell_of_verbs(const CLI::App& app) {
  const CLI::App* group = &app;
  std::string path = app.get_name();
  while (!group->get_subcommands().empty()) {
    group = group->get_subcommands().front();
    path += " " + group->get_name();
  }
  const std::vector<std::string> left = app.remaining(true);
  std::cerr << '`' << (left.empty() ? path : entente::cli::safe(left.front()))
            << (left.empty() ? "` needs a verb" : "` is no verb of `" + path + "`");
  bool first = true;
  for (const CLI::App* verb : group->get_subcommands([](const CLI::App*) { return true; })) {
    std::cerr << (std::exchange(first, false) ? "; there are " : ", ") << verb->get_name();
  }
  std::cerr << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  std::setlocale(LC_ALL, "C.UTF-8");  // NOLINT(concurrency-mt-unsafe): before any thread
  entente::cli::Screens screens;
  const entente::SystemClock clock;
  entente::SystemEntropy entropy;
  entente::cli::Context context(clock, entropy);

  CLI::App app("Entente: the closed network on which states exchange what they tell nobody else");
  app.name("entente");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "every verb with its options");
  app.add_option("--profile", context.profile, "the profile to use instead of the current one");
  app.add_flag("--json", context.json, "print answers as JSON, for programs");
  app.fallthrough();

  entente::cli::add_session_verbs(app, context);
  entente::cli::add_directory_verbs(app, context);
  entente::cli::add_access_verbs(app, context);
  entente::cli::add_ledger_verbs(app, context);
  entente::cli::add_witness_verb(app, context);
  entente::cli::add_document_verbs(app, context);
  entente::cli::add_circulation_verbs(app, context);
  entente::cli::add_meeting_verbs(app, context);
  entente::cli::add_notice_verbs(app, context);
  entente::cli::add_stats_verbs(app, context);
  entente::cli::add_account_verbs(app, context);
  entente::cli::add_profile_verbs(app, context);
  entente::cli::add_anchor_verbs(app, context);
  entente::cli::add_portal_verb(app, context);
  entente::cli::add_completion_verb(app, context);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_name() == "RequiredError" &&
        std::string_view(error.what()).starts_with("A subcommand")) {
      tell_of_verbs(app);
      context.exit = entente::cli::Exit::Usage;
    } else if (app.exit(error) != 0) {
      context.exit = entente::cli::Exit::Usage;
    }
  }
  tell_of_loss(screens.finish(), context);
  return static_cast<int>(context.exit);
}
