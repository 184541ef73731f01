#include "server/identity/certificates.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "server/identity/party_trust.h"

namespace entente::identity {

CertificateStore::CertificateStore(CertificateRules rules, const Clock& clock)
    : rules_(std::move(rules)), clock_(clock) {}
CertificateStore::~CertificateStore() = default;

void CertificateStore::add_shut_out(ShutOut shut_out) { shut_outs_.push_back(std::move(shut_out)); }

std::shared_ptr<const PartyTrust> CertificateStore::trust_of(std::string_view party) const {
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
  return read_certificate(der, rules_.network);
}

Result<CertificateFacts> CertificateStore::check(const std::vector<std::string>& chain_der) const {
  const auto worded = [](const Status& cause) {
    return certificate_not_valid("certificate", std::string(cause.detail()));
  };
  if (chain_der.empty() || chain_der.size() > chain_certificates_max) {
    return certificate_not_valid("certificate", "none, or too many");
  }
  const Result<CertificateFacts> facts = read(chain_der.front());
  if (!facts.ok()) return worded(facts.status());
  const std::shared_ptr<const PartyTrust> trust = trust_of(facts->name.party);
  if (!trust) return certificate_not_valid("certificate", "its party has no anchor");
  const Result<Instant> checked =
      trust->check(chain_der, facts->profile, clock_.now(), rules_.crl_grace);
  if (!checked.ok()) return worded(checked.status());
  return facts;
}

Result<std::string> CertificateStore::verify(const std::vector<std::string>& chain_der) {
  if (chain_der.empty()) return certificate_refused("no certificate");
  if (chain_der.size() > chain_certificates_max) return certificate_refused("chain too long");
  if (const std::optional<CertificateName> name = recall(chain_der))
    return certificate_uri(*name, rules_.network);
  ENTENTE_TRY(const CertificateFacts facts, read(chain_der.front()));
  if (facts.profile == Profile::Seal)
    return certificate_refused("an office's certificate opens no line");
  while (true) {
    const std::shared_ptr<const PartyTrust> trust = trust_of(facts.name.party);
    if (!trust) return certificate_refused("its party has no anchor");
    const Instant now = clock_.now();
    ENTENTE_TRY(const Instant until, trust->check(chain_der, facts.profile, now, rules_.crl_grace));
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
  by_order_[accepted.facts.name.party].erase(accepted.order);
  put_last(accepted);
  return accepted.facts.name;
}

void CertificateStore::remember(Accepted accepted) {
  const Digest digest = accepted.facts.sha256;
  const std::lock_guard lock(accepted_mutex_);
  const auto [at, fresh] = accepted_.try_emplace(digest);
  if (!fresh) by_order_[at->second.facts.name.party].erase(at->second.order);
  at->second = std::move(accepted);
  put_last(at->second);
  if (accepted_.size() <= rules_.accepted_max) return;
  // Whose authority makes many makes its own be forgotten, and nobody else's.
  const auto most =
      std::ranges::max_element(by_order_, {}, [](const auto& of) { return of.second.size(); });
  drop(accepted_.find(most->second.begin()->second));
}

void CertificateStore::put_last(Accepted& accepted) {
  accepted.order = next_order_++;
  by_order_[accepted.facts.name.party][accepted.order] = accepted.facts.sha256;
}

void CertificateStore::drop(Accepteds::iterator accepted) {
  const auto of = by_order_.find(accepted->second.facts.name.party);
  of->second.erase(accepted->second.order);
  if (of->second.empty()) by_order_.erase(of);
  accepted_.erase(accepted);
}

bool CertificateStore::revoked(std::string_view der) const {
  const Result<CertificateFacts> facts = read(der);
  if (!facts.ok()) return true;
  const std::shared_ptr<const PartyTrust> trust = trust_of(facts->name.party);
  return !trust || trust->names(der);
}

Result<CrlFacts> CertificateStore::check_crl(std::string_view party, std::string_view crl_der,
                                             const std::vector<std::string>& kept) const {
  if (crl_der.size() > crl_bytes_max) return certificate_not_valid("crl", "too long");
  const x509::Owned<X509_CRL> crl = x509::decode_crl(crl_der);
  if (!crl) return certificate_not_valid("crl", "does not decode");
  const std::shared_ptr<const PartyTrust> trust = trust_of(party);
  if (!trust) return certificate_not_valid("crl", "of an authority that is not the party's");
  const Instant now = clock_.now();
  ENTENTE_TRY(const CrlFacts facts, trust->facts_of_crl(crl.get(), now));
  const auto newer = [&](const std::string& der) {
    const x509::Owned<X509_CRL> other = x509::decode_crl(der);
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
  if (!from || !until) return certificate_not_valid("anchor", "validity malformed");
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
  for (const auto& [source, trust] : given) {
    for (const std::string& der : trust.crls) {
      const bool from_ledger = source == TrustSource::Ledger;
      const Status taken =
          out.add_crl(der, from_ledger ? std::nullopt : std::optional(clock_.now()));
      // What was published once stays in the ledger, whatever becomes of the authority that signed
      // it: it must keep neither another anchor out nor the daemon from its start. It comes into
      // force with its authority; until then there is no list of that one, and nothing opens.
      if (!from_ledger) ENTENTE_TRY_VOID(taken);
    }
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
    // Those of the ledger were held to it when two persons agreed on them. Whatever root has come
    // or gone since, every chain must run through them still: then nothing opens, which is mended
    // by another anchor, while a root in whose place another was laid must not stay.
    if (source == TrustSource::Folder) ENTENTE_TRY_VOID(built->check_rooted(given[source].anchors));
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
  ENTENTE_TRY_VOID(build(party, given, built));
  return built.check_rooted(built.anchors_der);
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
  const Instant now = clock_.now();
  const auto holding = std::make_shared<std::map<Digest, bool>>();
  for (const Accepted& one : mine) {
    const bool holds =
        trust &&
        (lists_only
             ? std::ranges::none_of(one.chain, [&](const auto& der) { return trust->names(der); })
             : trust->check(one.chain, one.facts.profile, now, rules_.crl_grace).ok());
    (*holding)[one.facts.sha256] = holds;
    if (!holds) forget(one.facts.sha256);
  }
  tell([this, trust, now, holding, changed = std::string(party)](
           std::string_view of, const Digest& certificate, std::string_view der) {
    if (of != changed) return false;
    const auto known = holding->find(certificate);
    if (known != holding->end()) return !known->second;
    // What was sent with it is forgotten. Where that was needed its holder comes with it again.
    return !trust || !trust->check({std::string(der)}, Profile::Auth, now, rules_.crl_grace).ok();
  });
}

void CertificateStore::sweep() {
  const auto over = std::make_shared<std::set<Digest>>();
  {
    const Instant now = clock_.now();
    const std::lock_guard lock(accepted_mutex_);
    for (const auto& [digest, accepted] : accepted_) {
      if (accepted.facts.not_after < now) over->insert(digest);
    }
  }
  if (over->empty()) return;
  for (const Digest& certificate : *over) forget(certificate);
  tell([over](std::string_view, const Digest& certificate, std::string_view) {
    return over->contains(certificate);
  });
}

void CertificateStore::forget(const Digest& certificate) {
  const std::lock_guard lock(accepted_mutex_);
  const auto found = accepted_.find(certificate);
  if (found != accepted_.end()) drop(found);
}

void CertificateStore::tell(const Lost& lost) {
  for (const ShutOut& shut_out : shut_outs_) shut_out(lost);
}

}  // namespace entente::identity
