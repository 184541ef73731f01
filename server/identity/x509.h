// What identity/ needs of OpenSSL's X.509, owned and turned into this room's words. Any thread.
// Included by this room's source files only.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proto/contract/clock.h"
#include "proto/contract/digest.h"

namespace entente::identity::x509 {

struct Free {
  void operator()(X509* x) const { X509_free(x); }
  void operator()(X509_CRL* x) const { X509_CRL_free(x); }
  void operator()(X509_STORE* x) const { X509_STORE_free(x); }
  void operator()(X509_STORE_CTX* x) const { X509_STORE_CTX_free(x); }
  void operator()(GENERAL_NAMES* x) const { GENERAL_NAMES_free(x); }
  void operator()(EXTENDED_KEY_USAGE* x) const { EXTENDED_KEY_USAGE_free(x); }
  void operator()(ASN1_INTEGER* x) const { ASN1_INTEGER_free(x); }
  void operator()(EVP_MD_CTX* x) const { EVP_MD_CTX_free(x); }
  void operator()(BIO* x) const { BIO_free(x); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

// Null unless all of `der` is one certificate (or list).
[[nodiscard]] Owned<X509> decode_certificate(std::string_view der);
[[nodiscard]] Owned<X509_CRL> decode_crl(std::string_view der);
[[nodiscard]] std::string encode(const X509* certificate);
[[nodiscard]] std::string encode(const X509_CRL* crl);

[[nodiscard]] std::optional<Instant> instant_of(const ASN1_TIME* time);
// P-256 or P-384, by name.
[[nodiscard]] bool is_allowed_key(const X509* certificate);
// ECDSA with SHA-256, SHA-384 or SHA-512.
[[nodiscard]] bool is_allowed_signature(int nid);
[[nodiscard]] bool is_self_issued(const X509* certificate);
[[nodiscard]] Digest name_digest(const X509_NAME* name);

}  // namespace entente::identity::x509
