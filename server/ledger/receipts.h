// The receipt of an act, put into its reply once the act is durable.
//
// Threads: what is made here is called on any.
#pragma once

#include <functional>
#include <utility>

#include "entente/v1/types.pb.h"
#include "proto/contract/status.h"
#include "server/store/store.h"

namespace entente::ledger {

using MakeReceipt = std::function<Result<v1::Receipt>(store::CommitIndex)>;

// What Gate::acts calls after the commit, for a reply with a field `receipt`. The act is done by
// then: where no receipt can be made the reply leaves without, and its client asks ProveInclusion.
inline auto with_receipt(MakeReceipt make) {
  return [make = std::move(make)](store::CommitIndex index, auto& reply) {
    if (Result<v1::Receipt> receipt = make(index); receipt.ok()) {
      *reply.mutable_receipt() = *std::move(receipt);
    }
  };
}

}  // namespace entente::ledger
