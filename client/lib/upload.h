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
  v1::BeginUploadRequest request;  // without an upload id: the file's digest and the day make one
  bool dry_run = false;
  std::string certificate_path;  // PEM: who signs
  std::string key_path;
};

// `on_progress` is told how far it has come, of how many bytes.
// The report says whether the file was accepted; one with faults is refused, not an error here.
// InvalidArgument: the file cannot be read. DataLoss (ProofInvalid): the answer is about another
// file. Otherwise every Code of the rpcs.
[[nodiscard]] Result<v1::UploadReport> upload(
    Client& client, UploadFile file,
    const std::function<void(std::uint64_t done, std::uint64_t of)>& on_progress);

// What the signature is over: docs/statistics.md.
[[nodiscard]] std::string upload_manifest(const v1::BeginUploadRequest& request,
                                          std::uint64_t bytes, std::string_view sha256);

}  // namespace entente::client
