// What the reply to an act proves of it: that its entry stands in the ledger, was made for this
// request and no other, and says that this account did what was asked for. Without it a host could
// acknowledge what it threw away. Whether the ledger is the one that this client follows is
// LedgerView's to say. Any thread.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "entente/v1/ledger.pb.h"
#include "entente/v1/types.pb.h"
#include "proto/contract/act_proof.h"
#include "proto/contract/clock.h"
#include "proto/contract/digest.h"
#include "proto/contract/entry.h"
#include "proto/contract/http2_client.h"
#include "proto/contract/note.h"
#include "proto/contract/status.h"

namespace entente::client {

// Whether a reply to this rpc must prove its act: its rule says which entry it leaves.
[[nodiscard]] bool leaves_entry(const google::protobuf::MethodDescriptor& method);

// What a request that acts asks to be proved.
struct ProofWanted {
  ProofAsked asked;                          // its header
  std::optional<note::Checkpoint> seen;      // by this client, as it asked
  std::string name;                          // the request's field of that name; empty: it has none
  std::function<Status(const Entry&)> also;  // what the entry must say beside; may be empty
};
// Of a request as it is sent, with a nonce of its own.
[[nodiscard]] ProofWanted want_proof(const google::protobuf::MethodDescriptor& method,
                                     std::string_view request, std::optional<note::Checkpoint> seen,
                                     Entropy& entropy);

struct ShownProof {
  v1::ActProof proof;
  std::vector<Digest> path;  // from what was seen to the receipt's checkpoint
  std::uint64_t size = 0;    // of that checkpoint
};
// As it came in the reply's headers. DataLoss (ProofInvalid): there is none, or it does not read.
[[nodiscard]] Result<ShownProof> proof_in(const http2::Headers& headers);

// Whether the entry, in its bytes, is the receipt's leaf, is bound to the request, and says that
// `account` did what `method` does to what the request names or the reply tells of. DataLoss
// (ProofInvalid): it is not, or does not; what `wanted.also` answers.
[[nodiscard]] Status check_act(const google::protobuf::MethodDescriptor& method,
                               std::string_view account, const ProofWanted& wanted,
                               const ShownProof& shown, std::string_view canonical,
                               const google::protobuf::Message& reply);

}  // namespace entente::client
