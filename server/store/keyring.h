// Every key of a network: the network's own, each process's and document's generations, and the
// keys that blind names and serve purposes outside the store.
//
// Threads: any; changes are made one at a time, inside. Ownership: the store's; the Entropy is
// borrowed and outlives it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/secret.h"
#include "proto/contract/status.h"
#include "server/store/seal.h"
#include "server/store/store.h"
#include "server/store/xaes.h"

namespace entente::store {

class Keyring {
 public:
  // A new network's, kept in memory only.
  [[nodiscard]] static std::unique_ptr<Keyring> in_memory(Entropy& entropy);

  Keyring(const Keyring&) = delete;
  Keyring& operator=(const Keyring&) = delete;
  ~Keyring();

  [[nodiscard]] Id network() const;

  // The key that now seals for `name`; nothing if there is none (yet, or any more).
  [[nodiscard]] std::optional<KeyId> current(const SealName& name) const;
  // Whether this generation can still open what it sealed.
  [[nodiscard]] bool living(KeyId id) const;

  // Nothing if there is no key `name`: it has been destroyed meanwhile.
  [[nodiscard]] std::optional<std::string> seal(const SealName& name, std::string_view key_bytes,
                                                std::string_view value) const;
  // DataLoss if the value does not authenticate under its key, or its sealing key is gone.
  [[nodiscard]] Result<std::string> unseal(std::string_view key_bytes,
                                           std::string_view sealed) const;

  // As Store says.
  [[nodiscard]] Status ensure(const SealName& name);
  [[nodiscard]] Status destroy(const SealName& name);
  [[nodiscard]] Id blind(std::string_view domain, std::string_view text) const;
  [[nodiscard]] Secret purpose_key(std::string_view purpose) const;

 private:
  struct Generation {
    KeyId id = 0;
    std::shared_ptr<const Secret> key;
  };
  // A state of the ring; never changed once others may see it.
  struct Ring {
    Id network;
    std::shared_ptr<const Secret> index;
    std::shared_ptr<const Secret> purposes;
    KeyId next = 1;
    std::map<SealName, std::vector<Generation>> names;  // newest generation last
    std::unordered_map<KeyId, std::shared_ptr<const Secret>> by_id;
  };

  explicit Keyring(Entropy& entropy) : entropy_(entropy) {}
  [[nodiscard]] std::shared_ptr<const Ring> ring() const;
  void publish(Ring next);
  void add_generation(Ring& ring, const SealName& name) const;
  [[nodiscard]] std::shared_ptr<const Secret> new_key() const;

  Entropy& entropy_;
  Xaes xaes_;
  std::mutex change_mutex_;  // held through a change
  mutable std::shared_mutex ring_mutex_;
  std::shared_ptr<const Ring> ring_;
};

}  // namespace entente::store
