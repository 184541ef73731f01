// Statistics put together: what main makes, in the order in which it stands on each other.
//
// Threads: made by main's; serves any.
#pragma once

#include <memory>
#include <thread>

#include "server/identity/gate.h"
#include "server/ledger/ledger.h"
#include "server/ledger/receipts.h"
#include "server/statistics/comparison.h"
#include "server/statistics/evidence.h"
#include "server/statistics/exemptions.h"
#include "server/statistics/history.h"
#include "server/statistics/mappings.h"
#include "server/statistics/rest.h"
#include "server/statistics/series/fold.h"
#include "server/statistics/service.h"
#include "server/statistics/structure_service.h"

namespace entente::statistics {

class Room {
 public:
  struct Parts {
    store::Store& store;
    ledger::Ledger& ledger;
    std::unique_ptr<Audiences> audiences;
    std::unique_ptr<Consents> consents;
    const Clock& clock;
    Entropy& entropy;
  };
  // Reads what is there, sweeps what a crash left, and follows the ledger from then on. Before the
  // first commit. DataLoss, Unavailable: as the store.
  [[nodiscard]] static Result<std::unique_ptr<Room>> open(Parts parts);

  void add_to(identity::Gate& gate, const ledger::MakeReceipt& make_receipt);
  // When a network is made. What check_structures and commit return.
  [[nodiscard]] Status define(const v1::StructureSet& set);
  [[nodiscard]] Service& service() { return service_; }
  // Now and then, several times a second: what time brings.
  void tend() { alarms_.ring(parts_.clock.now()); }

 private:
  explicit Room(Parts parts);
  Parts parts_;
  Structures structures_;
  Shelf shelf_;
  Uploads uploads_;
  Folds folds_;
  IndexCache cache_;
  Service service_;
  ComparisonService comparison_;
  ExemptionService exemptions_;
  StructureService structure_service_;
  Alarms alarms_;
  HistoryService history_;
  MappingService mappings_;
  EvidenceService evidence_;
  Rest rest_;
  std::jthread folding_;  // last: ends before what it reads
};

}  // namespace entente::statistics
