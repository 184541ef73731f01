#include "client/lib/sent_file.h"

#include <algorithm>
#include <array>
#include <fstream>

#include "proto/contract/running_digest.h"

namespace entente::client {
namespace {

constexpr std::size_t kPieceBytes = 1 << 20;
constexpr std::size_t kReadBytes = 64 << 10;
constexpr int kForgottenMax = 2;

}  // namespace

Result<FileDigest> digest_of(const std::string& path, std::uint64_t bytes_max) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return invalid_argument("file", "`" + path + "` cannot be read");
  RunningDigest digest;
  FileDigest of;
  std::array<char, kReadBytes> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): read into
  while (of.bytes < bytes_max) {
    const auto most = std::min<std::uint64_t>(buffer.size(), bytes_max - of.bytes);
    in.read(buffer.data(), static_cast<std::streamsize>(most));
    const auto got = static_cast<std::size_t>(in.gcount());
    if (got == 0) break;
    digest.add(std::string_view(buffer.data(), got));
    of.bytes += got;
  }
  if (in.bad()) return invalid_argument("file", "`" + path + "` cannot be read to its end");
  of.sha256 = digest.finish();
  return of;
}

Status send_file(const std::string& path, std::uint64_t offset, std::uint64_t size,
                 const Pieces& pieces,
                 const std::function<void(std::uint64_t, std::uint64_t)>& on_progress) {
  std::ifstream in(path, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(offset));
  std::string piece;
  int forgotten = 0;
  while (offset < size) {
    piece.resize(std::min<std::uint64_t>(kPieceBytes, size - offset));
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    piece.resize(static_cast<std::size_t>(in.gcount()));
    if (piece.empty()) return invalid_argument("file", "`" + path + "` has become shorter");
    const Result<std::uint64_t> sent = pieces.send(offset, piece);
    if (sent.ok()) {
      if (*sent == enough) return {};
      offset = *sent;
    } else {
      // The line broke: whether the piece came, the server knows; or nothing more of the upload.
      const Code code = sent.status().code();
      const bool goes_on = code == Code::Unavailable || code == Code::FailedPrecondition ||
                           (code == Code::NotFound && ++forgotten <= kForgottenMax);
      if (!goes_on) return sent.status();
      ENTENTE_TRY(const std::uint64_t stands, patiently<std::uint64_t>(pieces.begin));
      if (stands == enough) return {};
      if (stands == offset && code == Code::FailedPrecondition) return sent.status();
      offset = stands;
      in.clear();
      in.seekg(static_cast<std::streamoff>(offset));
    }
    on_progress(offset, size);
  }
  return {};
}

}  // namespace entente::client
