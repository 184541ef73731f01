#include "server/store/commit_queue.h"

#include <algorithm>
#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "proto/contract/limits_store.h"

namespace entente::store {
namespace {

// A group's bounds: enough to share a sync widely, little enough that its first member does not
// wait long for its last.
constexpr std::size_t group_commits_max = 256;
constexpr std::size_t group_bytes_max = 4 << 20;

Status conflict() {
  return {Code::Aborted, Reason::Conflict, "the change lost against another; begin again"};
}

Status engine_failed(std::string detail) {
  return Status(Code::Unavailable, Reason::None, "the store is recovering")
      .with_detail(std::move(detail))
      .with_retry_after_ms(1'000);
}

Status read_only(std::string detail) {
  return Status(Code::ResourceExhausted, Reason::StoreReadOnly, "the store takes no writes now")
      .with_detail(std::move(detail));
}

// Rows that the sequencer adds, sealed into the group's batch.
class SequencedRows final : public Rows {
 public:
  SequencedRows(const Keyring& keyring, std::vector<EngineRow>& rows,
                std::vector<std::string>& keys)
      : keyring_(keyring), rows_(rows), keys_(keys) {}

  void put(const Key& key, std::string value, const SealName& seal) override {
    ENTENTE_CHECK(key.table() != store_table);
    std::optional<std::string> sealed = keyring_.seal(seal, key.bytes(), value);
    ENTENTE_CHECK(sealed.has_value());
    keys_.push_back(key.bytes());
    rows_.push_back({.key = key.bytes(), .value = std::move(sealed)});
  }

 private:
  const Keyring& keyring_;
  std::vector<EngineRow>& rows_;
  std::vector<std::string>& keys_;
};

}  // namespace

const std::string& size_key() {
  static const std::string key = Key(store_table).octets("size").bytes();
  return key;
}

CommitQueue::CommitQueue(Engine& engine, Keyring& keyring)
    : engine_(engine), keyring_(keyring), recent_(limits::store_recent_rows_max) {}

Status CommitQueue::open() {
  const auto view = engine_.view();
  ENTENTE_TRY(const CommitIndex size, read_size(*view));
  const std::lock_guard lock(mutex_);
  size_ = size;
  told_ = size;
  recent_.forget_below(size);
  return {};
}

void CommitQueue::set_sequencer(Sequencer& sequencer) {
  const std::lock_guard lock(mutex_);
  sequencer_ = &sequencer;
}

CommitIndex CommitQueue::enter() {
  const std::lock_guard lock(mutex_);
  ++readers_[size_];
  return size_;
}

void CommitQueue::leave(CommitIndex since) {
  const std::lock_guard lock(mutex_);
  const auto reader = readers_.find(since);
  ENTENTE_CHECK(reader != readers_.end());
  if (--reader->second == 0) readers_.erase(reader);
}

Result<CommitIndex> CommitQueue::commit(Proposal& proposal) {
  Waiting waiting;
  waiting.proposal = &proposal;
  std::unique_lock lock(mutex_);
  ENTENTE_CHECK(sequencer_ != nullptr);
  stand_in_line(waiting, lock);
  if (waiting.done) return std::move(waiting.result);

  Group group = take_group();
  const CommitIndex first = size_;
  lock.unlock();
  write_group(group);
  lock.lock();
  const CommitIndex size = size_;
  step_down();
  if (size > first) tell_durable(first, size, lock);
  for (Waiting* member : group.members) {
    member->done = true;
    if (member != &waiting) member->wake.notify_one();  // under the lock: it dies once it wakes
  }
  return std::move(waiting.result);
}

bool CommitQueue::has_changed(const ReadSet& reads, CommitIndex since, EngineView& view) {
  bool answer = false;
  exclusively([&] { answer = changed(reads, since, view); });
  return answer;
}

void CommitQueue::exclusively(const std::function<void()>& act) {
  Waiting waiting;
  waiting.act = &act;
  std::unique_lock lock(mutex_);
  stand_in_line(waiting, lock);
  line_.pop_front();
  leading_ = true;
  lock.unlock();
  act();
  lock.lock();
  step_down();
}

Status CommitQueue::rewrite(const std::function<std::vector<EngineRow>()>& make, Durable durable) {
  Status status = recover();
  if (!status.ok()) return status;
  exclusively([&] {
    if (broken_ || !why_not().empty()) {
      status = engine_failed("the engine failed");
      return;
    }
    std::vector<EngineRow> rows = make();
    if (rows.empty()) return;
    status = write(rows, durable);
    if (status.ok() || status.code() == Code::ResourceExhausted) return;
    broken_ = true;
    unsettled_ = size();
  });
  return status;
}

Status CommitQueue::recover() {
  Status status;
  CommitIndex first = 0;
  CommitIndex size = 0;
  exclusively([&] {
    first = this->size();
    status = broken_ ? bring_back() : Status();
    size = this->size();
  });
  std::unique_lock lock(mutex_);
  if (size > first) tell_durable(first, size, lock);
  return status;
}

void CommitQueue::refuse_writes(std::string why) {
  const std::lock_guard lock(mutex_);
  refused_ = true;
  why_not_ = std::move(why);
}

CommitIndex CommitQueue::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

std::string CommitQueue::why_not() const {
  const std::lock_guard lock(mutex_);
  return why_not_;
}

void CommitQueue::stand_in_line(Waiting& waiting, std::unique_lock<std::mutex>& lock) {
  line_.push_back(&waiting);
  waiting.wake.wait(lock, [&] {
    return waiting.done || (!leading_ && !line_.empty() && line_.front() == &waiting);
  });
}

CommitQueue::Group CommitQueue::take_group() {
  Group group;
  std::size_t bytes = 0;
  while (!line_.empty() && line_.front()->proposal != nullptr &&
         group.members.size() < group_commits_max && bytes < group_bytes_max) {
    for (const EngineRow& row : line_.front()->proposal->rows) {
      bytes += row.key.size() + (row.value ? row.value->size() : 0);
    }
    group.members.push_back(line_.front());
    line_.pop_front();
  }
  leading_ = true;
  return group;
}

void CommitQueue::step_down() {
  leading_ = false;
  if (!line_.empty()) line_.front()->wake.notify_one();
}

void CommitQueue::write_group(Group& group) {
  if (broken_) {
    // Whoever leads after a failure tries once for everybody.
    if (Status status = bring_back(); !status.ok()) return fail(group, status);
  }
  CommitIndex first = 0;
  CommitIndex floor = 0;
  {
    const std::lock_guard lock(mutex_);
    if (refused_) return fail(group, read_only(why_not_));
    first = size_;
    floor = readers_.empty() ? size_ : readers_.begin()->first;
  }
  recent_.forget_below(floor);
  for (Waiting* member : group.members) {
    if (Status status = validate(*member->proposal); !status.ok()) {
      member->result = std::move(status);
    } else {
      member->result = first + group.accepted.size();
      sequence(group, *member);
    }
  }
  if (group.accepted.empty()) return;

  const CommitIndex size = first + group.accepted.size();
  std::string count;
  append_u64(count, size);
  group.rows.push_back({.key = size_key(), .value = keyring_.seal({}, size_key(), count)});
  Status written = write(group.rows, Durable::Now);
  if (written.code() == Code::ResourceExhausted) {
    settle(first);
    return fail(group, written);
  }
  if (!written.ok()) {
    broken_ = true;
    unsettled_ = size;
    const Status back = bring_back();
    if (!back.ok() || this->size() != size)
      return fail(group, engine_failed(std::string(written.detail())));
    return;  // It failed, and yet it is there and durable.
  }
  const std::lock_guard lock(mutex_);
  size_ = size;
}

Status CommitQueue::validate(const Proposal& proposal) const {
  for (const KeyId id : proposal.sealed_by) {
    if (!keyring_.opens(id)) return conflict();  // destroyed meanwhile
  }
  return changed(proposal.reads, proposal.since, proposal.view) ? conflict() : Status();
}

bool CommitQueue::changed(const ReadSet& reads, CommitIndex since, EngineView& view) const {
  if (!recent_.conflicts(reads, since)) return false;
  // `since` is a lower bound: the view may have been taken after further commits.
  const Result<CommitIndex> exact = read_size(view);
  return !exact.ok() || *exact <= since || recent_.conflicts(reads, *exact);
}

void CommitQueue::sequence(Group& group, Waiting& waiting) {
  Proposal& proposal = *waiting.proposal;
  std::vector<std::string> keys;
  keys.reserve(proposal.rows.size() + 4);
  const bool outdated = std::any_of(proposal.sealed_by.begin(), proposal.sealed_by.end(),
                                    [&](KeyId id) { return !keyring_.seals(id); });
  for (EngineRow& row : proposal.rows) {
    keys.push_back(row.key);
    if (outdated && row.value && !keyring_.seals(key_id_of(*row.value).value_or(0))) {
      // A rotation overtook it. Keys change only while nothing is sequenced, so it still opens.
      Result<std::string> anew = keyring_.reseal(row.key, *row.value);
      ENTENTE_CHECK(anew.ok());
      row.value = *std::move(anew);
    }
    group.rows.push_back(std::move(row));
  }
  SequencedRows rows(keyring_, group.rows, keys);
  sequencer_->sequence(*waiting.result, proposal.entry, rows);
  recent_.add(*waiting.result, std::move(keys));
  group.accepted.push_back(&waiting);
}

Status CommitQueue::write(std::vector<EngineRow>& rows, Durable durable) {
  std::size_t bytes = staged_bytes_;
  for (const EngineRow& row : rows) bytes += row.value ? row.value->size() : 0;
  // More than can be kept is not left open.
  if (staged_.size() + rows.size() > limits::store_staged_rows_max ||
      bytes > limits::store_staged_bytes_max) {
    durable = Durable::Now;
  }
  if (durable == Durable::WithNext) {
    for (EngineRow& row : rows) row.unpromised_since = size();
  }
  Status status = engine_.write(rows, durable);
  if (!status.ok()) return status;
  if (durable == Durable::Now) {
    staged_.clear();
    staged_bytes_ = 0;
    return status;
  }
  for (EngineRow& row : rows) {
    if (const auto before = staged_.find(row.key); before != staged_.end()) {
      staged_bytes_ -= before->second.value->size();
      staged_.erase(before);
    }
    if (!row.value) continue;  // what comes back though it was taken away, nothing names
    staged_bytes_ += row.value->size();
    std::string key = row.key;
    staged_.emplace(std::move(key), std::move(row));
  }
  return status;
}

Status CommitQueue::write_lost(EngineView& view) {
  std::vector<EngineRow> lost;
  for (const auto& [key, row] : staged_) {
    const Result<std::optional<std::string>> found = view.get(key);
    if (!found.ok() && found.status().code() != Code::DataLoss) return found.status();
    if (!found.ok() || !*found) lost.push_back(row);
  }
  if (!lost.empty()) ENTENTE_TRY_VOID(engine_.write(lost, Durable::Now));
  staged_.clear();
  staged_bytes_ = 0;
  return {};
}

Status CommitQueue::bring_back() {
  {
    const std::lock_guard lock(mutex_);
    if (refused_) return read_only(why_not_);
    why_not_ = "the engine failed and is being reopened";
  }
  if (Status status = engine_.recover(); !status.ok()) return status;
  const auto view = engine_.view();
  ENTENTE_TRY(const CommitIndex size, read_size(*view));
  const CommitIndex before = this->size();
  if (size != before && size != unsettled_) {
    refuse_writes("after reopening, the store holds " + std::to_string(size) +
                  " commits instead of " + std::to_string(before));
    return read_only(why_not());
  }
  ENTENTE_TRY_VOID(write_lost(*view));
  ENTENTE_TRY_VOID(keyring_.keep_claims());
  settle(size);
  broken_ = false;
  const std::lock_guard lock(mutex_);
  why_not_.clear();
  return {};
}

// What was sequenced at and above `size` did not happen; what is below, did.
void CommitQueue::settle(CommitIndex size) {
  recent_.forget_from(size);
  if (sequencer_ != nullptr) sequencer_->abandoned(size);
  const std::lock_guard lock(mutex_);
  size_ = size;
}

Result<CommitIndex> CommitQueue::read_size(EngineView& view) const {
  ENTENTE_TRY(const std::optional<std::string> sealed, view.get(size_key()));
  if (!sealed) return CommitIndex{0};
  ENTENTE_TRY(const std::string count, keyring_.unseal(size_key(), *sealed));
  ENTENTE_CHECK(count.size() == 8);
  return read_u64(count);
}

void CommitQueue::fail(Group& group, const Status& status) {
  // Those that lost their validation keep their own answer, which is as true as before.
  for (Waiting* member : group.members) {
    if (member->result.ok() || group.accepted.empty()) member->result = status;
  }
  group.accepted.clear();
}

void CommitQueue::tell_durable(CommitIndex first, CommitIndex size,
                               std::unique_lock<std::mutex>& lock) {
  turn_.wait(lock, [&] { return told_ == first; });
  lock.unlock();
  sequencer_->durable(size);
  lock.lock();
  told_ = size;
  turn_.notify_all();
}

}  // namespace entente::store
