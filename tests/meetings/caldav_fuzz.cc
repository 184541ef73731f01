// The filter of a calendar query comes from any signed-in program; the file of a zone is the
// system's, which may be broken. Whatever the bytes: a filter that answers, or none; a zone that
// knows every time, or none.
#include <cstddef>
#include <cstdint>
#include <string>

#include "server/meetings/caldav.h"
#include "server/meetings/zones.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace entente;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const dav::Member meeting{.text = "BEGIN:VCALENDAR",
                            .begins = parse_rfc3339("2027-03-14T08:30:00Z").value(),
                            .ends = parse_rfc3339("2027-03-15T12:00:00Z").value()};
  if (const auto tree = dav::parse_xml(bytes); tree.ok()) {
    const auto filter = meetings::calendar_filter(*tree);
    if (filter && *filter) (void)(*filter)(meeting);
  }
  if (const auto zone = meetings::Zone::parse("Fuzz/Zone", bytes); zone.ok()) {
    const auto local = (*zone)->local_of(meeting.begins);
    (void)(*zone)->instant_of(local);
    if ((*zone)->between(meeting.begins, meeting.ends).empty()) __builtin_trap();
  }
  return 0;
}
