// What operators ask of a daemon that runs, and what it answers: metrics, health, and on the socket
// that is theirs alone the few acts that need the store while the daemon has it open. Decides
// nothing about callers; no answer bears content.
//
//   GET /metrics   GET /live   GET /ready                              both listeners
//   POST /rotate/network   POST /rotate/process/<id>   POST /rotate/document/<id>
//   POST /rotate/root/<key | passphrase>/<path in hexadecimal>   POST /ledger    the socket only
//
// Threads: any; the parts say so of themselves. Ownership: the daemon's; the parts are borrowed.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

#include "proto/contract/clock.h"
#include "proto/contract/status.h"
#include "server/directory/records.h"
#include "server/identity/certificates.h"
#include "server/identity/identity.h"
#include "server/ledger/checkpoints.h"
#include "server/ledger/fsck.h"
#include "server/ledger/tree_ledger.h"
#include "server/net/local.h"
#include "server/net/server.h"
#include "server/ops/log.h"
#include "server/store/rocks_store.h"

namespace entente {

// What names a key in `rotate`: `network`, `process/<id>` or `document/<32 hexadecimal digits>`.
// Without a store only whether it is such a name: the key of a process is called otherwise in each.
[[nodiscard]] Result<store::SealName> seal_named(std::string_view text, const store::Store* store);

// The root key in a file: `kind` is `key` (root_key_from_file) or `passphrase`.
[[nodiscard]] Result<store::RootKey> root_key_in(std::string_view kind, const std::string& path);

// The whole ledger read again, and each object of the directory held against it.
[[nodiscard]] Result<ledger::FsckReport> check_ledger(store::Store& store,
                                                      const directory::Records& records,
                                                      std::uint64_t size);
// Of a report that found nothing: whether the tree over the rows is the one that the ledger has,
// and goes on from the head. What differs is added to its problems.
void hold_against_head(ledger::FsckReport& report, ledger::TreeLedger& ledger,
                       const store::HeadFile& head);
// The report in lines for people; the last says whether it is clean.
[[nodiscard]] std::string in_words(const ledger::FsckReport& report);

class Operations {
 public:
  struct Parts {
    store::RocksStore& store;
    const directory::Records& records;
    ledger::TreeLedger& ledger;
    const ledger::Checkpoints& checkpoints;
    identity::Identity& identity;
    const identity::CertificateStore& certificates;
    const net::Server& server;
    const ops::Log& log;
    const Clock& clock;
    const std::atomic<bool>& serving;
    const std::atomic<Tick>& tended;    // when the watcher last went round
    std::function<void()> key_rotated;  // a new generation is there: seal anew
  };
  explicit Operations(Parts parts) : parts_(std::move(parts)) {}

  // On the loopback address: looks only.
  [[nodiscard]] net::LocalAnswer look(const net::LocalCall& call) const;
  // Whether the watcher went round lately.
  [[nodiscard]] bool alive() const;
  // On the socket: looks and acts.
  [[nodiscard]] net::LocalAnswer act(const net::LocalCall& call);

 private:
  [[nodiscard]] std::string metrics(std::string_view accept) const;
  [[nodiscard]] Status rotate(std::string_view what);
  [[nodiscard]] Status rotate_root(std::string_view what);
  [[nodiscard]] net::LocalAnswer ready() const;

  Parts parts_;
};

}  // namespace entente
