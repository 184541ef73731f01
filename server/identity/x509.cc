#include "server/identity/x509.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <chrono>
#include <ctime>

#include "proto/contract/status.h"

namespace entente::identity::x509 {
namespace {

template <typename T>
Owned<T> decode(std::string_view der, T* (*d2i)(T**, const unsigned char**, long)) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* end = at + der.size();
  Owned<T> out(d2i(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (at != end) out.reset();  // Bytes after the object are not ours to ignore.
  return out;
}

template <typename T>
std::string encode_as(const T* object, int (*i2d)(const T*, unsigned char**)) {
  std::string der(static_cast<std::size_t>(std::max(0, i2d(object, nullptr))), '\0');
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  auto* at = reinterpret_cast<unsigned char*>(der.data());
  i2d(object, &at);
  return der;
}

}  // namespace

Owned<X509> decode_certificate(std::string_view der) { return decode<X509>(der, d2i_X509); }
Owned<X509_CRL> decode_crl(std::string_view der) { return decode<X509_CRL>(der, d2i_X509_CRL); }
std::string encode(const X509* certificate) { return encode_as<X509>(certificate, i2d_X509); }
std::string encode(const X509_CRL* crl) { return encode_as<X509_CRL>(crl, i2d_X509_CRL); }

std::optional<Instant> instant_of(const ASN1_TIME* time) {
  std::tm tm{};
  // It refuses what is no day of the calendar, too.
  if (time == nullptr || ASN1_TIME_to_tm(time, &tm) != 1) return std::nullopt;
  return Instant(std::chrono::seconds(timegm(&tm)));
}

bool is_allowed_key(const X509* certificate) {
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr || EVP_PKEY_is_a(key, "EC") != 1) return false;
  std::array<char, 64> group{};
  std::size_t length = 0;
  if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size(),
                                     &length) != 1) {
    ERR_clear_error();
    return false;
  }
  const std::string_view name(group.data(), length);
  return name == SN_X9_62_prime256v1 || name == SN_secp384r1;
}

bool is_allowed_signature(int nid) {
  return nid == NID_ecdsa_with_SHA256 || nid == NID_ecdsa_with_SHA384 ||
         nid == NID_ecdsa_with_SHA512;
}

bool is_self_issued(const X509* certificate) {
  return X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
}

Digest name_digest(const X509_NAME* name) {
  const unsigned char* der = nullptr;
  std::size_t size = 0;
  ENTENTE_CHECK(X509_NAME_get0_der(name, &der, &size) == 1);  // It keeps what it was decoded from.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  return sha256(std::string_view(reinterpret_cast<const char*>(der), size));
}

}  // namespace entente::identity::x509
