#include "server/documents/room.h"

namespace entente::documents {

Room::Room(Parts parts)
    : parts_(std::move(parts)),
      rows_(parts_.store),
      shelf_(rows_),
      uploads_({.rows = rows_, .clock = parts_.clock, .entropy = parts_.entropy}),
      marker_(parts_.mark_program),
      service_({.rows = rows_,
                .shelf = shelf_,
                .uploads = uploads_,
                .marker = marker_,
                .neighbours = *parts_.neighbours,
                .ledger = parts_.ledger,
                .clock = parts_.clock}),
      circulation_({.rows = rows_,
                    .shelf = shelf_,
                    .neighbours = *parts_.neighbours,
                    .ledger = parts_.ledger,
                    .clock = parts_.clock,
                    .entropy = parts_.entropy}),
      download_(service_, shelf_, parts_.store) {}

Result<std::unique_ptr<Room>> Room::open(Parts parts) {
  std::unique_ptr<Room> room(new Room(std::move(parts)));
  ENTENTE_TRY_VOID(room->shelf_.load());
  room->parts_.ledger.add_follower(room->shelf_);
  return room;
}

void Room::add_to(identity::Gate& gate, const Service::MakeReceipt& make_receipt) {
  service_.add_to(gate, make_receipt);
  circulation_.add_to(gate);
  download_.add_to(gate);
}

}  // namespace entente::documents
