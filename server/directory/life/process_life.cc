#include "server/directory/life/process_life.h"

#include <algorithm>
#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/consent.h"
#include "proto/contract/process_consent.h"
#include "server/directory/names.h"
#include "server/directory/service.h"
#include "server/directory/two_persons.h"
#include "server/directory/words.h"

namespace entente::directory {
namespace {

using policy::Action;

constexpr std::size_t kBecauseBytesMax = 512;
constexpr std::string_view kProposals = "/statusProposals/";
constexpr v1::Process::Status kMayBecome[] = {v1::Process::ACTIVE, v1::Process::DORMANT,
                                              v1::Process::CONCLUDED};

Digest digest_of(const v1::ProcessStatusProposal& one) {
  return process_status_digest({.process = one.process(),
                                .status = v1::Process::Status_Name(one.status()),
                                .because = one.because(),
                                .revision = one.revision()});
}

std::string word_of(v1::Process::Status status) {
  switch (status) {
    case v1::Process::ACTIVE:
      return "active again";
    case v1::Process::DORMANT:
      return "dormant";
    case v1::Process::CONCLUDED:
      return "concluded";
    default:
      return "merged";
  }
}

Digest digest_from(const std::string& octets) {
  Digest digest{};
  if (octets.size() == digest.size()) std::copy(octets.begin(), octets.end(), digest.begin());
  return digest;
}

// That a process which is `now` may be `next`.
Status check_step(v1::Process::Status now, v1::Process::Status next) {
  if (now == v1::Process::CONCLUDED || now == v1::Process::MERGED) {
    return Status(Code::FailedPrecondition, Reason::Conflict,
                  "the process is " + word_of(now) + ", which is for good");
  }
  if (now == next) {
    return Status(Code::FailedPrecondition, Reason::Conflict, "the process is so already");
  }
  return Status();
}

}  // namespace

void ProcessLife::add_to(identity::Gate& gate) {
  const std::string service = "entente.v1.ProcessLifeService.";
  gate.acts(service + "ProposeProcessStatus", this, &ProcessLife::propose);
  gate.acts(service + "ApproveProcessStatus", this, &ProcessLife::approve);
  gate.reads(service + "ListProcessStatusProposals", this, &ProcessLife::list);
}

store::Key ProcessLife::key_of(std::string_view process, v1::Process::Status status) const {
  return store::Key(status_proposals_table)
      .id(parts_.store.blind("directory", process))
      .number(static_cast<std::uint64_t>(status));
}

Result<std::optional<ProcessLife::Row>> ProcessLife::find(std::string_view process,
                                                          v1::Process::Status status,
                                                          Snapshot& snapshot) const {
  ENTENTE_TRY(const auto bytes, snapshot.find(key_of(process, status)));
  Row row;
  if (!bytes) return std::optional<Row>();
  if (!row.ParseFromString(*bytes)) {
    return Status(Code::DataLoss, Reason::None, "a proposal is unreadable");
  }
  return std::optional(std::move(row));
}

Result<Record> ProcessLife::look(const Subject& subject, std::string_view process,
                                 Snapshot& snapshot) const {
  const Instant now = parts_.clock.now();
  ENTENTE_TRY(std::optional<policy::Guarded<Record>> found, parts_.records.find(snapshot, process));
  const policy::Guard guard = found ? found->guard() : policy::Guard();
  const policy::Decision seen = policy::decide(subject, Action::Read, guard, now);
  if (!seen.permits() || !found->open(seen)->has_process()) return not_found(process);
  if (!policy::decide(subject, Action::Conclude, guard, now).needs_second_person()) {
    return not_yours(process);
  }
  return std::move(*found).take(seen);
}

Result<v1::ProcessStatusProposal> ProcessLife::propose(
    const Subject& subject, const v1::ProposeProcessStatusRequest& message,
    Transaction& transaction) {
  if (std::find(std::begin(kMayBecome), std::end(kMayBecome), message.status()) ==
      std::end(kMayBecome)) {
    return invalid_argument("status", "is active, dormant or concluded");  // validate
  }
  if (message.because().empty() || !good_text(message.because(), kBecauseBytesMax)) {
    return invalid_argument("because", "is one line of 1 to 512 bytes");
  }
  ENTENTE_TRY(const Record record, look(subject, message.process(), transaction));  // decide
  if (record.revision() != message.revision()) return stale(message.process());
  ENTENTE_TRY_VOID(check_step(record.process().status(), message.status()));
  Row row;
  v1::ProcessStatusProposal& shown = *row.mutable_shown();
  shown.set_process(message.process());
  shown.set_status(message.status());
  shown.set_because(message.because());
  shown.set_revision(message.revision());
  const Digest digest = digest_of(shown);
  ENTENTE_TRY(const std::string device,
              parts_.signers.check(subject, transaction, consent_message(as_view(digest)),
                                   message.signature()));
  const Instant now = parts_.clock.now();
  shown.set_name(message.process() + std::string(kProposals) + to_hex(as_view(digest)));
  shown.set_digest(std::string(as_view(digest)));
  shown.set_proposed_by(subject.account);
  set_second(*shown.mutable_expires_at(), now + policy::consent_life);
  row.set_party(subject.party);
  row.set_person(subject.person);
  row.set_session(subject.session);
  row.set_device(to_hex(device));
  row.set_proposed_at_us(now.time_since_epoch().count());
  transaction.put(key_of(message.process(), message.status()), row.SerializeAsString());  // act
  ENTENTE_TRY(const policy::AudienceId waiting,
              audience_while_it_waits(
                  parts_.records, parts_.catalog, transaction, message.process(),
                  {policy::Principal::Kind::Secretariat, policy::Principal::Kind::Chair}));
  record_act(transaction, subject, acts::propose_status, row, message.signature(), device,
             waiting);  // record
  return shown;         // reply
}

void ProcessLife::record_act(Transaction& transaction, const Subject& subject,
                             std::string_view kind, const Row& row, const std::string& signature,
                             const std::string& device, policy::AudienceId audience) const {
  const bool done = kind == acts::approve_status;
  ledger::Act act;
  act.account = subject.account;
  act.party = subject.party;
  act.session = subject.session;
  act.kind = kind;
  act.object = done ? row.shown().process() : row.shown().name();
  act.touched = {row.shown().name()};
  act.object_digest = row.shown().digest();
  act.audience = static_cast<std::uint32_t>(audience);
  act.signature = signature;
  act.signer_certificate_sha256 = device;
  parts_.ledger.record(transaction, act);
}

Result<v1::Process> ProcessLife::approve(const Subject& subject,
                                         const v1::ApproveProcessStatusRequest& message,
                                         Transaction& transaction) {
  const std::string process = message.name().substr(0, message.name().find(kProposals));
  Result<Record> found = look(subject, process, transaction);
  if (!found.ok()) return not_found(message.name());
  std::optional<Row> row;
  for (const v1::Process::Status status : kMayBecome) {
    ENTENTE_TRY(std::optional<Row> one, find(process, status, transaction));
    if (one && one->shown().name() == message.name()) row = std::move(one);
  }
  if (!row) return not_found(message.name());
  Record record = *std::move(found);
  const policy::Guard guard = guard_of(record.guard());
  ENTENTE_TRY(const std::string device,
              parts_.signers.check(subject, transaction, consent_message(message.digest()),
                                   message.signature()));
  const KeptWord first{.account = row->shown().proposed_by(),
                       .party = row->party(),
                       .person = row->person(),
                       .session = row->session(),
                       .digest = digest_from(row->shown().digest()),
                       .device = row->device(),
                       .given_at = from_micros(row->proposed_at_us())};
  ENTENTE_TRY_VOID(check_two_persons(
      parts_.signers, parts_.catalog, transaction, first,
      {.subject = subject, .digest = message.digest(), .device = device}, digest_of(row->shown()),
      Action::Conclude, guard, parts_.clock.now(), "the secretariat or chair"));
  if (record.revision() != row->shown().revision()) return stale(process);
  v1::Process& changed = *record.mutable_process();
  changed.set_status(row->shown().status());
  v1::Process::Event& event = *changed.add_events();
  event.set_date(to_rfc3339(parts_.clock.now()).substr(0, 10));
  event.set_what(word_of(changed.status()) + ": " + row->shown().because());
  ENTENTE_TRY_VOID(parts_.records.save(transaction, record, parts_.clock.now()));
  transaction.erase(key_of(process, row->shown().status()));
  record_act(transaction, subject, acts::approve_status, *row, message.signature(), device,
             guard.audience);
  changed.set_revision(record.revision());
  return changed;
}

Result<v1::ListProcessStatusProposalsReply> ProcessLife::list(
    const Subject& subject, const v1::ListProcessStatusProposalsRequest& message,
    Snapshot& snapshot) {
  ENTENTE_TRY(const Record record, look(subject, message.process(), snapshot));
  v1::ListProcessStatusProposalsReply reply;
  for (const v1::Process::Status status : kMayBecome) {
    ENTENTE_TRY(std::optional<Row> row, find(message.process(), status, snapshot));
    if (!row || row->shown().revision() != record.revision()) continue;
    const Instant ends = from_micros(row->proposed_at_us()) + policy::consent_life;
    if (ends > parts_.clock.now()) *reply.add_proposals() = std::move(*row->mutable_shown());
  }
  return reply;
}

}  // namespace entente::directory
