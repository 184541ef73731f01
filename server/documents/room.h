// Documents put together: what main makes, in the order in which it stands on each other.
//
// Threads: made by main's; serves any.
#pragma once

#include <filesystem>
#include <memory>

#include "server/documents/circulation_service.h"
#include "server/documents/consents.h"
#include "server/documents/download.h"
#include "server/documents/hours.h"
#include "server/documents/retention.h"
#include "server/documents/sealed.h"
#include "server/documents/search/searcher.h"
#include "server/documents/service.h"
#include "server/ledger/receipts.h"

namespace entente::documents {

class Room {
 public:
  struct Parts {
    store::Store& store;
    ledger::Ledger& ledger;
    std::unique_ptr<Neighbours> neighbours;
    std::filesystem::path mark_program;     // `entente-mark`
    std::filesystem::path extract_program;  // `entente-extract`
    std::string origin;                     // the ledger's
    const Clock& clock;
    Entropy& entropy;
    // Told of what could not be done beside all calls.
    std::function<void(std::string_view what, const Status& why)> complain;
  };
  // Reads what is there, sweeps what a crash left, and follows the ledger from then on. Before the
  // first commit. DataLoss, Unavailable: as the store.
  [[nodiscard]] static Result<std::unique_ptr<Room>> open(Parts parts);

  void add_to(identity::Gate& gate, const ledger::MakeReceipt& make_receipt,
              const ledger::MakeReceipt& at_once);
  // What else is searched (search/source.h). Before start(); outlives this.
  void search_also(const search::Source& source) { searcher_.add(source); }
  // Begins to make the index. After all rooms that are searched were opened.
  void start() { searcher_.begin(); }
  // A document without its content, as the subject may see it; nothing: none, or not for them.
  [[nodiscard]] Result<std::optional<v1::Document>> find(const policy::Subject& subject,
                                                         std::string_view name,
                                                         store::Snapshot& snapshot);
  // What time brings; the watcher calls it often.
  void tend() {
    uploads_.sweep();
    service_.tend();
    retention_.tend();
    hours_.tend();
  }
  // What stands over documents and circulations.
  [[nodiscard]] const identity::GuardSource& guards() const { return shelf_; }
  // For notices: what is new, and a circulation as its reader would get it.
  [[nodiscard]] Shelf& shelf() { return shelf_; }
  [[nodiscard]] CirculationService& circulations() { return circulation_; }
  [[nodiscard]] ConsentService& consents() { return consents_; }

 private:
  explicit Room(Parts parts);
  Parts parts_;
  Rows rows_;
  Shelf shelf_;
  Uploads uploads_;
  Marker marker_;
  Service service_;
  CirculationService circulation_;
  SealedService sealed_;
  ConsentService consents_;
  Download download_;
  Retention retention_;
  Hours hours_;
  Helper extractor_;
  search::Searcher searcher_;
};

}  // namespace entente::documents
