#include "server/daemon.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "server/directory/two_persons.h"
#include "server/directory/visibility.h"
#include "server/documents_neighbours.h"
#include "server/meetings_neighbours.h"
#include "server/net/static_files.h"
#include "server/store/root_key.h"

namespace entente {
namespace {

// The directory numbers audiences for every room.
class DirectoryAudiences final : public statistics::Audiences {
 public:
  DirectoryAudiences(const directory::Records& records, const directory::Catalog& catalog)
      : records_(records), catalog_(catalog) {}
  Result<policy::AudienceId> intern(store::Transaction& transaction,
                                    const policy::Audience& audience) override {
    return records_.intern(transaction, audience, *catalog_.audiences());
  }

 private:
  const directory::Records& records_;
  const directory::Catalog& catalog_;
};

// Who signs, and what the first of two persons holds by now.
class StatisticsConsents final : public statistics::Consents {
 public:
  StatisticsConsents(const std::unique_ptr<directory::SessionSigners>& signers,
                     const directory::Catalog& catalog, const Clock& clock)
      : signers_(signers), catalog_(catalog), clock_(clock) {}
  Result<std::string> check(const policy::Subject& subject, store::Snapshot& snapshot,
                            std::string_view message, std::string_view signature) const override {
    return signers_->check(subject, snapshot, message, signature);
  }
  Result<policy::Subject> as_now(store::Snapshot& snapshot, policy::Subject then) const override {
    ENTENTE_TRY(policy::Subject now,
                directory::subject_now(*signers_, catalog_, snapshot, then.account, then.party,
                                       then.person, clock_.now()));
    now.session = std::move(then.session);
    return now;
  }

 private:
  const std::unique_ptr<directory::SessionSigners>& signers_;
  const directory::Catalog& catalog_;
  const Clock& clock_;
};

// A helper of documents: beside the daemon where both were built, else where it is installed.
std::filesystem::path helper_program(const char* name) {
  std::error_code error;
  const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path beside = own.parent_path() / name;
  if (std::filesystem::exists(beside, error)) return beside;
  return own.parent_path().parent_path() / "lib/entente" / name;
}

constexpr std::chrono::milliseconds kCheckpointEvery{limits::checkpoint_interval_ms_max};
constexpr std::chrono::seconds kResealAgainAfter{60};

ops::Level level_of(store::Severity severity) {
  return severity == store::Severity::Error ? ops::Level::Error : ops::Level::Warning;
}

// What systemd has unsealed for this run; for one that it did not start, nothing.
Result<store::RootKey> key_from_credential(const std::string& name) {
  const char* folder =
      std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT(concurrency-mt-unsafe): at the start
  if (folder != nullptr) return store::root_key_from_credential(folder, name);
  return Status(Code::FailedPrecondition, Reason::None,
                "there is no $CREDENTIALS_DIRECTORY: systemd unseals `" + name +
                    "` for what it starts only; begin the command with `systemd-run --pipe "
                    "--uid=entente -p LoadCredentialEncrypted=" +
                    name + ":/etc/entente/" + name + ".cred` and one such -p for each other key");
}

// Two keys are read by one code: which of them it is that cannot be had.
Status naming(const std::string& key, const Status& why) {
  return Status(why.code(), why.reason(), key + " cannot be had: " + std::string(why.message()))
      .with_detail(std::string(why.detail()));
}

Result<store::RootKey> find_root_key(const ops::Config& config) {
  if (!config.root_key_file().empty()) return store::root_key_from_file(config.root_key_file());
  if (!config.root_key_credential().empty())
    return key_from_credential(config.root_key_credential());
  return store::root_key_from_passphrase_file(config.root_key_passphrase_file());
}

}  // namespace

Result<store::RootKey> root_key_of(const ops::Config& config) {
  Result<store::RootKey> key = find_root_key(config);
  if (!key.ok()) return naming("the root key", key.status());
  return key;
}

Result<Secret> ledger_key_of(const ops::Config& config) {
  Result<store::RootKey> key = config.ledger_key_credential().empty()
                                   ? store::root_key_from_file(config.ledger_key_file())
                                   : key_from_credential(config.ledger_key_credential());
  if (!key.ok()) return naming("the ledger's key", key.status());
  return std::move(key->secret);
}

Status check_start(const std::string& path, const ops::Config& config) {
  ENTENTE_TRY_VOID(ops::check_files(path, config));
  const Status certificate =
      net::check_certificate(config.server_certificate(), config.server_key());
  if (!certificate.ok()) {
    const bool key = certificate.violations().front().field == "server_key";
    return ops::refuse_field(path, key ? "server_key" : "server_certificate", certificate);
  }
  ENTENTE_TRY_VOID(root_key_of(config).status());
  if (const Result<Secret> key = ledger_key_of(config); !key.ok()) {
    const bool file = config.ledger_key_credential().empty();
    return ops::refuse_field(path, file ? "ledger_key_file" : "ledger_key_credential",
                             key.status());
  }
  if (!config.portal().empty()) {
    const Status portal = net::StaticFiles::load(config.portal()).status();
    if (!portal.ok()) return ops::refuse_field(path, "portal", portal);
  }
  return Status();
}

store::RocksStoreOptions store_options_of(const ops::Config& config, ops::Log& log) {
  store::RocksStoreOptions options;
  options.dir = config.store();
  // The store promises that its events bear neither value nor secret (server/store/event.h).
  options.on_event = [&log](store::Severity severity, std::string_view text) {
    if (severity < store::Severity::Warning) return;
    log.write(level_of(severity), "store.event",
              Status(Code::Unavailable, Reason::None, "").with_detail(std::string(text)));
  };
  return options;
}

Daemon::Daemon(ops::Config config, ops::Log& log, const Clock& clock, Entropy& entropy)
    : config_(std::move(config)), log_(log), clock_(clock), entropy_(entropy) {}

Daemon::~Daemon() { stop(); }

Result<std::unique_ptr<Daemon>> Daemon::open(const ops::Config& config, bool create, ops::Log& log,
                                             const Clock& clock, Entropy& entropy) {
  std::unique_ptr<Daemon> daemon(new Daemon(config, log, clock, entropy));
  ENTENTE_TRY_VOID(daemon->open_store(create));
  ENTENTE_TRY_VOID(daemon->open_ledger());
  ENTENTE_TRY_VOID(daemon->open_rooms());
  daemon->register_services();
  return daemon;
}

Status Daemon::open_store(bool create) {
  if (create) {
    for (const std::string& path : {config_.root_key_file(), config_.ledger_key_file()}) {
      if (path.empty()) continue;
      const Status made = store::create_root_key_file(path, entropy_);
      if (!made.ok() && made.code() != Code::AlreadyExists) return made;
    }
    std::filesystem::create_directories(config_.store());
  }
  ENTENTE_TRY(const store::RootKey root, root_key_of(config_));
  store::RocksStoreOptions options = store_options_of(config_, log_);
  options.create = create;
  // That a new store has no files yet is no event; what fails is answered.
  if (create) options.on_event = nullptr;
  ENTENTE_TRY(store_, store::RocksStore::open(options, root, entropy_));
  return Status();
}

Status Daemon::open_ledger() {
  ENTENTE_TRY(ledger_, ledger::TreeLedger::open(*store_, clock_, entropy_));
  store_->set_sequencer(*ledger_);
  ENTENTE_TRY_VOID(ledger::check_head(*ledger_, store_->head()));
  ENTENTE_TRY(const Secret seed, ledger_key_of(config_));
  note::SigningKey key(config_.ledger_origin(), note::SignatureType::Ed25519, seed);
  ENTENTE_TRY_VOID(ledger::check_signer(store_->head().last(), key.verifier()));
  std::vector<ledger::Witness> witnesses;
  for (const auto& witness : config_.witnesses()) {
    ENTENTE_TRY(note::VerifierKey own, note::VerifierKey::parse(witness.key()));
    witnesses.push_back({.party = witness.party(), .key = std::move(own)});
  }
  head_ = std::make_unique<ledger::StoreHead>(store_->head());
  cosignatures_ = std::make_unique<ledger::CosignatureFile>(config_.store() + "/cosignatures");
  ENTENTE_TRY(checkpoints_, ledger::Checkpoints::open({.ledger = *ledger_,
                                                       .key = std::move(key),
                                                       .head = *head_,
                                                       .keeper = *cosignatures_,
                                                       .witnesses = std::move(witnesses),
                                                       .clock = clock_,
                                                       .failed = [this](const Status& why) {
                                                         log_.write(ops::Level::Error,
                                                                    "ledger.checkpoint",
                                                                    ops::for_operators(why));
                                                       }}));
  return Status();
}

Status Daemon::open_rooms() {
  records_ = std::make_unique<directory::Records>(*store_, entropy_);
  catalog_ = std::make_unique<directory::Catalog>(*store_, *records_, clock_);
  ENTENTE_TRY_VOID(catalog_->load());
  certificates_ = std::make_unique<identity::CertificateStore>(
      identity::CertificateRules{.network = config_.network()}, clock_);
  identity::IdentityRules rules;
  rules.network = config_.network();
  catalog_->each(directory::Kind::Process, [&](const directory::Indexed& one) {
    rules.names.push_back(one.process);
    return true;
  });
  // Zero while the network is not defined: then nobody else is there to see certificates' entries.
  const auto everyone = catalog_->audiences()->find(directory::network_audience(rules.names));
  if (everyone) rules.everyone = static_cast<std::uint32_t>(*everyone);
  identity_ = std::make_unique<identity::Identity>(
      std::move(rules),
      identity::Identity::Parts{.store = *store_,
                                .ledger = *ledger_,
                                .certificates = *certificates_,
                                .holdings = *catalog_,
                                .clock = clock_,
                                .entropy = entropy_,
                                .complain = [this](std::string_view what, const Status& why) {
                                  log_.write(ops::Level::Warning, "trust.refused",
                                             ops::for_operators(why, what));
                                }});
  // The directory first: a session's rights are made anew of what it then knows.
  ledger_->add_follower(*catalog_);
  ENTENTE_TRY(meetings_,
              meetings::Room::open({.store = *store_,
                                    .ledger = *ledger_,
                                    .neighbours = std::make_unique<MeetingsNeighbours>(
                                        MeetingsNeighbours::Parts{.records = *records_,
                                                                  .catalog = *catalog_,
                                                                  .directory = directory_,
                                                                  .documents = documents_,
                                                                  .access = access_,
                                                                  .clock = clock_}),
                                    .clock = clock_,
                                    .entropy = entropy_,
                                    .network = config_.network()}));
  ledger_->add_follower(*identity_);
  ledger_->add_follower(*checkpoints_);
  ENTENTE_TRY(statistics_,
              statistics::Room::open(
                  {.store = *store_,
                   .ledger = *ledger_,
                   .audiences = std::make_unique<DirectoryAudiences>(*records_, *catalog_),
                   .consents = std::make_unique<StatisticsConsents>(signers_, *catalog_, clock_),
                   .clock = clock_,
                   .entropy = entropy_}));
  ENTENTE_TRY_VOID(open_documents());
  ENTENTE_TRY_VOID(identity_->start());
  trust_ = std::make_unique<identity::TrustFolder>(identity_->trust_folder(config_.trust()));
  return Status();
}

// And what tells of them.
Status Daemon::open_documents() {
  ENTENTE_TRY(documents_,
              documents::Room::open({.store = *store_,
                                     .ledger = *ledger_,
                                     .neighbours = std::make_unique<DocumentsNeighbours>(
                                         DocumentsNeighbours::Parts{.records = *records_,
                                                                    .catalog = *catalog_,
                                                                    .rows = identity_->rows(),
                                                                    .certificates = *certificates_,
                                                                    .access = access_,
                                                                    .signers = signers_,
                                                                    .clock = clock_}),
                                     .mark_program = helper_program("entente-mark"),
                                     .extract_program = helper_program("entente-extract"),
                                     .origin = config_.ledger_origin(),
                                     .clock = clock_,
                                     .entropy = entropy_,
                                     .complain = [this](std::string_view what, const Status& why) {
                                       log_.write(ops::Level::Error, "documents.retention",
                                                  ops::for_operators(why, what));
                                     }}));
  meetings_search_ =
      std::make_unique<MeetingsSearch>(meetings_->rows(), [this] { return catalog_->audiences(); });
  documents_->search_also(*meetings_search_);
  notices_ = std::make_unique<notices::Room>(
      notices::Room::Parts{
          .store = *store_,
          .ledger = *ledger_,
          .sources = std::make_unique<NoticeSources>(NoticeSources::Parts{.documents = *documents_,
                                                                          .directory = directory_,
                                                                          .catalog = *catalog_,
                                                                          .identity = *identity_,
                                                                          .clock = clock_}),
          .clock = clock_,
          .place = config_.store() + "/notices",
          .complain =
              [this](std::string_view what, const Status& why) {
                log_.write(ops::Level::Warning, "notices", ops::for_operators(why, what));
              }},
      config_.has_mail());
  return Status();
}

void Daemon::register_services() {
  gate_ = std::make_unique<identity::Gate>(table_, *store_, identity_->authenticator());
  signers_ = std::make_unique<directory::SessionSigners>(identity_->sessions(), identity_->rows());
  directory_ = std::make_unique<directory::Service>(
      directory::Service::Parts{.catalog = *catalog_,
                                .records = *records_,
                                .ledger = *ledger_,
                                .signers = *signers_,
                                .origin = config_.ledger_origin(),
                                .clock = clock_});
  process_life_ =
      std::make_unique<directory::ProcessLife>(directory::ProcessLife::Parts{.store = *store_,
                                                                             .catalog = *catalog_,
                                                                             .records = *records_,
                                                                             .ledger = *ledger_,
                                                                             .signers = *signers_,
                                                                             .clock = clock_});
  access_ = std::make_unique<identity::AccessService>(identity::AccessService::Parts{
      .worlds = *catalog_,
      .lines = *identity_,
      .guards = {catalog_.get(), &documents_->guards(), &meetings_->guards()},
      .clock = clock_});
  ledger_service_ = std::make_unique<ledger::LedgerService>(*ledger_, *checkpoints_);
  identity_->add_to(*gate_);
  access_->add_to(*gate_);
  const ledger::MakeReceipt receipt = [this](store::CommitIndex index) {
    return ledger::make_receipt(*checkpoints_, index, /*at_once=*/false);
  };
  gate_->prove_acts_by([this](const policy::Subject& subject, store::CommitIndex index,
                              std::uint64_t from) {
    Result<std::string> proof = ledger::prove_act(*ledger_, *checkpoints_, subject, index, from);
    if (!proof.ok()) {
      log_.write(ops::Level::Warning, "act.unproved",
                 ops::for_operators(proof.status(), "entry " + std::to_string(index)));
    }
    return proof;
  });
  directory_->add_to(*gate_, receipt);
  process_life_->add_to(*gate_);
  books_ = std::make_unique<directory::BookServer>(*directory_, *records_, *gate_);
  books_->add_to(table_);
  statistics_->add_to(*gate_, receipt);
  documents_->add_to(*gate_, receipt, [this](store::CommitIndex index) {
    return ledger::make_receipt(*checkpoints_, index, /*at_once=*/true);
  });
  notices_->add_to(*gate_);
  meetings_->add_to(*gate_, receipt);
  using L = ledger::LedgerService;
  const std::string service = "entente.v1.LedgerService.";
  gate_->reads(service + "GetCheckpoint", ledger_service_.get(), &L::get_checkpoint);
  gate_->reads(service + "ListEntries", ledger_service_.get(), &L::list_entries);
  gate_->reads(service + "GetEntry", ledger_service_.get(), &L::get_entry);
  gate_->reads(service + "ProveInclusion", ledger_service_.get(), &L::prove_inclusion);
  gate_->reads(service + "ProveConsistency", ledger_service_.get(), &L::prove_consistency);
  gate_->reads(service + "AddCosignature", ledger_service_.get(), &L::add_cosignature);
  gate_->reads(service + "ListCosignatures", ledger_service_.get(), &L::list_cosignatures);
  gate_->streams<v1::WatchCheckpointsRequest>(
      service + "WatchCheckpoints",
      [this](const std::shared_ptr<identity::Receiver>&, const v1::WatchCheckpointsRequest& message,
             net::Waker waker) {
        return ledger_service_->watch_checkpoints(message, std::move(waker));
      });
  net::add_health(table_, [this] { return serving_.load() && store_->health().writable; });
  net::add_reflection(table_);
}

Status Daemon::define(const directory::Network& network,
                      const directory::config::DemoPeople& people) {
  directory::Loader loader({.store = *store_,
                            .catalog = *catalog_,
                            .records = *records_,
                            .ledger = *ledger_,
                            .clock = clock_});
  ENTENTE_TRY_VOID(loader.load(network));
  return loader.load(people);
}

Status Daemon::define(const v1::StructureSet& structures) {
  return statistics_->define(structures);
}

// The configuration's limits over the contract's.
static net::LineLimits limits_of(const config::v1::Config::Limits& wanted) {
  net::LineLimits limits;
  const auto take = [](std::uint32_t from, std::uint32_t& to) {
    if (from != 0) to = from;
  };
  take(wanted.connections(), limits.connections_max);
  take(wanted.connections_per_address(), limits.connections_per_address_max);
  take(wanted.connections_per_account(), limits.connections_per_account_max);
  take(wanted.connections_per_certificate(), limits.connections_per_certificate_max);
  take(wanted.handshakes(), limits.handshakes_max);
  take(wanted.calls_per_account(), limits.calls_per_account_max);
  take(wanted.streams(), limits.http2.streams_max);
  take(wanted.handshake_ms(), limits.handshake_ms_max);
  take(wanted.header_ms(), limits.header_ms_max);
  take(wanted.write_stall_ms(), limits.write_stall_ms_max);
  take(wanted.idle_ms(), limits.idle_ms_max);
  take(wanted.deadline_ms(), limits.deadline_ms_max);
  take(wanted.drain_ms(), limits.drain_ms_max);
  return limits;
}

void Daemon::take_trust() { trust_->poll(); }

Status Daemon::start() {
  net::ServerOptions options;
  options.address = config_.address();
  options.port = static_cast<std::uint16_t>(config_.port());
  options.certificate_path = config_.server_certificate();
  options.key_path = config_.server_key();
  options.workers = config_.workers();
  options.pool_threads = config_.pool_threads();
  options.limits = limits_of(config_.limits());
  server_ = std::make_unique<net::Server>(options, table_, *certificates_, clock_, entropy_);
  certificates_->add_shut_out([this](const identity::CertificateStore::Lost& lost) {
    server_->close_where([lost, network = config_.network()](const net::Peer& peer) {
      const auto name = identity::parse_certificate_uri(peer.uri, network);
      return name && lost(name->party, peer.certificate_sha256, peer.certificate_der);
    });
  });
  if (!config_.portal().empty()) {
    ENTENTE_TRY(auto files, net::StaticFiles::load(config_.portal()));
    net::StaticFiles::add_to(table_, std::move(files));
  }
  trust_->poll();
  checkpoints_->start(kCheckpointEvery);
  documents_->start();
  ENTENTE_TRY_VOID(server_->start());
  ENTENTE_TRY_VOID(open_operations());
  ENTENTE_TRY_VOID(start_mail());
  serving_ = true;
  resealer_ = std::jthread([this](const std::stop_token& stop) { reseal(stop); });
  // What time and files bring: sessions that end, certificates that expire, anchors and lists that
  // change, a renewed server certificate.
  watcher_ = std::make_unique<identity::Watcher>(std::vector<std::function<void()>>{
      [this] { trust_->poll(); }, [this] { identity_->sweep(); }, [this] { statistics_->tend(); },
      [this] { documents_->tend(); }, [this] { tended_ = clock_.tick(); },
      [this, seen = Renewal{certificate_written(), {}}]() mutable { renew_certificate(seen); }});
  ENTENTE_TRY_VOID(say_ready());
  log_.write(ops::Level::Info, "daemon.serving",
             {{"port", server_->port()}, {"entries", ledger_->size()}});
  return Status();
}

// Whoever waits for the file finds it whole, or a daemon that has ended.
Status Daemon::say_ready() const {
  if (config_.ready_file().empty()) return Status();
  const std::string fresh = config_.ready_file() + ".new";
  std::ofstream out(fresh);
  out << ::getpid() << '\n';
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(fresh, config_.ready_file(), error);
  if (out && !error) return Status();
  return Status(Code::Unavailable, Reason::None,
                "cannot write the `ready_file` " + config_.ready_file());
}

Status Daemon::start_mail() {
  if (!config_.has_mail()) return Status();
  const config::v1::Config::Mail& mail = config_.mail();
  notices::Room::Mail wanted;
  wanted.rules = {.from = mail.from(), .portal = mail.portal(), .digest_hour = mail.digest_hour()};
  wanted.relay.url = mail.relay();
  wanted.relay.ca_file = mail.ca_file();
  wanted.relay.user = mail.user();
  if (!mail.password_file().empty()) {
    std::ifstream in(mail.password_file());
    std::string line;
    if (!std::getline(in, line)) return invalid_argument("mail.password_file", "holds no password");
    wanted.relay.password = Secret(std::move(line));
  }
  return notices_->send(std::move(wanted));
}

Status Daemon::open_operations() {
  tended_ = clock_.tick();
  operations_ =
      std::make_unique<Operations>(Operations::Parts{.store = *store_,
                                                     .records = *records_,
                                                     .ledger = *ledger_,
                                                     .checkpoints = *checkpoints_,
                                                     .identity = *identity_,
                                                     .certificates = *certificates_,
                                                     .server = *server_,
                                                     .log = log_,
                                                     .clock = clock_,
                                                     .serving = serving_,
                                                     .tended = tended_,
                                                     .key_rotated = [this] {
                                                       {
                                                         const std::scoped_lock lock(reseal_mutex_);
                                                         key_rotated_ = true;
                                                       }
                                                       resealing_.notify_all();
                                                     }});
  ENTENTE_TRY(
      control_,
      net::LocalListener::on_socket(config_.control_socket(), [this](const net::LocalCall& call) {
        net::LocalAnswer answer = operations_->act(call);
        if (call.verb == "POST") {
          log_.write(ops::Level::Warning, "operator.act", {{"status", answer.status}});
        }
        return answer;
      }));
  if (config_.operations_port() == 0) return Status();
  ENTENTE_TRY(pages_, net::LocalListener::on_loopback(
                          config_.operations_address(),
                          static_cast<std::uint16_t>(config_.operations_port()),
                          [this](const net::LocalCall& call) { return operations_->look(call); }));
  return Status();
}

Daemon::Written Daemon::certificate_written() const {
  std::error_code error;
  return {std::filesystem::last_write_time(config_.server_certificate(), error),
          std::filesystem::last_write_time(config_.server_key(), error)};
}

// Files that do not belong together, or cannot be read just now, are told once and tried again.
void Daemon::renew_certificate(Renewal& seen) {
  const Written now = certificate_written();
  if (now == seen.taken) return;
  const Status status =
      server_->reload_certificate(config_.server_certificate(), config_.server_key());
  if (status.ok()) {
    seen.taken = now;
    return log_.write(ops::Level::Info, "server.certificate.renewed");
  }
  if (std::exchange(seen.refused, now) == now) return;
  log_.write(ops::Level::Error, "server.certificate.refused", ops::for_operators(status));
}

// A rotation that was cut off, or has just begun, is finished here, beside the daemon's other work.
void Daemon::reseal(const std::stop_token& stop) {
  std::unique_lock lock(reseal_mutex_);
  while (!stop.stop_requested()) {
    key_rotated_ = false;
    if (store_->needs_reseal()) {
      lock.unlock();
      const Status status = store_->reseal({}, stop);
      if (status.ok()) log_.write(ops::Level::Info, "store.resealed");
      if (!status.ok() && !stop.stop_requested())
        log_.write(ops::Level::Error, "store.reseal", ops::for_operators(status));
      lock.lock();
    }
    resealing_.wait_for(lock, stop, kResealAgainAfter, [this] { return key_rotated_; });
  }
}

bool Daemon::alive() const { return operations_->alive(); }

void Daemon::stop() {
  if (serving_.exchange(false)) log_.write(ops::Level::Info, "daemon.stopping");
  watcher_.reset();
  if (notices_) notices_->stop();
  if (resealer_.joinable()) {
    resealer_.request_stop();
    resealer_.join();
  }
  if (server_) server_->stop();
  // To the end of the drain it can be seen that the daemon is no longer ready.
  pages_.reset();
  control_.reset();
  if (checkpoints_) checkpoints_->stop();
}

}  // namespace entente
