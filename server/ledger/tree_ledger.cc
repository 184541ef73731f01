#include "server/ledger/tree_ledger.h"

#include <algorithm>
#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "server/ledger/written.h"
#include "server/store/written.h"

namespace entente::ledger {
namespace {

Status lost(std::string detail) {
  return Status(Code::DataLoss, Reason::None, "the ledger is damaged")
      .with_detail(std::move(detail));
}

// What is written for an act whose list is too long to keep: followers start anew, auditors have
// the digest of the list.
std::vector<std::string> collapsed(const std::vector<std::string>& touched) {
  std::string all;
  for (const std::string& name : touched) all += name + "\n";
  return {std::string(touched_everything), "sha256/" + to_hex(as_view(sha256(all)))};
}

std::size_t bytes_of(const std::vector<std::string>& names) {
  std::size_t bytes = 0;
  for (const std::string& name : names) bytes += name.size() + 4;
  return bytes;
}

}  // namespace

store::Key entry_key(std::uint64_t index) { return store::Key(entries_table).number(index); }

store::Key tile_key(const TileName& name) {
  const char level = static_cast<char>(name.level);
  return store::Key(tiles_table).octets(std::string_view(&level, 1)).number(name.index);
}

Result<StoredEntry> parse_stored(std::uint64_t index, std::string_view value) {
  if (value.size() < blinding_bytes) return lost("entry " + std::to_string(index) + " is cut");
  StoredEntry stored;
  stored.blinding = value.substr(0, blinding_bytes);
  stored.canonical = value.substr(blinding_bytes);
  ENTENTE_TRY(stored.entry, decode_entry(stored.canonical));
  if (stored.entry.index != index) {
    return lost("entry " + std::to_string(stored.entry.index) + " stands in place of " +
                std::to_string(index));
  }
  stored.leaf = entry_leaf(stored.blinding, stored.canonical);
  return stored;
}

Result<StoredEntry> read_entry(store::Snapshot& snapshot, std::uint64_t index) {
  using Found = std::optional<std::string>;
  ENTENTE_TRY(const Found value, snapshot.find(entry_key(index)));
  if (!value) {
    return Status(Code::NotFound, Reason::None, "no such entry");
  }
  return parse_stored(index, *value);
}

TreeLedger::TreeLedger(store::Store& store, const Clock& clock, Entropy& entropy)
    : store_(store), clock_(clock), entropy_(entropy) {}

Result<std::unique_ptr<TreeLedger>> TreeLedger::open(store::Store& store, const Clock& clock,
                                                     Entropy& entropy) {
  std::unique_ptr<TreeLedger> ledger(new TreeLedger(store, clock, entropy));
  ENTENTE_TRY_VOID(ledger->load());
  return ledger;
}

Status TreeLedger::load() {
  const std::uint64_t size = store_.size();
  const auto snapshot = store_.snapshot();
  std::vector<std::vector<Digest>> edges;
  unsigned level = 0;
  for (std::uint64_t end = size; end != 0; end >>= tile_height, ++level) {
    std::vector<Digest>& hashes = edges.emplace_back();
    if (level == 0) {
      ENTENTE_TRY_VOID(load_entries(*snapshot, size, hashes));
      continue;
    }
    for (std::uint64_t index = end - end % tile_width; index < end; ++index) {
      ENTENTE_TRY(const Tile tile, read_tile({.level = level - 1, .index = index}));
      hashes.push_back(root_of_tile(*tile));
    }
  }
  tree_ = Tree(size, edges);
  sequenced_ = tree_;
  if (clock_.now() + clock_behind_max < last_time_) {
    return Status(Code::FailedPrecondition, Reason::None,
                  "the clock is behind the ledger's last entry")
        .with_detail("last entry at " + to_rfc3339(last_time_) + ", clock says " +
                     to_rfc3339(clock_.now()));
  }
  return {};
}

Status TreeLedger::load_entries(store::Snapshot& snapshot, std::uint64_t size,
                                std::vector<Digest>& leaves) {
  const std::uint64_t first = size - size % tile_width;
  for (std::uint64_t index = first; index < size; ++index) {
    Result<StoredEntry> stored = read_entry(snapshot, index);
    if (stored.status().code() == Code::NotFound) {
      return lost("entry " + std::to_string(index) + " of " + std::to_string(size) + " is missing");
    }
    if (!stored.ok()) return stored.status();
    leaves.push_back(stored->leaf);
    last_time_ = stored->entry.time;
  }
  if (first == size) {
    ENTENTE_TRY(const StoredEntry last, read_entry(snapshot, size - 1));
    last_time_ = last.entry.time;
  }
  return {};
}

void TreeLedger::add_follower(Follower& follower) { followers_.push_back(&follower); }

std::uint64_t TreeLedger::size() const {
  const std::shared_lock lock(tree_mutex_);
  return tree_.size();
}

void TreeLedger::record(store::Transaction& transaction, const Act& act) {
  const bool long_list = act.touched.size() > limits::entry_touched_max ||
                         bytes_of(act.touched) > limits::entry_bytes_max / 2;
  std::string bytes;
  if (long_list) {
    Act shorter = act;
    shorter.touched = collapsed(act.touched);
    bytes = encode_act(shorter);
  } else {
    bytes = encode_act(act);
  }
  // An entry that could be written and not be read again would stop the next start.
  ENTENTE_CHECK(decode_entry(encode_entry(0, Instant{}, bytes)).ok());
  const std::string& binding = transaction.binding();
  ENTENTE_CHECK(binding.empty() || binding.size() == sizeof(Digest));
  bytes.insert(0, entropy_.bytes(blinding_bytes) + static_cast<char>(binding.size()) + binding);
  ENTENTE_CHECK(bytes.size() <= limits::entry_bytes_max);
  transaction.append(std::move(bytes));
}

void TreeLedger::sequence(store::CommitIndex index, std::string_view entry, store::Rows& rows) {
  auto [act, written] = store::split_handed(entry);
  ENTENTE_CHECK(index == sequenced_.size() && act.size() > blinding_bytes);
  // Time never goes backwards in the ledger, whatever the clock does.
  last_time_ = std::max(last_time_, clock_.now());
  // As record() has put it: nonce, the binding's size, the binding, the act.
  const auto binding_size = static_cast<unsigned char>(act[blinding_bytes]);
  const BlindingParts parts{.nonce = act.substr(0, blinding_bytes),
                            .binding = act.substr(blinding_bytes + 1, binding_size),
                            .written = written};
  act.remove_prefix(blinding_bytes + 1 + binding_size);
  const std::string blinding = parts.blinding();
  std::string canonical = encode_entry(index, last_time_, act);
  const Digest leaf = entry_leaf(blinding, canonical);
  rows.put(entry_key(index), blinding + canonical);
  put_written(index, parts, rows);
  sequenced_.append(leaf, [&rows](const TileName& name, std::string bytes) {
    rows.put(tile_key(name), std::move(bytes));
  });
  const std::lock_guard lock(pending_mutex_);
  pending_.push_back({.index = index, .canonical = std::move(canonical), .leaf = leaf});
}

void TreeLedger::durable(store::CommitIndex size) {
  std::vector<Pending> entries;
  {
    // Both at once: `abandoned` may come meanwhile and must find every entry in one of the two.
    const std::scoped_lock lock(pending_mutex_, tree_mutex_);
    while (!pending_.empty() && pending_.front().index < size) {
      tree_.append(pending_.front().leaf);
      entries.push_back(std::move(pending_.front()));
      pending_.pop_front();
    }
    ENTENTE_CHECK(tree_.size() == size);
  }
  for (const Pending& pending : entries) {
    const Result<Entry> entry = decode_entry(pending.canonical);
    ENTENTE_CHECK(entry.ok());
    for (Follower* follower : followers_) follower->follow(pending.index, entry->act);
  }
}

void TreeLedger::abandoned(store::CommitIndex size) {
  const std::lock_guard pending_lock(pending_mutex_);
  while (!pending_.empty() && pending_.back().index >= size) pending_.pop_back();
  const std::shared_lock tree_lock(tree_mutex_);
  ENTENTE_CHECK(tree_.size() + pending_.size() == size);
  sequenced_ = tree_;
  for (const Pending& entry : pending_) sequenced_.append(entry.leaf);
}

merkle::NodeReader TreeLedger::reader() {
  return [this](unsigned level, std::uint64_t index) { return read_node(level, index); };
}

Result<Digest> TreeLedger::read_node(unsigned level, std::uint64_t index) {
  {
    const std::shared_lock lock(tree_mutex_);
    if (const std::optional<Digest> hash = tree_.find(level, index)) return *hash;
  }
  ENTENTE_TRY(const Tile tile, read_tile(tile_of(level, index)));
  return node_in_tile(*tile, level, index);
}

Result<TreeLedger::Tile> TreeLedger::read_tile(const TileName& name) {
  Slot& slot = tiles_.at((name.index + 37U * name.level) % tile_slots);
  {
    const std::lock_guard lock(tiles_mutex_);
    if (slot.name == name) return slot.tile;
  }
  // A finished tile was durable before the tree said that it is finished: a snapshot of now has it.
  using Found = std::optional<std::string>;
  ENTENTE_TRY(Found bytes, store_.snapshot()->find(tile_key(name)));
  if (!bytes || bytes->size() != tile_bytes) {
    return lost("tile " + std::to_string(name.level) + "/" + std::to_string(name.index) +
                " is missing or cut");
  }
  Tile tile = std::make_shared<const std::string>(*std::move(bytes));
  const std::lock_guard lock(tiles_mutex_);
  slot = {.name = name, .tile = tile};
  return tile;
}

Status TreeLedger::refuse_beyond(std::uint64_t size) const {
  if (size <= this->size()) return {};
  return {Code::OutOfRange, Reason::FieldInvalid, "the ledger has not grown to that size"};
}

Result<Digest> TreeLedger::root_at(std::uint64_t size) {
  ENTENTE_TRY_VOID(refuse_beyond(size));
  return merkle::root_at(size, reader());
}

Result<std::vector<Digest>> TreeLedger::prove_inclusion(std::uint64_t index, std::uint64_t size) {
  ENTENTE_TRY_VOID(refuse_beyond(size));
  return merkle::prove_inclusion(index, size, reader());
}

Result<std::vector<Digest>> TreeLedger::prove_consistency(std::uint64_t old_size,
                                                          std::uint64_t size) {
  ENTENTE_TRY_VOID(refuse_beyond(size));
  return merkle::prove_consistency(old_size, size, reader());
}

Result<Digest> TreeLedger::leaf_at(std::uint64_t index) {
  if (index >= size()) {
    return Status(Code::OutOfRange, Reason::FieldInvalid, "the ledger has not grown to that entry");
  }
  return read_node(0, index);
}

Result<std::string> TreeLedger::inner_at(std::uint64_t index) {
  return inner_of(*store_.snapshot(), index);
}

Status TreeLedger::read(std::uint64_t begin, std::uint64_t end,
                        const std::function<bool(const StoredEntry&)>& visit) {
  ENTENTE_TRY_VOID(refuse_beyond(end));
  const auto snapshot = store_.snapshot();  // of now: it has all that size() counted
  const auto cursor = snapshot->scan(store::Key(entries_table), entry_key(begin));
  for (std::uint64_t index = begin; index < end; ++index) {
    if (!cursor->valid()) {
      ENTENTE_TRY_VOID(cursor->status());
      return lost("entry " + std::to_string(index) + " is missing");
    }
    if (cursor->key_bytes() != entry_key(index).bytes()) {
      return lost("entry " + std::to_string(index) + " is missing");
    }
    ENTENTE_TRY(const std::string value, cursor->value());
    ENTENTE_TRY(const StoredEntry stored, parse_stored(index, value));
    if (!visit(stored)) return {};
    cursor->next();
  }
  return {};
}

Status TreeLedger::check_head(std::uint64_t size, const Digest& root) {
  if (size > this->size()) {
    return {Code::FailedPrecondition, Reason::StoreReadOnly,
            "the store is " + std::to_string(size - this->size()) + " entries behind its own head"};
  }
  ENTENTE_TRY(const Digest found, root_at(size));
  if (found != root) {
    return lost("the root of the first " + std::to_string(size) +
                " entries is not the one that the head recorded");
  }
  return {};
}

}  // namespace entente::ledger
