// Meetings as values: names, rules, what a reader of each kind is shown. Pure; any thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "entente/v1/meetings.pb.h"
#include "proto/contract/clock.h"
#include "proto/contract/status.h"
#include "proto/contract/timestamp.h"
#include "server/meetings/record.pb.h"
#include "server/meetings/zones.h"
#include "server/policy/guarded.h"
#include "server/policy/policy.h"
#include "server/policy/world.h"
#include "server/store/key.h"

namespace entente::meetings {

// --- names ---

[[nodiscard]] std::string series_name(const store::Id& id);
[[nodiscard]] std::string meeting_name(const store::Id& id);
[[nodiscard]] std::string participant_name(const store::Id& meeting, const store::Id& participant);
[[nodiscard]] std::optional<store::Id> parse_series_name(std::string_view name);
[[nodiscard]] std::optional<store::Id> parse_meeting_name(std::string_view name);
struct ParticipantName {
  store::Id meeting;
  store::Id participant;
};
[[nodiscard]] std::optional<ParticipantName> parse_participant_name(std::string_view name);
// `meetings/<id>/record`, `meetings/<id>/record/revisions/<n>`
[[nodiscard]] std::string record_name(const store::Id& meeting);
struct RecordName {
  store::Id meeting;
  std::uint64_t revision = 0;  // 0: not named
};
[[nodiscard]] std::optional<RecordName> parse_record_name(std::string_view name);

// What a meeting is to audiences: a body of its process for as long as it is, in which those sit
// that are asked to it; and so is each item of its agenda. `meeting-<id>`, `meeting-<id>.<item>`
[[nodiscard]] std::string body_of(const store::Id& meeting, std::string_view item = {});
struct SeatName {
  store::Id meeting;
  std::string item;  // empty: the whole
};
// Of such a body's name, `processes/igc/bodies/meeting-<id>`.
[[nodiscard]] std::optional<SeatName> parse_seat_name(std::string_view name);

// Who comes without an entry in the directory.
[[nodiscard]] bool is_guest(const v1::Participant& one);
// As what somebody sits in the meeting, or in items of it, as long as it opens these to them; by
// the key of each. A guest sits nowhere.
[[nodiscard]] std::map<std::string, policy::Fact> seats_of(std::string_view process,
                                                           const store::Id& meeting,
                                                           const record::Participant& row);

[[nodiscard]] Status stale(std::uint64_t revision);

// --- rules; InvalidArgument (FieldInvalid) names the field ---

[[nodiscard]] Status check_series(const v1::MeetingSeries& series);
// What a caller says of a meeting, but for its times.
[[nodiscard]] Status check_meeting(const v1::Meeting& meeting);
// Times as the clock there says them; sets `starts_at` and `ends_at`.
[[nodiscard]] Status settle_times(const Zones& zones, v1::Meeting& meeting);
[[nodiscard]] Status check_text(const std::string& field, const v1::Text& text);
// Open or limited, without embargo and expiry. Not given: members, chair and secretariat, limited.
[[nodiscard]] Status settle_visibility(const std::string& field, std::string_view process,
                                       v1::Visibility& visibility);

// --- guards ---

[[nodiscard]] policy::Guard guard_of(const record::Guard& row);
// Over what is the process's own; its audience has no number yet.
[[nodiscard]] policy::Guard guard_of_process(const v1::Visibility& visibility,
                                             std::string_view process);
[[nodiscard]] record::Guard to_record(const policy::Guard& guard);

// --- who is what in a meeting ---

[[nodiscard]] std::vector<policy::Principal> principals_of_chairs(const v1::Meeting& meeting);
// Whether the subject presides: named, or of a party that is.
[[nodiscard]] bool presides(const policy::Subject& subject, const v1::Meeting& meeting);

// The items to which the subject is asked.
[[nodiscard]] std::set<std::string> items_of(const policy::Subject& subject,
                                             const v1::Meeting& meeting);

// --- what is shown ---

// To who sees the whole.
[[nodiscard]] v1::Meeting to_wire(const policy::Opened<record::Meeting>& meeting,
                                  const policy::Subject& subject);
// To who was asked to `items` only; opened under the frame's guard.
[[nodiscard]] v1::Meeting to_wire_in_part(const policy::Opened<record::Meeting>& meeting,
                                          const policy::Subject& subject,
                                          const std::set<std::string>& items);
[[nodiscard]] v1::MeetingSeries to_wire(const policy::Opened<record::Series>& series);

}  // namespace entente::meetings
