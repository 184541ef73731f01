// Who supplied a figure, `entente.v1.EvidenceService`: each function is what evidence.proto says
// of its rpc.
//
// Threads: any. Ownership: the room's; everything passed in is borrowed and outlives it.
#pragma once

#include "entente/v1/evidence.pb.h"
#include "server/statistics/service.h"

namespace entente::statistics {

class EvidenceService {
 public:
  struct Parts {
    store::Store& store;
    Service& service;
    Uploads& uploads;
    ledger::Ledger& ledger;
  };
  explicit EvidenceService(Parts parts) : parts_(parts) {}

  void add_to(identity::Gate& gate);

  Result<v1::UploadEvidence> get_upload(const policy::Subject&, const v1::GetUploadRequest&,
                                        store::Snapshot&);
  Result<v1::FigureEvidence> get_figure(const policy::Subject&, const v1::GetFigureRequest&,
                                        store::Snapshot&);

 private:
  Result<v1::UploadEvidence> evidence_of(const SeenUpload& seen, store::Snapshot& snapshot) const;
  Result<SeenUpload> find_giver(const policy::Subject& subject, const Flow& flow,
                                const v1::GetFigureRequest& message,
                                store::Snapshot& snapshot) const;
  Result<std::optional<std::uint64_t>> entry_of(store::Snapshot& snapshot,
                                                const record::Upload& row) const;
  Parts parts_;
};

}  // namespace entente::statistics
