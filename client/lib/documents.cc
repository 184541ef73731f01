#include "client/lib/documents.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <filesystem>

#include "client/lib/entered.h"
#include "client/lib/kept_file.h"
#include "client/lib/lie.h"
#include "client/lib/sent_file.h"
#include "client/lib/signature.h"
#include "proto/contract/bytes.h"
#include "proto/contract/clock.h"
#include "proto/contract/digest.h"
#include "proto/contract/file_name.h"
#include "proto/contract/running_digest.h"

namespace entente::client {
namespace {

const std::string kDocuments = "entente.v1.DocumentService.";
constexpr std::chrono::minutes kPatience{5};  // sealing and marking a large file takes its time
constexpr int kLinesLostMax = 5;              // in a row

// The same file as the same document counts once a day.
std::string upload_id_of(const v1::BeginContentRequest& request, std::string_view file_sha256) {
  std::string said;
  {
    google::protobuf::io::StringOutputStream out(&said);
    google::protobuf::io::CodedOutputStream coded(&out);
    coded.SetSerializationDeterministic(true);
    ENTENTE_CHECK(request.SerializeToCodedStream(&coded));
  }
  return to_hex(as_view(sha256({said, file_sha256}))).substr(0, 40) + "." +
         to_rfc3339(SystemClock().now()).substr(0, 10);
}

Status send(Client& client, const DocumentFile& file, std::uint64_t offset,
            const Progress& on_progress) {
  v1::SendContentRequest piece;
  piece.set_upload_id(file.request.upload_id());
  Pieces pieces;
  pieces.send = [&](std::uint64_t at, std::string& content) -> Result<std::uint64_t> {
    piece.set_offset(at);
    piece.mutable_content()->swap(content);
    const auto sent =
        client.call<v1::ContentProgress>(kDocuments + "SendContent", piece, {.timeout = kPatience});
    piece.mutable_content()->swap(content);  // for the next
    ENTENTE_TRY_VOID(sent.status());
    return sent->offset();
  };
  pieces.begin = [&]() -> Result<std::uint64_t> {
    ENTENTE_TRY(const v1::ContentProgress stands,
                client.call<v1::ContentProgress>(kDocuments + "BeginContent", file.request));
    return stands.offset();
  };
  return send_file(file.path, offset, file.request.content().bytes(), pieces, on_progress);
}

// What the server said of the whole, in its first message; and what has come of it.
struct Coming {
  std::uint64_t bytes = 0;
  std::string sha256;  // of all but the trailer
  std::uint64_t trailer_bytes = 0;
  std::uint64_t offset = 0;
  RunningDigest digest;

  void add(std::string_view some) {
    const std::uint64_t body = bytes - std::min(trailer_bytes, bytes);
    digest.add(some.substr(0, std::min<std::uint64_t>(some.size(), body - std::min(offset, body))));
    offset += some.size();
  }
};

Status receive(Client& client, v1::ReadContentRequest request, KeptFile& file, Coming& coming,
               const Progress& on_progress) {
  int lost = 0;
  for (;;) {
    request.set_offset(coming.offset);
    bool written = true;
    const Status ended = client.stream<v1::ContentPart>(
        kDocuments + "ReadContent", request,
        [&](const v1::ContentPart& part) {
          if (part.total_bytes() != 0) {
            coming.bytes = part.total_bytes();
            coming.sha256 = part.sha256();
            coming.trailer_bytes = part.trailer_bytes();
          }
          written =
              part.offset() == coming.offset &&
              static_cast<bool>(file.out().write(
                  part.content().data(), static_cast<std::streamsize>(part.content().size())));
          if (!written) return false;
          coming.add(part.content());
          lost = 0;
          on_progress(coming.offset, coming.bytes);
          return true;
        },
        {.timeout = kPatience});
    if (!written) return file.unwritable();
    if (ended.ok()) return {};
    if (ended.code() != Code::Unavailable || ++lost >= kLinesLostMax) return ended;
  }
}

}  // namespace

std::string document_manifest(const v1::BeginContentRequest& request, std::string_view sha256) {
  const v1::Content& content = request.content();
  return "entente-document/1\n" + request.document().name() + "\n" + request.document().process() +
         "\n" + request.upload_id() + "\n" + content.language() + "\n" + content.file_name() +
         "\n" + content.media_type() + "\n" + std::to_string(content.bytes()) + "\n" +
         to_hex(sha256) + "\n";
}

Result<v1::Document> upload_document(Client& client, DocumentFile file,
                                     const Progress& on_progress) {
  ENTENTE_TRY(const FileDigest digest, digest_of(file.path));
  const auto& [sha256, size] = digest;
  file.request.mutable_content()->set_bytes(size);
  if (file.request.upload_id().empty()) {
    file.request.set_upload_id(upload_id_of(file.request, sha256));
  }
  ENTENTE_TRY(const v1::ContentProgress begun,
              client.call<v1::ContentProgress>(kDocuments + "BeginContent", file.request));
  if (!begun.already_there()) {
    if (file.agree && !file.agree(begun.readers())) {
      return Status(Code::Cancelled, Reason::None, "nothing was sent");
    }
    ENTENTE_TRY_VOID(send(client, file, begun.offset(), on_progress));
  }
  v1::FinishContentRequest finish;
  finish.set_upload_id(file.request.upload_id());
  finish.set_sha256(sha256);
  std::string manifest = document_manifest(file.request, sha256);
  if (file.before_finish && !begun.already_there()) {
    ENTENTE_TRY(const std::string more,
                file.before_finish(begun.document(), file.request.upload_id()));
    manifest += more;
  }
  ENTENTE_TRY(const Signature signature,
              sign_detached(file.certificate_path, file.key_path, manifest));
  finish.set_signature(signature.der);
  finish.set_signer_certificate_sha256(signature.certificate_sha256);
  const auto of_this_file = [&, name = begun.document()](const Entry& entry) {
    const bool is_own = entry.act.object_digest == finish.sha256() && entry.act.object == name;
    return is_own ? Status() : lie("the server entered another content than was sent");
  };
  return client.call<v1::Document>(kDocuments + "FinishContent", finish,
                                   {.timeout = kPatience, .entry_must = of_this_file});
}

const v1::Content* content_in(const v1::Document& document, std::string_view language) {
  const auto& contents = document.contents();
  const auto found = std::find_if(contents.begin(), contents.end(), [&](const v1::Content& one) {
    return language.empty() ? one.status() == v1::Content::ORIGINAL : one.language() == language;
  });
  if (found != contents.end()) return &*found;
  return language.empty() && !contents.empty() ? &contents[0] : nullptr;
}

std::string unused_name(const std::string& given) {
  const std::string name = harmless_name(given);
  const std::filesystem::path file = name.empty() ? "document" : name;
  const auto stands = [](const std::string& path) {
    std::error_code error;
    return std::filesystem::exists(std::filesystem::symlink_status(path, error));
  };
  std::string unused = file.string();
  for (int n = 2; stands(unused) || stands(unused + ".part"); ++n) {
    unused = file.stem().string() + "-" + std::to_string(n) + file.extension().string();
  }
  return unused;
}

Result<Fetched> fetch_document(Client& client, const v1::Document& document,
                               const std::string& language, const std::string& path,
                               Opening opening, const Progress& on_progress) {
  // First: what then cannot be kept leaves no receipt.
  ENTENTE_TRY(KeptFile file, KeptFile::create(path));
  Fetched fetched;
  fetched.path = path;
  v1::ReadContentRequest request;
  request.set_name(document.name());
  request.set_language(language);
  if (opening != Opening::WhereDue || document.visibility().handling() >= v1::HANDLING_RESTRICTED) {
    v1::OpenDocumentRequest open;
    open.set_name(document.name());
    open.set_language(language);
    open.set_original(opening == Opening::Original);
    ENTENTE_TRY(const v1::Reading reading,
                client.call<v1::Reading>(kDocuments + "OpenDocument", open));
    request.set_name(reading.name());
    fetched.copy_number = reading.copy_number();
    fetched.reading = reading.name();
    fetched.mark = reading.mark();
    fetched.content = reading.content();
    fetched.document = document.name().substr(0, document.name().find("/revisions/"));
    fetched.opening = opening;
    if (reading.has_receipt()) fetched.receipt = reading.receipt();
  }
  Coming coming;
  ENTENTE_TRY_VOID(receive(client, request, file, coming, on_progress));
  // A marked PDF is no longer what was brought; all else is, but for its trailer.
  const bool is_marked_within = !fetched.mark.empty() && coming.trailer_bytes == 0;
  const v1::Content* const brought =
      fetched.reading.empty() ? content_in(document, language) : &fetched.content;
  const bool is_other =
      !is_marked_within && brought != nullptr && coming.sha256 != brought->sha256();
  if (coming.offset != coming.bytes || coming.digest.finish() != coming.sha256 || is_other) {
    return Status(Code::DataLoss, Reason::ProofInvalid,
                  "what came is not what was promised; nothing was kept");
  }
  ENTENTE_TRY_VOID(file.finish());
  return fetched;
}

Status check_receipt(Client& client, const Fetched& fetched) {
  if (fetched.reading.empty()) return {};
  if (!fetched.receipt) {
    return lie("the server gave a copy of `" + fetched.document + "` without its receipt");
  }
  return entry_of(client, *fetched.receipt,
                  {.kind = fetched.opening == Opening::Original ? "documents.document.take"
                                                                : "documents.document.read",
                   .object = fetched.document,
                   .object_digest = {},
                   .signature = {},
                   .touched = fetched.reading})
      .status();
}

}  // namespace entente::client
