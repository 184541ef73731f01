// The RPC face of statistics, `entente.v1.StatisticsService`: each function is what
// statistics.proto says of its rpc, and is the five lines: validate, decide, act, record, reply.
//
// Threads: any. Ownership: main's; everything passed in is borrowed and outlives it.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "entente/v1/statistics.pb.h"
#include "server/identity/gate.h"
#include "server/ledger/ledger.h"
#include "server/ledger/receipts.h"
#include "server/statistics/compare_table.h"
#include "server/statistics/contributions.h"
#include "server/statistics/held_back.h"
#include "server/statistics/shelf.h"
#include "server/statistics/sight.h"
#include "server/statistics/structure/structures.h"
#include "server/statistics/uploads.h"

namespace entente::statistics {

// An upload, as far as its reader may see it.
struct SeenUpload {
  std::shared_ptr<const Kept> kept;
  Instant appeared{};
  bool whole = false;  // its confidential figures, too, if it has any; and so what it is signed by
  Brought brought;
  std::string withdraws;  // names of uploads that the reader may see, too
  std::string withdrawn_by;
};
[[nodiscard]] v1::Upload to_wire(const SeenUpload& seen);

class Service {
 public:
  struct Parts {
    store::Store& store;
    Structures& structures;
    const Shelf& shelf;
    Uploads& uploads;
    IndexCache& cache;
    ledger::Ledger& ledger;
    const Clock& clock;
  };
  explicit Service(Parts parts) : parts_(parts), contributions_(parts.cache) {}

  // Makes the receipt of a commit, for the replies that bear one.
  void add_to(identity::Gate& gate, const ledger::MakeReceipt& make_receipt);

  using Subject = policy::Subject;
  using Snapshot = store::Snapshot;
  using Transaction = store::Transaction;

  Result<v1::ListDataflowsReply> list_dataflows(const Subject&, const v1::ListDataflowsRequest&,
                                                Snapshot&);
  Result<v1::StructureSet> get_structure(const Subject&, const v1::GetStructureRequest&, Snapshot&);
  Result<v1::ListUploadsReply> list_uploads(const Subject&, const v1::ListUploadsRequest&,
                                            Snapshot&);
  Result<v1::Comparison> compare_parties(const Subject&, const v1::ComparePartiesRequest&,
                                         Snapshot&);
  Result<v1::UploadProgress> begin_upload(const Subject&, const v1::BeginUploadRequest&, Snapshot&);
  Result<v1::UploadProgress> send_piece(const Subject&, const v1::SendPieceRequest&, Snapshot&);
  Result<v1::UploadReport> check_upload(const Subject&, const v1::CheckUploadRequest&, Snapshot&);

  Result<v1::DefineStructuresReply> define_structures(const Subject&,
                                                      const v1::DefineStructuresRequest&,
                                                      Transaction&);
  Result<v1::UploadReport> finish_upload(const Subject&, const v1::FinishUploadRequest&,
                                         Transaction&);
  // What define_structures does, of rows: import_structures' way in. may_define changes nothing.
  Status may_define(const Subject& subject, const std::vector<record::Structure>& rows);
  Result<v1::DefineStructuresReply> define_rows(const Subject& subject,
                                                std::vector<record::Structure> rows,
                                                Transaction& transaction);
  // After finish_upload's commit.
  void finished(const std::string& upload_name);

  // The stream of Query: opened for a subject, who is asked for anew before each message.
  using Who = std::function<Result<identity::SubjectPointer>()>;
  Result<std::unique_ptr<net::Source>> query(const Who& who, const v1::QueryRequest& request);

  // The dataflow, if the subject may read it now; not_found otherwise, whether there is one or not.
  Result<std::shared_ptr<const Flow>> open_flow(const Subject& subject,
                                                std::string_view name) const;
  // Its figures, as far as the subject may read them.
  [[nodiscard]] SightPointer sight(const Subject& subject, const Flow& flow,
                                   std::optional<Instant> as_of = {},
                                   std::optional<Instant> updated_after = {});
  // What a party gave so that the dataflow's whole audience can read it.
  Result<std::shared_ptr<const Tally>> given_by(const std::string& party, const Flow& flow,
                                                Snapshot& snapshot);
  // What the subject would see of the others if it had given everything.
  Result<std::map<Period, std::map<std::string, std::uint64_t>>> others_by_period(
      const Subject& subject, const Flow& flow, Snapshot& snapshot);
  // Which periods of the others' figures a subject may read (reciprocity.cc); null: all.
  Result<std::shared_ptr<const OpenPeriods>> open_periods(const Subject& subject, const Flow& flow);
  // The parties of which a sight shows anything. As the store.
  Result<std::set<std::string>> givers(const Flow& flow, const SightPointer& seen);
  // `also`: numbers of uploads that are told even if they show the subject nothing.
  Result<std::vector<SeenUpload>> seen_uploads(const Subject& subject, const Flow& flow,
                                               Snapshot& snapshot,
                                               const std::set<std::uint64_t>& also = {});
  // Which free figures of a party would give confidential ones away once the upload counts
  // (held_back.cc), now or after the end of an embargo, and those held back that would no longer.
  Result<Protection> find_protection(const Flow& flow, const Coming& upload, Snapshot& snapshot);
  // May the subject take an upload back that it sees? PermissionDenied, FailedPrecondition.
  Status decide_withdraw(const Subject& subject, const Flow& flow, const Kept& kept) const;
  // Enters the upload that takes another back. Aborted: another came meanwhile.
  Result<v1::UploadReport> keep_withdrawal(const Subject& subject, const Flow& flow,
                                           const Collected& collected, record::Upload row,
                                           Transaction& transaction);
  [[nodiscard]] IndexCache& cache() { return parts_.cache; }
  // Codelists, concepts, data structures, agencies: anyone; dataflows and their provisions: who may
  // read them; a provision with an audience of its own: only that.
  [[nodiscard]] bool may_see(const Subject& subject, const record::Structure& row) const;
  // What was given for which area and period, and by which upload, as far as the subject may see.
  Result<std::shared_ptr<const Tally>> tally(const Subject& subject, const Flow& flow,
                                             Snapshot& snapshot,
                                             std::optional<Instant> as_of = {}) {
    return contributions_.read(snapshot, flow, sight(subject, flow, as_of));
  }
  // Who may bring figures: a party with a provision, in the audience. PermissionDenied (NotYours).
  Status decide_upload(const Subject& subject, const Flow& flow) const;

 private:
  [[nodiscard]] bool may_read(const Subject& subject, const Flow& flow) const;
  Status decide_define(const Subject& subject, const std::vector<record::Structure>& rows,
                       const Model& next) const;
  Status decide_define_flow(const Subject& subject, const record::Structure& row,
                            const Model& next) const;
  Status decide_change(const Subject& subject, const std::vector<record::Structure>& rows) const;
  Status decide_categorise(const Subject& subject, const record::Structure& row,
                           const Model& next) const;
  Status find_orphans(const Subject& subject, const std::vector<record::Structure>& rows,
                      const Model& next);
  Result<std::string> mapping_for(const Subject& subject, const Flow& flow,
                                  const v1::BeginUploadRequest& message, Snapshot& snapshot) const;
  [[nodiscard]] Status check_weighed(const UploadSession& session, const store::Id& flow_id,
                                     std::uint64_t newest, Transaction& transaction) const;
  Result<record::Upload> make_row(const Subject& subject, UploadSession& session,
                                  const v1::FinishUploadRequest& message, const store::Id& id,
                                  v1::UploadReport& report, Transaction& transaction);
  Result<record::Head> next_head(const store::Id& flow_id, Transaction& transaction) const;
  static void put_row(const store::Id& flow_id, const record::Upload& row,
                      Transaction& transaction);
  Result<Collected> hide_own(const Flow& flow, const Collected& added, const Protection& protection,
                             Snapshot& snapshot);
  Result<bool> shows(const Flow& flow, const Collected& kept, const record::Upload& row);
  // Enters what holds figures back beside an upload, whose row, but for its parts, is at hand.
  Status hold_back(const Flow& flow, const Collected& added, const record::Head& head,
                   record::Upload& row, v1::UploadReport& report, Transaction& transaction);
  void record_act(const Subject& subject, Transaction& transaction, std::string_view kind,
                  const record::Upload& row, const Flow& flow) const;

  // What a comparison is made of (compare.cc).
  Result<FigureRows> figures_of(const Subject& subject, const Flow& flow,
                                const v1::QueryRequest& query, std::optional<Instant> as_of,
                                Snapshot& snapshot);
  Result<Divisor> denominators(const Subject& subject, const Flow& flow,
                               const v1::ComparePartiesRequest& message, const FigureRows& rows,
                               Snapshot& snapshot);
  Result<Divisor> bases(const Subject& subject, const Flow& flow,
                        const v1::ComparePartiesRequest& message, Snapshot& snapshot);
  // A dataflow as the subject may see it: what it is divided by is named to who may see that, too.
  [[nodiscard]] v1::Dataflow shown(const Subject& subject, const Flow& flow) const;

  // The same before reciprocity closes any period.
  SightPointer whole_sight(const Subject& subject, const Flow& flow,
                           std::optional<Instant> as_of = {},
                           std::optional<Instant> updated_after = {});

  // What each upload that is seen brought, where their headers do not tell.
  Result<std::shared_ptr<const Tally>> exact_tally(const Flow& flow, const SightPointer& seen,
                                                   Snapshot& snapshot);

  Parts parts_;
  Sights sights_;
  ContributionReader contributions_;
  std::mutex mutex_;
  // Finished in a transaction that is not committed yet: upload's name -> account and chosen id.
  std::map<std::string, std::pair<std::string, std::string>> finishing_;
};

// The operator's: enters structures when a network is made. What Structures::save and commit
// return.
[[nodiscard]] Status define_structures(store::Store& store, Structures& structures,
                                       ledger::Ledger& ledger, const v1::StructureSet& set,
                                       Instant now);

}  // namespace entente::statistics
