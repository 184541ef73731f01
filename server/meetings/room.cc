#include "server/meetings/room.h"

namespace entente::meetings {

Room::Room(Parts parts)
    : parts_(std::move(parts)),
      rows_(parts_.store),
      shelf_(rows_),
      service_({.rows = rows_,
                .shelf = shelf_,
                .zones = zones_,
                .neighbours = *parts_.neighbours,
                .ledger = parts_.ledger,
                .clock = parts_.clock,
                .entropy = parts_.entropy}) {}

Result<std::unique_ptr<Room>> Room::open(Parts parts) {
  std::unique_ptr<Room> room(new Room(std::move(parts)));
  ENTENTE_TRY_VOID(room->shelf_.load());
  room->parts_.ledger.add_follower(room->shelf_);
  return room;
}

void Room::add_to(identity::Gate& gate) { service_.add_to(gate); }

}  // namespace entente::meetings
