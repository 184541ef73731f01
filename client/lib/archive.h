// Everything of a process that an account may see, in one signed archive: to be verified and read
// for good, without the server and without our code (docs/archive.md).
//
// One thread; blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "client/lib/client.h"
#include "entente/v1/documents.pb.h"

namespace entente::client {

struct ArchiveOptions {
  std::string process;  // `processes/igc`
  std::string path;     // the archive to be made
  // Only what this party brought (`parties/SWE`), its own part; empty: everything.
  std::string party;
  std::string certificate_path;  // PEM: who signs
  std::string key_path;
  // Told what is being taken in. Optional.
  std::function<void(const std::string& what)> progress;
};

struct ArchiveReport {
  std::uint64_t documents = 0;
  std::uint64_t contents = 0;
  std::uint64_t receipts = 0;  // readings that the ledger now has for it
  std::uint64_t marked = 0;    // copies with the account's name in place of the original
  std::uint64_t circulations = 0;
  std::uint64_t meetings = 0;
  std::uint64_t entries = 0;          // of the ledger
  std::vector<std::string> left_out;  // contents that were not to be had, and why
};

// What is restricted leaves a receipt, and is taken as it was brought by its originator's party and
// by the secretariat of a process that is concluded; by others, as a copy with the account's name.
// InvalidArgument: a file cannot be read or written. Otherwise every Code of the rpcs.
[[nodiscard]] Result<ArchiveReport> make_archive(Client& client, const ArchiveOptions& options);

}  // namespace entente::client
