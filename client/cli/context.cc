#include "client/cli/context.h"

#include <iostream>

namespace entente::cli {

Result<client::Client*> Context::client() {
  if (!client_) {
    const Profiles all = profiles();
    ENTENTE_TRY(client::Options options, all.options());
    options.tell = [](const std::string& words) { std::cerr << "note: " << safe(words) << '\n'; };
    ENTENTE_TRY(client_, client::Client::open(std::move(options)));
  }
  return client_.get();
}

void Context::fail(const Status& status) {
  print_error(status);
  exit = exit_for(status);
}

CLI::App* add_verb(CLI::App& parent, const std::string& name, const std::string& what,
                   const std::string& example, std::function<void()> run) {
  CLI::App* verb = parent.add_subcommand(name, what);
  verb->footer("Example:\n  " + example);
  verb->callback(std::move(run));
  return verb;
}

}  // namespace entente::cli
