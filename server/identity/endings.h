// Holds an act and the end of its maker's session apart: of the two one loses.
//
// What ends sessions of a party (a sign-out, a list, an anchor, a reset) counts one up in the
// party's row, in its own transaction. An act reads that row in its own, and so loses its commit
// (Aborted) against an end that comes in between; and it waits until what it read of has ended the
// sessions here, which happens a moment after it is durable.
//
// Threads: any. Owned by Identity.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "server/identity/register.h"
#include "server/ledger/ledger.h"

namespace entente::identity {

class Endings {
 public:
  Endings(const Register& rows, ledger::Ledger& ledger) : rows_(rows), ledger_(ledger) {}

  // Takes what the store has counted as followed. At the start; DataLoss, Unavailable: as the
  // store.
  [[nodiscard]] Status load(store::Snapshot& in);

  // Makes `act` the transaction's one entry, and counts it if it ends sessions. As the store.
  [[nodiscard]] Status record(store::Transaction& in, const ledger::Act& act) const;

  // Reads what an act of the party's rests on. Unavailable: what ended is not known here yet, most
  // likely because the store has failed under it; ask again.
  [[nodiscard]] Status pin(store::Transaction& in, std::string_view party) const;

  // What `act` ends has ended. Of each act that is durable, once and in order.
  void followed(const ledger::Act& act);

 private:
  const Register& rows_;
  ledger::Ledger& ledger_;
  mutable std::mutex mutex_;
  mutable std::condition_variable known_;
  std::map<std::string, std::uint64_t, std::less<>> followed_;  // by party
};

}  // namespace entente::identity
