#include "client/lib/upload.h"

#include <filesystem>
#include <fstream>
#include <memory>

#include "client/lib/entered.h"
#include "client/lib/rows.h"
#include "client/lib/sent_file.h"
#include "client/lib/signature.h"
#include "entente/v1/evidence.pb.h"
#include "entente/v1/history.pb.h"
#include "proto/contract/bytes.h"
#include "proto/contract/clock.h"
#include "proto/contract/digest.h"
#include "proto/contract/manifest.h"
#include "proto/contract/row_tree.h"
#include "proto/formats/row_texts.h"

namespace entente::client {
namespace {

const std::string kStatistics = "entente.v1.StatisticsService.";
constexpr std::chrono::minutes kPatience{5};  // checking and finishing a large file takes its time

template <typename Rep>
Result<Rep> call_patiently(Client& client, const char* rpc, const Message& in) {
  return patiently<Rep>(
      [&] { return client.call<Rep>(kStatistics + rpc, in, {.timeout = kPatience}); });
}

}  // namespace

Result<v1::UploadFormat> format_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return invalid_argument("file", "`" + path + "` cannot be read");
  std::string start(256, '\0');
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(in.gcount()));
  std::string_view text = start;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  // UTF-16 has a zero beside each of these; XML may come in it.
  const std::size_t first = text.find_first_not_of(std::string_view(" \t\r\n\0\xff\xfe", 7));
  if (first == std::string_view::npos) return v1::SDMX_CSV;
  return text[first] == '<' ? v1::SDMX_ML : text[first] == '{' ? v1::SDMX_JSON : v1::SDMX_CSV;
}

namespace {

// A file that cannot be read on is refused whatever still came of it.
std::uint64_t wanted_from(const v1::UploadProgress& progress) {
  return progress.stopped() ? enough : progress.offset();
}

Status send(Client& client, const UploadFile& file, std::uint64_t offset, std::uint64_t size,
            const std::function<void(std::uint64_t, std::uint64_t)>& on_progress) {
  v1::SendPieceRequest piece;
  piece.set_upload_id(file.request.upload_id());
  Pieces pieces;
  pieces.send = [&](std::uint64_t at, std::string& content) -> Result<std::uint64_t> {
    piece.set_offset(at);
    piece.mutable_content()->swap(content);
    const auto sent =
        client.call<v1::UploadProgress>(kStatistics + "SendPiece", piece, {.timeout = kPatience});
    piece.mutable_content()->swap(content);  // for the next
    ENTENTE_TRY_VOID(sent.status());
    return wanted_from(*sent);
  };
  pieces.begin = [&]() -> Result<std::uint64_t> {
    ENTENTE_TRY(const v1::UploadProgress stands,
                client.call<v1::UploadProgress>(kStatistics + "BeginUpload", file.request,
                                                {.timeout = kPatience}));
    return wanted_from(stands);
  };
  return send_file(file.path, offset, size, pieces, on_progress);
}

// What is signed; without an id it makes one: the same file to the same end has the same.
std::string manifest_of(const v1::BeginUploadRequest& request, const FileDigest& digest,
                        std::string_view mapping) {
  const Digest of_mapping = sha256(mapping);
  const std::string action = v1::UploadAction_Name(request.action());
  return upload_manifest({.dataflow = request.dataflow(),
                          .action = action,
                          .upload_id = request.upload_id(),
                          .bytes = digest.bytes,
                          .sha256 = digest.sha256,
                          .mapping_sha256 = mapping.empty() ? "" : as_view(of_mapping)});
}

// Reads the file's rows beside the sending of it, unless nothing will be signed.
Result<std::unique_ptr<RowRoots>> read_rows(Client& client, const UploadFile& file,
                                            const std::string& mapping, const std::string& seed) {
  if (file.dry_run) return std::unique_ptr<RowRoots>();
  RowsFile rows{.path = file.path, .format = file.request.format(), .mapping = {}, .flow = {}};
  if (!rows.mapping.ParseFromString(mapping)) {
    return invalid_argument("mapping", "does not decode");
  }
  ENTENTE_TRY(rows.flow, shape_of(client, file.request.dataflow()));
  return std::make_unique<RowRoots>(std::move(rows), seed);
}

// What is signed is over each row by itself: as this client reads them, which must be as the server
// did. `words`, over the file as a whole, as they are if the rows are too many.
Result<std::string> commit_rows(Client& client, const UploadFile& file, RowRoots& rows,
                                const std::string& seed, std::string words) {
  ENTENTE_TRY(const auto roots, rows.wait());
  if (!roots) return words;
  v1::CommitRowsRequest request;
  request.set_upload_id(file.request.upload_id());
  request.set_seed(seed);
  for (const Digest& one : *roots) request.add_roots(std::string(as_view(one)));
  ENTENTE_TRY(const auto committed,
              client.call<v1::CommittedRows>("entente.v1.EvidenceService.CommitRows", request,
                                             {.timeout = kPatience}));
  const row_tree::Forest forest(seed, *roots);
  const Digest& root = forest.root();
  const std::string columns = statistics::columns_of(rows.shape());
  if (committed.too_many() || committed.root() != as_view(root) || committed.columns() != columns) {
    return Status(Code::DataLoss, Reason::ProofInvalid,
                  "the server has read the file otherwise than this client does");
  }
  const Digest blind = row_tree::file_blind(seed);
  const Digest hidden = sha256({as_view(blind), words});
  return rows_manifest({.dataflow = file.request.dataflow(),
                        .action = v1::UploadAction_Name(file.request.action()),
                        .columns = columns,
                        .root = std::string(as_view(root)),
                        .file_hash = std::string(as_view(hidden))});
}

// `words` and `signature`: what this client signed; what was kept before it has others.
Status check_receipt(Client& client, const v1::UploadReport& report, std::string_view words,
                     std::string_view signature) {
  const Digest of_words = sha256(words);
  AskedAct asked{.kind = "statistics.upload.repeat",
                 .object = report.name(),
                 .object_digest = {},
                 .signature = {},
                 .touched = {}};
  if (!report.repeated()) {
    asked.kind = "statistics.upload";
    asked.signature = signature;
    asked.object_digest = words.starts_with("entente-upload/1") ? std::string_view(report.sha256())
                                                                : as_view(of_words);
  }
  return entry_of(client, report.receipt(), asked).status();
}

// The same file to the same end, under the same conditions, has the same id all day: what broke off
// is found again, and counts once. `anew`: one that nothing had before.
std::string id_for(const v1::BeginUploadRequest& request, const FileDigest& digest, bool anew) {
  v1::BeginUploadRequest conditions = request;
  conditions.clear_upload_id();
  const Digest words =
      sha256({manifest_of(conditions, digest, request.mapping()), conditions.SerializeAsString()});
  std::string id =
      to_hex(as_view(words)).substr(0, 40) + "." + to_rfc3339(SystemClock().now()).substr(0, 10);
  if (anew) id += "." + to_hex(SystemEntropy().bytes(6));
  return id;
}

Result<v1::UploadReport> bring(
    Client& client, const UploadFile& file, const FileDigest& digest,
    const std::function<void(std::uint64_t, std::uint64_t)>& on_progress) {
  const v1::BeginUploadRequest& request = file.request;
  ENTENTE_TRY(const v1::UploadProgress begun,
              call_patiently<v1::UploadProgress>(client, "BeginUpload", request));
  // What this account gave is what it signs; where it named a mapping, what the server showed.
  const std::string& mapping = request.mapping().empty() ? begun.mapping() : request.mapping();
  const std::string seed = SystemEntropy().bytes(row_tree::seed_bytes);
  std::unique_ptr<RowRoots> rows;
  if (!begun.already_there()) {
    ENTENTE_TRY(rows, read_rows(client, file, mapping, seed));
    ENTENTE_TRY_VOID(send(client, file, wanted_from(begun), digest.bytes, on_progress));
    v1::CheckUploadRequest check;
    check.set_upload_id(request.upload_id());
    ENTENTE_TRY(v1::UploadReport report,
                call_patiently<v1::UploadReport>(client, "CheckUpload", check));
    if (file.dry_run || !report.accepted()) return report;
  }
  v1::FinishUploadRequest finish;
  finish.set_upload_id(request.upload_id());
  finish.set_sha256(digest.sha256);
  std::string words = manifest_of(request, digest, mapping);
  if (rows) {
    ENTENTE_TRY(words, commit_rows(client, file, *rows, seed, std::move(words)));
  }
  ENTENTE_TRY(const Signature signature,
              sign_detached(file.certificate_path, file.key_path, words));
  finish.set_signature(signature.der);
  finish.set_signer_certificate_sha256(signature.certificate_sha256);
  ENTENTE_TRY(v1::UploadReport report,
              call_patiently<v1::UploadReport>(client, "FinishUpload", finish));
  if (!report.accepted()) return report;
  // An old answer in the place of this one would hide that this file was thrown away.
  if (report.sha256() != digest.sha256 ||
      !report.name().starts_with(request.dataflow() + "/uploads/")) {
    return Status(Code::DataLoss, Reason::ProofInvalid,
                  "the server answered for another file than the one that was brought");
  }
  ENTENTE_TRY_VOID(check_receipt(client, report, words, signature.der));
  // What was sent twice because an answer was lost was brought by this client all the same.
  if (!begun.already_there()) report.set_repeated(false);
  return report;
}

}  // namespace

Result<v1::UploadReport> upload(
    Client& client, UploadFile file,
    const std::function<void(std::uint64_t, std::uint64_t)>& on_progress) {
  constexpr int attempts = 3;
  ENTENTE_TRY(const FileDigest digest, digest_of(file.path));
  const bool is_named = !file.request.upload_id().empty();
  // A dry run is weighed against what is there now, not against what was when it ran before.
  bool anew = file.again || file.dry_run;
  for (int i = 1;; ++i) {
    if (!is_named) file.request.set_upload_id(id_for(file.request, digest, anew));
    Result<v1::UploadReport> report = bring(client, file, digest, on_progress);
    if (is_named || i == attempts || report.status().code() != Code::Aborted) return report;
    anew = true;  // under its old id it stays weighed against what is there no longer
  }
}

Result<v1::UploadReport> withdraw_upload(Client& client, const std::string& name,
                                         const std::string& certificate_path,
                                         const std::string& key_path) {
  v1::WithdrawUploadRequest request;
  request.set_name(name);
  const std::string request_words = withdrawal_manifest(name);
  ENTENTE_TRY(const Signature signature, sign_detached(certificate_path, key_path, request_words));
  request.set_signature(signature.der);
  request.set_signer_certificate_sha256(signature.certificate_sha256);
  ENTENTE_TRY(v1::UploadReport report,
              client.call<v1::UploadReport>("entente.v1.HistoryService.WithdrawUpload", request,
                                            {.timeout = kPatience}));
  if (report.sha256() != as_view(sha256(request_words))) {
    return Status(Code::DataLoss, Reason::ProofInvalid,
                  "the server answered for another upload than the one to be taken back");
  }
  ENTENTE_TRY_VOID(check_receipt(client, report, request_words, signature.der));
  return report;
}

}  // namespace entente::client
