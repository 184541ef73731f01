#include "server/documents/extract/zip.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>

#include "proto/contract/limits_search.h"

namespace entente::extract {
namespace {

// APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kDirectoryHeader = 0x02014b50;
constexpr std::uint32_t kDirectoryEnd = 0x06054b50;
constexpr std::size_t kLocalHeaderBytes = 30;
constexpr std::size_t kDirectoryHeaderBytes = 46;
constexpr std::size_t kDirectoryEndBytes = 22;
constexpr std::size_t kCommentMax = 65'535;
constexpr std::size_t kStep = 64 << 10;

// Little-endian, at `at`; the caller has seen to it that it is there.
std::uint32_t u16(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]) |
         static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + 1])) << 8U;
}
std::uint32_t u32(std::string_view bytes, std::size_t at) {
  return u16(bytes, at) | u16(bytes, at + 2) << 16U;
}

// Where the central directory ends, searched from behind: a comment may follow.
std::optional<std::size_t> find_end(std::string_view bytes) {
  if (bytes.size() < kDirectoryEndBytes) return std::nullopt;
  const std::size_t last = bytes.size() - kDirectoryEndBytes;
  for (std::size_t back = 0; back <= std::min(last, kCommentMax); ++back) {
    if (u32(bytes, last - back) == kDirectoryEnd) return last - back;
  }
  return std::nullopt;
}

// The packed bytes of the part whose local header is at `at`.
std::optional<std::string_view> packed_at(std::string_view bytes, std::size_t at,
                                          std::size_t packed_bytes) {
  if (at > bytes.size() || bytes.size() - at < kLocalHeaderBytes ||
      u32(bytes, at) != kLocalHeader) {
    return std::nullopt;
  }
  const std::size_t begin = at + kLocalHeaderBytes + u16(bytes, at + 26) + u16(bytes, at + 28);
  if (begin > bytes.size() || bytes.size() - begin < packed_bytes) return std::nullopt;
  return bytes.substr(begin, packed_bytes);
}

}  // namespace

std::optional<std::vector<Part>> read_zip(std::string_view bytes) {
  const std::optional<std::size_t> end = find_end(bytes);
  if (!end) return std::nullopt;
  std::vector<Part> parts;
  std::size_t at = u32(bytes, *end + 16);
  const std::size_t count = std::min<std::size_t>(u16(bytes, *end + 10), limits::packed_parts_max);
  for (std::size_t n = 0; n < count; ++n) {
    if (at > *end || *end - at < kDirectoryHeaderBytes || u32(bytes, at) != kDirectoryHeader) {
      return std::nullopt;
    }
    const std::size_t name_bytes = u16(bytes, at + 28);
    const std::size_t whole =
        kDirectoryHeaderBytes + name_bytes + u16(bytes, at + 30) + u16(bytes, at + 32);
    if (*end - at < whole) return std::nullopt;
    const std::uint32_t method = u16(bytes, at + 10);
    const auto packed = packed_at(bytes, u32(bytes, at + 42), u32(bytes, at + 20));
    if (!packed) return std::nullopt;
    if (method == 0 || method == Z_DEFLATED) {
      parts.push_back({.name = bytes.substr(at + kDirectoryHeaderBytes, name_bytes),
                       .packed = *packed,
                       .deflated = method == Z_DEFLATED,
                       .encrypted = (u16(bytes, at + 8) & 1U) != 0});
    }
    at += whole;
  }
  return parts;
}

struct Unpacker::Inflation {
  z_stream stream{};
  bool ready = false;
  bool ended = false;
};

Unpacker::Unpacker(const Part& part) : part_(part), inflation_(std::make_unique<Inflation>()) {
  // Raw: a zip archive's parts bear no header of zlib's.
  inflation_->ready = ::inflateInit2(&inflation_->stream, -MAX_WBITS) == Z_OK;
}
Unpacker::~Unpacker() {
  if (inflation_->ready) ::inflateEnd(&inflation_->stream);
}

bool Unpacker::next(std::string& out) {
  out.clear();
  if (!part_.deflated) {
    out = part_.packed.substr(std::min(made_, part_.packed.size()), kStep);
  } else if (!inflation_->ended) {
    z_stream& stream = inflation_->stream;
    if (!inflation_->ready) return false;
    out.resize(kStep);
    if (made_ == 0) {
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part_.packed.data()));
      stream.avail_in = static_cast<uInt>(part_.packed.size());
    }
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int ended = ::inflate(&stream, Z_NO_FLUSH);
    inflation_->ended = ended == Z_STREAM_END;
    out.resize(out.size() - stream.avail_out);
    if (ended != Z_OK && ended != Z_STREAM_END) return false;
    if (ended == Z_OK && out.empty()) return false;  // cut off
  }
  made_ += out.size();
  too_large_ = made_ > limits::unpacked_part_bytes_max;
  return !too_large_;
}

}  // namespace entente::extract
