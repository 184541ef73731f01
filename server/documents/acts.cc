// The rpcs that act, and what leads up to them: each validates, decides, acts, records and replies
// within one transaction.
#include <algorithm>

#include "proto/contract/digest.h"
#include "proto/contract/limits.h"
#include "proto/contract/limits_documents.h"
#include "proto/contract/text.h"
#include "server/documents/consents.h"
#include "server/documents/retention.h"
#include "server/documents/service.h"
#include "server/policy/audience.h"

namespace entente::documents {
namespace {

using policy::Action;

// Of what is sealed an audience is widened by two persons (SealingService); one may narrow it.
Status check_not_wider(const v1::Document& now, const v1::Document& next) {
  const v1::Visibility& is = now.visibility();
  const v1::Visibility& wanted = next.visibility();
  ENTENTE_TRY(const policy::Audience before,
              policy::audience_of("visibility.audience", is.audience()));
  ENTENTE_TRY(const policy::Audience after,
              policy::audience_of("visibility.audience", wanted.audience()));
  const auto all_in = [](const auto& some, const auto& all) {
    return std::includes(all.begin(), all.end(), some.begin(), some.end());
  };
  const bool embargo_holds = !is.has_embargo_until() ||
                             (wanted.has_embargo_until() &&
                              instant_of(is.embargo_until()) <= instant_of(wanted.embargo_until()));
  const bool expiry_holds =
      !is.has_expires_at() ||
      (wanted.has_expires_at() && instant_of(wanted.expires_at()) <= instant_of(is.expires_at()));
  if (all_in(after.any_of, before.any_of) && all_in(before.none_of, after.none_of) &&
      embargo_holds && expiry_holds) {
    return {};
  }
  return {Code::PermissionDenied, Reason::SecondPersonNeeded,
          "to widen the audience of a confidential document takes two persons of its originator"};
}

std::string code_of(std::string_view party) {
  return std::string(party.substr(party.rfind('/') + 1));
}

}  // namespace

Status Service::decide_create(const Subject& subject, const v1::Document& document) const {
  const std::string process = *policy::id_in(document.process(), "processes/");
  // Of a process that the caller has no part in, nothing is said.
  if (!takes_part(subject, process)) return not_found(document.process());
  if (subject.read_only) return not_yours("an application password only reads");
  ENTENTE_TRY(const policy::Audience audience,
              policy::audience_of("visibility.audience", document.visibility().audience()));
  ENTENTE_TRY(policy::Guard guard, guard_from(document.visibility(), subject.party, process));
  const policy::Decision decision =
      decide_new(subject, audience, std::move(guard), parts_.clock.now());
  if (decision.permits()) return {};
  return invalid_argument("document.visibility.audience",
                          "does not include you: who sends a document must be able to see it; "
                          "name a group that you are in as well, such as `party/" +
                              subject.party + "`");
}

Result<v1::Reckoning> Service::readers_of(const Subject& subject, const v1::Document& document,
                                          Snapshot& snapshot) const {
  v1::WhoCanSeeRequest who;
  if (document.name().empty()) {
    *who.mutable_draft()->mutable_visibility() = document.visibility();
    who.mutable_draft()->set_process(document.process());
  } else {
    who.set_object(document.name());
  }
  ENTENTE_TRY(v1::WhoCanSeeReply reply, parts_.neighbours.who_can_see(subject, who, snapshot));
  return std::move(*reply.mutable_reckoning());
}

Result<v1::Reckoning> Service::reckon(const Subject& subject, const v1::Document& document,
                                      Snapshot& snapshot) const {
  ENTENTE_TRY(v1::Reckoning readers, readers_of(subject, document, snapshot));
  if (readers.unknown_size() != 0) {
    return invalid_argument(
        "document.visibility.audience",
        "names `" + readers.unknown(0) + "`, which is nothing that you can see");
  }
  return readers;
}

Result<record::Document> Service::take_own(const Subject& subject, std::string_view name,
                                           Action action, Snapshot& snapshot) const {
  ENTENTE_TRY(Rows::Document found, find_itself(subject, name, snapshot));
  const policy::Decision decision =
      policy::decide(subject, action, found.guard(), parts_.clock.now());
  if (!decision.permits()) return not_yours("it is its originator's to change");
  return std::move(found).take(decision);
}

// Interns what a document's words say of who sees it.
Status Service::set_guard(const Subject& subject, const v1::Document& document,
                          record::Document& row, Transaction& transaction) {
  const std::string originator = code_of(document.originator());
  const std::string process = *policy::id_in(document.process(), "processes/");
  ENTENTE_TRY(const policy::Audience audience,
              policy::audience_of("visibility.audience", document.visibility().audience()));
  ENTENTE_TRY(policy::Guard guard, guard_from(document.visibility(), originator, process));
  ENTENTE_TRY(guard.audience, parts_.neighbours.intern(transaction, audience));
  ENTENTE_TRY(const policy::AudienceId keepers,
              parts_.neighbours.intern(transaction, keepers_of(subject, audience, process)));
  *row.mutable_guard() = to_record(guard);
  row.set_keepers(static_cast<std::uint32_t>(keepers));
  return {};
}

Result<v1::Document> Service::update_document(const Subject& subject,
                                              const v1::UpdateDocumentRequest& message,
                                              Transaction& transaction) {
  const v1::Document& said = message.document();
  ENTENTE_TRY(record::Document row, take_own(subject, said.name(), Action::Originate, transaction));
  if (row.shown().state() != v1::Document::CURRENT) return withdrawn(row.shown());
  if (said.revision() != 0 && said.revision() != row.revision()) {
    return Status(Code::FailedPrecondition, Reason::RevisionStale,
                  "the document is at revision " + std::to_string(row.revision()));
  }
  v1::Document next = row.shown();
  next.set_kind(said.kind());
  *next.mutable_title() = said.title();
  *next.mutable_abstract() = said.abstract();
  *next.mutable_topics() = said.topics();
  *next.mutable_countries() = said.countries();
  next.set_date(said.date());
  next.set_body(said.body());
  next.set_meeting(said.meeting());
  next.set_originator_control(said.originator_control());
  if (said.has_visibility()) *next.mutable_visibility() = said.visibility();
  ENTENTE_TRY_VOID(check_document(next));
  if (next.visibility().handling() < row.shown().visibility().handling()) {
    return invalid_argument("document.visibility.handling", "is never lowered");
  }
  if (is_sealed(next) && !is_sealed(row.shown())) {
    return invalid_argument("document.visibility.handling",
                            "cannot become confidential: this server has had it in clear");
  }
  if (is_sealed(next)) ENTENTE_TRY_VOID(check_not_wider(row.shown(), next));
  v1::Document draft = next;
  draft.clear_name();
  ENTENTE_TRY_VOID(decide_create(subject, draft));
  ENTENTE_TRY_VOID(reckon(subject, draft, transaction).status());
  *row.mutable_shown() = std::move(next);
  row.mutable_shown()->set_recorded_by(subject.account);
  const bool raised =
      row.shown().visibility().handling() > static_cast<v1::Handling>(row.guard().handling());
  ENTENTE_TRY_VOID(set_guard(subject, row.shown(), row, transaction));
  for (const record::Kept& kept : row.contents()) {
    if (raised) ENTENTE_TRY_VOID(check_markable(row, kept));
  }
  ENTENTE_TRY_VOID(parts_.rows.save(transaction, row, parts_.clock.now()));
  ENTENTE_TRY_VOID(add_event(transaction, subject, v1::News::DOCUMENT, row));
  record_act(subject, transaction, acts::revise, row);
  return row.shown();
}

Status Service::save_wider(const Subject& subject, record::Document& row,
                           Transaction& transaction) {
  ENTENTE_TRY_VOID(set_guard(subject, row.shown(), row, transaction));
  ENTENTE_TRY_VOID(parts_.rows.save(transaction, row, parts_.clock.now()));
  return add_event(transaction, subject, v1::News::DOCUMENT, row);
}

Status Service::decide_original(const Subject& subject, const policy::Guard& guard,
                                Snapshot& snapshot) const {
  const Instant now = parts_.clock.now();
  if (policy::decide(subject, Action::Originate, guard, now).permits()) return {};
  policy::Guard of_process = guard;  // a duty of the process towards itself
  of_process.originator.clear();
  ENTENTE_TRY(const Life life, parts_.neighbours.life_of(subject, guard.process, snapshot));
  if (life == Life::Over &&
      policy::decide(subject, Action::KeepProcess, of_process, now).permits()) {
    return {};
  }
  return not_yours(
      "its original is its originator's; once the process is concluded, its archive's");
}

Result<v1::Reading> Service::open_document(const Subject& subject,
                                           const v1::OpenDocumentRequest& message,
                                           Transaction& transaction) {
  const auto parsed = parse_document_name(message.name());
  if (!parsed || parsed->reading != 0) return not_found(message.name());
  ENTENTE_TRY(const Rows::Document found, find_readable(subject, message.name(), transaction));
  const Instant now = parts_.clock.now();
  const policy::Decision decision = policy::decide(subject, Action::Read, found.guard(), now);
  if (!decision.permits()) return not_found(message.name());
  if (message.original()) {
    ENTENTE_TRY_VOID(decide_original(subject, found.guard(), transaction));
  }
  const policy::Opened<record::Document> document = found.open(decision);
  if (!gives_content(*document, subject)) return withdrawn(document->shown());
  const std::optional<std::size_t> which = content_in(*document, message.language());
  if (!which) return not_in_language(document->shown());
  ENTENTE_TRY(record::Reading reading,
              parts_.rows.next_reading(transaction, parsed->id, actor_of(subject), now));
  reading.set_revision(document->revision());
  reading.set_content(static_cast<std::uint32_t>(*which));
  // What is sealed nobody here can mark; its reader's client has the name, and the receipt.
  const bool marked = policy::leaves_receipt(found.guard().handling) && !message.original();
  if (marked && !is_sealed(document->shown())) {
    ENTENTE_TRY(const std::string name, parts_.neighbours.latin_name(subject, transaction));
    reading.set_mark(mark_of(*document, reading, name));
  }
  ENTENTE_TRY_VOID(parts_.rows.save_reading(transaction, parsed->id, reading));
  ledger::Act act;
  act.touched = {reading_name(parsed->id, reading.number())};
  act.audience = document->keepers();
  record_act(subject, transaction, message.original() ? acts::take : acts::read, *document,
             std::move(act));
  v1::Reading reply;
  reply.set_name(reading_name(parsed->id, reading.number()));
  reply.set_copy_number(reading.number());
  *reply.mutable_content() = document->shown().contents(static_cast<int>(*which));
  reply.set_mark(reading.mark());
  set_time(*reply.mutable_good_until(), now + std::chrono::seconds(limits::reading_good_s_max));
  return reply;
}

Result<v1::Document> Service::withdraw_document(const Subject& subject,
                                                const v1::WithdrawDocumentRequest& message,
                                                Transaction& transaction) {
  if (message.because().size() > limits::because_bytes_max || !is_plain(message.because())) {
    return invalid_argument("because", "must be at most 1024 bytes of plain text");
  }
  ENTENTE_TRY(record::Document row,
              take_own(subject, message.name(), Action::Originate, transaction));
  if (row.shown().state() == v1::Document::CURRENT) {
    row.mutable_shown()->set_state(v1::Document::WITHDRAWN);
    row.mutable_shown()->set_withdrawn_because(message.because());
    row.mutable_shown()->set_recorded_by(subject.account);
    ENTENTE_TRY_VOID(parts_.rows.save(transaction, row, parts_.clock.now()));
    ENTENTE_TRY_VOID(add_event(transaction, subject, v1::News::WITHDRAWN, row));
  }
  record_act(subject, transaction, acts::withdraw, row);
  return row.shown();
}

void Service::record_act(const Subject& subject, Transaction& transaction, std::string_view kind,
                         const record::Document& row, ledger::Act act) const {
  act.account = subject.account;
  act.party = subject.party;
  act.session = subject.session;
  act.kind = kind;
  act.object = row.shown().name();
  act.revision = row.revision();
  // The entry is for who may see the document: under an embargo, or expired, for its keepers.
  if (act.audience == 0) {
    act.audience = entry_audience(row.guard(), row.keepers(), parts_.clock.now());
  }
  parts_.ledger.record(transaction, act);
}

Status Service::add_event(Transaction& transaction, const Subject& subject, v1::News::Kind kind,
                          const record::Document& row) const {
  record::Event event;
  event.set_kind(static_cast<std::uint32_t>(kind));
  event.set_document(row.id());
  event.set_recorded_at_us(row.recorded_at_us());
  event.set_account(subject.account);
  return parts_.rows.add_event(transaction, std::move(event));
}

}  // namespace entente::documents
