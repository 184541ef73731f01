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
inline constexpr store::Table meetings_table{0x90};           // meeting -> Meeting, the newest
inline constexpr store::Table meeting_revisions_table{0x91};  // meeting, revision -> Meeting
inline constexpr store::Table series_table{0x92};             // series -> Series, the newest
inline constexpr store::Table series_revisions_table{0x93};   // series, revision -> Series

class Rows {
 public:
  explicit Rows(store::Store& store) : store_(store) {}

  template <typename T>
  using Found = Result<std::optional<T>>;
  using Meeting = policy::Guarded<record::Meeting>;
  using Series = policy::Guarded<record::Series>;

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
