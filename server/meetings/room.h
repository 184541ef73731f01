// Meetings put together: rows, shelf, services, over a store, a ledger and neighbours. Its own and
// nothing else's.
//
// Threads: any. Ownership: main's; what is passed in is borrowed and outlives it, the neighbours
// are its own.
#pragma once

#include <memory>

#include "server/identity/gate.h"
#include "server/ledger/ledger.h"
#include "server/ledger/receipts.h"
#include "server/meetings/attendance.h"
#include "server/meetings/calendar_service.h"
#include "server/meetings/calendars.h"
#include "server/meetings/neighbours.h"
#include "server/meetings/records.h"
#include "server/meetings/service.h"
#include "server/meetings/shelf.h"

namespace entente::meetings {

class Room {
 public:
  struct Parts {
    store::Store& store;
    ledger::Ledger& ledger;
    std::unique_ptr<Neighbours> neighbours;
    const Clock& clock;
    Entropy& entropy;
    std::string network;  // its name, for what must be unique in the world
  };
  // Reads what is there, and follows the ledger from then on. Before the first commit. DataLoss,
  // Unavailable: as the store.
  [[nodiscard]] static Result<std::unique_ptr<Room>> open(Parts parts);

  void add_to(identity::Gate& gate, const ledger::MakeReceipt& make_receipt);
  // For who searches them, each under what stands over it.
  [[nodiscard]] const Rows& rows() const { return rows_; }
  // What stands over meetings.
  [[nodiscard]] const identity::GuardSource& guards() const { return shelf_; }

 private:
  explicit Room(Parts parts);
  Parts parts_;
  Rows rows_;
  Shelf shelf_;
  Zones zones_;
  Service service_;
  Attendance attendance_;
  Records records_;
  CalendarService calendars_;
  CalendarServer calendar_server_;
};

}  // namespace entente::meetings
