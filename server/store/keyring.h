// Every key of a network: the network's own, each process's and document's generations, and the
// keys that blind names and serve purposes outside the store. Kept in one small file beside the
// store (ring.h), rewritten whole at each change, sealed under the root key; never in the store,
// nor in its backups.
//
// A document's key is one that was made ready before: that it is the document's now is a *claim*,
// which the store keeps among its rows until the file is next written, so that a new document
// does not cost a file of all keys. What is destroyed is destroyed by writing the file, as ever.
//
// Threads: any; changes are made one at a time, inside. Ownership: the store's; the Entropy is
// borrowed and outlives it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/secret.h"
#include "proto/contract/status.h"
#include "server/store/files.h"
#include "server/store/ring.h"
#include "server/store/root_key.h"
#include "server/store/seal.h"
#include "server/store/store.h"
#include "server/store/xaes.h"

namespace entente::store {

// That a spare key is a document's.
struct Claim {
  SealName name;
  Id process;
  KeyId key = 0;
};

class Keyring {
 public:
  // A new network's, kept in memory only.
  [[nodiscard]] static std::unique_ptr<Keyring> in_memory(Entropy& entropy);

  // A new network's, in a new file. AlreadyExists: there is a file. Unavailable: it could not be
  // written. ResourceExhausted: no memory to stretch a passphrase.
  [[nodiscard]] static Result<std::unique_ptr<Keyring>> create(const std::filesystem::path& path,
                                                               const RootKey& root,
                                                               Entropy& entropy);
  // NotFound: no file. FailedPrecondition: the root key does not open it. DataLoss: it is damaged.
  // Unavailable, ResourceExhausted: as create.
  [[nodiscard]] static Result<std::unique_ptr<Keyring>> open(const std::filesystem::path& path,
                                                             const RootKey& root, Entropy& entropy);

  Keyring(const Keyring&) = delete;
  Keyring& operator=(const Keyring&) = delete;
  ~Keyring();

  [[nodiscard]] Id network() const;

  // Whether there is a key `name`.
  [[nodiscard]] bool has(const SealName& name) const;
  // Whether this generation still opens what it sealed.
  [[nodiscard]] bool opens(KeyId id) const;
  // Whether it was destroyed, so that nothing opens what it sealed: as was meant.
  [[nodiscard]] bool was_destroyed(KeyId id) const;
  // Whether it opens or was destroyed. A row under any other number was altered, or wants another
  // keyring than this.
  [[nodiscard]] bool knows(KeyId id) const { return opens(id) || was_destroyed(id); }
  // Whether it is its name's newest.
  [[nodiscard]] bool seals(KeyId id) const;
  // Whether any name has generations older than its newest.
  [[nodiscard]] bool has_old_generations() const;

  // Nothing if there is no key `name`: it has been destroyed meanwhile.
  [[nodiscard]] std::optional<std::string> seal(const SealName& name, std::string_view key_bytes,
                                                std::string_view value) const;
  // DataLoss if the value does not authenticate under its key, or its sealing key is gone.
  [[nodiscard]] Result<std::string> unseal(std::string_view key_bytes,
                                           std::string_view sealed) const;
  // Seals anew what an old generation sealed. DataLoss as unseal.
  [[nodiscard]] Result<std::string> reseal(std::string_view key_bytes,
                                           std::string_view sealed) const;
  // Whose key sealed it; nothing if it is no sealed value or that key is gone.
  [[nodiscard]] std::optional<SealName> sealed_for(std::string_view sealed) const;

  // The changes. Each returns Unavailable if the file could not be replaced: then nothing changed,
  // or (destroy only) whether it survives a crash is unknown until another change succeeds.

  // Creates `name`'s key if there is none; a document's under its process's, which must be there
  // (NotFound).
  [[nodiscard]] Status ensure(const SealName& name, const Id& process);
  // Makes keys ready for documents of `process`, if there are none. NotFound: no such process.
  [[nodiscard]] Status stock(const Id& process);
  // Drops `name`'s key, and with a process's those of its documents; renews the key that wrapped it
  // and wraps the living anew. NotFound: there is none.
  [[nodiscard]] Status destroy(const SealName& name);
  // A new generation of `name`'s key (and of the one that wraps): from here on it seals. NotFound.
  [[nodiscard]] Status rotate(const SealName& name);
  // Drops every generation older than its name's newest from the file. The memory keeps them until
  // this is called again, or their name's key is destroyed, for snapshots that are open.
  [[nodiscard]] Status drop_old_generations();
  // Seals the file under another root key. ResourceExhausted: no memory to stretch it.
  [[nodiscard]] Status rotate_root(const RootKey& root);

  // For who only reads beside a daemon: reads the file again. What opened before opens still, but
  // for what was destroyed since. FailedPrecondition, DataLoss, Unavailable: as open.
  [[nodiscard]] Status catch_up();

  // Writes every claim that was made since, so that the file alone knows whose each key is.
  [[nodiscard]] Status keep_claims();

  // Gives `name` one of the keys made ready for its process, in memory only: before anything that
  // it seals can be durable the claim must be, or keep_claims() succeed. Nothing: none is ready.
  // Requires: there is no key `name`.
  [[nodiscard]] std::optional<Claim> claim(const SealName& name, const Id& process);
  // What the rows say, after open() and before anything is sealed: of keys that are still spare,
  // whose they are. What then is left over is never given out. Writes the file if need be.
  [[nodiscard]] Status adopt(const std::vector<Claim>& claims);

  // As Store says.
  [[nodiscard]] Id blind(std::string_view domain, std::string_view text) const;
  [[nodiscard]] Secret purpose_key(std::string_view purpose) const;

 private:
  struct Opener {
    SharedSecret key;
    SealName name;
  };
  // What seals or opens, as of one moment.
  struct Found {
    Generation generation;
    SealName name;
    Id network;
  };
  // A ring, and what is looked up in it at each value.
  struct Indexed {
    Ring ring;
    std::unordered_map<KeyId, Opener> openers;
    std::unordered_set<KeyId> sealers;
  };

  explicit Keyring(Entropy& entropy) : entropy_(entropy) {}
  [[nodiscard]] std::shared_ptr<const Indexed> now() const;
  // With what was claimed since, and the keys that are still spare. Requires: change_mutex_.
  [[nodiscard]] Ring whole() const;
  [[nodiscard]] std::optional<Found> sealer_of(const SealName& name) const;
  [[nodiscard]] std::optional<Found> opener_of(KeyId id) const;
  void take_in(const Claim& claim, Generation generation);
  // Requires: change_mutex_, once others may see the keyring.
  void publish(Ring ring);
  [[nodiscard]] Ring new_ring() const;
  [[nodiscard]] Holder new_holder(Ring& ring, bool wraps) const;
  void add_generation(Ring& ring, Holder& holder) const;
  void renew_wrapping(Holder& holder) const;
  [[nodiscard]] SharedSecret new_key() const;
  // Takes the root key; from here on the file is sealed under it.
  [[nodiscard]] Status take_root(const RootKey& root);
  [[nodiscard]] Written write(const Ring& ring, std::string& detail);
  // Writes `next` and, once it is durable, shows it. `show_if_uncertain`: also if it may not be.
  [[nodiscard]] Status change(Ring next, bool show_if_uncertain);
  // Writes what an earlier change left uncertain.
  [[nodiscard]] Status settle();

  Entropy& entropy_;
  Xaes xaes_;
  std::mutex change_mutex_;     // held through a change, and guards what follows
  std::filesystem::path path_;  // empty: in memory only
  KeyringHeader header_;
  Secret key_;              // seals the file
  bool uncertain_ = false;  // the file may not hold what is shown

  std::map<Id, std::vector<Generation>> spares_;
  std::unordered_map<KeyId, Opener> fading_;  // not in the file any more, and still opening

  mutable std::shared_mutex now_mutex_;
  std::shared_ptr<const Indexed> now_;
  // Claimed since now_ was written.
  std::map<SealName, Holder> claimed_;
  std::unordered_map<KeyId, SealName> claimed_keys_;
};

}  // namespace entente::store
