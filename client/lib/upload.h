// Brings a file of figures to a dataflow: in pieces, going on where a broken line left off, signed
// by the account's key. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "client/lib/client.h"
#include "entente/v1/statistics.pb.h"

namespace entente::client {

struct UploadFile {
  std::string path;
  // Without an upload id one is made of the file's digest, all that is asked for and the day, so
  // that what broke off is gone on with.
  v1::BeginUploadRequest request;
  bool dry_run = false;
  bool again = false;            // as another upload, though this one is there already
  std::string certificate_path;  // PEM: who signs
  std::string key_path;
};

// `on_progress` is told how far it has come, of how many bytes. A line that breaks is waited for,
// about a minute, and the upload goes on from where the server stands.
// Where another upload of the party came meanwhile it is sent once more, unless the request has an
// id. The report says whether the file was accepted; one with faults is refused, not an error here.
// `repeated`: nothing was sent, for this upload was there already.
// InvalidArgument: the file cannot be read. DataLoss (ProofInvalid): the answer is about another
// file, or its receipt for another act than this one. Otherwise every Code of the rpcs.
[[nodiscard]] Result<v1::UploadReport> upload(
    Client& client, UploadFile file,
    const std::function<void(std::uint64_t done, std::uint64_t of)>& on_progress);

// Takes an upload back, signed by the account's key. DataLoss (ProofInvalid): the receipt is for
// another act. Otherwise every Code of the rpc.
[[nodiscard]] Result<v1::UploadReport> withdraw_upload(Client& client, const std::string& name,
                                                       const std::string& certificate_path,
                                                       const std::string& key_path);

// What a file that begins so most likely is: `<` is SDMX-ML, `{` SDMX-JSON, else SDMX-CSV.
// InvalidArgument: it cannot be read.
[[nodiscard]] Result<v1::UploadFormat> format_of(const std::string& path);

}  // namespace entente::client
