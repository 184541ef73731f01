// The RPC face of what meetings come to, `entente.v1.MeetingRecordService`: each function is what
// meeting_records.proto says of its rpc, and is the five lines: validate, decide, act, record,
// reply.
//
// Threads: any. Ownership: the room's; everything passed in is borrowed and outlives it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "entente/v1/meeting_records.pb.h"
#include "server/identity/gate.h"
#include "server/ledger/ledger.h"
#include "server/ledger/receipts.h"
#include "server/meetings/named.h"
#include "server/meetings/neighbours.h"
#include "server/meetings/rows.h"

namespace entente::meetings {

namespace acts {
inline constexpr std::string_view save_record = "meetings.record.save";
inline constexpr std::string_view read_record = "meetings.record.read";
inline constexpr std::string_view comment = "meetings.record.comment";
inline constexpr std::string_view set_aside = "meetings.record.set_aside";
inline constexpr std::string_view adopt = "meetings.record.adopt";
}  // namespace acts

class Records {
 public:
  struct Parts {
    const Rows& rows;
    Neighbours& neighbours;
    ledger::Ledger& ledger;
    const Clock& clock;
  };
  explicit Records(Parts parts) : parts_(parts) {}

  // Makes the receipt of a commit, for the replies that bear one.
  void add_to(identity::Gate& gate, const ledger::MakeReceipt& make_receipt);

  using Subject = policy::Subject;
  using Snapshot = store::Snapshot;
  using Transaction = store::Transaction;

  Result<v1::MeetingRecord> get(const Subject&, const v1::GetRecordRequest&, Snapshot&);
  Result<v1::CheckRecordReply> check(const Subject&, const v1::CheckRecordRequest&, Snapshot&);
  Result<v1::ListRecordCommentsReply> list_comments(const Subject&,
                                                    const v1::ListRecordCommentsRequest&,
                                                    Snapshot&);
  Result<v1::MeetingRecord> save(const Subject&, const v1::SaveRecordRequest&, Transaction&);
  Result<v1::MeetingRecord> open(const Subject&, const v1::GetRecordRequest&, Transaction&);
  Result<v1::CheckRecordReply> set_aside(const Subject&, const v1::SetAsideFindingsRequest&,
                                         Transaction&);
  Result<v1::RecordComment> comment(const Subject&, const v1::CommentOnRecordRequest&,
                                    Transaction&);
  Result<v1::MeetingRecord> adopt(const Subject&, const v1::AdoptRecordRequest&, Transaction&);

 private:
  // A record that the subject sees, and the meeting that it is of, which they see whole or not at
  // all.
  struct Sight {
    record::Record row;
    record::Meeting meeting;
    bool saves = false;     // may write the draft
    bool presides = false;  // may set findings aside
    bool adopts = false;
  };
  [[nodiscard]] Result<Sight> look(const Subject& subject, std::string_view name,
                                   Snapshot& snapshot) const;
  void settle_duties(const Subject& subject, Sight& sight) const;
  [[nodiscard]] Result<v1::MeetingRecord> shown(const Subject& subject, const std::string& name,
                                                Snapshot& snapshot, bool opened) const;
  [[nodiscard]] Result<v1::MeetingRecord> to_wire(const Subject& subject, v1::MeetingRecord wire,
                                                  Snapshot& snapshot) const;
  [[nodiscard]] Result<std::vector<v1::RecordComment>> comments_for(const Subject& subject,
                                                                    const record::Record& record,
                                                                    Snapshot& snapshot) const;
  [[nodiscard]] Status set_guard(const Subject& subject, const record::Meeting& meeting,
                                 record::Record& row, Transaction& transaction) const;
  [[nodiscard]] Result<v1::CheckRecordReply> findings(const Subject& subject, const Sight& sight,
                                                      Snapshot& snapshot) const;
  void record_act(const Subject& subject, Transaction& transaction, std::string_view kind,
                  const Sight& sight, ledger::Act act = {}) const;

  Parts parts_;
};

}  // namespace entente::meetings
