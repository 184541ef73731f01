#include "server/statistics/room.h"

#include <sys/resource.h>

namespace entente::statistics {
namespace {

constexpr std::size_t kIndexCacheBytes = 64 << 20;
constexpr int kFoldingNice = 10;  // whoever waits for an answer goes first

}  // namespace

Room::Room(Parts parts)
    : parts_(std::move(parts)),
      structures_(parts_.store, *parts_.audiences),
      shelf_(parts_.store),
      uploads_({.store = parts_.store,
                .shelf = shelf_,
                .clock = parts_.clock,
                .entropy = parts_.entropy}),
      folds_(parts_.store),
      cache_(kIndexCacheBytes),
      service_({.store = parts_.store,
                .structures = structures_,
                .shelf = shelf_,
                .uploads = uploads_,
                .cache = cache_,
                .ledger = parts_.ledger,
                .clock = parts_.clock}),
      comparison_({.store = parts_.store,
                   .service = service_,
                   .structures = structures_,
                   .clock = parts_.clock}),
      exemptions_({.store = parts_.store,
                   .service = service_,
                   .consents = *parts_.consents,
                   .audiences = *parts_.audiences,
                   .ledger = parts_.ledger,
                   .clock = parts_.clock}),
      structure_service_({.service = service_, .structures = structures_, .clock = parts_.clock}),
      history_({.store = parts_.store,
                .service = service_,
                .structures = structures_,
                .shelf = shelf_,
                .alarms = alarms_,
                .clock = parts_.clock,
                .entropy = parts_.entropy}),
      mappings_({.store = parts_.store,
                 .service = service_,
                 .ledger = parts_.ledger,
                 .clock = parts_.clock}),
      evidence_({.store = parts_.store,
                 .service = service_,
                 .uploads = uploads_,
                 .ledger = parts_.ledger}),
      rest_(service_, structures_, parts_.store, parts_.clock) {
  cache_.use(folds_);
}

Result<std::unique_ptr<Room>> Room::open(Parts parts) {
  std::unique_ptr<Room> room(new Room(std::move(parts)));
  ENTENTE_TRY_VOID(room->structures_.load());
  ENTENTE_TRY_VOID(room->shelf_.load());
  room->parts_.ledger.add_follower(room->structures_);
  room->parts_.ledger.add_follower(room->shelf_);
  room->parts_.ledger.add_follower(room->alarms_);  // last: who wakes sees what the others saw
  room->folding_ = std::jthread([raw = room.get()](const std::stop_token& stop) {
    (void)setpriority(PRIO_PROCESS, 0, kFoldingNice);  // of this thread alone, on Linux
    raw->folds_.serve(stop);
  });
  return room;
}

void Room::add_to(identity::Gate& gate, const ledger::MakeReceipt& make_receipt) {
  service_.add_to(gate, make_receipt);
  history_.add_to(gate, make_receipt);
  comparison_.add_to(gate);
  exemptions_.add_to(gate);
  structure_service_.add_to(gate);
  mappings_.add_to(gate);
  evidence_.add_to(gate);
  rest_.add_to(gate);
}

Status Room::define(const v1::StructureSet& set) {
  return define_structures(parts_.store, structures_, parts_.ledger, set, parts_.clock.now());
}

}  // namespace entente::statistics
