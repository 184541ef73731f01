#include "client/lib/signature.h"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

#include "proto/contract/digest.h"

namespace entente::client {
namespace {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Cms = std::unique_ptr<CMS_ContentInfo, Freed<CMS_ContentInfo_free>>;

Status cannot(const std::string& what) {
  ERR_clear_error();
  return invalid_argument("signature", what);
}

}  // namespace

Result<Signature> sign_detached(const std::string& certificate_path, const std::string& key_path,
                                std::string_view content) {
  const Bio certificate_file(BIO_new_file(certificate_path.c_str(), "r"));
  const Certificate certificate(
      certificate_file ? PEM_read_bio_X509(certificate_file.get(), nullptr, nullptr, nullptr)
                       : nullptr);
  if (!certificate) return cannot("`" + certificate_path + "` holds no certificate");
  const Bio key_file(BIO_new_file(key_path.c_str(), "r"));
  const Key key(key_file ? PEM_read_bio_PrivateKey(key_file.get(), nullptr, nullptr, nullptr)
                         : nullptr);
  if (!key) return cannot("`" + key_path + "` holds no key");
  const Bio in(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
  const Cms cms(CMS_sign(certificate.get(), key.get(), nullptr, in.get(),
                         CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP));
  if (!cms) return cannot("the key does not sign for the certificate");
  unsigned char* der = nullptr;
  const int size = i2d_CMS_ContentInfo(cms.get(), &der);
  if (size <= 0) return cannot("the signature does not encode");
  Signature out;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  out.der.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  unsigned char* own = nullptr;
  const int own_size = i2d_X509(certificate.get(), &own);
  if (own_size <= 0) return cannot("the certificate does not encode");
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  const std::string_view bytes(reinterpret_cast<const char*>(own),
                               static_cast<std::size_t>(own_size));
  out.certificate_sha256 = as_view(sha256(bytes));
  OPENSSL_free(own);
  return out;
}

}  // namespace entente::client
