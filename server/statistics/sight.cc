#include "server/statistics/sight.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>

#include "proto/contract/fold_limits.h"
#include "server/statistics/structure/names.h"

namespace entente::statistics {

policy::Guard shared_guard(const Flow& flow, const Flow::Provision& provision) {
  policy::Guard guard = flow.guard;
  guard.originator = party_code(provision.wire.party());
  if (provision.shared == policy::AudienceId::Nobody) return guard;
  guard.audience = provision.shared;
  guard.handling = policy::Handling::Limited;
  return guard;
}

namespace {

policy::Guard guard_of(const Flow& flow, const std::string& party, Circle circle,
                       std::optional<Instant> embargo_until) {
  const auto provision = flow.provisions.find(party);
  policy::Guard guard =
      provision == flow.provisions.end() ? flow.guard : shared_guard(flow, provision->second);
  guard.originator = party;
  if (embargo_until) guard.embargo_until = embargo_until;
  if (circle != Circle::Shared) {
    guard.audience = provision == flow.provisions.end() ? policy::AudienceId::Nobody
                                                        : provision->second.confidential;
    guard.handling = policy::Handling::Limited;
  }
  return guard;
}

// What a subject sees of one party's uploads, in one circle.
enum Shown : char {
  kNothing = '-',
  kOnceFree = 'o',  // what is under no embargo, or no longer
  kAll = '+',       // what is under one, too
};

std::size_t place_of(std::size_t party, std::size_t circle) { return party * circles + circle; }

// Of each party and circle, by place_of; behind them how many of the embargoes are over. What
// stands over all parts of a party in one circle differs by no more than when an embargo ends, so
// that two decisions open them: on the guard of those that are under none, and of those that are.
std::string decide_shown(const policy::Subject& subject, const Flow& flow, const KeptList& uploads,
                         Instant now) {
  const auto open = [&](std::size_t p, std::size_t c, std::optional<Instant> embargo, Shown as) {
    const policy::Guarded<Shown> parts(
        guard_of(flow, uploads.parties[p], static_cast<Circle>(c), embargo), as);
    const policy::Decision decision =
        policy::decide(subject, policy::Action::Read, parts.guard(), now);
    return decision.permits() ? *parts.open(decision) : kNothing;
  };
  const auto& embargoes = uploads.embargoes_us;
  std::string shown(uploads.parties.size() * circles, kNothing);
  for (std::size_t p = 0; p < uploads.parties.size(); ++p) {
    for (std::size_t c = 0; c < circles; ++c) {
      char& of = shown[place_of(p, c)];
      of = open(p, c, {}, kOnceFree);
      if (of == kNothing || embargoes.empty()) continue;
      if (open(p, c, now + std::chrono::microseconds(1), kAll) == kAll) of = kAll;
    }
  }
  const auto over =
      std::upper_bound(embargoes.begin(), embargoes.end(), now.time_since_epoch().count());
  return shown + std::to_string(over - embargoes.begin());
}

SightPointer make_sight(const KeptList& uploads, const std::string& shown, Instant now,
                        std::optional<Instant> as_of, std::optional<Instant> updated_after) {
  std::vector<SeenLayer> seen;
  for (const std::shared_ptr<const Kept>& kept : uploads.all) {
    const Instant embargo{std::chrono::microseconds(kept->row.embargo_until_us())};
    for (std::size_t c = 0; c < circles; ++c) {
      const char how = shown[place_of(kept->party, c)];
      const bool sees = how == kAll || (how == kOnceFree && embargo <= now);
      if (!sees || !kept->parts[c]) continue;
      const Instant recorded = recorded_at(kept->row);
      const Instant appeared = how == kAll ? recorded : std::max(recorded, embargo);
      if (as_of && appeared > *as_of) continue;
      seen.push_back({.layer = {.part = kept->parts[c],
                                .version = kept->row.number(),
                                .fresh = !updated_after || appeared > *updated_after,
                                .appeared = appeared},
                      .kept = kept,
                      .circle = static_cast<Circle>(c),
                      .appeared = appeared});
    }
  }
  return std::make_shared<const Sight>(std::move(seen));
}

std::vector<bool> stood_over_of(const std::vector<SeenLayer>& seen) {
  std::map<std::string_view, Instant> newer;  // by party: when the first of it appeared
  std::vector<bool> out(seen.size(), false);
  for (std::size_t end = seen.size(); end > 0;) {
    const Kept* kept = seen[end - 1].kept.get();
    std::size_t from = end;
    while (from > 0 && seen[from - 1].kept.get() == kept) --from;
    Instant& first = newer.try_emplace(kept->row.party(), Instant::max()).first->second;
    for (std::size_t i = from; i < end; ++i) out[i] = first <= seen[i].appeared;
    for (std::size_t i = from; i < end; ++i) first = std::min(first, seen[i].appeared);
    end = from;
  }
  return out;
}

LayersPointer layers_of(const std::vector<SeenLayer>& seen) {
  std::vector<Layer> layers;
  layers.reserve(seen.size());
  for (const SeenLayer& one : seen) layers.push_back(one.layer);
  return make_layers(std::move(layers));
}

}  // namespace

Instant recorded_at(const record::Upload& upload) {
  return Instant(std::chrono::microseconds(upload.recorded_at_us()));
}

policy::Guard guard_of(const Flow& flow, const record::Upload& upload, Circle circle) {
  std::optional<Instant> embargo_until;
  if (upload.embargo_until_us() != 0) {
    embargo_until = Instant(std::chrono::microseconds(upload.embargo_until_us()));
  }
  return guard_of(flow, upload.party(), circle, embargo_until);
}

Sight::Sight(std::vector<SeenLayer> seen)
    : all(std::move(seen)), layers(layers_of(all)), stood_over(stood_over_of(all)) {}

SightPointer only(const SightPointer& sight, const std::function<bool(const SeenLayer&)>& fits) {
  std::vector<SeenLayer> fitting;
  std::copy_if(sight->all.begin(), sight->all.end(), std::back_inserter(fitting), fits);
  if (fitting.size() == sight->all.size()) return sight;
  return std::make_shared<const Sight>(std::move(fitting));
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

SightPointer Sights::find(const policy::Subject& subject, const Flow& flow,
                          const std::shared_ptr<const KeptList>& uploads, Instant now) {
  std::string shown = decide_shown(subject, flow, *uploads, now);
  {
    const std::lock_guard lock(mutex_);
    const auto same = std::find_if(made_.begin(), made_.end(), [&](const Made& one) {
      return one.uploads == uploads && one.shown == shown;
    });
    if (same != made_.end()) {
      made_.splice(made_.begin(), made_, same);
      return same->sight;
    }
  }
  SightPointer sight = make_sight(*uploads, shown, now, {}, {});
  if (!sight->all.empty()) keep({.uploads = uploads, .shown = std::move(shown), .sight = sight});
  return sight;
}

void Sights::keep(Made made) {
  const std::lock_guard lock(mutex_);
  // With another upload, or an embargo's end, nobody comes for what was there before.
  const auto is_over = [&](const Made& one) {
    return one.uploads->all.front()->row.dataflow() == made.uploads->all.front()->row.dataflow() &&
           (one.uploads != made.uploads || one.shown == made.shown);
  };
  made_.remove_if(is_over);
  made_.push_front(std::move(made));
  std::size_t layers = 0;
  made_.remove_if([&](const Made& one) {
    layers += one.sight->all.size();
    return layers > limits::sights_layers_max && &one != &made_.front();
  });
}

SightPointer sight_of(const policy::Subject& subject, const Flow& flow, const KeptList& uploads,
                      Instant now, std::optional<Instant> as_of,
                      std::optional<Instant> updated_after) {
  return make_sight(uploads, decide_shown(subject, flow, uploads, now), now, as_of, updated_after);
}

}  // namespace entente::statistics
