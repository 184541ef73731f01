// The one `entente://` URI of a certificate's subjectAltName: the only thing in it that names
// anything.
//
//   entente://<party, lower case>.<network>/person/<account id>      a person's account
//   entente://<party, lower case>.<network>/program/<account id>     a ministry program's account
//   entente://<party, lower case>.<network>/office/<office id>       an office (seal); opens no
//   line
//
// One thing has one spelling: what is not lower case, is escaped or has a port, query or slash too
// many is not a name. Values; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace entente::identity {

struct CertificateName {
  enum class Kind { Person, Program, Office };
  Kind kind = Kind::Person;
  std::string party;  // `SWE`
  std::string id;     // account id or office id

  // `parties/SWE/accounts/anna`; empty for an office.
  [[nodiscard]] std::string account() const;
  // `offices/<id>`; empty for an account.
  [[nodiscard]] std::string office() const;
  friend bool operator==(const CertificateName&, const CertificateName&) = default;
};

// Whether `id` can be an account's: [a-z0-9] then [a-z0-9._-], at most 64.
[[nodiscard]] bool is_account_id(std::string_view id);
// Whether `code` can be a party's: [A-Z0-9]{2,16}.
[[nodiscard]] bool is_party_code(std::string_view code);

// Empty unless `uri` is of `network` and exactly of a form above.
[[nodiscard]] std::optional<CertificateName> parse_certificate_uri(std::string_view uri,
                                                                   std::string_view network);
[[nodiscard]] std::string certificate_uri(const CertificateName& name, std::string_view network);

// `parties/SWE/accounts/anna`; empty if malformed.
struct AccountName {
  std::string party;
  std::string id;
  [[nodiscard]] std::string text() const { return "parties/" + party + "/accounts/" + id; }
};
[[nodiscard]] std::optional<AccountName> parse_account_name(std::string_view text);
// `parties/SWE`; empty if malformed.
[[nodiscard]] std::optional<std::string> parse_party_name(std::string_view text);

}  // namespace entente::identity
