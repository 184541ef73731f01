#include "server/identity/register.h"

#include <algorithm>

namespace entente::identity {
namespace {

using store::Key;
using store::Table;

// On disk: never renumber.
constexpr Table accounts_table{0x20};            // account | Account
constexpr Table party_accounts_table{0x21};      // party, account | the account's name
constexpr Table failures_table{0x22};            // account, certificate | Failures
constexpr Table application_table{0x23};         // account, id | ApplicationPassword
constexpr Table certificates_table{0x24};        // certificate | Certificate
constexpr Table party_certificates_table{0x25};  // party, certificate | its SHA-256
constexpr Table anchors_table{0x26};             // party, anchor | Anchor
constexpr Table proposals_table{0x27};           // proposal | AnchorProposal
constexpr Table crls_table{0x28};                // party, issuer | RevocationList
constexpr Table folder_table{0x29};              // party | FolderTrust
constexpr Table endings_table{0x2A};             // party | Endings

template <typename T>
Result<T> decode(const std::string& bytes) {
  T out;
  if (!out.ParseFromString(bytes)) {
    return Status(Code::DataLoss, Reason::None, "internal error")
        .with_detail("a row of identity does not decode");
  }
  return out;
}

template <typename T>
Result<std::optional<T>> find(store::Snapshot& in, const Key& key) {
  ENTENTE_TRY(const std::optional<std::string> bytes, in.find(key));
  if (!bytes) return std::optional<T>();
  ENTENTE_TRY(T row, decode<T>(*bytes));
  return std::optional<T>(std::move(row));
}

template <typename T>
Result<std::vector<T>> scan(store::Snapshot& in, const Key& prefix) {
  std::vector<T> rows;
  const std::unique_ptr<store::Cursor> cursor = in.scan(prefix);
  for (; cursor->valid(); cursor->next()) {
    ENTENTE_TRY(const std::string bytes, cursor->value());
    ENTENTE_TRY(T row, decode<T>(bytes));
    rows.push_back(std::move(row));
  }
  ENTENTE_TRY_VOID(cursor->status());
  return rows;
}

}  // namespace

store::Id Register::party_id(std::string_view party) const {
  return store_.blind("identity.party", party);
}
store::Id Register::account_id(std::string_view name) const {
  return store_.blind("identity.account", name);
}
store::Id Register::digest_id(std::string_view digest) const {
  return store_.blind("identity.digest", digest);
}

Result<std::optional<record::Account>> Register::account(Snapshot& in,
                                                         std::string_view name) const {
  return find<record::Account>(in, Key(accounts_table).id(account_id(name)));
}

void Register::put(Transaction& in, const AccountName& name, const record::Account& account) const {
  const store::Id id = account_id(account.name());
  in.put(Key(accounts_table).id(id), account.SerializeAsString());
  in.put(Key(party_accounts_table).id(party_id(name.party)).id(id), account.name());
}

Result<std::vector<record::Account>> Register::accounts_of(Snapshot& in,
                                                           std::string_view party) const {
  std::vector<record::Account> out;
  const auto cursor = in.scan(Key(party_accounts_table).id(party_id(party)));
  for (; cursor->valid(); cursor->next()) {
    ENTENTE_TRY(const std::string name, cursor->value());
    ENTENTE_TRY(std::optional<record::Account> found, account(in, name));
    if (found) out.push_back(*std::move(found));
  }
  ENTENTE_TRY_VOID(cursor->status());
  std::ranges::sort(out, {}, [](const record::Account& row) { return row.name(); });
  return out;
}

Key Register::failures_key(std::string_view account, std::string_view certificate) const {
  return Key(failures_table).id(account_id(account)).id(digest_id(certificate));
}

Result<std::optional<record::Failures>> Register::failures(Snapshot& in, std::string_view account,
                                                           const Digest& certificate) const {
  return find<record::Failures>(in, failures_key(account, as_view(certificate)));
}
Result<std::vector<record::Failures>> Register::failures_of(Snapshot& in,
                                                            std::string_view account) const {
  return scan<record::Failures>(in, Key(failures_table).id(account_id(account)));
}
void Register::put(Transaction& in, const record::Failures& row) const {
  in.put(failures_key(row.account(), row.certificate_sha256()), row.SerializeAsString());
}
void Register::erase(Transaction& in, const record::Failures& row) const {
  in.erase(failures_key(row.account(), row.certificate_sha256()));
}

Result<std::optional<record::ApplicationPassword>> Register::application_password(
    Snapshot& in, std::string_view account, std::string_view id) const {
  return find<record::ApplicationPassword>(
      in, Key(application_table).id(account_id(account)).id(digest_id(id)));
}
Result<std::vector<record::ApplicationPassword>> Register::application_passwords_of(
    Snapshot& in, std::string_view account) const {
  ENTENTE_TRY(auto rows, scan<record::ApplicationPassword>(
                             in, Key(application_table).id(account_id(account))));
  std::ranges::sort(rows, {}, [](const auto& row) { return row.created_at(); });
  return rows;
}
void Register::put(Transaction& in, std::string_view id,
                   const record::ApplicationPassword& row) const {
  in.put(Key(application_table).id(account_id(row.account())).id(digest_id(id)),
         row.SerializeAsString());
}
void Register::erase_application_password(Transaction& in, std::string_view account,
                                          std::string_view id) const {
  in.erase(Key(application_table).id(account_id(account)).id(digest_id(id)));
}

Result<std::optional<record::Certificate>> Register::certificate(Snapshot& in,
                                                                 const Digest& sha256) const {
  return find<record::Certificate>(in, Key(certificates_table).id(digest_id(as_view(sha256))));
}
Result<std::vector<record::Certificate>> Register::certificates_of(Snapshot& in,
                                                                   std::string_view party) const {
  std::vector<record::Certificate> out;
  const auto cursor = in.scan(Key(party_certificates_table).id(party_id(party)));
  for (; cursor->valid(); cursor->next()) {
    ENTENTE_TRY(const std::string sha256, cursor->value());
    ENTENTE_TRY(std::optional<record::Certificate> found, certificate(in, digest_from(sha256)));
    if (found) out.push_back(*std::move(found));
  }
  ENTENTE_TRY_VOID(cursor->status());
  std::ranges::sort(out, {}, [](const record::Certificate& row) { return row.sha256(); });
  return out;
}
void Register::put(Transaction& in, const record::Certificate& row) const {
  const store::Id id = digest_id(row.sha256());
  in.put(Key(certificates_table).id(id), row.SerializeAsString());
  in.put(Key(party_certificates_table).id(party_id(row.party())).id(id), row.sha256());
}

Result<std::vector<record::Anchor>> Register::anchors(Snapshot& in) const {
  return scan<record::Anchor>(in, Key(anchors_table));
}
Result<std::vector<record::Anchor>> Register::anchors_of(Snapshot& in,
                                                         std::string_view party) const {
  return scan<record::Anchor>(in, Key(anchors_table).id(party_id(party)));
}
void Register::put(Transaction& in, const record::Anchor& row) const {
  in.put(Key(anchors_table).id(party_id(row.party())).id(digest_id(as_view(sha256(row.der())))),
         row.SerializeAsString());
}
void Register::erase(Transaction& in, const record::Anchor& row) const {
  in.erase(Key(anchors_table).id(party_id(row.party())).id(digest_id(as_view(sha256(row.der())))));
}

Result<std::optional<record::AnchorProposal>> Register::proposal(Snapshot& in,
                                                                 std::string_view digest) const {
  return find<record::AnchorProposal>(in, Key(proposals_table).id(digest_id(digest)));
}
void Register::put(Transaction& in, const record::AnchorProposal& row) const {
  in.put(Key(proposals_table).id(digest_id(row.digest())), row.SerializeAsString());
}
void Register::erase(Transaction& in, const record::AnchorProposal& row) const {
  in.erase(Key(proposals_table).id(digest_id(row.digest())));
}

Result<std::vector<record::RevocationList>> Register::crls(Snapshot& in) const {
  return scan<record::RevocationList>(in, Key(crls_table));
}
Result<std::vector<record::RevocationList>> Register::crls_of(Snapshot& in,
                                                              std::string_view party) const {
  return scan<record::RevocationList>(in, Key(crls_table).id(party_id(party)));
}
void Register::put(Transaction& in, const record::RevocationList& row) const {
  in.put(Key(crls_table).id(party_id(row.party())).id(digest_id(row.issuer_sha256())),
         row.SerializeAsString());
}

Result<std::optional<record::FolderTrust>> Register::folder_trust(Snapshot& in,
                                                                  std::string_view party) const {
  return find<record::FolderTrust>(in, Key(folder_table).id(party_id(party)));
}
void Register::put(Transaction& in, const record::FolderTrust& row) const {
  in.put(Key(folder_table).id(party_id(row.party())), row.SerializeAsString());
}

Result<std::vector<record::Endings>> Register::endings(Snapshot& in) const {
  return scan<record::Endings>(in, Key(endings_table));
}
Result<std::uint64_t> Register::endings_of(Snapshot& in, std::string_view party) const {
  ENTENTE_TRY(const auto row, find<record::Endings>(in, Key(endings_table).id(party_id(party))));
  return row ? row->count() : 0;
}
void Register::put(Transaction& in, const record::Endings& row) const {
  in.put(Key(endings_table).id(party_id(row.party())), row.SerializeAsString());
}

}  // namespace entente::identity
