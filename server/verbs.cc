#include "server/verbs.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <utility>

#include "proto/contract/bytes.h"
#include "server/daemon.h"
#include "server/directory/definitions/demo_people.h"
#include "server/directory/definitions/parse.h"
#include "server/net/local.h"
#include "server/statistics/definitions.h"
#include "server/store/backup.h"
#include "server/store/files.h"

namespace entente {
namespace fs = std::filesystem;
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets any
  return value == nullptr ? "" : value;
}

Result<std::string> read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in || !text) {
    return Status(Code::InvalidArgument, Reason::None,
                  "`" + path.string() + "` cannot be read, or is empty");
  }
  return std::move(text).str();
}

Result<v1::StructureSet> read_structures(const fs::path& path) {
  ENTENTE_TRY(const std::string text, read_file(path));
  return statistics::parse_structures(path.filename().string(), text);
}

Result<directory::Network> read_network(const std::string& folder) {
  std::vector<directory::DefinitionFile> files;
  std::error_code error;
  for (auto at = fs::directory_iterator(folder, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    const fs::path& path = at->path();
    if (path.extension() != ".textproto") continue;
    ENTENTE_TRY(std::string text, read_file(path));
    files.push_back({.name = path.filename().string(), .text = std::move(text)});
  }
  if (error) {
    return Status(Code::InvalidArgument, Reason::None,
                  "`" + folder + "` cannot be listed: " + error.message());
  }
  return directory::parse_network(files);
}

// One for each account, in their order.
Result<std::vector<Secret>> read_passwords(const directory::config::DemoAccounts& accounts,
                                           const std::string& credentials) {
  std::vector<Secret> passwords;
  for (const auto& account : accounts.account()) {
    ENTENTE_TRY(std::string text, read_file(fs::path(credentials) / account.id() / "password"));
    while (!text.empty() && text.back() == '\n') text.pop_back();
    passwords.emplace_back(std::move(text));
  }
  return passwords;
}

Status make_accounts(Daemon& daemon, const directory::config::DemoAccounts& accounts,
                     const std::vector<Secret>& passwords) {
  ENTENTE_CHECK(passwords.size() == static_cast<std::size_t>(accounts.account_size()));
  auto password = passwords.begin();
  for (const auto& account : accounts.account()) {
    const bool person = account.profile() == directory::config::DemoAccount::PERSON;
    ENTENTE_TRY(
        [[maybe_unused]] const std::string code,
        daemon.identity().create_account(
            {.party = account.party(),
             .id = account.id(),
             .person = person ? directory::person_id(account.party(), account.person().id()) : "",
             .label = account.why().substr(0, 128)},
            &*password++));
  }
  return Status();
}

// Structures for all, and what each process collects of its members.
Result<v1::StructureSet> read_statistics(const std::string& folder,
                                         const directory::Network& network) {
  v1::StructureSet all;
  for (const char* name : {"areas.textproto", "structures.textproto"}) {
    ENTENTE_TRY(const v1::StructureSet some, read_structures(fs::path(folder) / name));
    all.MergeFrom(some);
  }
  ENTENTE_TRY(const v1::StructureSet templates,
              read_structures(fs::path(folder) / "dataflows.textproto"));
  std::vector<statistics::Reporters> processes;
  for (const auto& process : network.processes) {
    statistics::Reporters one{.process = process.id(), .parties = {}};
    for (const auto& participation : process.participation()) {
      const bool ended = !participation.span().until().empty();
      if (participation.status() == directory::config::MEMBER && !ended)
        one.parties.push_back(participation.party());
    }
    processes.push_back(std::move(one));
  }
  all.MergeFrom(statistics::dataflows_for(templates, all, processes));
  return all;
}

// Who signs in first, and all people whom the directory then has.
struct Founders {
  directory::config::DemoAccounts accounts;
  directory::config::DemoPeople people;
};

// Who makes accounts must not enter the certificates that open them: the directory appoints nobody
// to the one office who holds the other, and who signs in first is no exception.
Status check_apart(const directory::config::DemoAccounts& accounts) {
  std::map<std::string, std::set<int>> offices;
  for (const auto& account : accounts.account()) {
    const std::string person = account.person().party() + "/" + account.person().id();
    for (const auto& duty : account.person().duty()) offices[person].insert(duty.office());
  }
  for (const auto& [person, held] : offices) {
    if (!held.contains(directory::config::SECURITY_OFFICER) ||
        !held.contains(directory::config::CERTIFICATE_OFFICER)) {
      continue;
    }
    return Status(Code::InvalidArgument, Reason::FieldInvalid,
                  "`" + person + "` must not be both security officer and certificate officer");
  }
  return Status();
}

Result<Founders> read_founders(const directory::Network& network, const InitFiles& files,
                               std::chrono::sys_days today) {
  Founders founders;
  if (!files.accounts.empty()) {
    ENTENTE_TRY(const std::string text, read_file(files.accounts));
    ENTENTE_TRY(founders.accounts,
                directory::parse_first_accounts(text, network.parties, network.processes));
    ENTENTE_TRY_VOID(check_apart(founders.accounts));
    founders.people = directory::holders_of(founders.accounts);
    return founders;
  }
  const fs::path data = files.demo_data;
  ENTENTE_TRY(const std::string names, read_file(data / "names.textproto"));
  ENTENTE_TRY(const auto stock, directory::parse_names(names));
  ENTENTE_TRY(const std::string text, read_file(data / "accounts.textproto"));
  ENTENTE_TRY(founders.accounts,
              directory::parse_accounts(text, network.parties, network.processes));
  founders.people =
      directory::demo_people(network, stock, founders.accounts, today, /*seed=*/20091);
  return founders;
}

// Everything that a network is made of.
struct Foundation {
  directory::Network network;
  Founders founders;
  v1::StructureSet structures;
  std::vector<Secret> passwords;
};

// Read to the end before anything is made: what is missing or wrong leaves nothing behind.
Result<Foundation> read_foundation(const InitFiles& files, std::chrono::sys_days today) {
  Foundation all;
  ENTENTE_TRY(all.network, read_network(files.definitions));
  ENTENTE_TRY(all.founders, read_founders(all.network, files, today));
  if (!files.statistics.empty()) {
    ENTENTE_TRY(all.structures, read_statistics(files.statistics, all.network));
    const fs::path notes = fs::path(files.demo_data) / "notes.textproto";
    if (!files.demo_data.empty() && fs::exists(notes)) {
      ENTENTE_TRY(const v1::StructureSet said, read_structures(notes));
      ENTENTE_TRY_VOID(statistics::take_notes(said, all.structures));
    }
  }
  ENTENTE_TRY(all.passwords, read_passwords(all.founders.accounts, files.credentials));
  return all;
}

Status make_network(Machine& machine, const ops::Config& config, const Foundation& all,
                    const fs::path& ledger_key) {
  const auto& [accounts, people] = all.founders;
  {
    ENTENTE_TRY(const std::unique_ptr<Daemon> founding,
                Daemon::open(config, /*create=*/true, machine.log, machine.clock, machine.entropy));
    std::cout << "  " << all.network.processes.size() << " processes, " << people.person_size()
              << " persons\n";
    ENTENTE_TRY_VOID(founding->define(all.network, people));
  }
  // Opened anew, for now it is known who everyone is that sees the certificates' entries.
  ENTENTE_TRY(const std::unique_ptr<Daemon> daemon,
              Daemon::open(config, /*create=*/false, machine.log, machine.clock, machine.entropy));
  if (all.structures.ByteSizeLong() != 0) {
    ENTENTE_TRY_VOID(daemon->define(all.structures));
    std::cout << "  " << all.structures.dataflows_size() << " dataflows, "
              << all.structures.provisions_size() << " provisions\n";
  }
  daemon->take_trust();
  ENTENTE_TRY_VOID(make_accounts(*daemon, accounts, all.passwords));
  std::cout << "  " << accounts.account_size() << " accounts\n";
  std::ofstream out(ledger_key);
  out << daemon->ledger_key() << std::endl;
  if (!out) {
    return Status(Code::Unavailable, Reason::None, "cannot write `" + ledger_key.string() + "`");
  }
  return Status();
}

// Where a network is made: within the store's own folder, for that may be a disk of its own. What
// an `init` that was cut off has left there is no store to any verb.
constexpr const char* kMaking = "making";

Status cannot_make(const fs::path& path, const std::error_code& error) {
  return Status(Code::Unavailable, Reason::None,
                "cannot make the store in `" + path.string() + "`: " + error.message());
}

Status check_empty(const fs::path& store) {
  std::error_code error;
  if (!fs::exists(store, error)) return Status();
  for (auto at = fs::directory_iterator(store, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    if (at->path().filename() == kMaking) continue;
    return Status(Code::InvalidArgument, Reason::FieldInvalid,
                  "the store `" + store.string() +
                      "` is not empty: a network is made in an empty folder only");
  }
  return error ? cannot_make(store, error) : Status();
}

// The keyring last: without it there is no store, with it there is a whole one.
Status put_in_place(const fs::path& store) {
  const fs::path making = store / kMaking;
  std::error_code error;
  std::vector<fs::path> names;
  for (auto at = fs::directory_iterator(making, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    if (at->path().filename() != "keyring") names.push_back(at->path().filename());
  }
  names.emplace_back("keyring");
  for (const fs::path& name : names) {
    if (!error) fs::rename(making / name, store / name, error);
  }
  if (!error) fs::remove(making, error);
  return error ? cannot_make(store, error) : store::sync_folder(store);
}

// As if it had never begun.
void clear(const fs::path& store, bool folder_too) {
  std::error_code ignored;
  std::vector<fs::path> all;
  for (const auto& one : fs::directory_iterator(store, ignored)) all.push_back(one.path());
  for (const fs::path& one : all) fs::remove_all(one, ignored);
  if (folder_too) fs::remove(store, ignored);
}

Status found(Machine& machine, const ops::Config& config, const InitFiles& files) {
  const fs::path store = config.store();
  ENTENTE_TRY_VOID(check_empty(store));
  const auto today = std::chrono::floor<std::chrono::days>(machine.clock.now());
  ENTENTE_TRY(const Foundation all, read_foundation(files, today));
  std::error_code error;
  const bool made_folder = fs::create_directories(store, error);
  if (!error) fs::permissions(store, fs::perms::owner_all, error);
  if (!error) fs::remove_all(store / kMaking, error);
  if (error) return cannot_make(store, error);
  ops::Config apart = config;
  apart.set_store((store / kMaking).string());
  Status made = make_network(machine, apart, all, store.parent_path() / "ledger.pub");
  if (made.ok()) made = put_in_place(store);
  if (!made.ok()) clear(store, made_folder);
  return made;
}

// Its summary is printed in one line.
Exit report(const Result<store::BackupSummary>& done, const char* what) {
  if (!done.ok()) return fail(done.status());
  std::cout << what << ": " << done->size << " commits, " << done->rows << " rows, " << done->bytes
            << " bytes";
  if (done->orphaned > 0)
    std::cout << "; but " << done->orphaned << " rows whose key was destroyed since";
  std::cout << "\n";
  return Exit::Ok;
}

// Asks the daemon of this store. Nothing: there is none, so the store is free to be opened.
Result<std::optional<net::LocalAnswer>> ask_daemon(const ops::Config& config,
                                                   const std::string& target) {
  using Found = std::optional<net::LocalAnswer>;
  Result<net::LocalAnswer> answer = net::ask_local(config.control_socket(), "POST", target);
  if (answer.ok()) return Found(std::move(*answer));
  if (answer.status().code() == Code::NotFound) return Found();
  return answer.status();
}

Exit show(const net::LocalAnswer& answer, Exit if_not) {
  const bool done = answer.status == 200;
  (done ? std::cout : std::cerr) << answer.body;
  return done ? Exit::Ok : if_not;
}

Result<std::unique_ptr<store::RocksStore>> open_store(Machine& machine, const ops::Config& config) {
  ENTENTE_TRY(const store::RootKey root, root_key_of(config));
  return store::RocksStore::open(store_options_of(config, machine.log), root, machine.entropy);
}

// Of a command line that parses and cannot be meant.
Exit wrong_line(const Status& status) {
  std::cerr << "entented: " << status.message() << '\n';
  return Exit::Usage;
}

Status rotate_here(Machine& machine, const ops::Config& config, const Rotation& rotation) {
  ENTENTE_TRY(const std::unique_ptr<store::RocksStore> store, open_store(machine, config));
  if (rotation.key == "root") {
    const bool key = !rotation.new_key_file.empty();
    ENTENTE_TRY(const store::RootKey root,
                root_key_in(key ? "key" : "passphrase",
                            key ? rotation.new_key_file : rotation.new_passphrase_file));
    return store->rotate_root(root);
  }
  ENTENTE_TRY(const store::SealName name, seal_named(rotation.key, store.get()));
  ENTENTE_TRY_VOID(store->rotate_seal(name));
  return store->reseal();
}

}  // namespace

Exit fail(const Status& status) {
  std::cerr << "entented: " << status.message() << '\n';
  if (!status.detail().empty()) std::cerr << "  " << status.detail() << '\n';
  for (const Violation& violation : status.violations()) {
    std::cerr << "  ";
    if (violation.line != 0) std::cerr << violation.line << ":" << violation.column << ": ";
    std::cerr << "`" << violation.field << "` " << violation.rule << '\n';
  }
  if (status.reason() == Reason::StoreReadOnly) return Exit::BehindHead;
  // The store has one code for several things that must hold before it opens.
  if (status.message().starts_with("the root key ")) return Exit::RootKey;
  if (status.message().starts_with("the clock is behind ")) {
    std::cerr << "  set the clock right, or if it is right and had been ahead, start when it has "
                 "reached that time: the ledger's time never goes back (`Time` in the runbook)\n";
    return Exit::ClockBehind;
  }
  return status.code() == Code::InvalidArgument ? Exit::Configuration : Exit::Failed;
}

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

Exit serve(Machine& machine, const std::string& path, const ops::Config& config) {
  if (const Status status = check_start(path, config); !status.ok()) return fail(status);
  // Blocked before any thread starts, so that only this one takes them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  Result<std::unique_ptr<Daemon>> daemon =
      Daemon::open(config, false, machine.log, machine.clock, machine.entropy);
  if (!daemon.ok()) return fail(daemon.status());
  if (const Status status = (*daemon)->start(); !status.ok()) return fail(status);
  std::cout << "serving on port " << (*daemon)->port() << std::endl;
  const std::string supervisor = environment("NOTIFY_SOCKET");
  net::tell_supervisor(supervisor, "READY=1");
  constexpr timespec pulse{.tv_sec = 5, .tv_nsec = 0};
  while (::sigtimedwait(&signals, nullptr, &pulse) < 0) {
    if ((*daemon)->alive()) net::tell_supervisor(supervisor, "WATCHDOG=1");
  }
  net::tell_supervisor(supervisor, "STOPPING=1");
  std::cout << "stopping" << std::endl;
  (*daemon)->stop();
  return Exit::Ok;
}

// What the store alone can tell of the keys. A daemon may be running on it: it is read, no more.
static Status check_keys(Machine& machine, const ops::Config& config) {
  ENTENTE_TRY(const store::RootKey root, root_key_of(config));
  ENTENTE_TRY(const auto head, store::RocksStore::last_head(config.store(), root, machine.entropy));
  ENTENTE_TRY(const Secret seed, ledger_key_of(config));
  const note::SigningKey key(config.ledger_origin(), note::SignatureType::Ed25519, seed);
  return ledger::check_signer(head, key.verifier());
}

Exit check_configuration(Machine& machine, const std::string& path, const ops::Config& config) {
  if (const Status status = check_start(path, config); !status.ok()) return fail(status);
  if (const Status status = check_keys(machine, config); !status.ok()) return fail(status);
  std::cout << "the configuration holds: network " << config.network() << ", port " << config.port()
            << '\n';
  return Exit::Ok;
}

Exit init(Machine& machine, const ops::Config& config, const InitFiles& files) {
  if (files.accounts.empty() == files.demo_data.empty()) {
    return wrong_line(invalid_argument("--accounts", "or --demo-data must be given, not both"));
  }
  const Status status = found(machine, config, files);
  return status.ok() ? Exit::Ok : fail(status);
}

Exit back_up(Machine& machine, const ops::Config& config, const std::string& to,
             const std::string& keyring_to) {
  Result<store::RootKey> root = root_key_of(config);
  if (!root.ok()) return fail(root.status());
  return report(store::back_up_folder(store_options_of(config, machine.log), *root, machine.entropy,
                                      to, keyring_to),
                "backed up");
}

Exit verify(Machine& machine, const ops::Config& config, const std::string& from,
            const std::string& keyring) {
  if (keyring.empty()) return report(store::verify_backup(from, nullptr), "verified without keys");
  const Result<store::RootKey> root = root_key_of(config);
  if (!root.ok()) return fail(root.status());
  const auto ring = store::Keyring::open(keyring, *root, machine.entropy);
  if (!ring.ok()) return fail(ring.status());
  return report(store::verify_backup(from, ring->get()), "verified, every row opened");
}

Exit restore(Machine& machine, const ops::Config& config, const std::string& from,
             const std::string& keyring) {
  Result<store::RootKey> root = root_key_of(config);
  if (!root.ok()) return fail(root.status());
  store::RocksStoreOptions options = store_options_of(config, machine.log);
  // That a new store has no files yet is no event; what fails is answered.
  options.on_event = nullptr;
  return report(store::restore_backup(from, keyring, options, *root, machine.entropy), "restored");
}

Exit fsck(Machine& machine, const ops::Config& config) {
  Result<store::RootKey> root = root_key_of(config);
  if (!root.ok()) return fail(root.status());
  std::uint64_t faults = 0;
  const auto done =
      store::fsck_folder(store_options_of(config, machine.log), *root, machine.entropy,
                         [&](std::string_view table, std::string_view why) {
                           ++faults;
                           std::cerr << table << ": " << why << "\n";
                         });
  if (!done.ok()) return fail(done.status());
  std::cout << "checked every row; " << faults << " faults; " << done->orphaned
            << " whose key was destroyed";
  if (done->cut_off > 0)
    std::cout << "; " << done->cut_off << " parts of uploads that a crash cut off, which the next "
              << "start takes away";
  std::cout << "\n";
  return faults == 0 ? Exit::Ok : Exit::Faults;
}

Exit check_ledger(Machine& machine, const ops::Config& config) {
  const auto asked = ask_daemon(config, "/ledger");
  if (!asked.ok()) return fail(asked.status());
  if (*asked) return show(**asked, Exit::Faults);
  const auto store = open_store(machine, config);
  if (!store.ok()) return fail(store.status());
  const directory::Records records(**store, machine.entropy);
  Result<ledger::FsckReport> report = check_ledger(**store, records, (*store)->size());
  if (!report.ok()) return fail(report.status());
  if (report->clean()) {
    const auto ledger = ledger::TreeLedger::open(**store, machine.clock, machine.entropy);
    if (!ledger.ok()) return fail(ledger.status());
    hold_against_head(*report, **ledger, (*store)->head());
  }
  (report->clean() ? std::cout : std::cerr) << in_words(*report) << '\n';
  return report->clean() ? Exit::Ok : Exit::Faults;
}

Exit rotate(Machine& machine, const ops::Config& config, const Rotation& rotation) {
  std::string target = "/rotate/" + rotation.key;
  const bool key = !rotation.new_key_file.empty();
  if (rotation.key == "root") {
    if (key == !rotation.new_passphrase_file.empty()) {
      return wrong_line(
          invalid_argument("--new-key-file", "or --new-passphrase-file must be given, not both"));
    }
    if (key) {
      const Status made =
          store::create_root_key_file(rotation.new_key_file, machine.entropy, config.store());
      if (!made.ok() && made.code() != Code::AlreadyExists) return fail(made);
    }
    const fs::path path = fs::absolute(key ? rotation.new_key_file : rotation.new_passphrase_file);
    target += (key ? "/key/" : "/passphrase/") + to_hex(path.string());
  } else if (const auto name = seal_named(rotation.key, nullptr); !name.ok()) {
    return wrong_line(name.status());
  }
  const auto asked = ask_daemon(config, target);
  if (!asked.ok()) return fail(asked.status());
  Exit done = Exit::Ok;
  if (*asked) {
    done = show(**asked, Exit::Failed);
  } else {
    const Status status = rotate_here(machine, config, rotation);
    if (!status.ok()) return fail(status);
    std::cout << "rotated\n";
  }
  if (done == Exit::Ok && rotation.key == "root") {
    std::cout << "now name the new root key in the configuration and take a backup; keep the old "
                 "one as long as a copy of the keyring from before: nothing else opens it\n";
  }
  return done;
}

}  // namespace entente
