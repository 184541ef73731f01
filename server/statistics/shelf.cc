#include "server/statistics/shelf.h"

#include <algorithm>
#include <set>

#include "proto/contract/bytes.h"
#include "server/statistics/structure/structures.h"

namespace entente::statistics {
namespace {

constexpr std::string_view kUploads = "/uploads/";

Status unreadable() {
  return Status(Code::DataLoss, Reason::None, "an upload cannot be read")
      .with_detail("statistics upload row");
}

Result<std::shared_ptr<Kept>> read_kept(store::Snapshot& snapshot, const std::string& bytes) {
  auto kept = std::make_shared<Kept>();
  if (!kept->row.ParseFromString(bytes)) return unreadable();
  for (std::size_t c = 0; c < circles && c < static_cast<std::size_t>(kept->row.parts_size());
       ++c) {
    const std::string& id = kept->row.parts(static_cast<int>(c));
    if (id.empty()) continue;
    if (id.size() != sizeof(store::Id)) return unreadable();
    ENTENTE_TRY(kept->parts[c], read_header(snapshot, store::Id::from(id)));
  }
  return kept;
}

void append(KeptList& list, std::shared_ptr<Kept> kept) {
  if (kept->row.withdraws() != 0) {
    for (std::shared_ptr<const Kept>& one : list.all) {
      if (one->row.number() != kept->row.withdraws()) continue;
      auto taken_back = std::make_shared<Kept>(*one);
      taken_back->withdrawn_by = kept->row.number();
      one = std::move(taken_back);
    }
  }
  const auto party = std::find(list.parties.begin(), list.parties.end(), kept->row.party());
  kept->party = static_cast<std::size_t>(party - list.parties.begin());
  if (party == list.parties.end()) list.parties.push_back(kept->row.party());
  if (const std::int64_t embargo_us = kept->row.embargo_until_us(); embargo_us != 0) {
    auto& all = list.embargoes_us;
    const auto at = std::lower_bound(all.begin(), all.end(), embargo_us);
    if (at == all.end() || *at != embargo_us) all.insert(at, embargo_us);
  }
  list.all.push_back(std::move(kept));
}

}  // namespace

store::Id upload_id(const store::Store& store, std::string_view account, std::string_view chosen) {
  return store.blind("statistics.upload", std::string(account) + '\n' + std::string(chosen));
}

std::string upload_name(std::string_view dataflow, const store::Id& id) {
  return std::string(dataflow) + std::string(kUploads) + to_hex(id.view());
}

const Kept* KeptList::find(std::uint64_t number) const {
  const auto at = std::lower_bound(
      all.begin(), all.end(), number,
      [](const auto& kept, std::uint64_t sought) { return kept->row.number() < sought; });
  return at == all.end() || (*at)->row.number() != number ? nullptr : at->get();
}

// What was handed out stays as it was: the next list is another.
Status Shelf::put(store::Snapshot& snapshot, const std::string& bytes) {
  ENTENTE_TRY(std::shared_ptr<Kept> kept, read_kept(snapshot, bytes));
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const KeptList>& list = by_flow_[kept->row.dataflow()];
  auto next = list ? std::make_shared<KeptList>(*list) : std::make_shared<KeptList>();
  if (next->last() >= kept->row.number()) return {};  // told twice
  append(*next, std::move(kept));
  list = std::move(next);
  return {};
}

// Nobody has been handed a list yet: each is written on.
Status Shelf::load() {
  {
    std::map<std::string, std::shared_ptr<KeptList>, std::less<>> lists;
    const auto snapshot = store_.snapshot();
    const auto cursor = snapshot->scan(store::Key(uploads_table));
    for (; cursor->valid(); cursor->next()) {
      ENTENTE_TRY(const std::string bytes, cursor->value());
      ENTENTE_TRY(std::shared_ptr<Kept> kept, read_kept(*snapshot, bytes));
      std::shared_ptr<KeptList>& list = lists[kept->row.dataflow()];
      if (!list) list = std::make_shared<KeptList>();
      append(*list, std::move(kept));
    }
    ENTENTE_TRY_VOID(cursor->status());
    const std::lock_guard lock(mutex_);
    by_flow_ = {lists.begin(), lists.end()};
  }
  return sweep();
}

// From part to part, not from row to row.
Status Shelf::sweep() {
  std::set<store::Id> named;
  for (const auto& [flow, list] : by_flow_) {
    for (const auto& kept : list->all) {
      for (const auto& part : kept->parts) {
        if (part) named.insert(part->id);
      }
      const std::string& rows = kept->row.rows_id();
      if (rows.size() == sizeof(store::Id)) named.insert(store::Id::from(rows));
    }
  }
  std::set<store::Id> orphans;
  const auto snapshot = store_.snapshot();
  for (const store::Table table : {blocks_table, index_table}) {
    std::optional<store::Key> from;
    for (;;) {
      const auto cursor = snapshot->scan(store::Key(table), from);
      if (!cursor->valid()) {
        ENTENTE_TRY_VOID(cursor->status());
        break;
      }
      const store::Id id = store::Id::from(cursor->key_bytes().substr(1));
      if (named.count(id) == 0) orphans.insert(id);
      from = store::Key(table).id(id).number(UINT64_MAX);
    }
  }
  Stage stage(store_);
  for (const store::Id& id : orphans) ENTENTE_TRY_VOID(stage.erase(id));
  return {};
}

void Shelf::follow(std::uint64_t, const ledger::Act& act) {
  if (act.kind != acts::upload) return;
  const std::size_t at = act.object.rfind(kUploads);
  ENTENTE_CHECK(at != std::string::npos);
  const auto id = from_hex(std::string_view(act.object).substr(at + kUploads.size()));
  ENTENTE_CHECK(id.has_value() && id->size() == sizeof(store::Id));
  const auto snapshot = store_.snapshot();
  const auto place_bytes = snapshot->find(store::Key(upload_ids_table).id(store::Id::from(*id)));
  record::UploadPlace place;
  ENTENTE_CHECK(place_bytes.ok() && *place_bytes && place.ParseFromString(**place_bytes));
  // Who cannot follow would answer with what no longer holds: that is worse than to stop.
  ENTENTE_CHECK(follow_place(*snapshot, place.dataflow(), place.number()).ok());
}

// An upload, and what holds figures back beside it.
Status Shelf::follow_place(store::Snapshot& snapshot, const std::string& dataflow,
                           std::uint64_t number) {
  ENTENTE_TRY(
      const auto bytes,
      snapshot.find(
          store::Key(uploads_table).id(store_.blind("statistics", dataflow)).number(number)));
  if (!bytes) return unreadable();
  ENTENTE_TRY_VOID(put(snapshot, *bytes));
  record::Upload row;
  if (!row.ParseFromString(*bytes)) return unreadable();
  if (row.companion() == 0) return {};
  return follow_place(snapshot, dataflow, row.companion());
}

std::shared_ptr<const Kept> Shelf::find(std::string_view dataflow, const store::Id& id) const {
  const std::shared_ptr<const KeptList> uploads = of(dataflow);
  for (const std::shared_ptr<const Kept>& kept : uploads->all) {
    if (kept->row.id() == id.view()) return kept;
  }
  return nullptr;
}

std::shared_ptr<const KeptList> Shelf::of(std::string_view dataflow) const {
  static const auto nothing = std::make_shared<const KeptList>();
  const std::lock_guard lock(mutex_);
  const auto found = by_flow_.find(dataflow);
  return found == by_flow_.end() ? nothing : found->second;
}

}  // namespace entente::statistics
