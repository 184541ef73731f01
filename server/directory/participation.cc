// What a party is in a process changes by the word of two persons of its secretariat: one proposes,
// another approves the same digest within 72 hours.
#include <algorithm>

#include "proto/contract/bytes.h"
#include "proto/contract/consent.h"
#include "server/directory/pages.h"
#include "server/directory/service.h"
#include "server/directory/two_persons.h"
#include "server/directory/words.h"

namespace entente::directory {
namespace {

using policy::Action;

constexpr int kActivitiesMax = 64;

Digest digest_of(const record::Proposal& row) {
  const v1::Participation::Standing& standing = row.standing();
  std::string activities;
  for (const std::string& one : standing.activities())
    activities += (activities.empty() ? "" : ",") + one;
  return participation_digest({.process = row.process(),
                               .party = row.party(),
                               .status = v1::Participation::Status_Name(standing.status()),
                               .since = standing.span().since(),
                               .group = standing.group(),
                               .activities = activities,
                               .note = standing.note(),
                               .revision = row.revision()});
}

std::string name_of(const record::Proposal& row) {
  return row.process() + "/participationProposals/" + to_hex(row.digest());
}

v1::ParticipationProposal to_wire(const record::Proposal& row) {
  v1::ParticipationProposal out;
  out.set_name(name_of(row));
  out.set_process(row.process());
  out.set_party(row.party());
  *out.mutable_standing() = row.standing();
  out.set_revision(row.revision());
  out.set_digest(row.digest());
  out.set_proposed_by(row.account());
  set_second(*out.mutable_expires_at(), from_micros(row.proposed_at_us()) + policy::consent_life);
  return out;
}

Status check_standing(const v1::Participation::Standing& standing) {
  if (standing.status() == v1::Participation::STATUS_UNSPECIFIED ||
      !v1::Participation::Status_IsValid(standing.status())) {
    return invalid_argument("standing.status", "is missing");
  }
  if (standing.span().since().size() != 10 || !first_day_of(standing.span().since()) ||
      !standing.span().until().empty()) {
    return invalid_argument("standing.span", "is a day such as `2026-11-23`, and no end");
  }
  if (!good_text(standing.group(), 128)) return invalid_argument("standing.group", "is too long");
  if (!good_text(standing.note(), 1'024)) return invalid_argument("standing.note", "is too long");
  const bool ids = std::all_of(standing.activities().begin(), standing.activities().end(),
                               [](const std::string& one) { return policy::is_id(one); });
  if (standing.activities_size() > kActivitiesMax || !ids)
    return invalid_argument("standing.activities", "are ids of bodies and dataflows");
  return Status();
}

Digest digest_from(const std::string& octets) {
  Digest digest{};
  if (octets.size() == digest.size()) std::copy(octets.begin(), octets.end(), digest.begin());
  return digest;
}

}  // namespace

// The guard that the two persons' right is asked of, and the participation if there is one.
Result<policy::Guard> Service::guard_to_admit(const Subject& subject, Snapshot& snapshot,
                                              const std::string& process,
                                              const std::string& party) const {
  ENTENTE_TRY(const std::optional<Record> record, read(subject, snapshot, process));
  if (!record || !record->has_process()) return not_found(process);
  const policy::Guard guard = guard_of(record->guard());
  if (!policy::decide(subject, Action::Admit, guard, parts_.clock.now()).needs_second_person())
    return not_yours(process);
  ENTENTE_TRY(const std::optional<Record> there, read(subject, snapshot, party));
  if (!there || !there->has_party()) return not_found(party);
  return guard;
}

Result<v1::ParticipationProposal> Service::propose_participation(
    const Subject& subject, const v1::ProposeParticipationRequest& message,
    Transaction& transaction) {
  if (id_in(message.process(), "processes").empty() || id_in(message.party(), "parties").empty())
    return invalid_argument("process", "and `party` must be named");  // validate
  ENTENTE_TRY_VOID(check_standing(message.standing()));
  ENTENTE_TRY_VOID(
      guard_to_admit(subject, transaction, message.process(), message.party()).status());  // decide
  const std::string name =
      message.process() + "/participations/" + id_in(message.party(), "parties");
  ENTENTE_TRY(const std::optional<Record> there, read(subject, transaction, name));
  if ((there ? there->revision() : 0) != message.revision()) return stale(name);
  record::Proposal row;
  row.set_process(message.process());
  row.set_party(message.party());
  *row.mutable_standing() = message.standing();
  row.mutable_standing()->DiscardUnknownFields();
  row.set_revision(message.revision());
  const Digest digest = digest_of(row);
  ENTENTE_TRY(const std::string device,
              parts_.signers.check(subject, transaction, consent_message(as_view(digest)),
                                   message.signature()));
  row.set_digest(std::string(as_view(digest)));
  row.set_account(subject.account);
  row.set_subject_party(subject.party);
  row.set_person(subject.person);
  row.set_session(subject.session);
  row.set_device(to_hex(device));
  row.set_proposed_at_us(parts_.clock.now().time_since_epoch().count());
  parts_.records.put(transaction, row, name_of(row));  // act
  ENTENTE_TRY(const policy::AudienceId waiting,
              audience_while_it_waits(parts_.records, parts_.catalog, transaction, row.process(),
                                      {policy::Principal::Kind::Secretariat}));
  record_consent(transaction, subject, "directory.participation.propose", name_of(row), row,
                 message.signature(), device, waiting);  // record
  return to_wire(row);                                   // reply
}

void Service::record_consent(Transaction& transaction, const Subject& subject, const char* kind,
                             const std::string& object, const record::Proposal& row,
                             const std::string& signature, const std::string& device,
                             policy::AudienceId audience) const {
  ledger::Act act;
  act.account = subject.account;
  act.party = subject.party;
  act.session = subject.session;
  act.kind = kind;
  act.object = object;
  act.touched = {name_of(row)};
  act.object_digest = row.digest();
  act.audience = static_cast<std::uint32_t>(audience);
  act.signature = signature;
  act.signer_certificate_sha256 = device;
  parts_.ledger.record(transaction, act);
}

Result<v1::Participation> Service::approve_participation(
    const Subject& subject, const v1::ApproveParticipationRequest& message,
    Transaction& transaction) {
  ENTENTE_TRY(const std::optional<record::Proposal> row,
              parts_.records.proposal(transaction, message.name()));
  if (!row) return not_found(message.name());
  const Result<policy::Guard> guard =
      guard_to_admit(subject, transaction, row->process(), row->party());
  if (!guard.ok()) return not_found(message.name());
  ENTENTE_TRY(const std::string device,
              parts_.signers.check(subject, transaction, consent_message(message.digest()),
                                   message.signature()));
  const KeptWord first{.account = row->account(),
                       .party = row->subject_party(),
                       .person = row->person(),
                       .session = row->session(),
                       .digest = digest_from(row->digest()),
                       .device = row->device(),
                       .given_at = from_micros(row->proposed_at_us())};
  ENTENTE_TRY_VOID(check_two_persons(
      parts_.signers, parts_.catalog, transaction, first,
      {.subject = subject, .digest = message.digest(), .device = device}, digest_of(*row),
      Action::Admit, *guard, parts_.clock.now(), "the secretariat"));
  const std::string name = row->process() + "/participations/" + id_in(row->party(), "parties");
  ENTENTE_TRY(const std::optional<Record> there, read(subject, transaction, name));
  if ((there ? there->revision() : 0) != row->revision()) return stale(name);
  Record record;
  if (there) {
    record = *there;
  } else {
    record.set_name(name);
    *record.mutable_guard() = to_record(*guard);
    record.mutable_participation()->set_name(name);
    record.mutable_participation()->set_process(row->process());
    record.mutable_participation()->set_party(row->party());
  }
  v1::Participation& participation = *record.mutable_participation();
  const std::string& since = row->standing().span().since();
  const auto from = first_day_of(since);
  for (v1::Participation::Standing& one : *participation.mutable_standings()) {
    const policy::Span span = span_of(one.span());
    // What begins later is overtaken by this, what had ended stays as it was.
    if (!span.until || *span.until > Instant(*from)) one.mutable_span()->set_until(since);
  }
  *participation.add_standings() = row->standing();
  ENTENTE_TRY_VOID(parts_.records.save(transaction, record, parts_.clock.now()));
  parts_.records.erase(transaction, message.name());
  record_consent(transaction, subject, "directory.participation.approve", name, *row,
                 message.signature(), device, guard->audience);
  participation.set_revision(record.revision());
  return participation;
}

Result<v1::ListParticipationProposalsReply> Service::list_participation_proposals(
    const Subject& subject, const v1::ListParticipationProposalsRequest& message,
    Snapshot& snapshot) {
  ENTENTE_TRY(const std::optional<Record> process, read(subject, snapshot, message.process()));
  const bool of_secretariat =
      process && process->has_process() &&
      holds(subject, policy::Duty::Secretariat, id_in(message.process(), "processes"));
  if (!of_secretariat) return not_found(message.process());
  ENTENTE_TRY(const Page page, page_of(parts_.records, subject, message));
  ENTENTE_TRY(const std::vector<record::Proposal> all, parts_.records.proposals(snapshot));
  v1::ListParticipationProposalsReply reply;
  for (const record::Proposal& row : all) {
    const bool waits =
        from_micros(row.proposed_at_us()) + policy::consent_life > parts_.clock.now();
    if (row.process() == message.process() && waits) *reply.add_proposals() = to_wire(row);
  }
  keep_page(
      *reply.mutable_proposals(), page,
      [](const v1::ParticipationProposal& one) { return one.name(); }, reply);
  return reply;
}

}  // namespace entente::directory
