#include "server/identity/certificates.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "server/identity/x509.h"

namespace entente::identity {
namespace {

using x509::Owned;

Status refused(std::string detail) {
  return Status(Code::Unauthenticated, Reason::SignInRefused, "certificate refused")
      .with_detail(std::move(detail));
}

Status not_valid(std::string field, std::string why) {
  return Status(Code::InvalidArgument, Reason::SignatureInvalid, "certificate does not hold")
      .with_violation({.field = std::move(field), .rule = std::move(why), .line = 0, .column = 0});
}

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
  if (ERR_GET_REASON(error) != PEM_R_NO_START_LINE) return not_valid("pem", "does not decode");
  return ders;
}

}  // namespace

// Immutable once built: shared by the handshakes that began with it.
struct CertificateStore::PartyTrust {
  Owned<X509_STORE> store;  // the roots, and the lists in force
  std::vector<Owned<X509>> roots;
  std::vector<Owned<X509>> issuing;
  std::map<Digest, std::pair<CrlFacts, Owned<X509_CRL>>> crls;  // by issuer
  std::vector<std::string> anchors_der;

  const X509* authority_of(const X509_NAME* name) const {
    for (const auto* list : {&issuing, &roots}) {
      for (const auto& certificate : *list) {
        if (X509_NAME_cmp(X509_get_subject_name(certificate.get()), name) == 0) {
          return certificate.get();
        }
      }
    }
    return nullptr;
  }

  std::uint64_t generation = 0;  // of all the store's trusts, no two have the same

  Status add_anchor(std::string_view der);
  Result<CrlFacts> facts_of_crl(X509_CRL* crl, Instant now) const;
  Status add_crl(std::string_view der, Instant now);
  void keep_crl(const CrlFacts& facts, X509_CRL* crl);
  void seal();
  // Whether the list of its issuer names it; true too if there is no such list. Requires: it reads.
  bool names(std::string_view der) const;
  Instant holds_until(const STACK_OF(X509) * chain, std::chrono::hours grace) const;
};

Status CertificateStore::PartyTrust::add_anchor(std::string_view der) {
  if (der.size() > certificate_bytes_max) return not_valid("anchor", "too long");
  Owned<X509> certificate = x509::decode_certificate(der);
  if (!certificate) return not_valid("anchor", "does not decode");
  if (const std::string_view fault = anchor_fault(certificate.get()); !fault.empty()) {
    return not_valid("anchor", std::string(fault));
  }
  if (std::ranges::find(anchors_der, der) != anchors_der.end()) return Status();
  if (anchors_der.size() == anchors_per_party_max) return not_valid("anchor", "too many");
  anchors_der.emplace_back(der);
  auto& list = x509::is_self_issued(certificate.get()) ? roots : issuing;
  list.push_back(std::move(certificate));
  return Status();
}

Result<CrlFacts> CertificateStore::PartyTrust::facts_of_crl(X509_CRL* crl, Instant now) const {
  const X509* issuer = authority_of(X509_CRL_get_issuer(crl));
  if (issuer == nullptr) return not_valid("crl", "of an authority that is not the party's");
  if (!x509::is_allowed_signature(X509_CRL_get_signature_nid(crl)) ||
      X509_CRL_verify(crl, X509_get0_pubkey(issuer)) != 1) {
    ERR_clear_error();
    return not_valid("crl", "its signature does not hold");
  }
  if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0 ||
      X509_CRL_get_ext_by_NID(crl, NID_issuing_distribution_point, -1) >= 0) {
    return not_valid("crl", "not the whole list");
  }
  const std::optional<Instant> last = x509::instant_of(X509_CRL_get0_lastUpdate(crl));
  const std::optional<Instant> next = x509::instant_of(X509_CRL_get0_nextUpdate(crl));
  if (!last || !next || *last > now + skew_max) {
    return not_valid("crl", "not yet in force, or without nextUpdate");
  }
  const std::optional<std::uint64_t> number = crl_number(crl);
  if (!number) return not_valid("crl", "without a number");
  const auto* revoked = X509_CRL_get_REVOKED(crl);
  return CrlFacts{.number = *number,
                  .this_update = *last,
                  .next_update = *next,
                  .revoked = static_cast<std::uint32_t>(std::max(0, sk_X509_REVOKED_num(revoked))),
                  .issuer_sha256 = x509::name_digest(X509_CRL_get_issuer(crl))};
}

// Of two lists of one authority the newer stays.
Status CertificateStore::PartyTrust::add_crl(std::string_view der, Instant now) {
  if (der.size() > crl_bytes_max) return not_valid("crl", "too long");
  Owned<X509_CRL> crl = x509::decode_crl(der);
  if (!crl) return not_valid("crl", "does not decode");
  ENTENTE_TRY(const CrlFacts facts, facts_of_crl(crl.get(), now));
  auto& slot = crls[facts.issuer_sha256];
  if (slot.second && slot.first.number >= facts.number) return Status();
  slot = {facts, std::move(crl)};
  return Status();
}

// A list that was in force before, if it is of one of these authorities; another key under the same
// name has lists of its own. No clock is asked: whether it is in force yet was, when it was taken.
void CertificateStore::PartyTrust::keep_crl(const CrlFacts& facts, X509_CRL* crl) {
  const X509* issuer = authority_of(X509_CRL_get_issuer(crl));
  const bool ours = issuer != nullptr && X509_CRL_verify(crl, X509_get0_pubkey(issuer)) == 1;
  ERR_clear_error();
  if (!ours) return;
  auto& slot = crls[facts.issuer_sha256];
  if (slot.second && slot.first.number >= facts.number) return;
  X509_CRL_up_ref(crl);
  slot = {facts, Owned<X509_CRL>(crl)};
}

void CertificateStore::PartyTrust::seal() {
  store.reset(X509_STORE_new());
  ENTENTE_CHECK(store != nullptr);
  for (const auto& root : roots) ENTENTE_CHECK(X509_STORE_add_cert(store.get(), root.get()) == 1);
  for (const auto& [issuer, crl] : crls) {
    ENTENTE_CHECK(X509_STORE_add_crl(store.get(), crl.second.get()) == 1);
  }
}

bool CertificateStore::PartyTrust::names(std::string_view der) const {
  const Owned<X509> certificate = x509::decode_certificate(der);
  ENTENTE_CHECK(certificate != nullptr);
  const auto crl = crls.find(x509::name_digest(X509_get_issuer_name(certificate.get())));
  if (crl == crls.end()) return true;
  X509_REVOKED* entry = nullptr;
  // 0: not named; 1: revoked; 2: removeFromCRL, which a whole list does not have.
  return X509_CRL_get0_by_cert(crl->second.second.get(), &entry, certificate.get()) != 0;
}

// The first end of any certificate of the chain, or of the grace of any of the party's lists.
Instant CertificateStore::PartyTrust::holds_until(const STACK_OF(X509) * chain,
                                                  std::chrono::hours grace) const {
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

CertificateStore::CertificateStore(CertificateRules rules, const Clock& clock)
    : rules_(std::move(rules)), clock_(clock) {}
CertificateStore::~CertificateStore() = default;

void CertificateStore::add_shut_out(ShutOut shut_out) { shut_outs_.push_back(std::move(shut_out)); }

std::shared_ptr<const CertificateStore::PartyTrust> CertificateStore::trust_of(
    std::string_view party) const {
  const std::shared_lock lock(mutex_);
  const auto found = trust_.find(party);
  return found == trust_.end() ? nullptr : found->second;
}

std::uint64_t CertificateStore::generation_of(std::string_view party) const {
  const std::shared_lock lock(mutex_);
  const auto found = generations_.find(party);
  ENTENTE_CHECK(found != generations_.end());
  return found->second;
}

Result<CertificateFacts> CertificateStore::read(std::string_view der) const {
  if (der.size() > certificate_bytes_max) return refused("certificate too long");
  const Owned<X509> certificate = x509::decode_certificate(der);
  if (!certificate) return refused("certificate does not decode");
  if (X509_get_version(certificate.get()) != X509_VERSION_3) return refused("not version 3");
  const std::uint32_t flags = X509_get_extension_flags(certificate.get());
  if ((flags & EXFLAG_INVALID) != 0) return refused("extensions malformed");
  if ((flags & EXFLAG_CA) != 0 || X509_check_ca(certificate.get()) != 0) {
    return refused("an authority is nobody");
  }
  if (!x509::is_allowed_key(certificate.get())) return refused("key is not P-256 or P-384");
  if (!x509::is_allowed_signature(X509_get_signature_nid(certificate.get()))) {
    return refused("signature algorithm");
  }
  const std::optional<std::string> uri = only_uri(certificate.get());
  if (!uri) return refused("subjectAltName is not exactly one URI");
  std::optional<CertificateName> name = parse_certificate_uri(*uri, rules_.network);
  if (!name) return refused("URI names nothing of this network");
  const Profile profile = profile_of(name->kind);
  if (const std::string_view fault = usage_fault(certificate.get(), profile); !fault.empty()) {
    return refused(std::string(fault));
  }
  const std::optional<Instant> from = x509::instant_of(X509_get0_notBefore(certificate.get()));
  const std::optional<Instant> until = x509::instant_of(X509_get0_notAfter(certificate.get()));
  if (!from || !until) return refused("validity malformed");
  if (profile != Profile::Seal && *until - *from > leaf_life_max) {
    return refused("valid for longer than a year");
  }
  return CertificateFacts{.name = *std::move(name),
                          .profile = profile,
                          .sha256 = sha256(der),
                          .not_before = *from,
                          .not_after = *until};
}

Result<Instant> CertificateStore::check_against(const PartyTrust& trust,
                                                const std::vector<std::string>& chain_der,
                                                Profile profile) const {
  std::vector<Owned<X509>> sent;
  for (const std::string& der : chain_der) {
    if (der.size() > certificate_bytes_max) return refused("certificate too long");
    sent.push_back(x509::decode_certificate(der));
    if (!sent.back()) return refused("certificate does not decode");
  }
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> between(
      sk_X509_new_null(), [](STACK_OF(X509) * stack) { sk_X509_free(stack); });
  for (std::size_t i = 1; i < sent.size(); ++i) sk_X509_push(between.get(), sent[i].get());
  for (const auto& issuing : trust.issuing) sk_X509_push(between.get(), issuing.get());

  const Owned<X509_STORE_CTX> context(X509_STORE_CTX_new());
  ENTENTE_CHECK(context && X509_STORE_CTX_init(context.get(), trust.store.get(), sent.front().get(),
                                               between.get()) == 1);
  Grace grace{.now = clock_.now(), .crl = rules_.crl_grace};
  X509_STORE_CTX_set_app_data(context.get(), &grace);
  X509_STORE_CTX_set_verify_cb(context.get(), on_verify);
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(
      param, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  X509_VERIFY_PARAM_set_auth_level(param, 2);
  X509_VERIFY_PARAM_set_depth(param, static_cast<int>(chain_certificates_max) - 2);
  X509_VERIFY_PARAM_set_time(param,
                             std::chrono::system_clock::to_time_t(
                                 std::chrono::time_point_cast<std::chrono::seconds>(grace.now)));
  if (profile != Profile::Seal) {
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT);
  }
  if (X509_verify_cert(context.get()) != 1) {
    const int error = X509_STORE_CTX_get_error(context.get());
    ERR_clear_error();
    return refused(X509_verify_cert_error_string(error));
  }
  bool through_issuing = trust.issuing.empty();
  const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(context.get());
  for (int i = 1; i < sk_X509_num(chain); ++i) {
    const X509* authority = sk_X509_value(chain, i);
    if (!x509::is_allowed_key(authority) ||
        !x509::is_allowed_signature(X509_get_signature_nid(authority))) {
      return refused("an authority's key or signature algorithm");
    }
    for (const auto& issuing : trust.issuing) {
      if (X509_cmp(issuing.get(), authority) == 0) through_issuing = true;
    }
  }
  if (!through_issuing) return refused("not through the party's issuing authority");
  return trust.holds_until(chain, rules_.crl_grace);
}

Result<CertificateFacts> CertificateStore::check(const std::vector<std::string>& chain_der) const {
  const auto worded = [](const Status& cause) {
    return not_valid("certificate", std::string(cause.detail()));
  };
  if (chain_der.empty() || chain_der.size() > chain_certificates_max) {
    return not_valid("certificate", "none, or too many");
  }
  const Result<CertificateFacts> facts = read(chain_der.front());
  if (!facts.ok()) return worded(facts.status());
  const std::shared_ptr<const PartyTrust> trust = trust_of(facts->name.party);
  if (!trust) return not_valid("certificate", "its party has no anchor");
  const Result<Instant> checked = check_against(*trust, chain_der, facts->profile);
  if (!checked.ok()) return worded(checked.status());
  return facts;
}

Result<std::string> CertificateStore::verify(const std::vector<std::string>& chain_der) {
  if (chain_der.empty()) return refused("no certificate");
  if (chain_der.size() > chain_certificates_max) return refused("chain too long");
  if (const std::optional<CertificateName> name = recall(chain_der))
    return certificate_uri(*name, rules_.network);
  ENTENTE_TRY(const CertificateFacts facts, read(chain_der.front()));
  if (facts.profile == Profile::Seal) return refused("an office's certificate opens no line");
  while (true) {
    const std::shared_ptr<const PartyTrust> trust = trust_of(facts.name.party);
    if (!trust) return refused("its party has no anchor");
    const Instant now = clock_.now();
    ENTENTE_TRY(const Instant until, check_against(*trust, chain_der, facts.profile));
    remember({.facts = facts,
              .chain = chain_der,
              .generation = trust->generation,
              .checked_at = now,
              .holds_until = until,
              .order = 0});
    // A change between the check and its being remembered has not seen this certificate: look anew.
    if (trust_of(facts.name.party) == trust) break;
  }
  return certificate_uri(facts.name, rules_.network);
}

// The name of a chain that was accepted, if checking it anew could say nothing else.
std::optional<CertificateName> CertificateStore::recall(const std::vector<std::string>& chain_der) {
  const Digest digest = sha256(chain_der.front());
  const Instant now = clock_.now();
  const std::lock_guard lock(accepted_mutex_);
  const auto found = accepted_.find(digest);
  if (found == accepted_.end()) return std::nullopt;
  Accepted& accepted = found->second;
  // A clock that was set back proves nothing about then.
  const bool holds = generation_of(accepted.facts.name.party) == accepted.generation &&
                     accepted.chain == chain_der && accepted.checked_at <= now &&
                     now < accepted.holds_until;
  if (!holds) return std::nullopt;
  by_order_.erase(accepted.order);
  accepted.order = next_order_++;
  by_order_[accepted.order] = digest;
  return accepted.facts.name;
}

void CertificateStore::remember(Accepted accepted) {
  const Digest digest = accepted.facts.sha256;
  const std::lock_guard lock(accepted_mutex_);
  const auto [at, fresh] = accepted_.try_emplace(digest);
  if (!fresh) by_order_.erase(at->second.order);
  at->second = std::move(accepted);
  at->second.order = next_order_++;
  by_order_[at->second.order] = digest;
  // More certificates than lines can be open: the oldest cannot be live, unless its line has
  // outlasted this many others; its session still ends with the party's next change, see below.
  if (accepted_.size() > rules_.accepted_max) {
    accepted_.erase(by_order_.begin()->second);
    by_order_.erase(by_order_.begin());
  }
}

bool CertificateStore::revoked(std::string_view der) const {
  const Result<CertificateFacts> facts = read(der);
  if (!facts.ok()) return true;
  const std::shared_ptr<const PartyTrust> trust = trust_of(facts->name.party);
  return !trust || trust->names(der);
}

Result<CrlFacts> CertificateStore::check_crl(std::string_view party, std::string_view crl_der,
                                             const std::vector<std::string>& kept) const {
  if (crl_der.size() > crl_bytes_max) return not_valid("crl", "too long");
  const Owned<X509_CRL> crl = x509::decode_crl(crl_der);
  if (!crl) return not_valid("crl", "does not decode");
  const std::shared_ptr<const PartyTrust> trust = trust_of(party);
  if (!trust) return not_valid("crl", "of an authority that is not the party's");
  const Instant now = clock_.now();
  ENTENTE_TRY(const CrlFacts facts, trust->facts_of_crl(crl.get(), now));
  const auto newer = [&](const std::string& der) {
    const Owned<X509_CRL> other = x509::decode_crl(der);
    if (!other) return false;  // by damage: what comes takes its place
    const Result<CrlFacts> said = trust->facts_of_crl(other.get(), now);
    return said.ok() && said->issuer_sha256 == facts.issuer_sha256 && said->number >= facts.number;
  };
  const auto present = trust->crls.find(facts.issuer_sha256);
  if (facts.next_update <= now || std::ranges::any_of(kept, newer) ||
      (present != trust->crls.end() && present->second.first.number >= facts.number)) {
    return Status(Code::FailedPrecondition, Reason::RevisionStale,
                  "a newer revocation list is in force");
  }
  return facts;
}

Result<CertificateFacts> CertificateStore::check_anchor(std::string_view der) const {
  PartyTrust trust;
  ENTENTE_TRY_VOID(trust.add_anchor(der));
  const X509* anchor = trust.roots.empty() ? trust.issuing[0].get() : trust.roots[0].get();
  const std::optional<Instant> from = x509::instant_of(X509_get0_notBefore(anchor));
  const std::optional<Instant> until = x509::instant_of(X509_get0_notAfter(anchor));
  if (!from || !until) return not_valid("anchor", "validity malformed");
  return CertificateFacts{.name = {},
                          .profile = Profile::Unspecified,
                          .sha256 = sha256(der),
                          .not_before = *from,
                          .not_after = *until};
}

Status CertificateStore::build(std::string_view party, const std::map<TrustSource, Trust>& given,
                               PartyTrust& out) const {
  for (const auto& [source, trust] : given) {
    for (const std::string& der : trust.anchors) ENTENTE_TRY_VOID(out.add_anchor(der));
  }
  if (out.roots.empty() && !out.issuing.empty()) {
    return not_valid("anchor", "an issuing authority without its root");
  }
  for (const auto& [source, trust] : given) {
    for (const std::string& der : trust.crls) ENTENTE_TRY_VOID(out.add_crl(der, clock_.now()));
  }
  // What was once revoked stays so, whatever the clock says by now: a list never gives way to an
  // older one.
  if (const std::shared_ptr<const PartyTrust> before = trust_of(party)) {
    for (const auto& [issuer, list] : before->crls) out.keep_crl(list.first, list.second.get());
  }
  out.seal();
  return Status();
}

Status CertificateStore::set_trust(std::string_view party, TrustSource source, Trust trust) {
  if (!is_party_code(party)) return invalid_argument("party", "is no party's code");
  bool lists_only = false;
  {
    const std::lock_guard changing(changing_);
    std::map<TrustSource, Trust> given = given_[std::string(party)];
    given[source] = std::move(trust);
    auto built = std::make_shared<PartyTrust>();
    ENTENTE_TRY_VOID(build(party, given, *built));
    built->generation = ++generation_;
    given_[std::string(party)] = std::move(given);
    const std::shared_ptr<const PartyTrust> before = trust_of(party);
    lists_only = before && before->anchors_der == built->anchors_der &&
                 std::ranges::none_of(built->issuing, [&](const auto& issuing) {
                   return built->names(x509::encode(issuing.get()));
                 });
    const std::unique_lock lock(mutex_);
    generations_[std::string(party)] = built->generation;
    if (built->roots.empty()) {
      trust_.erase(std::string(party));
    } else {
      trust_[std::string(party)] = std::move(built);
    }
  }
  recheck(party, lists_only);
  return Status();
}

Status CertificateStore::would_take(std::string_view party, TrustSource source,
                                    const Trust& trust) {
  const std::lock_guard changing(changing_);
  const auto found = given_.find(party);
  std::map<TrustSource, Trust> given =
      found == given_.end() ? std::map<TrustSource, Trust>() : found->second;
  given[source] = trust;
  PartyTrust built;
  return build(party, given, built);
}

std::vector<std::string> CertificateStore::anchors(std::string_view party) const {
  const std::shared_ptr<const PartyTrust> trust = trust_of(party);
  return trust ? trust->anchors_der : std::vector<std::string>();
}

std::vector<std::string> CertificateStore::parties() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::string> out;
  for (const auto& [party, trust] : trust_) out.push_back(party);
  return out;
}

Instant CertificateStore::lists_end() const {
  const std::shared_lock lock(mutex_);
  Instant first = Instant::max();
  for (const auto& [party, trust] : trust_) {
    for (const auto& [issuer, list] : trust->crls) first = std::min(first, list.first.next_update);
  }
  return first;
}

// `lists_only`: the authorities are what they were, so that it is enough to look into the lists:
// signatures checked anew would take ten times as long, and the second is short for 12,000 lines.
void CertificateStore::recheck(std::string_view party, bool lists_only) {
  std::vector<Accepted> mine;
  {
    const std::lock_guard lock(accepted_mutex_);
    for (const auto& [digest, accepted] : accepted_) {
      if (accepted.facts.name.party == party) mine.push_back(accepted);
    }
  }
  const std::shared_ptr<const PartyTrust> trust = trust_of(party);
  std::vector<Digest> lost;
  for (const Accepted& one : mine) {
    const bool holds =
        trust && (lists_only ? std::ranges::none_of(
                                   one.chain, [&](const auto& der) { return trust->names(der); })
                             : check_against(*trust, one.chain, one.facts.profile).ok());
    if (!holds) lost.push_back(one.facts.sha256);
  }
  tell(lost);
}

void CertificateStore::sweep() {
  std::vector<Digest> lost;
  {
    const Instant now = clock_.now();
    const std::lock_guard lock(accepted_mutex_);
    for (const auto& [digest, accepted] : accepted_) {
      if (accepted.facts.not_after < now) lost.push_back(digest);
    }
  }
  tell(lost);
}

void CertificateStore::tell(const std::vector<Digest>& certificates) {
  if (certificates.empty()) return;
  {
    const std::lock_guard lock(accepted_mutex_);
    for (const Digest& digest : certificates) {
      const auto found = accepted_.find(digest);
      if (found == accepted_.end()) continue;
      by_order_.erase(found->second.order);
      accepted_.erase(found);
    }
  }
  for (const ShutOut& shut_out : shut_outs_) shut_out(certificates);
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
