// entente.v1.CertificateService: certificates are entered, lists published, anchors agreed on.
//
// What of this decides handshakes is taken from the store by `load` at the start and by
// `follow` whenever an act of these has committed, here or at another daemon.
//
// Threads: any. Owned by Identity.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "entente/v1/account.pb.h"
#include "proto/contract/clock.h"
#include "proto/contract/consent.h"
#include "server/identity/certificates.h"
#include "server/identity/endings.h"
#include "server/identity/gate.h"
#include "server/identity/holdings.h"
#include "server/identity/page_token.h"
#include "server/identity/register.h"
#include "server/identity/sessions.h"
#include "server/ledger/ledger.h"

namespace entente::identity {

// How long a proposed anchor waits for the second person (policy::consent_life).
inline constexpr std::chrono::hours proposal_life = policy::consent_life;

class CertificateService {
 public:
  struct Parts {
    store::Store& store;
    ledger::Ledger& ledger;
    const Register& rows;
    const Endings& endings;
    CertificateStore& certificates;
    const Sessions& sessions;
    const HoldingsSource& holdings;
    const Clock& clock;
    std::uint32_t everyone;
    // What of the store was not taken, and why.
    std::function<void(std::string_view what, const Status& why)> complain = {};
  };
  explicit CertificateService(Parts parts);

  void add_to(Gate& gate);

  // Takes the store's anchors and lists of every party into force; a party whose own do not hold is
  // complained of, and is as it was. DataLoss, Unavailable: as the store.
  [[nodiscard]] Status load();
  // Takes one party's. InvalidArgument too: they do not hold.
  [[nodiscard]] Status load(std::string_view party);

 private:
  using Subject = policy::Subject;

  Result<v1::Certificate> enter(const Subject& subject, const v1::EnterCertificateRequest& message,
                                store::Transaction& in);
  Result<v1::Certificate> get(const v1::GetCertificateRequest& message, store::Snapshot& in);
  Result<v1::ListCertificatesReply> list(const Subject& subject,
                                         const v1::ListCertificatesRequest& message,
                                         store::Snapshot& in);
  Result<v1::RevocationList> publish(const Subject& subject,
                                     const v1::PublishRevocationListRequest& message,
                                     store::Transaction& in);
  Result<v1::AnchorProposal> propose(const Subject& subject,
                                     const v1::ProposeAnchorRequest& message,
                                     store::Transaction& in);
  Result<v1::Anchor> approve(const Subject& subject, const v1::ApproveAnchorRequest& message,
                             store::Transaction& in);
  Result<v1::ListAnchorsReply> list_anchors(const v1::ListAnchorsRequest& message);

  bool keeps(const Subject& subject, std::string_view party) const;
  // Whether the subject is one of the two who agree on an anchor: of the secretariat of a process
  // in which the party takes part.
  bool admits(const Subject& subject, const record::AnchorProposal& proposal) const;
  // What the party's trust of the store would be with this proposal in it.
  Result<Trust> trust_with(store::Snapshot& in, const record::AnchorProposal& proposal) const;
  // The certificate of the subject's session, if its key signed `digest`.
  Result<std::string> consenting_device(const Subject& subject, std::string_view digest,
                                        std::string_view signature, store::Snapshot& in) const;
  v1::Certificate to_wire(const record::Certificate& row) const;
  Result<std::optional<std::uint64_t>> entry_of(store::Snapshot& in,
                                                const record::Certificate& row) const;
  ledger::Act act(const Subject& subject, std::string_view kind, std::string object) const;

  Parts parts_;
  const PageTokens page_tokens_;
};

// What both persons sign for an anchor: session.proto's ProposeAnchorRequest.signature says how.
[[nodiscard]] Digest anchor_digest(std::string_view party, std::string_view process, bool replaces,
                                   std::string_view der);

}  // namespace entente::identity
