// What a subject is shown of a dataflow's uploads: held against a decision on the guard of each
// single part, at the moment that is asked about.
#include "server/statistics/sight.h"

#include <random>

#include "tests/statistics/comparison_world.h"

namespace entente::statistics {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the world is made for this.

const std::string kFlow = "dataflows/IGC.ASYLUM";

// Sweden's figures are for Norway alone, Switzerland's for all.
v1::StructureSet with_an_audience() {
  v1::StructureSet set = structures();
  for (v1::Provision& one : *set.mutable_provisions()) {
    if (one.party() == "parties/SWE") one.mutable_audience()->add_any_of("party/NOR");
  }
  return set;
}

struct Told {
  std::uint64_t version;
  Circle circle;
  Instant appeared;
  bool fresh;
  friend bool operator==(const Told&, const Told&) = default;
};

std::vector<Told> told(const Sight& sight) {
  std::vector<Told> out;
  for (std::size_t i = 0; i < sight.all.size(); ++i) {
    const SeenLayer& one = sight.all[i];
    const Layer& layer = sight.layers->all()[i];
    CHECK(layer.part == one.layer.part);
    CHECK(one.kept->parts[static_cast<std::size_t>(one.circle)] == layer.part);
    out.push_back({layer.version, one.circle, one.appeared, layer.fresh});
  }
  return out;
}

struct SightWorld : ComparisonWorld {
  SightWorld() : ComparisonWorld(with_an_audience()) {}

  std::vector<policy::Subject> readers() const {
    return {member("SWE"),
            member("CHE"),
            as("NOR", {"process/igc/members", "party/NOR"}),
            as("FIN", {"process/igc/members", "party/FIN"}),
            observer(),
            stranger(),
            secretariat()};
  }

  // Each part by itself.
  std::vector<Told> expected(const policy::Subject& subject, std::optional<Instant> as_of,
                             std::optional<Instant> after) {
    std::vector<Told> out;
    const Instant now = clock.now();
    const auto flow = structures_in_force.model()->find_flow(kFlow);
    for (const auto& kept : shelf.of(kFlow)->all) {
      for (std::size_t c = 0; c < circles; ++c) {
        if (!kept->parts[c]) continue;
        const policy::Guard guard = guard_of(*flow, kept->row, static_cast<Circle>(c));
        const auto may_read = [&](Instant when) {
          return policy::decide(subject, policy::Action::Read, guard, when).permits();
        };
        if (!may_read(now)) continue;
        Instant appeared = recorded_at(kept->row);
        const bool waited = guard.embargo_until && *guard.embargo_until > appeared;
        if (waited && !may_read(appeared)) appeared = *guard.embargo_until;
        if (as_of && appeared > *as_of) continue;
        out.push_back(
            {kept->row.number(), static_cast<Circle>(c), appeared, !after || appeared > *after});
      }
    }
    return out;
  }

  SightPointer sight(const policy::Subject& subject, std::optional<Instant> as_of = {},
                     std::optional<Instant> after = {}) {
    const auto flow = structures_in_force.model()->find_flow(kFlow);
    return service.sight(subject, *flow, as_of, after);
  }

  void bring_some(std::mt19937& draw, int i) {
    const std::string party = draw() % 2 == 0 ? "SWE" : "CHE";
    v1::BeginUploadRequest request = begin_request("u" + std::to_string(i));
    if (draw() % 3 == 0) {
      const auto now = std::chrono::floor<std::chrono::seconds>(clock.now()).time_since_epoch();
      const auto minutes = static_cast<std::int64_t>(1 + draw() % 5);
      request.mutable_embargo_until()->set_seconds(now.count() + 60 * minutes);
    }
    std::string file = kHeading;
    const std::string year = std::to_string(2000 + draw() % 20);
    file += row("A," + party + ",AFG," + year + "," + std::to_string(i) + ",A,F");
    if (draw() % 3 == 0) file += row("A," + party + ",SYR," + year + ",7,A,C");
    REQUIRE(upload(member(party), request, file).ok());
  }
};

}  // namespace

TEST_CASE("a subject is shown each part as a decision on its own guard has it",
          "[statistics][sight]") {
  SightWorld world;
  std::mt19937 draw(Catch::rngSeed());
  std::size_t shown = 0;
  std::size_t hidden = 0;
  std::size_t waited = 0;
  std::vector<Instant> moments{world.clock.now()};
  for (int i = 0; i < 60; ++i) {
    world.bring_some(draw, i);
    if (draw() % 4 == 0) world.clock.pass(std::chrono::seconds(30 * (1 + draw() % 4)));
    moments.push_back(world.clock.now());
    for (const policy::Subject& reader : world.readers()) {
      const std::optional<Instant> some = moments[draw() % moments.size()];
      for (const auto& [as_of, after] :
           {std::pair(std::optional<Instant>(), std::optional<Instant>()), std::pair(some, some),
            std::pair(some, std::optional<Instant>()), std::pair(std::optional<Instant>(), some)}) {
        const auto expected = world.expected(reader, as_of, after);
        REQUIRE(told(*world.sight(reader, as_of, after)) == expected);
        if (as_of || after) continue;
        shown += expected.size();
        hidden += world.shelf.of(kFlow)->all.size() -
                  std::min(expected.size(), world.shelf.of(kFlow)->all.size());
        for (const Told& one : expected) {
          waited += one.appeared > recorded_at(world.shelf.of(kFlow)->find(one.version)->row);
        }
      }
    }
  }
  CHECK(shown > 1'000);
  CHECK(hidden > 1'000);
  CHECK(waited > 100);
}

TEST_CASE("who is shown the same is handed the same, until there is something new",
          "[statistics][sight]") {
  SightWorld world;
  std::mt19937 draw(7);
  for (int i = 0; i < 12; ++i) world.bring_some(draw, i);
  world.clock.pass(std::chrono::hours(1));
  const auto nor = world.as("NOR", {"process/igc/members", "party/NOR"});
  const auto fin = world.as("FIN", {"process/igc/members", "party/FIN"});
  const auto che = world.member("CHE");
  const SightPointer first = world.sight(nor);
  CHECK(world.sight(nor) == first);
  CHECK(world.sight(world.as(
            "NOR", {"process/igc/members", "party/NOR", "process/igc/observers"})) == first);
  // Switzerland sees its own confidential figures, Finland what is for all.
  CHECK(told(*world.sight(fin)) != told(*first));
  CHECK(told(*world.sight(che)) != told(*world.sight(fin)));
  CHECK(world.sight(nor) == first);
  v1::BeginUploadRequest embargoed = world.begin_request("later");
  embargoed.mutable_embargo_until()->set_seconds(
      std::chrono::floor<std::chrono::seconds>(world.clock.now()).time_since_epoch().count() + 600);
  REQUIRE(world.upload(che, embargoed, kHeading + row("A,CHE,AFG,2024,1,A,F")).ok());
  CHECK(told(*world.sight(nor)) == told(*first));
  const SightPointer early = world.sight(nor);
  CHECK(world.sight(nor) == early);
  world.clock.pass(std::chrono::hours(1));
  CHECK(world.sight(nor)->all.size() == early->all.size() + 1);
  CHECK(told(*early) == told(*first));  // who has it open goes on with what it was
}

}  // namespace entente::statistics
