#include "server/documents/rows.h"

#include <algorithm>

namespace entente::documents {
namespace {

template <typename Row>
Status each_row(store::Snapshot& snapshot, const store::Key& prefix,
                const std::optional<store::Key>& from, const std::function<void(Row)>& visit) {
  const auto cursor = snapshot.scan(prefix, from);
  for (; cursor->valid(); cursor->next()) {
    ENTENTE_TRY(const std::string bytes, cursor->value());
    Row row;
    if (!row.ParseFromString(bytes)) return unreadable();
    visit(std::move(row));
  }
  return cursor->status();
}

template <typename Row>
Result<std::vector<Row>> rows_under(store::Snapshot& snapshot, const store::Key& prefix) {
  std::vector<Row> rows;
  ENTENTE_TRY_VOID(each_row<Row>(snapshot, prefix, std::nullopt,
                                 [&](Row row) { rows.push_back(std::move(row)); }));
  return rows;
}

store::Key key(store::Table table, const store::Id& id) { return store::Key(table).id(id); }
store::Key event_head_key() { return store::Key(event_head_table).number(0); }

}  // namespace

Status unreadable() {
  return Status(Code::DataLoss, Reason::None, "a document cannot be read")
      .with_detail("documents row");
}

store::SealName seal_of(const store::Id& document) {
  return {.scope = store::SealName::Scope::Document, .id = document};
}

store::SealName process_seal(const store::Store& store, std::string_view process) {
  return {.scope = store::SealName::Scope::Process, .id = store.blind("process", process)};
}

store::SealName Rows::process_seal(std::string_view process) const {
  return documents::process_seal(store_, process);
}

// The key of a document goes once its stone is committed: whoever finds it gone, in a view of
// before, finds the stone in one of now.
std::optional<record::Document> Rows::stone(const store::Id& document) const {
  auto now = find_row<record::Document>(*store_.snapshot(), key(documents_table, document));
  if (!now.ok() || !*now) return std::nullopt;
  if ((*now)->shown().state() != v1::Document::DESTROYED) return std::nullopt;
  return *std::move(now);
}

template <typename T>
Result<T> Rows::or_gone(const store::Id& document, Result<T> found) const {
  if (found.status().code() == Code::DataLoss && stone(document)) return T();
  return found;
}

Rows::Found<record::Document> Rows::newest(store::Snapshot& snapshot,
                                           const store::Id& document) const {
  auto found = find_row<record::Document>(snapshot, key(documents_table, document));
  if (found.status().code() != Code::DataLoss) return found;
  std::optional<record::Document> gone = stone(document);
  if (gone) return gone;
  return found;
}

Rows::Found<Rows::Document> Rows::find(store::Snapshot& snapshot, const store::Id& document) const {
  ENTENTE_TRY(std::optional<record::Document> row, newest(snapshot, document));
  if (!row) return std::optional<Document>();
  policy::Guard guard = guard_of(row->guard());
  return std::optional<Document>(Document(std::move(guard), *std::move(row)));
}

Rows::Found<Rows::Document> Rows::find_revision(store::Snapshot& snapshot,
                                                const store::Id& document,
                                                std::uint64_t revision) const {
  ENTENTE_TRY(const std::optional<record::Document> now, newest(snapshot, document));
  if (!now) return std::optional<Document>();
  ENTENTE_TRY(std::optional<record::Document> then,
              or_gone(document, find_row<record::Document>(
                                    snapshot, key(revisions_table, document).number(revision))));
  if (!then) return std::optional<Document>();
  // What was withdrawn since is withdrawn in all its revisions.
  then->mutable_shown()->set_state(now->shown().state());
  return std::optional<Document>(Document(guard_of(now->guard()), *std::move(then)));
}

Status Rows::each_guard(store::Snapshot& snapshot, const store::Id& document,
                        const std::function<void(Instant, const policy::Guard&)>& visit) const {
  return each_row<record::Document>(
      snapshot, key(revisions_table, document), std::nullopt, [&](const record::Document& row) {
        visit(from_micros(row.recorded_at_us()), guard_of(row.guard()));
      });
}

Rows::Found<record::Kept> Rows::find_kept(store::Snapshot& snapshot, const store::Id& document,
                                          std::string_view sha256) const {
  std::optional<record::Kept> found;
  ENTENTE_TRY_VOID(each_row<record::Document>(snapshot, key(revisions_table, document),
                                              std::nullopt, [&](const record::Document& row) {
                                                for (const record::Kept& kept : row.contents()) {
                                                  if (kept.sha256() == sha256) found = kept;
                                                }
                                              }));
  return found;
}

Status Rows::save(store::Transaction& transaction, record::Document& document, Instant now) const {
  const store::Id id = store::Id::from(document.id());
  ENTENTE_TRY(const auto before, find_row<record::Document>(transaction, key(documents_table, id)));
  ENTENTE_CHECK(document.revision() == (before ? before->revision() : 0));
  document.set_revision(document.revision() + 1);
  document.set_recorded_at_us(std::max(to_micros(now), document.recorded_at_us() + 1));
  document.mutable_shown()->set_name(document_name(id));
  document.mutable_shown()->set_revision(document.revision());
  set_time(*document.mutable_shown()->mutable_recorded_at(),
           from_micros(document.recorded_at_us()));
  const std::string bytes = document.SerializeAsString();
  transaction.put(key(documents_table, id), bytes, seal_of(id));
  transaction.put(key(revisions_table, id).number(document.revision()), bytes, seal_of(id));
  return {};
}

Status Rows::bury(store::Transaction& transaction, const record::Document& stone) const {
  const store::Id id = store::Id::from(stone.id());
  for (const store::Table table :
       {revisions_table, readings_table, readers_table, envelopes_table, consents_table}) {
    const auto cursor = transaction.scan(key(table, id));
    std::vector<std::string> gone;
    for (; cursor->valid(); cursor->next()) gone.emplace_back(cursor->key_bytes().substr(1));
    ENTENTE_TRY_VOID(cursor->status());
    for (const std::string& rest : gone) transaction.erase(store::Key(table).octets(rest));
  }
  transaction.erase(key(reading_heads_table, id));
  transaction.put(key(documents_table, id), stone.SerializeAsString());
  return {};
}

Result<record::Reading> Rows::next_reading(store::Snapshot& snapshot, const store::Id& document,
                                           const Actor& actor, Instant now) const {
  ENTENTE_TRY(const auto head,
              find_row<record::ReadingHead>(snapshot, key(reading_heads_table, document)));
  record::Reading reading;
  reading.set_number(head ? head->number() + 1 : 1);
  reading.set_account(actor.account);
  reading.set_person(actor.person);
  reading.set_party(actor.party);
  reading.set_recorded_at_us(to_micros(now));
  return reading;
}

Status Rows::save_reading(store::Transaction& transaction, const store::Id& document,
                          const record::Reading& reading) const {
  record::ReadingHead head;
  head.set_number(reading.number());
  const store::SealName seal = seal_of(document);
  transaction.put(key(reading_heads_table, document), head.SerializeAsString(), seal);
  transaction.put(key(readings_table, document).number(reading.number()),
                  reading.SerializeAsString(), seal);
  const store::Key reader_key = key(readers_table, document).id(account_id(reading.account()));
  ENTENTE_TRY(auto found, find_row<record::Reader>(transaction, reader_key));
  record::Reader reader = std::move(found).value_or(record::Reader());
  if (reader.readings() == 0) {
    reader.set_account(reading.account());
    reader.set_person(reading.person());
    reader.set_party(reading.party());
    reader.set_first_us(reading.recorded_at_us());
    reader.set_first_copy(reading.number());
  }
  reader.set_readings(reader.readings() + 1);
  reader.set_last_us(reading.recorded_at_us());
  transaction.put(reader_key, reader.SerializeAsString(), seal);
  return {};
}

Rows::Found<record::Reading> Rows::find_reading(store::Snapshot& snapshot,
                                                const store::Id& document,
                                                std::uint64_t number) const {
  return or_gone(document,
                 find_row<record::Reading>(snapshot, key(readings_table, document).number(number)));
}

Rows::Found<record::Reader> Rows::find_reader(store::Snapshot& snapshot, const store::Id& document,
                                              std::string_view account) const {
  return or_gone(document, find_row<record::Reader>(
                               snapshot, key(readers_table, document).id(account_id(account))));
}

Result<std::vector<record::Reader>> Rows::readers(store::Snapshot& snapshot,
                                                  const store::Id& document) const {
  return or_gone(document, rows_under<record::Reader>(snapshot, key(readers_table, document)));
}

Status Rows::add_envelope(store::Transaction& transaction, const store::Id& document,
                          record::Envelope& envelope) const {
  ENTENTE_TRY(const std::vector<record::Envelope> before, envelopes(transaction, document));
  envelope.set_number(before.empty() ? 1 : before.back().number() + 1);
  envelope.mutable_shown()->set_name(envelope_name(document, envelope.number()));
  transaction.put(key(envelopes_table, document).number(envelope.number()),
                  envelope.SerializeAsString(), seal_of(document));
  return {};
}

Result<std::vector<record::Envelope>> Rows::envelopes(store::Snapshot& snapshot,
                                                      const store::Id& document) const {
  return or_gone(document, rows_under<record::Envelope>(snapshot, key(envelopes_table, document)));
}

void Rows::put_consent(store::Transaction& transaction, const record::Consent& consent) const {
  const store::Id document = store::Id::from(consent.document());
  transaction.put(key(consents_table, document).number(consent.number()),
                  consent.SerializeAsString(), seal_of(document));
}

Rows::Found<record::Consent> Rows::find_consent(store::Snapshot& snapshot,
                                                const store::Id& document,
                                                std::uint64_t number) const {
  return or_gone(document,
                 find_row<record::Consent>(snapshot, key(consents_table, document).number(number)));
}

Result<std::vector<record::Consent>> Rows::consents(store::Snapshot& snapshot,
                                                    const store::Id& document) const {
  return or_gone(document, rows_under<record::Consent>(snapshot, key(consents_table, document)));
}

Result<std::vector<store::Id>> Rows::documents_with_consents(store::Snapshot& snapshot) const {
  std::vector<store::Id> documents;
  const auto cursor = snapshot.scan(store::Key(consents_table));
  for (; cursor->valid(); cursor->next()) {
    const store::Id document = store::Id::from(cursor->key_bytes().substr(1, 16));
    if (documents.empty() || !(documents.back() == document)) documents.push_back(document);
  }
  ENTENTE_TRY_VOID(cursor->status());
  return documents;
}

store::Id Rows::upload_id(std::string_view account, std::string_view chosen) const {
  return store_.blind("documents.upload", std::string(account) + "/" + std::string(chosen));
}

Rows::Found<record::UploadPlace> Rows::find_place(store::Snapshot& snapshot,
                                                  const store::Id& upload) const {
  return find_row<record::UploadPlace>(snapshot, key(upload_places_table, upload));
}

void Rows::put_place(store::Transaction& transaction, const store::Id& upload,
                     const store::Id& document) const {
  record::UploadPlace place;
  place.set_document(std::string(document.view()));
  transaction.put(key(upload_places_table, upload), place.SerializeAsString());
}

// --- circulations -------------------------------------------------------------------------------

Rows::Found<Rows::Circulation> Rows::find_circulation(store::Snapshot& snapshot,
                                                      const store::Id& circulation) const {
  ENTENTE_TRY(std::optional<record::Circulation> row,
              find_row<record::Circulation>(snapshot, key(circulations_table, circulation)));
  if (!row) return std::optional<Circulation>();
  policy::Guard guard = guard_of(row->guard());
  return std::optional<Circulation>(Circulation(std::move(guard), *std::move(row)));
}

void Rows::save(store::Transaction& transaction, const record::Circulation& circulation) const {
  transaction.put(key(circulations_table, store::Id::from(circulation.id())),
                  circulation.SerializeAsString(), process_seal(circulation.guard().process()));
}

Result<std::vector<record::Response>> Rows::responses(store::Snapshot& snapshot,
                                                      const store::Id& circulation) const {
  return rows_under<record::Response>(snapshot, key(responses_table, circulation));
}

void Rows::put_response(store::Transaction& transaction, const record::Circulation& circulation,
                        const record::Response& response) const {
  transaction.put(
      key(responses_table, store::Id::from(circulation.id())).number(response.shown().number()),
      response.SerializeAsString(), process_seal(circulation.guard().process()));
}

Result<record::Recipient> Rows::recipient(store::Snapshot& snapshot, const store::Id& circulation,
                                          const Actor& actor) const {
  ENTENTE_TRY(auto found,
              find_row<record::Recipient>(
                  snapshot, key(recipients_table, circulation).id(account_id(actor.account))));
  if (found) return *std::move(found);
  record::Recipient fresh;
  fresh.set_account(actor.account);
  fresh.set_person(actor.person);
  fresh.set_party(actor.party);
  return fresh;
}

void Rows::put_recipient(store::Transaction& transaction, const record::Circulation& circulation,
                         const record::Recipient& recipient) const {
  transaction.put(
      key(recipients_table, store::Id::from(circulation.id())).id(account_id(recipient.account())),
      recipient.SerializeAsString(), process_seal(circulation.guard().process()));
}

Result<std::vector<record::Recipient>> Rows::recipients(store::Snapshot& snapshot,
                                                        const store::Id& circulation) const {
  return rows_under<record::Recipient>(snapshot, key(recipients_table, circulation));
}

// --- news ---------------------------------------------------------------------------------------

Status Rows::add_event(store::Transaction& transaction, record::Event event) const {
  ENTENTE_TRY(const std::uint64_t newest, newest_event(transaction));
  record::EventHead head;
  head.set_number(newest + 1);
  event.set_number(head.number());
  transaction.put(event_head_key(), head.SerializeAsString());
  transaction.put(store::Key(events_table).number(event.number()), event.SerializeAsString());
  return {};
}

Result<std::uint64_t> Rows::newest_event(store::Snapshot& snapshot) const {
  ENTENTE_TRY(const auto found, find_row<record::EventHead>(snapshot, event_head_key()));
  return found ? found->number() : std::uint64_t{0};
}

Status Rows::each_event(store::Snapshot& snapshot, std::uint64_t first,
                        const std::function<void(record::Event)>& visit) const {
  return each_row<record::Event>(snapshot, store::Key(events_table),
                                 store::Key(events_table).number(first), visit);
}

}  // namespace entente::documents
