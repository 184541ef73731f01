// The end of a document: destroyed by its originator or by the schedule, unless it is on hold.
#include "server/documents/service.h"

namespace entente::documents {

using policy::Action;

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
  std::set<store::Id>& gone = destroying_[shown.name()];
  for (const record::Kept& kept : row.contents()) gone.insert(store::Id::from(kept.id()));
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
  act.audience = entry_audience(row.guard(), row.keepers(), now);
  parts_.ledger.record(transaction, act);
  return stone.shown();
}

// Without its key, no row of it can be read, here or in a backup; its chunks give their room back.
// What a crash leaves undone between commit and here, the next start does (Shelf::load).
void Service::destroyed(const v1::Document& document) {
  std::set<store::Id> gone;
  {
    const std::lock_guard lock(mutex_);
    const auto found = destroying_.find(document.name());
    if (found == destroying_.end()) return;
    gone = found->second;
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
  const Status status = parts_.rows.store().destroy_seal(seal_of(parsed->id));
  if (!status.ok() && status.code() != Code::NotFound) return;  // tend() tries again
  const std::lock_guard lock(mutex_);
  destroying_.erase(document.name());
}

void Service::tend() {
  std::vector<std::string> names;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, contents] : destroying_) names.push_back(name);
  }
  for (const std::string& name : names) {
    const auto found = parts_.shelf.document(parse_document_name(name)->id);
    if (!found || found->state != v1::Document::DESTROYED) continue;  // not committed
    v1::Document stone;
    stone.set_name(name);
    destroyed(stone);
  }
}

Result<v1::Document> Service::hold_document(const Subject& subject,
                                            const v1::HoldDocumentRequest& message,
                                            Transaction& transaction) {
  ENTENTE_TRY(const Rows::Document found, find_itself(subject, message.name(), transaction));
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
  ENTENTE_TRY_VOID(parts_.rows.save(transaction, row, now));
  record_act(subject, transaction, acts::hold, row);
  ENTENTE_TRY(const auto held, parts_.rows.find(transaction, store::Id::from(row.id())));
  const policy::Decision shown = policy::decide(subject, Action::Read, held->guard(), now);
  if (!shown.permits()) return not_found(message.name());
  return to_wire(held->open(shown), subject);
}

}  // namespace entente::documents
