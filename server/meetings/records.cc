#include "server/meetings/records.h"

#include <algorithm>
#include <set>

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "proto/contract/limits.h"
#include "proto/contract/limits_meetings.h"
#include "proto/contract/text.h"
#include "server/policy/audience.h"

namespace entente::meetings {
namespace {

using policy::Action;
using policy::Principal;

constexpr std::size_t kViolationsMax = 100;

std::string party_code(const std::string& account) {
  const std::string party = account.substr(0, account.find("/accounts/"));
  return party.substr(party.rfind('/') + 1);
}

Status adopted_already(const v1::MeetingRecord& record) {
  return {Code::FailedPrecondition, Reason::None,
          "it was adopted at " + to_rfc3339(instant_of(record.adopted_at())) + " by " +
              record.adopted_by() + ", of " + party_code(record.adopted_by()) + ", as revision " +
              std::to_string(record.revision())};
}

Status check_texts(const v1::MeetingRecord& record) {
  if (record.texts().empty() ||
      static_cast<std::size_t>(record.texts_size()) > limits::languages_max) {
    return invalid_argument("record.texts", "must be 1 to 16");
  }
  std::set<std::string> languages;
  for (const v1::RecordText& text : record.texts()) {
    if (!is_language_tag(text.language()) || !languages.insert(text.language()).second) {
      return invalid_argument("record.texts.language", "must be a BCP 47 tag, each once");
    }
    if (text.text().size() > limits::record_text_bytes_max) {
      return invalid_argument("record.texts.text", "is longer than 256 KiB");
    }
    if (!is_plain_lines(text.text())) {
      return invalid_argument("record.texts.text",
                              "has characters that steer a terminal or turn a line round");
    }
  }
  if (static_cast<std::size_t>(record.outcomes_size()) > limits::outcomes_max) {
    return invalid_argument("record.outcomes", "are too many");
  }
  for (const v1::Outcome& outcome : record.outcomes()) {
    if (!v1::Outcome::Kind_IsValid(outcome.kind()) ||
        outcome.kind() == v1::Outcome::KIND_UNSPECIFIED) {
      return invalid_argument("record.outcomes.kind", "must be one of the kinds");
    }
    ENTENTE_TRY_VOID(check_text("record.outcomes.title", outcome.title()));
  }
  return {};
}

// Of the text that has most of them: a comment does not say of which it is.
std::size_t lines_of(const v1::MeetingRecord& record) {
  std::size_t most = 0;
  for (const v1::RecordText& one : record.texts()) {
    const std::string& text = one.text();
    const auto ends = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    const bool open = !text.empty() && text.back() != '\n';
    most = std::max(most, ends + (open ? 1 : 0));
  }
  return most;
}

// Of a place as long as its line stays as it is, wherever that goes.
std::string key_of(const std::string& language, const NameFinder::Place& place) {
  const Digest digest = sha256(language + '\n' + place.line_text + '\n' +
                               std::to_string(place.column) + '\n' + place.word);
  return to_hex(as_view(digest).substr(0, 12));
}

std::string digest_of(const v1::MeetingRecord& record) {
  std::string all;
  for (const v1::RecordText& text : record.texts()) {
    all += text.language() + '\n' + text.text() + '\n';
  }
  const Digest digest = sha256(all);
  return std::string(as_view(digest));
}

// Of a next revision: without an audience of its own it stays for whom it was, and what is not said
// of its handling stays as it was.
v1::Visibility next_visibility(const v1::Visibility& before, const v1::Visibility& said) {
  v1::Visibility next = said.has_audience() ? said : before;
  if (!said.has_audience()) next.MergeFrom(said);
  if (next.handling() == v1::HANDLING_UNSPECIFIED) next.set_handling(before.handling());
  return next;
}

}  // namespace

void Records::add_to(identity::Gate& gate, const ledger::MakeReceipt& make_receipt) {
  const std::string service = "entente.v1.MeetingRecordService.";
  gate.reads(service + "GetRecord", this, &Records::get);
  gate.reads(service + "CheckRecord", this, &Records::check);
  gate.reads(service + "ListRecordComments", this, &Records::list_comments);
  gate.acts(service + "SaveRecord", this, &Records::save);
  gate.acts(service + "OpenRecord", this, &Records::open, ledger::with_receipt(make_receipt));
  gate.acts(service + "SetAsideFindings", this, &Records::set_aside);
  gate.acts(service + "CommentOnRecord", this, &Records::comment);
  gate.acts(service + "AdoptRecord", this, &Records::adopt);
}

void Records::record_act(const Subject& subject, Transaction& transaction, std::string_view kind,
                         const Sight& sight, ledger::Act act) const {
  act.account = subject.account;
  act.party = subject.party;
  act.session = subject.session;
  act.kind = kind;
  act.object = record_name(store::Id::from(sight.meeting.id()));
  if (act.audience == 0) act.audience = sight.row.guard().audience();
  parts_.ledger.record(transaction, act);
}

// Who presides is asked of policy as the keeper of what is theirs: a party's people as its
// originator, a person as its holder.
void Records::settle_duties(const Subject& subject, Sight& sight) const {
  const Instant now = parts_.clock.now();
  const policy::Guard guard = guard_of(sight.meeting.guard());
  const v1::Meeting& meeting = sight.meeting.shown();
  const bool keeps = policy::decide(subject, Action::KeepProcess, guard, now).permits();
  for (const std::string& chair : meeting.chairs()) {
    policy::Guard own = guard;
    own.originator = policy::id_in(chair, "parties/").value_or(subject.party);
    own.person = policy::id_in(chair, "persons/").value_or("");
    const Action action = own.person.empty() ? Action::Originate : Action::ChangeOwn;
    const bool does = policy::decide(subject, action, own, now).permits();
    sight.presides = sight.presides || (does && presides(subject, meeting));
  }
  const bool nobody = meeting.chairs().empty();
  if (nobody && !subject.person.empty() && !subject.read_only) {
    sight.presides =
        subject.principals.count(Principal::make(Principal::Kind::Chair, guard.process)) != 0;
  }
  sight.saves = keeps || sight.presides;
  sight.adopts = sight.presides || (nobody && keeps);
}

Result<Records::Sight> Records::look(const Subject& subject, std::string_view name,
                                     Snapshot& snapshot) const {
  const auto parsed = parse_record_name(name);
  if (!parsed || parsed->revision != 0) return not_found(name);
  const Instant now = parts_.clock.now();
  ENTENTE_TRY(std::optional<Rows::Record> found,
              parts_.rows.find_record(snapshot, parsed->meeting));
  const policy::Guard guard = found ? found->guard() : policy::Guard();
  const policy::Decision seen = policy::decide(subject, Action::Read, guard, now);
  if (!seen.permits()) return not_found(name);
  Sight sight;
  sight.row = std::move(*found).take(seen);
  // What of the meeting is needed to decide about its record; nothing of it is shown.
  ENTENTE_TRY(std::optional<record::Meeting> meeting,
              parts_.rows.read_meeting(snapshot, parsed->meeting));
  if (!meeting) return not_found(name);
  sight.meeting = *std::move(meeting);
  settle_duties(subject, sight);
  return sight;
}

Result<v1::MeetingRecord> Records::to_wire(const Subject& subject, v1::MeetingRecord wire,
                                           Snapshot& snapshot) const {
  wire.clear_comments();  // also those that are not for them
  for (v1::Outcome& outcome : *wire.mutable_outcomes()) {
    if (outcome.document().empty()) continue;
    ENTENTE_TRY(const auto document,
                parts_.neighbours.document(subject, outcome.document(), snapshot));
    if (!document) outcome.clear_document();
  }
  return wire;
}

Result<v1::MeetingRecord> Records::shown(const Subject& subject, const std::string& name,
                                         Snapshot& snapshot, bool opened) const {
  const auto parsed = parse_record_name(name);
  if (!parsed) return not_found(name);
  const Instant now = parts_.clock.now();
  ENTENTE_TRY(const std::optional<Rows::Record> found,
              parts_.rows.find_record(snapshot, parsed->meeting));
  const policy::Guard guard = found ? found->guard() : policy::Guard();
  const policy::Decision seen = policy::decide(subject, Action::Read, guard, now);
  if (!seen.permits()) return not_found(name);
  if (!opened && policy::leaves_receipt(guard.handling)) {
    return Status(Code::FailedPrecondition, Reason::None,
                  "it is restricted and must be opened, which leaves a receipt");
  }
  if (parsed->revision == 0) {
    const record::Record& row = *found->open(seen);
    ENTENTE_TRY(v1::MeetingRecord wire, to_wire(subject, row.shown(), snapshot));
    ENTENTE_TRY(const std::vector<v1::RecordComment> said, comments_for(subject, row, snapshot));
    wire.set_comments(static_cast<std::uint32_t>(said.size()));
    return wire;
  }
  // Of an earlier revision also what stood over it then: a wider audience is for what comes.
  ENTENTE_TRY(const std::optional<Rows::Record> then,
              parts_.rows.find_record_revision(snapshot, parsed->meeting, parsed->revision));
  const policy::Guard before = then ? then->guard() : policy::Guard();
  const policy::Decision saw = policy::decide(subject, Action::Read, before, now);
  if (!saw.permits()) return not_found(name);
  return to_wire(subject, then->open(saw)->shown(), snapshot);
}

Result<v1::MeetingRecord> Records::get(const Subject& subject, const v1::GetRecordRequest& message,
                                       Snapshot& snapshot) {
  return shown(subject, message.name(), snapshot, /*opened=*/false);
}

Result<v1::MeetingRecord> Records::open(const Subject& subject, const v1::GetRecordRequest& message,
                                        Transaction& transaction) {
  ENTENTE_TRY(v1::MeetingRecord wire, shown(subject, message.name(), transaction, /*opened=*/true));
  const auto parsed = parse_record_name(message.name());
  ENTENTE_TRY(const Sight sight, look(subject, record_name(parsed->meeting), transaction));
  policy::Audience keepers;
  keepers.any_of.insert(
      Principal::make(Principal::Kind::Secretariat, sight.meeting.guard().process()));
  ledger::Act act;
  ENTENTE_TRY(const policy::AudienceId audience, parts_.neighbours.intern(transaction, keepers));
  act.audience = static_cast<std::uint32_t>(audience);
  record_act(subject, transaction, acts::read_record, sight, std::move(act));
  return wire;
}

// The audience that is said, or the meeting's; with whoever keeps and presides.
Status Records::set_guard(const Subject& subject, const record::Meeting& meeting,
                          record::Record& row, Transaction& transaction) const {
  v1::Visibility& visibility = *row.mutable_shown()->mutable_visibility();
  const v1::Meeting& of = meeting.shown();
  if (visibility.audience().any_of().empty()) {
    *visibility.mutable_audience() = of.visibility().audience();
    // Who was asked to the whole of it was there; who was asked to an item was not.
    const Principal asked = Principal::make(Principal::Kind::Body, meeting.guard().process(),
                                            body_of(store::Id::from(meeting.id())));
    visibility.mutable_audience()->add_any_of(asked.text());
  }
  if (visibility.handling() == v1::HANDLING_UNSPECIFIED) {
    visibility.set_handling(v1::HANDLING_LIMITED);
  }
  if (visibility.handling() < v1::HANDLING_LIMITED ||
      visibility.handling() > v1::HANDLING_RESTRICTED) {
    return invalid_argument("record.visibility.handling", "must be limited or restricted");
  }
  if (visibility.has_embargo_until() || visibility.has_expires_at()) {
    return invalid_argument("record.visibility", "has neither embargo nor expiry");
  }
  policy::Guard guard = guard_of_process(visibility, of.process());
  const std::string field = "record.visibility.audience";
  ENTENTE_TRY(policy::Audience audience, policy::audience_of(field, visibility.audience()));
  ENTENTE_TRY(const std::vector<std::string> unknown,
              parts_.neighbours.unknown_in(subject, audience, transaction));
  if (!unknown.empty()) {
    return invalid_argument(field,
                            "names `" + unknown.front() + "`, which is nothing that you can see");
  }
  audience.any_of.insert(Principal::make(Principal::Kind::Secretariat, guard.process));
  for (const Principal& chair : principals_of_chairs(of)) audience.any_of.insert(chair);
  ENTENTE_TRY(guard.audience, parts_.neighbours.intern(transaction, audience));
  *row.mutable_guard() = to_record(guard);
  return {};
}

Result<v1::MeetingRecord> Records::save(const Subject& subject,
                                        const v1::SaveRecordRequest& message,
                                        Transaction& transaction) {
  ENTENTE_TRY_VOID(check_texts(message.record()));
  const auto id = parse_meeting_name(message.meeting());
  if (!id) return not_found(message.meeting());
  const Instant now = parts_.clock.now();
  ENTENTE_TRY(std::optional<Rows::Meeting> meeting, parts_.rows.find(transaction, *id));
  const policy::Guard over = meeting ? meeting->guard() : policy::Guard();
  const policy::Decision seen = policy::decide(subject, Action::Read, over, now);
  if (!seen.permits()) return not_found(message.meeting());
  Sight sight;
  sight.meeting = std::move(*meeting).take(seen);
  settle_duties(subject, sight);
  if (!sight.saves) {
    return not_yours("a record is written by the secretariat of the process and by who presides");
  }
  ENTENTE_TRY(std::optional<Rows::Record> before, parts_.rows.find_record(transaction, *id));
  const v1::MeetingRecord& said = message.record();
  if (before) {
    const policy::Decision saw = policy::decide(subject, Action::Read, before->guard(), now);
    if (!saw.permits()) return not_found(record_name(*id));
    sight.row = std::move(*before).take(saw);
    const v1::MeetingRecord& last = sight.row.shown();
    if (last.state() == v1::MeetingRecord::ADOPTED) return adopted_already(last);
    if (said.revision() != sight.row.revision()) return stale(sight.row.revision());
  }
  sight.row.set_meeting(std::string(id->view()));
  v1::MeetingRecord next;
  *next.mutable_texts() = said.texts();
  *next.mutable_outcomes() = said.outcomes();
  *next.mutable_visibility() = next_visibility(sight.row.shown().visibility(), said.visibility());
  if (next.visibility().handling() < sight.row.shown().visibility().handling()) {
    return invalid_argument("record.visibility.handling", "is never lowered");
  }
  for (const v1::Outcome& outcome : next.outcomes()) {
    if (outcome.document().empty()) continue;
    ENTENTE_TRY(const auto document,
                parts_.neighbours.document(subject, outcome.document(), transaction));
    if (!document) return not_found(outcome.document());
  }
  next.set_state(v1::MeetingRecord::DRAFT);
  next.set_chatham_house(sight.meeting.shown().attribution() != v1::Meeting::ATTRIBUTED);
  next.set_recorded_by(subject.account);
  next.set_comments(sight.row.shown().comments());
  *sight.row.mutable_shown() = std::move(next);
  ENTENTE_TRY_VOID(set_guard(subject, sight.meeting, sight.row, transaction));
  ENTENTE_TRY_VOID(parts_.rows.save(transaction, sight.meeting.guard().process(), sight.row, now));
  record_act(subject, transaction, acts::save_record, sight);
  return to_wire(subject, sight.row.shown(), transaction);
}

Result<v1::CheckRecordReply> Records::findings(const Subject& subject, const Sight& sight,
                                               Snapshot& snapshot) const {
  v1::CheckRecordReply reply;
  reply.set_revision(sight.row.revision());
  const v1::MeetingRecord& record = sight.row.shown();
  if (!record.chatham_house()) return reply;
  std::vector<std::string> languages;
  for (const v1::RecordText& text : record.texts()) languages.push_back(text.language());
  std::vector<Named> names = names_of_countries(languages);
  ENTENTE_TRY(const std::vector<record::Participant> all,
              parts_.rows.participants(snapshot, store::Id::from(sight.meeting.id())));
  ENTENTE_TRY(const std::vector<Named> parties, parts_.neighbours.names_of_parties(snapshot));
  names.insert(names.end(), parties.begin(), parties.end());
  const auto add_person = [&](std::string_view written, const std::string& of) {
    const std::vector<Named> more = names_of_person(written, of);
    names.insert(names.end(), more.begin(), more.end());
  };
  std::set<std::string> persons;
  for (const record::Participant& one : all) {
    if (one.shown().person().empty()) add_person(one.shown().display_name(), "a guest");
    persons.insert(one.shown().person());
  }
  persons.insert(sight.meeting.shown().chairs().begin(), sight.meeting.shown().chairs().end());
  for (const std::string& person : persons) {
    if (!policy::id_in(person, "persons/")) continue;
    // Whoever may not see the entry is told that it names a participant, and not which.
    ENTENTE_TRY(const auto known, parts_.neighbours.person(subject, person, snapshot));
    ENTENTE_TRY(const std::vector<std::string> written,
                parts_.neighbours.names_of_person(person, snapshot));
    for (const std::string& name : written) add_person(name, known ? person : "a participant");
  }
  const NameFinder finder(names);
  for (const v1::RecordText& text : record.texts()) {
    const std::size_t room = limits::findings_max - static_cast<std::size_t>(reply.findings_size());
    const std::vector<NameFinder::Place> places = finder.find(text.text(), room + 1);
    for (const NameFinder::Place& place : places) {
      if (static_cast<std::size_t>(reply.findings_size()) == limits::findings_max) {
        reply.set_cut_short(true);
        break;
      }
      v1::Finding& finding = *reply.add_findings();
      finding.set_key(key_of(text.language(), place));
      finding.set_language(text.language());
      finding.set_line(place.line);
      finding.set_column(place.column);
      finding.set_word(place.word);
      finding.set_kind(place.kind);
      finding.set_names(place.of);
      for (const record::SetAside& one : sight.row.set_aside()) {
        if (one.key() != finding.key()) continue;
        finding.set_set_aside(true);
        finding.set_because(one.because());
        finding.set_set_aside_by(one.account());
      }
      if (!finding.set_aside()) reply.set_open(reply.open() + 1);
    }
  }
  return reply;
}

Result<v1::CheckRecordReply> Records::check(const Subject& subject,
                                            const v1::CheckRecordRequest& message,
                                            Snapshot& snapshot) {
  ENTENTE_TRY(const Sight sight, look(subject, message.name(), snapshot));
  if (!sight.saves) return not_yours("who writes a record has it checked");
  return findings(subject, sight, snapshot);
}

Result<v1::CheckRecordReply> Records::set_aside(const Subject& subject,
                                                const v1::SetAsideFindingsRequest& message,
                                                Transaction& transaction) {
  if (message.because().empty() || message.because().size() > limits::set_aside_bytes_max ||
      !is_plain(message.because())) {
    return invalid_argument("because", "must be 1 to 1024 bytes of plain text");
  }
  ENTENTE_TRY(Sight sight, look(subject, message.name(), transaction));
  if (!sight.presides) return not_yours("findings are set aside by who presides over the meeting");
  if (sight.row.shown().state() == v1::MeetingRecord::ADOPTED) {
    return adopted_already(sight.row.shown());
  }
  ENTENTE_TRY(const v1::CheckRecordReply found, findings(subject, sight, transaction));
  for (const std::string& key : message.keys()) {
    const bool there = std::any_of(found.findings().begin(), found.findings().end(),
                                   [&](const v1::Finding& one) { return one.key() == key; });
    if (!there) {
      return Status(Code::FailedPrecondition, Reason::None,
                    "there is no finding `" + key.substr(0, 64) + "`");
    }
    record::SetAside& one = *sight.row.add_set_aside();
    one.set_key(key);
    one.set_because(message.because());
    one.set_account(subject.account);
  }
  if (static_cast<std::size_t>(sight.row.set_aside_size()) > limits::findings_max * 2) {
    return Status(Code::ResourceExhausted, Reason::LimitReached, "too many are set aside");
  }
  ENTENTE_TRY_VOID(parts_.rows.put(transaction, sight.meeting.guard().process(), sight.row));
  record_act(subject, transaction, acts::set_aside, sight);
  return findings(subject, sight, transaction);
}

Result<v1::RecordComment> Records::comment(const Subject& subject,
                                           const v1::CommentOnRecordRequest& message,
                                           Transaction& transaction) {
  v1::RecordComment said = message.comment();
  if (said.text().empty() || said.text().size() > limits::text_bytes_max ||
      !is_plain_lines(said.text())) {
    return invalid_argument("comment.text", "must be 1 byte to 16 KiB of plain text");
  }
  ENTENTE_TRY(Sight sight, look(subject, message.name(), transaction));
  if (subject.read_only) return not_yours("an application password only reads");
  if (sight.row.shown().state() == v1::MeetingRecord::ADOPTED) {
    return adopted_already(sight.row.shown());
  }
  if (sight.row.shown().comments() >= limits::record_comments_max) {
    return Status(Code::ResourceExhausted, Reason::LimitReached, "there are too many comments");
  }
  // What was said before, of a text that was longer, is not known line by line.
  const bool of_this = said.revision() == 0 || said.revision() == sight.row.revision();
  if (of_this && said.line() > lines_of(sight.row.shown())) {
    return invalid_argument("comment.line", "is behind the last line of the text");
  }
  record::Comment row;
  ledger::Act act;
  *row.mutable_guard() = sight.row.guard();
  if (said.has_audience()) {
    ENTENTE_TRY(policy::Audience audience,
                policy::audience_of("comment.audience", said.audience()));
    ENTENTE_TRY(
        const policy::Audience whole,
        policy::audience_of("visibility.audience", sight.row.shown().visibility().audience()));
    // Who is named here need not see the draft, and is not told of it by the entry.
    policy::Audience told = policy::is_within(audience, whole) ? audience : policy::Audience();
    const auto with_own = [&](policy::Audience& one) -> Result<std::uint32_t> {
      one.any_of.insert(Principal::make(Principal::Kind::Party, subject.party));
      ENTENTE_TRY(const policy::AudienceId number, parts_.neighbours.intern(transaction, one));
      return static_cast<std::uint32_t>(number);
    };
    ENTENTE_TRY(const std::uint32_t heard_by, with_own(audience));
    row.set_audience(heard_by);
    ENTENTE_TRY(act.audience, with_own(told));
  }
  sight.row.mutable_shown()->set_comments(sight.row.shown().comments() + 1);
  said.set_number(sight.row.shown().comments());
  if (said.revision() == 0) said.set_revision(sight.row.revision());
  said.set_account(subject.account);
  said.set_person(subject.person.empty() ? "" : "persons/" + subject.person);
  said.set_party("parties/" + subject.party);
  set_time(*said.mutable_recorded_at(), parts_.clock.now());
  *row.mutable_shown() = said;
  const std::string& process = sight.meeting.guard().process();
  ENTENTE_TRY_VOID(parts_.rows.put(transaction, process, sight.row));
  ENTENTE_TRY_VOID(
      parts_.rows.put(transaction, process, store::Id::from(sight.row.meeting()), row));
  record_act(subject, transaction, acts::comment, sight, std::move(act));
  said.clear_number();
  return said;
}

Result<v1::ListRecordCommentsReply> Records::list_comments(
    const Subject& subject, const v1::ListRecordCommentsRequest& message, Snapshot& snapshot) {
  ENTENTE_TRY(const Sight sight, look(subject, message.name(), snapshot));
  ENTENTE_TRY(const std::vector<v1::RecordComment> said,
              comments_for(subject, sight.row, snapshot));
  v1::ListRecordCommentsReply reply;
  reply.mutable_comments()->Assign(said.begin(), said.end());
  return reply;
}

// To whom the record is shown as it is now, those that were for them when they were said as well: a
// wider audience is for what comes. Numbered as the subject sees them: what is hidden leaves no
// gap.
Result<std::vector<v1::RecordComment>> Records::comments_for(const Subject& subject,
                                                             const record::Record& record,
                                                             Snapshot& snapshot) const {
  ENTENTE_TRY(const std::vector<record::Comment> rows,
              parts_.rows.comments(snapshot, store::Id::from(record.meeting())));
  const Instant now = parts_.clock.now();
  std::vector<v1::RecordComment> said;
  for (const record::Comment& row : rows) {
    const policy::Guard then = guard_of(row.guard());
    policy::Guard own = then;
    if (row.audience() != 0) own.audience = static_cast<policy::AudienceId>(row.audience());
    if (!policy::decide(subject, Action::Read, then, now).permits()) continue;
    if (!policy::decide(subject, Action::Read, own, now).permits()) continue;
    said.push_back(row.shown());
    said.back().set_number(said.size());
  }
  return said;
}

Result<v1::MeetingRecord> Records::adopt(const Subject& subject,
                                         const v1::AdoptRecordRequest& message,
                                         Transaction& transaction) {
  ENTENTE_TRY(Sight sight, look(subject, message.name(), transaction));
  v1::MeetingRecord& shown = *sight.row.mutable_shown();
  if (!sight.adopts) return not_yours("a record is adopted by who presides over the meeting");
  // Of two at once the second comes here after the first has committed.
  if (shown.state() == v1::MeetingRecord::ADOPTED) return adopted_already(shown);
  if (message.revision() != sight.row.revision()) return stale(sight.row.revision());
  ENTENTE_TRY(const v1::CheckRecordReply found, findings(subject, sight, transaction));
  if (found.open() != 0 || found.cut_short()) {
    std::vector<Violation> violations;
    for (const v1::Finding& one : found.findings()) {
      if (one.set_aside() || violations.size() == kViolationsMax) continue;
      violations.push_back({"record.texts." + one.language(), "names `" + one.word() + "`",
                            one.line(), one.column()});
    }
    return Status(Code::FailedPrecondition, Reason::StillInUse,
                  "under the Chatham House rule " + std::to_string(found.open()) +
                      (found.open() == 1 ? " place" : " places") +
                      " must be mended, or set aside by who presides")
        .with_violations(std::move(violations));
  }
  shown.set_state(v1::MeetingRecord::ADOPTED);
  shown.set_adopted_by(subject.account);
  shown.set_recorded_by(subject.account);
  const Instant now = parts_.clock.now();
  set_time(*shown.mutable_adopted_at(), now);
  const v1::Handling handling = shown.visibility().handling();
  *shown.mutable_visibility() = message.visibility();
  if (shown.visibility().handling() == v1::HANDLING_UNSPECIFIED) {
    shown.mutable_visibility()->set_handling(handling);
  }
  if (shown.visibility().handling() < handling) {
    return invalid_argument("visibility.handling", "is never lowered");
  }
  ENTENTE_TRY_VOID(set_guard(subject, sight.meeting, sight.row, transaction));
  ENTENTE_TRY_VOID(parts_.rows.save(transaction, sight.meeting.guard().process(), sight.row, now));
  ledger::Act act;
  act.object_digest = digest_of(shown);
  record_act(subject, transaction, acts::adopt, sight, std::move(act));
  return to_wire(subject, shown, transaction);
}

}  // namespace entente::meetings
