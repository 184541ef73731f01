// The body of a confidential document, sealed chunk by chunk: AES-256-GCM under a key that seals
// nothing else, as STREAM orders it (docs/sealing.md), so that what is missing, twice, out of place
// or of another body does not open, and a range can be opened without the rest. Nothing comes out
// before its tag was checked; a body of any length takes two chunks of memory. Any thread.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

#include "proto/contract/limits_documents.h"
#include "proto/contract/secret.h"
#include "proto/contract/status.h"

namespace entente::client {

struct BodyKey {
  Secret key;         // 32 bytes
  std::string nonce;  // 7 bytes

  // A key that no body had before. Internal: the system has no entropy.
  [[nodiscard]] static Result<BodyKey> fresh();
};

// Of a body, sealed.
[[nodiscard]] std::uint64_t sealed_bytes(std::uint64_t bytes);

struct BodyDigests {
  std::uint64_t bytes = 0;    // of the body itself
  std::string sha256;         // of it
  std::string sealed_sha256;  // of its sealed chunks, laid end to end
};

// Seals all of `in` into `out`. InvalidArgument: there is nothing in it, it is longer than
// `sealed_bytes_max` sealed, or one of the two cannot be read or written.
[[nodiscard]] Result<BodyDigests> seal_body(
    const BodyKey& key, std::istream& in, std::ostream& out,
    std::uint64_t sealed_bytes_max = limits::content_bytes_max);

// Opens all of `in`, a body of `bytes`, into `out`. DataLoss (ProofInvalid): it is not what was
// sealed, or not whole. InvalidArgument: `out` cannot be written.
[[nodiscard]] Result<BodyDigests> open_body(const BodyKey& key, std::uint64_t bytes,
                                            std::istream& in, std::ostream& out);

// Opens the bytes from `offset` on, at most `length`, of what `in` can be sought in. As open_body.
[[nodiscard]] Result<std::string> open_range(const BodyKey& key, std::uint64_t bytes,
                                             std::istream& in, std::uint64_t offset,
                                             std::size_t length);

}  // namespace entente::client
