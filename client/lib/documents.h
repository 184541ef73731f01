// Brings documents and fetches them: in pieces, going on where a broken line left off, the digest
// checked at this end too. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "client/lib/client.h"
#include "entente/v1/documents.pb.h"

namespace entente::client {

// Told how far it has come, of how many bytes.
using Progress = std::function<void(std::uint64_t done, std::uint64_t of)>;

struct DocumentFile {
  std::string path;
  v1::BeginContentRequest request;  // without an upload id: the file's digest and the day make one
  std::string certificate_path;     // PEM: who signs
  std::string key_path;
  // Told who will be able to see it, before a byte is sent; false stops. Optional.
  std::function<bool(const v1::Reckoning& readers)> agree;
  // Brings what must be there before the upload is finished; answers what the signature is over
  // beside document_manifest. Optional.
  std::function<Result<std::string>(const std::string& document, const std::string& upload_id)>
      before_finish;
};
// Cancelled: `agree` said no. InvalidArgument: the file cannot be read. Otherwise every Code of the
// rpcs.
[[nodiscard]] Result<v1::Document> upload_document(Client& client, DocumentFile file,
                                                   const Progress& on_progress);

// What the signature is over: docs/documents.md.
[[nodiscard]] std::string document_manifest(const v1::BeginContentRequest& request,
                                            std::string_view sha256);

enum class Opening {
  WhereDue,  // a copy that leaves a receipt, where one is due
  Always,    // likewise, due or not
  Original,  // likewise, without a mark; PermissionDenied: it is for its originator's party
};

struct Fetched {
  std::string path;
  v1::Content content;
  std::uint64_t copy_number = 0;  // 0: no receipt was due
  std::string reading;            // the copy's name, if one was given
  std::string mark;
  std::string document;  // whose reading it is
  Opening opening = Opening::WhereDue;
  std::optional<v1::Receipt>
      receipt;  // not proved yet: the checkpoint over it may be still to come
};
// The content of a document that `language` asks for; empty: its original. Null: there is none.
[[nodiscard]] const v1::Content* content_in(const v1::Document& document,
                                            std::string_view language);
// What a file is called here that another party named so: harmless_name of it, `document` if that
// leaves nothing, and none that stands in the working folder already, itself or its `.part`
// (`note.txt`, or else `note-2.txt`).
[[nodiscard]] std::string unused_name(const std::string& given);

// Fetches a document, or the revision that its name says, into `path`, as KeptFile makes it: whole
// or not at all. DataLoss: what came is not what was promised. InvalidArgument: the file cannot be
// written. Otherwise every Code of the rpcs.
[[nodiscard]] Result<Fetched> fetch_document(Client& client, const v1::Document& document,
                                             const std::string& language, const std::string& path,
                                             Opening opening, const Progress& on_progress);

// That the receipt of a reading is of it, and stands in the ledger; Ok where none was due. What
// entry_of answers.
[[nodiscard]] Status check_receipt(Client& client, const Fetched& fetched);

}  // namespace entente::client
