#include "client/lib/act_proof.h"

#include <algorithm>

#include "client/lib/lie.h"
#include "entente/v1/options.pb.h"
#include "proto/contract/act_proof.h"
#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "proto/contract/entry.h"
#include "proto/contract/grpc_wire.h"
#include "proto/contract/note.h"

namespace entente::client {

using google::protobuf::MethodDescriptor;

bool leaves_entry(const MethodDescriptor& method) {
  return method.options().GetExtension(v1::rule).enters_size() > 0;
}

Result<ShownProof> proof_in(const http2::Headers& headers, std::uint64_t from) {
  const auto found = std::ranges::find(headers, proof_header, &http2::Headers::value_type::first);
  if (found == headers.end()) {
    return lie("the server says that it is done, and does not prove that it entered it");
  }
  ShownProof shown{.proof = {}, .from = from, .size = 0};
  const std::optional<std::string> bytes = wire::from_binary(found->second);
  if (!bytes || !shown.proof.ParseFromString(*bytes)) {
    return lie("what the server shows to prove the act does not read");
  }
  const Result<note::Note> note = note::Note::parse(shown.proof.receipt().checkpoint());
  if (!note.ok()) return lie("the server proves the act by no checkpoint");
  ENTENTE_TRY(const note::Checkpoint checkpoint, note::Checkpoint::parse(note->text));
  shown.size = checkpoint.size;
  return shown;
}

Status check_act(const MethodDescriptor& method, std::string_view account, const ShownProof& shown,
                 std::string_view blinding, std::string_view canonical) {
  const v1::Receipt& receipt = shown.proof.receipt();
  const std::string place = "entry " + std::to_string(receipt.entry_index());
  const Result<Entry> entry = decode_entry(canonical);
  if (!entry.ok() || blinding.size() != blinding_bytes || entry->index != receipt.entry_index() ||
      as_view(entry_leaf(blinding, canonical)) != receipt.leaf_hash()) {
    return lie(place + ", by which the server proves the act, is not what it says it is");
  }
  if (receipt.entry_index() < shown.from) {
    return lie("the server proves the act by " + place + ", which had been there before");
  }
  const auto& kinds = method.options().GetExtension(v1::rule).enters();
  if (entry->act.account != account || std::ranges::count(kinds, entry->act.kind) == 0) {
    return lie("the server gave a receipt for another act: " + place + " is `" + entry->act.kind +
               "` of `" + entry->act.account + "`");
  }
  return {};
}

}  // namespace entente::client
