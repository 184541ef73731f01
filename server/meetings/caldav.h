// CalDAV (RFC 4791) as a flavour of DAV, and the filter of its calendar-query. Pure; any thread.
//
//   /.well-known/caldav                 leads to /caldav/
//   /caldav/                            who the caller is
//   /caldav/calendars/                  the calendars
//   /caldav/calendars/igc/              one calendar
//   /caldav/calendars/igc/<id>.ics      one meeting
#pragma once

#include <optional>

#include "server/dav/dav.h"

namespace entente::meetings {

[[nodiscard]] const dav::Flavour& caldav();

// Of components there are but meetings (`VEVENT`), which have a time; nothing: it asks for what is
// not supported, which is properties and parameters.
[[nodiscard]] std::optional<dav::Flavour::Filter> calendar_filter(const dav::XmlNode& filter);

}  // namespace entente::meetings
