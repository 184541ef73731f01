// What two persons agree on: the first one's word is kept with the proposal, the second's comes
// with the approval, and both are asked for what they hold now, not for what they held then.
//
// Threads: any.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "proto/contract/clock.h"
#include "proto/contract/digest.h"
#include "proto/contract/status.h"
#include "server/directory/catalog.h"
#include "server/directory/signers.h"
#include "server/policy/policy.h"
#include "server/store/store.h"

namespace entente::directory {

// A consent as it was kept.
struct KeptWord {
  std::string account, party, person, session;
  Digest digest;       // of what was agreed to
  std::string device;  // in hexadecimal, the fingerprint of the certificate that signed
  Instant given_at;
};

// Who `account` is now, with what it holds now; a subject of nobody if the account has ended.
[[nodiscard]] Result<policy::Subject> subject_now(const Signers& signers, const Catalog& catalog,
                                                  store::Snapshot& snapshot,
                                                  std::string_view account, std::string_view party,
                                                  std::string_view person, Instant now);

// The act that is proposed, and who approves it.
struct SecondWord {
  const policy::Subject& subject;
  std::string_view digest;  // 32 bytes, as the request has it
  std::string_view device;  // 32 bytes, as Signers::check gave it
};

// Permits `action` on the act of digest `act`, or PermissionDenied (SecondPersonNeeded), which says
// that another person of `whom` approves it within policy::consent_life.
[[nodiscard]] Status check_two_persons(const Signers& signers, const Catalog& catalog,
                                       store::Snapshot& snapshot, const KeptWord& first,
                                       const SecondWord& second, const Digest& act,
                                       policy::Action action, const policy::Guard& guard,
                                       Instant now, std::string_view whom);

// Who sees the entry of what waits for its second person: those who may give a word to it, and
// nobody else before it has come to something, for by its digest or its signature what was proposed
// is found by trying. As intern().
[[nodiscard]] Result<policy::AudienceId> audience_while_it_waits(
    const Records& records, const Catalog& catalog, store::Transaction& transaction,
    std::string_view process, std::initializer_list<policy::Principal::Kind> who);

}  // namespace entente::directory
