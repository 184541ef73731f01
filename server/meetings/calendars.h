// The calendars of one caller: one for each process that the caller sees, with the meetings of it
// that the rpcs would show to the same subject. By CalDAV, and as plain files to subscribe to.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/dav/seen.h"
#include "server/identity/gate.h"
#include "server/meetings/caldav.h"
#include "server/meetings/service.h"
#include "server/meetings/zones.h"

namespace entente::meetings {

// Made for one call; one thread. Everything is borrowed.
class CallerCalendars final : public dav::Collections {
 public:
  struct Parts {
    const Service& service;
    const Neighbours& neighbours;
    const Zones& zones;
    dav::Seen& seen;
    const Secret& key;  // a token says nothing and cannot be guessed
    const std::string& network;
  };
  // `only`: the id of the one calendar that the call is about; empty: all.
  CallerCalendars(Parts parts, const policy::Subject& subject, store::Snapshot& snapshot,
                  std::string only)
      : parts_(parts), subject_(subject), snapshot_(snapshot), only_(std::move(only)) {}

  Result<std::vector<dav::Collection>> collections() override;
  Result<std::vector<dav::Ref>> members(std::string_view calendar) override;
  Result<dav::Member> member(std::string_view calendar, std::string_view id,
                             std::size_t format) override;
  Result<std::optional<dav::Changes>> changes_since(std::string_view calendar,
                                                    std::string_view sync_token) override;

 private:
  struct Shown {
    std::shared_ptr<const dav::Seen::Members> refs;
    std::map<std::string, dav::Member, std::less<>> members;  // by the meeting's id
    std::string token;
  };
  Result<const Shown*> shown(std::string_view calendar);
  std::string token_of(std::string_view calendar, const dav::Seen::Members& refs) const;

  const Parts parts_;
  const policy::Subject& subject_;
  store::Snapshot& snapshot_;
  const std::string only_;
  std::map<std::string, Shown, std::less<>> shown_;
};

// Answers CalDAV below `/caldav` and `/.well-known/caldav`, and `GET /calendars.ics` (one's own
// meetings) and `GET /calendars/<process>.ics` (what the CalDAV calendar holds), for whoever has a
// session or an application password for calendars; 401 for everybody else, before anything is
// looked at.
class CalendarServer {
 public:
  struct Parts {
    const Service& service;
    const Neighbours& neighbours;
    const Zones& zones;
    std::string network;
  };
  CalendarServer(Parts parts, Secret key) : parts_(std::move(parts)), key_(std::move(key)) {}
  // Registers its routes. Outlives the table's use.
  void add_to(identity::Gate& gate);

 private:
  net::HttpResponse serve_dav(identity::Gate& gate, const policy::Subject& subject,
                              const net::HttpRequest& request);
  net::HttpResponse serve_file(identity::Gate& gate, const policy::Subject& subject,
                               const net::HttpRequest& request) const;

  const Parts parts_;
  const Secret key_;
  dav::Seen seen_;
};

}  // namespace entente::meetings
