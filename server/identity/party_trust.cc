#include "server/identity/party_trust.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

namespace entente::identity {
namespace {

using x509::Owned;

// Empty, or why it cannot be a party's authority.
std::string_view anchor_fault(X509* certificate) {
  if (X509_get_version(certificate) != X509_VERSION_3) return "not version 3";
  // That its extensions read, and that its key usage, if there is one, has keyCertSign.
  if (X509_check_ca(certificate) != 1) return "not an authority";
  if ((X509_get_extension_flags(certificate) & EXFLAG_KUSAGE) == 0 ||
      (X509_get_key_usage(certificate) & KU_CRL_SIGN) == 0) {
    return "key usage lacks keyCertSign or cRLSign";
  }
  if (!x509::is_allowed_key(certificate)) return "key is not P-256 or P-384";
  if (!x509::is_allowed_signature(X509_get_signature_nid(certificate)))
    return "signature algorithm";
  if (x509::is_self_issued(certificate) &&
      X509_verify(certificate, X509_get0_pubkey(certificate)) != 1) {
    return "its own signature does not hold";
  }
  return {};
}

struct Grace {
  Instant now;
  std::chrono::hours crl;
};

// How far an authority's clock may be ahead of ours, when it has just signed a list.
constexpr std::chrono::minutes skew_max{5};

// The two errors that are forgiven: a list past its nextUpdate within the grace, and one made a
// moment ago by a clock ahead of ours.
int on_verify(int ok, X509_STORE_CTX* context) {
  if (ok == 1) return 1;
  const X509_CRL* crl = X509_STORE_CTX_get0_current_crl(context);
  const auto* grace = static_cast<const Grace*>(X509_STORE_CTX_get_app_data(context));
  ENTENTE_CHECK(grace != nullptr);
  if (crl == nullptr) return 0;
  const std::optional<Instant> last = x509::instant_of(X509_CRL_get0_lastUpdate(crl));
  const std::optional<Instant> next = x509::instant_of(X509_CRL_get0_nextUpdate(crl));
  ENTENTE_CHECK(last && next);  // else facts_of_crl had not taken it
  switch (X509_STORE_CTX_get_error(context)) {
    case X509_V_ERR_CRL_HAS_EXPIRED:
      if (grace->now > *next + grace->crl) return 0;
      break;
    case X509_V_ERR_CRL_NOT_YET_VALID:
      if (*last > grace->now + skew_max) return 0;
      break;
    default:
      return 0;
  }
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

std::optional<std::uint64_t> crl_number(const X509_CRL* crl) {
  const Owned<ASN1_INTEGER> number(
      static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(crl, NID_crl_number, nullptr, nullptr)));
  std::uint64_t value = 0;
  if (!number || ASN1_INTEGER_get_uint64(&value, number.get()) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  return value;
}

}  // namespace

const X509* PartyTrust::authority_of(const X509_NAME* name) const {
  for (const auto* list : {&issuing, &roots}) {
    for (const auto& certificate : *list) {
      if (X509_NAME_cmp(X509_get_subject_name(certificate.get()), name) == 0) {
        return certificate.get();
      }
    }
  }
  return nullptr;
}

Status PartyTrust::add_anchor(std::string_view der) {
  if (der.size() > certificate_bytes_max) return certificate_not_valid("anchor", "too long");
  Owned<X509> certificate = x509::decode_certificate(der);
  if (!certificate) return certificate_not_valid("anchor", "does not decode");
  if (const std::string_view fault = anchor_fault(certificate.get()); !fault.empty()) {
    return certificate_not_valid("anchor", std::string(fault));
  }
  if (std::ranges::find(anchors_der, der) != anchors_der.end()) return Status();
  if (anchors_der.size() == anchors_per_party_max)
    return certificate_not_valid("anchor", "too many");
  anchors_der.emplace_back(der);
  auto& list = x509::is_self_issued(certificate.get()) ? roots : issuing;
  list.push_back(std::move(certificate));
  return Status();
}

Result<CrlFacts> PartyTrust::facts_of_crl(X509_CRL* crl, std::optional<Instant> now) const {
  const X509* issuer = authority_of(X509_CRL_get_issuer(crl));
  if (issuer == nullptr)
    return certificate_not_valid("crl", "of an authority that is not the party's");
  if (!x509::is_allowed_signature(X509_CRL_get_signature_nid(crl)) ||
      X509_CRL_verify(crl, X509_get0_pubkey(issuer)) != 1) {
    ERR_clear_error();
    return certificate_not_valid("crl", "its signature does not hold");
  }
  if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0 ||
      X509_CRL_get_ext_by_NID(crl, NID_issuing_distribution_point, -1) >= 0) {
    return certificate_not_valid("crl", "not the whole list");
  }
  const std::optional<Instant> last = x509::instant_of(X509_CRL_get0_lastUpdate(crl));
  const std::optional<Instant> next = x509::instant_of(X509_CRL_get0_nextUpdate(crl));
  if (!last || !next || (now && *last > *now + skew_max)) {
    return certificate_not_valid("crl", "not yet in force, or without nextUpdate");
  }
  const std::optional<std::uint64_t> number = crl_number(crl);
  if (!number) return certificate_not_valid("crl", "without a number");
  const auto* revoked = X509_CRL_get_REVOKED(crl);
  return CrlFacts{.number = *number,
                  .this_update = *last,
                  .next_update = *next,
                  .revoked = static_cast<std::uint32_t>(std::max(0, sk_X509_REVOKED_num(revoked))),
                  .issuer_sha256 = x509::name_digest(X509_CRL_get_issuer(crl))};
}

Status PartyTrust::check_rooted(const std::vector<std::string>& anchors) const {
  for (const std::string& der : anchors) {
    const Owned<X509> certificate = x509::decode_certificate(der);
    if (x509::is_self_issued(certificate.get())) continue;
    const bool rooted = std::ranges::any_of(roots, [&](const Owned<X509>& root) {
      return X509_check_issued(root.get(), certificate.get()) == X509_V_OK &&
             X509_verify(certificate.get(), X509_get0_pubkey(root.get())) == 1;
    });
    ERR_clear_error();
    if (!rooted) {
      return certificate_not_valid("anchor", "an authority that no root of the party's signed");
    }
  }
  return Status();
}

// Of two lists of one authority the newer stays.
Status PartyTrust::add_crl(std::string_view der, std::optional<Instant> now) {
  if (der.size() > crl_bytes_max) return certificate_not_valid("crl", "too long");
  Owned<X509_CRL> crl = x509::decode_crl(der);
  if (!crl) return certificate_not_valid("crl", "does not decode");
  ENTENTE_TRY(const CrlFacts facts, facts_of_crl(crl.get(), now));
  auto& slot = crls[facts.issuer_sha256];
  if (slot.second && slot.first.number >= facts.number) return Status();
  slot = {facts, std::move(crl)};
  return Status();
}

// A list that was in force before, if it is of one of these authorities; another key under the same
// name has lists of its own. No clock is asked: whether it is in force yet was, when it was taken.
void PartyTrust::keep_crl(const CrlFacts& facts, X509_CRL* crl) {
  const X509* issuer = authority_of(X509_CRL_get_issuer(crl));
  const bool ours = issuer != nullptr && X509_CRL_verify(crl, X509_get0_pubkey(issuer)) == 1;
  ERR_clear_error();
  if (!ours) return;
  auto& slot = crls[facts.issuer_sha256];
  if (slot.second && slot.first.number >= facts.number) return;
  X509_CRL_up_ref(crl);
  slot = {facts, Owned<X509_CRL>(crl)};
}

void PartyTrust::seal() {
  store.reset(X509_STORE_new());
  ENTENTE_CHECK(store != nullptr);
  for (const auto& root : roots) ENTENTE_CHECK(X509_STORE_add_cert(store.get(), root.get()) == 1);
  for (const auto& [issuer, crl] : crls) {
    ENTENTE_CHECK(X509_STORE_add_crl(store.get(), crl.second.get()) == 1);
  }
}

bool PartyTrust::names(std::string_view der) const {
  const Owned<X509> certificate = x509::decode_certificate(der);
  ENTENTE_CHECK(certificate != nullptr);
  const auto crl = crls.find(x509::name_digest(X509_get_issuer_name(certificate.get())));
  if (crl == crls.end()) return true;
  X509_REVOKED* entry = nullptr;
  // 0: not named; 1: revoked; 2: removeFromCRL, which a whole list does not have.
  return X509_CRL_get0_by_cert(crl->second.second.get(), &entry, certificate.get()) != 0;
}

// The first end of any certificate of the chain, or of the grace of any of the party's lists.
Instant PartyTrust::holds_until(const STACK_OF(X509) * chain, std::chrono::hours grace) const {
  Instant until = Instant::max();
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    until = std::min(
        until, x509::instant_of(X509_get0_notAfter(sk_X509_value(chain, i))).value_or(Instant()));
  }
  for (const auto& [issuer, crl] : crls) {
    until = std::min(until, crl.first.next_update + grace);
  }
  return until;
}

Result<Instant> PartyTrust::check(const std::vector<std::string>& chain_der, Profile profile,
                                  Instant now, std::chrono::hours crl_grace) const {
  std::vector<Owned<X509>> sent;
  for (const std::string& der : chain_der) {
    if (der.size() > certificate_bytes_max) return certificate_refused("certificate too long");
    sent.push_back(x509::decode_certificate(der));
    if (!sent.back()) return certificate_refused("certificate does not decode");
  }
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> between(
      sk_X509_new_null(), [](STACK_OF(X509) * stack) { sk_X509_free(stack); });
  for (std::size_t i = 1; i < sent.size(); ++i) sk_X509_push(between.get(), sent[i].get());
  for (const auto& one : issuing) sk_X509_push(between.get(), one.get());

  const Owned<X509_STORE_CTX> context(X509_STORE_CTX_new());
  ENTENTE_CHECK(context && X509_STORE_CTX_init(context.get(), store.get(), sent.front().get(),
                                               between.get()) == 1);
  Grace grace{.now = now, .crl = crl_grace};
  X509_STORE_CTX_set_app_data(context.get(), &grace);
  X509_STORE_CTX_set_verify_cb(context.get(), on_verify);
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(
      param, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  X509_VERIFY_PARAM_set_auth_level(param, 2);
  X509_VERIFY_PARAM_set_depth(param, static_cast<int>(chain_certificates_max) - 2);
  X509_VERIFY_PARAM_set_time(param, std::chrono::system_clock::to_time_t(
                                        std::chrono::time_point_cast<std::chrono::seconds>(now)));
  if (profile != Profile::Seal) {
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT);
  }
  if (X509_verify_cert(context.get()) != 1) {
    const int error = X509_STORE_CTX_get_error(context.get());
    ERR_clear_error();
    return certificate_refused(X509_verify_cert_error_string(error));
  }
  bool through_issuing = issuing.empty();
  const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(context.get());
  for (int i = 1; i < sk_X509_num(chain); ++i) {
    const X509* authority = sk_X509_value(chain, i);
    if (!x509::is_allowed_key(authority) ||
        !x509::is_allowed_signature(X509_get_signature_nid(authority))) {
      return certificate_refused("an authority's key or signature algorithm");
    }
    for (const auto& one : issuing) {
      if (X509_cmp(one.get(), authority) == 0) through_issuing = true;
    }
  }
  if (!through_issuing) return certificate_refused("not through the party's issuing authority");
  return holds_until(chain, crl_grace);
}

}  // namespace entente::identity
