// C2SP signed notes, checkpoints and cosignatures (c2sp.org/signed-note, /tlog-checkpoint,
// /tlog-cosignature): a short text, a blank line, signature lines. Ed25519 by libcrypto. What
// `openssl pkeyutl -verify -rawin` says of a signature is what is said here.
//
// Values; any thread. A SigningKey is owned by whoever made it and is not copied.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/digest.h"
#include "proto/contract/secret.h"
#include "proto/contract/status.h"

namespace entente::note {

// On the wire: never renumber. Others exist and are ignored, as the specification says.
enum class SignatureType : std::uint8_t {
  Ed25519 = 0x01,      // over the note's text
  Cosignature = 0x04,  // `cosignature/v1`: over a time and a checkpoint's text
};

inline constexpr std::size_t key_bytes = 32;
inline constexpr std::size_t signature_bytes = 64;

// A key that may be published, in C2SP's spelling `name+hash+base64`.
class VerifierKey {
 public:
  // InvalidArgument: malformed, of another signature type, or its hash is not its own.
  [[nodiscard]] static Result<VerifierKey> parse(std::string_view text);
  // Requires: is_key_name(name).
  VerifierKey(std::string name, SignatureType type, std::array<std::uint8_t, key_bytes> key);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::uint32_t id() const { return id_; }
  [[nodiscard]] SignatureType type() const { return type_; }
  [[nodiscard]] std::string_view key() const;
  [[nodiscard]] std::string text() const;
  friend bool operator==(const VerifierKey&, const VerifierKey&) = default;

 private:
  std::string name_;
  SignatureType type_;
  std::array<std::uint8_t, key_bytes> key_;
  std::uint32_t id_;
};

// Not empty, UTF-8, without control characters, Unicode spaces and plus signs.
[[nodiscard]] bool is_key_name(std::string_view name);

struct Signature {
  std::string name;
  std::uint32_t id = 0;
  std::string bytes;  // what follows the key's id
  [[nodiscard]] std::string line() const;
  friend bool operator==(const Signature&, const Signature&) = default;
};

struct Note {
  std::string text;  // ends with a newline
  std::vector<Signature> signatures;

  // Strict: UTF-8 without control characters, canonical Base64, at most limits::note_bytes_max
  // bytes, 1 to limits::note_signatures_max signatures, no two of one key. InvalidArgument
  // (ProofInvalid): anything else.
  [[nodiscard]] static Result<Note> parse(std::string_view bytes);
  [[nodiscard]] std::string format() const;
  // The signature by the key of this name and id; null if there is none.
  [[nodiscard]] const Signature* find(const VerifierKey& key) const;
};

class SigningKey {
 public:
  // `seed` is the private key of RFC 8032, 32 bytes. Requires: is_key_name(name), 32 bytes.
  SigningKey(std::string name, SignatureType type, const Secret& seed);
  ~SigningKey();
  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;

  [[nodiscard]] const VerifierKey& verifier() const { return verifier_; }

  // Over `text`. Requires: type Ed25519.
  [[nodiscard]] Signature sign(std::string_view text) const;
  // Over `text` at `time_s`, POSIX seconds. Requires: type Cosignature, 0 <= time_s.
  [[nodiscard]] Signature cosign(std::string_view text, std::int64_t time_s) const;

 private:
  struct Key;
  [[nodiscard]] std::string sign_bytes(std::string_view message) const;
  std::unique_ptr<Key> key_;
  VerifierKey verifier_;
};

// Whether `note` bears a signature by `key` that holds. Requires: key.type() == Ed25519.
[[nodiscard]] bool verify(const Note& note, const VerifierKey& key);

// The time (POSIX seconds) of the cosignature by `key`, if `note` bears one that holds.
// Requires: key.type() == Cosignature.
[[nodiscard]] std::optional<std::int64_t> verify_cosignature(const Note& note,
                                                             const VerifierKey& key);

// The head of a ledger: what its size and root were.
struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Digest root{};
  std::vector<std::string> extensions;  // lines that others add; this network's ledger has none

  // InvalidArgument (ProofInvalid): not three or more lines of the form that tlog-checkpoint gives.
  [[nodiscard]] static Result<Checkpoint> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// A checkpoint as it was signed.
struct SignedCheckpoint {
  Checkpoint checkpoint;
  Note note;
};

// Parses `bytes`, and holds it against the one key and the one origin it must be of (the key's
// name). InvalidArgument (ProofInvalid): malformed, of another origin, not signed by `key`, or of
// size 0 with another root than the empty tree's.
[[nodiscard]] Result<SignedCheckpoint> open_checkpoint(std::string_view bytes,
                                                       const VerifierKey& key);

// Decimal digits without sign or leading zeros, at most 2^64 - 1; empty if it is anything else.
[[nodiscard]] std::optional<std::uint64_t> parse_decimal(std::string_view text);

}  // namespace entente::note
