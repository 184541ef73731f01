// What the ledger enters: the act, its canonical bytes, and the hiding commitment that is its leaf.
// docs/ledger-format.md gives the bytes with a worked example. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/digest.h"
#include "proto/contract/status.h"

namespace entente {

// What somebody did. Names are resource names; `audience` is the number of the audience that may
// see the entry itself.
struct Act {
  std::string account;  // who: `parties/SWE/accounts/anna`; `operator` for the daemon's own acts
  std::string party;
  std::string session;  // which session, by id
  std::string kind;     // what, as `directory.person.create`; each room lists its own in its header
  std::string object;   // on what: a resource name
  std::vector<std::string> touched;  // what else changed with it (an import): resource names
  std::uint64_t revision = 0;        // the object's revision after the act; 0 where it has none
  std::string
      object_digest;  // SHA-256 of the object's bytes after the act; empty where it has none
  std::uint32_t audience = 0;
  std::string signature;  // detached signature of the originator's client, where the act needs one
  std::string signer_certificate_sha256;

  friend bool operator==(const Act&, const Act&) = default;
};

// An act at its place.
struct Entry {
  std::uint64_t index = 0;
  Instant time{};  // never before the entry before it
  Act act;

  friend bool operator==(const Entry&, const Entry&) = default;
};

inline constexpr std::size_t blinding_bytes = 32;

// The bytes of the act alone, which do not depend on its place.
[[nodiscard]] std::string encode_act(const Act& act);
// The canonical bytes: place and time before the act's. Requires: time at or after 1970.
[[nodiscard]] std::string encode_entry(std::uint64_t index, Instant time, std::string_view act);
[[nodiscard]] std::string encode_entry(const Entry& entry);

// Reads canonical bytes. Strict: exactly what encode_entry writes, so that equal entries have equal
// bytes and the other way round. DataLoss: anything else.
[[nodiscard]] Result<Entry> decode_entry(std::string_view canonical);

// The leaf of the tree: merkle::leaf_hash(SHA-256(blinding || canonical)). The commitment hides:
// who does not know the blinding cannot test a guess of what the entry says. Requires:
// blinding.size() == blinding_bytes.
[[nodiscard]] Digest entry_leaf(std::string_view blinding, std::string_view canonical);

}  // namespace entente
