// Exemptions from reciprocity, by the word of two persons: the face of
// `entente.v1.ExemptionService`, and what reciprocity asks before it closes a period
// (reciprocity.cc).
//
// Threads: any. Ownership: main's; what is passed in is borrowed and outlives it.
#pragma once

#include <string>
#include <string_view>

#include "entente/v1/exemptions.pb.h"
#include "server/identity/gate.h"
#include "server/ledger/ledger.h"
#include "server/statistics/record.pb.h"
#include "server/statistics/service.h"

namespace entente::statistics {

// On disk: never renumber. The shape is in docs/key-layout.md.
inline constexpr store::Table exemptions_table{0x70};  // blinded name -> Exemption

// Whose word is heard: the directory's to say, by way of main.
class Consents {
 public:
  virtual ~Consents() = default;
  // The fingerprint of the certificate that the subject's session stands on, if its key made
  // `signature` over `message`. InvalidArgument (SignatureInvalid): it did not.
  [[nodiscard]] virtual Result<std::string> check(const policy::Subject& subject,
                                                  store::Snapshot& snapshot,
                                                  std::string_view message,
                                                  std::string_view signature) const = 0;
  // Who gave their word, with what they hold now; nothing if the account is no more.
  [[nodiscard]] virtual Result<policy::Subject> as_now(store::Snapshot& snapshot,
                                                       policy::Subject then) const = 0;
};

// Whether the party sees the others' figures of the dataflow on that day without giving its own.
// DataLoss, Unavailable: as the store.
[[nodiscard]] Result<bool> is_exempt(const store::Store& store, store::Snapshot& snapshot,
                                     std::string_view dataflow, std::string_view party,
                                     std::int32_t day);

class ExemptionService {
 public:
  struct Parts {
    const store::Store& store;
    Service& service;
    const Consents& consents;
    Audiences& audiences;
    ledger::Ledger& ledger;
    const Clock& clock;
  };
  explicit ExemptionService(const Parts& parts) : parts_(parts) {}
  void add_to(identity::Gate& gate);

  using Subject = policy::Subject;
  using Snapshot = store::Snapshot;
  using Transaction = store::Transaction;
  Result<v1::Exemption> propose(const Subject&, const v1::ProposeExemptionRequest&, Transaction&);
  Result<v1::Exemption> approve(const Subject&, const v1::ApproveExemptionRequest&, Transaction&);
  Result<v1::ListExemptionsReply> list(const Subject&, const v1::ListExemptionsRequest&, Snapshot&);

 private:
  struct Place {
    std::shared_ptr<const Flow> flow;
    policy::AudienceId audience = policy::AudienceId::Nobody;  // of the party's provision
    record::Exemption row;
  };
  // The dataflow, and what there is of the party, for who may propose and approve. NotFound: the
  // party has no provision.
  Result<Place> open(const Subject& subject, const std::string& dataflow, const std::string& party,
                     Snapshot& snapshot) const;
  Status check_two_persons(const Subject& subject, const Place& place, const Digest& second_digest,
                           const std::string& device, Snapshot& snapshot) const;
  // `audience`: whose the entry is.
  void keep(const Subject& subject, std::string_view kind, const Place& place,
            policy::AudienceId audience, const record::Exemption::Terms& terms,
            const std::string& signature, Transaction& transaction) const;

  Parts parts_;
};

}  // namespace entente::statistics
