// `entented`: serves a network, makes one, and looks after its store.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "server/daemon.h"
#include "server/directory/definitions/demo_people.h"
#include "server/directory/definitions/parse.h"
#include "server/store/backup.h"

namespace {

using entente::Code;
using entente::Result;
using entente::Secret;
using entente::Status;
namespace fs = std::filesystem;
namespace directory = entente::directory;

// How the daemon ends; docs/runbook.md says what to do about each. Never renumber.
constexpr int kOk = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kConfiguration = 3;
constexpr int kBehindHead = 4;
constexpr int kRootKey = 5;

int fail(const Status& status) {
  std::cerr << "entented: " << status.message() << '\n';
  if (!status.detail().empty()) std::cerr << "  " << status.detail() << '\n';
  for (const entente::Violation& violation : status.violations()) {
    std::cerr << "  ";
    if (violation.line != 0) std::cerr << violation.line << ":" << violation.column << ": ";
    std::cerr << "`" << violation.field << "` " << violation.rule << '\n';
  }
  const std::string_view message = status.message();
  if (message.find("behind") != std::string_view::npos) return kBehindHead;
  if (message.find("root key") != std::string_view::npos) return kRootKey;
  return status.code() == Code::InvalidArgument ? kConfiguration : kFailed;
}

// No core, no tracing by others: this memory holds keys.
void harden() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
}

// What every verb stands on; made once.
struct Machine {
  entente::SystemClock clock;
  entente::SystemEntropy entropy;
  entente::ops::Log log{clock, stderr};
};

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

int serve(Machine& machine, const entente::ops::Config& config) {
  // Blocked before any thread starts, so that only this one takes them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  Result<std::unique_ptr<entente::Daemon>> daemon =
      entente::Daemon::open(config, false, machine.log, machine.clock, machine.entropy);
  if (!daemon.ok()) return fail(daemon.status());
  if (const Status status = (*daemon)->start(); !status.ok()) return fail(status);
  std::cout << "serving on port " << (*daemon)->port() << std::endl;
  int signal = 0;
  ::sigwait(&signals, &signal);
  std::cout << "stopping" << std::endl;
  (*daemon)->stop();
  return kOk;
}

struct InitFiles {
  std::string definitions;  // deploy/processes
  std::string demo_data;    // deploy/demo-data
  std::string credentials;  // `<account>/password` each
};

Result<directory::Network> read_network(const std::string& folder) {
  std::vector<directory::DefinitionFile> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".textproto") continue;
    files.push_back({.name = entry.path().filename().string(), .text = read_file(entry.path())});
  }
  return directory::parse_network(files);
}

Status make_accounts(entente::Daemon& daemon, const directory::config::DemoAccounts& accounts,
                     const std::string& credentials) {
  for (const auto& account : accounts.account()) {
    std::string text = read_file(fs::path(credentials) / account.id() / "password");
    while (!text.empty() && text.back() == '\n') text.pop_back();
    const Secret password(std::move(text));
    const bool person = account.profile() == directory::config::DemoAccount::PERSON;
    ENTENTE_TRY(
        [[maybe_unused]] const std::string code,
        daemon.identity().create_account(
            {.party = account.party(),
             .id = account.id(),
             .person = person ? directory::person_id(account.party(), account.person().id()) : "",
             .label = account.why().substr(0, 128)},
            &password));
  }
  return Status();
}

Status make_network(Machine& machine, const entente::ops::Config& config, const InitFiles& files) {
  ENTENTE_TRY(const directory::Network network, read_network(files.definitions));
  ENTENTE_TRY(const auto stock,
              directory::parse_names(read_file(fs::path(files.demo_data) / "names.textproto")));
  ENTENTE_TRY(const auto accounts,
              directory::parse_accounts(read_file(fs::path(files.demo_data) / "accounts.textproto"),
                                        network.parties, network.processes));
  const auto today = std::chrono::floor<std::chrono::days>(machine.clock.now());
  const auto people = directory::demo_people(network, stock, accounts, today, /*seed=*/20091);
  {
    ENTENTE_TRY(const std::unique_ptr<entente::Daemon> founding,
                entente::Daemon::open(config, /*create=*/true, machine.log, machine.clock,
                                      machine.entropy));
    std::cout << "  " << network.processes.size() << " processes, " << people.person_size()
              << " persons\n";
    ENTENTE_TRY_VOID(founding->define(network, people));
  }
  // Opened anew, for now it is known who everyone is that sees the certificates' entries.
  ENTENTE_TRY(
      const std::unique_ptr<entente::Daemon> daemon,
      entente::Daemon::open(config, /*create=*/false, machine.log, machine.clock, machine.entropy));
  daemon->take_trust();
  ENTENTE_TRY_VOID(make_accounts(*daemon, accounts, files.credentials));
  std::cout << "  " << accounts.account_size() << " accounts\n";
  std::ofstream(fs::path(config.store()).parent_path() / "ledger.pub")
      << daemon->ledger_key() << '\n';
  return Status();
}

int init(Machine& machine, const entente::ops::Config& config, const InitFiles& files) {
  const Status status = make_network(machine, config, files);
  return status.ok() ? kOk : fail(status);
}

// `make` answers a Result; its summary is printed in one line.
int report(const Result<entente::store::BackupSummary>& done, const char* what) {
  if (!done.ok()) return fail(done.status());
  std::cout << what << ": " << done->size << " commits, " << done->rows << " rows, " << done->bytes
            << " bytes\n";
  return kOk;
}

int back_up(Machine& machine, const entente::ops::Config& config, const std::string& to,
            const std::string& keyring_to) {
  Result<entente::store::RootKey> root = entente::root_key_of(config);
  if (!root.ok()) return fail(root.status());
  const int rows =
      report(entente::store::back_up_folder(entente::store_options_of(config, machine.log), *root,
                                            machine.entropy, to),
             "backed up");
  if (rows != kOk || keyring_to.empty()) return rows;
  const Status keyring = entente::store::back_up_keyring(config.store(), keyring_to);
  return keyring.ok() ? kOk : fail(keyring);
}

int restore(Machine& machine, const entente::ops::Config& config, const std::string& from,
            const std::string& keyring) {
  Result<entente::store::RootKey> root = entente::root_key_of(config);
  if (!root.ok()) return fail(root.status());
  return report(
      entente::store::restore_backup(from, keyring, entente::store_options_of(config, machine.log),
                                     *root, machine.entropy),
      "restored");
}

int check(Machine& machine, const entente::ops::Config& config) {
  Result<entente::store::RootKey> root = entente::root_key_of(config);
  if (!root.ok()) return fail(root.status());
  std::uint64_t faults = 0;
  const auto done = entente::store::fsck_folder(entente::store_options_of(config, machine.log),
                                                *root, machine.entropy,
                                                [&](std::string_view table, std::string_view why) {
                                                  ++faults;
                                                  std::cerr << table << ": " << why << "\n";
                                                });
  if (!done.ok()) return fail(done.status());
  std::cout << "checked every row; " << faults << " faults\n";
  return faults == 0 ? kOk : kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  harden();
  Machine machine;
  CLI::App app("Entente's daemon");
  app.name("entented");
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 done; 1 failed; 2 wrong command line; 3 configuration or definitions; 4 the "
      "store is\n"
      "  behind its own head; 5 the root key does not open the keyring.");
  std::string path;
  std::uint32_t port = 0;
  InitFiles files;
  std::string file;
  std::string keyring;
  int result = kOk;
  const auto with_config = [&](CLI::App* verb, auto run) {
    verb->add_option("--config", path, "the configuration (protobuf text format)")->required();
    verb->callback([&, run] {
      Result<entente::ops::Config> config = entente::ops::load_config(path);
      if (!config.ok()) {
        result = fail(config.status());
        return;
      }
      if (port != 0) config->set_port(port);
      result = run(machine, *config);
    });
    return verb;
  };
  CLI::App* serving =
      with_config(app.add_subcommand("serve", "serves the network until SIGTERM"), serve);
  serving->add_option("--port", port, "instead of the configuration's");
  serving->footer("Example:\n  entented serve --config /etc/entente/entente.textproto");

  CLI::App* making = with_config(
      app.add_subcommand("init", "makes a new network from definitions"),
      [&](Machine& with, const entente::ops::Config& config) { return init(with, config, files); });
  making->add_option("--definitions", files.definitions, "folder of process definitions")
      ->required();
  making->add_option("--demo-data", files.demo_data, "folder of invented people and accounts")
      ->required();
  making->add_option("--credentials", files.credentials, "folder with a password for each account")
      ->required();
  making->footer(
      "Example:\n  entented init --config entente.textproto --definitions deploy/processes "
      "--demo-data deploy/demo-data --credentials credentials");

  CLI::App* backing =
      with_config(app.add_subcommand("backup", "copies the rows, while the daemon runs"),
                  [&](Machine& with, const entente::ops::Config& config) {
                    return back_up(with, config, file, keyring);
                  });
  backing->add_option("--to", file, "the backup file to make")->required();
  backing->add_option("--keyring-to", keyring, "also copies the keyring, by its own channel");
  backing->footer("Example:\n  entented backup --config entente.textproto --to rows.backup");

  CLI::App* restoring = with_config(app.add_subcommand("restore", "makes a store from a backup"),
                                    [&](Machine& with, const entente::ops::Config& config) {
                                      return restore(with, config, file, keyring);
                                    });
  restoring->add_option("--from", file, "the backup file")->required();
  restoring->add_option("--keyring", keyring, "the copy of the keyring")->required();
  restoring->footer(
      "Example:\n  entented restore --config entente.textproto --from rows.backup --keyring "
      "keyring.copy");

  with_config(app.add_subcommand("fsck", "reads every row and says which do not authenticate"),
              check)
      ->footer("Example:\n  entented fsck --config entente.textproto");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  }
  return result;
}
