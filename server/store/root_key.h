// The one key that opens a keyring, and the ways to it: a file, a systemd credential, a passphrase.
// It is never on the store's disk.
//
// Values; any thread. Ownership: whoever holds a RootKey.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "proto/contract/clock.h"
#include "proto/contract/secret.h"
#include "proto/contract/status.h"

namespace entente::store {

// How a passphrase becomes a key (Argon2id, RFC 9106). Kept in the keyring's header.
struct Stretching {
  std::uint32_t passes = 3;
  std::uint64_t memory_bytes = 1ULL << 30;
};

// Either 32 bytes of key, or a passphrase that the keyring's header says how to stretch.
struct RootKey {
  enum class Kind : std::uint8_t { Raw = 0, Passphrase = 1 };  // on disk: never renumber
  Kind kind = Kind::Raw;
  Secret secret;
  Stretching stretching;  // for a passphrase, when it first seals a keyring
};

inline constexpr std::size_t root_key_bytes = 32;
inline constexpr std::size_t stretching_salt_bytes = 16;
// A header is read before it can be authenticated: a forged one must not cost more.
inline constexpr std::uint64_t stretching_memory_bytes_max = 4ULL << 30;
inline constexpr std::uint32_t stretching_passes_max = 16;

// From a file of 32 raw bytes or 64 hexadecimal digits (and one newline). FailedPrecondition: it is
// neither, or others than its owner may read it. NotFound, Unavailable: as read_whole.
[[nodiscard]] Result<RootKey> root_key_from_file(const std::filesystem::path& path);

// From the credential `name` that systemd has put into `directory` ($CREDENTIALS_DIRECTORY, read
// by main). As root_key_from_file, but systemd answers for the permissions.
[[nodiscard]] Result<RootKey> root_key_from_credential(const std::filesystem::path& directory,
                                                       std::string_view name);

// FailedPrecondition: shorter than 12 bytes.
[[nodiscard]] Result<RootKey> root_key_from_passphrase(Secret passphrase,
                                                       Stretching stretching = {});

// The same of the first line of a file. NotFound, Unavailable: it cannot be read.
[[nodiscard]] Result<RootKey> root_key_from_passphrase_file(const std::filesystem::path& path);

// A new random key, and its file (mode 0600): of whoever owns the folder `store`, if one is given,
// for root makes it and the daemon reads it. AlreadyExists: there is one, which is left alone.
// Unavailable: it cannot be written, or not given to its owner.
[[nodiscard]] Status create_root_key_file(const std::filesystem::path& path, Entropy& entropy,
                                          const std::filesystem::path& store = {});

// The passphrase's 32 bytes. Requires: salt has its width. ResourceExhausted: no memory for it.
[[nodiscard]] Result<Secret> stretch(const Secret& passphrase, const Stretching& stretching,
                                     std::string_view salt);

}  // namespace entente::store
