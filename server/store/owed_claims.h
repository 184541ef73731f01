// Claims of documents' keys that no row tells of yet. A key is claimed in memory; the first write
// of something that it seals takes the row along, in the same batch. So a new document waits for no
// write of its key's own, and nothing is ever there whose key no row and no keyring tells.
//
// Threads: any.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "proto/contract/status.h"
#include "server/store/engine.h"
#include "server/store/keyring.h"

namespace entente::store {

// document -> process, key's id: a claim. On disk: never renumber.
inline constexpr Table claims_table{0x01};

class OwedClaims {
 public:
  explicit OwedClaims(Keyring& keyring) : keyring_(keyring) {}

  // As Store::ensure_seal of a document's.
  [[nodiscard]] Status ensure(const SealName& name, const Id& process);

  // Adds the row that tells whose `key` is, if it is owed and not among them, and that it does.
  void add(KeyId key, std::vector<EngineRow>& rows, std::vector<KeyId>& told) const;
  // Rows were written that tell of these.
  void written(const std::vector<KeyId>& told);
  // Keys were destroyed: of those nothing is owed.
  void settle();

  // What the rows of an opening store say. DataLoss: one does not authenticate.
  [[nodiscard]] static Result<std::vector<Claim>> read(EngineView& view, const Keyring& keyring,
                                                       std::vector<EngineRow>& rows);

 private:
  Keyring& keyring_;
  mutable std::mutex mutex_;  // held through a claim: of two for one name, the first
  std::map<KeyId, Claim> owed_;
};

}  // namespace entente::store
