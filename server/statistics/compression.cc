#include "server/statistics/compression.h"

#include <zlib.h>
#include <zstd.h>

#include <array>

#include "proto/contract/status.h"

namespace entente::statistics {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr int kGzipWindow = 15 + 16;
constexpr int kRawWindow = -15;

class Deflate final : public Compressor {
 public:
  explicit Deflate(int window) {
    ENTENTE_CHECK(deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) ==
                  Z_OK);
  }
  ~Deflate() override { deflateEnd(&stream_); }
  Deflate(const Deflate&) = delete;
  Deflate& operator=(const Deflate&) = delete;

  void take(std::string_view bytes, bool last, std::string& out) override {
    // NOLINTNEXTLINE: zlib's interface is older than const.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream_.next_out = piece_.data();
      stream_.avail_out = static_cast<uInt>(piece_.size());
      ENTENTE_CHECK(deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH) != Z_STREAM_ERROR);
      // NOLINTNEXTLINE: octets are octets.
      out.append(reinterpret_cast<const char*>(piece_.data()), piece_.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

 private:
  z_stream stream_{};
  std::array<Bytef, kPieceBytes> piece_{};
};

class Zstd final : public Compressor {
 public:
  Zstd() : stream_(ZSTD_createCCtx()) { ENTENTE_CHECK(stream_ != nullptr); }
  ~Zstd() override { ZSTD_freeCCtx(stream_); }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;

  void take(std::string_view bytes, bool last, std::string& out) override {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    for (;;) {
      ZSTD_outBuffer piece{piece_.data(), piece_.size(), 0};
      const std::size_t left =
          ZSTD_compressStream2(stream_, &piece, &in, last ? ZSTD_e_end : ZSTD_e_continue);
      ENTENTE_CHECK(ZSTD_isError(left) == 0);
      out.append(piece_.data(), piece.pos);
      if (last ? left == 0 : in.pos == in.size) return;
    }
  }

 private:
  ZSTD_CCtx* stream_;
  std::array<char, kPieceBytes> piece_{};
};

class CompressedSource final : public net::ByteSource {
 public:
  CompressedSource(std::unique_ptr<net::ByteSource> source, Encoding encoding)
      : source_(std::move(source)), compressor_(make_compressor(encoding)) {}

  Result<std::string> read(std::size_t bytes_max) override {
    while (ready_.size() < bytes_max && !ended_) {
      ENTENTE_TRY(const std::string some, source_->read(bytes_max));
      ended_ = some.empty();
      compressor_->take(some, ended_, ready_);
    }
    std::string out = ready_.substr(0, bytes_max);
    ready_.erase(0, out.size());
    return out;
  }

 private:
  std::unique_ptr<net::ByteSource> source_;
  std::unique_ptr<Compressor> compressor_;
  std::string ready_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Compressor> make_compressor(Encoding encoding) {
  if (encoding == Encoding::Zstd) return std::make_unique<Zstd>();
  return std::make_unique<Deflate>(kGzipWindow);
}

std::unique_ptr<Compressor> make_raw_deflate() { return std::make_unique<Deflate>(kRawWindow); }

std::string packed(std::span<const std::string> parts) {
  constexpr int level = 1;                // it is made while somebody waits
  constexpr std::size_t alone_min = 512;  // what fewer save is less than a block's head
  std::size_t bytes = 0;
  for (const std::string& part : parts) bytes += part.size();
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> stream(ZSTD_createCCtx(),
                                                                    ZSTD_freeCCtx);
  ENTENTE_CHECK(stream != nullptr);
  ENTENTE_CHECK(
      !ZSTD_isError(ZSTD_CCtx_setParameter(stream.get(), ZSTD_c_compressionLevel, level)));
  ENTENTE_CHECK(!ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(stream.get(), bytes)));
  // A flush ends a block: its head, and what is left of the codes' last byte.
  constexpr std::size_t flush_bytes_max = 64;
  std::string out(ZSTD_compressBound(bytes) + parts.size() * flush_bytes_max, '\0');
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  for (const std::string& part : parts) {
    ZSTD_inBuffer from{part.data(), part.size(), 0};
    const ZSTD_EndDirective then = &part == &parts.back()    ? ZSTD_e_end
                                   : part.size() > alone_min ? ZSTD_e_flush
                                                             : ZSTD_e_continue;
    const std::size_t left = ZSTD_compressStream2(stream.get(), &to, &from, then);
    ENTENTE_CHECK(from.pos == from.size && (left == 0 || then == ZSTD_e_continue));
  }
  out.resize(to.pos);
  return out;
}

std::optional<std::string> unpacked(std::string_view frame) {
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size > unpacked_bytes_max) return std::nullopt;  // so are zstd's codes for none
  std::string out(size, '\0');
  if (ZSTD_decompress(out.data(), out.size(), frame.data(), frame.size()) != size) {
    return std::nullopt;
  }
  return out;
}

std::uint32_t checksum(std::uint32_t crc, std::string_view bytes) {
  // NOLINTNEXTLINE: octets are octets.
  const auto* octets = reinterpret_cast<const Bytef*>(bytes.data());
  return static_cast<std::uint32_t>(crc32_z(crc, octets, bytes.size()));
}

std::unique_ptr<net::ByteSource> compressed(std::unique_ptr<net::ByteSource> source,
                                            Encoding encoding) {
  return std::make_unique<CompressedSource>(std::move(source), encoding);
}

}  // namespace entente::statistics
