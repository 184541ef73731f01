// entente.v1.DraftService: the keys that browsers close half-typed words with. Nothing of them is
// kept: each is made anew of a key of the keyring and the account's name. Threads: any. Owned by
// Identity.
#pragma once

#include "entente/v1/drafts.pb.h"
#include "proto/contract/secret.h"
#include "server/identity/gate.h"
#include "server/store/store.h"

namespace entente::identity {

class DraftService {
 public:
  explicit DraftService(const store::Store& store)
      : secret_(store.purpose_key("identity browser drafts")) {}

  void add_to(Gate& gate);

 private:
  [[nodiscard]] Result<v1::DraftKey> get_draft_key(const policy::Subject& subject) const;

  const Secret secret_;
};

}  // namespace entente::identity
