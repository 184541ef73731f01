#include "server/meetings/shelf.h"

#include <algorithm>

namespace entente::meetings {

void Shelf::put(const record::Meeting& row) {
  auto one = std::make_shared<ShelvedMeeting>();
  const v1::Meeting& shown = row.shown();
  one->id = store::Id::from(row.id());
  one->guard = guard_of(row.guard());
  one->frame = guard_of(row.frame());
  one->starts_at = instant_of(shown.starts_at());
  one->ends_at = instant_of(shown.ends_at());
  one->begins = parse_local(shown.starts_local()).value_or(LocalTime());
  one->ends = parse_local(shown.ends_local()).value_or(LocalTime());
  if (is_day(shown.ends_local())) one->ends += std::chrono::days(1);
  one->process = shown.process();
  one->body = shown.body();
  one->series = shown.series();
  one->level = shown.level();
  one->topics.assign(shown.topics().begin(), shown.topics().end());
  one->chairs.assign(shown.chairs().begin(), shown.chairs().end());
  // Bodies, in which somebody may be seated.
  std::vector<Seating> bodies;
  const auto body = [&](const std::string& item) {
    const std::string key = shown.name() + "#body" + item;
    const policy::Body being{.process = one->guard.process, .id = body_of(one->id, item)};
    bodies.push_back({.key = key,
                      .fact = policy::Fact{.key = key, .body = being, .span = {}},
                      .recorded_at = {}});
  };
  body("");
  for (const v1::AgendaItem& item : shown.agenda()) body(item.id());
  std::unique_lock lock(mutex_);
  if (const auto before = meetings_.find(one->id); before != meetings_.end()) {
    order_.erase({before->second->starts_at, one->id});
  }
  order_[{one->starts_at, one->id}] = one;
  meetings_[one->id] = std::move(one);
  lock.unlock();
  neighbours_.seat(bodies, 0);
}

void Shelf::put(const record::Series& row) {
  auto one = std::make_shared<ShelvedSeries>();
  one->id = store::Id::from(row.id());
  one->guard = guard_of(row.guard());
  one->process = row.shown().process();
  one->body = row.shown().body();
  one->ended = row.shown().ended();
  const std::unique_lock lock(mutex_);
  series_[one->id] = std::move(one);
}

void Shelf::put(const record::Participant& row, Taken taken) {
  const v1::Participant& shown = row.shown();
  const auto name = parse_participant_name(shown.name());
  const auto found = name ? meeting(name->meeting) : nullptr;
  if (found == nullptr) return;
  Goer goer{.party = shown.party(),
            .person = shown.person(),
            .seats = {},
            .seats_taken = row.seats_taken()};
  std::vector<Seating> seatings;
  for (const auto& [key, fact] : seats_of(found->guard.process, found->id, row)) {
    goer.seats.insert(key);
    seatings.push_back(
        {.key = key, .fact = fact, .recorded_at = from_micros(row.recorded_at_us())});
  }
  const bool comes =
      shown.state() == v1::Participant::INVITED || shown.state() == v1::Participant::REGISTERED;
  std::uint64_t changes = 0;
  {
    const std::unique_lock lock(mutex_);
    Goer& before = goers_[name->meeting][name->participant];
    for (const std::string& key : before.seats) {
      if (goer.seats.count(key) != 0) continue;
      seatings.push_back(
          {.key = key, .fact = std::nullopt, .recorded_at = from_micros(row.recorded_at_us())});
    }
    if (!comes || is_guest(shown)) goer.party.clear();
    if (taken == Taken::Anew) changes = goer.seats_taken - before.seats_taken;
    before = std::move(goer);
  }
  if (!seatings.empty() || changes != 0) neighbours_.seat(seatings, changes);
}

bool Shelf::goes(const policy::Subject& subject, const store::Id& meeting) const {
  const std::shared_lock lock(mutex_);
  const auto found = goers_.find(meeting);
  if (found == goers_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const auto& one) {
    const Goer& goer = one.second;
    if (goer.party != "parties/" + subject.party) return false;
    return goer.person.empty() || goer.person == "persons/" + subject.person;
  });
}

Status Shelf::load() {
  const auto snapshot = rows_.store().snapshot();
  ENTENTE_TRY_VOID(rows_.each_meeting(*snapshot, [this](const record::Meeting& row) { put(row); }));
  ENTENTE_TRY_VOID(rows_.each_series(*snapshot, [this](const record::Series& row) { put(row); }));
  std::vector<record::Participant> all;
  ENTENTE_TRY_VOID(rows_.each_participant_revision(
      *snapshot, [&](record::Participant row) { all.push_back(std::move(row)); }));
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::pair(a.recorded_at_us(), a.revision()) <
           std::pair(b.recorded_at_us(), b.revision());
  });
  for (const record::Participant& row : all) put(row, Taken::Before);
  return {};
}

void Shelf::follow(std::uint64_t, const ledger::Act& act) {
  if (!act.kind.starts_with("meetings.")) return;
  const auto snapshot = rows_.store().snapshot();
  // Who cannot follow would decide by what no longer holds: that is worse than to stop.
  if (const auto id = parse_meeting_name(act.object)) {
    const auto row = rows_.read_meeting(*snapshot, *id);
    ENTENTE_CHECK(row.ok());
    if (*row) put(**row);
    for (const std::string& touched : act.touched) {
      const auto name = parse_participant_name(touched);
      if (!name) continue;
      const auto participant = rows_.read_participant(*snapshot, *name);
      ENTENTE_CHECK(participant.ok());
      if (*participant) put(**participant, Taken::Anew);
    }
  } else if (const auto series = parse_series_name(act.object)) {
    const auto row = rows_.read_series(*snapshot, *series);
    ENTENTE_CHECK(row.ok());
    if (*row) put(**row);
  }
}

Result<std::optional<policy::Guard>> Shelf::find_guard(store::Snapshot& snapshot,
                                                       std::string_view resource_name,
                                                       const policy::AsOf& as_of) const {
  std::optional<policy::Guard> guard;
  const Instant known = std::min(as_of.known_at, as_of.when);
  if (const auto seat = parse_seat_name(resource_name)) {
    if (const auto found = meeting(seat->meeting)) {
      guard = seat->item.empty() ? found->guard : found->frame;
    }
    return guard;
  }
  if (const auto name = parse_record_name(resource_name); name && name->revision == 0) {
    ENTENTE_TRY_VOID(
        rows_.each_record_revision(snapshot, name->meeting, [&](const record::Record& then) {
          if (from_micros(then.recorded_at_us()) <= known) guard = guard_of(then.guard());
        }));
    return guard;
  }
  if (const auto id = parse_meeting_name(resource_name)) {
    if (meeting(*id) == nullptr) return guard;
    ENTENTE_TRY_VOID(
        rows_.each_guard(snapshot, *id, [&](Instant recorded_at, const record::Meeting& then) {
          if (recorded_at <= known) guard = guard_of(then.guard());
        }));
  }
  return guard;
}

Result<std::vector<policy::ObjectGroup>> Shelf::objects(store::Snapshot&) const {
  std::vector<policy::ObjectGroup> groups;
  const std::shared_lock lock(mutex_);
  for (const auto& [id, one] : meetings_) {
    const auto same = std::find_if(groups.begin(), groups.end(), [&one = one](const auto& group) {
      return group.guard == one->guard;
    });
    if (same != groups.end()) {
      ++same->count;
    } else {
      groups.push_back({.kind = "meeting", .guard = one->guard, .count = 1});
    }
  }
  return groups;
}

std::shared_ptr<const ShelvedMeeting> Shelf::meeting(const store::Id& id) const {
  const std::shared_lock lock(mutex_);
  const auto found = meetings_.find(id);
  return found == meetings_.end() ? nullptr : found->second;
}

void Shelf::each_meeting(bool last_first, const std::optional<Place>& after,
                         const std::function<bool(const ShelvedMeeting&)>& visit) const {
  const std::shared_lock lock(mutex_);
  if (last_first) {
    auto at = after ? std::make_reverse_iterator(order_.lower_bound(*after)) : order_.rbegin();
    for (; at != order_.rend(); ++at) {
      if (!visit(*at->second)) return;
    }
    return;
  }
  auto at = after ? order_.upper_bound(*after) : order_.begin();
  for (; at != order_.end(); ++at) {
    if (!visit(*at->second)) return;
  }
}

std::vector<std::shared_ptr<const ShelvedSeries>> Shelf::series() const {
  std::vector<std::shared_ptr<const ShelvedSeries>> all;
  const std::shared_lock lock(mutex_);
  all.reserve(series_.size());
  for (const auto& [id, one] : series_) all.push_back(one);
  return all;
}

}  // namespace entente::meetings
