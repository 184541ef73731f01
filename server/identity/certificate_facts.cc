#include "server/identity/certificate_facts.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <optional>
#include <utility>

#include "server/identity/x509.h"

namespace entente::identity {
namespace {

using x509::Owned;

// The one URI of the subjectAltName; empty if there is another name beside it, or none.
std::optional<std::string> only_uri(const X509* certificate) {
  int critical = 0;
  const Owned<GENERAL_NAMES> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr)));
  if (!names || sk_GENERAL_NAME_num(names.get()) != 1) return std::nullopt;  // None, or the
  const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), 0);  // extension stands twice.
  if (name->type != GEN_URI) return std::nullopt;
  const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
  // With its length: a NUL within is seen by the parser, and refused.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                     static_cast<std::size_t>(ASN1_STRING_length(uri)));
}

struct ExtendedUse {
  bool client = false;
  bool too_much = false;  // what a client's certificate must not be good for
};

ExtendedUse extended_use(const X509* certificate) {
  ExtendedUse use;
  const Owned<EXTENDED_KEY_USAGE> list(static_cast<EXTENDED_KEY_USAGE*>(
      X509_get_ext_d2i(certificate, NID_ext_key_usage, nullptr, nullptr)));
  if (!list) return use;
  for (int i = 0; i < sk_ASN1_OBJECT_num(list.get()); ++i) {
    const int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(list.get(), i));
    if (nid == NID_client_auth) use.client = true;
    if (nid == NID_server_auth || nid == NID_anyExtendedKeyUsage || nid == NID_code_sign ||
        nid == NID_OCSP_sign || nid == NID_time_stamp) {
      use.too_much = true;
    }
  }
  return use;
}

// Empty, or why the usages do not fit.
std::string_view usage_fault(X509* certificate, Profile profile) {
  const std::uint32_t use = X509_get_key_usage(certificate);
  if ((X509_get_extension_flags(certificate) & EXFLAG_KUSAGE) == 0) return "no key usage";
  if ((use & (KU_KEY_CERT_SIGN | KU_CRL_SIGN)) != 0) return "key usage of an authority";
  const ExtendedUse extended = extended_use(certificate);
  if (extended.too_much) return "extended key usage too wide";
  if (profile == Profile::Seal) {
    if ((use & KU_KEY_AGREEMENT) == 0) return "key usage lacks keyAgreement";
    if (extended.client) return "an office's certificate must not sign in";
    return {};
  }
  if ((use & KU_DIGITAL_SIGNATURE) == 0) return "key usage lacks digitalSignature";
  if (!extended.client) return "extended key usage lacks clientAuth";
  return {};
}

Profile profile_of(CertificateName::Kind kind) {
  switch (kind) {
    case CertificateName::Kind::Person:
      return Profile::Auth;
    case CertificateName::Kind::Program:
      return Profile::Program;
    case CertificateName::Kind::Office:
      return Profile::Seal;
  }
  return Profile::Unspecified;
}

template <typename T>
Result<std::vector<std::string>> ders_of_pem(std::string_view pem,
                                             T* (*read)(BIO*, T**, pem_password_cb*, void*)) {
  std::vector<std::string> ders;
  const Owned<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  while (true) {
    const Owned<T> object(read(bio.get(), nullptr, nullptr, nullptr));
    if (!object) break;
    ders.push_back(x509::encode(object.get()));
  }
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  if (ERR_GET_REASON(error) != PEM_R_NO_START_LINE)
    return certificate_not_valid("pem", "does not decode");
  return ders;
}

}  // namespace

Status certificate_refused(std::string detail) {
  return Status(Code::Unauthenticated, Reason::SignInRefused, "certificate refused")
      .with_detail(std::move(detail));
}

Status certificate_not_valid(std::string field, std::string why) {
  return Status(Code::InvalidArgument, Reason::SignatureInvalid, "certificate does not hold")
      .with_violation({.field = std::move(field), .rule = std::move(why), .line = 0, .column = 0});
}

Result<CertificateFacts> read_certificate(std::string_view der, std::string_view network) {
  if (der.size() > certificate_bytes_max) return certificate_refused("certificate too long");
  const Owned<X509> certificate = x509::decode_certificate(der);
  if (!certificate) return certificate_refused("certificate does not decode");
  if (X509_get_version(certificate.get()) != X509_VERSION_3)
    return certificate_refused("not version 3");
  const std::uint32_t flags = X509_get_extension_flags(certificate.get());
  if ((flags & EXFLAG_INVALID) != 0) return certificate_refused("extensions malformed");
  if ((flags & EXFLAG_CA) != 0 || X509_check_ca(certificate.get()) != 0) {
    return certificate_refused("an authority is nobody");
  }
  if (!x509::is_allowed_key(certificate.get()))
    return certificate_refused("key is not P-256 or P-384");
  if (!x509::is_allowed_signature(X509_get_signature_nid(certificate.get()))) {
    return certificate_refused("signature algorithm");
  }
  const std::optional<std::string> uri = only_uri(certificate.get());
  if (!uri) return certificate_refused("subjectAltName is not exactly one URI");
  std::optional<CertificateName> name = parse_certificate_uri(*uri, network);
  if (!name) return certificate_refused("URI names nothing of this network");
  const Profile profile = profile_of(name->kind);
  if (const std::string_view fault = usage_fault(certificate.get(), profile); !fault.empty()) {
    return certificate_refused(std::string(fault));
  }
  const std::optional<Instant> from = x509::instant_of(X509_get0_notBefore(certificate.get()));
  const std::optional<Instant> until = x509::instant_of(X509_get0_notAfter(certificate.get()));
  if (!from || !until) return certificate_refused("validity malformed");
  if (profile != Profile::Seal && *until - *from > leaf_life_max) {
    return certificate_refused("valid for longer than a year");
  }
  return CertificateFacts{.name = *std::move(name),
                          .profile = profile,
                          .sha256 = sha256(der),
                          .not_before = *from,
                          .not_after = *until};
}

Status check_signature(std::string_view certificate_der, std::string_view message,
                       std::string_view signature) {
  const Status bad(Code::InvalidArgument, Reason::SignatureInvalid, "signature does not hold");
  const Owned<X509> certificate = x509::decode_certificate(certificate_der);
  if (!certificate || !x509::is_allowed_key(certificate.get())) return bad;
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): octets are octets.
  ENTENTE_CHECK(context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr,
                                                X509_get0_pubkey(certificate.get())) == 1);
  const bool holds =
      EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                       signature.size(), reinterpret_cast<const unsigned char*>(message.data()),
                       message.size()) == 1;
  // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
  ERR_clear_error();
  return holds ? Status() : bad;
}

Result<std::vector<std::string>> certificates_of_pem(std::string_view pem) {
  return ders_of_pem<X509>(pem, PEM_read_bio_X509);
}

Result<std::vector<std::string>> crls_of_pem(std::string_view pem) {
  return ders_of_pem<X509_CRL>(pem, PEM_read_bio_X509_CRL);
}

}  // namespace entente::identity
