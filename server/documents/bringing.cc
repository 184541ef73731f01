// Bringing a document's content: begun, sent piece by piece, and made a document or its next
// revision in one transaction.
#include <algorithm>

#include "proto/contract/limits.h"
#include "proto/contract/limits_documents.h"
#include "server/documents/consents.h"
#include "server/documents/retention.h"
#include "server/documents/service.h"

namespace entente::documents {
namespace {

using policy::Action;

// Where viewers look for it (ISO 32000-1, appendix H, note 13).
bool begins_as_pdf(std::string_view head) { return head.find("%PDF-") != std::string_view::npos; }

}  // namespace

// The originator brings any content; another party a translation that the originator has agreed to,
// and never in place of what the originator has brought itself.
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
  ENTENTE_TRY(record::Document row, take_own(subject, name, Action::Read, snapshot));
  const std::optional<std::size_t> there = content_in(row, content.language());
  if (there && row.contents(static_cast<int>(*there)).party().empty()) {
    return not_yours("its text in this language is its originator's own");
  }
  return row;
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
  std::optional<v1::Document> like_it;
  if (message.document().name().empty()) {
    ENTENTE_TRY_VOID(check_document(message.document()));
    ENTENTE_TRY_VOID(decide_create(subject, message.document()));
    const v1::Visibility& visibility = message.document().visibility();
    if (visibility.has_expires_at() && instant_of(visibility.expires_at()) <= parts_.clock.now()) {
      return invalid_argument("document.visibility.expires_at", "is over already");
    }
    process = *policy::id_in(message.document().process(), "processes/");
  } else {
    ENTENTE_TRY(const record::Document own,
                take_for_content(subject, message.document().name(), message.content(), snapshot));
    if (own.shown().state() != v1::Document::CURRENT) return withdrawn(own.shown());
    sealed = is_sealed(own.shown());
    document = store::Id::from(own.id());
    process = own.guard().process();
    // Who reads it is not another party's to be told, but who would read what is like it.
    if (subject.party != own.guard().originator()) like_it = own.shown();
    if (like_it) like_it->clear_name();
  }
  ENTENTE_TRY_VOID(check_life(parts_.neighbours, subject, process, New::Brought, snapshot));
  if (sealed) ENTENTE_TRY_VOID(check_sealed_content(message.content()));
  v1::ContentProgress progress;
  progress.set_piece_bytes_max(limits::content_piece_bytes_max);
  ENTENTE_TRY(*progress.mutable_readers(), like_it ? readers_of(subject, *like_it, snapshot)
                                                   : reckon(subject, message.document(), snapshot));
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

// A restricted PDF is shown marked or not at all: what cannot be marked is refused beforehand.
Status Service::check_markable(const record::Document& row, const record::Kept& kept) {
  if (!kept.is_pdf() || is_sealed(row.shown())) return {};
  if (!policy::leaves_receipt(guard_of(row.guard()).handling)) return {};
  Copy copy(parts_.rows.store(), kept);
  const Status marked = copy.mark(parts_.marker, "trial");
  if (marked.code() != Code::FailedPrecondition) return marked;
  return invalid_argument("content", std::string(marked.message()));
}

Status Service::put_content(const Subject& subject, const UploadSession& session,
                            record::Document& row, Snapshot& snapshot) const {
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
  kept.set_party(subject.party == row.guard().originator() ? std::string() : subject.party);
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
    shown.clear_silences();
    shown.set_state(v1::Document::CURRENT);
    shown.set_originator("parties/" + subject.party);
    const Instant now = parts_.clock.now();
    set_time(*shown.mutable_created_at(), now);
    ENTENTE_TRY(const auto until,
                retain_until(parts_.rows, transaction,
                             *policy::id_in(shown.process(), "processes/"), shown.kind(), now));
    if (until) set_time(*shown.mutable_retain_until(), *until);
    ENTENTE_TRY_VOID(set_guard(subject, shown, row, transaction));
  } else {
    ENTENTE_TRY(row,
                take_for_content(subject, said.name(), session.request.content(), transaction));
    if (row.shown().state() != v1::Document::CURRENT) return withdrawn(row.shown());
    if (subject.party != row.guard().originator()) {
      ENTENTE_TRY_VOID(spend_language(parts_.rows, transaction, session.document, subject.party,
                                      session.request.content().language()));
    }
    const bool there = content_in(row, session.request.content().language()).has_value();
    if (!there && static_cast<std::size_t>(row.contents_size()) >= limits::contents_max) {
      return invalid_argument("content.language", "the document has too many languages");
    }
  }
  ENTENTE_TRY_VOID(
      check_life(parts_.neighbours, subject, row.guard().process(), New::Brought, transaction));
  row.mutable_shown()->set_recorded_by(subject.account);
  ENTENTE_TRY_VOID(put_content(subject, session, row, transaction));
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
  ENTENTE_TRY_VOID(parts_.rows.save(transaction, row, parts_.clock.now()));
  parts_.rows.put_place(transaction, upload, session->document);
  ENTENTE_TRY_VOID(add_event(transaction, subject, v1::News::DOCUMENT, row));
  ledger::Act act;
  act.object_digest = session->sha256;
  act.signature = message.signature();
  act.signer_certificate_sha256 = message.signer_certificate_sha256();
  record_act(subject, transaction, session->is_new ? acts::create : acts::revise, row,
             std::move(act));
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
  parts_.uploads.settle(parse_document_name(document.name())->id);
}

}  // namespace entente::documents
