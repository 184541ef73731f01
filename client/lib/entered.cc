#include "client/lib/entered.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "client/lib/lie.h"
#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "proto/contract/merkle.h"

namespace entente::client {
namespace {

// An entry as the server shows it, with the leaf that its bytes make.
struct Shown {
  Entry entry;
  Digest leaf{};
};

Result<Shown> show(Client& client, std::uint64_t index) {
  const std::string name = "ledger/entries/" + std::to_string(index);
  v1::GetEntryRequest asked;
  asked.set_name(name);
  ENTENTE_TRY(const auto row,
              client.call<v1::LedgerRow>("entente.v1.LedgerService.GetEntry", asked));
  Result<Entry> entry = decode_entry(row.canonical());
  if (!entry.ok() || entry->index != index || row.blinding().size() != blinding_bytes) {
    return lie("`" + name + "` does not read");
  }
  return Shown{.entry = *std::move(entry), .leaf = entry_leaf(row.blinding(), row.canonical())};
}

Status check_path(const v1::InclusionProof& proof, const Digest& leaf,
                  const note::Checkpoint& checkpoint) {
  std::vector<Digest> path;
  for (const std::string& one : proof.path()) {
    if (one.size() != sizeof(Digest)) return lie("a proof is malformed");
    path.push_back(digest_from(one));
  }
  if (!merkle::verify_inclusion(proof.index(), checkpoint.size, leaf, path, checkpoint.root)) {
    return lie("entry " + std::to_string(proof.index()) + " does not stand in the ledger");
  }
  return {};
}

Status check_act(const Entry& entry, const AskedAct& asked) {
  const Act& act = entry.act;
  const auto as_asked = [](std::string_view wanted, std::string_view said) {
    return wanted.empty() || wanted == said;
  };
  const bool touches = asked.touched.empty() || std::find(act.touched.begin(), act.touched.end(),
                                                          asked.touched) != act.touched.end();
  if (act.kind == asked.kind && act.object == asked.object && touches &&
      as_asked(asked.object_digest, act.object_digest) &&
      as_asked(asked.signature, act.signature)) {
    return {};
  }
  return lie("the server gave a receipt for another act: entry " + std::to_string(entry.index) +
             " is `" + act.kind + "` on `" + act.object + "`");
}

// Whether it stands under the checkpoint.
Status prove(Client& client, const Shown& shown, const note::Checkpoint& checkpoint) {
  v1::ProveInclusionRequest prove;
  prove.set_index(shown.entry.index);
  prove.set_size(checkpoint.size);
  ENTENTE_TRY(const auto proof,
              client.call<v1::InclusionProof>("entente.v1.LedgerService.ProveInclusion", prove));
  if (proof.index() != shown.entry.index) return lie("a proof is of another entry");
  return check_path(proof, shown.leaf, checkpoint);
}

}  // namespace

Status check_proof(const v1::InclusionProof& proof) {
  const Result<note::Note> shown = note::Note::parse(proof.checkpoint());
  if (!shown.ok()) return lie("a proof has no checkpoint");
  ENTENTE_TRY(const note::Checkpoint checkpoint, note::Checkpoint::parse(shown->text));
  if (proof.leaf_hash().size() != sizeof(Digest)) return lie("a proof is malformed");
  return check_path(proof, digest_from(proof.leaf_hash()), checkpoint);
}

Result<Entry> proven_entry(Client& client, std::uint64_t index) {
  ENTENTE_TRY(const Shown shown, show(client, index));
  ENTENTE_TRY(const note::Checkpoint checkpoint, client.checkpoint());
  ENTENTE_TRY_VOID(prove(client, shown, checkpoint));
  return shown.entry;
}

Result<Entry> entry_of(Client& client, const v1::Receipt& receipt, const AskedAct& act) {
  const Result<Shown> found = show(client, receipt.entry_index());
  if (found.status().code() == Code::NotFound) {
    return lie("the server gave a receipt for entry " + std::to_string(receipt.entry_index()) +
               ", and shows no such entry to who made it");
  }
  if (!found.ok()) return found.status();
  const Shown& shown = *found;
  if (as_view(shown.leaf) != receipt.leaf_hash()) {
    return lie("the receipt is for another entry than number " +
               std::to_string(receipt.entry_index()));
  }
  ENTENTE_TRY_VOID(check_act(shown.entry, act));
  // What a receipt that has its checkpoint proves, the client has checked as it came.
  if (!receipt.checkpoint().empty()) return shown.entry;
  constexpr int looks = 40;
  constexpr std::chrono::milliseconds pause{250};
  for (int i = 0; i < looks; ++i, std::this_thread::sleep_for(pause)) {
    ENTENTE_TRY(const note::Checkpoint checkpoint, client.checkpoint());
    if (checkpoint.size <= receipt.entry_index()) continue;
    ENTENTE_TRY_VOID(prove(client, shown, checkpoint));
    return shown.entry;
  }
  return Status(Code::Unavailable, Reason::None,
                "it is kept, but no checkpoint over its entry has come; ask again");
}

}  // namespace entente::client
