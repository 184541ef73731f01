// What the reply to an act proves of it: that its entry stands in the ledger, and says that this
// account did what was asked for. Without it a host could acknowledge what it threw away. Whether
// the ledger is the one that this client follows is LedgerView's to say. Pure; any thread.
#pragma once

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "entente/v1/ledger.pb.h"
#include "entente/v1/types.pb.h"
#include "proto/contract/http2_client.h"
#include "proto/contract/status.h"

namespace entente::client {

// Whether a reply to this rpc must prove its act: its rule says which entry it leaves.
[[nodiscard]] bool leaves_entry(const google::protobuf::MethodDescriptor& method);

struct ShownProof {
  v1::ActProof proof;
  std::uint64_t from = 0;  // what the client had seen: where consistency_path begins
  std::uint64_t size = 0;  // of the receipt's checkpoint: where it ends

  // The path of a ledger of `old_size` to one of `size`, if it is this one.
  [[nodiscard]] bool leads(std::uint64_t old_size, std::uint64_t to) const {
    return old_size == from && to == size;
  }
};

// As it came in the reply's headers to a client that had seen a ledger of `from`. DataLoss
// (ProofInvalid): there is none, or it does not read.
[[nodiscard]] Result<ShownProof> proof_in(const http2::Headers& headers, std::uint64_t from);

// Whether the bytes are those of the receipt's leaf, and say that `account` did what `method` does,
// after the ledger had grown to what this client had seen. DataLoss (ProofInvalid): they do not.
[[nodiscard]] Status check_act(const google::protobuf::MethodDescriptor& method,
                               std::string_view account, const ShownProof& shown,
                               std::string_view blinding, std::string_view canonical);

}  // namespace entente::client
