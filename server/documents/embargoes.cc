#include "server/documents/embargoes.h"

#include "proto/contract/limits_documents.h"
#include "server/documents/service.h"

namespace entente::documents {
namespace {

constexpr std::chrono::minutes kWait{1};

// Whether it still stands under the embargo that has ended.
template <typename Row>
bool ends(const Row& row, const Shelf::Embargoed& one) {
  return from_micros(row.guard().embargo_until_us()) == one.until;
}

}  // namespace

void Embargoes::tend() {
  const Tick now = parts_.clock.tick();
  if (failed_at_ && now - *failed_at_ < kWait) return;
  failed_at_.reset();
  const auto over =
      parts_.shelf.embargoes_over(parts_.clock.now(), limits::embargoes_ended_at_once_max);
  for (const Shelf::Embargoed& one : over) {
    const Status told = tell(one);
    if (told.ok() || told.code() == Code::Aborted) continue;  // another act came first: anew
    parts_.complain("embargo", told);
    failed_at_ = now;
    return;
  }
}

// In a transaction of its own, on what holds in it: an embargo that was changed meanwhile stands.
Status Embargoes::tell(const Shelf::Embargoed& one) {
  const std::unique_ptr<store::Transaction> transaction = parts_.rows.store().begin();
  const store::Table table = one.is_circulation ? circulations_table : documents_table;
  ENTENTE_TRY(const auto bytes, transaction->find(store::Key(table).id(one.id)));
  record::Event event;
  ledger::Act act;
  record::Document document;
  record::Circulation circulation;
  if (one.is_circulation) {
    if (!bytes || !circulation.ParseFromString(*bytes) || !ends(circulation, one)) return {};
    event.set_kind(v1::News::SENT);
    event.set_circulation(circulation.id());
    act.object = circulation.shown().name();
    act.audience = circulation.guard().audience();
  } else {
    if (!bytes || !document.ParseFromString(*bytes) || !ends(document, one)) return {};
    event.set_kind(v1::News::DOCUMENT);
    event.set_document(document.id());
    act.object = document.shown().name();
    act.revision = document.revision();
    act.audience = document.guard().audience();
  }
  event.set_embargo_until_us(to_micros(one.until));
  event.set_recorded_at_us(to_micros(parts_.clock.now()));
  event.set_account("operator");
  ENTENTE_TRY_VOID(parts_.rows.add_event(*transaction, std::move(event)));
  act.account = "operator";
  act.kind = acts::end_embargo;
  parts_.ledger.record(*transaction, act);
  return transaction->commit().status();
}

}  // namespace entente::documents
