#include "client/lib/ledger_view.h"

#include <algorithm>

#include "client/lib/lie.h"
#include "client/lib/state_files.h"
#include "proto/contract/merkle.h"

namespace entente::client {
namespace {

constexpr const char* kCheckpointFile = "/checkpoint";
// How often another may have moved on while this one was asking.
constexpr int kRoundsMax = 16;

// Whether the receipt's leaf stands in the ledger of `checkpoint`.
Status check_inclusion(const v1::Receipt& receipt, const note::Checkpoint& checkpoint) {
  std::vector<Digest> path;
  for (const std::string& hash : receipt.inclusion_path()) {
    if (hash.size() != sizeof(Digest))
      return lie("the server gave a receipt whose proof is malformed");
    path.push_back(digest_from(hash));
  }
  if (receipt.leaf_hash().size() != sizeof(Digest) ||
      !merkle::verify_inclusion(receipt.entry_index(), checkpoint.size,
                                digest_from(receipt.leaf_hash()), path, checkpoint.root)) {
    return lie("the server gave a receipt for entry " + std::to_string(receipt.entry_index()) +
               " that its own ledger does not contain");
  }
  return Status();
}

std::string size_text(std::uint64_t size) { return std::to_string(size) + " entries"; }

}  // namespace

Result<std::unique_ptr<LedgerView>> LedgerView::open(std::string state_dir,
                                                     const std::string& key) {
  std::unique_ptr<LedgerView> view(new LedgerView(std::move(state_dir)));
  // As a file has it, its line's end included.
  if (const std::string text = key.substr(0, key.find_last_not_of('\n') + 1); !text.empty()) {
    ENTENTE_TRY(view->key_, note::VerifierKey::parse(text));
  }
  const std::scoped_lock lock(view->mutex_);
  ENTENTE_TRY_VOID(view->look_again());
  return view;
}

Result<note::Checkpoint> LedgerView::opened(std::string_view signed_note) const {
  const std::optional<note::VerifierKey> with = key();
  if (!with) {
    return Status(Code::FailedPrecondition, Reason::ProofInvalid,
                  "no ledger key is known to check the checkpoint with");
  }
  const Result<note::SignedCheckpoint> opened = note::open_checkpoint(signed_note, *with);
  if (!opened.ok()) return lie("the server shows a checkpoint that its ledger's key did not sign");
  return opened->checkpoint;
}

Result<note::Checkpoint> LedgerView::accept(std::string_view signed_note,
                                            const AskConsistency& ask) {
  ENTENTE_TRY(const note::Checkpoint shown, opened(signed_note));
  for (int round = 0; round < kRoundsMax; ++round) {
    std::optional<note::Checkpoint> before;
    {
      const std::scoped_lock lock(mutex_);
      ENTENTE_TRY_VOID(look_again());
      before = last_;
    }
    if (before) ENTENTE_TRY_VOID(check_growth(*before, shown, ask));
    ENTENTE_TRY(const bool remembered, remember(before, shown));
    if (remembered) return shown;
  }
  return Status(Code::Unavailable, Reason::Conflict, "the ledger moves on too quickly; try again");
}

Status LedgerView::check_growth(const note::Checkpoint& before, const note::Checkpoint& shown,
                                const AskConsistency& ask) {
  if (shown.size == before.size) {
    if (shown.root == before.root) return Status();
    return lie("the server shows two different ledgers of " + size_text(shown.size));
  }
  const bool older = shown.size < before.size;
  const note::Checkpoint& small = older ? shown : before;
  const note::Checkpoint& large = older ? before : shown;
  const Result<std::vector<Digest>> path = ask(small.size, large.size);
  if (!path.ok()) return without_path(path.status(), small.size, large.size);
  if (merkle::verify_consistency(small.size, large.size, small.root, large.root, *path)) {
    return Status();
  }
  return lie("the server's ledger of " + size_text(shown.size) + " does not continue the one of " +
             size_text(before.size) + " seen before");
}

Result<bool> LedgerView::remember(const std::optional<note::Checkpoint>& before,
                                  const note::Checkpoint& shown) {
  const std::scoped_lock lock(mutex_);
  // The beginning of what was seen then is that of all that was seen since.
  if (before && shown.size <= before->size) return true;
  std::optional<FolderLock> held;
  if (!state_dir_.empty()) {
    ENTENTE_TRY(FolderLock taken, FolderLock::take(state_dir_));
    held.emplace(std::move(taken));
  }
  ENTENTE_TRY_VOID(look_again());
  if (last_ != before) return false;
  ENTENTE_TRY_VOID(keep(kCheckpointFile, shown.text()));
  last_ = shown;
  return true;
}

Status LedgerView::look_again() {
  const std::string kept = state_dir_.empty() ? "" : read_whole(state_dir_ + kCheckpointFile);
  if (kept.empty()) return Status();
  Result<note::Checkpoint> checkpoint = note::Checkpoint::parse(kept);
  if (!checkpoint.ok()) {
    return lie("the checkpoint kept in `" + state_dir_ + kCheckpointFile + "` does not read");
  }
  if (last_ && checkpoint->size == last_->size && checkpoint->root != last_->root) {
    return lie("the server has shown two different ledgers of " + size_text(last_->size));
  }
  if (!last_ || checkpoint->size > last_->size) last_ = *std::move(checkpoint);
  return Status();
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> LedgerView::path_needed(
    std::string_view signed_note) {
  const std::scoped_lock lock(mutex_);
  // What does not read, `accept` says.
  if (!key_ || !look_again().ok() || !last_) return std::nullopt;
  const Result<note::SignedCheckpoint> opened = note::open_checkpoint(signed_note, *key_);
  if (!opened.ok() || opened->checkpoint.size == last_->size) return std::nullopt;
  return std::minmax(opened->checkpoint.size, last_->size);
}

Status LedgerView::check(const v1::Receipt& receipt, const AskConsistency& ask) {
  ENTENTE_TRY(const note::Checkpoint checkpoint, accept(receipt.checkpoint(), ask));
  return check_inclusion(receipt, checkpoint);
}

Status LedgerView::check_beyond(const v1::Receipt& receipt,
                                const std::optional<note::Checkpoint>& seen,
                                const std::vector<Digest>& path) const {
  ENTENTE_TRY(const note::Checkpoint checkpoint, opened(receipt.checkpoint()));
  if (seen) {
    ENTENTE_TRY_VOID(check_growth(*seen, checkpoint, [&](std::uint64_t, std::uint64_t) {
      return Result<std::vector<Digest>>(path);
    }));
  }
  return check_inclusion(receipt, checkpoint);
}

std::optional<note::Checkpoint> LedgerView::last() const {
  const std::scoped_lock lock(mutex_);
  return last_;
}

std::optional<note::VerifierKey> LedgerView::key() const {
  const std::scoped_lock lock(mutex_);
  return key_;
}

Status LedgerView::keep(const char* file, const std::string& text) const {
  return state_dir_.empty() ? Status() : write_whole(state_dir_ + file, text);
}

Status without_path(const Status& why, std::uint64_t old_size, std::uint64_t size) {
  if (why.code() != Code::OutOfRange) return why;
  return lie("the server's ledger of " + size_text(old_size) + " does not reach the " +
             size_text(size) + " that it showed before: it was put back, or is another");
}

void for_each_receipt(const google::protobuf::Message& message,
                      const std::function<void(const v1::Receipt&)>& each) {
  if (message.GetDescriptor() == v1::Receipt::descriptor()) {
    return each(static_cast<const v1::Receipt&>(message));
  }
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      for_each_receipt(reflection.GetMessage(message, field), each);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      for_each_receipt(reflection.GetRepeatedMessage(message, field, i), each);
    }
  }
}

}  // namespace entente::client
