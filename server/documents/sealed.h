// The RPC face of what is sealed end to end, `entente.v1.SealingService`: whom it is sealed to, and
// the envelopes that open it. Envelopes are kept and handed out, never parsed: they hold nothing
// that this daemon could open.
//
// Threads: any. Ownership: main's; everything passed in is borrowed and outlives it.
#pragma once

#include <string>

#include "entente/v1/sealing.pb.h"
#include "server/documents/service.h"

namespace entente::documents {

class SealedService {
 public:
  struct Parts {
    const Rows& rows;
    Service& documents;
    Uploads& uploads;
    Neighbours& neighbours;
    std::string origin;  // the ledger's
    const Clock& clock;
  };
  explicit SealedService(Parts parts) : parts_(std::move(parts)) {}

  void add_to(identity::Gate& gate);

  using Subject = policy::Subject;
  using Snapshot = store::Snapshot;
  using Transaction = store::Transaction;

  Result<v1::Roster> get_roster(const Subject&, const v1::GetRosterRequest&, Snapshot&);
  Result<v1::Envelope> put_envelope(const Subject&, const v1::PutEnvelopeRequest&, Snapshot&);
  Result<v1::Envelope> share_envelope(const Subject&, const v1::ShareEnvelopeRequest&,
                                      Transaction&);
  Result<v1::ListEnvelopesReply> list_envelopes(const Subject&, const v1::ListEnvelopesRequest&,
                                                Snapshot&);

 private:
  // What both doors take: an envelope to offices of `audience`, as its sender says.
  template <typename Req>
  [[nodiscard]] Result<record::Envelope> take(const Subject& subject, const Req& message,
                                              const policy::Audience& audience,
                                              Snapshot& snapshot) const;
  Parts parts_;
};

}  // namespace entente::documents
