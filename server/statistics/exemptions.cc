#include "server/statistics/exemptions.h"

#include <algorithm>

#include "proto/contract/bytes.h"
#include "proto/contract/consent.h"
#include "server/statistics/calendar.h"
#include "server/statistics/structure/names.h"
#include "server/statistics/wire.h"

namespace entente::statistics {
namespace {

using Terms = record::Exemption::Terms;

constexpr std::string_view kPropose = "statistics.exemption.propose";
constexpr std::string_view kApprove = "statistics.exemption";
constexpr std::int32_t kDaysMax = 366;
constexpr std::size_t kReasonBytesMax = 1'024;

std::string name_of(std::string_view dataflow, std::string_view party) {
  return std::string(dataflow) + "/exemptions/" + party_code(party);
}

store::Key key_of(const store::Store& store, std::string_view name) {
  return store::Key(exemptions_table).id(store.blind("statistics", name));
}

Result<record::Exemption> find_row(const store::Store& store, store::Snapshot& snapshot,
                                   std::string_view dataflow, std::string_view party) {
  record::Exemption row;
  row.set_dataflow(std::string(dataflow));
  row.set_party(std::string(party));
  ENTENTE_TRY(const auto bytes, snapshot.find(key_of(store, name_of(dataflow, party))));
  if (bytes && !row.ParseFromString(*bytes)) {
    return Status(Code::DataLoss, Reason::None, "an exemption cannot be read")
        .with_detail("statistics exemption row");
  }
  return row;
}

Digest digest_of(const record::Exemption& row, const Terms& terms) {
  return exemption_digest({.dataflow = row.dataflow(),
                           .party = row.party(),
                           .until = terms.until(),
                           .reason = terms.reason(),
                           .revision = row.revision()});
}

Instant instant_of_us(std::int64_t us) { return Instant(std::chrono::microseconds(us)); }

bool waits(const record::Exemption& row, Instant now) {
  return row.has_waits() &&
         now < instant_of_us(row.waits().proposed().at_us()) + policy::consent_life;
}

std::int32_t last_day_of(const Terms& terms) {
  const auto day = parse_period(terms.until());
  return day ? last_day(*day) : INT32_MIN;
}

bool holds(const record::Exemption& row, std::int32_t day) {
  return row.has_holds() && day <= last_day_of(row.holds());
}

v1::Exemption to_wire(const record::Exemption& row, const Terms& terms) {
  v1::Exemption out;
  out.set_dataflow(row.dataflow());
  out.set_party(row.party());
  out.set_until(terms.until());
  out.set_reason(terms.reason());
  out.set_revision(row.revision());
  out.set_proposed_by(terms.proposed().account());
  if (terms.has_approved()) {
    out.set_approved_by(terms.approved().account());
    set_time(*out.mutable_approved_at(), instant_of_us(terms.approved().at_us()));
  } else {
    out.set_digest(terms.digest());
    set_time(*out.mutable_expires_at(),
             instant_of_us(terms.proposed().at_us()) + policy::consent_life);
  }
  return out;
}

Status check_terms(const v1::ProposeExemptionRequest& message, Instant now) {
  const auto until = parse_period(message.until());
  if (!until || until->frequency != Frequency::Day) {
    return invalid_argument("until", "must be a day such as `2026-12-31`");
  }
  if (last_day(*until) > day_of(now) + kDaysMax) {
    return invalid_argument("until", "must be at most 366 days ahead");
  }
  const std::string& reason = message.reason();
  if (reason.empty() || reason.size() > kReasonBytesMax || !is_utf8(reason) ||
      reason.find_first_of("\r\n") != std::string::npos) {
    return invalid_argument("reason", "must be one line of 1 to 1024 bytes");
  }
  return {};
}

record::Exemption::Word word_of(const policy::Subject& subject, const std::string& device,
                                Instant now) {
  record::Exemption::Word word;
  word.set_account(subject.account);
  word.set_party(subject.party);
  word.set_person(subject.person);
  word.set_session(subject.session);
  word.set_device(to_hex(device));
  word.set_at_us(now.time_since_epoch().count());
  return word;
}

Digest digest_from(std::string_view octets) {
  Digest digest{};
  if (octets.size() == digest.size()) std::copy(octets.begin(), octets.end(), digest.begin());
  return digest;
}

// What the two persons' right is asked of.
policy::Guard guard_of(const Flow& flow) {
  policy::Guard guard = flow.guard;
  guard.handling = policy::Handling::Limited;
  return guard;
}

}  // namespace

Result<bool> is_exempt(const store::Store& store, store::Snapshot& snapshot,
                       std::string_view dataflow, std::string_view party, std::int32_t day) {
  ENTENTE_TRY(const record::Exemption row,
              find_row(store, snapshot, dataflow, "parties/" + std::string(party)));
  return holds(row, day);
}

void ExemptionService::add_to(identity::Gate& gate) {
  const std::string service = "entente.v1.ExemptionService.";
  gate.acts(service + "ProposeExemption", this, &ExemptionService::propose);
  gate.acts(service + "ApproveExemption", this, &ExemptionService::approve);
  gate.reads(service + "ListExemptions", this, &ExemptionService::list);
}

Result<ExemptionService::Place> ExemptionService::open(const Subject& subject,
                                                       const std::string& dataflow,
                                                       const std::string& party,
                                                       Snapshot& snapshot) const {
  Place place;
  ENTENTE_TRY(place.flow, parts_.service.open_flow(subject, dataflow));
  const policy::Decision decision =
      policy::decide(subject, policy::Action::Admit, guard_of(*place.flow), parts_.clock.now());
  if (!decision.needs_second_person()) {
    return not_yours("exemptions are by the word of two persons of the process's secretariat");
  }
  if (!place.flow->wire.has_reciprocity()) {
    return Status(Code::FailedPrecondition, Reason::None, "the dataflow is not reciprocal");
  }
  const auto provision = place.flow->provisions.find(party_code(party));
  if (provision == place.flow->provisions.end()) return not_found(name_of(dataflow, party));
  place.audience = shared_guard(*place.flow, provision->second).audience;
  ENTENTE_TRY(place.row, find_row(parts_.store, snapshot, dataflow, party));
  return place;
}

void ExemptionService::keep(const Subject& subject, std::string_view kind, const Place& place,
                            policy::AudienceId audience, const Terms& terms,
                            const std::string& signature, Transaction& transaction) const {
  const std::string name = name_of(place.row.dataflow(), place.row.party());
  transaction.put(key_of(parts_.store, name), place.row.SerializeAsString());
  const bool is_approved = terms.has_approved();
  ledger::Act act;
  act.account = subject.account;
  act.party = subject.party;
  act.session = subject.session;
  act.kind = kind;
  act.object = name;
  act.touched = {place.row.dataflow()};
  act.object_digest = terms.digest();
  act.audience = static_cast<std::uint32_t>(audience);
  act.signature = signature;
  act.signer_certificate_sha256 =
      from_hex((is_approved ? terms.approved() : terms.proposed()).device())
          .value_or(std::string());
  parts_.ledger.record(transaction, act);
}

Result<v1::Exemption> ExemptionService::propose(const Subject& subject,
                                                const v1::ProposeExemptionRequest& message,
                                                Transaction& transaction) {
  const Instant now = parts_.clock.now();
  ENTENTE_TRY(Place place, open(subject, message.dataflow(), message.party(), transaction));
  ENTENTE_TRY_VOID(check_terms(message, now));
  if (place.row.revision() != message.revision()) {
    return Status(Code::Aborted, Reason::RevisionStale, "another was approved meanwhile");
  }
  Terms terms;
  terms.set_until(message.until());
  terms.set_reason(message.reason());
  const Digest digest = digest_of(place.row, terms);
  terms.set_digest(std::string(as_view(digest)));
  ENTENTE_TRY(const std::string device,
              parts_.consents.check(subject, transaction, consent_message(as_view(digest)),
                                    message.signature()));
  *terms.mutable_proposed() = word_of(subject, device, now);
  *place.row.mutable_waits() = terms;
  // Who may give a word to it, and nobody else before it has come to something: by its digest what
  // was proposed is found by trying.
  policy::Audience secretariat;
  secretariat.any_of.insert(
      policy::Principal::make(policy::Principal::Kind::Secretariat, place.flow->guard.process));
  ENTENTE_TRY(const policy::AudienceId waiting, parts_.audiences.intern(transaction, secretariat));
  keep(subject, kPropose, place, waiting, terms, message.signature(), transaction);
  return to_wire(place.row, terms);
}

// Whether two persons agree, both as they are now.
Status ExemptionService::check_two_persons(const Subject& subject, const Place& place,
                                           const Digest& second_digest, const std::string& device,
                                           Snapshot& snapshot) const {
  const Instant now = parts_.clock.now();
  const Terms& terms = place.row.waits();
  policy::Consent first;
  first.subject.account = terms.proposed().account();
  first.subject.party = terms.proposed().party();
  first.subject.person = terms.proposed().person();
  first.subject.session = terms.proposed().session();
  ENTENTE_TRY(first.subject, parts_.consents.as_now(snapshot, std::move(first.subject)));
  first.digest = digest_from(terms.digest());
  first.device = terms.proposed().device();
  first.given_at = instant_of_us(terms.proposed().at_us());
  policy::Consent second;
  second.subject = subject;
  second.digest = second_digest;
  second.device = to_hex(device);
  second.given_at = now;
  const policy::Decision decision =
      policy::decide_two_person(first, second, digest_of(place.row, terms), policy::Action::Admit,
                                guard_of(*place.flow), now);
  if (decision.permits()) return {};
  return {Code::PermissionDenied, Reason::SecondPersonNeeded,
          "another person of the secretariat approves this, within 72 hours"};
}

Result<v1::Exemption> ExemptionService::approve(const Subject& subject,
                                                const v1::ApproveExemptionRequest& message,
                                                Transaction& transaction) {
  ENTENTE_TRY(Place place, open(subject, message.dataflow(), message.party(), transaction));
  if (!place.row.has_waits()) return not_found(name_of(message.dataflow(), message.party()));
  ENTENTE_TRY(const std::string device,
              parts_.consents.check(subject, transaction, consent_message(message.digest()),
                                    message.signature()));
  ENTENTE_TRY_VOID(
      check_two_persons(subject, place, digest_from(message.digest()), device, transaction));
  Terms terms = place.row.waits();
  *terms.mutable_approved() = word_of(subject, device, parts_.clock.now());
  *place.row.mutable_holds() = terms;
  place.row.clear_waits();
  place.row.set_revision(place.row.revision() + 1);
  keep(subject, kApprove, place, place.audience, terms, message.signature(), transaction);
  return to_wire(place.row, terms);
}

Result<v1::ListExemptionsReply> ExemptionService::list(const Subject& subject,
                                                       const v1::ListExemptionsRequest& message,
                                                       Snapshot& snapshot) {
  ENTENTE_TRY(const auto flow, parts_.service.open_flow(subject, message.dataflow()));
  const Instant now = parts_.clock.now();
  const bool keeps =
      policy::decide(subject, policy::Action::Admit, guard_of(*flow), now).needs_second_person();
  v1::ListExemptionsReply reply;
  for (const auto& [code, provision] : flow->provisions) {
    if (!may_see(subject, *flow, provision, now)) continue;
    ENTENTE_TRY(const record::Exemption row,
                find_row(parts_.store, snapshot, flow->wire.name(), provision.wire.party()));
    // The secretariat also sees what has ended: upon that the next one is proposed.
    if (holds(row, day_of(now)) || (keeps && row.has_holds())) {
      *reply.add_exemptions() = to_wire(row, row.holds());
    }
    if (keeps && waits(row, now)) *reply.add_exemptions() = to_wire(row, row.waits());
  }
  return reply;
}

}  // namespace entente::statistics
