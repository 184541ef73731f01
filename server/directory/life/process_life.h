// The RPC face of how a process goes on, `entente.v1.ProcessLifeService`: each function is what
// process_life.proto says of its rpc, and is the five lines: validate, decide, act, record, reply.
//
// Threads: any. Ownership: everything passed in is borrowed and outlives it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "entente/v1/process_life.pb.h"
#include "server/directory/catalog.h"
#include "server/directory/life/record.pb.h"
#include "server/directory/records.h"
#include "server/directory/signers.h"
#include "server/identity/gate.h"
#include "server/ledger/ledger.h"

namespace entente::directory {

// On disk: never renumber.
inline constexpr store::Table status_proposals_table{0x45};  // blinded process, status -> proposal

namespace acts {
inline constexpr std::string_view propose_status = "directory.process.propose_status";
inline constexpr std::string_view approve_status = "directory.process.approve_status";
}  // namespace acts

class ProcessLife {
 public:
  struct Parts {
    store::Store& store;
    const Catalog& catalog;
    const Records& records;
    ledger::Ledger& ledger;
    const Signers& signers;
    const Clock& clock;
  };
  explicit ProcessLife(Parts parts) : parts_(parts) {}

  void add_to(identity::Gate& gate);

  using Subject = policy::Subject;
  using Snapshot = store::Snapshot;
  using Transaction = store::Transaction;

  Result<v1::ProcessStatusProposal> propose(const Subject&, const v1::ProposeProcessStatusRequest&,
                                            Transaction&);
  Result<v1::Process> approve(const Subject&, const v1::ApproveProcessStatusRequest&, Transaction&);
  Result<v1::ListProcessStatusProposalsReply> list(const Subject&,
                                                   const v1::ListProcessStatusProposalsRequest&,
                                                   Snapshot&);

 private:
  using Row = life::record::StatusProposal;
  // The process, to whoever may conclude it with another.
  [[nodiscard]] Result<Record> look(const Subject& subject, std::string_view process,
                                    Snapshot& snapshot) const;
  [[nodiscard]] store::Key key_of(std::string_view process, v1::Process::Status status) const;
  [[nodiscard]] Result<std::optional<Row>> find(std::string_view process,
                                                v1::Process::Status status,
                                                Snapshot& snapshot) const;
  void record_act(Transaction& transaction, const Subject& subject, std::string_view kind,
                  const Row& row, const std::string& signature, const std::string& device,
                  policy::AudienceId audience) const;

  const Parts parts_;
};

}  // namespace entente::directory
