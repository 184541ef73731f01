// A keyring's state as a value, and its file as bytes:
//
//   "ENTKEYR3" | root key's kind (1) | passes (4) | memory bytes (8) | stretching salt (16)
//   | root salt (32) | nonce (24) | sealed contents | SHA-256 of all before (32)
//
// The contents are sealed (XAES-256-GCM) under HKDF(root key, root salt) with everything before
// them as associated data. Those of before are read as well: "ENTKEYR2" does not say which keys
// were destroyed, and "ENTKEYR1" has no spare keys either. Inside, each document's keys, and the
// spare ones, are wrapped once more under the present key encryption key of its process: destroying
// one makes a new generation of that key and wraps the living anew. The trailing hash tells damage
// from a wrong root key; it protects nothing.
//
// Pure functions of what is passed in. Values; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/secret.h"
#include "proto/contract/status.h"
#include "server/store/key_ids.h"
#include "server/store/root_key.h"
#include "server/store/seal.h"
#include "server/store/store.h"
#include "server/store/xaes.h"

namespace entente::store {

using SharedSecret = std::shared_ptr<const Secret>;

// Asks the kernel to keep the pages that hold it out of swap and core dumps. Best effort: a limit
// may refuse, and what lies beside it on its pages is kept out as well. The daemon allows no core
// dumps besides.
void keep_out_of_swap_and_dumps(const Secret& secret);
[[nodiscard]] SharedSecret guarded(std::string key);

struct Generation {
  KeyId id = 0;
  SharedSecret key;
};

// One name's keys.
struct Holder {
  Id process{};  // a document's; zero: the network's
  std::uint32_t wrapping_generation = 0;
  SharedSecret wrapping;                // wraps the documents' keys; none for a document
  std::vector<Generation> generations;  // the newest last; never empty
};

// A state of the keyring; never changed once others may see it.
struct Ring {
  Id network;
  SharedSecret index;     // blinds names
  SharedSecret purposes;  // derives keys for purposes outside the store
  KeyId next = 1;
  std::map<SealName, Holder> names;
  // Kept ready for documents that are yet to come, by process (zero: the network's).
  std::map<Id, std::vector<Generation>> spares;
  // What these sealed is unreadable, as was meant; under any other number that no key has, a row is
  // damaged. Only destroying adds to them: neither a rotation nor a spare key that is left over.
  KeyIds destroyed;
};

struct KeyringHeader {
  RootKey::Kind kind = RootKey::Kind::Raw;
  Stretching stretching;
  std::string stretching_salt;
  std::string root_salt;
  std::string nonce;
};

inline constexpr std::size_t keyring_salt_bytes = 32;
inline constexpr std::size_t keyring_header_bytes =
    8 + 1 + 4 + 8 + stretching_salt_bytes + keyring_salt_bytes + xaes_nonce_bytes;
inline constexpr std::size_t keyring_bytes_max = 256U << 20;

// DataLoss: not a keyring, truncated, its hash does not hold, or it asks for absurd stretching.
[[nodiscard]] Result<KeyringHeader> parse_keyring_header(std::string_view file);

// The contents' sealing key.
[[nodiscard]] Secret keyring_key(const Secret& root, std::string_view root_salt);

// The whole file. Requires: header has the widths above.
[[nodiscard]] std::string encode_keyring(const Xaes& xaes, Entropy& entropy, const Secret& key,
                                         const KeyringHeader& header, const Ring& ring);

// FailedPrecondition: `key` does not open it. DataLoss: it opens, and makes no sense.
[[nodiscard]] Result<Ring> decode_keyring(const Xaes& xaes, const Secret& key,
                                          std::string_view file);

}  // namespace entente::store
