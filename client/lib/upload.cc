#include "client/lib/upload.h"

#include <openssl/evp.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "client/lib/signature.h"
#include "proto/contract/bytes.h"
#include "proto/contract/clock.h"

namespace entente::client {
namespace {

const std::string kService = "entente.v1.StatisticsService.";
constexpr std::size_t kReadBytes = 1 << 20;
constexpr std::chrono::minutes kPatience{5};  // checking and finishing a large file takes its time

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// The SHA-256 of a file, and how long it is.
Result<std::pair<std::string, std::uint64_t>> digest_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return invalid_argument("file", "`" + path + "` cannot be read");
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
  ENTENTE_CHECK(context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1);
  std::string buffer(kReadBytes, '\0');
  std::uint64_t bytes = 0;
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || in.gcount() > 0) {
    const auto got = static_cast<std::size_t>(in.gcount());
    ENTENTE_CHECK(EVP_DigestUpdate(context.get(), buffer.data(), got) == 1);
    bytes += got;
  }
  if (in.bad()) return invalid_argument("file", "`" + path + "` cannot be read to its end");
  std::string digest(32, '\0');
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  auto* out = reinterpret_cast<unsigned char*>(digest.data());
  ENTENTE_CHECK(EVP_DigestFinal_ex(context.get(), out, nullptr) == 1);
  return std::pair(std::move(digest), bytes);
}

Status send(Client& client, const UploadFile& file, std::uint64_t offset, std::uint64_t size,
            const std::function<void(std::uint64_t, std::uint64_t)>& on_progress) {
  std::ifstream in(file.path, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(offset));
  v1::SendPieceRequest piece;
  piece.set_upload_id(file.request.upload_id());
  std::string buffer(kReadBytes, '\0');
  int lost = 0;
  while (offset < size) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const auto got = static_cast<std::size_t>(in.gcount());
    if (got == 0) return invalid_argument("file", "`" + file.path + "` has become shorter");
    piece.set_offset(offset);
    piece.set_content(buffer.data(), got);
    Result<v1::UploadProgress> sent =
        client.call<v1::UploadProgress>(kService + "SendPiece", piece, {.timeout = kPatience});
    if (sent.ok()) {
      offset = sent->offset();
      lost = 0;
    } else if (sent.status().code() == Code::Unavailable && ++lost < 5) {
      // The line broke: whether the piece came, the server knows.
      ENTENTE_TRY(const v1::UploadProgress stands,
                  client.call<v1::UploadProgress>(kService + "BeginUpload", file.request));
      offset = stands.offset();
      in.clear();
      in.seekg(static_cast<std::streamoff>(offset));
    } else {
      return sent.status();
    }
    on_progress(offset, size);
  }
  return {};
}

}  // namespace

std::string upload_manifest(const v1::BeginUploadRequest& request, std::uint64_t bytes,
                            std::string_view sha256) {
  return "entente-upload/1\n" + request.dataflow() + "\n" +
         v1::UploadAction_Name(request.action()) + "\n" + request.upload_id() + "\n" +
         std::to_string(bytes) + "\n" + to_hex(sha256) + "\n";
}

Result<v1::UploadReport> upload(
    Client& client, UploadFile file,
    const std::function<void(std::uint64_t, std::uint64_t)>& on_progress) {
  using Digested = std::pair<std::string, std::uint64_t>;
  ENTENTE_TRY(const Digested digested, digest_of(file.path));
  const auto& [sha256, size] = digested;
  if (file.request.upload_id().empty()) {
    file.request.set_upload_id(to_hex(sha256).substr(0, 40) + "." +
                               to_rfc3339(SystemClock().now()).substr(0, 10));
  }
  ENTENTE_TRY(const v1::UploadProgress begun,
              client.call<v1::UploadProgress>(kService + "BeginUpload", file.request));
  if (!begun.already_there()) {
    ENTENTE_TRY_VOID(send(client, file, begun.offset(), size, on_progress));
    v1::CheckUploadRequest check;
    check.set_upload_id(file.request.upload_id());
    ENTENTE_TRY(
        v1::UploadReport report,
        client.call<v1::UploadReport>(kService + "CheckUpload", check, {.timeout = kPatience}));
    if (file.dry_run || !report.accepted()) return report;
  }
  v1::FinishUploadRequest finish;
  finish.set_upload_id(file.request.upload_id());
  finish.set_sha256(sha256);
  ENTENTE_TRY(const Signature signature,
              sign_detached(file.certificate_path, file.key_path,
                            upload_manifest(file.request, size, sha256)));
  finish.set_signature(signature.der);
  finish.set_signer_certificate_sha256(signature.certificate_sha256);
  ENTENTE_TRY(
      v1::UploadReport report,
      client.call<v1::UploadReport>(kService + "FinishUpload", finish, {.timeout = kPatience}));
  // An old answer in the place of this one would hide that this file was thrown away.
  if (report.accepted() && (report.sha256() != sha256 ||
                            !report.name().starts_with(file.request.dataflow() + "/uploads/"))) {
    return Status(Code::DataLoss, Reason::ProofInvalid,
                  "the server answered for another file than the one that was brought");
  }
  return report;
}

}  // namespace entente::client
