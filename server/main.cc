// `entented`: serves a network, makes one, and looks after its store.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <functional>
#include <string>

#include "server/verbs.h"

// What jemalloc asks for at its start (its manual, TUNING): what a crowd leaves behind goes back to
// the system within seconds, and not first when the next crowd comes.
extern "C" const char* const malloc_conf = "background_thread:true";

namespace {

using entente::Exit;
using entente::Machine;
using entente::ops::Config;

// What the command line says, and how the program ends.
struct Line {
  Machine machine;
  std::string config;
  std::uint32_t port = 0;
  entente::InitFiles files;
  std::string file;
  std::string keyring;
  entente::Rotation rotation;
  Exit exit = Exit::Ok;
};

// A verb that works on a configuration, with an example at the end of its `--help`.
CLI::App* add_verb(CLI::App& app, Line& line, const char* name, const char* what,
                   const std::string& example, std::function<Exit(const Config&)> run) {
  CLI::App* verb = app.add_subcommand(name, what);
  verb->add_option("--config", line.config, "the configuration (protobuf text format)")->required();
  verb->footer("Example:\n  entented " + std::string(name) + " --config entente.textproto" +
               example);
  verb->callback([&line, run = std::move(run)] {
    entente::Result<Config> config = entente::ops::load_config(line.config);
    if (!config.ok()) {
      entente::fail(config.status());
      line.exit = Exit::Configuration;
      return;
    }
    if (line.port != 0) config->set_port(line.port);
    line.exit = run(*config);
  });
  return verb;
}

void add_serving_verbs(CLI::App& app, Line& line) {
  add_verb(app, line, "serve", "serves the network until SIGTERM", "", [&](const Config& config) {
    return entente::serve(line.machine, line.config, config);
  })->add_option("--port", line.port, "instead of the configuration's");
  add_verb(app, line, "check",
           "says whether the configuration, the files it names and the store's keys hold", "",
           [&](const Config& config) {
             return entente::check_configuration(line.machine, line.config, config);
           });
  CLI::App* init = add_verb(
      app, line, "init", "makes a new network from definitions",
      " --definitions /usr/share/entente/processes --accounts accounts.textproto"
      " --credentials credentials",
      [&](const Config& config) { return entente::init(line.machine, config, line.files); });
  init->add_option("--definitions", line.files.definitions, "folder of process definitions")
      ->required();
  init->add_option("--statistics", line.files.statistics, "folder of statistical structures");
  init->add_option("--accounts", line.files.accounts, "file of who signs in first; or:");
  init->add_option("--demo-data", line.files.demo_data, "folder of invented people and accounts");
  init->add_option("--credentials", line.files.credentials,
                   "folder with a password for each account")
      ->required();
}

void add_backup_verbs(CLI::App& app, Line& line) {
  CLI::App* backup =
      add_verb(app, line, "backup", "copies the rows, while the daemon runs", " --to rows.backup",
               [&](const Config& config) {
                 return entente::back_up(line.machine, config, line.file, line.keyring);
               });
  backup->add_option("--to", line.file, "the backup file to make")->required();
  backup->add_option("--keyring-to", line.keyring, "also copies the keyring, by its own channel");
  CLI::App* verify =
      add_verb(app, line, "verify", "reads a backup through and says what is wrong",
               " --from rows.backup --keyring keyring.copy", [&](const Config& config) {
                 return entente::verify(line.machine, config, line.file, line.keyring);
               });
  verify->add_option("--from", line.file, "the backup file")->required();
  verify->add_option("--keyring", line.keyring,
                     "the copy of the keyring; without it missing rows are not noticed");
  CLI::App* restore =
      add_verb(app, line, "restore", "makes a store from a backup",
               " --from rows.backup --keyring keyring.copy", [&](const Config& config) {
                 return entente::restore(line.machine, config, line.file, line.keyring);
               });
  restore->add_option("--from", line.file, "the backup file")->required();
  restore->add_option("--keyring", line.keyring, "the copy of the keyring")->required();
}

void add_care_verbs(CLI::App& app, Line& line) {
  add_verb(app, line, "fsck", "reads every row and says which do not authenticate", "",
           [&](const Config& config) { return entente::fsck(line.machine, config); });
  add_verb(app, line, "ledger", "reads the whole ledger and holds each object against it", "",
           [&](const Config& config) { return entente::check_ledger(line.machine, config); });
  CLI::App* rotate = add_verb(
      app, line, "rotate", "puts a new key in place of an old one, while the daemon runs or not",
      " network\n  entented rotate --config entente.textproto root --new-key-file new.key",
      [&](const Config& config) { return entente::rotate(line.machine, config, line.rotation); });
  rotate
      ->add_option("key", line.rotation.key,
                   "`root`, `network`, `process/<id>` or `document/<32 digits>`")
      ->required();
  rotate->add_option("--new-key-file", line.rotation.new_key_file,
                     "the new root key; made if it is not there");
  rotate->add_option("--new-passphrase-file", line.rotation.new_passphrase_file,
                     "its first line is the new passphrase");
}

}  // namespace

int main(int argc, char** argv) {
  entente::harden();
  Line line;
  CLI::App app("Entente's daemon");
  app.name("entented");
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 done; 1 failed; 2 wrong command line; 3 configuration or definitions;\n"
      "  4 the store is behind its own head; 5 the root key cannot be had or does not open the\n"
      "  keyring; 6 rows, ledger or objects that do not hold; 7 the clock is behind the ledger.");
  add_serving_verbs(app, line);
  add_backup_verbs(app, line);
  add_care_verbs(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(Exit::Usage);
  }
  return static_cast<int>(line.exit);
}
