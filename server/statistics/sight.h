// Which parts of a dataflow's uploads a subject may read: the one place where figures and policy
// meet. A part is opened by a decision on the guard that stands over it; nothing else hands parts
// to a query.
//
// Threads: any.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "proto/contract/clock.h"
#include "server/policy/guarded.h"
#include "server/statistics/series/merge.h"
#include "server/statistics/shelf.h"
#include "server/statistics/structure/model.h"

namespace entente::statistics {

// What stands over one circle of one upload.
[[nodiscard]] policy::Guard guard_of(const Flow& flow, const record::Upload& upload, Circle circle);

// What stands over a party's provision, and over what it gives freely.
[[nodiscard]] policy::Guard shared_guard(const Flow& flow, const Flow::Provision& provision);

// Whether the subject may see a party's provision, its notes and what it gives freely. Requires: it
// may read the dataflow.
[[nodiscard]] bool may_see(const policy::Subject& subject, const Flow& flow,
                           const Flow::Provision& provision, Instant now);

// A layer that the subject may read, and the upload that it is of.
struct SeenLayer {
  Layer layer;
  std::shared_ptr<const Kept> kept;
  Circle circle = Circle::Shared;
  Instant appeared{};  // when the subject could first see it: recorded, or its embargo's end
};

// All that a subject may read of a dataflow, the oldest first. Never changes once made.
struct Sight {
  explicit Sight(std::vector<SeenLayer> seen);
  const std::vector<SeenLayer> all;
  const LayersPointer layers;  // the same, in the same places, as Merge::open takes them
  // By place: whether something newer of the same party came to the subject's eyes no later, so
  // that some versions, or all, the subject never saw.
  const std::vector<bool> stood_over;
};
using SightPointer = std::shared_ptr<const Sight>;
// Those that fit; the same one if all do.
[[nodiscard]] SightPointer only(const SightPointer& sight,
                                const std::function<bool(const SeenLayer&)>& fits);

// Whether some of the dataflow's audience cannot see the layer now.
[[nodiscard]] bool is_narrow(const Flow& flow, const SeenLayer& seen, Instant now);

// Whether a layer is nothing but the marks that confidential figures leave for others: that there
// was such an upload is not for who sees no more of it.
[[nodiscard]] bool is_marks_only(const SeenLayer& layer);

[[nodiscard]] Instant recorded_at(const record::Upload& upload);

// Makes sights, and keeps the newest of each dataflow: whoever sees the same uploads since the same
// moments is handed the same one. So each reading is decided anew, once for each party, and does
// not walk all that was ever given.
class Sights {
 public:
  // What the subject may read at `now`.
  [[nodiscard]] SightPointer find(const policy::Subject& subject, const Flow& flow,
                                  const std::shared_ptr<const KeptList>& uploads, Instant now);

 private:
  struct Made {
    std::shared_ptr<const KeptList> uploads;
    std::string shown;  // what was decided of each party
    SightPointer sight;
  };
  void keep(Made made);
  std::mutex mutex_;
  std::list<Made> made_;  // lately used first
};

// As Sights::find, of what had appeared at `as_of` if given; `fresh` are the layers that appeared
// after `updated_after`.
[[nodiscard]] SightPointer sight_of(const policy::Subject& subject, const Flow& flow,
                                    const KeptList& uploads, Instant now,
                                    std::optional<Instant> as_of,
                                    std::optional<Instant> updated_after);

}  // namespace entente::statistics
