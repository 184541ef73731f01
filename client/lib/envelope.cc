#include "client/lib/envelope.h"

#include <google/protobuf/util/json_util.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "client/lib/der.h"
#include "client/lib/lie.h"
#include "client/lib/owned.h"
#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "proto/contract/limits_sealing.h"

namespace entente::client {
namespace {

using Bio = Owned<BIO>;
using Key = Owned<EVP_PKEY>;
using Certificate = Owned<X509>;
using Cms = Owned<CMS_ContentInfo>;
using Signers = Owned<STACK_OF(X509)>;

constexpr const char* kFormat = "entente-sealed/1";

Status cannot(std::string what) {
  ERR_clear_error();
  return invalid_argument("seal", std::move(what));
}

Status lie_of_seal(std::string what) {
  ERR_clear_error();
  return lie(std::move(what));
}

// Without memory nothing is safe to do: libcrypto itself falls over, or (without a place for it)
// opens what is sealed and drops the content.
template <typename T>
Owned<T> must(T* made) {
  ENTENTE_CHECK(made != nullptr);
  return Owned<T>(made);
}

Bio memory(std::string_view bytes) {
  return must(BIO_new_mem_buf(bytes.empty() ? "" : bytes.data(), static_cast<int>(bytes.size())));
}

// What was written into `bio`, which forgets it.
Secret taken(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  Secret out(std::string(bytes, static_cast<std::size_t>(std::max(size, 0L))));
  if (size > 0) OPENSSL_cleanse(bytes, static_cast<std::size_t>(size));
  return out;
}

std::string encoded(const Cms& cms) {
  const int size = i2d_CMS_ContentInfo(cms.get(), nullptr);
  ENTENTE_CHECK(size > 0);
  std::string der(static_cast<std::size_t>(size), '\0');
  unsigned char* at = octets(der);
  ENTENTE_CHECK(i2d_CMS_ContentInfo(cms.get(), &at) == size);
  return der;
}

Certificate certificate_of(std::string_view der) {
  const unsigned char* at = octets(der);
  Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!certificate) ERR_clear_error();
  return certificate;
}

std::string der_of(X509* certificate) {
  std::string der(static_cast<std::size_t>(std::max(i2d_X509(certificate, nullptr), 0)), '\0');
  unsigned char* at = octets(der);
  i2d_X509(certificate, &at);
  return der;
}

Certificate certificate_in(const std::string& path) {
  const Bio file(BIO_new_file(path.c_str(), "r"));
  Certificate certificate;
  if (file) certificate.reset(PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return certificate;
}

struct Pair {
  Certificate certificate;
  Key key;
};

Result<Pair> load(const std::string& certificate_path, const std::string& key_path) {
  Pair pair;
  pair.certificate = certificate_in(certificate_path);
  if (!pair.certificate) return cannot("`" + certificate_path + "` holds no certificate");
  const Bio file(BIO_new_file(key_path.c_str(), "r"));
  if (file) pair.key.reset(PEM_read_bio_PrivateKey(file.get(), nullptr, nullptr, nullptr));
  if (!pair.key) return cannot("`" + key_path + "` holds no key");
  if (X509_check_private_key(pair.certificate.get(), pair.key.get()) != 1) {
    return cannot("`" + key_path + "` is not the key of `" + certificate_path + "`");
  }
  return pair;
}

// One recipient, its key agreed and wrapped as docs/sealing.md says: OpenSSL's own choice of a
// digest would be SHA-1.
Status add_recipient(CMS_ContentInfo* cms, std::string_view der) {
  const Certificate certificate = certificate_of(der);
  if (!certificate) return cannot("a certificate does not read");
  CMS_RecipientInfo* recipient =
      CMS_add1_recipient_cert(cms, certificate.get(), CMS_USE_KEYID | CMS_KEY_PARAM);
  EVP_PKEY_CTX* agreed =
      recipient == nullptr ? nullptr : CMS_RecipientInfo_get0_pkey_ctx(recipient);
  if (agreed == nullptr || CMS_RecipientInfo_type(recipient) != CMS_RECIPINFO_AGREE) {
    return cannot("a certificate's key is not one that can be sealed to");
  }
  ENTENTE_CHECK(EVP_PKEY_CTX_set_ecdh_kdf_md(agreed, EVP_sha256()) == 1);
  ENTENTE_CHECK(EVP_EncryptInit_ex(CMS_RecipientInfo_kari_get0_ctx(recipient), EVP_aes_256_wrap(),
                                   nullptr, nullptr, nullptr) == 1);
  return {};
}

// --- what is looked at before it is opened ---

constexpr std::uint8_t kSequence = 0x30;
constexpr std::uint8_t kSet = 0x31;
constexpr std::uint8_t kOid = 0x06;
constexpr std::uint8_t kOctets = 0x04;
constexpr std::uint8_t kInteger = 0x02;
constexpr std::uint8_t kContext0 = 0xa0;
constexpr std::uint8_t kContext1 = 0xa1;
constexpr std::uint8_t kImplicit0 = 0x80;
constexpr std::size_t kGcmNonce = 12;
constexpr std::size_t kGcmTag = 16;

using Oid = std::string_view;
constexpr Oid kAuthEnveloped("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17", 11);
constexpr Oid kData("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", 9);
constexpr Oid kAes256Gcm("\x60\x86\x48\x01\x65\x03\x04\x01\x2e", 9);
constexpr Oid kAes256Wrap("\x60\x86\x48\x01\x65\x03\x04\x01\x2d", 9);
constexpr Oid kEcdhSha256("\x2b\x81\x04\x01\x0b\x01", 6);  // dhSinglePass-stdDH-sha256kdf-scheme
constexpr Oid kEcdhSha384("\x2b\x81\x04\x01\x0b\x02", 6);

// KeyAgreeRecipientInfo's content (RFC 5652, 6.2.2): how many keys it holds; 0 if it is not as
// ours.
std::size_t keys_agreed(std::string_view content) {
  DerReader info(content);
  if (info.next(kInteger) != "\x03" || !info.next(kContext0)) return 0;
  if (info.tag() == kContext1 && !info.next()) return 0;  // the sender's own random bytes
  DerReader algorithm(info.next(kSequence).value_or(""));
  const auto scheme = algorithm.next(kOid);
  if (scheme != kEcdhSha256 && scheme != kEcdhSha384) return 0;
  DerReader wrap(algorithm.next(kSequence).value_or(""));
  if (wrap.next(kOid) != kAes256Wrap || !algorithm.at_end()) return 0;
  DerReader keys(info.next(kSequence).value_or(""));
  std::size_t count = 0;
  while (!keys.at_end()) {
    if (!keys.next(kSequence)) return 0;
    ++count;
  }
  return info.at_end() ? count : 0;
}

// The number of recipients of an AuthEnvelopedData as ours; 0 if it is not.
std::size_t walk(std::string_view der) {
  DerReader outer(der);
  DerReader info(outer.next(kSequence).value_or(""));
  if (!outer.at_end() || info.next(kOid) != kAuthEnveloped) return 0;
  DerReader wrapped(info.next(kContext0).value_or(""));
  DerReader body(wrapped.next(kSequence).value_or(""));
  if (!info.at_end() || !wrapped.at_end()) return 0;
  if (body.next(kInteger) != std::string_view("\0", 1)) return 0;
  DerReader recipients(body.next(kSet).value_or(""));
  std::size_t count = 0;
  while (!recipients.at_end()) {
    const std::size_t keys = keys_agreed(recipients.next(kContext1).value_or(""));
    if (keys == 0) return 0;
    count += keys;
  }
  DerReader content(body.next(kSequence).value_or(""));
  if (content.next(kOid) != kData) return 0;
  DerReader algorithm(content.next(kSequence).value_or(""));
  if (algorithm.next(kOid) != kAes256Gcm) return 0;
  DerReader parameters(algorithm.next(kSequence).value_or(""));
  if (parameters.next(kOctets).value_or("").size() != kGcmNonce) return 0;
  if (parameters.next(kInteger) != "\x10" || !parameters.at_end() || !algorithm.at_end()) return 0;
  if (content.next(kImplicit0).value_or("").empty() || !content.at_end()) return 0;
  const bool tagged = body.next(kOctets).value_or("").size() == kGcmTag && body.at_end();
  return tagged && count <= limits::envelope_recipients_max ? count : 0;
}

}  // namespace

std::vector<OfficeKey> office_keys_in(const std::string& folder) {
  std::vector<OfficeKey> keys;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    OfficeKey key{.certificate_path = entry.path().string() + "/cert.pem",
                  .key_path = entry.path().string() + "/key.pem",
                  .certificate_sha256 = {}};
    const Certificate certificate = certificate_in(key.certificate_path);
    if (!certificate || !std::filesystem::exists(key.key_path, error)) continue;
    key.certificate_sha256 = to_hex(as_view(sha256(der_of(certificate.get()))));
    keys.push_back(std::move(key));
  }
  std::sort(keys.begin(), keys.end(), [](const OfficeKey& a, const OfficeKey& b) {
    return a.certificate_path < b.certificate_path;
  });
  return keys;
}

Result<std::string> certificate_der(const OfficeKey& office) {
  const Certificate certificate = certificate_in(office.certificate_path);
  if (!certificate) return cannot("`" + office.certificate_path + "` holds no certificate");
  return der_of(certificate.get());
}

Result<Secret> manifest_json(const v1::SealedManifest& manifest) {
  const Secret wire(manifest.SerializeAsString());
  const std::string_view bytes = wire.reveal(SecretAccess());
  std::string json;
  // JSON leaves out of a text what is not UTF-8, and says nothing; the wire format refuses it.
  if (!v1::SealedManifest().ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      !google::protobuf::util::MessageToJsonString(manifest, &json).ok()) {
    return cannot("the title, abstract or file name is no text");
  }
  Secret out(std::move(json));
  if (out.size() > limits::sealed_manifest_bytes_max) return cannot("the abstract is too long");
  return out;
}

Result<v1::SealedManifest> parse_manifest(std::string_view json) {
  v1::SealedManifest manifest;
  const bool reads =
      json.size() <= limits::envelope_bytes_max &&
      google::protobuf::util::JsonStringToMessage(std::string(json), &manifest).ok() &&
      manifest.format() == kFormat && manifest.chunk_bytes() == limits::sealed_chunk_bytes &&
      manifest.key().size() == 32 && manifest.nonce().size() == 7 &&
      manifest.sha256().size() == sizeof(Digest) &&
      manifest.sealed_sha256().size() == sizeof(Digest) &&
      manifest.roster_sha256().size() == sizeof(Digest) && manifest.bytes() != 0;
  if (!reads) return lie_of_seal("the envelope holds no manifest of the format `entente-sealed/1`");
  return manifest;
}

Result<std::string> sign_enclosed(const std::string& certificate_path, const std::string& key_path,
                                  std::string_view content) {
  ENTENTE_TRY(const Pair signer, load(certificate_path, key_path));
  const Bio in = memory(content);
  const Cms cms(CMS_sign(signer.certificate.get(), signer.key.get(), nullptr, in.get(),
                         CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES));
  if (!cms) return cannot("the key does not sign for the certificate");
  return encoded(cms);
}

Result<Enclosed> open_enclosed(std::string_view signed_data) {
  const unsigned char* at = octets(signed_data);
  const Cms cms(d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(signed_data.size())));
  const Bio out = must(BIO_new(BIO_s_mem()));
  const bool holds = cms && OBJ_obj2nid(CMS_get0_type(cms.get())) == NID_pkcs7_signed &&
                     sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms.get())) == 1 &&
                     CMS_verify(cms.get(), nullptr, nullptr, nullptr, out.get(),
                                CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY | CMS_NOCRL) == 1;
  if (!holds) return lie_of_seal("the envelope's manifest is not what was signed");
  Enclosed enclosed{.content = taken(out.get()), .signer_der = {}};
  const Signers signers(CMS_get0_signers(cms.get()));  // whom it was verified by
  enclosed.signer_der = der_of(sk_X509_value(signers.get(), 0));
  return enclosed;
}

Result<std::string> seal_envelope(std::string_view content,
                                  const std::vector<std::string>& certificates_der) {
  if (certificates_der.empty() || certificates_der.size() > limits::envelope_recipients_max) {
    return cannot("an envelope is sealed to 1 to 500 certificates");
  }
  constexpr unsigned flags = CMS_BINARY | CMS_PARTIAL | CMS_USE_KEYID;
  const Cms cms = must(CMS_encrypt(nullptr, nullptr, EVP_aes_256_gcm(), flags));
  for (const std::string& der : certificates_der) {
    ENTENTE_TRY_VOID(add_recipient(cms.get(), der));
  }
  const Bio in = memory(content);
  if (CMS_final(cms.get(), in.get(), nullptr, flags) != 1) return cannot("OpenSSL does not seal");
  return encoded(cms);
}

Status check_envelope(std::string_view der) {
  if (der.size() <= limits::envelope_bytes_max && walk(der) != 0) return Status();
  return lie_of_seal("the envelope is not sealed as it should be, and was not opened");
}

std::size_t recipients_of(std::string_view der) { return walk(der); }

Result<Secret> open_envelope(std::string_view der, const OfficeKey& key) {
  ENTENTE_TRY_VOID(check_envelope(der));
  ENTENTE_TRY(const Pair office, load(key.certificate_path, key.key_path));
  const unsigned char* at = octets(der);
  const Cms cms(d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(der.size())));
  if (!cms) return lie_of_seal("the envelope does not read");
  if (CMS_decrypt_set1_pkey(cms.get(), office.key.get(), office.certificate.get()) != 1) {
    ERR_clear_error();
    return Status(Code::FailedPrecondition, Reason::None, "it is not sealed to this office");
  }
  const Bio out = must(BIO_new(BIO_s_mem()));
  if (CMS_decrypt(cms.get(), nullptr, nullptr, nullptr, out.get(), CMS_BINARY) != 1) {
    return lie_of_seal("the envelope was changed on its way");
  }
  return taken(out.get());
}

}  // namespace entente::client
