// What one party's certificates are held to: its authorities, and of each the newest list of what
// is revoked. Built by one thread, then shared as it is by the handshakes that begin with it.
// Included by this room's source files only.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/identity/certificate_facts.h"
#include "server/identity/x509.h"

namespace entente::identity {

struct PartyTrust {
  std::vector<x509::Owned<X509>> roots;
  std::vector<x509::Owned<X509>> issuing;
  std::map<Digest, std::pair<CrlFacts, x509::Owned<X509_CRL>>> crls;  // by issuer
  std::vector<std::string> anchors_der;
  std::uint64_t generation = 0;   // of all the store's trusts, no two have the same
  x509::Owned<X509_STORE> store;  // the roots, and the lists in force; made by seal()

  // InvalidArgument (SignatureInvalid): not usable as an authority; not one of its lists. A list
  // that was looked at when it was published is held to no clock.
  Status add_anchor(std::string_view der);
  Status add_crl(std::string_view der, std::optional<Instant> now);
  [[nodiscard]] Result<CrlFacts> facts_of_crl(X509_CRL* crl, std::optional<Instant> now) const;
  // Whether each of these that is no root was signed by one of the roots: a name alone is nobody's
  // word. InvalidArgument (SignatureInvalid): one was not. Requires: they were added.
  [[nodiscard]] Status check_rooted(const std::vector<std::string>& anchors) const;
  void keep_crl(const CrlFacts& facts, X509_CRL* crl);
  // Nothing is added behind it.
  void seal();

  // Whether the list of its issuer names it; true too if there is no such list. Requires: it reads.
  [[nodiscard]] bool names(std::string_view der) const;
  // Whether the chain, its leaf first, holds at `now`: until when it does if this trust stays. A
  // list is good for `grace` after its nextUpdate. Unauthenticated, with the cause in detail().
  [[nodiscard]] Result<Instant> check(const std::vector<std::string>& chain_der, Profile profile,
                                      Instant now, std::chrono::hours grace) const;

 private:
  [[nodiscard]] const X509* authority_of(const X509_NAME* name) const;
  [[nodiscard]] Instant holds_until(const STACK_OF(X509) * chain, std::chrono::hours grace) const;
};

}  // namespace entente::identity
