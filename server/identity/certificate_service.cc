#include "server/identity/certificate_service.h"

#include <algorithm>
#include <set>
#include <utility>

#include "proto/contract/bytes.h"
#include "server/identity/acts.h"
#include "server/identity/records.h"
#include "server/identity/wire.h"
#include "server/ledger/tree_ledger.h"

namespace entente::identity {
namespace {

// Acts of the same instant that are looked through for one: a ledger full of them must not be read
// for one certificate.
constexpr std::uint64_t entries_scanned_max = 256;

policy::Guard guard_of(const record::AnchorProposal& proposal) {
  policy::Guard guard = party_guard(proposal.party());
  guard.process = proposal.process();
  return guard;
}

std::optional<std::string> process_id(std::string_view name) {
  constexpr std::string_view prefix = "processes/";
  if (!name.starts_with(prefix) || !policy::is_id(name.substr(prefix.size()))) return std::nullopt;
  return std::string(name.substr(prefix.size()));
}

std::optional<Digest> fingerprint_of(std::string_view name) {
  constexpr std::string_view prefix = "certificates/";
  if (!name.starts_with(prefix) || name.size() != prefix.size() + 64) return std::nullopt;
  const std::optional<std::string> bytes = from_hex(name.substr(prefix.size()));
  if (!bytes || certificate_name(*bytes) != name) return std::nullopt;  // One spelling.
  return digest_from(*bytes);
}

// Nothing where the snapshot has no such entry: the ledger may have grown since it was taken.
Result<std::optional<ledger::StoredEntry>> entry_at(store::Snapshot& in, std::uint64_t index) {
  Result<ledger::StoredEntry> read = ledger::read_entry(in, index);
  if (read.status().code() == Code::NotFound) return std::optional<ledger::StoredEntry>();
  ENTENTE_TRY(ledger::StoredEntry entry, std::move(read));
  return std::optional(std::move(entry));
}

std::string proposal_name(const record::AnchorProposal& row) {
  return "parties/" + row.party() + "/anchorProposals/" + to_hex(row.digest());
}

v1::AnchorProposal to_wire(const record::AnchorProposal& row) {
  v1::AnchorProposal out;
  out.set_name(proposal_name(row));
  out.set_party("parties/" + row.party());
  out.set_process("processes/" + row.process());
  out.set_der(row.der());
  out.set_replaces(row.replaces());
  out.set_digest(row.digest());
  out.set_proposed_by(row.account());
  *out.mutable_expires_at() =
      timestamp(row.proposed_at() +
                std::chrono::duration_cast<std::chrono::microseconds>(proposal_life).count());
  return out;
}

v1::Anchor anchor_to_wire(const std::string& party, const std::string& der, Instant not_after) {
  v1::Anchor out;
  out.set_name("parties/" + party + "/anchors/" + to_hex(as_view(sha256(der))));
  out.set_party("parties/" + party);
  out.set_der(der);
  *out.mutable_not_after() = timestamp(not_after);
  return out;
}

}  // namespace

Digest anchor_digest(std::string_view party, std::string_view process, bool replaces,
                     std::string_view der) {
  return sha256(
      {"entente/anchor/1\n", party, "\n", process, "\n", replaces ? "replace" : "add", "\n", der});
}

CertificateService::CertificateService(Parts parts)
    : parts_(parts), page_tokens_(parts.store.purpose_key("identity page token")) {}

void CertificateService::add_to(Gate& gate) {
  gate.acts("entente.v1.CertificateService.EnterCertificate", this, &CertificateService::enter,
            [](store::CommitIndex index, v1::Certificate& reply) { reply.set_entry_index(index); });
  gate.reads<v1::GetCertificateRequest, v1::Certificate>(
      "entente.v1.CertificateService.GetCertificate",
      [this](const auto&, const auto& m, auto& in) { return get(m, in); });
  gate.reads("entente.v1.CertificateService.ListCertificates", this, &CertificateService::list);
  gate.acts("entente.v1.CertificateService.PublishRevocationList", this,
            &CertificateService::publish);
  gate.acts("entente.v1.CertificateService.ProposeAnchor", this, &CertificateService::propose);
  gate.acts("entente.v1.CertificateService.ApproveAnchor", this, &CertificateService::approve);
  gate.reads<v1::ListAnchorsRequest, v1::ListAnchorsReply>(
      "entente.v1.CertificateService.ListAnchors",
      [this](const auto&, const auto& m, auto&) { return list_anchors(m); });
}

Status CertificateService::load() {
  const std::unique_ptr<store::Snapshot> snapshot = parts_.store.snapshot();
  ENTENTE_TRY(const auto anchors, parts_.rows.anchors(*snapshot));
  ENTENTE_TRY(const auto crls, parts_.rows.crls(*snapshot));
  std::set<std::string> parties;
  for (const record::Anchor& row : anchors) parties.insert(row.party());
  for (const record::RevocationList& row : crls) parties.insert(row.party());
  for (const std::string& party : parties) {
    const Status taken = load(party);
    // One party must not keep all others out.
    if (taken.code() != Code::InvalidArgument) ENTENTE_TRY_VOID(taken);
    if (!taken.ok() && parts_.complain) parts_.complain("parties/" + party, taken);
  }
  return Status();
}

Status CertificateService::load(std::string_view party) {
  const std::unique_ptr<store::Snapshot> snapshot = parts_.store.snapshot();
  ENTENTE_TRY(const auto anchors, parts_.rows.anchors_of(*snapshot, party));
  ENTENTE_TRY(const auto crls, parts_.rows.crls_of(*snapshot, party));
  Trust trust;
  for (const record::Anchor& row : anchors) trust.anchors.push_back(row.der());
  for (const record::RevocationList& row : crls) trust.crls.push_back(row.der());
  return parts_.certificates.set_trust(party, TrustSource::Ledger, std::move(trust));
}

bool CertificateService::admits(const Subject& subject,
                                const record::AnchorProposal& proposal) const {
  const Instant now = parts_.clock.now();
  return policy::decide(subject, policy::Action::Admit, guard_of(proposal), now)
             .needs_second_person() &&
         parts_.holdings.takes_part(proposal.party(), proposal.process(), now);
}

bool CertificateService::keeps(const Subject& subject, std::string_view party) const {
  return policy::decide(subject, policy::Action::KeepCertificates, party_guard(party),
                        parts_.clock.now())
      .permits();
}

v1::Certificate CertificateService::to_wire(const record::Certificate& row) const {
  v1::Certificate out;
  out.set_name(certificate_name(row.sha256()));
  out.set_party("parties/" + row.party());
  out.set_account(row.account());
  out.set_office(row.office());
  out.set_profile(static_cast<v1::Certificate::Profile>(row.profile()));  // The same numbers.
  out.set_der(row.der());
  *out.mutable_not_before() = timestamp(row.not_before());
  *out.mutable_not_after() = timestamp(row.not_after());
  *out.mutable_entered_at() = timestamp(row.entered_at());
  out.set_revoked(parts_.certificates.revoked(row.der()));
  return out;
}

ledger::Act CertificateService::act(const Subject& subject, std::string_view kind,
                                    std::string object) const {
  ledger::Act out;
  out.account = subject.account;
  out.party = subject.party;
  out.session = subject.session;
  out.kind = kind;
  out.object = std::move(object);
  out.audience = parts_.everyone;
  return out;
}

Result<v1::Certificate> CertificateService::enter(const Subject& subject,
                                                  const v1::EnterCertificateRequest& message,
                                                  store::Transaction& in) {
  std::vector<std::string> chain = {message.der()};
  chain.insert(chain.end(), message.chain_der().begin(), message.chain_der().end());
  const Result<CertificateFacts> read = parts_.certificates.read(message.der());
  if (!read.ok()) return parts_.certificates.check(chain).status();
  if (!keeps(subject, read->name.party)) return not_found();
  ENTENTE_TRY(const CertificateFacts facts, parts_.certificates.check(chain));
  ENTENTE_TRY(const auto before, parts_.rows.certificate(in, facts.sha256));
  if (before) {
    return Status(Code::AlreadyExists, Reason::AlreadyThere, "it was entered before");
  }
  const record::Certificate row = certificate_record(facts, message.der(), parts_.clock.now());
  parts_.rows.put(in, row);
  ledger::Act entry = act(subject, acts::enter_certificate, certificate_name(row.sha256()));
  entry.object_digest = row.sha256();
  ENTENTE_TRY_VOID(parts_.endings.record(in, entry));
  return to_wire(row);
}

// Where in the ledger the certificate was entered; nothing if it is not found near its time.
// Entries are in the order of their times.
Result<std::optional<std::uint64_t>> CertificateService::entry_of(
    store::Snapshot& in, const record::Certificate& row) const {
  const std::string name = certificate_name(row.sha256());
  std::uint64_t low = 0;
  for (std::uint64_t high = parts_.ledger.size(); low < high;) {
    const std::uint64_t middle = low + (high - low) / 2;
    ENTENTE_TRY(const auto entry, entry_at(in, middle));
    const bool before = entry && to_micros(entry->entry.time) < row.entered_at();
    if (before) low = middle + 1;
    if (!before) high = middle;
  }
  for (std::uint64_t index = low; index < low + entries_scanned_max; ++index) {
    ENTENTE_TRY(const auto entry, entry_at(in, index));
    if (!entry) break;
    const ledger::Act& done = entry->entry.act;
    if (done.kind == acts::enter_certificate && done.object == name) return std::optional(index);
  }
  return std::optional<std::uint64_t>();
}

Result<v1::Certificate> CertificateService::get(const v1::GetCertificateRequest& message,
                                                store::Snapshot& in) {
  const std::optional<Digest> sha256 = fingerprint_of(message.name());
  if (!sha256) return not_found();
  ENTENTE_TRY(const auto row, parts_.rows.certificate(in, *sha256));
  if (!row) return not_found();
  v1::Certificate shown = to_wire(*row);
  ENTENTE_TRY(const std::optional<std::uint64_t> index, entry_of(in, *row));
  if (index) shown.set_entry_index(*index);
  return shown;
}

Result<v1::ListCertificatesReply> CertificateService::list(
    const Subject& subject, const v1::ListCertificatesRequest& message, store::Snapshot& in) {
  const std::optional<std::string> party = parse_party_name(message.party());
  if (!party) return invalid_argument("party", "is `parties/<code>`");
  if (*party != subject.party) return not_found();
  const std::string what = "ListCertificates " + *party;
  ENTENTE_TRY(const std::string after,
              page_tokens_.read(subject.account, what, message.page_token()));
  ENTENTE_TRY(const auto rows, parts_.rows.certificates_of(in, *party));
  v1::ListCertificatesReply reply;
  const record::Certificate* last = nullptr;
  for (const record::Certificate& row : rows) {
    if (!after.empty() && row.sha256() <= after) continue;
    if (static_cast<std::size_t>(reply.certificates_size()) == page_size_of(message.page_size())) {
      reply.set_next_page_token(page_tokens_.make(subject.account, what, last->sha256()));
      break;
    }
    *reply.add_certificates() = to_wire(row);
    last = &row;
  }
  return reply;
}

Result<v1::RevocationList> CertificateService::publish(
    const Subject& subject, const v1::PublishRevocationListRequest& message,
    store::Transaction& in) {
  const std::optional<std::string> party = parse_party_name(message.party());
  if (!party) return invalid_argument("party", "is `parties/<code>`");
  if (!keeps(subject, *party)) return not_found();
  // Of two that come at once the newer stays: what is in force may not have followed yet.
  ENTENTE_TRY(const auto rows, parts_.rows.crls_of(in, *party));
  std::vector<std::string> kept;
  kept.reserve(rows.size());
  for (const record::RevocationList& one : rows) kept.push_back(one.der());
  ENTENTE_TRY(const CrlFacts facts, parts_.certificates.check_crl(*party, message.crl_der(), kept));
  record::RevocationList row;
  row.set_party(*party);
  row.set_issuer_sha256(std::string(as_view(facts.issuer_sha256)));
  row.set_der(message.crl_der());
  parts_.rows.put(in, row);
  ledger::Act entry = act(subject, acts::publish_crl, message.party());
  // No revision: the party is the directory's, which stands as it was; the digest says which list.
  entry.object_digest = std::string(as_view(sha256(message.crl_der())));
  ENTENTE_TRY_VOID(parts_.endings.record(in, entry));
  v1::RevocationList reply;
  reply.set_party(message.party());
  reply.set_number(facts.number);
  *reply.mutable_this_update() = timestamp(facts.this_update);
  *reply.mutable_next_update() = timestamp(facts.next_update);
  reply.set_revoked(facts.revoked);
  return reply;
}

Result<std::string> CertificateService::consenting_device(const Subject& subject,
                                                          std::string_view digest,
                                                          std::string_view signature,
                                                          store::Snapshot& in) const {
  const SessionPointer session = parts_.sessions.of(subject);
  if (!session) return signed_out();
  ENTENTE_TRY(const auto row, parts_.rows.certificate(in, session->facts().certificate));
  if (!row) return signed_out();
  ENTENTE_TRY_VOID(check_signature(row->der(), consent_message(digest), signature));
  return to_hex(row->sha256());
}

Result<Trust> CertificateService::trust_with(store::Snapshot& in,
                                             const record::AnchorProposal& proposal) const {
  Trust trust;
  if (!proposal.replaces()) {
    ENTENTE_TRY(const auto anchors, parts_.rows.anchors_of(in, proposal.party()));
    for (const record::Anchor& row : anchors) trust.anchors.push_back(row.der());
  }
  trust.anchors.push_back(proposal.der());
  // As load() will take them.
  ENTENTE_TRY(const auto crls, parts_.rows.crls_of(in, proposal.party()));
  for (const record::RevocationList& row : crls) trust.crls.push_back(row.der());
  return trust;
}

Result<v1::AnchorProposal> CertificateService::propose(const Subject& subject,
                                                       const v1::ProposeAnchorRequest& message,
                                                       store::Transaction& in) {
  const std::optional<std::string> party = parse_party_name(message.party());
  if (!party) return invalid_argument("party", "is `parties/<code>`");
  const std::optional<std::string> process = process_id(message.process());
  if (!process) return invalid_argument("process", "is `processes/<id>`");
  record::AnchorProposal row;
  row.set_party(*party);
  row.set_process(*process);
  row.set_der(message.der());
  row.set_replaces(message.replaces());
  if (!admits(subject, row)) return not_found();
  ENTENTE_TRY(const Trust trust, trust_with(in, row));
  ENTENTE_TRY_VOID(parts_.certificates.check_anchor(message.der()).status());
  ENTENTE_TRY_VOID(parts_.certificates.would_take(*party, TrustSource::Ledger, trust));
  const Digest digest = anchor_digest(*party, *process, message.replaces(), message.der());
  ENTENTE_TRY(const std::string device,
              consenting_device(subject, as_view(digest), message.signature(), in));
  row.set_digest(std::string(as_view(digest)));
  row.set_proposed_at(to_micros(parts_.clock.now()));
  row.set_account(subject.account);
  row.set_person(subject.person);
  row.set_session(subject.session);
  row.set_device(device);
  parts_.rows.put(in, row);
  ledger::Act entry = act(subject, acts::propose_anchor, proposal_name(row));
  entry.object_digest = row.digest();
  entry.signature = message.signature();
  entry.signer_certificate_sha256 = *from_hex(device);
  ENTENTE_TRY_VOID(parts_.endings.record(in, entry));
  return identity::to_wire(row);
}

Result<v1::Anchor> CertificateService::approve(const Subject& subject,
                                               const v1::ApproveAnchorRequest& message,
                                               store::Transaction& in) {
  ENTENTE_TRY(const auto found, parts_.rows.proposal(in, message.digest()));
  if (!found || proposal_name(*found) != message.name()) return not_found();
  const Instant now = parts_.clock.now();
  if (!admits(subject, *found)) return not_found();
  ENTENTE_TRY(const std::string device,
              consenting_device(subject, message.digest(), message.signature(), in));
  // The first person as it is now: a duty lost since does not count.
  policy::Consent first;
  first.subject.account = found->account();
  const std::optional<AccountName> proposer = parse_account_name(found->account());
  ENTENTE_TRY(const auto account, parts_.rows.account(in, found->account()));
  if (!proposer || !account || account->ended()) return not_found();
  first.subject.party = proposer->party;
  first.subject.person = found->person();
  Holdings held = parts_.holdings.holdings(proposer->party, found->person(), now);
  first.subject.principals = std::move(held.principals);
  first.subject.duties = std::move(held.duties);
  first.subject.session = found->session();
  first.digest = digest_from(found->digest());
  first.device = found->device();
  first.given_at = Instant(std::chrono::microseconds(found->proposed_at()));
  policy::Consent second;
  second.subject = subject;
  second.digest = digest_from(message.digest());
  second.device = device;
  second.given_at = now;
  const Digest digest =
      anchor_digest(found->party(), found->process(), found->replaces(), found->der());
  if (!policy::decide_two_person(first, second, digest, policy::Action::Admit, guard_of(*found),
                                 now)
           .permits()) {
    return Status(Code::PermissionDenied, Reason::SecondPersonNeeded,
                  "another person of the secretariat approves this, within 72 hours");
  }
  ENTENTE_TRY(const Trust trust, trust_with(in, *found));
  ENTENTE_TRY_VOID(parts_.certificates.would_take(found->party(), TrustSource::Ledger, trust));
  ENTENTE_TRY(const CertificateFacts facts, parts_.certificates.check_anchor(found->der()));
  if (found->replaces()) {
    ENTENTE_TRY(const auto before, parts_.rows.anchors_of(in, found->party()));
    for (const record::Anchor& row : before) parts_.rows.erase(in, row);
  }
  record::Anchor row;
  row.set_party(found->party());
  row.set_der(found->der());
  row.set_not_after(to_micros(facts.not_after));
  parts_.rows.put(in, row);
  parts_.rows.erase(in, *found);
  ledger::Act entry = act(subject, acts::approve_anchor, "parties/" + found->party());
  entry.touched = {message.name()};
  entry.object_digest = found->digest();
  entry.signature = message.signature();
  entry.signer_certificate_sha256 = *from_hex(device);
  ENTENTE_TRY_VOID(parts_.endings.record(in, entry));
  return anchor_to_wire(found->party(), found->der(), facts.not_after);
}

Result<v1::ListAnchorsReply> CertificateService::list_anchors(
    const v1::ListAnchorsRequest& message) {
  const std::optional<std::string> party = parse_party_name(message.party());
  if (!party) return invalid_argument("party", "is `parties/<code>`");
  v1::ListAnchorsReply reply;
  for (const std::string& der : parts_.certificates.anchors(*party)) {
    ENTENTE_TRY(const CertificateFacts facts, parts_.certificates.check_anchor(der));
    *reply.add_anchors() = anchor_to_wire(*party, der, facts.not_after);
  }
  return reply;
}

}  // namespace entente::identity
