#include "server/documents/shelf.h"

#include <algorithm>

namespace entente::documents {
namespace {

bool stands(const record::Document& document, const Sent& sent) {
  return document.shown().state() == v1::Document::CURRENT && holds(document.shown(), sent);
}

Shelf::Awaited lapse_of(const store::Id& circulation) {
  return {
      .at = {}, .what = Shelf::Awaited::What::Silence, .id = circulation};  // whose hour is past
}

}  // namespace

void Shelf::put(const record::Document& row) {
  auto one = std::make_shared<ShelvedDocument>();
  one->id = store::Id::from(row.id());
  one->guard = guard_of(row.guard());
  one->revision = row.revision();
  one->kind = row.shown().kind();
  one->state = row.shown().state();
  one->topics.assign(row.shown().topics().begin(), row.shown().topics().end());
  one->countries.assign(row.shown().countries().begin(), row.shown().countries().end());
  one->created_at = instant_of(row.shown().created_at());
  if (row.shown().has_retain_until()) one->retain_until = instant_of(row.shown().retain_until());
  one->on_hold = row.shown().on_hold();
  const bool lives = one->state == v1::Document::CURRENT;
  const std::unique_lock lock(mutex_);
  for (auto at = silences_.lower_bound({one->id, store::Id()});
       at != silences_.end() && at->first.first == one->id; ++at) {
    const ShelvedCirculation& silence = *circulations_.at(at->first.second);
    at->second = stands(row, silence.sent);
    await_lapse(silence);
  }
  const auto before = documents_.find(one->id);
  await(Awaited::What::DocumentsEmbargo, one->id,
        before == documents_.end() ? std::nullopt : before->second->guard.embargo_until,
        lives ? one->guard.embargo_until : std::nullopt);
  document_order_[{one->created_at, one->id}] = one;
  documents_[one->id] = std::move(one);
}

// What stands of its documents is read and not remembered: one that changes later is put then.
Status Shelf::put(store::Snapshot& snapshot, const record::Circulation& row) {
  auto one = std::make_shared<ShelvedCirculation>();
  one->id = store::Id::from(row.id());
  one->guard = guard_of(row.guard());
  one->sent_at = instant_of(row.shown().sent_at());
  one->recalled = row.shown().has_recalled_at();
  if (!row.adopted()) one->adopts_at = silence_adopts_at(row);
  std::map<store::Id, bool> standing;
  for (const std::string& name : row.shown().documents()) {
    if (!one->adopts_at) break;
    const store::Id document = parse_document_name(name)->id;
    ENTENTE_TRY(const auto found,
                find_row<record::Document>(snapshot, store::Key(documents_table).id(document)));
    standing[document] = found && stands(*found, row.sent());
    one->documents.push_back(document);
  }
  if (one->adopts_at) one->sent = row.sent();
  const std::unique_lock lock(mutex_);
  const auto found = circulations_.find(one->id);
  const ShelvedCirculation none;
  const ShelvedCirculation& before = found == circulations_.end() ? none : *found->second;
  await(Awaited::What::CirculationsEmbargo, one->id, before.guard.embargo_until,
        one->recalled ? std::nullopt : one->guard.embargo_until);
  await(Awaited::What::Silence, one->id, before.adopts_at, one->adopts_at);
  for (const store::Id& document : before.documents) silences_.erase({document, one->id});
  for (const auto& [document, is_standing] : standing) {
    silences_[{document, one->id}] = is_standing;
  }
  await_lapse(*one);
  circulation_order_[{one->sent_at, one->id}] = one;
  circulations_[one->id] = std::move(one);
  return {};
}

// Requires: the lock.
void Shelf::await(Awaited::What what, const store::Id& id, std::optional<Instant> before,
                  std::optional<Instant> now) {
  if (before) awaited_.erase({.at = *before, .what = what, .id = id});
  if (!now) return;
  const Awaited one = {.at = *now, .what = what, .id = id};
  if (told_.count(one) == 0) awaited_.insert(one);
}

// Requires: the lock.
void Shelf::await_lapse(const ShelvedCirculation& one) {
  awaited_.erase(lapse_of(one.id));
  for (const store::Id& document : one.documents) {
    if (!silences_.at({document, one.id})) awaited_.insert(lapse_of(one.id));
  }
}

std::vector<Shelf::Awaited> Shelf::come_by(Instant now, std::size_t max) const {
  std::vector<Awaited> come;
  const std::shared_lock lock(mutex_);
  for (auto at = awaited_.begin(); at != awaited_.end() && at->at <= now; ++at) {
    if (come.size() == max) break;
    come.push_back(*at);
  }
  return come;
}

Status Shelf::load() {
  const auto snapshot = rows_.store().snapshot();
  std::set<store::Id> named;
  const auto each = [&](store::Table table, const auto& take) -> Status {
    const auto cursor = snapshot->scan(store::Key(table));
    for (; cursor->valid(); cursor->next()) {
      ENTENTE_TRY(const std::string bytes, cursor->value());
      ENTENTE_TRY_VOID(take(bytes));
    }
    return cursor->status();
  };
  const Status broken = Status(Code::DataLoss, Reason::None, "a document cannot be read");
  ENTENTE_TRY_VOID(each(documents_table, [&](const std::string& bytes) -> Status {
    record::Document row;
    if (!row.ParseFromString(bytes)) return broken;
    put(row);
    if (row.shown().state() != v1::Document::DESTROYED) return {};
    // The key goes after the commit that says so: a crash may have come between.
    const Status gone = rows_.store().destroy_seal(seal_of(store::Id::from(row.id())));
    return gone.code() == Code::NotFound ? Status() : gone;
  }));
  ENTENTE_TRY_VOID(each(revisions_table, [&](const std::string& bytes) -> Status {
    record::Document row;
    if (!row.ParseFromString(bytes)) return broken;
    for (const record::Kept& kept : row.contents()) named.insert(store::Id::from(kept.id()));
    return {};
  }));
  ENTENTE_TRY_VOID(each(circulations_table, [&](const std::string& bytes) -> Status {
    record::Circulation row;
    if (!row.ParseFromString(bytes)) return broken;
    return put(*snapshot, row);
  }));
  ENTENTE_TRY_VOID(take_events(*snapshot));
  ENTENTE_TRY_VOID(sweep(*snapshot, chunks_table, named));
  return sweep(*snapshot, texts_table, named);
}

// One step a content, however many chunks it has.
Status Shelf::sweep(store::Snapshot& snapshot, store::Table table,
                    const std::set<store::Id>& named) {
  std::optional<store::Key> from;
  for (;;) {
    const auto cursor = snapshot.scan(store::Key(table), from);
    if (!cursor->valid()) return cursor->status();
    const store::Id id = store::Id::from(cursor->key_bytes().substr(1));
    if (named.count(id) == 0) {
      std::vector<store::StagedRow> gone;
      const auto rows = snapshot.scan(store::Key(table).id(id));
      for (; rows->valid(); rows->next()) {
        gone.push_back({.key = store::Key(table).octets(rows->key_bytes().substr(1)),
                        .value = std::nullopt,
                        .seal = {}});
      }
      ENTENTE_TRY_VOID(rows->status());
      ENTENTE_TRY_VOID(rows_.store().stage(gone));
    }
    from = store::Key(table).id(id).number(UINT64_MAX);
  }
}

Status Shelf::take_events(store::Snapshot& snapshot) {
  return rows_.each_event(snapshot, newest_event() + 1, [&](record::Event event) {
    const std::unique_lock lock(mutex_);
    if (event.number() != events_.size() + 1) return;
    if (event.embargo_until_us() != 0) {
      const bool is_circulation = event.document().empty();
      const Awaited one = {
          .at = from_micros(event.embargo_until_us()),
          .what =
              is_circulation ? Awaited::What::CirculationsEmbargo : Awaited::What::DocumentsEmbargo,
          .id = store::Id::from(is_circulation ? event.circulation() : event.document())};
      awaited_.erase(one);
      told_.insert(one);
    }
    events_.push_back(std::move(event));
  });
}

Status Shelf::reload_document(store::Snapshot& snapshot, const store::Id& id) {
  ENTENTE_TRY(const auto row,
              find_row<record::Document>(snapshot, store::Key(documents_table).id(id)));
  if (row) put(*row);
  return {};
}

Status Shelf::reload_circulation(store::Snapshot& snapshot, const store::Id& id) {
  ENTENTE_TRY(const auto row,
              find_row<record::Circulation>(snapshot, store::Key(circulations_table).id(id)));
  return row ? put(snapshot, *row) : Status();
}

Status Shelf::reload(store::Snapshot& snapshot, std::string_view name) {
  if (const auto document = parse_document_name(name)) {
    return reload_document(snapshot, document->id);
  }
  const auto circulation = parse_circulation_name(name);
  return circulation ? reload_circulation(snapshot, *circulation) : Status();
}

// Among them are those of acts that are durable and whose turn to be followed has not come. What an
// event tells of must stand here before it: who watches would pass it by, and never come back.
Status Shelf::reload_told(store::Snapshot& snapshot) {
  std::set<std::string> documents;
  std::set<std::string> circulations;
  ENTENTE_TRY_VOID(rows_.each_event(snapshot, newest_event() + 1, [&](const record::Event& event) {
    if (!event.document().empty()) documents.insert(event.document());
    if (!event.circulation().empty()) circulations.insert(event.circulation());
  }));
  for (const std::string& id : documents) {
    ENTENTE_TRY_VOID(reload_document(snapshot, store::Id::from(id)));
  }
  for (const std::string& id : circulations) {
    ENTENTE_TRY_VOID(reload_circulation(snapshot, store::Id::from(id)));
  }
  return {};
}

void Shelf::follow(std::uint64_t, const ledger::Act& act) {
  if (!act.kind.starts_with("documents.") || act.kind == "documents.document.read") return;
  const auto snapshot = rows_.store().snapshot();
  Status read = reload(*snapshot, act.object);
  for (const std::string& name : act.touched) {
    if (read.ok()) read = reload(*snapshot, name);
  }
  if (read.ok()) read = reload_told(*snapshot);
  if (read.ok()) read = take_events(*snapshot);
  // Who cannot follow would decide by what no longer holds: that is worse than to stop.
  ENTENTE_CHECK(read.ok());
  std::vector<std::shared_ptr<std::function<void()>>> rung;
  {
    const std::lock_guard lock(listeners_mutex_);
    std::erase_if(listeners_, [](const auto& one) { return one.expired(); });
    for (const auto& one : listeners_) {
      if (auto ring = one.lock()) rung.push_back(std::move(ring));
    }
  }
  for (const auto& ring : rung) (*ring)();
}

std::shared_ptr<void> Shelf::listen(std::function<void()> ring) {
  auto held = std::make_shared<std::function<void()>>(std::move(ring));
  const std::lock_guard lock(listeners_mutex_);
  listeners_.push_back(held);
  return held;
}

Result<std::optional<policy::Guard>> Shelf::find_guard(store::Snapshot& snapshot,
                                                       std::string_view resource_name,
                                                       const policy::AsOf& as_of) const {
  std::optional<policy::Guard> guard;
  if (const auto id = parse_circulation_name(resource_name)) {
    const auto found = circulation(*id);
    const Instant known = std::min(as_of.known_at, as_of.when);
    if (found && found->sent_at <= known) guard = found->guard;
    return guard;
  }
  const auto name = parse_document_name(resource_name);
  if (!name || name->reading != 0) return guard;
  const auto now = document(name->id);
  if (!now) return guard;
  if (now->state == v1::Document::DESTROYED) return std::optional(now->guard);
  ENTENTE_TRY_VOID(
      rows_.each_guard(snapshot, name->id, [&](Instant recorded_at, const policy::Guard& then) {
        const Instant known = std::min(as_of.known_at, as_of.when);
        if (recorded_at <= known) guard = then;
      }));
  return guard;
}

Result<std::vector<policy::ObjectGroup>> Shelf::objects(store::Snapshot&) const {
  std::vector<policy::ObjectGroup> groups;
  const std::shared_lock lock(mutex_);
  for (const auto& [id, one] : documents_) {
    if (one->state == v1::Document::DESTROYED) continue;
    const auto same = std::find_if(groups.begin(), groups.end(), [&one = one](const auto& group) {
      return group.guard == one->guard;
    });
    if (same != groups.end()) {
      ++same->count;
    } else {
      groups.push_back({.kind = "document", .guard = one->guard, .count = 1});
    }
  }
  return groups;
}

std::shared_ptr<const ShelvedDocument> Shelf::document(const store::Id& id) const {
  const std::shared_lock lock(mutex_);
  const auto found = documents_.find(id);
  return found == documents_.end() ? nullptr : found->second;
}

std::shared_ptr<const ShelvedCirculation> Shelf::circulation(const store::Id& id) const {
  const std::shared_lock lock(mutex_);
  const auto found = circulations_.find(id);
  return found == circulations_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<const ShelvedCirculation>> Shelf::silences(
    const store::Id& document) const {
  std::vector<std::shared_ptr<const ShelvedCirculation>> running;
  const std::shared_lock lock(mutex_);
  for (auto at = silences_.lower_bound({document, store::Id()});
       at != silences_.end() && at->first.first == document; ++at) {
    running.push_back(circulations_.at(at->first.second));
  }
  return running;
}

void Shelf::each_document(const std::optional<Place>& after,
                          const std::function<bool(const ShelvedDocument&)>& visit) const {
  const std::shared_lock lock(mutex_);
  auto at = after ? document_order_.upper_bound(*after) : document_order_.begin();
  for (; at != document_order_.end(); ++at) {
    if (!visit(*at->second)) return;
  }
}

void Shelf::each_circulation(const std::optional<Place>& after,
                             const std::function<bool(const ShelvedCirculation&)>& visit) const {
  const std::shared_lock lock(mutex_);
  auto at = after ? circulation_order_.upper_bound(*after) : circulation_order_.begin();
  for (; at != circulation_order_.end(); ++at) {
    if (!visit(*at->second)) return;
  }
}

std::vector<record::Event> Shelf::events_after(std::uint64_t cursor, std::size_t max) const {
  const std::shared_lock lock(mutex_);
  if (cursor >= events_.size()) return {};
  const auto from = events_.begin() + static_cast<std::ptrdiff_t>(cursor);
  const std::size_t count = std::min(max, events_.size() - cursor);
  return {from, from + static_cast<std::ptrdiff_t>(count)};
}

std::uint64_t Shelf::newest_event() const {
  const std::shared_lock lock(mutex_);
  return events_.size();
}

}  // namespace entente::documents
