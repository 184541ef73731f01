// Confidential documents, end to end: seals and sends one, fetches and opens one, shares one on.
// What leaves this client is sealed; what the server answers is proved or refused. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "client/lib/documents.h"
#include "client/lib/envelope.h"
#include "client/lib/recipients.h"
#include "proto/contract/witness.h"

namespace entente::client {

// The hand that seals: an account's key, and whom it trusts to look at the ledger.
struct SealingHand {
  SigningFiles files;
  std::string account;     // `parties/SWE/accounts/anna`
  std::string ledger_key;  // C2SP
  std::vector<witness::Trusted> witnesses;
  std::string work_dir;  // where the sealed body lies until it is sent; never anything in clear
};

struct SealFile {
  std::string path;
  // As for upload_document; its title, abstract, file name and media type are sealed, not sent.
  v1::BeginContentRequest request;
  std::set<std::string> without;  // offices that are left out
  // Told who can open it, and what to know beforehand, before anything is sent; false stops.
  std::function<bool(const Recipients& recipients, const std::string& warning)> agree;
};

// Seals a file and sends it: a new document, or another content of one. FailedPrecondition: fewer
// than two other parties' witnesses have looked at the ledger within seven days. What
// prove_recipients and upload_document return.
[[nodiscard]] Result<v1::Document> seal_and_send(Client& client, const Clock& clock,
                                                 const SealingHand& hand, SealFile file,
                                                 const Progress& on_progress);

struct Opened {
  v1::SealedManifest manifest;  // without its key
  std::string path;
  std::uint64_t copy_number = 0;
  std::vector<v1::SealRecipient> recipients;  // of the envelope that opened
};

// Fetches a document and opens it with one of `keys` into `path`; into unused_name of the file name
// that was sealed, in the present folder, if `path` is empty. The reading leaves a receipt.
// DataLoss (ProofInvalid): it is not what its originator sealed. FailedPrecondition: it is not
// sealed to an office whose key is here. What fetch_document returns.
[[nodiscard]] Result<Opened> fetch_and_open(Client& client, const std::vector<OfficeKey>& keys,
                                            const v1::Document& document,
                                            const std::string& language, const std::string& path,
                                            const Progress& on_progress);

// The same into memory and nowhere else, of one of its contents: what its envelope says, and the
// content itself if it is no longer than `bytes_max`. `folder`: where the sealed bytes lie
// meanwhile.
struct OpenedHere {
  v1::SealedManifest manifest;  // without its key
  std::string content;          // empty: it is longer
};
[[nodiscard]] Result<OpenedHere> open_here(Client& client, const std::vector<OfficeKey>& keys,
                                           const v1::Document& document, const v1::Content& content,
                                           const std::string& folder, std::uint64_t bytes_max);

// Seals a document on to the offices of its audience that have no envelope of it yet. Answers to
// whom; empty: everybody has one. What fetch_and_open and prove_recipients return.
[[nodiscard]] Result<Recipients> share_on(Client& client, const Clock& clock,
                                          const SealingHand& hand,
                                          const std::vector<OfficeKey>& keys,
                                          const v1::Document& document, const std::string& language,
                                          const std::set<std::string>& without);

}  // namespace entente::client
