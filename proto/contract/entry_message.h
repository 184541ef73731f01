// An entry as the wire carries it: what the ledger answers and what a client shows of a row that it
// opened itself are one translation, so that the two can be compared field by field. Pure; any
// thread.
#pragma once

#include "entente/v1/ledger.pb.h"
#include "proto/contract/entry.h"

namespace entente {

[[nodiscard]] v1::LedgerEntry message_of(const Entry& entry);

}  // namespace entente
