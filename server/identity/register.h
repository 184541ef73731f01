// The rows of identity/ in the store: accounts, failures, application passwords, certificates,
// trust. Knows how they lie, and no rule about them. docs/key-layout.md lists the tables.
//
// Threads: any; a Snapshot or Transaction belongs to its caller. A row that does not decode is
// DataLoss, from every function.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/digest.h"
#include "proto/contract/status.h"
#include "server/identity/certificate_uri.h"
#include "server/identity/record.pb.h"
#include "server/store/store.h"

namespace entente::identity {

class Register {
 public:
  // The store outlives it.
  explicit Register(const store::Store& store) : store_(store) {}

  using Snapshot = store::Snapshot;
  using Transaction = store::Transaction;

  Result<std::optional<record::Account>> account(Snapshot& in, std::string_view name) const;
  void put(Transaction& in, const AccountName& name, const record::Account& account) const;
  // Sorted by name.
  Result<std::vector<record::Account>> accounts_of(Snapshot& in, std::string_view party) const;

  Result<std::optional<record::Failures>> failures(Snapshot& in, std::string_view account,
                                                   const Digest& certificate) const;
  Result<std::vector<record::Failures>> failures_of(Snapshot& in, std::string_view account) const;
  void put(Transaction& in, const record::Failures& failures) const;
  void erase(Transaction& in, const record::Failures& failures) const;

  // `id` is the last part of its name: 32 hexadecimal digits.
  Result<std::optional<record::ApplicationPassword>> application_password(
      Snapshot& in, std::string_view account, std::string_view id) const;
  Result<std::vector<record::ApplicationPassword>> application_passwords_of(
      Snapshot& in, std::string_view account) const;
  void put(Transaction& in, std::string_view id, const record::ApplicationPassword& row) const;
  void erase_application_password(Transaction& in, std::string_view account,
                                  std::string_view id) const;

  Result<std::optional<record::Certificate>> certificate(Snapshot& in, const Digest& sha256) const;
  // Sorted by fingerprint.
  Result<std::vector<record::Certificate>> certificates_of(Snapshot& in,
                                                           std::string_view party) const;
  void put(Transaction& in, const record::Certificate& certificate) const;

  Result<std::vector<record::Anchor>> anchors(Snapshot& in) const;  // of all parties
  Result<std::vector<record::Anchor>> anchors_of(Snapshot& in, std::string_view party) const;
  void put(Transaction& in, const record::Anchor& anchor) const;
  void erase(Transaction& in, const record::Anchor& anchor) const;

  Result<std::optional<record::AnchorProposal>> proposal(Snapshot& in,
                                                         std::string_view digest) const;
  void put(Transaction& in, const record::AnchorProposal& proposal) const;
  void erase(Transaction& in, const record::AnchorProposal& proposal) const;

  Result<std::vector<record::RevocationList>> crls(Snapshot& in) const;  // of all parties
  Result<std::vector<record::RevocationList>> crls_of(Snapshot& in, std::string_view party) const;
  void put(Transaction& in, const record::RevocationList& crl) const;

  Result<std::optional<record::FolderTrust>> folder_trust(Snapshot& in,
                                                          std::string_view party) const;
  void put(Transaction& in, const record::FolderTrust& trust) const;

  Result<std::vector<record::Endings>> endings(Snapshot& in) const;  // of all parties
  Result<std::uint64_t> endings_of(Snapshot& in, std::string_view party) const;
  void put(Transaction& in, const record::Endings& endings) const;

 private:
  store::Id party_id(std::string_view party) const;
  store::Id account_id(std::string_view name) const;
  store::Id digest_id(std::string_view digest) const;
  store::Key failures_key(std::string_view account, std::string_view certificate) const;
  const store::Store& store_;
};

}  // namespace entente::identity
