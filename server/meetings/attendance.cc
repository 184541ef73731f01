#include "server/meetings/attendance.h"

#include <algorithm>
#include <tuple>

#include "proto/contract/limits_meetings.h"
#include "proto/contract/text.h"

namespace entente::meetings {
namespace {

using policy::Action;

bool stands(const v1::Participant& one) { return one.state() != v1::Participant::REMOVED; }

// Whether both are the same person, delegation or guest.
bool is_same(const v1::Participant& a, const v1::Participant& b) {
  if (!a.person().empty() || !b.person().empty()) return a.person() == b.person();
  return a.party() == b.party() && a.display_name() == b.display_name();
}

bool same_items(const v1::Participant& a, const v1::Participant& b) {
  return std::equal(a.items().begin(), a.items().end(), b.items().begin(), b.items().end());
}

bool is_day_or_none(const std::string& text) {
  return text.empty() || (is_day(text) && parse_local(text));
}

}  // namespace

void Attendance::add_to(identity::Gate& gate) {
  const std::string service = "entente.v1.AttendanceService.";
  // The gate makes requests of their descriptors, and nothing else here has these linked in.
  google::protobuf::LinkMessageReflection<v1::InviteParticipantRequest>();
  gate.acts(service + "InviteParticipant", this, &Attendance::invite);
  gate.acts(service + "RegisterParticipant", this, &Attendance::register_one);
  gate.acts(service + "RemoveParticipant", this, &Attendance::remove);
}

Result<Attendance::Sight> Attendance::look(const Subject& subject, std::string_view name,
                                           Snapshot& snapshot) const {
  const auto id = parse_meeting_name(name);
  if (!id) return not_found(name);
  const Instant now = parts_.clock.now();
  ENTENTE_TRY(std::optional<Rows::Meeting> found, parts_.rows.find_frame(snapshot, *id));
  const policy::Guard frame = found ? found->guard() : policy::Guard();
  const policy::Decision decision = policy::decide(subject, Action::Read, frame, now);
  if (!decision.permits()) return not_found(name);
  record::Meeting row = std::move(*found).take(decision);
  const policy::Guard guard = guard_of(row.guard());
  Sight sight{.id = *id,
              .guard = row.guard(),
              .meeting = row.shown(),
              .whole = policy::decide(subject, Action::Read, guard, now).permits(),
              .items = items_of(subject, row.shown()),
              .keeps = policy::decide(subject, Action::KeepProcess, guard, now).permits()};
  return sight;
}

// Who it is: a person's party follows from the person, and their name from their entry.
Status Attendance::settle_who(const Subject& subject, v1::Participant& said,
                              Snapshot& snapshot) const {
  if (!said.person().empty()) {
    ENTENTE_TRY(const std::optional<Neighbours::Person> person,
                parts_.neighbours.person(subject, said.person(), snapshot));
    if (!person) return not_found(said.person());
    said.set_party("parties/" + person->party);
    said.clear_display_name();
    return {};
  }
  if (!is_plain(said.display_name()) ||
      said.display_name().size() > limits::participant_name_bytes_max) {
    return invalid_argument("participant.display_name", "must be at most 256 bytes of plain text");
  }
  if (said.party().empty()) {
    if (!said.display_name().empty()) return {};
    return invalid_argument("participant", "must name a party, a person or a guest");
  }
  ENTENTE_TRY(const auto guard, parts_.neighbours.guard_of(snapshot, said.party()));
  const bool is_party = policy::id_in(said.party(), "parties/").has_value();
  const policy::Decision seen =
      policy::decide(subject, Action::Read, guard.value_or(policy::Guard()), parts_.clock.now());
  if (is_party && seen.permits()) return {};
  return not_found(said.party());
}

Status Attendance::check_said(const Sight& sight, const v1::Participant& said) const {
  if (!v1::Participant::Role_IsValid(said.role())) {
    return invalid_argument("participant.role", "must be one of the roles");
  }
  if (!is_day_or_none(said.until())) {
    return invalid_argument("participant.until", "must be a day, `2027-06-30`");
  }
  if (static_cast<std::size_t>(said.items_size()) > limits::agenda_items_max) {
    return invalid_argument("participant.items", "are too many");
  }
  for (const std::string& item : said.items()) {
    const bool there =
        sight.whole ? std::any_of(sight.meeting.agenda().begin(), sight.meeting.agenda().end(),
                                  [&](const auto& one) { return one.id() == item; })
                    : sight.items.count(item) != 0;
    if (!there) return invalid_argument("participant.items", "names an item that you do not see");
  }
  return {};
}

// A focal point of the party in the process, or the head of its delegation.
bool Attendance::acts_for(const Subject& subject, const Sight& sight, std::string_view party,
                          const std::vector<record::Participant>& all) const {
  policy::Guard own = guard_of(sight.guard);
  own.originator = party;
  if (policy::decide(subject, Action::KeepParty, own, parts_.clock.now()).permits()) return true;
  if (subject.person.empty() || subject.party != party || subject.read_only) return false;
  return std::any_of(all.begin(), all.end(), [&](const record::Participant& one) {
    return stands(one.shown()) && one.shown().role() == v1::Participant::HEAD_OF_DELEGATION &&
           one.shown().person() == "persons/" + subject.person;
  });
}

// Who acts by a seat that this takes back, or ends at another time, must not act behind it.
Status Attendance::count_taken(const Sight& sight, record::Participant& row,
                               Transaction& transaction) const {
  const ParticipantName name{.meeting = sight.id, .participant = store::Id::from(row.id())};
  ENTENTE_TRY(const auto before, parts_.rows.read_participant(transaction, name));
  if (!before) return {};
  const auto seats = seats_of(sight.guard.process(), sight.id, row);
  const auto had = seats_of(sight.guard.process(), sight.id, *before);
  const bool keeps = std::all_of(had.begin(), had.end(), [&](const auto& seat) {
    const auto same = seats.find(seat.first);
    return same != seats.end() && same->second.span.until == seat.second.span.until;
  });
  if (keeps) return {};
  row.set_seats_taken(row.seats_taken() + 1);
  return parts_.neighbours.change_seats(transaction);
}

Result<v1::Participant> Attendance::save(const Subject& subject, const Sight& sight,
                                         record::Participant row, std::string_view kind,
                                         Transaction& transaction) const {
  row.mutable_shown()->set_recorded_by(subject.account);
  ENTENTE_TRY_VOID(count_taken(sight, row, transaction));
  ENTENTE_TRY_VOID(
      parts_.rows.save(transaction, sight.id, sight.guard.process(), row, parts_.clock.now()));
  ledger::Act act;
  act.account = subject.account;
  act.party = subject.party;
  act.session = subject.session;
  act.kind = kind;
  act.object = meeting_name(sight.id);
  act.touched = {row.shown().name()};
  act.audience = sight.guard.audience();
  parts_.ledger.record(transaction, act);
  ENTENTE_TRY(std::vector<v1::Participant> shown,
              shown_to(subject, {row}, sight.whole ? nullptr : &sight.items, parts_.neighbours,
                       transaction));
  if (shown.empty()) return row.shown();
  return std::move(shown.front());
}

Result<v1::Participant> Attendance::invite(const Subject& subject,
                                           const v1::InviteParticipantRequest& message,
                                           Transaction& transaction) {
  ENTENTE_TRY(const Sight sight, look(subject, message.meeting(), transaction));
  if (!sight.keeps) return not_yours("who is asked is said by the secretariat of the process");
  v1::Participant said = message.participant();
  ENTENTE_TRY_VOID(check_said(sight, said));
  ENTENTE_TRY_VOID(settle_who(subject, said, transaction));
  ENTENTE_TRY(const std::vector<record::Participant> all,
              parts_.rows.participants(transaction, sight.id));
  if (all.size() >= limits::participants_max) {
    return Status(Code::ResourceExhausted, Reason::LimitReached, "the meeting is full");
  }
  record::Participant row;
  row.set_id(parts_.entropy.bytes(sizeof(store::Id)));
  for (const record::Participant& one : all) {
    if (is_same(one.shown(), said)) row = one;
  }
  const bool known = row.revision() != 0 && stands(row.shown());
  if (known && row.opens() && same_items(row.shown(), said)) {
    return Status(Code::AlreadyExists, Reason::AlreadyThere, "they are asked already");
  }
  const bool registered = known && row.shown().state() == v1::Participant::REGISTERED;
  said.set_state(registered ? v1::Participant::REGISTERED : v1::Participant::INVITED);
  v1::Participant& shown = *row.mutable_shown();
  shown = said;
  if (shown.role() == v1::Participant::ROLE_UNSPECIFIED) shown.set_role(v1::Participant::DELEGATE);
  row.set_opens(true);
  row.set_asked_by_secretariat(true);
  return save(subject, sight, std::move(row), acts::invite, transaction);
}

Result<v1::Participant> Attendance::register_one(const Subject& subject,
                                                 const v1::RegisterParticipantRequest& message,
                                                 Transaction& transaction) {
  ENTENTE_TRY(const Sight sight, look(subject, message.meeting(), transaction));
  if (subject.read_only) return not_yours("an application password only reads");
  v1::Participant said = message.participant();
  if (said.person().empty() && said.display_name().empty() && !subject.person.empty()) {
    said.set_person("persons/" + subject.person);
  }
  said.clear_until();
  if (said.person().empty() && said.party().empty()) said.set_party("parties/" + subject.party);
  ENTENTE_TRY_VOID(check_said(sight, said));
  ENTENTE_TRY_VOID(settle_who(subject, said, transaction));
  const bool self = said.person() == "persons/" + subject.person && !subject.person.empty();
  ENTENTE_TRY(const std::vector<record::Participant> all,
              parts_.rows.participants(transaction, sight.id));
  const std::string party = policy::id_in(said.party(), "parties/").value_or("");
  if (!self && !sight.keeps && !acts_for(subject, sight, party, all)) {
    return not_yours("a party's delegation is registered by its focal points and its head");
  }
  if (sight.meeting.state() == v1::Meeting::CANCELLED) {
    return Status(Code::FailedPrecondition, Reason::None, "the meeting was cancelled");
  }
  const Instant until =
      instant_of(sight.meeting.has_registration_until() ? sight.meeting.registration_until()
                                                        : sight.meeting.starts_at());
  if (!message.declines() && !sight.keeps && parts_.clock.now() > until) {
    return Status(Code::FailedPrecondition, Reason::None, "registration has ended");
  }
  record::Participant row;
  row.set_id(parts_.entropy.bytes(sizeof(store::Id)));
  for (const record::Participant& one : all) {
    if (is_same(one.shown(), said)) row = one;
  }
  const bool known = row.revision() != 0 && stands(row.shown());
  if (!known && all.size() >= limits::participants_max) {
    return Status(Code::ResourceExhausted, Reason::LimitReached, "the meeting is full");
  }
  const v1::Participant was = known ? row.shown() : v1::Participant();
  if (said.role() == v1::Participant::ROLE_UNSPECIFIED) {
    said.set_role(known ? was.role() : v1::Participant::DELEGATE);
  }
  const bool head = said.role() == v1::Participant::HEAD_OF_DELEGATION;
  if (head && !sight.keeps && !acts_for(subject, sight, party, all)) {
    return not_yours("who heads a delegation is said by its party's focal points");
  }
  for (const record::Participant& one : all) {
    const v1::Participant& other = one.shown();
    if (head && !message.declines() && other.role() == said.role() &&
        other.party() == said.party() && other.state() == v1::Participant::REGISTERED &&
        !is_same(other, said)) {
      return Status(Code::FailedPrecondition, Reason::StillInUse, "the delegation has its head");
    }
  }
  // Nobody sees more by it than whoever registers them, nor than they were asked to.
  if (known) *said.mutable_items() = was.items();
  if (!known && !sight.whole && said.items().empty()) {
    for (const std::string& item : sight.items) said.add_items(item);
  }
  said.set_until(was.until());
  said.set_state(message.declines() ? v1::Participant::DECLINED : v1::Participant::REGISTERED);
  *row.mutable_shown() = said;
  if (!known) row.set_opens(!self);
  if (!known) row.set_asked_by_secretariat(!self && sight.keeps);
  return save(subject, sight, std::move(row), acts::register_, transaction);
}

Result<v1::Participant> Attendance::remove(const Subject& subject,
                                           const v1::RemoveParticipantRequest& message,
                                           Transaction& transaction) {
  const auto name = parse_participant_name(message.name());
  if (!name) return not_found(message.name());
  Result<Sight> looked = look(subject, meeting_name(name->meeting), transaction);
  if (looked.status().code() == Code::NotFound) return not_found(message.name());
  ENTENTE_TRY(const Sight sight, std::move(looked));
  ENTENTE_TRY(const std::vector<record::Participant> all,
              parts_.rows.participants(transaction, sight.id));
  const auto found = std::find_if(all.begin(), all.end(), [&](const record::Participant& one) {
    return store::Id::from(one.id()) == name->participant;
  });
  if (found == all.end()) return not_found(message.name());
  const std::string party = policy::id_in(found->shown().party(), "parties/").value_or("");
  const bool self =
      !subject.person.empty() && found->shown().person() == "persons/" + subject.person;
  if (!sight.whole && party != subject.party) return not_found(message.name());
  const bool may = sight.keeps || (!found->asked_by_secretariat() && !subject.read_only &&
                                   (self || acts_for(subject, sight, party, all)));
  if (!may) return not_yours("it is not yours to take back; decline instead");
  record::Participant row = *found;
  row.mutable_shown()->set_state(v1::Participant::REMOVED);
  row.set_opens(false);
  return save(subject, sight, std::move(row), acts::remove, transaction);
}

Result<std::vector<v1::Participant>> shown_to(const policy::Subject& subject,
                                              const std::vector<record::Participant>& all,
                                              const std::set<std::string>* items,
                                              const Neighbours& neighbours,
                                              store::Snapshot& snapshot) {
  std::vector<v1::Participant> shown;
  for (const record::Participant& one : all) {
    v1::Participant wire = one.shown();
    if (!stands(wire)) continue;
    if (items != nullptr) {
      if (wire.party() != "parties/" + subject.party) continue;
      wire.clear_recorded_by();
      wire.clear_items();
      for (const std::string& item : one.shown().items()) {
        if (items->count(item) != 0) wire.add_items(item);
      }
      if (wire.items().empty() != one.shown().items().empty()) continue;
    }
    if (!wire.person().empty()) {
      ENTENTE_TRY(const std::optional<Neighbours::Person> person,
                  neighbours.person(subject, wire.person(), snapshot));
      if (person) wire.set_display_name(person->display_name);
      if (!person) wire.clear_person();
    }
    shown.push_back(std::move(wire));
  }
  const auto key = [](const v1::Participant& one) {
    return std::tuple(one.party(), one.role() != v1::Participant::HEAD_OF_DELEGATION,
                      one.display_name(), one.name());
  };
  std::sort(shown.begin(), shown.end(),
            [&](const auto& a, const auto& b) { return key(a) < key(b); });
  return shown;
}

}  // namespace entente::meetings
