// The RPC face of series and meetings, `entente.v1.MeetingService`: each function is what
// meetings.proto says of its rpc, and is the five lines: validate, decide, act, record, reply.
//
// Threads: any. Ownership: the room's; everything passed in is borrowed and outlives it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "entente/v1/meetings.pb.h"
#include "server/identity/gate.h"
#include "server/identity/page_token.h"
#include "server/ledger/ledger.h"
#include "server/meetings/attendance.h"
#include "server/meetings/neighbours.h"
#include "server/meetings/rows.h"
#include "server/meetings/shelf.h"

namespace entente::meetings {

// The kinds of entries that meetings/ makes. In the ledger for ever: never change one.
namespace acts {
inline constexpr std::string_view create_series = "meetings.series.create";
inline constexpr std::string_view update_series = "meetings.series.update";
inline constexpr std::string_view create = "meetings.meeting.create";
inline constexpr std::string_view update = "meetings.meeting.update";
inline constexpr std::string_view cancel = "meetings.meeting.cancel";
}  // namespace acts

class Service {
 public:
  struct Parts {
    const Rows& rows;
    const Shelf& shelf;
    const Zones& zones;
    Neighbours& neighbours;
    ledger::Ledger& ledger;
    const Clock& clock;
    Entropy& entropy;
  };
  explicit Service(Parts parts)
      : parts_(parts), page_tokens_(parts.rows.store().purpose_key("meetings.pages")) {}

  void add_to(identity::Gate& gate);

  using Subject = policy::Subject;
  using Snapshot = store::Snapshot;
  using Transaction = store::Transaction;

  Result<v1::Meeting> get_meeting(const Subject&, const v1::GetMeetingRequest&, Snapshot&);
  Result<v1::ListMeetingsReply> list_meetings(const Subject&, const v1::ListMeetingsRequest&,
                                              Snapshot&);
  // One meeting as far as the subject may see it, without participants and papers; nothing: not at
  // all. And all that a list would answer, at most limits::calendar_meetings_max.
  [[nodiscard]] Result<std::optional<v1::Meeting>> show(const Subject& subject, const store::Id& id,
                                                        Snapshot& snapshot) const;
  [[nodiscard]] Result<std::vector<v1::Meeting>> all(const Subject& subject,
                                                     const v1::ListMeetingsRequest& query,
                                                     Snapshot& snapshot) const;
  Result<v1::ListSeriesReply> list_series(const Subject&, const v1::ListSeriesRequest&, Snapshot&);

  Result<v1::MeetingSeries> create_series(const Subject&, const v1::CreateSeriesRequest&,
                                          Transaction&);
  Result<v1::MeetingSeries> update_series(const Subject&, const v1::UpdateSeriesRequest&,
                                          Transaction&);
  Result<v1::Meeting> create_meeting(const Subject&, const v1::CreateMeetingRequest&, Transaction&);
  Result<v1::Meeting> update_meeting(const Subject&, const v1::UpdateMeetingRequest&, Transaction&);
  Result<v1::Meeting> cancel_meeting(const Subject&, const v1::CancelMeetingRequest&, Transaction&);

 private:
  [[nodiscard]] bool matches(const Subject& subject, const v1::ListMeetingsRequest& query,
                             const ShelvedMeeting& one, Instant now) const;
  // Those who take part, as far as the subject may see them.
  enum class Whose { All, OwnParty };
  [[nodiscard]] Status add_participants(const Subject& subject, Whose whose, v1::Meeting& wire,
                                        Snapshot& snapshot) const;
  [[nodiscard]] Status add_papers(const Subject& subject, v1::Meeting& wire,
                                  Snapshot& snapshot) const;
  // The whole of it, to be changed by its secretariat.
  [[nodiscard]] Result<record::Meeting> take(const Subject& subject, std::string_view name,
                                             Snapshot& snapshot) const;
  [[nodiscard]] Status decide_create(const Subject& subject, const std::string& process,
                                     const std::string& body, Snapshot& snapshot) const;
  [[nodiscard]] Status check_known(const Subject& subject, const v1::Meeting& meeting,
                                   Snapshot& snapshot) const;
  [[nodiscard]] Status settle_agenda(const Subject& subject, const v1::Meeting& before,
                                     v1::Meeting& next, Snapshot& snapshot) const;
  [[nodiscard]] Result<policy::Audience> audience_known(const Subject& subject,
                                                        const std::string& field,
                                                        const v1::Visibility& visibility,
                                                        Snapshot& snapshot) const;
  [[nodiscard]] Status check_items(const v1::Meeting& next, const store::Id& meeting,
                                   Snapshot& snapshot) const;
  [[nodiscard]] Status set_guards(const Subject& subject, record::Meeting& row,
                                  Transaction& transaction) const;
  [[nodiscard]] Result<v1::Meeting> reply(const Subject& subject, const record::Meeting& row,
                                          Snapshot& snapshot) const;
  void record_act(const Subject& subject, Transaction& transaction, std::string_view kind,
                  const std::string& object, const record::Guard& guard) const;

  Parts parts_;
  const identity::PageTokens page_tokens_;
};

}  // namespace entente::meetings
