#include "server/ledger/service.h"

#include <algorithm>
#include <utility>

#include "proto/contract/entry_message.h"
#include "proto/contract/limits.h"

namespace entente::ledger {
namespace {

// A page ends here at the latest, well below what one message may be.
constexpr std::size_t page_bytes_max = 1 << 20;

std::string octets(const Digest& digest) { return std::string(as_view(digest)); }

// The one place where an entry is opened.
v1::LedgerRow row_for(const policy::Subject& subject, const StoredEntry& stored) {
  v1::LedgerRow row;
  row.set_index(stored.entry.index);
  row.set_leaf_hash(octets(stored.leaf));
  if (!may_see(subject, stored.entry.act)) return row;
  row.set_blinding(stored.blinding);
  row.set_canonical(stored.canonical);
  *row.mutable_entry() = message_of(stored.entry);
  return row;
}

Status no_such_entry() { return {Code::NotFound, Reason::None, "no such entry"}; }

Status beyond(std::string field) {
  return Status(Code::OutOfRange, Reason::FieldInvalid, "the ledger has not grown to that size")
      .with_violation({.field = std::move(field),
                       .rule = "at most the newest checkpoint's size",
                       .line = 0,
                       .column = 0});
}

// `ledger/entries/<n>`, n without sign or leading zeros.
Result<std::uint64_t> parse_entry_name(std::string_view name) {
  constexpr std::string_view prefix = "ledger/entries/";
  std::optional<std::uint64_t> index;
  if (name.starts_with(prefix)) index = note::parse_decimal(name.substr(prefix.size()));
  if (!index) {
    return Status(Code::InvalidArgument, Reason::NameInvalid, "the name is not an entry's")
        .with_violation(
            {.field = "name", .rule = "ledger/entries/<number>", .line = 0, .column = 0});
  }
  return *index;
}

v1::Checkpoint to_wire(const Published& published) {
  v1::Checkpoint out;
  out.set_note(published.note);
  out.set_size(published.checkpoint.size);
  out.set_root(octets(published.checkpoint.root));
  return out;
}

// Sends the newest checkpoint whenever it is another than the one sent last.
class CheckpointSource final : public net::Source {
 public:
  CheckpointSource(Checkpoints& checkpoints, net::Waker waker)
      : checkpoints_(checkpoints), subscription_(checkpoints.subscribe(std::move(waker))) {}

  [[nodiscard]] Result<Next> next(net::Message& out) override {
    std::shared_ptr<const Published> newest = checkpoints_.newest();
    if (newest == sent_) return Next::Wait;
    out.CopyFrom(to_wire(*newest));
    sent_ = std::move(newest);
    return Next::Message;
  }

 private:
  Checkpoints& checkpoints_;
  std::shared_ptr<const Published> sent_;
  std::unique_ptr<Checkpoints::Subscription> subscription_;
};

}  // namespace

bool may_see(const policy::Subject& subject, const Act& act) {
  if (!act.party.empty() && act.party == subject.party) return true;
  return subject.sight.sees(policy::AudienceId{act.audience});
}

Result<v1::Receipt> make_receipt(Checkpoints& checkpoints, store::CommitIndex index, bool at_once) {
  ENTENTE_TRY(const Proof proof, checkpoints.prove(index, at_once));
  v1::Receipt receipt;
  receipt.set_entry_index(proof.index);
  receipt.set_leaf_hash(octets(proof.leaf));
  for (const Digest& hash : proof.path) receipt.add_inclusion_path(octets(hash));
  receipt.set_checkpoint(proof.checkpoint);
  return receipt;
}

Result<std::string> prove_act(TreeLedger& ledger, Checkpoints& checkpoints,
                              const policy::Subject& subject, store::CommitIndex index,
                              std::uint64_t from) {
  v1::ActProof proof;
  ENTENTE_TRY(*proof.mutable_receipt(), make_receipt(checkpoints, index, /*at_once=*/true));
  ENTENTE_TRY(const note::Note note, note::Note::parse(proof.receipt().checkpoint()));
  ENTENTE_TRY(const note::Checkpoint checkpoint, note::Checkpoint::parse(note.text));
  if (from > 0 && from < checkpoint.size) {
    ENTENTE_TRY(const std::vector<Digest> path, ledger.prove_consistency(from, checkpoint.size));
    for (const Digest& hash : path) proof.add_consistency_path(octets(hash));
  }
  ENTENTE_TRY(*proof.mutable_inner(), ledger.inner_at(index));
  ENTENTE_TRY_VOID(ledger.read(index, index + 1, [&](const StoredEntry& stored) {
    v1::LedgerRow row = row_for(subject, stored);
    if (row.canonical().size() <= limits::proof_entry_bytes_max) {
      proof.mutable_canonical()->swap(*row.mutable_canonical());
    }
    return true;
  }));
  return proof.SerializeAsString();
}

Result<v1::Checkpoint> LedgerService::get_checkpoint(const policy::Subject& /*subject*/,
                                                     const v1::GetCheckpointRequest& /*message*/,
                                                     store::Snapshot& /*snapshot*/) {
  return to_wire(*checkpoints_.newest());
}

Result<v1::ListEntriesReply> LedgerService::list_entries(const policy::Subject& subject,
                                                         const v1::ListEntriesRequest& message,
                                                         store::Snapshot& /*snapshot*/) {
  const std::uint64_t size = checkpoints_.newest()->checkpoint.size;
  const std::uint64_t to = message.to() == 0 ? size : message.to();
  if (to > size) return beyond("to");
  if (message.from() > to) return beyond("from");
  if (message.page_size() > limits::page_size_max) {
    return invalid_argument("page_size", "at most " + std::to_string(limits::page_size_max));
  }
  const std::uint64_t rows_max =
      message.page_size() == 0 ? limits::page_size_default : message.page_size();
  const std::uint64_t end = std::min(to, message.from() + std::min(rows_max, to - message.from()));

  v1::ListEntriesReply reply;
  std::size_t bytes = 0;
  const auto visit = [&](const StoredEntry& stored) {
    v1::LedgerRow row = row_for(subject, stored);
    bytes += row.ByteSizeLong();
    *reply.add_rows() = std::move(row);
    return bytes < page_bytes_max;
  };
  ENTENTE_TRY_VOID(ledger_.read(message.from(), end, visit));
  reply.set_next(message.from() + static_cast<std::uint64_t>(reply.rows_size()));
  reply.set_to(to);
  return reply;
}

Result<v1::LedgerRow> LedgerService::get_entry(const policy::Subject& subject,
                                               const v1::GetEntryRequest& message,
                                               store::Snapshot& snapshot) {
  ENTENTE_TRY(const std::uint64_t index, parse_entry_name(message.name()));
  const Result<StoredEntry> stored = read_entry(snapshot, index);
  if (!stored.ok()) {
    if (stored.status().code() == Code::NotFound) return no_such_entry();
    return stored.status();
  }
  if (!may_see(subject, stored->entry.act)) return no_such_entry();
  return row_for(subject, *stored);
}

Result<v1::InclusionProof> LedgerService::prove_inclusion(const policy::Subject& /*subject*/,
                                                          const v1::ProveInclusionRequest& message,
                                                          store::Snapshot& /*snapshot*/) {
  const auto newest = checkpoints_.newest();
  const std::uint64_t size = message.size() == 0 ? newest->checkpoint.size : message.size();
  if (size > newest->checkpoint.size) return beyond("size");
  if (message.index() >= size) return beyond("index");
  ENTENTE_TRY(const Digest leaf, ledger_.leaf_at(message.index()));
  ENTENTE_TRY(const std::vector<Digest> path, ledger_.prove_inclusion(message.index(), size));
  v1::InclusionProof proof;
  proof.set_index(message.index());
  proof.set_size(size);
  proof.set_leaf_hash(octets(leaf));
  for (const Digest& hash : path) proof.add_path(octets(hash));
  if (size == newest->checkpoint.size) proof.set_checkpoint(newest->note);
  return proof;
}

Result<v1::ConsistencyProof> LedgerService::prove_consistency(
    const policy::Subject& /*subject*/, const v1::ProveConsistencyRequest& message,
    store::Snapshot& /*snapshot*/) {
  const auto newest = checkpoints_.newest();
  const std::uint64_t size = message.size() == 0 ? newest->checkpoint.size : message.size();
  if (size > newest->checkpoint.size) return beyond("size");
  if (message.old_size() > size) return beyond("old_size");
  ENTENTE_TRY(const std::vector<Digest> path, ledger_.prove_consistency(message.old_size(), size));
  v1::ConsistencyProof proof;
  proof.set_old_size(message.old_size());
  proof.set_size(size);
  for (const Digest& hash : path) proof.add_path(octets(hash));
  if (size == newest->checkpoint.size) proof.set_checkpoint(newest->note);
  return proof;
}

Result<v1::AddCosignatureReply> LedgerService::add_cosignature(
    const policy::Subject& /*subject*/, const v1::AddCosignatureRequest& message,
    store::Snapshot& /*snapshot*/) {
  ENTENTE_TRY(const std::vector<std::string> witnesses,
              checkpoints_.add_cosignature(message.note()));
  v1::AddCosignatureReply reply;
  for (const std::string& name : witnesses) reply.add_witnesses(name);
  return reply;
}

Result<v1::ListCosignaturesReply> LedgerService::list_cosignatures(
    const policy::Subject& /*subject*/, const v1::ListCosignaturesRequest& /*message*/,
    store::Snapshot& /*snapshot*/) {
  v1::ListCosignaturesReply reply;
  for (const Cosigned& cosigned : checkpoints_.cosignatures()) {
    v1::Cosignature& out = *reply.add_cosignatures();
    out.set_witness(cosigned.witness.key.name());
    out.set_witness_key(cosigned.witness.key.text());
    out.set_party(cosigned.witness.party);
    if (cosigned.note.empty()) continue;
    out.mutable_time()->set_seconds(cosigned.time_s);
    out.set_note(cosigned.note);
    out.set_size(cosigned.size);
  }
  return reply;
}

Result<std::unique_ptr<net::Source>> LedgerService::watch_checkpoints(
    const v1::WatchCheckpointsRequest& /*message*/, net::Waker waker) {
  std::unique_ptr<net::Source> source =
      std::make_unique<CheckpointSource>(checkpoints_, std::move(waker));
  return source;
}

}  // namespace entente::ledger
