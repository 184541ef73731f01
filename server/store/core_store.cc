#include "server/store/core_store.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "server/store/optimistic.h"
#include "server/store/written.h"

namespace entente::store {
namespace {

struct Write {
  std::optional<std::string> value;  // none: erased
  SealName seal;
};
using Writes = std::map<std::string, Write, std::less<>>;

// Walks an engine's rows with, for a transaction, its own writes over them; and notes in the read
// set how far it has come.
class RowCursor final : public Cursor {
 public:
  struct Over {
    const Writes& writes;
    ReadSet& reads;
  };

  RowCursor(const Keyring& keyring, EngineView& view, std::string first,
            std::optional<std::string> end, const std::optional<Over>& over)
      : keyring_(keyring),
        base_(view.walk(first, end)),
        over_(over),
        at_(std::move(first)),
        end_(std::move(end)) {
    if (!over_) return;
    range_ = over_->reads.add_range(at_);
    settle();
  }

  [[nodiscard]] bool valid() const override { return own_ != nullptr || base_->valid(); }

  [[nodiscard]] std::string_view key_bytes() const override {
    ENTENTE_CHECK(valid());
    return own_ != nullptr ? std::string_view(own_->first) : base_->key();
  }

  [[nodiscard]] Result<std::string> value() override {
    ENTENTE_CHECK(valid());
    if (own_ != nullptr) return own_->second.value.value_or("");
    return keyring_.unseal(base_->key(), base_->value());
  }

  void next() override {
    ENTENTE_CHECK(valid());
    if (!over_) return base_->next();
    at_ = after(key_bytes());
    settle();
  }

  [[nodiscard]] Status status() const override { return base_->status(); }

 private:
  // Stands on the first row at or after at_. The writes are looked up anew each time, for they may
  // have grown since.
  void settle() {
    for (;;) {
      while (base_->valid() && base_->key() < at_) base_->next();
      const auto own = over_->writes.lower_bound(at_);
      const bool has_own = own != over_->writes.end() && (!end_ || own->first < *end_);
      const bool own_first = has_own && (!base_->valid() || own->first <= base_->key());
      if (own_first && !own->second.value) {
        at_ = after(own->first);
        continue;
      }
      own_ = own_first ? &*own : nullptr;
      over_->reads.extend(range_, valid() ? after(key_bytes()) : end_);
      return;
    }
  }

  const Keyring& keyring_;
  std::unique_ptr<EngineCursor> base_;
  std::optional<Over> over_;
  std::string at_;
  std::optional<std::string> end_;
  std::size_t range_ = 0;
  const Writes::value_type* own_ = nullptr;  // the row is the transaction's own
};

// Where a scan of `prefix` from `from` begins.
std::string start_of(const Key& prefix, const std::optional<Key>& from) {
  return from ? std::max(prefix.bytes(), from->bytes()) : prefix.bytes();
}

Result<std::optional<std::string>> find_in(EngineView& view, const Keyring& keyring,
                                           const Key& key) {
  using Found = std::optional<std::string>;
  Result<std::string> value = std::string();
  ENTENTE_TRY(const bool there, view.show(key.bytes(), [&](std::string_view sealed) {
    value = keyring.unseal(key.bytes(), sealed);
  }));
  if (!there) return Found();
  ENTENTE_TRY_VOID(value.status());
  return Found(*std::move(value));
}

class CoreSnapshot final : public Snapshot {
 public:
  CoreSnapshot(const Keyring& keyring, SharedViews& views)
      : keyring_(keyring), views_(views), shared_(views.shared()) {}

  [[nodiscard]] Result<std::optional<std::string>> find(const Key& key) override {
    return find_in(*shared_.view, keyring_, key);
  }

  [[nodiscard]] Result<Decoded> find_decoded(const Key& key, const Decode& decode) override {
    if (Decoded known = views_.find(key.bytes(), shared_.version)) return known;
    ENTENTE_TRY(const std::optional<std::string> value, find(key));
    if (!value) return Decoded();
    ENTENTE_TRY(Decoded made, decode(*value));
    views_.keep(key.bytes(), shared_.version, made, value->size());
    return made;
  }

  [[nodiscard]] std::unique_ptr<Cursor> scan(const Key& prefix,
                                             const std::optional<Key>& from) override {
    return std::make_unique<RowCursor>(keyring_, *shared_.view, start_of(prefix, from),
                                       end_of_prefix(prefix.bytes()), std::nullopt);
  }

 private:
  const Keyring& keyring_;
  SharedViews& views_;
  const SharedViews::Shared shared_;
};

class CoreTransaction final : public Transaction {
 public:
  CoreTransaction(Engine& engine, Keyring& keyring, OwedClaims& owed, CommitQueue& queue)
      : keyring_(keyring),
        owed_(owed),
        queue_(queue),
        since_(queue.enter()),
        view_(engine.view()) {}
  ~CoreTransaction() override { queue_.leave(since_); }
  CoreTransaction(const CoreTransaction&) = delete;
  CoreTransaction& operator=(const CoreTransaction&) = delete;

  [[nodiscard]] Result<std::optional<std::string>> find(const Key& key) override {
    const auto own = writes_.find(key.bytes());
    if (own != writes_.end()) return own->second.value;
    reads_.add_point(key.bytes());
    return find_in(*view_, keyring_, key);
  }

  [[nodiscard]] std::unique_ptr<Cursor> scan(const Key& prefix,
                                             const std::optional<Key>& from) override {
    return std::make_unique<RowCursor>(keyring_, *view_, start_of(prefix, from),
                                       end_of_prefix(prefix.bytes()),
                                       RowCursor::Over{.writes = writes_, .reads = reads_});
  }

  void put(const Key& key, std::string value, const SealName& seal) override {
    ENTENTE_CHECK(key.table() != store_table && key.table() != claims_table);
    ENTENTE_CHECK(value.size() <= limits::store_value_bytes_max);
    // A document's may have gone since it was read: then the commit loses.
    ENTENTE_CHECK(seal.scope == SealName::Scope::Document || keyring_.has(seal));
    writes_[key.bytes()] = {.value = std::move(value), .seal = seal};
  }

  void erase(const Key& key) override {
    ENTENTE_CHECK(key.table() != store_table && key.table() != claims_table);
    writes_[key.bytes()] = {.value = std::nullopt, .seal = {}};
  }

  void append(std::string entry) override {
    ENTENTE_CHECK(!entry_.has_value());
    entry_ = std::move(entry);
  }

  [[nodiscard]] bool appended() const override { return entry_.has_value(); }

  [[nodiscard]] Result<CommitIndex> commit() override {
    ENTENTE_CHECK(entry_.has_value() && !committed_);
    committed_ = true;
    Proposal proposal{
        .reads = reads_, .since = since_, .view = *view_, .rows = {}, .sealed_by = {}, .entry = {}};
    proposal.rows.reserve(writes_.size());
    std::vector<KeyId> told;
    std::string written;
    for (auto& [key, write] : writes_) {
      append_written(written, key, write.value);
      EngineRow row{.key = key, .value = std::nullopt};
      if (write.value) {
        row.value = keyring_.seal(write.seal, key, *write.value);
        if (!row.value) {
          return Status(Code::Aborted, Reason::Conflict, "a key was destroyed meanwhile");
        }
        const KeyId id = key_id_of(*row.value).value_or(0);
        owed_.add(id, proposal.rows, told);
        if (std::find(proposal.sealed_by.begin(), proposal.sealed_by.end(), id) ==
            proposal.sealed_by.end()) {
          proposal.sealed_by.push_back(id);
        }
      }
      proposal.rows.push_back(std::move(row));
    }
    proposal.entry = with_written(*std::move(entry_), written);
    if (!told.empty()) take_network_key(proposal);
    Result<CommitIndex> index = queue_.commit(proposal);
    if (index.ok()) owed_.written(told);
    return index;
  }

  [[nodiscard]] bool has_lost() const override {
    return queue_.has_changed(reads_, since_, *view_);
  }

 private:
  // A claim is sealed by it, which may be renewed before the write.
  static void take_network_key(Proposal& proposal) {
    for (const EngineRow& row : proposal.rows) {
      if (row.key.front() != static_cast<char>(claims_table)) continue;
      proposal.sealed_by.push_back(key_id_of(*row.value).value_or(0));
    }
  }

  Keyring& keyring_;
  OwedClaims& owed_;
  CommitQueue& queue_;
  CommitIndex since_;  // before view_ is taken: a lower bound of what it shows
  std::unique_ptr<EngineView> view_;
  ReadSet reads_;
  Writes writes_;
  std::optional<std::string> entry_;
  bool committed_ = false;
};

}  // namespace

Status failed_in(const Transaction& transaction, Status failed) {
  if (failed.code() != Code::DataLoss || !transaction.has_lost()) return failed;
  return {Code::Aborted, Reason::Conflict, "what is read was destroyed meanwhile; begin again"};
}

CoreStore::CoreStore(std::unique_ptr<Engine> engine, std::unique_ptr<Keyring> keyring)
    : keyring_(std::move(keyring)),
      owed_(*keyring_),
      engine_(std::move(engine)),
      views_(*engine_),
      queue_(views_, *keyring_) {}

Result<std::unique_ptr<CoreStore>> CoreStore::open(std::unique_ptr<Engine> engine,
                                                   std::unique_ptr<Keyring> keyring) {
  std::unique_ptr<CoreStore> store(new CoreStore(std::move(engine), std::move(keyring)));
  ENTENTE_TRY_VOID(store->start());
  return store;
}

std::unique_ptr<Snapshot> CoreStore::snapshot() {
  return std::make_unique<CoreSnapshot>(*keyring_, views_);
}

std::unique_ptr<Transaction> CoreStore::begin() {
  return std::make_unique<CoreTransaction>(*engine_, *keyring_, owed_, queue_);
}

Status CoreStore::stage(const std::vector<StagedRow>& staged) {
  std::vector<EngineRow> rows;
  rows.reserve(staged.size());
  std::vector<KeyId> told;
  const Status gone(Code::Aborted, Reason::Conflict, "a key was destroyed meanwhile");
  for (const StagedRow& row : staged) {
    ENTENTE_CHECK(row.key.table() != store_table && row.key.table() != claims_table);
    ENTENTE_CHECK(!row.value || row.value->size() <= limits::store_value_bytes_max);
    EngineRow out{.key = row.key.bytes(), .value = std::nullopt};
    if (row.value) {
      out.value = keyring_->seal(row.seal, out.key, *row.value);
      if (!out.value) return gone;
      owed_.add(key_id_of(*out.value).value_or(0), rows, told);
    }
    rows.push_back(std::move(out));
  }
  engine_->lay(rows);
  Status sealed;
  // Looked at again where no key can be destroyed, or renewed, before the write.
  const Status written = queue_.rewrite(
      [&] {
        for (EngineRow& row : rows) {
          if (!row.value || keyring_->seals(key_id_of(*row.value).value_or(0))) continue;
          Result<std::string> anew = keyring_->reseal(row.key, *row.value);
          if (!anew.ok()) {
            sealed = gone;
            return std::vector<EngineRow>();
          }
          row.value = *std::move(anew);
          row.laid.reset();
        }
        return std::move(rows);
      },
      Durable::WithNext);
  if (sealed.ok() && written.ok()) owed_.written(told);
  return sealed.ok() ? written : sealed;
}

CommitIndex CoreStore::size() const { return queue_.size(); }

void CoreStore::set_sequencer(Sequencer& sequencer) { queue_.set_sequencer(sequencer); }

Id CoreStore::blind(std::string_view domain, std::string_view text) const {
  return blinded_.get(domain, text, [&] { return keyring_->blind(domain, text); });
}

Status CoreStore::start() {
  ENTENTE_TRY_VOID(queue_.open());
  return adopt_claims();
}

Status CoreStore::adopt_claims() {
  std::vector<EngineRow> known;
  const auto view = engine_->view();
  ENTENTE_TRY(const std::vector<Claim> claims, OwedClaims::read(*view, *keyring_, known));
  ENTENTE_TRY_VOID(keyring_->adopt(claims));
  if (known.empty()) return {};
  // What cannot be taken away now says nothing that the keyring does not know.
  static_cast<void>(queue_.rewrite([&] { return std::move(known); }, Durable::WithNext).ok());
  return {};
}

Status CoreStore::ensure_seal(const SealName& name, const Id& process) {
  if (keyring_->has(name)) return {};
  if (name.scope != SealName::Scope::Document) return keyring_->ensure(name, process);
  return owed_.ensure(name, process);
}

Status CoreStore::destroy_seal(const SealName& name) {
  // Between the check of a commit's keys and its write no key may go.
  Status status;
  queue_.exclusively([&] {
    status = keyring_->destroy(name);
    owed_.settle();
    views_.forget();  // what it sealed lives no longer than it
  });
  return status;
}

Status CoreStore::rotate_seal(const SealName& name) {
  // Nothing that the old generation sealed may be written once the pass over the rows has begun.
  Status status;
  queue_.exclusively([&] { status = keyring_->rotate(name); });
  return status;
}

Status CoreStore::reseal(const OnProgress& on_progress, const std::stop_token& stop) {
  constexpr std::size_t batch_rows = 256;
  constexpr std::size_t batch_bytes = 1 << 20;
  const auto view = engine_->view();
  const auto cursor = view->walk({}, std::nullopt);
  std::uint64_t read = 0;
  std::uint64_t changed = 0;
  std::uint64_t faults = 0;
  while (cursor->valid()) {
    if (stop.stop_requested())
      return Status(Code::Cancelled, Reason::None, "sealing anew was stopped");
    std::vector<std::string> keys;
    std::size_t bytes = 0;
    for (; cursor->valid() && keys.size() < batch_rows && bytes < batch_bytes; cursor->next()) {
      ++read;
      const std::optional<KeyId> id = key_id_of(cursor->value());
      if (id && keyring_->seals(*id)) continue;
      bytes += cursor->value().size();
      keys.emplace_back(cursor->key());
    }
    ENTENTE_TRY_VOID(reseal_rows(keys, changed, faults));
    if (on_progress) on_progress(read, changed);
  }
  ENTENTE_TRY_VOID(cursor->status());
  if (faults != 0) {
    return Status(Code::DataLoss, Reason::None, "some values cannot be sealed anew")
        .with_detail(std::to_string(faults) + " values do not authenticate");
  }
  Status dropped;
  queue_.exclusively([&] { dropped = keyring_->drop_old_generations(); });
  return dropped;
}

Status CoreStore::reseal_rows(const std::vector<std::string>& keys, std::uint64_t& changed,
                              std::uint64_t& faults) {
  if (keys.empty()) return {};
  Status read;
  const Status written = queue_.rewrite([&] {
    // As they are now, for commits went on since they were met.
    const auto view = engine_->view();
    std::vector<EngineRow> rows;
    for (const std::string& key : keys) {
      const Result<std::optional<std::string>> sealed = view->get(key);
      if (!sealed.ok()) {
        read = sealed.status();
        return std::vector<EngineRow>();
      }
      if (!*sealed) continue;
      const std::optional<SealName> name = keyring_->sealed_for(**sealed);
      const std::optional<KeyId> id = key_id_of(**sealed);
      if (id && keyring_->was_destroyed(*id)) continue;
      if (name && keyring_->seals(*id)) continue;
      Result<std::string> anew = keyring_->reseal(key, **sealed);
      if (!anew.ok()) {
        ++faults;
        continue;
      }
      rows.push_back({.key = key, .value = *std::move(anew)});
    }
    changed += rows.size();
    return rows;
  });
  return read.ok() ? written : read;
}

Secret CoreStore::purpose_key(std::string_view purpose) const {
  return keyring_->purpose_key(purpose);
}

Health CoreStore::health() const {
  Health health = engine_->health();
  if (std::string why_not = queue_.why_not(); !why_not.empty()) {
    health.writable = false;
    health.why_not = std::move(why_not);
  }
  return health;
}

}  // namespace entente::store
