// The mappings that parties keep, `entente.v1.MappingService`: each function is what mapping.proto
// says of its rpc. A mapping is its party's alone.
//
// Threads: any. Ownership: the room's; everything passed in is borrowed and outlives it.
#pragma once

#include <optional>
#include <string>

#include "entente/v1/mapping.pb.h"
#include "server/statistics/service.h"

namespace entente::statistics {

// On disk: never renumber. The shapes are in docs/key-layout.md.
// blinded dataflow, blinded party, blinded name -> v1::Mapping
inline constexpr store::Table mappings_table{0x6a};

class MappingService {
 public:
  struct Parts {
    store::Store& store;
    Service& service;
    ledger::Ledger& ledger;
    const Clock& clock;
  };
  explicit MappingService(Parts parts) : parts_(parts) {}

  void add_to(identity::Gate& gate);

  using Subject = policy::Subject;
  using Snapshot = store::Snapshot;
  using Transaction = store::Transaction;

  Result<v1::Mapping> put_mapping(const Subject&, const v1::PutMappingRequest&, Transaction&);
  Result<v1::Mapping> get_mapping(const Subject&, const v1::GetMappingRequest&, Snapshot&);
  Result<v1::ListMappingsReply> list_mappings(const Subject&, const v1::ListMappingsRequest&,
                                              Snapshot&);
  Result<v1::DeleteMappingReply> delete_mapping(const Subject&, const v1::DeleteMappingRequest&,
                                                Transaction&);

 private:
  Result<std::vector<v1::Mapping>> all(const Subject& subject, const std::string& dataflow,
                                       Snapshot& snapshot) const;
  void record_act(const Subject& subject, Transaction& transaction, std::string_view kind,
                  const std::string& name, const Flow& flow, const std::string& bytes) const;
  Parts parts_;
};

// The mapping of that name, if it is of the subject's party. NotFound otherwise.
[[nodiscard]] Result<v1::Mapping> find_mapping(const policy::Subject& subject,
                                               std::string_view name, const store::Store& store,
                                               store::Snapshot& snapshot);

}  // namespace entente::statistics
