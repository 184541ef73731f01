#include "server/documents/retention.h"

#include <algorithm>
#include <map>

#include "proto/contract/limits_documents.h"

namespace entente::documents {
namespace {

using policy::Action;

constexpr std::chrono::minutes kLookEvery{1};

store::Key key_of(const Rows& rows, const std::string& process) {
  return store::Key(schedules_table).id(rows.process_seal(process).id);
}

Result<record::Schedule> find_schedule(const Rows& rows, store::Snapshot& snapshot,
                                       const std::string& process) {
  record::Schedule row;
  ENTENTE_TRY(const std::optional<std::string> bytes, snapshot.find(key_of(rows, process)));
  if (bytes && !row.ParseFromString(*bytes)) {
    return Status(Code::DataLoss, Reason::None, "a schedule cannot be read");
  }
  return row;
}

// The network's, under what the process has set.
v1::RetentionSchedule whole(const record::Schedule& row, const std::string& process) {
  v1::RetentionSchedule schedule;
  schedule.set_process("processes/" + process);
  schedule.set_revision(row.shown().revision());
  for (int n = 1; n < v1::Document::Kind_descriptor()->value_count(); ++n) {
    const auto kind =
        static_cast<v1::Document::Kind>(v1::Document::Kind_descriptor()->value(n)->number());
    auto& line = *schedule.add_lines();
    line.set_kind(kind);
    line.set_days(retention_days(kind).value_or(0));
    for (const auto& set : row.shown().lines()) {
      if (set.kind() == kind) line.set_days(set.days());
    }
  }
  return schedule;
}

Status check_lines(const v1::RetentionSchedule& schedule) {
  std::map<int, int> times;
  for (const auto& line : schedule.lines()) {
    const bool known =
        v1::Document::Kind_IsValid(line.kind()) && line.kind() != v1::Document::KIND_UNSPECIFIED;
    if (!known || ++times[line.kind()] > 1) {
      return invalid_argument("lines.kind", "must be one of the kinds, each once");
    }
    if (line.days() != 0 &&
        (line.days() < limits::retention_days_min || line.days() > limits::retention_days_max)) {
      return invalid_argument("lines.days", "must be 30 to 36500 days, or 0: for good");
    }
  }
  if (schedule.lines().empty()) return invalid_argument("lines", "must name a kind");
  return {};
}

}  // namespace

Result<std::optional<Instant>> retain_until(const Rows& rows, store::Snapshot& snapshot,
                                            const std::string& process, v1::Document::Kind kind,
                                            Instant now) {
  std::optional<Instant> until;
  ENTENTE_TRY(const record::Schedule row, find_schedule(rows, snapshot, process));
  const v1::RetentionSchedule schedule = whole(row, process);
  for (const auto& line : schedule.lines()) {
    if (line.kind() == kind && line.days() != 0) until = now + std::chrono::days(line.days());
  }
  return until;
}

void Retention::add_to(identity::Gate& gate) {
  const std::string service = "entente.v1.RetentionService.";
  gate.reads(service + "GetSchedule", this, &Retention::get_schedule);
  gate.acts(service + "SetSchedule", this, &Retention::set_schedule);
  gate.reads(service + "ListDue", this, &Retention::list_due);
}

// To those who have no part in the process, it is one that is not there.
Status Retention::decide_keeping(const Subject& subject, const std::string& name) const {
  const auto process = policy::id_in(name, "processes/");
  if (!process || !takes_part(subject, *process)) return not_found(name);
  policy::Guard of_process;
  of_process.handling = policy::Handling::Limited;
  of_process.process = *process;
  if (policy::decide(subject, Action::KeepProcess, of_process, parts_.clock.now()).permits()) {
    return {};
  }
  return not_yours("how long documents are kept is the secretariat's to say");
}

Result<v1::RetentionSchedule> Retention::get_schedule(const Subject& subject,
                                                      const v1::GetScheduleRequest& message,
                                                      store::Snapshot& snapshot) const {
  const auto process = policy::id_in(message.process(), "processes/");                  // validate
  if (!process || !takes_part(subject, *process)) return not_found(message.process());  // decide
  ENTENTE_TRY(const record::Schedule row, find_schedule(parts_.rows, snapshot, *process));
  return whole(row, *process);
}

Result<v1::RetentionSchedule> Retention::set_schedule(const Subject& subject,
                                                      const v1::RetentionSchedule& message,
                                                      store::Transaction& transaction) {
  ENTENTE_TRY_VOID(decide_keeping(subject, message.process()));  // decide, before it is looked into
  ENTENTE_TRY_VOID(check_lines(message));                        // validate
  const std::string process = *policy::id_in(message.process(), "processes/");
  ENTENTE_TRY(record::Schedule row, find_schedule(parts_.rows, transaction, process));
  if (message.revision() != row.shown().revision()) {
    return Status(Code::FailedPrecondition, Reason::RevisionStale,
                  "the schedule is at revision " + std::to_string(row.shown().revision()));
  }
  const v1::RetentionSchedule before = whole(row, process);
  v1::RetentionSchedule next = before;
  for (auto& line : *next.mutable_lines()) {
    for (const auto& set : message.lines()) {
      if (set.kind() == line.kind()) line.set_days(set.days());
    }
  }
  next.set_revision(before.revision() + 1);
  *row.mutable_shown() = next;
  // It may be the first that is kept of the process.
  ENTENTE_TRY_VOID(parts_.rows.store().ensure_seal(parts_.rows.process_seal(process)));
  transaction.put(key_of(parts_.rows, process), row.SerializeAsString(),
                  parts_.rows.process_seal(process));  // act
  policy::Audience secretariat;
  secretariat.any_of.insert(policy::Principal::make(policy::Principal::Kind::Secretariat, process));
  ENTENTE_TRY(const policy::AudienceId keepers,
              parts_.neighbours.intern(transaction, keepers_of(subject, secretariat, process)));
  ledger::Act act;
  act.account = subject.account;
  act.party = subject.party;
  act.session = subject.session;
  act.kind = acts::set_schedule;
  act.object = message.process();
  // No revision: the process is the directory's, which stands as it was.
  act.audience = static_cast<std::uint32_t>(keepers);
  parts_.ledger.record(transaction, act);  // record
  return next;                             // reply
}

Result<v1::ListDueReply> Retention::list_due(const Subject& subject,
                                             const v1::ListDueRequest& message,
                                             store::Snapshot& snapshot) const {
  ENTENTE_TRY_VOID(decide_keeping(subject, message.process()));
  if (message.within_days() > limits::retention_days_max) {
    return invalid_argument("within_days", "must be at most 36500");
  }
  const std::uint32_t days =
      message.within_days() == 0 ? limits::retention_told_days_default : message.within_days();
  const Instant now = parts_.clock.now();
  std::vector<std::pair<Instant, store::Id>> due;
  parts_.shelf.each_document(std::nullopt, [&](const ShelvedDocument& one) {
    const bool is_due = one.retain_until && *one.retain_until <= now + std::chrono::days(days) &&
                        one.state != v1::Document::DESTROYED;
    if (is_due && "processes/" + one.guard.process == message.process() &&
        policy::decide(subject, Action::Read, one.guard, now).permits()) {
      due.emplace_back(*one.retain_until, one.id);
    }
    return true;
  });
  std::sort(due.begin(), due.end());
  v1::ListDueReply reply;
  for (const auto& [until, id] : due) {
    if (static_cast<std::size_t>(reply.documents_size()) == limits::retention_told_max) {
      reply.set_more(true);
      break;
    }
    ENTENTE_TRY(const std::optional<Rows::Document> found, parts_.rows.find(snapshot, id));
    const policy::Guard guard = found ? found->guard() : policy::Guard();
    const policy::Decision decision = policy::decide(subject, Action::Read, guard, now);
    if (decision.permits()) *reply.add_documents() = to_wire(found->open(decision), subject);
  }
  return reply;
}

void Retention::tend() {
  const Instant now = parts_.clock.now();
  if (looked_at_ && now - *looked_at_ < kLookEvery && now >= *looked_at_) return;
  looked_at_ = now;
  std::vector<store::Id> over;
  parts_.shelf.each_document(std::nullopt, [&](const ShelvedDocument& one) {
    if (one.retain_until && *one.retain_until <= now && !one.on_hold &&
        one.state != v1::Document::DESTROYED) {
      over.push_back(one.id);
    }
    return over.size() < limits::retention_destroyed_at_once_max;
  });
  for (const store::Id& id : over) {
    const Status destroyed = destroy(id);
    if (destroyed.code() == Code::Aborted) continue;  // another act came first: looked at again
    if (!destroyed.ok()) parts_.complain(document_name(id), destroyed);
  }
}

// In a transaction of its own, on what holds in it: a hold that came meanwhile stands.
Status Retention::destroy(const store::Id& id) {
  const std::unique_ptr<store::Transaction> transaction = parts_.rows.store().begin();
  const Result<v1::Document> stone =
      parts_.service.destroy_by_schedule(id, parts_.clock.now(), *transaction);
  if (!stone.ok()) return store::failed_in(*transaction, stone.status());
  if (stone->name().empty()) return {};
  ENTENTE_TRY_VOID(transaction->commit().status());
  parts_.service.destroyed(*stone);
  return {};
}

}  // namespace entente::documents
