// The RPC face of structure messages, `entente.v1.StructureService`: each function is what
// structures.proto says of its rpc. What may be seen and changed is Service's to decide.
//
// Threads: any. Ownership: the room's; everything passed in is borrowed and outlives it.
#pragma once

#include "entente/v1/structures.pb.h"
#include "server/statistics/messages/assemble.h"
#include "server/statistics/service.h"
#include "server/statistics/structure_writers.h"

namespace entente::statistics {

class StructureService {
 public:
  struct Parts {
    Service& service;
    const Structures& structures;
    const Clock& clock;
  };
  explicit StructureService(Parts parts) : parts_(parts) {}

  void add_to(identity::Gate& gate);

  using Subject = policy::Subject;
  using Snapshot = store::Snapshot;
  using Transaction = store::Transaction;

  Result<v1::ImportStructuresReply> check_structures(const Subject&,
                                                     const v1::ImportStructuresRequest&, Snapshot&);
  Result<v1::ImportStructuresReply> import_structures(const Subject&,
                                                      const v1::ImportStructuresRequest&,
                                                      Transaction&);
  Result<v1::ExportStructuresReply> export_structures(const Subject&,
                                                      const v1::ExportStructuresRequest&,
                                                      Snapshot&);
  Result<v1::ListStructuresReply> list_structures(const Subject&, const v1::ListStructuresRequest&,
                                                  Snapshot&);

 private:
  Result<Assembled> read(const Subject& subject, const v1::ImportStructuresRequest& message) const;
  v1::ImportStructuresReply reply_of(const Assembled& assembled,
                                     const std::vector<record::Structure>& rows) const;
  Parts parts_;
};

}  // namespace entente::statistics
