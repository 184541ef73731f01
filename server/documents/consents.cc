#include "server/documents/consents.h"

#include <algorithm>
#include <tuple>

#include "proto/contract/bytes.h"
#include "proto/contract/consent.h"
#include "proto/contract/document_consent.h"
#include "proto/contract/limits.h"
#include "proto/contract/limits_documents.h"
#include "proto/contract/limits_sealing.h"
#include "proto/contract/text.h"

namespace entente::documents {
namespace {

using policy::Action;
using Consent = v1::DocumentConsent;

bool waits(const Consent& consent) {
  return consent.state() == Consent::WAITING || consent.state() == Consent::HALF;
}

std::string party_of(const std::string& account) {
  return account.substr(0, account.find("/accounts/"));
}

// `DEU`.
std::string asking_party(const Consent& consent) {
  const std::string party = party_of(consent.asked_by());
  return party.substr(party.rfind('/') + 1);
}

std::set<std::string> set_of(const google::protobuf::RepeatedPtrField<std::string>& all) {
  return {all.begin(), all.end()};
}

Status stale() {
  return {Code::FailedPrecondition, Reason::RevisionStale,
          "the document has changed since this was asked: ask anew"};
}

std::optional<std::pair<store::Id, std::uint64_t>> parse_consent_name(std::string_view name) {
  const std::size_t at = name.find("/consents/");
  if (at == std::string_view::npos) return std::nullopt;
  const auto document = parse_document_name(name.substr(0, at));
  // A number is spelled as a reading's is.
  const auto number = parse_document_name(std::string(name.substr(0, at)) + "/readings/" +
                                          std::string(name.substr(at + 10)));
  if (!document || !number) return std::nullopt;
  return std::pair(document->id, number->reading);
}

template <typename Fits>
Rows::Found<record::Consent> find_granted(const Rows& rows, store::Snapshot& snapshot,
                                          const store::Id& document, const std::string& party,
                                          const Fits& fits) {
  ENTENTE_TRY(std::vector<record::Consent> all, rows.consents(snapshot, document));
  for (record::Consent& row : all) {
    const bool granted = row.shown().state() == Consent::GRANTED && !row.shown().spent() &&
                         asking_party(row.shown()) == party;
    if (granted && fits(row.shown())) return std::optional(std::move(row));
  }
  return std::optional<record::Consent>();
}

Rows::Found<record::Consent> find_granted_language(const Rows& rows, store::Snapshot& snapshot,
                                                   const store::Id& document,
                                                   const std::string& party,
                                                   const std::string& language) {
  return find_granted(rows, snapshot, document, party, [&](const Consent& granted) {
    return granted.act() == Consent::TRANSLATE && granted.language() == language;
  });
}

}  // namespace

Result<bool> is_granted_circulation(const Rows& rows, store::Snapshot& snapshot,
                                    const store::Id& document, const std::string& party,
                                    const v1::Audience& audience) {
  const auto any_of = set_of(audience.any_of());
  const auto none_of = set_of(audience.none_of());
  const auto lets = [&](const Consent& granted) {
    const auto to = set_of(granted.audience().any_of());
    const auto but_not = set_of(granted.audience().none_of());
    return granted.act() == Consent::CIRCULATE &&
           std::includes(to.begin(), to.end(), any_of.begin(), any_of.end()) &&
           std::includes(none_of.begin(), none_of.end(), but_not.begin(), but_not.end());
  };
  ENTENTE_TRY(const auto found, find_granted(rows, snapshot, document, party, lets));
  return found.has_value();
}

Result<bool> is_granted_language(const Rows& rows, store::Snapshot& snapshot,
                                 const store::Id& document, const std::string& party,
                                 const std::string& language) {
  ENTENTE_TRY(const auto found, find_granted_language(rows, snapshot, document, party, language));
  return found.has_value();
}

Status spend_language(const Rows& rows, store::Transaction& transaction, const store::Id& document,
                      const std::string& party, const std::string& language) {
  ENTENTE_TRY(auto found, find_granted_language(rows, transaction, document, party, language));
  if (!found) return not_yours("its originator has agreed to no such translation");
  found->mutable_shown()->set_spent(true);
  rows.put_consent(transaction, *found);
  return {};
}

void ConsentService::add_to(identity::Gate& gate) {
  const std::string service = "entente.v1.ConsentService.";
  gate.acts(service + "AskConsent", this, &ConsentService::ask);
  gate.acts(service + "AnswerConsent", this, &ConsentService::answer);
  gate.reads(service + "ListConsents", this, &ConsentService::list);
}

Digest ConsentService::digest_of(const Consent& consent) const {
  return document_act_digest({.origin = parts_.origin,
                              .document = consent.document(),
                              .revision = consent.revision(),
                              .act = Consent::Act_Name(consent.act()),
                              .any_of = set_of(consent.audience().any_of()),
                              .none_of = set_of(consent.audience().none_of()),
                              .language = consent.language()});
}

Status ConsentService::check_ask(const Subject& subject, const v1::AskConsentRequest& message,
                                 const v1::Document& document, Snapshot& snapshot) const {
  const bool own = document.originator() == "parties/" + subject.party;
  if (message.note().size() > limits::because_bytes_max || !is_plain(message.note())) {
    return invalid_argument("note", "must be at most 1024 bytes of plain text");
  }
  if (message.revision() != document.revision()) return stale();
  if (message.act() == Consent::TRANSLATE && !own) {
    v1::Content content;
    content.set_language(message.language());
    content.set_file_name("x");
    content.set_media_type("a/b");
    content.set_bytes(1);
    if (message.has_audience()) return invalid_argument("audience", "is of no translation");
    return check_content(content);
  }
  if (!message.language().empty()) return invalid_argument("language", "is of a translation only");
  if (message.act() == Consent::CIRCULATE && (own || !document.originator_control())) {
    return invalid_argument("act",
                            "needs no consent: it is not under originator control, or yours");
  }
  if (message.act() != Consent::CIRCULATE && message.act() != Consent::WIDEN) {
    return invalid_argument("act", "must be one of the acts that need a consent");
  }
  v1::Document draft = document;
  draft.clear_name();
  *draft.mutable_visibility()->mutable_audience() = message.audience();
  ENTENTE_TRY_VOID(parts_.documents.reckon(subject, draft, snapshot).status());
  return parts_.documents.decide_create(subject, draft);
}

Status ConsentService::keep_word(const Subject& subject, record::Consent& row,
                                 const std::string& device) const {
  record::Word& word = *row.mutable_first();
  word.set_account(subject.account);
  word.set_party(subject.party);
  word.set_person(subject.person);
  word.set_session(subject.session);
  word.set_device(to_hex(device));
  word.set_given_at_us(to_micros(parts_.clock.now()));
  return {};
}

Status ConsentService::add_event(const Subject& subject, const record::Consent& row,
                                 const policy::Guard& guard, Transaction& transaction) const {
  const bool asks = waits(row.shown());
  record::Event event;
  event.set_kind(
      static_cast<std::uint32_t>(asks ? v1::News::CONSENT_ASKED : v1::News::CONSENT_ANSWERED));
  event.set_document(row.document());
  event.set_consent(row.number());
  event.set_recorded_at_us(to_micros(parts_.clock.now()));
  event.set_account(subject.account);
  event.set_party(asks ? std::string(guard.originator) : asking_party(row.shown()));
  return parts_.rows.add_event(transaction, std::move(event));
}

Result<std::uint32_t> ConsentService::audience_of(const record::Consent& row,
                                                  const policy::Guard& guard,
                                                  Transaction& transaction) const {
  using policy::Principal;
  policy::Audience parties;
  parties.any_of.insert(Principal::make(Principal::Kind::Party, guard.originator));
  if (policy::in_time(guard, parts_.clock.now())) {
    parties.any_of.insert(Principal::make(Principal::Kind::Party, asking_party(row.shown())));
  }
  ENTENTE_TRY(const policy::AudienceId number, parts_.neighbours.intern(transaction, parties));
  return static_cast<std::uint32_t>(number);
}

Result<Consent> ConsentService::ask(const Subject& subject, const v1::AskConsentRequest& message,
                                    Transaction& transaction) {
  ENTENTE_TRY(const Rows::Document found,
              parts_.documents.find_itself(subject, message.document(), transaction));
  const policy::Decision decision =
      policy::decide(subject, Action::Read, found.guard(), parts_.clock.now());
  if (!decision.permits()) return not_found(message.document());
  const policy::Opened<record::Document> document = found.open(decision);
  if (subject.read_only) return not_yours("an application password only reads");
  if (document->shown().state() != v1::Document::CURRENT) {
    return withdrawn(document->shown());
  }
  ENTENTE_TRY_VOID(check_ask(subject, message, document->shown(), transaction));
  ENTENTE_TRY_VOID(check_life(parts_.neighbours, subject, document->guard().process(),
                              New::SentRound, transaction));
  const store::Id id = store::Id::from(document->id());
  ENTENTE_TRY(const std::vector<record::Consent> before, parts_.rows.consents(transaction, id));
  if (before.size() >= limits::consents_per_document_max) {
    return Status(Code::FailedPrecondition, Reason::LimitReached,
                  "too much was asked of this document already");
  }
  record::Consent row;
  row.set_document(document->id());
  Consent& shown = *row.mutable_shown();
  shown.set_document(message.document());
  shown.set_act(message.act());
  *shown.mutable_audience() = message.audience();
  shown.set_language(message.language());
  shown.set_note(message.note());
  shown.set_revision(message.revision());
  shown.set_digest(std::string(as_view(digest_of(shown))));
  shown.set_asked_by(subject.account);
  set_time(*shown.mutable_asked_at(), parts_.clock.now());
  ENTENTE_TRY(const std::string device,
              parts_.neighbours.check_signature(
                  subject, transaction, consent_message(shown.digest()), message.signature()));
  shown.set_state(Consent::WAITING);
  if (subject.party == found.guard().originator) {
    // The first of the two words that a wider confidential audience takes.
    ENTENTE_TRY_VOID(keep_word(subject, row, device));
    shown.set_state(Consent::HALF);
    shown.add_answered_by(subject.account);
  }
  // No count: who asks is not told whether others have.
  constexpr unsigned spare_bits = 16;  // a name of at most fifteen digits
  row.set_number(1 + (read_u64(parts_.entropy.bytes(8)) >> spare_bits));
  shown.set_name(consent_name(id, row.number()));
  parts_.rows.put_consent(transaction, row);
  ENTENTE_TRY_VOID(add_event(subject, row, found.guard(), transaction));
  ledger::Act act;
  act.touched = {row.shown().name()};
  ENTENTE_TRY(act.audience, audience_of(row, found.guard(), transaction));
  act.object_digest = shown.digest();
  act.signature = message.signature();
  act.signer_certificate_sha256 = device;
  parts_.documents.record_act(subject, transaction, acts::ask_consent, *document, std::move(act));
  return row.shown();
}

Result<bool> ConsentService::permits(const Subject& subject, const record::Consent& row,
                                     const policy::Guard& guard, const std::string& device,
                                     Transaction& transaction) const {
  const Instant now = parts_.clock.now();
  const Action action = row.shown().act() == Consent::WIDEN ? Action::Widen : Action::Originate;
  if (!policy::needs_two_persons(action, guard)) {
    return policy::decide(subject, action, guard, now).permits();
  }
  if (!policy::decide(subject, action, guard, now).needs_second_person()) return false;
  if (row.first().account().empty()) return true;  // the first word; it is kept, not yet enough
  policy::Consent first;
  ENTENTE_TRY(const std::optional<Subject> as_now,
              parts_.neighbours.subject_now(transaction, row.first().account(), row.first().party(),
                                            row.first().person()));
  if (as_now) first.subject = *as_now;
  first.subject.session = row.first().session();
  first.digest = digest_from(row.shown().digest());
  first.device = row.first().device();
  first.given_at = from_micros(row.first().given_at_us());
  policy::Consent second;
  second.subject = subject;
  second.digest = first.digest;
  second.device = to_hex(device);
  second.given_at = now;
  return policy::decide_two_person(first, second, digest_of(row.shown()), action, guard, now)
      .permits();
}

Status ConsentService::widen(const Subject& subject, const record::Consent& row,
                             record::Document document, Transaction& transaction) {
  if (document.revision() != row.shown().revision()) return stale();
  *document.mutable_shown()->mutable_visibility()->mutable_audience() = row.shown().audience();
  document.mutable_shown()->set_recorded_by(subject.account);
  return parts_.documents.save_wider(subject, document, transaction);
}

Result<Consent> ConsentService::answer(const Subject& subject,
                                       const v1::AnswerConsentRequest& message,
                                       Transaction& transaction) {
  const auto parsed = parse_consent_name(message.name());
  if (!parsed) return not_found(message.name());
  ENTENTE_TRY(std::optional<record::Consent> row,
              parts_.rows.find_consent(transaction, parsed->first, parsed->second));
  ENTENTE_TRY(const auto found, parts_.rows.find(transaction, parsed->first));
  const policy::Guard guard = found ? found->guard() : policy::Guard();
  const Instant now = parts_.clock.now();
  const policy::Decision seen = policy::decide(subject, Action::Read, guard, now);
  if (!row || !seen.permits() ||
      (subject.party != guard.originator &&
       party_of(row->shown().asked_by()) != "parties/" + subject.party)) {
    return not_found(message.name());
  }
  if (!policy::decide(subject, Action::Originate, guard, now).permits()) {
    return not_yours("it is its originator's to grant");
  }
  if (!waits(row->shown())) {
    return Status(Code::FailedPrecondition, Reason::None, "it was answered before");
  }
  Consent& shown = *row->mutable_shown();
  std::string device;
  if (message.grant()) {
    ENTENTE_TRY(device,
                parts_.neighbours.check_signature(
                    subject, transaction, consent_message(shown.digest()), message.signature()));
    ENTENTE_TRY(const bool permitted, permits(subject, *row, guard, device, transaction));
    if (!permitted) {
      return Status(Code::PermissionDenied, Reason::SecondPersonNeeded,
                    "another person of its originator agrees to this, within 72 hours");
    }
  }
  const bool two = policy::needs_two_persons(
      shown.act() == Consent::WIDEN ? Action::Widen : Action::Originate, guard);
  const bool half = message.grant() && two && row->first().account().empty();
  shown.set_state(!message.grant() ? Consent::REFUSED : half ? Consent::HALF : Consent::GRANTED);
  shown.add_answered_by(subject.account);
  set_time(*shown.mutable_answered_at(), now);
  if (half) ENTENTE_TRY_VOID(keep_word(subject, *row, device));
  if (shown.state() == Consent::GRANTED && shown.act() == Consent::WIDEN) {
    ENTENTE_TRY_VOID(widen(subject, *row, *found->open(seen), transaction));
  }
  parts_.rows.put_consent(transaction, *row);
  ENTENTE_TRY_VOID(add_event(subject, *row, guard, transaction));
  ledger::Act act;
  act.touched = {shown.name()};
  ENTENTE_TRY(act.audience, audience_of(*row, guard, transaction));
  act.object_digest = shown.digest();
  act.signature = message.signature();
  act.signer_certificate_sha256 = device;
  parts_.documents.record_act(subject, transaction, acts::answer_consent, *found->open(seen),
                              std::move(act));
  return shown;
}

Result<v1::ListConsentsReply> ConsentService::list(const Subject& subject,
                                                   const v1::ListConsentsRequest& message,
                                                   Snapshot& snapshot) {
  std::vector<store::Id> documents;
  if (!message.document().empty()) {
    ENTENTE_TRY_VOID(
        parts_.documents.find_readable(subject, message.document(), snapshot).status());
    documents.push_back(parse_document_name(message.document())->id);
  } else {
    ENTENTE_TRY(documents, parts_.rows.documents_with_consents(snapshot));
  }
  v1::ListConsentsReply reply;
  for (const store::Id& id : documents) {
    const auto shelved = parts_.shelf.document(id);
    const policy::Guard guard = shelved ? shelved->guard : policy::Guard();
    if (!policy::decide(subject, Action::Read, guard, parts_.clock.now()).permits()) continue;
    const bool own = subject.party == guard.originator;
    ENTENTE_TRY(const std::vector<record::Consent> rows, parts_.rows.consents(snapshot, id));
    for (const record::Consent& row : rows) {
      if (!own && party_of(row.shown().asked_by()) != "parties/" + subject.party) continue;
      if (message.waiting() && !(own && waits(row.shown()))) continue;
      *reply.add_consents() = row.shown();
    }
  }
  std::sort(reply.mutable_consents()->begin(), reply.mutable_consents()->end(),
            [](const Consent& a, const Consent& b) {
              return std::tuple(b.asked_at().seconds(), b.asked_at().nanos(), a.name()) <
                     std::tuple(a.asked_at().seconds(), a.asked_at().nanos(), b.name());
            });
  if (static_cast<std::size_t>(reply.consents_size()) > limits::consents_listed_max) {
    reply.mutable_consents()->DeleteSubrange(
        static_cast<int>(limits::consents_listed_max),
        reply.consents_size() - static_cast<int>(limits::consents_listed_max));
  }
  return reply;
}

}  // namespace entente::documents
