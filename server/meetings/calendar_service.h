// The RPC face of calendars, `entente.v1.CalendarService`.
//
// Threads: any. Ownership: the room's; everything passed in is borrowed and outlives it.
#pragma once

#include <string>

#include "entente/v1/calendars.pb.h"
#include "server/identity/gate.h"
#include "server/meetings/service.h"
#include "server/meetings/zones.h"

namespace entente::meetings {

class CalendarService {
 public:
  struct Parts {
    const Service& service;
    const Zones& zones;
    std::string network;
  };
  explicit CalendarService(Parts parts) : parts_(std::move(parts)) {}

  void add_to(identity::Gate& gate);

  Result<v1::CalendarFile> export_calendar(const policy::Subject& subject,
                                           const v1::ExportCalendarRequest& message,
                                           store::Snapshot& snapshot) const;

 private:
  const Parts parts_;
};

}  // namespace entente::meetings
