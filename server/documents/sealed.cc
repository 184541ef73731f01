#include "server/documents/sealed.h"

#include <algorithm>
#include <set>

#include "proto/contract/digest.h"
#include "proto/contract/limits.h"
#include "proto/contract/limits_documents.h"
#include "proto/contract/limits_sealing.h"
#include "proto/contract/roster.h"
#include "server/policy/audience.h"

namespace entente::documents {
namespace {

using policy::Action;

Status not_sealed() {
  return {Code::FailedPrecondition, Reason::None, "it is not a confidential document"};
}

}  // namespace

void SealedService::add_to(identity::Gate& gate) {
  const std::string service = "entente.v1.SealingService.";
  gate.reads(service + "GetRoster", this, &SealedService::get_roster);
  gate.reads(service + "PutEnvelope", this, &SealedService::put_envelope);
  gate.reads(service + "ListEnvelopes", this, &SealedService::list_envelopes);
  gate.acts(service + "ShareEnvelope", this, &SealedService::share_envelope);
}

Result<v1::Roster> SealedService::get_roster(const Subject& subject,
                                             const v1::GetRosterRequest& message,
                                             Snapshot& snapshot) {
  if (message.subject_case() == v1::GetRosterRequest::SUBJECT_NOT_SET) {
    return invalid_argument("subject", "must be a document or a draft");
  }
  v1::Document asked;
  if (message.has_document()) {
    ENTENTE_TRY(const Rows::Document found,
                parts_.documents.find_readable(subject, message.document(), snapshot));
    const policy::Decision decision =
        policy::decide(subject, Action::Read, found.guard(), parts_.clock.now());
    if (!decision.permits()) return not_found(message.document());
    asked = found.open(decision)->shown();
  } else {
    *asked.mutable_visibility() = message.draft().visibility();
    asked.set_process(message.draft().process());
    const auto process = policy::id_in(asked.process(), "processes/");
    if (!process) return invalid_argument("draft.process", "must be like `processes/igc`");
    if (!takes_part(subject, *process)) return not_found(asked.process());
  }
  v1::Roster reply;
  v1::Document draft = asked;
  draft.clear_name();
  ENTENTE_TRY(*reply.mutable_readers(), parts_.documents.reckon(subject, draft, snapshot));
  ENTENTE_TRY(const policy::Audience audience,
              policy::audience_of("visibility.audience", asked.visibility().audience()));
  ENTENTE_TRY(const std::vector<AudienceOffice> offices,
              parts_.neighbours.offices_of(audience, snapshot));
  for (const AudienceOffice& office : offices) {
    const bool shown =
        policy::decide(subject, Action::Read, office.guard, parts_.clock.now()).permits();
    if (!shown) {
      reply.set_unnamed(reply.unnamed() + 1);
    } else if (office.certificates.empty()) {
      reply.add_without(office.office);
    }
    for (const std::string& certificate : office.certificates) {
      if (!shown) continue;
      v1::SealRecipient& recipient = *reply.add_recipients();
      recipient.set_office(office.office);
      recipient.set_party(office.party);
      recipient.set_certificate(certificate);
      *recipient.mutable_through() = {office.through.begin(), office.through.end()};
    }
  }
  return reply;
}

template <typename Req>
Result<record::Envelope> SealedService::take(const Subject& subject, const Req& message,
                                             const policy::Audience& audience,
                                             Snapshot& snapshot) const {
  if (message.cms().empty() || message.cms().size() > limits::envelope_bytes_max) {
    return invalid_argument("cms", "must be 1 to 131072 bytes");
  }
  std::vector<RosterEntry> entries;
  for (const v1::SealRecipient& one : message.recipients()) {
    entries.push_back({.office = one.office(), .certificate = one.certificate()});
  }
  ENTENTE_TRY(const Digest roster, roster_digest(parts_.origin, entries));
  if (as_view(roster) != message.roster_sha256()) {
    return invalid_argument("roster_sha256", "is not that of these recipients");
  }
  ENTENTE_TRY(const std::vector<AudienceOffice> offices,
              parts_.neighbours.offices_of(audience, snapshot));
  std::set<std::pair<std::string, std::string>> sealable;
  for (const AudienceOffice& office : offices) {
    for (const std::string& certificate : office.certificates) {
      sealable.emplace(office.office, certificate);
    }
  }
  record::Envelope envelope;
  for (const RosterEntry& entry : entries) {
    if (sealable.count({entry.office, entry.certificate}) == 0) {
      return Status(Code::FailedPrecondition, Reason::Conflict,
                    "`" + entry.office.substr(0, 128) +
                        "` is not of its audience with that certificate; ask for the roster again");
    }
    v1::SealRecipient& recipient = *envelope.mutable_shown()->add_recipients();
    recipient.set_office(entry.office);
    recipient.set_certificate(entry.certificate);
  }
  envelope.mutable_shown()->set_cms(message.cms());
  envelope.mutable_shown()->set_roster_sha256(message.roster_sha256());
  envelope.mutable_shown()->set_sealed_by(subject.account);
  set_time(*envelope.mutable_shown()->mutable_recorded_at(), parts_.clock.now());
  return envelope;
}

Result<v1::Envelope> SealedService::put_envelope(const Subject& subject,
                                                 const v1::PutEnvelopeRequest& message,
                                                 Snapshot& snapshot) {
  ENTENTE_TRY(const std::shared_ptr<UploadSession> session,
              parts_.uploads.get(subject.account, message.upload_id()));
  v1::Document document = session->request.document();
  if (!session->is_new) {
    ENTENTE_TRY(const Rows::Document found,
                parts_.documents.find_readable(subject, document.name(), snapshot));
    const policy::Decision decision =
        policy::decide(subject, Action::Read, found.guard(), parts_.clock.now());
    if (!decision.permits()) return not_found(document.name());
    document = found.open(decision)->shown();
  }
  if (!is_sealed(document)) return not_sealed();
  ENTENTE_TRY(const policy::Audience audience,
              policy::audience_of("visibility.audience", document.visibility().audience()));
  ENTENTE_TRY(record::Envelope envelope, take(subject, message, audience, snapshot));
  v1::Envelope shown = envelope.shown();
  const std::lock_guard lock(session->mutex);
  session->envelope = std::move(envelope);
  return shown;
}

Result<v1::Envelope> SealedService::share_envelope(const Subject& subject,
                                                   const v1::ShareEnvelopeRequest& message,
                                                   Transaction& transaction) {
  if (message.signature().size() > limits::signature_bytes_max ||
      message.signer_certificate_sha256().size() > sizeof(Digest)) {
    return invalid_argument("signature", "is too long");
  }
  ENTENTE_TRY(const Rows::Document found,
              parts_.documents.find_itself(subject, message.document(), transaction));
  const policy::Decision decision =
      policy::decide(subject, Action::Read, found.guard(), parts_.clock.now());
  if (!decision.permits()) return not_found(message.document());
  const policy::Opened<record::Document> document = found.open(decision);
  if (subject.read_only) return not_yours("an application password only reads");
  if (!is_sealed(document->shown())) return not_sealed();
  if (!gives_content(*document, subject)) {
    return withdrawn(document->shown());
  }
  const auto which = content_in(*document, message.language());
  if (!which) return not_in_language(document->shown());
  const store::Id id = store::Id::from(document->id());
  const std::string content = document->contents(static_cast<int>(*which)).id();
  ENTENTE_TRY(const std::vector<record::Envelope> before, parts_.rows.envelopes(transaction, id));
  const auto own = std::count_if(before.begin(), before.end(),
                                 [&](const auto& one) { return one.content() == content; });
  if (static_cast<std::size_t>(own) >= limits::envelopes_per_content_max) {
    return Status(Code::FailedPrecondition, Reason::LimitReached,
                  "it was shared on too often; its originator seals the next revision to all");
  }
  ENTENTE_TRY(
      const policy::Audience audience,
      policy::audience_of("visibility.audience", document->shown().visibility().audience()));
  ENTENTE_TRY(record::Envelope envelope, take(subject, message, audience, transaction));
  envelope.set_content(content);
  ENTENTE_TRY_VOID(parts_.rows.add_envelope(transaction, id, envelope));
  ledger::Act act;
  act.touched = {envelope.shown().name()};
  act.object_digest = std::string(as_view(sha256(message.cms())));
  act.signature = message.signature();
  act.signer_certificate_sha256 = message.signer_certificate_sha256();
  parts_.documents.record_act(subject, transaction, acts::share, *document, std::move(act));
  return envelope.shown();
}

Result<v1::ListEnvelopesReply> SealedService::list_envelopes(
    const Subject& subject, const v1::ListEnvelopesRequest& message, Snapshot& snapshot) {
  const auto parsed = parse_document_name(message.name());
  if (!parsed || parsed->reading == 0) return not_found(message.name());
  v1::ReadContentRequest read;
  read.set_name(message.name());
  ENTENTE_TRY(const Service::Released released, parts_.documents.release(subject, read, snapshot));
  ENTENTE_TRY(const OwnCertificates own, parts_.neighbours.own_certificates(subject, snapshot));
  ENTENTE_TRY(std::vector<record::Envelope> all,
              parts_.rows.envelopes(snapshot, released.document));
  std::reverse(all.begin(), all.end());
  bool sealed = false;
  bool revoked = false;
  v1::ListEnvelopesReply reply;
  for (record::Envelope& one : all) {
    if (one.content() != released.content_id) continue;
    sealed = true;
    const auto is_in = [&](const std::set<std::string>& certificates) {
      return std::any_of(one.shown().recipients().begin(), one.shown().recipients().end(),
                         [&](const auto& to) { return certificates.count(to.certificate()) != 0; });
    };
    revoked = revoked || is_in(own.all);
    if (!is_in(own.in_force)) continue;
    if (static_cast<std::size_t>(reply.envelopes_size()) == limits::envelopes_page_max) break;
    *reply.add_envelopes() = std::move(*one.mutable_shown());
  }
  if (!sealed) return not_sealed();
  if (reply.envelopes_size() != 0) return reply;
  return Status(
      Code::FailedPrecondition, Reason::None,
      revoked ? "the certificate of your office that it is sealed to was revoked: somebody who can "
                "open it shares it on to the new one"
              : "it is not sealed to an office of yours: somebody who can open it shares it on");
}

}  // namespace entente::documents
