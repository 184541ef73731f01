#include "server/store/shared_views.h"

#include <utility>

namespace entente::store {

SharedViews::Shared SharedViews::shared() {
  const std::lock_guard lock(mutex_);
  if (!shared_.view) {
    shared_.version = version_;  // first: the view may show a write that is not counted yet
    shared_.view = engine_.view();
  }
  return shared_;
}

Decoded SharedViews::find(std::string_view key, std::uint64_t version) const {
  const Shard& shard = shards_.at(shard_of(key));
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.made.find(key);
  if (found == shard.made.end() || found->second.version > version) return nullptr;
  return found->second.made;
}

void SharedViews::keep(std::string_view key, std::uint64_t version, Decoded made,
                       std::size_t bytes) {
  Shard& shard = shards_.at(shard_of(key));
  std::unordered_map<std::string, Made, Hash, std::equal_to<>> dropped;  // dies without the lock
  const std::lock_guard lock(shard.mutex);
  if (shard.changed_at > version || shard.made.contains(key)) return;
  if (shard.bytes + bytes > made_bytes_max / shards_count) {
    dropped.swap(shard.made);
    shard.bytes = 0;
  }
  shard.bytes += bytes;
  shard.made.emplace(key, Made{.version = version, .made = std::move(made), .bytes = bytes});
}

void SharedViews::forget() {
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    shard.made.clear();
    shard.bytes = 0;
    shard.changed_at = version_ + 1;
  }
  next_version();
}

Status SharedViews::write(const std::vector<EngineRow>& rows, Durable durable) {
  for (const EngineRow& row : rows) {
    Shard& shard = shards_.at(shard_of(row.key));
    const std::lock_guard lock(shard.mutex);
    shard.changed_at = version_ + 1;
    const auto found = shard.made.find(row.key);
    if (found == shard.made.end()) continue;
    shard.bytes -= found->second.bytes;
    shard.made.erase(found);
  }
  Status status = engine_.write(rows, durable);
  next_version();
  return status;
}

Status SharedViews::recover() {
  Status status = engine_.recover();
  forget();
  return status;
}

void SharedViews::next_version() {
  Shared gone;  // dies without the lock
  const std::lock_guard lock(mutex_);
  ++version_;
  std::swap(gone, shared_);
}

}  // namespace entente::store
