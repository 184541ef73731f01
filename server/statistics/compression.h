// Bytes made smaller while they pass: gzip and raw deflate (zlib), zstd. The libraries stop here.
//
// One thread each.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "server/net/method_table.h"
#include "server/statistics/query/negotiation.h"

namespace entente::statistics {

// Below it, what compressing takes and adds is more than it saves; bytes.
inline constexpr std::size_t worth_compressing = 1'024;

class Compressor {
 public:
  virtual ~Compressor() = default;
  // Appends to `out` what there is of `bytes` so far; with `last`, all the rest.
  virtual void take(std::string_view bytes, bool last, std::string& out) = 0;
};

// Requires: not Identity.
[[nodiscard]] std::unique_ptr<Compressor> make_compressor(Encoding encoding);
// What stands in a zip archive.
[[nodiscard]] std::unique_ptr<Compressor> make_raw_deflate();

// All of it, one behind the other, as one zstd frame (RFC 8878) whose blocks end where a part of
// some size does, for then each is told by codes of its own; and back. Nothing: it is none, or
// longer than `unpacked_bytes_max`.
inline constexpr std::size_t unpacked_bytes_max = 16 << 20;
[[nodiscard]] std::string packed(std::span<const std::string> parts);
[[nodiscard]] std::optional<std::string> unpacked(std::string_view frame);

// The CRC-32 of what had this one so far, and of `bytes`.
[[nodiscard]] std::uint32_t checksum(std::uint32_t crc, std::string_view bytes);

// `source`, compressed while it is read.
[[nodiscard]] std::unique_ptr<net::ByteSource> compressed(std::unique_ptr<net::ByteSource> source,
                                                          Encoding encoding);

}  // namespace entente::statistics
