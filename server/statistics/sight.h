// Which parts of a dataflow's uploads a subject may read: the one place where figures and policy
// meet. A part is opened by a decision on its own guard; nothing else hands parts to a query.
//
// Pure but for the clock passed in; any thread.
#pragma once

#include <optional>
#include <vector>

#include "proto/contract/clock.h"
#include "server/policy/guarded.h"
#include "server/statistics/series/merge.h"
#include "server/statistics/shelf.h"
#include "server/statistics/structure/model.h"

namespace entente::statistics {

// What stands over one circle of one upload.
[[nodiscard]] policy::Guard guard_of(const Flow& flow, const record::Upload& upload, Circle circle);

// Whether the subject may see a party's provision, its notes and what it gives freely. Requires: it
// may read the dataflow.
[[nodiscard]] bool may_see(const policy::Subject& subject, const Flow& flow,
                           const Flow::Provision& provision, Instant now);

struct SeenLayer;
// Whether some of the dataflow's audience cannot see the layer now.
[[nodiscard]] bool is_narrow(const Flow& flow, const SeenLayer& seen, Instant now);

// A layer that the subject may read, and the upload that it is of.
struct SeenLayer {
  Layer layer;
  std::shared_ptr<const Kept> kept;
  Circle circle = Circle::Shared;
  Instant appeared{};  // when the subject could first see it: recorded, or its embargo's end
};

// Those that the subject may read at `now` and that had appeared at `as_of` if given; `fresh` are
// those that appeared after `updated_after`.
[[nodiscard]] std::vector<SeenLayer> seen_layers(const policy::Subject& subject, const Flow& flow,
                                                 const KeptList& uploads, Instant now,
                                                 std::optional<Instant> as_of = {},
                                                 std::optional<Instant> updated_after = {});

// Whether a layer is nothing but the marks that confidential figures leave for others: that there
// was such an upload is not for who sees no more of it.
[[nodiscard]] bool is_marks_only(const SeenLayer& layer);

[[nodiscard]] Instant recorded_at(const record::Upload& upload);

}  // namespace entente::statistics
