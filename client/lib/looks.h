// Who else looks at the ledger: the witnesses that this client was told of by their parties, and
// what they have put their names to. What the server says of them beside that is nobody's word.
// Any thread.
#pragma once

#include <string>
#include <vector>

#include "client/lib/client.h"
#include "entente/v1/ledger.pb.h"
#include "proto/contract/clock.h"
#include "proto/contract/status.h"
#include "proto/contract/witness.h"

namespace entente::client {

struct Looks {
  std::vector<witness::Look> known;        // one for each that is trusted
  std::vector<v1::Cosignature> strangers;  // that the server names: nothing of them is proved
};

// Every Code of the calls; InvalidArgument: `ledger_key` is none.
[[nodiscard]] Result<Looks> looks_at_ledger(Client& client, const Clock& clock,
                                            const std::string& ledger_key,
                                            const std::vector<witness::Trusted>& trusted);

// Whether others have looked lately. `own_party`: as Trusted names parties; its witness does not
// count. As above.
[[nodiscard]] Result<witness::Assurance> assurance(Client& client, const Clock& clock,
                                                   const std::string& ledger_key,
                                                   const std::vector<witness::Trusted>& trusted,
                                                   const std::string& own_party);

}  // namespace entente::client
