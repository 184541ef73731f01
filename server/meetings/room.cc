#include "server/meetings/room.h"

namespace entente::meetings {

Room::Room(Parts parts)
    : parts_(std::move(parts)),
      rows_(parts_.store),
      shelf_(rows_, *parts_.neighbours),
      service_({.rows = rows_,
                .shelf = shelf_,
                .zones = zones_,
                .neighbours = *parts_.neighbours,
                .ledger = parts_.ledger,
                .clock = parts_.clock,
                .entropy = parts_.entropy}),
      attendance_({.rows = rows_,
                   .neighbours = *parts_.neighbours,
                   .ledger = parts_.ledger,
                   .clock = parts_.clock,
                   .entropy = parts_.entropy}),
      records_({.rows = rows_,
                .neighbours = *parts_.neighbours,
                .ledger = parts_.ledger,
                .clock = parts_.clock}),
      calendars_({.service = service_, .zones = zones_, .network = parts_.network}),
      calendar_server_({.service = service_,
                        .neighbours = *parts_.neighbours,
                        .zones = zones_,
                        .network = parts_.network},
                       parts_.store.purpose_key("meetings.calendars")) {}

Result<std::unique_ptr<Room>> Room::open(Parts parts) {
  std::unique_ptr<Room> room(new Room(std::move(parts)));
  ENTENTE_TRY_VOID(room->shelf_.load());
  room->parts_.ledger.add_follower(room->shelf_);
  return room;
}

void Room::add_to(identity::Gate& gate, const ledger::MakeReceipt& make_receipt) {
  service_.add_to(gate);
  attendance_.add_to(gate);
  records_.add_to(gate, make_receipt);
  calendars_.add_to(gate);
  calendar_server_.add_to(gate);
}

}  // namespace entente::meetings
