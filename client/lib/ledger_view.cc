#include "client/lib/ledger_view.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "client/lib/lie.h"
#include "proto/contract/merkle.h"

namespace entente::client {
namespace {

constexpr const char* kKeyFile = "/ledger.key";
constexpr const char* kCheckpointFile = "/checkpoint";

std::string size_text(std::uint64_t size) { return std::to_string(size) + " entries"; }

}  // namespace

Result<std::unique_ptr<LedgerView>> LedgerView::open(std::string state_dir,
                                                     const std::string& key) {
  std::unique_ptr<LedgerView> view(new LedgerView(std::move(state_dir)));
  std::string key_text = key;
  if (key_text.empty() && !view->state_dir_.empty())
    key_text = read_whole(view->state_dir_ + kKeyFile);
  while (!key_text.empty() && key_text.back() == '\n') key_text.pop_back();
  if (!key_text.empty()) {
    ENTENTE_TRY(view->key_, note::VerifierKey::parse(key_text));
  }
  const std::string kept =
      view->state_dir_.empty() ? "" : read_whole(view->state_dir_ + kCheckpointFile);
  if (!kept.empty()) {
    Result<note::Checkpoint> checkpoint = note::Checkpoint::parse(kept);
    if (!checkpoint.ok()) {
      return lie("the checkpoint kept in `" + view->state_dir_ + kCheckpointFile +
                 "` does not read");
    }
    view->last_ = *checkpoint;
  }
  return view;
}

Result<note::Checkpoint> LedgerView::accept(std::string_view signed_note,
                                            const AskConsistency& ask) {
  const std::optional<note::VerifierKey> with = key();
  if (!with) {
    return Status(Code::FailedPrecondition, Reason::ProofInvalid,
                  "no ledger key is known to check the checkpoint with");
  }
  Result<note::SignedCheckpoint> opened = note::open_checkpoint(signed_note, *with);
  if (!opened.ok()) return lie("the server shows a checkpoint that its ledger's key did not sign");
  const note::Checkpoint shown = opened->checkpoint;
  const std::optional<note::Checkpoint> before = last();
  if (before && shown.size == before->size && shown.root != before->root) {
    return lie("the server shows two different ledgers of " + size_text(shown.size));
  }
  if (before && shown.size != before->size) {
    const bool older = shown.size < before->size;
    const note::Checkpoint& small = older ? shown : *before;
    const note::Checkpoint& large = older ? *before : shown;
    const Result<std::vector<Digest>> path = ask(small.size, large.size);
    if (!path.ok()) return without_path(path.status(), small.size, large.size);
    if (!merkle::verify_consistency(small.size, large.size, small.root, large.root, *path)) {
      return lie("the server's ledger of " + size_text(shown.size) +
                 " does not continue the one of " + size_text(before->size) + " seen before");
    }
  }
  const std::scoped_lock lock(mutex_);
  if (!last_ || shown.size > last_->size) {
    ENTENTE_TRY_VOID(keep(kCheckpointFile, shown.text()));
    last_ = shown;
  }
  return shown;
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> LedgerView::path_needed(
    std::string_view signed_note) const {
  const std::scoped_lock lock(mutex_);
  if (!key_ || !last_) return std::nullopt;
  const Result<note::SignedCheckpoint> opened = note::open_checkpoint(signed_note, *key_);
  if (!opened.ok() || opened->checkpoint.size == last_->size) return std::nullopt;
  return std::minmax(opened->checkpoint.size, last_->size);
}

Status LedgerView::check(const v1::Receipt& receipt, const AskConsistency& ask) {
  ENTENTE_TRY(const note::Checkpoint checkpoint, accept(receipt.checkpoint(), ask));
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

std::optional<note::Checkpoint> LedgerView::last() const {
  const std::scoped_lock lock(mutex_);
  return last_;
}

std::optional<note::VerifierKey> LedgerView::key() const {
  const std::scoped_lock lock(mutex_);
  return key_;
}

Status LedgerView::trust(const note::VerifierKey& key) {
  const std::scoped_lock lock(mutex_);
  if (key_) return Status();
  ENTENTE_TRY_VOID(keep(kKeyFile, key.text() + "\n"));
  key_ = key;
  return Status();
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

Status write_whole(const std::string& path, const std::string& text) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  std::filesystem::permissions(std::filesystem::path(path).parent_path(),
                               std::filesystem::perms::owner_all, error);
  const std::string fresh = path + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool wrote = file >= 0 &&
                     ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                     ::fsync(file) == 0;
  if (file >= 0) ::close(file);
  if (!wrote || ::rename(fresh.c_str(), path.c_str()) != 0) {
    return Status(Code::FailedPrecondition, Reason::None, "cannot write `" + path + "`");
  }
  return Status();
}

std::string read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return in ? std::string((std::istreambuf_iterator<char>(in)), {}) : std::string();
}

}  // namespace entente::client
