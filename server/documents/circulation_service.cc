#include "server/documents/circulation_service.h"

#include <algorithm>
#include <map>
#include <set>

#include "proto/contract/limits.h"
#include "proto/contract/limits_documents.h"
#include "server/documents/circulation_rules.h"
#include "server/documents/consents.h"
#include "server/policy/audience.h"

namespace entente::documents {
namespace {

using policy::Action;

Status withdrawn(const std::string& name, v1::Document::State state) {
  return {Code::FailedPrecondition, Reason::None,
          "`" + name + (state == v1::Document::DESTROYED ? "` was destroyed" : "` was withdrawn")};
}

}  // namespace

void CirculationService::add_to(identity::Gate& gate) {
  const std::string service = "entente.v1.CirculationService.";
  using Self = CirculationService;
  gate.reads(service + "GetCirculation", this, &Self::get_circulation);
  gate.reads(service + "ListInbox", this, &Self::list_inbox);
  gate.reads(service + "ListOutbox", this, &Self::list_outbox);
  gate.reads(service + "ListResponses", this, &Self::list_responses);
  gate.acts(service + "Circulate", this, &Self::circulate);
  gate.acts(service + "Respond", this, &Self::respond);
  gate.acts(service + "Recall", this, &Self::recall);
  gate.acts(service + "Remind", this, &Self::remind);
  gate.streams<v1::WatchRequest>(
      service + "Watch", [this](const std::shared_ptr<identity::Receiver>& receiver,
                                const v1::WatchRequest& message, net::Waker waker) {
        return watch([receiver] { return receiver->subject(); }, message, std::move(waker));
      });
}

// Every document is the caller's to see and to send; the audience is the first one's where none is
// given. A silence stands on what they hold now.
Status CirculationService::check_documents(const Subject& subject, v1::Circulation& circulation,
                                           Snapshot& snapshot) const {
  const Instant now = parts_.clock.now();
  circulation.clear_sent();
  for (const std::string& name : circulation.documents()) {
    const auto parsed = parse_document_name(name);
    if (!parsed || !parsed->is_of_document()) return not_found(name);
    ENTENTE_TRY(const std::optional<Rows::Document> found, parts_.rows.find(snapshot, parsed->id));
    const policy::Guard guard = found ? found->guard() : policy::Guard();
    const policy::Decision seen = policy::decide(subject, Action::Read, guard, now);
    if (!seen.permits()) return not_found(name);
    const v1::Document& document = found->open(seen)->shown();
    const v1::Audience& to = circulation.has_visibility() ? circulation.visibility().audience()
                                                          : document.visibility().audience();
    ENTENTE_TRY(const bool granted,
                is_granted_circulation(parts_.rows, snapshot, parsed->id, subject.party, to));
    const policy::Decision sends = policy::decide(subject, Action::ListReaders, guard, now);
    if ((!sends.permits() && !granted) || subject.read_only) {
      return not_yours("it is its originator's, or the secretariat's, to circulate");
    }
    if (document.state() != v1::Document::CURRENT) {
      return withdrawn(name, document.state());
    }
    ENTENTE_TRY_VOID(check_deadline(circulation, guard, "`" + name + "`"));
    if (document.originator_control() && subject.party != guard.originator && !granted) {
      return not_yours("it stands under originator control: ask " + document.originator() +
                       " for its consent to circulate it to this audience");
    }
    if (circulation.process().empty()) circulation.set_process(document.process());
    if (circulation.process() != document.process()) {
      return invalid_argument("circulation.documents", "must all be of one process");
    }
    if (!circulation.has_visibility()) *circulation.mutable_visibility() = document.visibility();
    if (circulation.ask() == v1::Circulation::APPROVAL_BY_SILENCE) {
      *circulation.add_sent() = as_sent(document);
    }
  }
  return {};
}

Result<record::Circulation> CirculationService::make_row(const Subject& subject,
                                                         v1::Circulation circulation,
                                                         Transaction& transaction) {
  const std::string process = *policy::id_in(circulation.process(), "processes/");
  ENTENTE_TRY_VOID(check_life(parts_.neighbours, subject, process, New::SentRound, transaction));
  ENTENTE_TRY(const policy::Audience audience,
              policy::audience_of("visibility.audience", circulation.visibility().audience()));
  // What is sent stands under its own handling; the note that covers it leaves no receipts.
  circulation.mutable_visibility()->set_handling(v1::HANDLING_LIMITED);
  ENTENTE_TRY(policy::Guard guard, guard_from(circulation.visibility(), subject.party, process));
  ENTENTE_TRY_VOID(check_deadline(circulation, guard, "the circulation"));
  if (!decide_new(subject, audience, guard, parts_.clock.now()).permits()) {
    return invalid_argument("circulation.visibility.audience",
                            "does not include you: who sends must be able to see what they sent");
  }
  v1::WhoCanSeeRequest who;
  *who.mutable_draft()->mutable_visibility() = circulation.visibility();
  who.mutable_draft()->set_process(circulation.process());
  ENTENTE_TRY(const v1::WhoCanSeeReply seen,
              parts_.neighbours.who_can_see(subject, who, transaction));
  if (seen.reckoning().unknown_size() != 0) {
    return invalid_argument(
        "circulation.visibility.audience",
        "names `" + seen.reckoning().unknown(0) + "`, which is nothing that you can see");
  }
  ENTENTE_TRY(guard.audience, parts_.neighbours.intern(transaction, audience));
  ENTENTE_TRY(const policy::AudienceId keepers,
              parts_.neighbours.intern(transaction, keepers_of(subject, audience, process)));
  ENTENTE_TRY_VOID(parts_.rows.store().ensure_seal(parts_.rows.process_seal(process)));
  record::Circulation row;
  row.set_id(parts_.entropy.bytes(16));
  *row.mutable_guard() = to_record(guard);
  row.set_keepers(static_cast<std::uint32_t>(keepers));
  *row.mutable_sent() = circulation.sent();
  if (!row.sent().empty()) row.set_sent_salt(parts_.entropy.bytes(16));
  v1::Circulation& shown = *row.mutable_shown();
  *shown.mutable_documents() = circulation.documents();
  *shown.mutable_note() = circulation.note();
  shown.set_ask(circulation.ask() == v1::Circulation::ASK_UNSPECIFIED ? v1::Circulation::INFORMATION
                                                                      : circulation.ask());
  if (circulation.has_deadline()) *shown.mutable_deadline() = circulation.deadline();
  shown.set_process(circulation.process());
  *shown.mutable_visibility() = circulation.visibility();
  shown.set_name(circulation_name(store::Id::from(row.id())));
  shown.set_sender(subject.account);
  set_time(*shown.mutable_sent_at(), parts_.clock.now());
  shown.set_in_words(seen.reckoning().in_words());
  return row;
}

Result<v1::Circulation> CirculationService::circulate(const Subject& subject,
                                                      const v1::CirculateRequest& message,
                                                      Transaction& transaction) {
  v1::Circulation circulation = message.circulation();
  ENTENTE_TRY_VOID(check_circulation(circulation, parts_.clock.now()));
  ENTENTE_TRY_VOID(check_documents(subject, circulation, transaction));
  ENTENTE_TRY(record::Circulation row, make_row(subject, std::move(circulation), transaction));
  ENTENTE_TRY_VOID(save(subject, transaction, row, acts::send, v1::News::SENT));
  return row.shown();
}

Status CirculationService::save(const Subject& subject, Transaction& transaction,
                                record::Circulation& row, std::string_view kind,
                                v1::News::Kind news, const record::Response& response) {
  parts_.rows.save(transaction, row);
  record::Event event;
  event.set_kind(static_cast<std::uint32_t>(news));
  event.set_circulation(row.id());
  event.set_recorded_at_us(to_micros(parts_.clock.now()));
  event.set_account(subject.account);
  event.set_audience(response.audience());
  ENTENTE_TRY_VOID(parts_.rows.add_event(transaction, std::move(event)));
  ledger::Act act;
  act.account = subject.account;
  act.party = subject.party;
  act.session = subject.session;
  act.kind = kind;
  act.object = row.shown().name();
  if (kind == acts::send) {
    ENTENTE_TRY(act.touched, told_to_all(subject, row, transaction));
    act.object_digest = digest_of_sent(row);
  }
  act.audience = entry_audience(row.guard(), row.keepers(), parts_.clock.now());
  if (response.audience() != 0) {
    ENTENTE_TRY(act.audience, audience_of_aside(row, response.shown().audience(), transaction));
  }
  parts_.ledger.record(transaction, act);
  return {};
}

// Who is named by a comment need not see the circulation, and is not told of it by the entry.
Result<std::uint32_t> CirculationService::audience_of_aside(const record::Circulation& row,
                                                            const v1::Audience& said,
                                                            Transaction& transaction) const {
  const policy::Guard guard = guard_of(row.guard());
  ENTENTE_TRY(const policy::Audience whole,
              policy::audience_of("visibility.audience", row.shown().visibility().audience()));
  ENTENTE_TRY(policy::Audience audience, policy::audience_of("comment.audience", said));
  const bool told =
      policy::in_time(guard, parts_.clock.now()) && policy::is_within(audience, whole);
  if (!told) audience = {};
  const auto sender = policy::Principal::make(policy::Principal::Kind::Party, guard.originator);
  audience.any_of.insert(sender);
  audience.none_of.erase(sender);
  ENTENTE_TRY(const policy::AudienceId number, parts_.neighbours.intern(transaction, audience));
  return static_cast<std::uint32_t>(number);
}

Result<std::vector<std::string>> CirculationService::told_to_all(const Subject& subject,
                                                                 const record::Circulation& row,
                                                                 Snapshot& snapshot) const {
  const Instant now = parts_.clock.now();
  ENTENTE_TRY(policy::Audience to,
              policy::audience_of("visibility.audience", row.shown().visibility().audience()));
  if (!policy::in_time(guard_of(row.guard()), now))
    to = keepers_of(subject, to, row.guard().process());
  const auto table = parts_.neighbours.audiences();
  std::vector<std::string> names;
  for (const std::string& name : row.shown().documents()) {
    ENTENTE_TRY(const auto found, parts_.rows.find(snapshot, parse_document_name(name)->id));
    const policy::Guard guard = found ? found->guard() : policy::Guard();
    const policy::Audience* const its = table->find(guard.audience);
    if (its != nullptr && policy::in_time(guard, now) && policy::is_within(to, *its)) {
      names.push_back(name);
    }
  }
  return names;
}

Result<Rows::Circulation> CirculationService::find_readable(const Subject& subject,
                                                            std::string_view name,
                                                            Snapshot& snapshot) const {
  const auto id = parse_circulation_name(name);
  if (!id) return not_found(name);
  ENTENTE_TRY(std::optional<Rows::Circulation> found, parts_.rows.find_circulation(snapshot, *id));
  const policy::Guard guard = found ? found->guard() : policy::Guard();
  if (!policy::decide(subject, Action::Read, guard, parts_.clock.now()).permits()) {
    return not_found(name);
  }
  return *std::move(found);
}

Result<record::Circulation> CirculationService::take_own(const Subject& subject,
                                                         std::string_view name,
                                                         Snapshot& snapshot) const {
  ENTENTE_TRY(Rows::Circulation found, find_readable(subject, name, snapshot));
  const policy::Decision decision =
      policy::decide(subject, Action::Originate, found.guard(), parts_.clock.now());
  if (!decision.permits()) return not_yours("it is its sender's");
  return std::move(found).take(decision);
}

Result<v1::Circulation> CirculationService::to_wire(const policy::Opened<record::Circulation>& row,
                                                    const Subject& subject,
                                                    Snapshot& snapshot) const {
  const Instant now = parts_.clock.now();
  v1::Circulation wire = row->shown();
  wire.set_outcome(outcome_of(*row));
  wire.clear_in_words();
  const store::Id id = store::Id::from(row->id());
  ENTENTE_TRY(const record::Recipient own, parts_.rows.recipient(snapshot, id, actor_of(subject)));
  if (own.acknowledged_us() != 0) {
    set_time(*wire.mutable_acknowledged_at(), from_micros(own.acknowledged_us()));
  }
  wire.clear_documents();
  const bool recalled = wire.has_recalled_at() && subject.party != row->guard().originator();
  if (recalled) wire.clear_note();
  for (const std::string& name : row->shown().documents()) {
    if (recalled) continue;
    const store::Id document = parse_document_name(name)->id;
    ENTENTE_TRY(const std::optional<Rows::Document> found, parts_.rows.find(snapshot, document));
    const policy::Guard guard = found ? found->guard() : policy::Guard();
    const policy::Decision decision = policy::decide(subject, Action::Read, guard, now);
    if (!decision.permits()) continue;
    wire.add_documents(name);
    *wire.add_shown() = documents::to_wire(found->open(decision), subject);
    ENTENTE_TRY(const auto reader, parts_.rows.find_reader(snapshot, document, subject.account));
    if (reader &&
        (!wire.has_opened_at() || from_micros(reader->first_us()) < instant_of(wire.opened_at()))) {
      set_time(*wire.mutable_opened_at(), from_micros(reader->first_us()));
    }
  }
  return wire;
}

// What a silence stands on, of what the subject is shown: a text from before it was theirs to see
// is not told them (as in Service::find_readable).
Status CirculationService::add_sent(const Subject& subject, const record::Circulation& row,
                                    v1::Circulation& wire, Snapshot& snapshot) const {
  const Instant now = parts_.clock.now();
  for (const v1::SentDocument& one : row.sent()) {
    const auto name = parse_document_name(one.name());
    const auto is_it = [&](const v1::Document& document) {
      return document.name() == document_name(name->id) && document.contents_size() != 0;
    };
    const auto is = std::find_if(wire.shown().begin(), wire.shown().end(), is_it);
    if (is == wire.shown().end()) continue;
    ENTENTE_TRY(const auto then, parts_.rows.find_revision(snapshot, name->id, name->revision));
    const policy::Guard newest = then ? then->guard() : policy::Guard();
    const policy::Decision decision = policy::decide(subject, Action::Read, newest, now);
    if (!decision.permits()) continue;
    const policy::Guard of_then = guard_of(then->open(decision)->guard());
    if (!policy::decide(subject, Action::Read, of_then, now).permits()) continue;
    v1::SentDocument& shown = *wire.add_sent();
    shown = one;
    shown.set_changed(!holds(*is, row.sent()));
  }
  if (wire.sent_size() == row.sent_size()) wire.set_sent_salt(row.sent_salt());
  return {};
}

// Numbered as the subject sees them: what is hidden leaves no gap.
Result<std::vector<v1::Response>> CirculationService::responses_for(const Subject& subject,
                                                                    const policy::Guard& guard,
                                                                    const store::Id& id,
                                                                    Snapshot& snapshot) const {
  ENTENTE_TRY(const std::vector<record::Response> rows, parts_.rows.responses(snapshot, id));
  const bool is_senders = subject.party == guard.originator;
  std::vector<v1::Response> seen;
  for (const record::Response& one : rows) {
    const auto audience = static_cast<policy::AudienceId>(one.audience());
    const bool own = one.shown().account() == subject.account;
    if (one.audience() != 0 && !own && !is_senders && !subject.sight.sees(audience)) continue;
    seen.push_back(one.shown());
    seen.back().set_number(seen.size());
  }
  return seen;
}

// Who has got it, by name where the caller may know the name, and what each has done.
Status CirculationService::add_recipients(const Subject& subject, const policy::Guard& guard,
                                          v1::Circulation& wire, Snapshot& snapshot) const {
  v1::WhoCanSeeRequest who;
  who.set_object(wire.name());
  ENTENTE_TRY(const v1::WhoCanSeeReply seen, parts_.neighbours.who_can_see(subject, who, snapshot));
  wire.set_in_words(seen.reckoning().in_words());
  std::map<std::string, v1::Recipient> recipients;
  std::uint32_t unnamed = 0;
  for (const v1::PartyReckoning& party : seen.reckoning().parties()) {
    unnamed += party.people_unnamed();
    for (const std::string& person : party.people_named()) {
      recipients[person].set_person(person);
      recipients[person].set_party(party.party());
    }
  }
  wire.set_recipients_unnamed(unnamed);
  for (const std::string& name : wire.documents()) {
    ENTENTE_TRY(const std::vector<record::Reader> readers,
                parts_.rows.readers(snapshot, parse_document_name(name)->id));
    for (const record::Reader& reader : readers) {
      const auto found = recipients.find("persons/" + reader.person());
      if (found == recipients.end()) continue;
      v1::Recipient& one = found->second;
      if (!one.has_opened_at() || from_micros(reader.first_us()) < instant_of(one.opened_at())) {
        set_time(*one.mutable_opened_at(), from_micros(reader.first_us()));
      }
    }
  }
  const store::Id id = *parse_circulation_name(wire.name());
  ENTENTE_TRY(const std::vector<v1::Response> responses,
              responses_for(subject, guard, id, snapshot));
  for (const v1::Response& one : responses) {
    const auto found = recipients.find(one.person());
    if (found == recipients.end() || one.kind() != v1::Response::COMMENT) continue;
    found->second.set_comments(found->second.comments() + 1);
  }
  ENTENTE_TRY(const std::vector<record::Recipient> rows, parts_.rows.recipients(snapshot, id));
  for (const record::Recipient& row : rows) {
    const auto found = recipients.find("persons/" + row.person());
    if (found == recipients.end()) continue;
    v1::Recipient& one = found->second;
    if (row.acknowledged_us() != 0) {
      set_time(*one.mutable_acknowledged_at(), from_micros(row.acknowledged_us()));
    }
    one.set_broke_silence(row.broke_silence());
    one.set_done(row.done());
  }
  for (auto& [person, recipient] : recipients) *wire.add_recipients() = std::move(recipient);
  return {};
}

Result<v1::Circulation> CirculationService::get_circulation(
    const Subject& subject, const v1::GetCirculationRequest& message, Snapshot& snapshot) {
  ENTENTE_TRY(const Rows::Circulation found, find_readable(subject, message.name(), snapshot));
  const Instant now = parts_.clock.now();
  const policy::Decision decision = policy::decide(subject, Action::Read, found.guard(), now);
  if (!decision.permits()) return not_found(message.name());
  ENTENTE_TRY(v1::Circulation wire, to_wire(found.open(decision), subject, snapshot));
  ENTENTE_TRY_VOID(add_sent(subject, *found.open(decision), wire, snapshot));
  if (policy::decide(subject, Action::ListReaders, found.guard(), now).permits()) {
    ENTENTE_TRY_VOID(add_recipients(subject, found.guard(), wire, snapshot));
  }
  return wire;
}

template <typename Request, typename Fits>
Result<v1::ListCirculationsReply> CirculationService::list(const Subject& subject,
                                                           const Request& message,
                                                           Snapshot& snapshot,
                                                           const Fits& fits) const {
  Request query = message;
  query.clear_page_token();
  query.clear_page_size();
  const std::string bound = std::string(Request::descriptor()->name()) + query.SerializeAsString();
  ENTENTE_TRY(const std::optional<Shelf::Place> after,
              read_token(parts_.rows.store(), subject, bound, message.page_token()));
  const Instant now = parts_.clock.now();
  const std::size_t size = message.page_size() == 0
                               ? limits::page_size_default
                               : std::min(message.page_size(), limits::page_size_max);
  v1::ListCirculationsReply reply;
  std::optional<Shelf::Place> last;
  Status broken;
  parts_.shelf.each_circulation(after, [&](const ShelvedCirculation& one) {
    const bool of_process =
        message.process().empty() || message.process() == "processes/" + one.guard.process;
    if (!of_process || !policy::decide(subject, Action::Read, one.guard, now).permits()) {
      return true;
    }
    if (static_cast<std::size_t>(reply.circulations_size()) == size) {
      reply.set_next_page_token(make_token(parts_.rows.store(), subject, bound, *last));
      return false;
    }
    const auto found = parts_.rows.find_circulation(snapshot, one.id);
    if (!found.ok() || !*found) {
      broken = found.status();
      return found.ok();
    }
    const policy::Decision decision = policy::decide(subject, Action::Read, (*found)->guard(), now);
    if (!decision.permits()) return true;
    Result<v1::Circulation> wire = to_wire((*found)->open(decision), subject, snapshot);
    if (!wire.ok()) {
      broken = wire.status();
      return false;
    }
    if (!fits(*wire, one)) return true;
    last = Shelf::Place(one.sent_at, one.id);
    *reply.add_circulations() = *std::move(wire);
    return true;
  });
  ENTENTE_TRY_VOID(broken);
  return reply;
}

Result<v1::ListCirculationsReply> CirculationService::list_inbox(
    const Subject& subject, const v1::ListInboxRequest& message, Snapshot& snapshot) {
  return list(
      subject, message, snapshot, [&](const v1::Circulation& wire, const ShelvedCirculation& one) {
        if (one.guard.originator == subject.party) return false;
        return !message.waiting() || !(wire.has_acknowledged_at() || wire.has_recalled_at());
      });
}

Result<v1::ListCirculationsReply> CirculationService::list_outbox(
    const Subject& subject, const v1::ListOutboxRequest& message, Snapshot& snapshot) {
  return list(subject, message, snapshot,
              [&](const v1::Circulation&, const ShelvedCirculation& one) {
                return one.guard.originator == subject.party;
              });
}

Result<v1::Response> CirculationService::respond(const Subject& subject,
                                                 const v1::RespondRequest& message,
                                                 Transaction& transaction) {
  ENTENTE_TRY(Rows::Circulation found, find_readable(subject, message.name(), transaction));
  const Instant now = parts_.clock.now();
  const policy::Decision decision = policy::decide(subject, Action::Read, found.guard(), now);
  if (!decision.permits() || subject.read_only) return not_found(message.name());
  const policy::Guard guard = found.guard();
  record::Circulation row = std::move(found).take(decision);
  const v1::Response& said = message.response();
  ENTENTE_TRY_VOID(check_response(said, row, now));
  if (row.responses() >= limits::responses_max) {
    return Status(Code::ResourceExhausted, Reason::LimitReached, "it has too many responses");
  }
  record::Response response;
  v1::Response& shown = *response.mutable_shown();
  if (said.has_audience()) {
    ENTENTE_TRY(const policy::Audience audience,
                policy::audience_of("comment.audience", said.audience()));
    ENTENTE_TRY(const policy::AudienceId number, parts_.neighbours.intern(transaction, audience));
    response.set_audience(static_cast<std::uint32_t>(number));
    *shown.mutable_audience() = said.audience();
  }
  row.set_responses(row.responses() + 1);
  shown.set_number(row.responses());
  shown.set_kind(said.kind());
  shown.set_text(said.text());
  shown.set_account(subject.account);
  if (!subject.person.empty()) shown.set_person("persons/" + subject.person);
  shown.set_party("parties/" + subject.party);
  set_time(*shown.mutable_recorded_at(), now);
  ENTENTE_TRY(record::Recipient own,
              parts_.rows.recipient(transaction, store::Id::from(row.id()), actor_of(subject)));
  if (own.acknowledged_us() == 0) own.set_acknowledged_us(to_micros(now));
  own.set_done(own.done() || said.kind() == v1::Response::DONE);
  const bool breaks = said.kind() == v1::Response::BREAK_SILENCE;
  own.set_broke_silence(own.broke_silence() || breaks);
  row.set_silence_broken(row.silence_broken() || breaks);
  ENTENTE_TRY(const std::vector<v1::Response> before,
              responses_for(subject, guard, store::Id::from(row.id()), transaction));
  parts_.rows.put_recipient(transaction, row, own);
  parts_.rows.put_response(transaction, row, response);
  ENTENTE_TRY_VOID(save(subject, transaction, row, acts::respond, v1::News::RESPONDED, response));
  shown.set_number(before.size() + 1);
  return shown;
}

Result<v1::ListResponsesReply> CirculationService::list_responses(
    const Subject& subject, const v1::ListResponsesRequest& message, Snapshot& snapshot) {
  ENTENTE_TRY(const Rows::Circulation found, find_readable(subject, message.name(), snapshot));
  const policy::Decision decision =
      policy::decide(subject, Action::Read, found.guard(), parts_.clock.now());
  if (!decision.permits()) return not_found(message.name());
  const store::Id id = store::Id::from(found.open(decision)->id());
  ENTENTE_TRY(const std::vector<v1::Response> seen,
              responses_for(subject, found.guard(), id, snapshot));
  v1::ListResponsesReply reply;
  *reply.mutable_responses() = {seen.begin(), seen.end()};
  return reply;
}

Result<v1::Circulation> CirculationService::recall(const Subject& subject,
                                                   const v1::RecallRequest& message,
                                                   Transaction& transaction) {
  ENTENTE_TRY(record::Circulation row, take_own(subject, message.name(), transaction));
  if (!row.shown().has_recalled_at()) {
    set_time(*row.mutable_shown()->mutable_recalled_at(), parts_.clock.now());
  }
  ENTENTE_TRY_VOID(save(subject, transaction, row, acts::recall, v1::News::RECALLED));
  return row.shown();
}

Result<v1::Circulation> CirculationService::remind(const Subject& subject,
                                                   const v1::RemindRequest& message,
                                                   Transaction& transaction) {
  ENTENTE_TRY(record::Circulation row, take_own(subject, message.name(), transaction));
  ENTENTE_TRY_VOID(check_waits(row, parts_.clock.now()));
  ENTENTE_TRY_VOID(
      check_life(parts_.neighbours, subject, row.guard().process(), New::SentRound, transaction));
  set_time(*row.mutable_shown()->mutable_reminded_at(), parts_.clock.now());
  ENTENTE_TRY_VOID(save(subject, transaction, row, acts::remind, v1::News::REMINDED));
  // Who is reminded sees it today; who saw it when it was sent may have gone.
  v1::WhoCanSeeRequest who;
  who.set_object(row.shown().name());
  ENTENTE_TRY(const v1::WhoCanSeeReply seen,
              parts_.neighbours.who_can_see(subject, who, transaction));
  row.mutable_shown()->set_in_words(seen.reckoning().in_words());
  return row.shown();
}

}  // namespace entente::documents
