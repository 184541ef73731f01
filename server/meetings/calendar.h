// Meetings as iCalendar (RFC 5545). What is written leaves the network for telephones and other
// people's servers: times, title, place, level and the items' titles are, unless the meeting or the
// item is discreet; nothing of participants, papers, descriptions, records and comments ever is.
// Pure but for the zones; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "entente/v1/meetings.pb.h"
#include "proto/contract/status.h"
#include "server/meetings/zones.h"

namespace entente::meetings {

struct LeftOut {
  std::uint32_t meetings = 0;  // whose words are
  std::uint32_t items = 0;     // whose titles are
};

// One calendar of these meetings, each as its reader is shown it. `network` makes their names
// unique in the world. InvalidArgument: a zone is no longer known.
[[nodiscard]] Result<std::string> to_ical(const std::vector<v1::Meeting>& meetings,
                                          const Zones& zones, std::string_view network,
                                          LeftOut& left_out);
// "Left out of it: ..."
[[nodiscard]] std::string in_words(const LeftOut& left_out);

}  // namespace entente::meetings
