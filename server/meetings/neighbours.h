// What meetings must be told by the rooms beside it, and what it tells them; main passes in who
// answers.
//
// Threads: any.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "entente/v1/documents.pb.h"
#include "proto/contract/status.h"
#include "server/meetings/named.h"
#include "server/policy/policy.h"
#include "server/policy/world.h"
#include "server/store/store.h"

namespace entente::meetings {

// That somebody is seated where a meeting seats them; without a fact, not any longer.
struct Seating {
  std::string key;
  std::optional<policy::Fact> fact;
  Instant recorded_at{};
};

class Neighbours {
 public:
  virtual ~Neighbours() = default;
  // The number of `audience`; gives it the next one, in this transaction, if it has none.
  [[nodiscard]] virtual Result<policy::AudienceId> intern(store::Transaction& transaction,
                                                          const policy::Audience& audience) = 0;
  // What stands over a process, body, party or person, by its name; nothing: there is none.
  [[nodiscard]] virtual Result<std::optional<policy::Guard>> guard_of(
      store::Snapshot& snapshot, std::string_view name) const = 0;
  // The principals of `audience` that name nothing that the subject can see.
  [[nodiscard]] virtual Result<std::vector<std::string>> unknown_in(
      const policy::Subject& subject, const policy::Audience& audience,
      store::Snapshot& snapshot) const = 0;
  struct Person {
    std::string party;  // `SWE`
    std::string display_name;
  };
  // A person as the subject may see them; nothing: none, or not for them.
  [[nodiscard]] virtual Result<std::optional<Person>> person(const policy::Subject& subject,
                                                             std::string_view name,
                                                             store::Snapshot& snapshot) const = 0;
  // As a person's name may be written, whoever may see it: to find it where it must not stand.
  [[nodiscard]] virtual Result<std::vector<std::string>> names_of_person(
      std::string_view name, store::Snapshot& snapshot) const = 0;
  // The names of every party, likewise.
  [[nodiscard]] virtual Result<std::vector<Named>> names_of_parties(
      store::Snapshot& snapshot) const = 0;
  // In the transaction of a change of who is seated: of it and what somebody does by their seat
  // meanwhile, one loses.
  [[nodiscard]] virtual Status change_seats(store::Transaction& transaction) = 0;
  // From here on, audiences and subjects know of it. These are all seatings of so many changes
  // (change_seats); none where the room reads what it has.
  virtual void seat(const std::vector<Seating>& seatings, std::uint64_t changes) = 0;
  struct Process {
    std::string id;  // `igc`
    std::string short_name;
    std::string long_name;
    bool at_work = true;  // neither dormant nor over
  };
  // The processes that the subject may see.
  [[nodiscard]] virtual Result<std::vector<Process>> processes(const policy::Subject& subject,
                                                               store::Snapshot& snapshot) const = 0;
  // A document without its content, as the subject may see it; nothing: none, or not for them.
  [[nodiscard]] virtual Result<std::optional<v1::Document>> document(
      const policy::Subject& subject, std::string_view name, store::Snapshot& snapshot) const = 0;
};

}  // namespace entente::meetings
