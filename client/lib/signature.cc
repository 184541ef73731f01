#include "client/lib/signature.h"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <optional>

#include "client/lib/owned.h"
#include "proto/contract/digest.h"

namespace entente::client {
namespace {

using Bio = Owned<BIO>;
using Certificate = Owned<X509>;
using Key = Owned<EVP_PKEY>;
using Cms = Owned<CMS_ContentInfo>;
using Digesting = Owned<EVP_MD_CTX>;
using Store = Owned<X509_STORE>;
using Checking = Owned<X509_STORE_CTX>;
using Names = Owned<GENERAL_NAMES>;

Status cannot(const std::string& what) {
  ERR_clear_error();
  return invalid_argument("signature", what);
}

// NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
std::string text_of(const ASN1_IA5STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}
// NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)

struct Signer {
  Certificate certificate;
  Key key;
  Digest digest{};
};

Result<Signer> load(const std::string& certificate_path, const std::string& key_path) {
  Signer signer;
  const Bio certificate_file(BIO_new_file(certificate_path.c_str(), "r"));
  if (certificate_file)
    signer.certificate.reset(PEM_read_bio_X509(certificate_file.get(), nullptr, nullptr, nullptr));
  if (!signer.certificate) return cannot("`" + certificate_path + "` holds no certificate");
  const Bio key_file(BIO_new_file(key_path.c_str(), "r"));
  if (key_file)
    signer.key.reset(PEM_read_bio_PrivateKey(key_file.get(), nullptr, nullptr, nullptr));
  if (!signer.key) return cannot("`" + key_path + "` holds no key");
  if (X509_check_private_key(signer.certificate.get(), signer.key.get()) != 1)
    return cannot("the key is not the certificate's");
  const int size = i2d_X509(signer.certificate.get(), nullptr);
  if (size <= 0) return cannot("the certificate does not encode");
  std::string der(static_cast<std::size_t>(size), '\0');
  unsigned char* at = octets(der);
  i2d_X509(signer.certificate.get(), &at);
  signer.digest = sha256(der);
  return signer;
}

Certificate decode(std::string_view der) {
  const unsigned char* at = octets(der);
  Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!certificate) ERR_clear_error();
  return certificate;
}

// The one name of the certificate; nothing if it has another beside it, or none.
std::optional<std::string> only_uri(const X509* certificate) {
  int critical = 0;
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr)));
  if (!names || sk_GENERAL_NAME_num(names.get()) != 1) return std::nullopt;
  const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), 0);
  if (name->type != GEN_URI) return std::nullopt;
  return text_of(name->d.uniformResourceIdentifier);
}

// What every name of a party's certificates begins with: `entente://swe.`.
std::string home_of(std::string_view party) {
  std::string home = "entente://";
  for (const char c : party.substr(party.find('/') + 1))
    home += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return home + ".";
}

// Whether an anchor, or an authority under one, signed it.
bool chains(X509* leaf, const std::vector<std::string>& anchors_der, unsigned long flags) {
  const Store store(X509_STORE_new());
  for (const std::string& der : anchors_der) {
    if (const Certificate anchor = decode(der)) X509_STORE_add_cert(store.get(), anchor.get());
  }
  const Checking checking(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(checking.get(), store.get(), leaf, nullptr) != 1) return false;
  X509_STORE_CTX_set_flags(checking.get(),
                           X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_X509_STRICT | flags);
  const bool holds = X509_verify_cert(checking.get()) == 1;
  ERR_clear_error();
  return holds;
}

}  // namespace

Result<Signature> sign_detached(const std::string& certificate_path, const std::string& key_path,
                                std::string_view content) {
  ENTENTE_TRY(Signer signer, load(certificate_path, key_path));
  const Bio in(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
  const Cms cms(CMS_sign(signer.certificate.get(), signer.key.get(), nullptr, in.get(),
                         CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP));
  if (!cms) return cannot("the key does not sign for the certificate");
  Signature out;
  const int size = i2d_CMS_ContentInfo(cms.get(), nullptr);
  if (size <= 0) return cannot("the signature does not encode");
  out.der.resize(static_cast<std::size_t>(size));
  unsigned char* at = octets(out.der);
  i2d_CMS_ContentInfo(cms.get(), &at);
  out.certificate_sha256 = as_view(signer.digest);
  return out;
}

Result<Signature> sign_plain(const std::string& certificate_path, const std::string& key_path,
                             std::string_view content) {
  ENTENTE_TRY(Signer signer, load(certificate_path, key_path));
  const Digesting context(EVP_MD_CTX_new());
  std::size_t size = 0;
  Signature out;
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, signer.key.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, octets(content), content.size()) != 1) {
    return cannot("the key does not sign");
  }
  out.der.resize(size);
  if (EVP_DigestSign(context.get(), octets(out.der), &size, octets(content), content.size()) != 1)
    return cannot("the key does not sign");
  out.der.resize(size);
  out.certificate_sha256 = as_view(signer.digest);
  return out;
}

Result<std::string> signer_of_detached(std::string_view content, std::string_view signature) {
  const unsigned char* at = octets(signature);
  const Cms cms(d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(signature.size())));
  if (!cms) return cannot("the signature does not read");
  const Bio in(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
  if (CMS_verify(cms.get(), nullptr, nullptr, in.get(), nullptr,
                 CMS_BINARY | CMS_DETACHED | CMS_NO_SIGNER_CERT_VERIFY) != 1) {
    return cannot("the signature does not hold");
  }
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> signers(
      CMS_get0_signers(cms.get()), [](STACK_OF(X509) * list) { sk_X509_free(list); });
  if (!signers || sk_X509_num(signers.get()) != 1)
    return cannot("the signature has not one signer");
  std::string der;
  const int size = i2d_X509(sk_X509_value(signers.get(), 0), nullptr);
  if (size <= 0) return cannot("the certificate does not encode");
  der.resize(static_cast<std::size_t>(size));
  unsigned char* out = octets(der);
  i2d_X509(sk_X509_value(signers.get(), 0), &out);
  return der;
}

bool holds_plain(std::string_view certificate_der, std::string_view content,
                 std::string_view signature) {
  const Certificate certificate = decode(certificate_der);
  const Digesting context(EVP_MD_CTX_new());
  const bool holds = certificate && context &&
                     EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr,
                                          X509_get0_pubkey(certificate.get())) == 1 &&
                     EVP_DigestVerify(context.get(), octets(signature), signature.size(),
                                      octets(content), content.size()) == 1;
  ERR_clear_error();
  return holds;
}

bool is_of_party(std::string_view certificate_der, std::string_view party,
                 const std::vector<std::string>& anchors_der) {
  const Certificate leaf = decode(certificate_der);
  const std::optional<std::string> uri = leaf ? only_uri(leaf.get()) : std::nullopt;
  const bool signs = uri && (uri->find("/person/") != std::string::npos ||
                             uri->find("/program/") != std::string::npos);
  return signs && uri->starts_with(home_of(party)) &&
         chains(leaf.get(), anchors_der, X509_V_FLAG_NO_CHECK_TIME);
}

std::string account_of(std::string_view certificate_der) {
  const Certificate leaf = decode(certificate_der);
  const std::optional<std::string> uri = leaf ? only_uri(leaf.get()) : std::nullopt;
  constexpr std::string_view scheme = "entente://";
  if (!uri || !uri->starts_with(scheme)) return {};
  std::string party = uri->substr(scheme.size(), uri->find('.') - scheme.size());
  for (char& c : party) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  for (const std::string_view kind : {"/person/", "/program/"}) {
    const std::size_t at = uri->find(kind, scheme.size());
    if (at != uri->npos) return "parties/" + party + "/accounts/" + uri->substr(at + kind.size());
  }
  return {};
}

bool is_authority_under(std::string_view certificate_der, std::string_view authority_der) {
  const Certificate certificate = decode(certificate_der);
  const Certificate authority = decode(authority_der);
  if (!certificate || !authority) return false;
  // One that may have none under it, as that which issues, makes no other: its key is at work.
  const bool holds = X509_check_ca(certificate.get()) == 1 && X509_check_ca(authority.get()) == 1 &&
                     X509_get_pathlen(authority.get()) != 0 &&
                     X509_verify(certificate.get(), X509_get0_pubkey(authority.get())) == 1;
  ERR_clear_error();
  return holds;
}

bool is_of_office(std::string_view certificate_der, std::string_view party, std::string_view office,
                  const std::vector<std::string>& anchors_der) {
  const Certificate leaf = decode(certificate_der);
  const std::optional<std::string> uri = leaf ? only_uri(leaf.get()) : std::nullopt;
  const std::string home = home_of(party);
  if (!uri || !uri->starts_with(home)) return false;
  // What stands behind the network's name, which has no slash.
  const std::size_t path = uri->find('/', home.size());
  return path != std::string::npos &&
         uri->substr(path) == "/office/" + std::string(office.substr(office.find('/') + 1)) &&
         EVP_PKEY_get_id(X509_get0_pubkey(leaf.get())) == EVP_PKEY_EC &&
         X509_get_key_usage(leaf.get()) == X509v3_KU_KEY_AGREEMENT &&
         chains(leaf.get(), anchors_der, 0);
}

}  // namespace entente::client
