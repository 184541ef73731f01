// Which certificates open the line, and which signatures hold. With what it rests on
// (certificate_facts.h, party_trust.h) the one place of the server that parses X.509.
//
// Each party has its own anchors: a chain is tried only against those of the party that its one
// `entente://` URI names, so that one state's authority cannot speak for another. Of what else a
// certificate says nothing opens anything; what it says too much refuses it. A party without anchor
// or without a revocation list in force opens no line.
//
// Threads: any. Owned by main; what it tells goes out on the thread that brought the change.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/clock.h"
#include "proto/contract/digest.h"
#include "proto/contract/status.h"
#include "server/identity/certificate_facts.h"
#include "server/net/method_table.h"

namespace entente::identity {

struct CertificateRules {
  std::string network;  // `demo.example`
  // How long a list is still good after its nextUpdate; then its party's new lines fail closed.
  std::chrono::hours crl_grace{24};
  // How many that were accepted are remembered, so that they need not be checked anew. Attack: many
  // certificates, to fill the memory; a party's own make room for them.
  std::size_t accepted_max = 32'768;
};

// What a party's certificates are held to.
struct Trust {
  // DER. A self-signed one is a root; another is an issuing authority, and then every chain of the
  // party must run through one of the issuing authorities given (the root alone does not do).
  std::vector<std::string> anchors;
  std::vector<std::string> crls;  // DER
  friend bool operator==(const Trust&, const Trust&) = default;
};

// Where trust comes from; what is in force is the union. Of two lists of one authority the one with
// the greater number is in force, wherever it came from: an older one never comes back.
enum class TrustSource : std::uint8_t { Folder, Ledger };

struct PartyTrust;

class CertificateStore final : public net::PeerVerifier {
 public:
  CertificateStore(CertificateRules rules, const Clock& clock);
  ~CertificateStore() override;

  // Whether a certificate of `party` that had opened a line no longer would: asked of each line and
  // each session that is open, whatever is remembered here. Any thread, at once or a little later;
  // the store outlives it.
  using Lost =
      std::function<bool(std::string_view party, const Digest& certificate, std::string_view der)>;
  // Called after each change of a party's trust, and when a certificate's time is over: main closes
  // the lines that are `lost` (net::Server::close_where), sessions end. Set before the start.
  using ShutOut = std::function<void(const Lost& lost)>;
  void add_shut_out(ShutOut shut_out);

  // The handshake. Answers the leaf's URI. Unauthenticated, with the cause in detail(). A chain
  // that came before, byte for byte, is not checked anew while nothing that was looked at has
  // changed or ended; that its sender has the key is proved at each handshake, by TLS.
  [[nodiscard]] Result<std::string> verify(const std::vector<std::string>& chain_der) override;

  // As verify, for a certificate shown in a message: also of an office, and not held to be live.
  // InvalidArgument (SignatureInvalid): it does not hold to its party's anchors, or is revoked.
  [[nodiscard]] Result<CertificateFacts> check(const std::vector<std::string>& chain_der) const;

  // What a certificate says, whether or not it holds. InvalidArgument (FieldInvalid): not one of
  // ours.
  [[nodiscard]] Result<CertificateFacts> read(std::string_view der) const;

  // Whether the list in force of the certificate's party names it, or an authority above it that
  // was seen with it.
  [[nodiscard]] bool revoked(std::string_view der) const;

  // Replaces what `source` says of `party`, and shuts out what no longer holds. All or nothing; but
  // a list of the ledger whose authority is not among the anchors in force waits until it is.
  // InvalidArgument (SignatureInvalid): an anchor is not a usable authority, an issuing authority
  // of the folder is not signed by one of the party's roots, a list of the folder is not signed by
  // one of its authorities or not well-formed.
  [[nodiscard]] Status set_trust(std::string_view party, TrustSource source, Trust trust);
  // Whether set_trust would take it, by the same code, and whether then no issuing authority of the
  // party is without its root; changes nothing.
  [[nodiscard]] Status would_take(std::string_view party, TrustSource source, const Trust& trust);
  // What a list says. InvalidArgument (SignatureInvalid): not of the party's authorities.
  // FailedPrecondition (RevisionStale): older than the one in force, or than one of `kept`, which
  // may not be in force yet; or past its nextUpdate.
  [[nodiscard]] Result<CrlFacts> check_crl(std::string_view party, std::string_view crl_der,
                                           const std::vector<std::string>& kept = {}) const;
  // Parses an authority's certificate. InvalidArgument (SignatureInvalid): not usable as an anchor.
  [[nodiscard]] Result<CertificateFacts> check_anchor(std::string_view der) const;

  // Anchors in force, DER.
  [[nodiscard]] std::vector<std::string> anchors(std::string_view party) const;
  // The parties that have anchors, in order.
  [[nodiscard]] std::vector<std::string> parties() const;

  // When the first of the lists in force is due to be renewed; the far future if there is none.
  [[nodiscard]] Instant lists_end() const;

  // Shuts out what has ended since. Called now and then (TrustFolder does).
  void sweep();

 private:
  struct Accepted {
    CertificateFacts facts;
    std::vector<std::string> chain;
    // Against which trust it was checked, when, and until when nothing but a change of that trust
    // can alter the verdict.
    std::uint64_t generation = 0;
    Instant checked_at;
    Instant holds_until;
    std::uint64_t order = 0;  // in by_order_
  };
  using Accepteds = std::map<Digest, Accepted>;

  Status build(std::string_view party, const std::map<TrustSource, Trust>& given,
               PartyTrust& out) const;
  std::shared_ptr<const PartyTrust> trust_of(std::string_view party) const;
  // Requires: it has, or had, a trust.
  std::uint64_t generation_of(std::string_view party) const;
  void remember(Accepted accepted);
  // Requires: accepted_mutex_.
  void put_last(Accepted& accepted);
  void drop(Accepteds::iterator accepted);
  std::optional<CertificateName> recall(const std::vector<std::string>& chain_der);
  void recheck(std::string_view party, bool lists_only);
  void forget(const Digest& certificate);
  void tell(const Lost& lost);

  const CertificateRules rules_;
  const Clock& clock_;
  std::vector<ShutOut> shut_outs_;
  std::mutex changing_;  // one change at a time
  mutable std::shared_mutex mutex_;
  std::map<std::string, std::map<TrustSource, Trust>, std::less<>> given_;  // under changing_
  std::map<std::string, std::shared_ptr<const PartyTrust>, std::less<>> trust_;
  std::map<std::string, std::uint64_t, std::less<>> generations_;  // of its newest; never erased
  mutable std::mutex accepted_mutex_;
  Accepteds accepted_;
  // Of each party that has any, its oldest first.
  std::map<std::string, std::map<std::uint64_t, Digest>, std::less<>> by_order_;
  std::uint64_t next_order_ = 0;
  std::uint64_t generation_ = 0;  // of the newest trust; under changing_
};

}  // namespace entente::identity
