#include "server/documents/hours.h"

#include "proto/contract/limits_documents.h"
#include "server/documents/service.h"

namespace entente::documents {
namespace {

constexpr std::chrono::minutes kWait{1};

template <typename Row>
Result<std::optional<Row>> find(store::Transaction& transaction, store::Table table,
                                const store::Id& id) {
  return find_row<Row>(transaction, store::Key(table).id(id));
}

// Whether it still stands under the embargo that has ended.
template <typename Row>
bool ends(const std::optional<Row>& row, const Shelf::Awaited& one) {
  return row && from_micros(row->guard().embargo_until_us()) == one.at;
}

}  // namespace

void Hours::tend() {
  const Tick now = parts_.clock.tick();
  if (failed_at_ && now - *failed_at_ < kWait) return;
  failed_at_.reset();
  for (const Awaited& one : parts_.shelf.come_by(parts_.clock.now(), limits::hours_at_once_max)) {
    const Status told = tell(one);
    if (told.ok() || told.code() == Code::Aborted) continue;  // another act came first: anew
    parts_.complain(one.what == Awaited::What::Silence ? "silence" : "embargo", told);
    failed_at_ = now;
    return;
  }
}

// In a transaction of its own, on what holds in it: an embargo that was put off meanwhile stands, a
// silence that was broken adopts nothing. What this reads and another act writes at the same time
// is committed by one of the two, and looked at anew by the other.
Status Hours::tell(const Awaited& one) {
  const std::unique_ptr<store::Transaction> transaction = parts_.rows.store().begin();
  Found found = one.what == Awaited::What::Silence ? end_of_silence(*transaction, one)
                : one.what == Awaited::What::DocumentsEmbargo
                    ? end_of_document(*transaction, one)
                    : end_of_circulation(*transaction, one);
  if (!found.ok()) return store::failed_in(*transaction, found.status());
  if (!*found) return {};
  auto& [event, act] = **found;
  event.set_recorded_at_us(to_micros(parts_.clock.now()));
  event.set_account("operator");
  act.account = "operator";
  ENTENTE_TRY_VOID(parts_.rows.add_event(*transaction, std::move(event)));
  parts_.ledger.record(*transaction, act);
  return transaction->commit().status();
}

Hours::Found Hours::end_of_document(store::Transaction& transaction, const Awaited& one) const {
  ENTENTE_TRY(const auto row, find<record::Document>(transaction, documents_table, one.id));
  std::optional<Told> told;
  if (!ends(row, one)) return told;
  told.emplace();
  told->event.set_kind(v1::News::DOCUMENT);
  told->event.set_document(row->id());
  told->event.set_embargo_until_us(to_micros(one.at));
  told->act.kind = acts::end_embargo;
  told->act.object = row->shown().name();
  told->act.revision = row->revision();
  told->act.audience = entry_audience(row->guard(), row->keepers(), parts_.clock.now());
  return told;
}

Hours::Found Hours::end_of_circulation(store::Transaction& transaction, const Awaited& one) const {
  ENTENTE_TRY(const auto row, find<record::Circulation>(transaction, circulations_table, one.id));
  std::optional<Told> told;
  if (!ends(row, one)) return told;
  told.emplace();
  told->event.set_kind(v1::News::SENT);
  told->event.set_circulation(row->id());
  told->event.set_embargo_until_us(to_micros(one.at));
  told->act.kind = acts::end_embargo;
  told->act.object = row->shown().name();
  told->act.audience = entry_audience(row->guard(), row->keepers(), parts_.clock.now());
  return told;
}

// It was asked for all of the documents together, as they were sent: with one of them gone or with
// another text there is nothing that anybody has consented to.
Hours::Found Hours::end_of_silence(store::Transaction& transaction, const Awaited& one) const {
  ENTENTE_TRY(auto row, find<record::Circulation>(transaction, circulations_table, one.id));
  std::optional<Told> told;
  const std::optional<Instant> adopts_at = row ? silence_adopts_at(*row) : std::nullopt;
  if (!adopts_at || row->adopted()) return told;
  bool whole = true;
  for (const std::string& name : row->shown().documents()) {
    ENTENTE_TRY(const auto document, find<record::Document>(transaction, documents_table,
                                                            parse_document_name(name)->id));
    whole = whole && document && !is_gone(*document, *adopts_at) &&
            holds(document->shown(), row->sent());
  }
  if (whole && *adopts_at != one.at) return told;
  row->set_adopted(whole);
  row->set_lapsed(!whole);
  parts_.rows.save(transaction, *row);
  told.emplace();
  told->event.set_kind(whole ? v1::News::ADOPTED : v1::News::LAPSED);
  told->event.set_circulation(row->id());
  told->act.kind = whole ? acts::adopt : acts::lapse;
  if (whole) told->act.object_digest = digest_of_sent(*row);
  told->act.object = row->shown().name();
  told->act.audience = entry_audience(row->guard(), row->keepers(), parts_.clock.now());
  return told;
}

}  // namespace entente::documents
