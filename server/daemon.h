// The daemon put together: every concrete class made once, in the order in which they stand on each
// other. Decides nothing. Used by main only.
//
// Threads: made, started and stopped by main's.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "proto/contract/clock.h"
#include "proto/contract/status.h"
#include "server/directory/books.h"
#include "server/directory/catalog.h"
#include "server/directory/life/process_life.h"
#include "server/directory/loader.h"
#include "server/directory/records.h"
#include "server/directory/service.h"
#include "server/documents/room.h"
#include "server/identity/access_service.h"
#include "server/identity/certificates.h"
#include "server/identity/gate.h"
#include "server/identity/identity.h"
#include "server/identity/watcher.h"
#include "server/ledger/checkpoints.h"
#include "server/ledger/cosignature_file.h"
#include "server/ledger/service.h"
#include "server/ledger/store_head.h"
#include "server/ledger/tree_ledger.h"
#include "server/meetings/room.h"
#include "server/meetings_search.h"
#include "server/net/local.h"
#include "server/net/server.h"
#include "server/notice_sources.h"
#include "server/notices/room.h"
#include "server/operations.h"
#include "server/ops/config.h"
#include "server/ops/log.h"
#include "server/statistics/room.h"
#include "server/store/rocks_store.h"

namespace entente {

// The root key, from where the configuration says. A failure begins by saying which key.
[[nodiscard]] Result<store::RootKey> root_key_of(const ops::Config& config);
// The ledger's signing key, likewise.
[[nodiscard]] Result<Secret> ledger_key_of(const ops::Config& config);
// The store's options, from the configuration.
[[nodiscard]] store::RocksStoreOptions store_options_of(const ops::Config& config, ops::Log& log);

// Everything that serving needs and that can be known without the store: the files that the
// configuration, read from `path`, names, the keys, the certificate and whether its key is its own.
// InvalidArgument (FieldInvalid): each that does not hold, with line and column. What root_key_of
// answers.
[[nodiscard]] Status check_start(const std::string& path, const ops::Config& config);

class Daemon {
 public:
  // `create`: a new network, with its keys made where they are missing. The log, clock and entropy
  // are borrowed and outlive it.
  // What the rooms answer; FailedPrecondition also: the store is behind its own head.
  // InvalidArgument also: the ledger's key is not the one that signed the head.
  [[nodiscard]] static Result<std::unique_ptr<Daemon>> open(const ops::Config& config, bool create,
                                                            ops::Log& log, const Clock& clock,
                                                            Entropy& entropy);
  ~Daemon();

  // Listens, and tends what time and files bring until stop().
  [[nodiscard]] Status start();
  void stop();
  // Whether what must go round does go round. Requires: started.
  [[nodiscard]] bool alive() const;
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

  // --- for making a network ---
  [[nodiscard]] Status define(const directory::Network& network,
                              const directory::config::DemoPeople& people);
  [[nodiscard]] Status define(const v1::StructureSet& structures);
  // Takes what the trust folder holds now.
  void take_trust();
  [[nodiscard]] identity::Identity& identity() { return *identity_; }
  // The ledger's verification key, as it is published.
  [[nodiscard]] std::string ledger_key() const { return checkpoints_->key().text(); }

 private:
  using Written = std::pair<std::filesystem::file_time_type, std::filesystem::file_time_type>;
  Daemon(ops::Config config, ops::Log& log, const Clock& clock, Entropy& entropy);
  Status open_store(bool create);
  Status open_ledger();
  Status open_rooms();
  Status open_documents();
  void register_services();
  Status open_operations();
  Status start_mail();
  [[nodiscard]] Status say_ready() const;
  struct Renewal {
    Written taken;
    Written refused;
  };
  [[nodiscard]] Written certificate_written() const;
  void renew_certificate(Renewal& seen);
  void reseal(const std::stop_token& stop);

  const ops::Config config_;
  ops::Log& log_;
  const Clock& clock_;
  Entropy& entropy_;
  std::unique_ptr<store::RocksStore> store_;
  std::unique_ptr<ledger::TreeLedger> ledger_;
  std::unique_ptr<ledger::StoreHead> head_;
  std::unique_ptr<ledger::CosignatureFile> cosignatures_;
  std::unique_ptr<ledger::Checkpoints> checkpoints_;
  std::unique_ptr<directory::Records> records_;
  std::unique_ptr<directory::Catalog> catalog_;
  std::unique_ptr<identity::CertificateStore> certificates_;
  std::unique_ptr<identity::Identity> identity_;
  std::unique_ptr<statistics::Room> statistics_;
  std::unique_ptr<meetings::Room> meetings_;
  std::unique_ptr<MeetingsSearch> meetings_search_;
  std::unique_ptr<documents::Room> documents_;  // its search reads meetings
  std::unique_ptr<notices::Room> notices_;
  std::unique_ptr<directory::SessionSigners> signers_;
  std::unique_ptr<directory::Service> directory_;
  std::unique_ptr<directory::ProcessLife> process_life_;
  std::unique_ptr<identity::AccessService> access_;
  std::unique_ptr<ledger::LedgerService> ledger_service_;
  net::MethodTable table_;
  std::unique_ptr<identity::Gate> gate_;
  std::unique_ptr<directory::BookServer> books_;
  std::unique_ptr<net::Server> server_;
  std::atomic<bool> serving_{false};
  std::atomic<Tick> tended_{};
  std::unique_ptr<Operations> operations_;
  std::unique_ptr<identity::TrustFolder> trust_;
  std::mutex reseal_mutex_;
  std::condition_variable_any resealing_;
  bool key_rotated_ = false;  // since reseal() last looked
  // The last: they end before what they tend.
  std::jthread resealer_;
  std::unique_ptr<identity::Watcher> watcher_;
  std::unique_ptr<net::LocalListener> control_;
  std::unique_ptr<net::LocalListener> pages_;
};

}  // namespace entente
