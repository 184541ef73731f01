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

namespace entente::documents {
namespace {

using policy::Action;

Status withdrawn() {
  return {Code::FailedPrecondition, Reason::None, "it was withdrawn by its originator"};
}

// Where viewers look for it (ISO 32000-1, appendix H, note 13).
bool begins_as_pdf(std::string_view head) { return head.find("%PDF-") != std::string_view::npos; }

// Of what is sealed an audience is widened by two persons (SealingService); one may narrow it.
Status check_not_wider(const v1::Document& now, const v1::Document& next) {
  const v1::Visibility& is = now.visibility();
  const v1::Visibility& wanted = next.visibility();
  ENTENTE_TRY(const policy::Audience before, audience_of(is.audience()));
  ENTENTE_TRY(const policy::Audience after, audience_of(wanted.audience()));
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
  const std::string process = *id_in(document.process(), "processes/");
  // Of a process that the caller has no part in, nothing is said.
  if (!takes_part(subject, process)) return not_found(document.process());
  if (subject.read_only) return not_yours("an application password only reads");
  ENTENTE_TRY(const policy::Audience audience, audience_of(document.visibility().audience()));
  ENTENTE_TRY(policy::Guard guard, guard_from(document.visibility(), subject.party, process));
  const policy::Decision decision =
      decide_new(subject, audience, std::move(guard), parts_.clock.now());
  if (decision.permits()) return {};
  return invalid_argument("document.visibility.audience",
                          "does not include you: who sends a document must be able to see it");
}

Result<v1::Reckoning> Service::reckon(const Subject& subject, const v1::Document& document,
                                      Snapshot& snapshot) const {
  v1::WhoCanSeeRequest who;
  if (document.name().empty()) {
    *who.mutable_draft()->mutable_visibility() = document.visibility();
    who.mutable_draft()->set_process(document.process());
  } else {
    who.set_object(document.name());
  }
  ENTENTE_TRY(v1::WhoCanSeeReply reply, parts_.neighbours.who_can_see(subject, who, snapshot));
  if (reply.reckoning().unknown_size() != 0) {
    return invalid_argument(
        "document.visibility.audience",
        "names `" + reply.reckoning().unknown(0) + "`, which is nothing that you can see");
  }
  return std::move(*reply.mutable_reckoning());
}

Result<record::Document> Service::take_own(const Subject& subject, std::string_view name,
                                           Action action, Snapshot& snapshot) const {
  const auto parsed = parse_document_name(name);
  if (!parsed || parsed->revision != 0 || parsed->reading != 0) return not_found(name);
  ENTENTE_TRY(std::optional<Rows::Document> found, parts_.rows.find(snapshot, parsed->id));
  const policy::Guard guard = found ? found->guard() : policy::Guard();
  const Instant now = parts_.clock.now();
  const policy::Decision seen = policy::decide(subject, Action::Read, guard, now);
  if (!seen.permits()) return not_found(name);
  const policy::Decision decision = policy::decide(subject, action, guard, now);
  if (!decision.permits()) return not_yours("it is its originator's to change");
  return std::move(*found).take(decision);
}

// The originator brings any content; another party a translation that the originator has agreed to.
Result<record::Document> Service::take_for_content(const Subject& subject, std::string_view name,
                                                   const v1::Content& content,
                                                   Snapshot& snapshot) const {
  Result<record::Document> own = take_own(subject, name, Action::Originate, snapshot);
  if (own.ok() || own.status().code() != Code::PermissionDenied) return own;
  const auto parsed = parse_document_name(name);
  ENTENTE_TRY(const bool granted, is_granted_language(parts_.rows, snapshot, parsed->id,
                                                      subject.party, content.language()));
  const bool translates = content.status() == v1::Content::OFFICIAL_TRANSLATION ||
                          content.status() == v1::Content::COURTESY_TRANSLATION;
  if (!granted || !translates) return own;
  return take_own(subject, name, Action::Read, snapshot);
}

Result<v1::ContentProgress> Service::begin_content(const Subject& subject,
                                                   const v1::BeginContentRequest& message,
                                                   Snapshot& snapshot) {
  if (!policy::is_id(message.upload_id())) {
    return invalid_argument("upload_id", "must be 1 to 64 of [A-Za-z0-9._-]");
  }
  ENTENTE_TRY_VOID(check_content(message.content()));
  std::optional<store::Id> document;
  std::string process;
  bool sealed = is_sealed(message.document());
  if (message.document().name().empty()) {
    ENTENTE_TRY_VOID(check_document(message.document()));
    ENTENTE_TRY_VOID(decide_create(subject, message.document()));
    process = *id_in(message.document().process(), "processes/");
  } else {
    ENTENTE_TRY(const record::Document own,
                take_for_content(subject, message.document().name(), message.content(), snapshot));
    if (own.shown().state() != v1::Document::CURRENT) return withdrawn();
    sealed = is_sealed(own.shown());
    document = store::Id::from(own.id());
    process = own.guard().process();
  }
  if (sealed) ENTENTE_TRY_VOID(check_sealed_content(message.content()));
  v1::ContentProgress progress;
  progress.set_piece_bytes_max(limits::content_piece_bytes_max);
  ENTENTE_TRY(*progress.mutable_readers(), reckon(subject, message.document(), snapshot));
  ENTENTE_TRY(const auto place,
              parts_.rows.find_place(snapshot,
                                     parts_.rows.upload_id(subject.account, message.upload_id())));
  if (place) {
    progress.set_already_there(true);
    progress.set_document(document_name(store::Id::from(place->document())));
    return progress;
  }
  ENTENTE_TRY(std::shared_ptr<UploadSession> session,
              parts_.uploads.find(subject.account, message));
  if (!session) {
    ENTENTE_TRY(session, parts_.uploads.begin(subject.account, message, process, document));
  }
  const std::lock_guard lock(session->mutex);
  progress.set_offset(session->offset);
  progress.set_document(document_name(session->document));
  return progress;
}

Result<v1::ContentProgress> Service::send_content(const Subject& subject,
                                                  const v1::SendContentRequest& message,
                                                  Snapshot&) {
  ENTENTE_TRY(const std::shared_ptr<UploadSession> session,
              parts_.uploads.get(subject.account, message.upload_id()));
  ENTENTE_TRY_VOID(parts_.uploads.piece(*session, message.offset(), message.content()));
  v1::ContentProgress progress;
  progress.set_piece_bytes_max(limits::content_piece_bytes_max);
  progress.set_offset(message.offset() + message.content().size());
  progress.set_document(document_name(session->document));
  return progress;
}

// Interns what a document's words say of who sees it.
Status Service::set_guard(const Subject& subject, const v1::Document& document,
                          record::Document& row, Transaction& transaction) {
  const std::string originator = code_of(document.originator());
  const std::string process = *id_in(document.process(), "processes/");
  ENTENTE_TRY(const policy::Audience audience, audience_of(document.visibility().audience()));
  ENTENTE_TRY(policy::Guard guard, guard_from(document.visibility(), originator, process));
  ENTENTE_TRY(guard.audience, parts_.neighbours.intern(transaction, audience));
  ENTENTE_TRY(const policy::AudienceId keepers,
              parts_.neighbours.intern(transaction, keepers_of(subject, process)));
  *row.mutable_guard() = to_record(guard);
  row.set_keepers(static_cast<std::uint32_t>(keepers));
  return {};
}

// A restricted PDF is shown marked or not at all: what cannot be marked is refused beforehand.
Status Service::check_markable(const record::Document& row, const record::Kept& kept) {
  if (!kept.is_pdf() || is_sealed(row.shown())) return {};
  if (!policy::leaves_receipt(guard_of(row.guard()).handling)) return {};
  Copy copy(parts_.rows.store(), kept);
  const Status marked = copy.mark(parts_.marker, "trial");
  if (marked.code() != Code::FailedPrecondition) return marked;
  return invalid_argument("content", std::string(marked.message()));
}

Status Service::put_content(const UploadSession& session, record::Document& row,
                            Snapshot& snapshot) const {
  v1::Content content = session.request.content();
  content.set_sha256(session.sha256);
  if (content.status() == v1::Content::STATUS_UNSPECIFIED) {
    content.set_status(v1::Content::ORIGINAL);
  }
  // Within one document the same bytes are kept once.
  ENTENTE_TRY(const std::optional<record::Kept> there,
              parts_.rows.find_kept(snapshot, session.document, session.sha256));
  record::Kept kept;
  kept.set_id(std::string(session.content.view()));
  kept.set_sha256(session.sha256);
  kept.set_bytes(session.offset);
  kept.set_is_pdf(begins_as_pdf(session.head));
  if (there) kept = *there;
  for (int i = 0; i < row.contents_size(); ++i) {
    if (row.shown().contents(i).language() != content.language()) continue;
    *row.mutable_contents(i) = kept;
    *row.mutable_shown()->mutable_contents(i) = content;
    return {};
  }
  *row.add_contents() = kept;
  *row.mutable_shown()->add_contents() = content;
  return {};
}

Result<record::Document> Service::make_row(const Subject& subject, UploadSession& session,
                                           Transaction& transaction) {
  const v1::Document& said = session.request.document();
  record::Document row;
  if (session.is_new) {
    ENTENTE_TRY_VOID(decide_create(subject, said));  // again, for much may have changed
    row.set_id(std::string(session.document.view()));
    v1::Document& shown = *row.mutable_shown();
    shown = said;
    shown.clear_contents();
    shown.clear_on_hold();
    shown.clear_withdrawn_because();
    shown.clear_retain_until();
    shown.set_state(v1::Document::CURRENT);
    shown.set_originator("parties/" + subject.party);
    const Instant now = parts_.clock.now();
    set_time(*shown.mutable_created_at(), now);
    ENTENTE_TRY(const auto until,
                retain_until(parts_.rows, transaction, *id_in(shown.process(), "processes/"),
                             shown.kind(), now));
    if (until) set_time(*shown.mutable_retain_until(), *until);
    ENTENTE_TRY_VOID(set_guard(subject, shown, row, transaction));
  } else {
    ENTENTE_TRY(row,
                take_for_content(subject, said.name(), session.request.content(), transaction));
    if (row.shown().state() != v1::Document::CURRENT) return withdrawn();
    const bool there = content_in(row, session.request.content().language()).has_value();
    if (!there && static_cast<std::size_t>(row.contents_size()) >= limits::contents_max) {
      return invalid_argument("content.language", "the document has too many languages");
    }
  }
  row.mutable_shown()->set_recorded_by(subject.account);
  ENTENTE_TRY_VOID(put_content(session, row, transaction));
  return row;
}

Result<v1::Document> Service::finish_content(const Subject& subject,
                                             const v1::FinishContentRequest& message,
                                             Transaction& transaction) {
  if (message.signature().size() > limits::signature_bytes_max ||
      message.signer_certificate_sha256().size() > 32) {
    return invalid_argument("signature", "is too long");
  }
  const store::Id upload = parts_.rows.upload_id(subject.account, message.upload_id());
  ENTENTE_TRY(const auto place, parts_.rows.find_place(transaction, upload));
  if (place) {
    const std::string name = document_name(store::Id::from(place->document()));
    ENTENTE_TRY(const Rows::Document found, find_readable(subject, name, transaction));
    const policy::Decision decision =
        policy::decide(subject, Action::Read, found.guard(), parts_.clock.now());
    if (!decision.permits()) return not_found(name);
    record_act(subject, transaction, acts::repeat, *found.open(decision));
    return to_wire(found.open(decision), subject);
  }
  ENTENTE_TRY(const std::shared_ptr<UploadSession> session,
              parts_.uploads.get(subject.account, message.upload_id()));
  const std::lock_guard lock(session->mutex);
  ENTENTE_TRY_VOID(parts_.uploads.end(*session));
  if (message.sha256() != session->sha256) {
    return invalid_argument("sha256", "is not that of the bytes that came");
  }
  ENTENTE_TRY(record::Document row, make_row(subject, *session, transaction));
  if (!session->markable) {
    const auto which = content_in(row, session->request.content().language());
    ENTENTE_TRY_VOID(check_markable(row, row.contents(static_cast<int>(*which))));
    session->markable = true;
  }
  session->tried =
      std::any_of(row.contents().begin(), row.contents().end(),
                  [&](const record::Kept& kept) { return kept.id() == session->content.view(); });
  ENTENTE_TRY_VOID(put_envelope(transaction, *session, row));
  parts_.rows.save(transaction, row, parts_.clock.now());
  parts_.rows.put_place(transaction, upload, session->document);
  ENTENTE_TRY_VOID(add_event(transaction, subject, v1::News::DOCUMENT, row));
  ledger::Act act;
  act.object_digest = session->sha256;
  act.signature = message.signature();
  act.signer_certificate_sha256 = message.signer_certificate_sha256();
  record_act(subject, transaction, session->is_new ? acts::create : acts::revise, row,
             std::move(act));
  const std::lock_guard names(mutex_);
  finishing_[row.shown().name()] = {subject.account, message.upload_id()};
  return row.shown();
}

// What is sealed becomes visible with what opens it, or not at all.
Status Service::put_envelope(Transaction& transaction, const UploadSession& session,
                             const record::Document& row) const {
  if (!is_sealed(row.shown())) return {};
  if (!session.envelope) {
    return {Code::FailedPrecondition, Reason::None,
            "a confidential document is brought with its envelope: PutEnvelope first"};
  }
  record::Envelope envelope = *session.envelope;
  envelope.set_content(std::string(session.content.view()));
  return parts_.rows.add_envelope(transaction, session.document, envelope);
}

void Service::finished(const v1::Document& document) {
  std::pair<std::string, std::string> place;
  {
    const std::lock_guard lock(mutex_);
    const auto found = finishing_.find(document.name());
    if (found == finishing_.end()) return;
    place = std::move(found->second);
    finishing_.erase(found);
  }
  parts_.uploads.done(place.first, place.second);
}

Result<v1::Document> Service::update_document(const Subject& subject,
                                              const v1::UpdateDocumentRequest& message,
                                              Transaction& transaction) {
  const v1::Document& said = message.document();
  ENTENTE_TRY(record::Document row, take_own(subject, said.name(), Action::Originate, transaction));
  if (row.shown().state() != v1::Document::CURRENT) return withdrawn();
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
  parts_.rows.save(transaction, row, parts_.clock.now());
  ENTENTE_TRY_VOID(add_event(transaction, subject, v1::News::DOCUMENT, row));
  record_act(subject, transaction, acts::revise, row);
  return row.shown();
}

Status Service::save_wider(const Subject& subject, record::Document& row,
                           Transaction& transaction) {
  ENTENTE_TRY_VOID(set_guard(subject, row.shown(), row, transaction));
  parts_.rows.save(transaction, row, parts_.clock.now());
  return add_event(transaction, subject, v1::News::DOCUMENT, row);
}

Result<v1::Reading> Service::open_document(const Subject& subject,
                                           const v1::OpenDocumentRequest& message,
                                           Transaction& transaction) {
  const auto parsed = parse_document_name(message.name());
  if (!parsed || parsed->revision != 0 || parsed->reading != 0) return not_found(message.name());
  ENTENTE_TRY(const Rows::Document found, find_readable(subject, message.name(), transaction));
  const Instant now = parts_.clock.now();
  const policy::Decision decision = policy::decide(subject, Action::Read, found.guard(), now);
  if (!decision.permits()) return not_found(message.name());
  const policy::Opened<record::Document> document = found.open(decision);
  if (!gives_content(*document, subject)) return withdrawn();
  const std::optional<std::size_t> which = content_in(*document, message.language());
  if (!which) return invalid_argument("language", "is none of the document's");
  ENTENTE_TRY(record::Reading reading,
              parts_.rows.next_reading(transaction, parsed->id, actor_of(subject), now));
  reading.set_revision(document->revision());
  reading.set_content(static_cast<std::uint32_t>(*which));
  // What is sealed nobody here can mark; its reader's client has the name, and the receipt.
  if (policy::leaves_receipt(found.guard().handling) && !is_sealed(document->shown())) {
    ENTENTE_TRY(const std::string name, parts_.neighbours.latin_name(subject, transaction));
    reading.set_mark(mark_of(*document, reading, name));
  }
  ENTENTE_TRY_VOID(parts_.rows.save_reading(transaction, parsed->id, reading));
  ledger::Act act;
  act.touched = {reading_name(parsed->id, reading.number())};
  act.audience = document->keepers();
  record_act(subject, transaction, acts::read, *document, std::move(act));
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
    parts_.rows.save(transaction, row, parts_.clock.now());
    ENTENTE_TRY_VOID(add_event(transaction, subject, v1::News::WITHDRAWN, row));
  }
  record_act(subject, transaction, acts::withdraw, row);
  return row.shown();
}

Result<v1::Document> Service::destroy_document(const Subject& subject,
                                               const v1::DestroyDocumentRequest& message,
                                               Transaction& transaction) {
  ENTENTE_TRY(record::Document row,
              take_own(subject, message.name(), Action::Originate, transaction));
  if (row.shown().on_hold()) {
    return Status(Code::FailedPrecondition, Reason::StillInUse,
                  "it is on hold: nothing destroys it until the secretariat lifts that");
  }
  ENTENTE_TRY(const record::Document stone, bury(row, subject.account, transaction));
  record_act(subject, transaction, acts::destroy, stone);
  return stone.shown();
}

Result<record::Document> Service::bury(const record::Document& row, const std::string& account,
                                       Transaction& transaction) {
  record::Document stone = row;
  stone.clear_contents();
  v1::Document& shown = *stone.mutable_shown();
  shown.Clear();
  shown.set_name(row.shown().name());
  shown.set_kind(row.shown().kind());
  shown.set_process(row.shown().process());
  shown.set_originator(row.shown().originator());
  *shown.mutable_created_at() = row.shown().created_at();
  shown.set_state(v1::Document::DESTROYED);
  shown.set_recorded_by(account);
  stone.set_revision(row.revision() + 1);
  stone.set_recorded_at_us(to_micros(parts_.clock.now()));
  shown.set_revision(stone.revision());
  set_time(*shown.mutable_recorded_at(), from_micros(stone.recorded_at_us()));
  ENTENTE_TRY_VOID(parts_.rows.bury(transaction, stone));
  const std::lock_guard lock(mutex_);
  std::vector<store::Id>& gone = destroying_[shown.name()];
  gone.clear();
  for (const record::Kept& kept : row.contents()) gone.push_back(store::Id::from(kept.id()));
  return stone;
}

Result<v1::Document> Service::destroy_by_schedule(const store::Id& document, Instant now,
                                                  Transaction& transaction) {
  ENTENTE_TRY(const auto bytes, transaction.find(store::Key(documents_table).id(document)));
  record::Document row;
  if (!bytes || !row.ParseFromString(*bytes)) return v1::Document();
  const v1::Document& shown = row.shown();
  const bool over = shown.state() != v1::Document::DESTROYED && shown.has_retain_until() &&
                    instant_of(shown.retain_until()) <= now;
  if (!over || shown.on_hold()) return v1::Document();
  ENTENTE_TRY(const record::Document stone, bury(row, "operator", transaction));
  ledger::Act act;
  act.account = "operator";
  act.kind = acts::expire;
  act.object = stone.shown().name();
  act.revision = stone.revision();
  act.audience = row.guard().embargo_until_us() != 0 ? row.keepers() : row.guard().audience();
  parts_.ledger.record(transaction, act);
  return stone.shown();
}

void Service::not_destroyed(const v1::Document& document) {
  const std::lock_guard lock(mutex_);
  destroying_.erase(document.name());
}

// Without its key, no row of it can be read, here or in a backup; its chunks give their room back.
// What a crash leaves undone between commit and here, the next start does (Shelf::load).
void Service::destroyed(const v1::Document& document) {
  std::vector<store::Id> gone;
  {
    const std::lock_guard lock(mutex_);
    const auto found = destroying_.find(document.name());
    if (found == destroying_.end()) return;
    gone = std::move(found->second);
    destroying_.erase(found);
  }
  const auto snapshot = parts_.rows.store().snapshot();
  for (const store::Id& id : gone) {
    std::vector<store::StagedRow> rows;
    for (const store::Table table : {chunks_table, texts_table}) {
      const auto cursor = snapshot->scan(store::Key(table).id(id));
      for (; cursor->valid(); cursor->next()) {
        rows.push_back({.key = store::Key(table).octets(cursor->key_bytes().substr(1)),
                        .value = std::nullopt,
                        .seal = {}});
      }
    }
    static_cast<void>(parts_.rows.store().stage(rows).ok());
  }
  const auto parsed = parse_document_name(document.name());
  static_cast<void>(parts_.rows.store().destroy_seal(seal_of(parsed->id)).ok());
}

Result<v1::Document> Service::hold_document(const Subject& subject,
                                            const v1::HoldDocumentRequest& message,
                                            Transaction& transaction) {
  ENTENTE_TRY(const Rows::Document found, find_readable(subject, message.name(), transaction));
  const Instant now = parts_.clock.now();
  const policy::Decision seen = policy::decide(subject, Action::Read, found.guard(), now);
  if (!seen.permits()) return not_found(message.name());
  // A duty of the process towards itself: over a party's own things it has no other.
  policy::Guard of_process = found.guard();
  of_process.originator.clear();
  if (!policy::decide(subject, Action::KeepProcess, of_process, now).permits()) {
    return not_yours("a hold is the secretariat's to set and to lift");
  }
  record::Document row = *found.open(seen);
  if (row.shown().state() == v1::Document::DESTROYED) {
    return Status(Code::FailedPrecondition, Reason::None, "it was destroyed");
  }
  row.mutable_shown()->set_on_hold(message.hold());
  row.mutable_shown()->set_recorded_by(subject.account);
  parts_.rows.save(transaction, row, now);
  record_act(subject, transaction, acts::hold, row);
  const auto again = parts_.rows.find(transaction, store::Id::from(row.id()));
  ENTENTE_TRY_VOID(again.status());
  return to_wire((*again)->open(seen), subject);
}

void Service::record_act(const Subject& subject, Transaction& transaction, std::string_view kind,
                         const record::Document& row, ledger::Act act) const {
  act.account = subject.account;
  act.party = subject.party;
  act.session = subject.session;
  act.kind = kind;
  act.object = row.shown().name();
  act.revision = row.revision();
  // The entry is for who may see the document: while there is an embargo, for its keepers.
  if (act.audience == 0) {
    act.audience = row.guard().embargo_until_us() != 0 ? row.keepers() : row.guard().audience();
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
