#include "server/store/rocks_batch.h"

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "proto/contract/limits_store.h"

namespace entente::store {
namespace {

using LaidValue = std::shared_ptr<LargeValues::Laid>;

bool is_large(const EngineRow& row) {
  return row.value && row.value->size() >= limits::store_large_bytes_min;
}

// What was laid down ahead of the write, if it still stands.
LaidValue laid_of(const EngineRow& row) {
  LaidValue laid = std::static_pointer_cast<LargeValues::Laid>(row.laid);
  return laid && laid->stands() ? laid : nullptr;
}

// To what the row refers that is there now.
void free_referred(rocksdb::DB& db, const std::string& key, std::vector<Extent>& freed) {
  rocksdb::PinnableSlice value;
  if (!db.Get(rocksdb::ReadOptions(), db.DefaultColumnFamily(), key, &value).ok()) return;
  const std::string_view stored(value.data(), value.size());
  if (is_reference(stored)) freed.push_back(referred_by(stored));
}

}  // namespace

Result<RocksBatch> make_batch(rocksdb::DB& db, const std::shared_ptr<LargeValues>& large,
                              const std::vector<EngineRow>& rows) {
  std::size_t bytes = 64;
  for (const EngineRow& row : rows) {
    bytes += row.key.size() + (row.value && !is_large(row) ? row.value->size() : 32) + 16;
  }
  RocksBatch made(bytes);
  for (const EngineRow& row : rows) {
    rocksdb::Status added;
    if (is_large(row)) {
      LaidValue laid = laid_of(row);
      if (!laid) {
        ENTENTE_TRY(const std::vector<LaidValue> now, large->lay(large, {*row.value}));
        laid = now.front();
      }
      added = made.batch.Put(row.key, reference_to(laid->extent(), row.unpromised_since));
      made.laid.push_back(std::move(laid));
    } else if (row.value) {
      ENTENTE_CHECK(!is_reference(*row.value));
      added = made.batch.Put(row.key, *row.value);
    } else {
      added = made.batch.Delete(row.key);
    }
    ENTENTE_CHECK(added.ok());  // fails only beyond limits that we keep far from
    if (!row.value || is_large(row)) free_referred(db, row.key, made.freed);
  }
  return made;
}

Status show_value(const LargeValues& large, std::string_view stored, const EngineView::Take& take) {
  if (!is_reference(stored)) {
    take(stored);
    return {};
  }
  return large.show(referred_by(stored), take);
}

void lay_rows(const std::shared_ptr<LargeValues>& large, std::vector<EngineRow>& rows) {
  std::vector<EngineRow*> of;
  std::vector<std::string_view> values;
  for (EngineRow& row : rows) {
    if (!is_large(row)) continue;
    of.push_back(&row);
    values.emplace_back(*row.value);
  }
  if (values.empty()) return;
  const Result<std::vector<LaidValue>> laid = large->lay(large, values);
  if (!laid.ok()) return;
  for (std::size_t i = 0; i < of.size(); ++i) of[i]->laid = (*laid)[i];
}

}  // namespace entente::store
