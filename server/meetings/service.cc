// The rpcs that change nothing, and what they stand on.
#include "server/meetings/service.h"

#include <algorithm>
#include <vector>

#include "proto/contract/bytes.h"
#include "proto/contract/limits_meetings.h"

namespace entente::meetings {
namespace {

using policy::Action;
using policy::Principal;

std::string place_text(const Shelf::Place& place) {
  return std::to_string(to_micros(place.first)) + "." + to_hex(place.second.view());
}

// Of a text that a token of ours bore.
std::optional<Shelf::Place> read_place(const std::string& text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string::npos) return std::nullopt;
  const std::optional<std::string> id = from_hex(text.substr(dot + 1));
  if (!id || id->size() != sizeof(store::Id)) return std::nullopt;
  return Shelf::Place(from_micros(std::stoll(text.substr(0, dot))), store::Id::from(*id));
}

bool holds(const policy::Subject& subject, Principal::Kind kind, std::string_view first,
           std::string_view second) {
  return subject.principals.count(Principal::make(kind, first, second)) != 0;
}

// Whether one of `names` is the subject, or the subject's whole party.
bool names_subject(const policy::Subject& subject, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return name == "parties/" + subject.party ||
           (!subject.person.empty() && name == "persons/" + subject.person);
  });
}

bool sits_in(const policy::Subject& subject, const std::string& process, const std::string& body) {
  const auto of = policy::id_in(process, "processes/");
  const auto id = policy::id_in(body, process + "/bodies/");
  return of && id && holds(subject, Principal::Kind::Body, *of, *id);
}

bool fits(const std::string& wanted, const std::string& is) {
  return wanted.empty() || wanted == is;
}

Status check_days(const v1::ListMeetingsRequest& query) {
  const auto wrong = [](const std::string& day) {
    return !day.empty() && (!is_day(day) || !parse_local(day));
  };
  if (wrong(query.since_day()))
    return invalid_argument("since_day", "must be a day such as `2027-03-14`, from 1985 to 2099");
  if (wrong(query.until_day()))
    return invalid_argument("until_day", "must be a day such as `2027-03-14`, from 1985 to 2099");
  return {};
}

}  // namespace

void Service::add_to(identity::Gate& gate) {
  const std::string service = "entente.v1.MeetingService.";
  gate.reads(service + "GetMeeting", this, &Service::get_meeting);
  gate.reads(service + "ListMeetings", this, &Service::list_meetings);
  gate.reads(service + "ListSeries", this, &Service::list_series);
  gate.acts(service + "CreateSeries", this, &Service::create_series);
  gate.acts(service + "UpdateSeries", this, &Service::update_series);
  gate.acts(service + "CreateMeeting", this, &Service::create_meeting);
  gate.acts(service + "UpdateMeeting", this, &Service::update_meeting);
  gate.acts(service + "CancelMeeting", this, &Service::cancel_meeting);
}

// Of each item's papers those that the subject may see, and what they are.
Status Service::add_papers(const Subject& subject, v1::Meeting& wire, Snapshot& snapshot) const {
  std::set<std::string> shown;
  for (v1::AgendaItem& item : *wire.mutable_agenda()) {
    google::protobuf::RepeatedPtrField<std::string> seen;
    for (const std::string& name : item.documents()) {
      ENTENTE_TRY(std::optional<v1::Document> document,
                  parts_.neighbours.document(subject, name, snapshot));
      if (!document) continue;
      *seen.Add() = name;
      if (shown.insert(name).second) *wire.add_documents() = *std::move(document);
    }
    item.mutable_documents()->Swap(&seen);
  }
  return {};
}

// As far as the subject may see it; nothing: not at all.
Result<std::optional<v1::Meeting>> Service::show(const Subject& subject, const store::Id& id,
                                                 Snapshot& snapshot) const {
  using Shown = std::optional<v1::Meeting>;
  const Instant now = parts_.clock.now();
  ENTENTE_TRY(const std::optional<Rows::Meeting> found, parts_.rows.find(snapshot, id));
  const policy::Guard guard = found ? found->guard() : policy::Guard();
  const policy::Decision decision = policy::decide(subject, Action::Read, guard, now);
  if (!decision.permits()) {
    ENTENTE_TRY(const std::optional<Rows::Meeting> framed, parts_.rows.find_frame(snapshot, id));
    const policy::Guard frame = framed ? framed->guard() : policy::Guard();
    const policy::Decision part = policy::decide(subject, Action::Read, frame, now);
    if (!part.permits()) return Shown();
    const policy::Opened<record::Meeting> opened = framed->open(part);
    return Shown(to_wire_in_part(opened, subject, items_of(subject, opened->shown())));
  }
  Shown wire = to_wire(found->open(decision), subject);
  wire->set_keeps(policy::decide(subject, Action::KeepProcess, guard, now).permits());
  return wire;
}

Status Service::add_participants(const Subject& subject, Whose whose, v1::Meeting& wire,
                                 Snapshot& snapshot) const {
  ENTENTE_TRY(std::vector<record::Participant> all,
              parts_.rows.participants(snapshot, *parse_meeting_name(wire.name())));
  if (whose == Whose::OwnParty) {
    const std::string own = "parties/" + subject.party;
    std::erase_if(all, [&](const record::Participant& one) { return one.shown().party() != own; });
  }
  std::set<std::string> items;
  for (const v1::AgendaItem& item : wire.agenda()) items.insert(item.id());
  ENTENTE_TRY(
      const std::vector<v1::Participant> shown,
      shown_to(subject, all, wire.in_part() ? &items : nullptr, parts_.neighbours, snapshot));
  wire.mutable_participants()->Assign(shown.begin(), shown.end());
  return {};
}

Result<v1::Meeting> Service::get_meeting(const Subject& subject,
                                         const v1::GetMeetingRequest& message, Snapshot& snapshot) {
  const std::optional<store::Id> id = parse_meeting_name(message.name());
  if (!id) return not_found(message.name());
  ENTENTE_TRY(std::optional<v1::Meeting> wire, show(subject, *id, snapshot));
  if (!wire) return not_found(message.name());
  ENTENTE_TRY_VOID(add_papers(subject, *wire, snapshot));
  ENTENTE_TRY_VOID(add_participants(subject, Whose::All, *wire, snapshot));
  ENTENTE_TRY(const auto record, parts_.rows.find_record(snapshot, *id));
  const policy::Guard over = record ? record->guard() : policy::Guard();
  const policy::Decision seen = policy::decide(subject, Action::Read, over, parts_.clock.now());
  wire->set_has_record(seen.permits());
  if (seen.permits()) {
    wire->set_record_adopted(record->open(seen)->shown().state() == v1::MeetingRecord::ADOPTED);
  }
  return *std::move(wire);
}

bool Service::matches(const Subject& subject, const v1::ListMeetingsRequest& query,
                      const ShelvedMeeting& one, Instant now) const {
  if (!fits(query.process(), one.process)) return false;
  if (query.level() != v1::Meeting::LEVEL_UNSPECIFIED && query.level() != one.level) return false;
  if (query.upcoming() && one.ends_at <= now) return false;
  if (query.has_since() && one.ends_at <= instant_of(query.since())) return false;
  if (query.has_until() && one.starts_at >= instant_of(query.until())) return false;
  if (!query.since_day().empty() && one.ends <= *parse_local(query.since_day())) return false;
  if (!query.until_day().empty() && one.begins >= *parse_local(query.until_day())) return false;
  const bool whole = policy::decide(subject, Action::Read, one.guard, now).permits();
  if (!whole) {
    // Of what is not shown to them they find nothing by it.
    const bool asks_more =
        !query.body().empty() || !query.series().empty() || !query.topic().empty();
    return !asks_more && policy::decide(subject, Action::Read, one.frame, now).permits();
  }
  const bool about = query.topic().empty() || std::find(one.topics.begin(), one.topics.end(),
                                                        query.topic()) != one.topics.end();
  if (!fits(query.body(), one.body) || !fits(query.series(), one.series) || !about) return false;
  return !query.mine() || parts_.shelf.goes(subject, one.id) ||
         names_subject(subject, one.chairs) || sits_in(subject, one.process, one.body);
}

Result<v1::ListMeetingsReply> Service::list_meetings(const Subject& subject,
                                                     const v1::ListMeetingsRequest& message,
                                                     Snapshot& snapshot) {
  ENTENTE_TRY_VOID(check_days(message));
  v1::ListMeetingsRequest query = message;
  query.clear_page_token();
  query.clear_page_size();
  const std::string bound = "ListMeetings\n" + query.SerializeAsString();
  ENTENTE_TRY(const std::string token,
              page_tokens_.read(subject.account, bound, message.page_token()));
  const std::size_t size = identity::page_size_of(message.page_size());
  const Instant now = parts_.clock.now();
  std::vector<Shelf::Place> places;  // one more than the page, if there is
  parts_.shelf.each_meeting(!message.upcoming(), read_place(token), [&](const auto& one) {
    if (matches(subject, query, one, now)) places.emplace_back(one.starts_at, one.id);
    return places.size() <= size;
  });
  v1::ListMeetingsReply reply;
  if (places.size() > size) {
    places.pop_back();
    reply.set_next_page_token(page_tokens_.make(subject.account, bound, place_text(places.back())));
  }
  for (const auto& [starts_at, id] : places) {
    ENTENTE_TRY(std::optional<v1::Meeting> wire, show(subject, id, snapshot));
    if (!wire) continue;
    if (message.mine()) {
      ENTENTE_TRY_VOID(add_participants(subject, Whose::OwnParty, *wire, snapshot));
    }
    wire->clear_agenda();
    *reply.add_meetings() = *std::move(wire);
  }
  return reply;
}

Result<std::vector<v1::Meeting>> Service::all(const Subject& subject,
                                              const v1::ListMeetingsRequest& query,
                                              Snapshot& snapshot) const {
  ENTENTE_TRY_VOID(check_days(query));
  const Instant now = parts_.clock.now();
  std::vector<store::Id> ids;
  parts_.shelf.each_meeting(/*last_first=*/true, std::nullopt, [&](const ShelvedMeeting& one) {
    if (matches(subject, query, one, now)) ids.push_back(one.id);
    return ids.size() < limits::calendar_meetings_max;
  });
  std::vector<v1::Meeting> meetings;
  for (const store::Id& id : ids) {
    ENTENTE_TRY(std::optional<v1::Meeting> wire, show(subject, id, snapshot));
    if (!wire) continue;
    for (v1::AgendaItem& item : *wire->mutable_agenda()) item.clear_documents();
    meetings.push_back(*std::move(wire));
  }
  return meetings;
}

Result<v1::ListSeriesReply> Service::list_series(const Subject& subject,
                                                 const v1::ListSeriesRequest& message,
                                                 Snapshot& snapshot) {
  const Instant now = parts_.clock.now();
  v1::ListSeriesReply reply;
  for (const auto& one : parts_.shelf.series()) {
    if (!fits(message.process(), one->process) || !fits(message.body(), one->body)) continue;
    if (one->ended && !message.ended()) continue;
    ENTENTE_TRY(const auto found, parts_.rows.find_series(snapshot, one->id));
    const policy::Guard guard = found ? found->guard() : policy::Guard();
    const policy::Decision decision = policy::decide(subject, Action::Read, guard, now);
    if (decision.permits()) *reply.add_series() = to_wire(found->open(decision));
  }
  const auto key = [](const v1::MeetingSeries& one) {
    const auto& titles = one.title().by_language();
    const auto english = titles.find("en");
    return std::pair(english == titles.end() ? titles.begin()->second : english->second,
                     one.name());
  };
  std::sort(reply.mutable_series()->begin(), reply.mutable_series()->end(),
            [&](const auto& a, const auto& b) { return key(a) < key(b); });
  return reply;
}

}  // namespace entente::meetings
