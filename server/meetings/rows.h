// Series, meetings and who takes part, as the store keeps them. Operations inside a transaction;
// nothing here decides.
//
// Threads: as the transaction.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "server/meetings/model.h"
#include "server/meetings/record.pb.h"
#include "server/policy/guarded.h"
#include "server/store/store.h"

namespace entente::meetings {

// On disk: never renumber. The shapes are in docs/key-layout.md.
inline constexpr store::Table meetings_table{0x90};               // meeting -> Meeting, the newest
inline constexpr store::Table meeting_revisions_table{0x91};      // meeting, revision -> Meeting
inline constexpr store::Table series_table{0x92};                 // series -> Series, the newest
inline constexpr store::Table series_revisions_table{0x93};       // series, revision -> Series
inline constexpr store::Table participants_table{0x94};           // meeting, participant
inline constexpr store::Table participant_revisions_table{0x95};  // ... and revision

inline constexpr store::Table records_table{0x96};           // meeting -> Record, the newest
inline constexpr store::Table record_revisions_table{0x97};  // meeting, revision -> Record
inline constexpr store::Table comments_table{0x98};          // meeting, number -> Comment

class Rows {
 public:
  explicit Rows(store::Store& store) : store_(store) {}

  template <typename T>
  using Found = Result<std::optional<T>>;
  using Meeting = policy::Guarded<record::Meeting>;
  using Series = policy::Guarded<record::Series>;
  using Record = policy::Guarded<record::Record>;

  // DataLoss, Unavailable: as the store; nothing: there is none.
  [[nodiscard]] Found<Meeting> find(store::Snapshot& snapshot, const store::Id& meeting) const;
  // The same under the guard of its frame: to be shown in part.
  [[nodiscard]] Found<Meeting> find_frame(store::Snapshot& snapshot,
                                          const store::Id& meeting) const;
  [[nodiscard]] Found<Series> find_series(store::Snapshot& snapshot, const store::Id& series) const;
  // For the shelf, which keeps guards and not what they stand over.
  [[nodiscard]] Found<record::Meeting> read_meeting(store::Snapshot& snapshot,
                                                    const store::Id& meeting) const;
  [[nodiscard]] Found<record::Series> read_series(store::Snapshot& snapshot,
                                                  const store::Id& series) const;
  // Write the next revision: set number, name and time.
  [[nodiscard]] Status save(store::Transaction& transaction, record::Meeting& meeting,
                            Instant now) const;
  [[nodiscard]] Status save(store::Transaction& transaction, record::Series& series,
                            Instant now) const;
  // Of a meeting of that process.
  [[nodiscard]] Status save(store::Transaction& transaction, const store::Id& meeting,
                            std::string_view process, record::Participant& participant,
                            Instant now) const;
  // Those removed with them; as they are now.
  [[nodiscard]] Result<std::vector<record::Participant>> participants(
      store::Snapshot& snapshot, const store::Id& meeting) const;
  [[nodiscard]] Found<record::Participant> read_participant(store::Snapshot& snapshot,
                                                            const ParticipantName& name) const;
  // Every revision of every participant.
  [[nodiscard]] Status each_participant_revision(
      store::Snapshot& snapshot, const std::function<void(record::Participant)>& visit) const;
  // --- records ---

  [[nodiscard]] Found<Record> find_record(store::Snapshot& snapshot,
                                          const store::Id& meeting) const;
  // As it was then, under what stood over it then.
  [[nodiscard]] Found<Record> find_record_revision(store::Snapshot& snapshot,
                                                   const store::Id& meeting,
                                                   std::uint64_t revision) const;
  [[nodiscard]] Found<record::Record> read_record(store::Snapshot& snapshot,
                                                  const store::Id& meeting) const;
  // Its next revision; or, with put(), what changes nothing of its text.
  [[nodiscard]] Status save(store::Transaction& transaction, std::string_view process,
                            record::Record& record, Instant now) const;
  [[nodiscard]] Status put(store::Transaction& transaction, std::string_view process,
                           const record::Record& record) const;
  [[nodiscard]] Status put(store::Transaction& transaction, std::string_view process,
                           const store::Id& meeting, const record::Comment& comment) const;
  [[nodiscard]] Result<std::vector<record::Comment>> comments(store::Snapshot& snapshot,
                                                              const store::Id& meeting) const;
  // What stood over the record at each of its revisions, in their order.
  [[nodiscard]] Status each_record_revision(store::Snapshot& snapshot, const store::Id& meeting,
                                            const std::function<void(record::Record)>& visit) const;
  [[nodiscard]] Status each_record(store::Snapshot& snapshot,
                                   const std::function<void(record::Record)>& visit) const;

  // Every meeting, every series, as they are now.
  [[nodiscard]] Status each_meeting(store::Snapshot& snapshot,
                                    const std::function<void(record::Meeting)>& visit) const;
  [[nodiscard]] Status each_series(store::Snapshot& snapshot,
                                   const std::function<void(record::Series)>& visit) const;
  // What stood over it at each of its revisions, in their order.
  [[nodiscard]] Status each_guard(
      store::Snapshot& snapshot, const store::Id& meeting,
      const std::function<void(Instant recorded_at, const record::Meeting& then)>& visit) const;

  [[nodiscard]] store::Store& store() const { return store_; }

 private:
  // The key of the process's things; made if it is not there.
  [[nodiscard]] Result<store::SealName> seal_of(std::string_view process) const;

  store::Store& store_;
};

}  // namespace entente::meetings
