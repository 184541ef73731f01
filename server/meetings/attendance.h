// The RPC face of who is asked and who comes, `entente.v1.AttendanceService`: each function is what
// attendance.proto says of its rpc, and is the five lines: validate, decide, act, record, reply.
//
// Threads: any. Ownership: the room's; everything passed in is borrowed and outlives it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "entente/v1/attendance.pb.h"
#include "server/identity/gate.h"
#include "server/ledger/ledger.h"
#include "server/meetings/neighbours.h"
#include "server/meetings/rows.h"

namespace entente::meetings {

namespace acts {
inline constexpr std::string_view invite = "meetings.participant.invite";
inline constexpr std::string_view register_ = "meetings.participant.register";
inline constexpr std::string_view remove = "meetings.participant.remove";
}  // namespace acts

class Attendance {
 public:
  struct Parts {
    const Rows& rows;
    Neighbours& neighbours;
    ledger::Ledger& ledger;
    const Clock& clock;
    Entropy& entropy;
  };
  explicit Attendance(Parts parts) : parts_(parts) {}

  void add_to(identity::Gate& gate);

  using Subject = policy::Subject;
  using Snapshot = store::Snapshot;
  using Transaction = store::Transaction;

  Result<v1::Participant> invite(const Subject&, const v1::InviteParticipantRequest&, Transaction&);
  Result<v1::Participant> register_one(const Subject&, const v1::RegisterParticipantRequest&,
                                       Transaction&);
  Result<v1::Participant> remove(const Subject&, const v1::RemoveParticipantRequest&, Transaction&);

 private:
  // A meeting as the subject sees it, to take part in.
  struct Sight {
    store::Id id;
    record::Guard guard;  // over the whole
    v1::Meeting meeting;  // as it is kept
    bool whole = false;   // else only `items`
    std::set<std::string> items;
    bool keeps = false;
  };
  [[nodiscard]] Result<Sight> look(const Subject& subject, std::string_view name,
                                   Snapshot& snapshot) const;
  [[nodiscard]] Status settle_who(const Subject& subject, v1::Participant& said,
                                  Snapshot& snapshot) const;
  [[nodiscard]] Status check_said(const Sight& sight, const v1::Participant& said) const;
  [[nodiscard]] bool acts_for(const Subject& subject, const Sight& sight, std::string_view party,
                              const std::vector<record::Participant>& all) const;
  [[nodiscard]] Status count_taken(const Sight& sight, record::Participant& row,
                                   Transaction& transaction) const;
  [[nodiscard]] Result<v1::Participant> save(const Subject& subject, const Sight& sight,
                                             record::Participant row, std::string_view kind,
                                             Transaction& transaction) const;

  Parts parts_;
};

// Those that the subject is shown of `all`: all but those removed; to who sees but `items` (null:
// the whole), those of the own party that are asked to these.
[[nodiscard]] Result<std::vector<v1::Participant>> shown_to(
    const policy::Subject& subject, const std::vector<record::Participant>& all,
    const std::set<std::string>* items, const Neighbours& neighbours, store::Snapshot& snapshot);

}  // namespace entente::meetings
