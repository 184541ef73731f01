// What a server is told that says what cannot be. Included by this room's sources only.
#pragma once

#include <string>
#include <utility>

#include "proto/contract/status.h"

namespace entente::client {

// DataLoss, ProofInvalid: `what` does not hold, in words for a ministry.
[[nodiscard]] inline Status lie(std::string what) {
  return {Code::DataLoss, Reason::ProofInvalid, std::move(what)};
}

}  // namespace entente::client
