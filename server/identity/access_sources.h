// What the AccessService must be told by the rooms that keep the facts and the objects; main passes
// in who answers.
//
// Threads: any.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/status.h"
#include "server/policy/explain.h"
#include "server/policy/policy.h"
#include "server/policy/world.h"
#include "server/store/store.h"

namespace entente::identity {

// The facts and the audiences now in force. Never null; what was handed out stays as it was.
class WorldSource {
 public:
  virtual ~WorldSource() = default;
  [[nodiscard]] virtual std::shared_ptr<const policy::World> world() const = 0;
  // Knows every number that any guard bears.
  [[nodiscard]] virtual std::shared_ptr<const policy::AudienceTable> audiences() const = 0;
};

// Finds what stands over objects. Each room that keeps objects is one; a name belongs to one room.
class GuardSource {
 public:
  virtual ~GuardSource() = default;
  // The guard of the object of this resource name as it was at `as_of.when`, as known at
  // `as_of.known_at`; nothing if there was none then, was none known then, or the name is not of
  // this room. `{now}` asks for what holds now. Names asked for: any object's, and for principals
  // `parties/SWE`, `parties/SWE/institutions/<id>`, `parties/SWE/accounts/<id>`, `persons/<id>`,
  // `processes/igc`, `processes/igc/bodies/<id>`, `dataflows/<id>`; for changes
  // `processes/igc/participations/SWE` (no originator) and `appointments/<id>` (originator: the
  // party; process: the office's).
  [[nodiscard]] virtual Result<std::optional<policy::Guard>> find_guard(
      store::Snapshot& snapshot, std::string_view resource_name,
      const policy::AsOf& as_of) const = 0;
  // The same of many names for what is at `when`, each shown where it lies: `show` is called once
  // for each that there is, with its place among `names`, and asks this source nothing.
  using Show = std::function<void(std::size_t place, const policy::Guard& guard)>;
  [[nodiscard]] virtual Status show_guards(store::Snapshot& snapshot,
                                           std::span<const std::string> names, Instant when,
                                           const Show& show) const {
    for (std::size_t place = 0; place < names.size(); ++place) {
      ENTENTE_TRY(const std::optional<policy::Guard> guard,
                  find_guard(snapshot, names[place], {.when = when}));
      if (guard) show(place, *guard);
    }
    return {};
  }
  // Every object of the room, grouped by kind and guard.
  [[nodiscard]] virtual Result<std::vector<policy::ObjectGroup>> objects(
      store::Snapshot& snapshot) const = 0;
};

// What is open at this moment.
class LineSource {
 public:
  virtual ~LineSource() = default;
  [[nodiscard]] virtual std::vector<policy::OpenStream> open_streams() const = 0;
  // How many programs' accounts of `party` can sign in.
  [[nodiscard]] virtual Result<std::uint32_t> programs_of(std::string_view party) const = 0;
};

}  // namespace entente::identity
