// Signs what an account answers for, by the key of its certificate: a detached CMS signature
// (RFC 5652), which anyone checks with `openssl cms -verify`; or ECDSA with SHA-256 alone, for what
// the server checks too. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/status.h"

namespace entente::client {

struct Signature {
  std::string der;
  std::string certificate_sha256;  // 32 bytes
};

// InvalidArgument: a file cannot be read, or the key is not the certificate's.
[[nodiscard]] Result<Signature> sign_detached(const std::string& certificate_path,
                                              const std::string& key_path,
                                              std::string_view content);
// As sign_detached.
[[nodiscard]] Result<Signature> sign_plain(const std::string& certificate_path,
                                           const std::string& key_path, std::string_view content);

// Who made a detached CMS signature over `content`: the certificate (DER) that it came with, by
// whose key it holds. Says nothing of the certificate. InvalidArgument: it does not hold, or has
// not one signer with its certificate.
[[nodiscard]] Result<std::string> signer_of_detached(std::string_view content,
                                                     std::string_view signature);

// Whether the certificate's key made `signature` (as sign_plain does) over `content`. Says nothing
// of the certificate.
[[nodiscard]] bool holds_plain(std::string_view certificate_der, std::string_view content,
                               std::string_view signature);

// Whether the certificate is of `party` (`parties/SWE`): one of its anchors (DER) or an authority
// under one signed it, and its one name is `entente://swe.<network>/person/...` or `/program/...`.
// Whether it has ended since says nothing of what it signed before.
[[nodiscard]] bool is_of_party(std::string_view certificate_der, std::string_view party,
                               const std::vector<std::string>& anchors_der);

// The account that the certificate opens: `parties/SWE/accounts/anna` of
// `entente://swe.<network>/person/anna` or `/program/...`; empty if its one name is no such.
[[nodiscard]] std::string account_of(std::string_view certificate_der);

// Whether the certificate (DER) is an authority that the key of `authority_der` has signed: one
// under it, or itself made anew. Whether either has ended says nothing.
[[nodiscard]] bool is_authority_under(std::string_view certificate_der,
                                      std::string_view authority_der);

// Whether the certificate is of an office (`offices/<id>`) of `party`, to be sealed to now: as
// above, its one name is `entente://swe.<network>/office/<id>`, its key is of an elliptic curve and
// for key agreement alone, and it has begun and not ended.
[[nodiscard]] bool is_of_office(std::string_view certificate_der, std::string_view party,
                                std::string_view office,
                                const std::vector<std::string>& anchors_der);

}  // namespace entente::client
