#include "server/statistics/sight.h"

namespace entente::statistics {

Instant recorded_at(const record::Upload& upload) {
  return Instant(std::chrono::microseconds(upload.recorded_at_us()));
}

policy::Guard guard_of(const Flow& flow, const record::Upload& upload, Circle circle) {
  policy::Guard guard = flow.guard;
  guard.originator = upload.party();
  if (upload.embargo_until_us() != 0) {
    guard.embargo_until = Instant(std::chrono::microseconds(upload.embargo_until_us()));
  }
  if (circle != Circle::Shared) {
    const auto provision = flow.provisions.find(upload.party());
    guard.audience = provision == flow.provisions.end() ? policy::AudienceId::Nobody
                                                        : provision->second.confidential;
    guard.handling = policy::Handling::Limited;
  }
  return guard;
}

bool is_marks_only(const SeenLayer& layer) {
  const record::Upload& row = layer.kept->row;
  return layer.circle == Circle::Shared && row.reference_areas_size() != 0 &&
         row.shared_reference_areas_size() == 0;
}

std::vector<SeenLayer> seen_layers(const policy::Subject& subject, const Flow& flow,
                                   const KeptList& uploads, Instant now,
                                   std::optional<Instant> as_of,
                                   std::optional<Instant> updated_after) {
  std::vector<SeenLayer> seen;
  for (const std::shared_ptr<const Kept>& kept : uploads) {
    const Instant recorded = recorded_at(kept->row);
    if (as_of && recorded > *as_of) continue;
    for (std::size_t c = 0; c < circles; ++c) {
      if (!kept->parts[c]) continue;
      const auto circle = static_cast<Circle>(c);
      const policy::Guarded<std::shared_ptr<const PartHeader>> part(
          guard_of(flow, kept->row, circle), kept->parts[c]);
      const policy::Decision decision =
          policy::decide(subject, policy::Action::Read, part.guard(), now);
      if (!decision.permits()) continue;
      seen.push_back({.layer = {.part = *part.open(decision),
                                .version = kept->row.number(),
                                .fresh = !updated_after || recorded > *updated_after},
                      .kept = kept,
                      .circle = circle});
    }
  }
  return seen;
}

}  // namespace entente::statistics
