// Proves who supplied figures, when, and that they are unaltered: the party's signature over the
// manifest, the certificate's and the upload's place in the ledger. The host's word counts for
// nothing of it. One thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/lib/client.h"
#include "entente/v1/evidence.pb.h"
#include "proto/contract/status.h"

namespace entente::client {

struct UploadProof {
  v1::UploadEvidence evidence;
  std::string certificate_der;
  std::string account;  // whose certificate it is, as the ledger has it
  // Where the upload was entered, under the newest checkpoint; empty: the entry is for others
  // than the caller (figures that were confidential or under embargo when they came).
  std::optional<std::uint64_t> entry;
  // Of prove_figure: the row that the figure came in, and where it stands in what was signed.
  std::string row;
  std::string salt;
  std::uint64_t index = 0;
  std::vector<std::string> path;
};

// One observation as the server shows it.
struct SeenFigure {
  std::vector<std::string> key;  // in the structure's order
  std::string period;
  std::string value;  // decimal; empty: reported without a figure
  std::map<std::string, std::string> attributes;
};

// `file_sha256`: of the file as somebody has it; empty: nobody has. NotFound: no such upload, or
// not for the caller. FailedPrecondition: it was not signed. DataLoss (ProofInvalid): what does not
// hold. Otherwise every Code of the calls.
[[nodiscard]] Result<UploadProof> prove_upload(Client& client, const std::string& name,
                                               std::string_view file_sha256);

// The one observation that `query` is for, as it stands. NotFound: there is none, or more than one.
// Otherwise every Code of Query.
[[nodiscard]] Result<SeenFigure> find_figure(Client& client, const v1::QueryRequest& query);

// That the upload which gave the figure has it so, by the party's own signature: without anything
// of the file's other rows. `query`: what the figure was found by; if it is as of a time, so is the
// proof. FailedPrecondition: it was not signed row by row, a later upload left the figure as it
// was, or it is free now and was signed with the mark of what is held back. Otherwise as
// prove_upload.
[[nodiscard]] Result<UploadProof> prove_figure(Client& client, const v1::QueryRequest& query,
                                               const SeenFigure& figure);

}  // namespace entente::client
