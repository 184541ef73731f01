#include "server/ledger/checkpoints.h"

#include <algorithm>
#include <utility>

namespace entente::ledger {
namespace {

// How far a witness's clock may be ahead of ours.
constexpr std::int64_t ahead_s_max = 300;

std::int64_t seconds_of(Instant instant) {
  return std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch().count();
}

Status proof_invalid(Code code, std::string message) {
  return {code, Reason::ProofInvalid, std::move(message)};
}

}  // namespace

Result<std::unique_ptr<Checkpoints>> Checkpoints::open(Parts parts) {
  std::unique_ptr<Checkpoints> checkpoints(new Checkpoints(std::move(parts)));
  ENTENTE_TRY_VOID(checkpoints->load_cosignatures());
  ENTENTE_TRY_VOID(checkpoints->advance());
  checkpoints->parts_.ledger.add_follower(*checkpoints);
  return checkpoints;
}

Checkpoints::~Checkpoints() { stop(); }

void Checkpoints::start(std::chrono::milliseconds interval) {
  thread_ = std::jthread([this, interval](const std::stop_token& stop) { run(stop, interval); });
}

void Checkpoints::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  // What was acknowledged within the last interval stands under a signature, too.
  if (const Status status = advance(); !status.ok()) parts_.failed(status);
}

void Checkpoints::run(const std::stop_token& stop, std::chrono::milliseconds interval) {
  const auto never = [] { return false; };
  while (true) {
    {
      std::unique_lock lock(run_mutex_);
      if (!grown_.wait(lock, stop, [this] { return dirty_; }) || stop.stop_requested()) return;
      dirty_ = false;
    }
    if (const Status status = advance(); !status.ok()) {
      parts_.failed(status);
      const std::lock_guard lock(run_mutex_);
      dirty_ = true;  // Tried again after the interval.
    }
    std::unique_lock lock(run_mutex_);
    grown_.wait_for(lock, stop, interval, never);
  }
}

void Checkpoints::follow(std::uint64_t /*index*/, const Act& /*act*/) {
  {
    const std::lock_guard lock(run_mutex_);
    if (dirty_) return;
    dirty_ = true;
  }
  grown_.notify_all();
}

Status Checkpoints::advance() {
  const Status signed_now = sign_newest();
  {
    const std::lock_guard lock(state_mutex_);
    if (newest_ == shown_) return signed_now;
    shown_ = newest_;
  }
  wake_subscribers();
  return signed_now;
}

Status Checkpoints::sign_newest() {
  const std::lock_guard advancing(advance_mutex_);
  const std::uint64_t size = parts_.ledger.size();
  if (const auto newest = this->newest(); newest != nullptr && newest->checkpoint.size >= size) {
    return {};
  }
  ENTENTE_TRY(const Digest root, parts_.ledger.root_at(size));
  note::Checkpoint checkpoint;
  checkpoint.origin = key().name();
  checkpoint.size = size;
  checkpoint.root = root;
  ENTENTE_TRY_VOID(parts_.head.record_head(size, note_of(checkpoint, {})));
  const std::lock_guard lock(state_mutex_);
  publish(checkpoint);
  return {};
}

std::string Checkpoints::note_of(const note::Checkpoint& checkpoint,
                                 const std::vector<note::Signature>& cosignatures) const {
  note::Note note;
  note.text = checkpoint.text();
  note.signatures.push_back(parts_.key.sign(note.text));
  note.signatures.insert(note.signatures.end(), cosignatures.begin(), cosignatures.end());
  return note.format();
}

void Checkpoints::publish(const note::Checkpoint& checkpoint) {
  std::vector<note::Signature> cosignatures;
  for (const auto& [name, kept] : kept_) {
    if (kept.checkpoint == checkpoint) cosignatures.push_back(kept.signature);
  }
  newest_ = std::make_shared<const Published>(
      Published{.checkpoint = checkpoint, .note = note_of(checkpoint, cosignatures)});
}

std::shared_ptr<const Published> Checkpoints::newest() const {
  const std::lock_guard lock(state_mutex_);
  return newest_;
}

Checkpoints::KeptByName Checkpoints::held_cosignatures(const note::SignedCheckpoint& opened) const {
  const std::int64_t latest_s = seconds_of(parts_.clock.now()) + ahead_s_max;
  KeptByName held;
  for (const Witness& witness : parts_.witnesses) {
    const std::optional<std::int64_t> time_s = verify_cosignature(opened.note, witness.key);
    if (!time_s || *time_s > latest_s) continue;
    held[witness.key.text()] = {.time_s = *time_s,
                                .checkpoint = opened.checkpoint,
                                .signature = *opened.note.find(witness.key)};
  }
  return held;
}

Status Checkpoints::check_is_own(const note::Checkpoint& checkpoint) {
  const Status foreign =
      proof_invalid(Code::FailedPrecondition, "this ledger never had that root at that size");
  if (checkpoint.size > parts_.ledger.size() || !checkpoint.extensions.empty()) return foreign;
  ENTENTE_TRY(const Digest root, parts_.ledger.root_at(checkpoint.size));
  if (root != checkpoint.root) return foreign;
  return {};
}

Status Checkpoints::load_cosignatures() {
  ENTENTE_TRY(const std::vector<std::string> notes, parts_.keeper.load());
  for (const std::string& text : notes) {
    const Result<note::SignedCheckpoint> opened = note::open_checkpoint(text, key());
    if (!opened.ok() || !check_is_own(opened->checkpoint).ok()) continue;
    for (auto& [name, kept] : held_cosignatures(*opened)) kept_[name] = std::move(kept);
  }
  return {};
}

Result<std::vector<std::string>> Checkpoints::add_cosignature(std::string_view signed_note) {
  ENTENTE_TRY(const note::SignedCheckpoint opened, note::open_checkpoint(signed_note, key()));
  KeptByName held = held_cosignatures(opened);
  if (held.empty()) {
    return proof_invalid(Code::InvalidArgument, "no cosignature of a known witness holds");
  }
  ENTENTE_TRY_VOID(check_is_own(opened.checkpoint));

  const std::lock_guard keeping(keep_mutex_);
  KeptByName next;
  {
    const std::lock_guard lock(state_mutex_);
    next = kept_;
  }
  std::vector<std::string> newer;
  for (auto& [name, kept] : held) {
    const auto old = next.find(name);
    const bool is_newer =
        old == next.end() || kept.checkpoint.size > old->second.checkpoint.size ||
        (kept.checkpoint.size == old->second.checkpoint.size && kept.time_s > old->second.time_s);
    if (!is_newer) continue;
    newer.push_back(kept.signature.name);
    next[name] = std::move(kept);
  }
  if (newer.empty()) return newer;
  std::vector<std::string> notes;
  notes.reserve(next.size());
  for (const auto& [name, kept] : next) {
    notes.push_back(note_of(kept.checkpoint, {kept.signature}));
  }
  ENTENTE_TRY_VOID(parts_.keeper.keep(notes));
  {
    const std::lock_guard lock(state_mutex_);
    kept_ = std::move(next);
    publish(newest_->checkpoint);
  }
  wake_subscribers();
  return newer;
}

std::vector<Cosigned> Checkpoints::cosignatures() const {
  KeptByName kept;
  {
    const std::lock_guard lock(state_mutex_);
    kept = kept_;
  }
  std::vector<Cosigned> all;
  for (const Witness& witness : parts_.witnesses) {
    Cosigned cosigned{.witness = witness, .time_s = 0, .size = 0, .note = {}};
    if (const auto found = kept.find(witness.key.text()); found != kept.end()) {
      cosigned.time_s = found->second.time_s;
      cosigned.size = found->second.checkpoint.size;
      cosigned.note = note_of(found->second.checkpoint, {found->second.signature});
    }
    all.push_back(std::move(cosigned));
  }
  return all;
}

Result<Proof> Checkpoints::prove(std::uint64_t index, bool at_once) {
  Proof proof;
  proof.index = index;
  ENTENTE_TRY(proof.leaf, parts_.ledger.leaf_at(index));
  std::shared_ptr<const Published> shown = newest();
  if (shown->checkpoint.size <= index) {
    if (!at_once) return proof;
    ENTENTE_TRY_VOID(sign_newest());
    shown = newest();
  }
  ENTENTE_TRY(proof.path, parts_.ledger.prove_inclusion(index, shown->checkpoint.size));
  proof.checkpoint = shown->note;
  return proof;
}

std::unique_ptr<Checkpoints::Subscription> Checkpoints::subscribe(std::function<void()> wake) {
  const std::lock_guard lock(wake_mutex_);
  subscribers_[next_subscriber_] = std::move(wake);
  return std::make_unique<Subscription>(*this, next_subscriber_++);
}

void Checkpoints::unsubscribe(std::uint64_t id) {
  const std::lock_guard lock(wake_mutex_);
  subscribers_.erase(id);
}

void Checkpoints::wake_subscribers() {
  const std::lock_guard lock(wake_mutex_);
  for (const auto& [id, wake] : subscribers_) wake();
}

}  // namespace entente::ledger
