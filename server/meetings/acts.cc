// The rpcs that act, and what leads up to them: each validates, decides, acts, records and replies
// within one transaction.
#include <algorithm>
#include <map>

#include "proto/contract/bytes.h"
#include "proto/contract/limits_meetings.h"
#include "proto/contract/text.h"
#include "server/meetings/service.h"
#include "server/policy/audience.h"

namespace entente::meetings {
namespace {

using policy::Action;
using policy::Principal;

constexpr std::size_t kItemIdBytes = 4;

Principal secretariat_of(const std::string& process) {
  return Principal::make(Principal::Kind::Secretariat, process);
}

// What a calendar shows of a meeting: if that changes, its sequence does.
std::string calendar_face(const v1::Meeting& meeting) {
  v1::Meeting face;
  face.set_state(meeting.state());
  face.set_starts_local(meeting.starts_local());
  face.set_ends_local(meeting.ends_local());
  face.set_time_zone(meeting.time_zone());
  face.set_discreet(meeting.discreet());
  std::string text = face.SerializeAsString();
  for (const auto* words : {&meeting.title(), &meeting.place()}) {
    const std::map<std::string, std::string> sorted(words->by_language().begin(),
                                                    words->by_language().end());
    for (const auto& [language, said] : sorted) text += '\n' + language + '=' + said;
  }
  return text;
}

// Whether the day of `local`, if it says one, is one of the meeting's. All are days of one clock.
bool is_within_days(const std::string& local, const v1::Meeting& meeting) {
  const std::string day = local.substr(0, 10);
  return day.empty() ||
         (meeting.starts_local().substr(0, 10) <= day && day <= meeting.ends_local().substr(0, 10));
}

// Of the account's own: another's of the same word is another meeting.
std::string id_of_once(const std::string& account, const std::string& once) {
  const Digest digest = sha256("entente/meeting/once\n" + account + '\n' + once);
  return std::string(as_view(digest).substr(0, sizeof(store::Id)));
}

}  // namespace

void Service::record_act(const Subject& subject, Transaction& transaction, std::string_view kind,
                         const std::string& object, const record::Guard& guard) const {
  ledger::Act act;
  act.account = subject.account;
  act.party = subject.party;
  act.session = subject.session;
  act.kind = kind;
  act.object = object;
  act.audience = guard.audience();
  parts_.ledger.record(transaction, act);
}

Status Service::decide_create(const Subject& subject, const std::string& process,
                              const std::string& body, Snapshot& snapshot) const {
  const Instant now = parts_.clock.now();
  for (const std::string& name : {process, body}) {
    if (name.empty()) continue;
    ENTENTE_TRY(const auto found, parts_.neighbours.guard_of(snapshot, name));
    const policy::Decision seen =
        policy::decide(subject, Action::Read, found.value_or(policy::Guard()), now);
    if (!seen.permits()) return not_found(name);
  }
  policy::Guard own;
  own.handling = policy::Handling::Limited;
  own.process = *policy::id_in(process, "processes/");
  if (policy::decide(subject, Action::KeepProcess, own, now).permits()) return {};
  return not_yours("meetings are kept by the secretariat of the process");
}

// What is said of who sees it, with the secretariat, who keeps it.
Result<policy::Audience> Service::audience_known(const Subject& subject, const std::string& field,
                                                 const v1::Visibility& visibility,
                                                 Snapshot& snapshot) const {
  ENTENTE_TRY(policy::Audience audience, policy::audience_of(field, visibility.audience()));
  ENTENTE_TRY(const std::vector<std::string> unknown,
              parts_.neighbours.unknown_in(subject, audience, snapshot));
  if (unknown.empty()) return audience;
  return invalid_argument(field,
                          "names `" + unknown.front() + "`, which is nothing that you can see");
}

// --- series -------------------------------------------------------------------------------------

Result<v1::MeetingSeries> Service::create_series(const Subject& subject,
                                                 const v1::CreateSeriesRequest& message,
                                                 Transaction& transaction) {
  v1::MeetingSeries series = message.series();
  ENTENTE_TRY_VOID(check_series(series));
  ENTENTE_TRY_VOID(
      settle_visibility("series.visibility", series.process(), *series.mutable_visibility()));
  ENTENTE_TRY_VOID(decide_create(subject, series.process(), series.body(), transaction));
  policy::Guard guard = guard_of_process(series.visibility(), series.process());
  ENTENTE_TRY(policy::Audience audience, audience_known(subject, "series.visibility.audience",
                                                        series.visibility(), transaction));
  audience.any_of.insert(secretariat_of(guard.process));
  ENTENTE_TRY(guard.audience, parts_.neighbours.intern(transaction, audience));
  record::Series row;
  row.set_id(parts_.entropy.bytes(sizeof(store::Id)));
  *row.mutable_guard() = to_record(guard);
  series.set_ended(false);
  series.set_recorded_by(subject.account);
  *row.mutable_shown() = std::move(series);
  ENTENTE_TRY_VOID(parts_.rows.save(transaction, row, parts_.clock.now()));
  record_act(subject, transaction, acts::create_series, row.shown().name(), row.guard());
  return row.shown();
}

Result<v1::MeetingSeries> Service::update_series(const Subject& subject,
                                                 const v1::UpdateSeriesRequest& message,
                                                 Transaction& transaction) {
  const v1::MeetingSeries& said = message.series();
  const auto id = parse_series_name(said.name());
  if (!id) return not_found(said.name());
  ENTENTE_TRY(std::optional<Rows::Series> found, parts_.rows.find_series(transaction, *id));
  const policy::Guard guard = found ? found->guard() : policy::Guard();
  const Instant now = parts_.clock.now();
  if (!policy::decide(subject, Action::Read, guard, now).permits()) return not_found(said.name());
  const policy::Decision decision = policy::decide(subject, Action::KeepProcess, guard, now);
  if (!decision.permits()) return not_yours("a series is kept by the secretariat of the process");
  record::Series row = std::move(*found).take(decision);
  if (said.revision() != 0 && said.revision() != row.revision()) return stale(row.revision());
  v1::MeetingSeries next = row.shown();
  *next.mutable_title() = said.title();
  *next.mutable_description() = said.description();
  next.set_ended(said.ended());
  if (said.has_visibility()) *next.mutable_visibility() = said.visibility();
  ENTENTE_TRY_VOID(check_series(next));
  ENTENTE_TRY_VOID(
      settle_visibility("series.visibility", next.process(), *next.mutable_visibility()));
  policy::Guard after = guard_of_process(next.visibility(), next.process());
  ENTENTE_TRY(policy::Audience audience, audience_known(subject, "series.visibility.audience",
                                                        next.visibility(), transaction));
  audience.any_of.insert(secretariat_of(after.process));
  ENTENTE_TRY(after.audience, parts_.neighbours.intern(transaction, audience));
  next.set_recorded_by(subject.account);
  *row.mutable_guard() = to_record(after);
  *row.mutable_shown() = std::move(next);
  ENTENTE_TRY_VOID(parts_.rows.save(transaction, row, now));
  record_act(subject, transaction, acts::update_series, row.shown().name(), row.guard());
  return row.shown();
}

// --- meetings -----------------------------------------------------------------------------------

// That whoever presides or leads, and the series, is somebody and something that the subject sees;
// and that what is yet to come is of a process that is at work.
Status Service::check_known(const Subject& subject, const v1::Meeting& meeting,
                            Snapshot& snapshot) const {
  const Instant now = parts_.clock.now();
  if (instant_of(meeting.starts_at()) > now) {
    ENTENTE_TRY(const auto processes, parts_.neighbours.processes(subject, snapshot));
    for (const Neighbours::Process& one : processes) {
      if (one.at_work || "processes/" + one.id != meeting.process()) continue;
      return Status(Code::FailedPrecondition, Reason::StillInUse,
                    "the process is dormant or over: what was can be entered, nothing be planned");
    }
  }
  const auto check = [&](const std::string& field, const std::string& name) -> Status {
    if (name.empty()) return {};
    ENTENTE_TRY(const auto guard, parts_.neighbours.guard_of(snapshot, name));
    const policy::Guard over = guard.value_or(policy::Guard());
    if (policy::decide(subject, Action::Read, over, now).permits()) return {};
    return invalid_argument(field, "names `" + name + "`, which is nothing that you can see");
  };
  for (const std::string& chair : meeting.chairs()) {
    ENTENTE_TRY_VOID(check("meeting.chairs", chair));
  }
  for (const v1::AgendaItem& item : meeting.agenda()) {
    ENTENTE_TRY_VOID(check("meeting.agenda.lead", item.lead()));
  }
  if (meeting.series().empty()) return {};
  const Status none = invalid_argument(
      "meeting.series", "names `" + meeting.series() + "`, which is nothing that you can see");
  const auto id = parse_series_name(meeting.series());
  if (!id) return none;
  ENTENTE_TRY(const auto found, parts_.rows.find_series(snapshot, *id));
  const policy::Guard guard = found ? found->guard() : policy::Guard();
  const policy::Decision decision = policy::decide(subject, Action::Read, guard, now);
  if (!decision.permits()) return none;
  if (found->open(decision)->shown().process() == meeting.process()) return {};
  return invalid_argument("meeting.series", "must be of the same process");
}

// Gives new items their ids; papers that the subject does not see stay with the item that they are
// of.
Status Service::settle_agenda(const Subject& subject, const v1::Meeting& before, v1::Meeting& next,
                              Snapshot& snapshot) const {
  std::map<std::string, const v1::AgendaItem*> known;
  for (const v1::AgendaItem& item : before.agenda()) known[item.id()] = &item;
  std::set<std::string> used;
  for (v1::AgendaItem& item : *next.mutable_agenda()) {
    item.clear_number();
    const auto before_this = known.find(item.id());
    const std::string kept =
        before_this == known.end() ? std::string() : before_this->second->starts_local();
    // Of a meeting that is moved the agenda may follow later.
    if (item.starts_local() != kept && !is_within_days(item.starts_local(), next)) {
      return invalid_argument("meeting.agenda.starts_local", "must lie on a day of the meeting");
    }
    for (const std::string& name : item.documents()) {
      ENTENTE_TRY(const auto seen, parts_.neighbours.document(subject, name, snapshot));
      if (!seen) return not_found(name);
    }
    if (item.id().empty()) {
      item.set_id(to_hex(parts_.entropy.bytes(kItemIdBytes)));
      continue;
    }
    const auto was = known.find(item.id());
    if (was == known.end() || !used.insert(item.id()).second) {
      return invalid_argument("meeting.agenda.id", "is no item of this meeting, or comes twice");
    }
    for (const std::string& name : was->second->documents()) {
      ENTENTE_TRY(const auto seen, parts_.neighbours.document(subject, name, snapshot));
      if (!seen) item.add_documents(name);
    }
  }
  return {};
}

Status Service::set_guards(const Subject& subject, record::Meeting& row,
                           Transaction& transaction) const {
  const v1::Meeting& meeting = row.shown();
  policy::Guard guard = guard_of_process(meeting.visibility(), meeting.process());
  ENTENTE_TRY(policy::Audience whole, audience_known(subject, "meeting.visibility.audience",
                                                     meeting.visibility(), transaction));
  whole.any_of.insert(secretariat_of(guard.process));
  for (const Principal& chair : principals_of_chairs(meeting)) whole.any_of.insert(chair);
  const store::Id id = store::Id::from(row.id());
  const auto seats = [&](std::string_view item) {
    return Principal::make(Principal::Kind::Body, guard.process, body_of(id, item));
  };
  whole.any_of.insert(seats(""));
  ENTENTE_TRY(guard.audience, parts_.neighbours.intern(transaction, whole));
  *row.mutable_guard() = to_record(guard);
  for (const v1::AgendaItem& item : meeting.agenda()) whole.any_of.insert(seats(item.id()));
  ENTENTE_TRY(guard.audience, parts_.neighbours.intern(transaction, whole));
  *row.mutable_frame() = to_record(guard);
  return {};
}

// An item to which somebody is asked stays.
Status Service::check_items(const v1::Meeting& next, const store::Id& meeting,
                            Snapshot& snapshot) const {
  std::set<std::string> stay;
  for (const v1::AgendaItem& item : next.agenda()) stay.insert(item.id());
  ENTENTE_TRY(const auto all, parts_.rows.participants(snapshot, meeting));
  for (const record::Participant& one : all) {
    if (one.shown().state() == v1::Participant::REMOVED) continue;
    for (const std::string& item : one.shown().items()) {
      if (stay.count(item) != 0) continue;
      return Status(Code::FailedPrecondition, Reason::StillInUse,
                    "somebody is asked to the item `" + item + "`, which would go");
    }
  }
  return {};
}

// To its secretariat, who has just changed it.
Result<v1::Meeting> Service::reply(const Subject& subject, const record::Meeting& row,
                                   Snapshot& snapshot) const {
  v1::Meeting wire = row.shown();
  for (int i = 0; i < wire.agenda_size(); ++i) {
    wire.mutable_agenda(i)->set_number(static_cast<std::uint32_t>(i + 1));
  }
  wire.set_keeps(true);
  wire.set_presides(presides(subject, wire));
  ENTENTE_TRY_VOID(add_papers(subject, wire, snapshot));
  ENTENTE_TRY_VOID(add_participants(subject, Whose::All, wire, snapshot));
  return wire;
}

Result<record::Meeting> Service::take(const Subject& subject, std::string_view name,
                                      Snapshot& snapshot) const {
  const auto id = parse_meeting_name(name);
  if (!id) return not_found(name);
  ENTENTE_TRY(std::optional<Rows::Meeting> found, parts_.rows.find(snapshot, *id));
  const policy::Guard guard = found ? found->guard() : policy::Guard();
  const Instant now = parts_.clock.now();
  if (!policy::decide(subject, Action::Read, guard, now).permits()) return not_found(name);
  const policy::Decision decision = policy::decide(subject, Action::KeepProcess, guard, now);
  if (!decision.permits()) return not_yours("a meeting is kept by the secretariat of its process");
  return std::move(*found).take(decision);
}

Result<v1::Meeting> Service::create_meeting(const Subject& subject,
                                            const v1::CreateMeetingRequest& message,
                                            Transaction& transaction) {
  const v1::Meeting& said = message.meeting();
  ENTENTE_TRY_VOID(check_meeting(said));
  if (!message.once().empty() && !policy::is_id(message.once()))
    return invalid_argument("once", "must be 1 to 64 of [A-Za-z0-9._-]");
  ENTENTE_TRY_VOID(decide_create(subject, said.process(), said.body(), transaction));
  record::Meeting row;
  row.set_id(message.once().empty() ? parts_.entropy.bytes(sizeof(store::Id))
                                    : id_of_once(subject.account, message.once()));
  const store::Id id = store::Id::from(row.id());
  ENTENTE_TRY(const auto made, parts_.rows.find(transaction, id));
  if (made) {  // the same call again, whose answer was lost
    ENTENTE_TRY(const record::Meeting kept, take(subject, meeting_name(id), transaction));
    record_act(subject, transaction, acts::create, kept.shown().name(), kept.guard());
    return reply(subject, kept, transaction);
  }
  v1::Meeting& shown = *row.mutable_shown();
  shown = said;
  shown.clear_participants();
  shown.clear_documents();
  shown.clear_cancelled_because();
  shown.set_sequence(0);
  if (shown.state() == v1::Meeting::STATE_UNSPECIFIED) shown.set_state(v1::Meeting::PLANNED);
  if (shown.attribution() == v1::Meeting::ATTRIBUTION_UNSPECIFIED) {
    shown.set_attribution(v1::Meeting::CHATHAM_HOUSE);
  }
  ENTENTE_TRY_VOID(settle_times(parts_.zones, shown));
  ENTENTE_TRY_VOID(
      settle_visibility("meeting.visibility", shown.process(), *shown.mutable_visibility()));
  ENTENTE_TRY_VOID(check_known(subject, shown, transaction));
  ENTENTE_TRY_VOID(settle_agenda(subject, v1::Meeting(), shown, transaction));
  ENTENTE_TRY_VOID(set_guards(subject, row, transaction));
  const Instant now = parts_.clock.now();
  set_time(*shown.mutable_recorded_at(), now);
  ENTENTE_TRY_VOID(parts_.rows.save(transaction, row, now));
  record_act(subject, transaction, acts::create, shown.name(), row.guard());
  return reply(subject, row, transaction);
}

Result<v1::Meeting> Service::update_meeting(const Subject& subject,
                                            const v1::UpdateMeetingRequest& message,
                                            Transaction& transaction) {
  const v1::Meeting& said = message.meeting();
  ENTENTE_TRY(record::Meeting row, take(subject, said.name(), transaction));
  if (said.revision() != 0 && said.revision() != row.revision()) return stale(row.revision());
  v1::Meeting next = said;
  const v1::Meeting& was = row.shown();
  next.set_process(was.process());
  next.set_body(was.body());
  next.clear_participants();
  next.clear_documents();
  next.set_cancelled_because(was.cancelled_because());
  if (!said.has_visibility()) *next.mutable_visibility() = was.visibility();
  if (said.attribution() == v1::Meeting::ATTRIBUTION_UNSPECIFIED) {
    next.set_attribution(was.attribution());
  }
  const bool cancelled = was.state() == v1::Meeting::CANCELLED;
  if (cancelled || said.state() == v1::Meeting::STATE_UNSPECIFIED) next.clear_state();
  ENTENTE_TRY_VOID(check_meeting(next));
  if (next.state() == v1::Meeting::STATE_UNSPECIFIED) next.set_state(was.state());
  ENTENTE_TRY_VOID(settle_times(parts_.zones, next));
  ENTENTE_TRY_VOID(
      settle_visibility("meeting.visibility", next.process(), *next.mutable_visibility()));
  ENTENTE_TRY_VOID(check_known(subject, next, transaction));
  ENTENTE_TRY_VOID(settle_agenda(subject, was, next, transaction));
  ENTENTE_TRY_VOID(check_items(next, store::Id::from(row.id()), transaction));
  const Instant now = parts_.clock.now();
  next.set_sequence(was.sequence());
  *next.mutable_recorded_at() = was.recorded_at();
  if (calendar_face(next) != calendar_face(was)) {
    next.set_sequence(was.sequence() + 1);
    set_time(*next.mutable_recorded_at(), now);
  }
  *row.mutable_shown() = std::move(next);
  ENTENTE_TRY_VOID(set_guards(subject, row, transaction));
  ENTENTE_TRY_VOID(parts_.rows.save(transaction, row, now));
  record_act(subject, transaction, acts::update, row.shown().name(), row.guard());
  return reply(subject, row, transaction);
}

Result<v1::Meeting> Service::cancel_meeting(const Subject& subject,
                                            const v1::CancelMeetingRequest& message,
                                            Transaction& transaction) {
  constexpr std::size_t because_bytes_max = 1'024;
  if (message.because().size() > because_bytes_max || !is_plain(message.because())) {
    return invalid_argument("because", "must be at most 1024 bytes of plain text");
  }
  ENTENTE_TRY(record::Meeting row, take(subject, message.name(), transaction));
  v1::Meeting& shown = *row.mutable_shown();
  if (shown.state() != v1::Meeting::CANCELLED) {
    const Instant now = parts_.clock.now();
    shown.set_state(v1::Meeting::CANCELLED);
    shown.set_cancelled_because(message.because());
    shown.set_sequence(shown.sequence() + 1);
    set_time(*shown.mutable_recorded_at(), now);
    ENTENTE_TRY_VOID(parts_.rows.save(transaction, row, now));
  }
  record_act(subject, transaction, acts::cancel, shown.name(), row.guard());
  return reply(subject, row, transaction);
}

}  // namespace entente::meetings
