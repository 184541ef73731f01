// What meetings/ keeps in memory to decide and to list quickly: of each meeting and series its
// guards, its place in time and what it is filtered by. Made from the store at the start, kept by
// following the ledger; holds nothing that is shown.
//
// Threads: any. What was handed out stays as it was.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/contract/clock.h"
#include "server/identity/access_sources.h"
#include "server/ledger/ledger.h"
#include "server/meetings/neighbours.h"
#include "server/meetings/rows.h"
#include "server/meetings/zones.h"

namespace entente::meetings {

struct ShelvedMeeting {
  store::Id id;
  policy::Guard guard;  // over the whole
  policy::Guard frame;  // over what who is asked to one item sees, too
  Instant starts_at{};
  Instant ends_at{};
  LocalTime begins{};   // as the clock where it takes place says
  LocalTime ends{};     // of whole days, the midnight behind the last
  std::string process;  // names, as the contract has them
  std::string body;
  std::string series;
  v1::Meeting::Level level = v1::Meeting::LEVEL_UNSPECIFIED;
  std::vector<std::string> topics;
  std::vector<std::string> chairs;
};
struct ShelvedSeries {
  store::Id id;
  policy::Guard guard;
  std::string process;
  std::string body;
  bool ended = false;
};

class Shelf final : public ledger::Follower, public identity::GuardSource {
 public:
  Shelf(const Rows& rows, Neighbours& neighbours) : rows_(rows), neighbours_(neighbours) {}

  // Reads everything. Before the first call. DataLoss, Unavailable: as the store.
  [[nodiscard]] Status load();
  void follow(std::uint64_t index, const ledger::Act& act) override;

  [[nodiscard]] Result<std::optional<policy::Guard>> find_guard(
      store::Snapshot& snapshot, std::string_view resource_name,
      const policy::AsOf& as_of) const override;
  [[nodiscard]] Result<std::vector<policy::ObjectGroup>> objects(
      store::Snapshot& snapshot) const override;

  // Null: there is none.
  [[nodiscard]] std::shared_ptr<const ShelvedMeeting> meeting(const store::Id& id) const;
  // By their start and id, the first first; with `last_first` the other way round. Behind `after`,
  // if given; `visit` answers false to stop.
  using Place = std::pair<Instant, store::Id>;
  void each_meeting(bool last_first, const std::optional<Place>& after,
                    const std::function<bool(const ShelvedMeeting&)>& visit) const;
  [[nodiscard]] std::vector<std::shared_ptr<const ShelvedSeries>> series() const;
  // Whether the subject, or their party as a whole, is asked to it or registered, and did not
  // decline.
  [[nodiscard]] bool goes(const policy::Subject& subject, const store::Id& meeting) const;

 private:
  void put(const record::Meeting& row);
  void put(const record::Series& row);
  // What was taken back of seats before all was read is counted where they are read as well.
  enum class Taken { Before, Anew };
  void put(const record::Participant& row, Taken taken);

  const Rows& rows_;
  Neighbours& neighbours_;
  mutable std::shared_mutex mutex_;
  std::map<store::Id, std::shared_ptr<const ShelvedMeeting>> meetings_;
  std::map<Place, std::shared_ptr<const ShelvedMeeting>> order_;
  std::map<store::Id, std::shared_ptr<const ShelvedSeries>> series_;
  struct Goer {
    std::string party;
    std::string person;
    std::set<std::string> seats;  // the keys of its seatings
    std::uint64_t seats_taken = 0;
  };
  std::map<store::Id, std::map<store::Id, Goer>> goers_;  // of each meeting
};

}  // namespace entente::meetings
