#include "server/statistics/sight.h"

#include "server/statistics/structure/names.h"

namespace entente::statistics {

namespace {

// What stands over what a party gives freely.
policy::Guard shared_guard(const Flow& flow, const Flow::Provision& provision) {
  policy::Guard guard = flow.guard;
  guard.originator = party_code(provision.wire.party());
  if (provision.shared == policy::AudienceId::Nobody) return guard;
  guard.audience = provision.shared;
  guard.handling = policy::Handling::Limited;
  return guard;
}

// When the subject could first see what was recorded then: at once, or when the embargo ended.
Instant appeared_at(const policy::Subject& subject, const policy::Guard& guard, Instant recorded) {
  if (!guard.embargo_until || *guard.embargo_until <= recorded) return recorded;
  const bool at_once = policy::decide(subject, policy::Action::Read, guard, recorded).permits();
  return at_once ? recorded : *guard.embargo_until;
}

}  // namespace

Instant recorded_at(const record::Upload& upload) {
  return Instant(std::chrono::microseconds(upload.recorded_at_us()));
}

policy::Guard guard_of(const Flow& flow, const record::Upload& upload, Circle circle) {
  const auto provision = flow.provisions.find(upload.party());
  policy::Guard guard =
      provision == flow.provisions.end() ? flow.guard : shared_guard(flow, provision->second);
  guard.originator = upload.party();
  if (upload.embargo_until_us() != 0) {
    guard.embargo_until = Instant(std::chrono::microseconds(upload.embargo_until_us()));
  }
  if (circle != Circle::Shared) {
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

bool may_see(const policy::Subject& subject, const Flow& flow, const Flow::Provision& provision,
             Instant now) {
  return policy::decide(subject, policy::Action::Read, shared_guard(flow, provision), now)
      .permits();
}

bool is_narrow(const Flow& flow, const SeenLayer& seen, Instant now) {
  const policy::Guard guard = guard_of(flow, seen.kept->row, seen.circle);
  return guard.audience != flow.guard.audience || !policy::in_time(guard, now);
}

std::vector<SeenLayer> seen_layers(const policy::Subject& subject, const Flow& flow,
                                   const KeptList& uploads, Instant now,
                                   std::optional<Instant> as_of,
                                   std::optional<Instant> updated_after) {
  std::vector<SeenLayer> seen;
  for (const std::shared_ptr<const Kept>& kept : uploads) {
    for (std::size_t c = 0; c < circles; ++c) {
      if (!kept->parts[c]) continue;
      const auto circle = static_cast<Circle>(c);
      const policy::Guarded<std::shared_ptr<const PartHeader>> part(
          guard_of(flow, kept->row, circle), kept->parts[c]);
      const policy::Decision decision =
          policy::decide(subject, policy::Action::Read, part.guard(), now);
      if (!decision.permits()) continue;
      const Instant appeared = appeared_at(subject, part.guard(), recorded_at(kept->row));
      if (as_of && appeared > *as_of) continue;
      seen.push_back({.layer = {.part = *part.open(decision),
                                .version = kept->row.number(),
                                .fresh = !updated_after || appeared > *updated_after},
                      .kept = kept,
                      .circle = circle,
                      .appeared = appeared});
    }
  }
  return seen;
}

}  // namespace entente::statistics
