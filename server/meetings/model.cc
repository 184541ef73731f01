#include "server/meetings/model.h"

#include <algorithm>
#include <charconv>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "proto/contract/limits_meetings.h"
#include "proto/contract/text.h"
#include "server/policy/occasion.h"

namespace entente::meetings {
namespace {

constexpr std::string_view kSeries = "meetingSeries/";
constexpr std::string_view kMeetings = "meetings/";
constexpr std::string_view kParticipants = "/participants/";
constexpr std::string_view kRecord = "/record";
constexpr std::string_view kRevisions = "/revisions/";
constexpr std::string_view kBodies = "/bodies/";
constexpr std::size_t kIdDigits = 32;
constexpr std::size_t kTopicBytesMax = 128;

std::optional<store::Id> parse_id(std::string_view digits) {
  const bool lower =
      std::none_of(digits.begin(), digits.end(), [](char c) { return c >= 'A' && c <= 'F'; });
  if (digits.size() != kIdDigits || !lower) return std::nullopt;
  const std::optional<std::string> bytes = from_hex(digits);
  if (!bytes) return std::nullopt;
  return store::Id::from(*bytes);
}

std::optional<store::Id> parse_in(std::string_view name, std::string_view collection) {
  if (!name.starts_with(collection)) return std::nullopt;
  return parse_id(name.substr(collection.size()));
}

// Whose it is: `parties/SWE`, `persons/<id>`.
bool names_someone(std::string_view name) {
  return policy::id_in(name, "parties/").has_value() || policy::id_in(name, "persons/").has_value();
}

Status check_home(const std::string& object, const std::string& process, const std::string& body) {
  if (!policy::id_in(process, "processes/")) {
    return invalid_argument(object + ".process", "must be like `processes/igc`");
  }
  if (!body.empty() && !policy::id_in(body, process + "/bodies/")) {
    return invalid_argument(object + ".body", "must be a body of the process");
  }
  return {};
}

Status check_title(const std::string& field, const v1::Text& title) {
  if (title.by_language().empty()) {
    return invalid_argument(field, "must be given in one language at least");
  }
  ENTENTE_TRY_VOID(check_text(field, title));
  for (const auto& [language, words] : title.by_language()) {
    if (words.empty() || !is_plain(words)) return invalid_argument(field, "must be one line");
  }
  return {};
}

Status check_item(const v1::AgendaItem& item, const std::string& field) {
  ENTENTE_TRY_VOID(check_title(field + ".title", item.title()));
  if (item.minutes() > limits::item_minutes_max) {
    return invalid_argument(field + ".minutes", "is more than a day");
  }
  if (!item.starts_local().empty() &&
      (is_day(item.starts_local()) || !parse_local(item.starts_local()))) {
    return invalid_argument(field + ".starts_local", "must be like `2027-03-14T14:00`");
  }
  if (!item.lead().empty() && !names_someone(item.lead())) {
    return invalid_argument(field + ".lead", "must be like `parties/SWE` or `persons/<id>`");
  }
  if (static_cast<std::size_t>(item.documents_size()) > limits::item_documents_max) {
    return invalid_argument(field + ".documents", "are too many");
  }
  return {};
}

Status check_labels(const v1::Meeting& meeting) {
  if (static_cast<std::size_t>(meeting.topics_size()) > limits::meeting_labels_max) {
    return invalid_argument("meeting.topics", "are too many");
  }
  for (const std::string& topic : meeting.topics()) {
    if (topic.empty() || topic.size() > kTopicBytesMax || !is_plain(topic)) {
      return invalid_argument("meeting.topics", "must each be 1 to 128 bytes of plain text");
    }
  }
  if (static_cast<std::size_t>(meeting.chairs_size()) > limits::meeting_chairs_max) {
    return invalid_argument("meeting.chairs", "are too many");
  }
  for (const std::string& chair : meeting.chairs()) {
    if (!names_someone(chair)) {
      return invalid_argument("meeting.chairs", "must be like `parties/SWE` or `persons/<id>`");
    }
  }
  return {};
}

// What depends on who asks is not kept.
void clear_callers(v1::Meeting& meeting) {
  meeting.clear_participants();
  meeting.clear_documents();
  meeting.clear_in_part();
  meeting.clear_keeps();
  meeting.clear_presides();
  meeting.clear_has_record();
  meeting.clear_record_adopted();
}

}  // namespace

std::string series_name(const store::Id& id) { return std::string(kSeries) + to_hex(id.view()); }
std::string meeting_name(const store::Id& id) { return std::string(kMeetings) + to_hex(id.view()); }
std::string participant_name(const store::Id& meeting, const store::Id& participant) {
  return meeting_name(meeting) + std::string(kParticipants) + to_hex(participant.view());
}

std::optional<store::Id> parse_series_name(std::string_view name) {
  return parse_in(name, kSeries);
}
std::optional<store::Id> parse_meeting_name(std::string_view name) {
  return parse_in(name, kMeetings);
}
std::optional<ParticipantName> parse_participant_name(std::string_view name) {
  const std::size_t place = name.find(kParticipants);
  if (place == std::string_view::npos) return std::nullopt;
  const auto meeting = parse_meeting_name(name.substr(0, place));
  const auto participant = parse_id(name.substr(place + kParticipants.size()));
  if (!meeting || !participant) return std::nullopt;
  return ParticipantName{.meeting = *meeting, .participant = *participant};
}

std::string record_name(const store::Id& meeting) {
  return meeting_name(meeting) + std::string(kRecord);
}

std::optional<RecordName> parse_record_name(std::string_view name) {
  const std::size_t place = name.find(kRecord);
  if (place == std::string_view::npos) return std::nullopt;
  const auto meeting = parse_meeting_name(name.substr(0, place));
  if (!meeting) return std::nullopt;
  name.remove_prefix(place + kRecord.size());
  RecordName parsed{.meeting = *meeting};
  if (name.empty()) return parsed;
  if (!name.starts_with(kRevisions)) return std::nullopt;
  name.remove_prefix(kRevisions.size());
  const auto [end, error] =
      std::from_chars(name.data(), name.data() + name.size(), parsed.revision);
  const bool whole = error == std::errc{} && end == name.data() + name.size();
  if (!whole || parsed.revision == 0 || name.front() == '0') return std::nullopt;
  return parsed;
}

std::string body_of(const store::Id& meeting, std::string_view item) {
  std::string body = std::string(policy::occasion_prefix) + to_hex(meeting.view());
  if (!item.empty()) body.append(".").append(item);
  return body;
}

bool is_guest(const v1::Participant& one) {
  return one.party().empty() || (one.person().empty() && !one.display_name().empty());
}

std::map<std::string, policy::Fact> seats_of(std::string_view process, const store::Id& meeting,
                                             const record::Participant& row) {
  std::map<std::string, policy::Fact> seats;
  const v1::Participant& shown = row.shown();
  if (!row.opens() || is_guest(shown)) return seats;
  const std::string name = participant_name(meeting, store::Id::from(row.id()));
  const auto seat = [&](const std::string& item) {
    policy::Fact fact{
        .key = name + "#" + item,
        .body = policy::Seat{.process = std::string(process),
                             .bench = policy::Bench::Body,
                             .body = body_of(meeting, item),
                             .party = policy::id_in(shown.party(), "parties/").value_or(""),
                             .person = policy::id_in(shown.person(), "persons/").value_or(""),
                             .role = policy::SeatRole::Member},
        .span = {}};
    if (const auto day = parse_local(shown.until())) {
      fact.span.until = Instant(day->time_since_epoch());
    }
    seats.emplace(fact.key, fact);
  };
  if (shown.items().empty()) seat("");
  for (const std::string& item : shown.items()) seat(item);
  return seats;
}

std::optional<SeatName> parse_seat_name(std::string_view name) {
  const std::size_t place = name.find(kBodies);
  if (!name.starts_with("processes/") || place == std::string_view::npos) return std::nullopt;
  name.remove_prefix(place + kBodies.size());
  if (!name.starts_with(policy::occasion_prefix)) return std::nullopt;
  name.remove_prefix(policy::occasion_prefix.size());
  const std::size_t dot = std::min(name.find('.'), name.size());
  const auto id = parse_id(name.substr(0, dot));
  if (!id) return std::nullopt;
  return SeatName{.meeting = *id, .item = std::string(name.substr(std::min(dot + 1, name.size())))};
}

Status stale(std::uint64_t revision) {
  return {Code::FailedPrecondition, Reason::RevisionStale,
          "it is at revision " + std::to_string(revision)};
}

Status check_text(const std::string& field, const v1::Text& text) {
  if (static_cast<std::size_t>(text.by_language_size()) > limits::languages_max) {
    return invalid_argument(field, "has too many languages");
  }
  for (const auto& [language, words] : text.by_language()) {
    if (!is_language_tag(language)) {
      return invalid_argument(field, "has a language that is no BCP 47 tag");
    }
    if (words.size() > limits::text_bytes_max) return invalid_argument(field, "is too long");
    if (!is_plain_lines(words)) {
      return invalid_argument(field, "has characters that steer a terminal or turn a line round");
    }
  }
  return {};
}

Status check_series(const v1::MeetingSeries& series) {
  ENTENTE_TRY_VOID(check_home("series", series.process(), series.body()));
  ENTENTE_TRY_VOID(check_title("series.title", series.title()));
  return check_text("series.description", series.description());
}

Status check_meeting(const v1::Meeting& meeting) {
  ENTENTE_TRY_VOID(check_home("meeting", meeting.process(), meeting.body()));
  ENTENTE_TRY_VOID(check_title("meeting.title", meeting.title()));
  if (!meeting.place().by_language().empty()) {
    ENTENTE_TRY_VOID(check_title("meeting.place", meeting.place()));
  }
  ENTENTE_TRY_VOID(check_text("meeting.description", meeting.description()));
  if (!v1::Meeting::Level_IsValid(meeting.level()) ||
      meeting.level() == v1::Meeting::LEVEL_UNSPECIFIED) {
    return invalid_argument("meeting.level", "must be technical, senior officials or ministerial");
  }
  if (!v1::Meeting::Attribution_IsValid(meeting.attribution())) {
    return invalid_argument("meeting.attribution", "must be one of the rules");
  }
  if (meeting.state() != v1::Meeting::STATE_UNSPECIFIED &&
      meeting.state() != v1::Meeting::PLANNED && meeting.state() != v1::Meeting::TENTATIVE) {
    return invalid_argument("meeting.state", "must be planned or tentative here");
  }
  ENTENTE_TRY_VOID(check_labels(meeting));
  if (static_cast<std::size_t>(meeting.agenda_size()) > limits::agenda_items_max) {
    return invalid_argument("meeting.agenda", "has too many items");
  }
  for (int i = 0; i < meeting.agenda_size(); ++i) {
    const std::string field = "meeting.agenda[" + std::to_string(i) + "]";
    ENTENTE_TRY_VOID(check_item(meeting.agenda(i), field));
  }
  return {};
}

Status settle_times(const Zones& zones, v1::Meeting& meeting) {
  ENTENTE_TRY(const std::shared_ptr<const Zone> zone,
              zones.find("meeting.time_zone", meeting.time_zone()));
  const auto settle = [&](const std::string& field, const std::string& text,
                          std::chrono::seconds more) -> Result<Instant> {
    const std::optional<LocalTime> local = parse_local(text);
    if (!local) {
      return invalid_argument(field,
                              "must be like `2027-03-14T09:30`, or `2027-03-14` for whole "
                              "days, from 1985 to 2099");
    }
    // A day begins when the clock first says so: some zones skip midnight.
    std::optional<Instant> instant = zone->instant_of(*local + more);
    if (!instant && is_day(text)) {
      instant = zone->instant_of(*local + more + std::chrono::hours(1));
    }
    if (instant) return *instant;
    return invalid_argument(field, "is a time that the clock in " + zone->name() + " skips");
  };
  const bool days = is_day(meeting.starts_local());
  if (days != is_day(meeting.ends_local())) {
    return invalid_argument("meeting.ends_local", "must be a day where the start is one");
  }
  ENTENTE_TRY(const Instant starts,
              settle("meeting.starts_local", meeting.starts_local(), std::chrono::seconds(0)));
  // The last day with it.
  ENTENTE_TRY(const Instant ends, settle("meeting.ends_local", meeting.ends_local(),
                                         std::chrono::hours(days ? 24 : 0)));
  if (ends <= starts) return invalid_argument("meeting.ends_local", "must lie after the start");
  if (ends - starts > std::chrono::days(limits::meeting_days_max)) {
    return invalid_argument("meeting.ends_local", "must lie within a year of the start");
  }
  set_time(*meeting.mutable_starts_at(), starts);
  set_time(*meeting.mutable_ends_at(), ends);
  return {};
}

Status settle_visibility(const std::string& field, std::string_view process,
                         v1::Visibility& visibility) {
  if (visibility.audience().any_of().empty() && visibility.audience().none_of().empty()) {
    const std::string of = "process/" + *policy::id_in(process, "processes/") + "/";
    for (const char* standing : {"members", "chair", "secretariat"}) {
      visibility.mutable_audience()->add_any_of(of + standing);
    }
  }
  if (visibility.handling() == v1::HANDLING_UNSPECIFIED) {
    visibility.set_handling(v1::HANDLING_LIMITED);
  }
  if (visibility.handling() != v1::HANDLING_OPEN && visibility.handling() != v1::HANDLING_LIMITED) {
    return invalid_argument(field + ".handling",
                            "must be open or limited: what is more goes into its papers");
  }
  if (visibility.has_embargo_until() || visibility.has_expires_at()) {
    return invalid_argument(field, "has neither embargo nor expiry");
  }
  return {};
}

policy::Guard guard_of(const record::Guard& row) {
  policy::Guard guard;
  guard.audience = static_cast<policy::AudienceId>(row.audience());
  guard.handling = static_cast<policy::Handling>(row.handling());
  guard.process = row.process();
  return guard;
}

policy::Guard guard_of_process(const v1::Visibility& visibility, std::string_view process) {
  policy::Guard guard;
  guard.handling = static_cast<policy::Handling>(visibility.handling());
  guard.process = *policy::id_in(process, "processes/");
  return guard;
}

record::Guard to_record(const policy::Guard& guard) {
  record::Guard row;
  row.set_audience(static_cast<std::uint32_t>(guard.audience));
  row.set_handling(static_cast<std::uint32_t>(guard.handling));
  row.set_process(guard.process);
  return row;
}

std::vector<policy::Principal> principals_of_chairs(const v1::Meeting& meeting) {
  std::vector<policy::Principal> principals;
  for (const std::string& chair : meeting.chairs()) {
    if (const auto party = policy::id_in(chair, "parties/")) {
      principals.push_back(policy::Principal::make(policy::Principal::Kind::Party, *party));
    } else if (const auto person = policy::id_in(chair, "persons/")) {
      principals.push_back(policy::Principal::make(policy::Principal::Kind::Person, *person));
    }
  }
  return principals;
}

bool presides(const policy::Subject& subject, const v1::Meeting& meeting) {
  if (subject.person.empty()) return false;  // no program presides
  return std::any_of(meeting.chairs().begin(), meeting.chairs().end(), [&](const auto& chair) {
    return chair == "persons/" + subject.person || chair == "parties/" + subject.party;
  });
}

std::set<std::string> items_of(const policy::Subject& subject, const v1::Meeting& meeting) {
  std::set<std::string> items;
  const auto id = parse_meeting_name(meeting.name());
  const auto process = policy::id_in(meeting.process(), "processes/");
  if (!id || !process) return items;
  for (const v1::AgendaItem& item : meeting.agenda()) {
    const auto seat =
        policy::Principal::make(policy::Principal::Kind::Body, *process, body_of(*id, item.id()));
    if (subject.principals.count(seat) != 0) items.insert(item.id());
  }
  return items;
}

v1::Meeting to_wire(const policy::Opened<record::Meeting>& meeting,
                    const policy::Subject& subject) {
  v1::Meeting wire = meeting->shown();
  clear_callers(wire);
  wire.set_presides(presides(subject, wire));
  for (int i = 0; i < wire.agenda_size(); ++i) {
    wire.mutable_agenda(i)->set_number(static_cast<std::uint32_t>(i + 1));
  }
  return wire;
}

v1::Meeting to_wire_in_part(const policy::Opened<record::Meeting>& meeting,
                            const policy::Subject& subject, const std::set<std::string>& items) {
  const v1::Meeting& all = meeting->shown();
  v1::Meeting wire;
  wire.set_name(all.name());
  wire.set_process(all.process());
  *wire.mutable_title() = all.title();
  wire.set_level(all.level());
  wire.set_state(all.state());
  wire.set_starts_local(all.starts_local());
  wire.set_ends_local(all.ends_local());
  wire.set_time_zone(all.time_zone());
  *wire.mutable_starts_at() = all.starts_at();
  *wire.mutable_ends_at() = all.ends_at();
  *wire.mutable_place() = all.place();
  if (all.has_registration_until()) {
    *wire.mutable_registration_until() = all.registration_until();
  }
  wire.set_discreet(all.discreet());
  wire.set_sequence(all.sequence());
  *wire.mutable_recorded_at() = all.recorded_at();
  wire.set_cancelled_because(all.cancelled_because());
  for (const v1::AgendaItem& item : all.agenda()) {
    if (items.count(item.id()) != 0) *wire.add_agenda() = item;
  }
  wire.set_in_part(true);
  wire.set_presides(presides(subject, all));
  return wire;
}

v1::MeetingSeries to_wire(const policy::Opened<record::Series>& series) { return series->shown(); }

}  // namespace entente::meetings
