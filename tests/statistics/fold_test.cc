// Old versions folded: no door says anything else for it, and what was folded for one reader's
// eyes is nobody else's.
#include "server/statistics/series/fold.h"

#include <thread>

#include "tests/statistics/doors_world.h"

namespace entente::statistics {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the world is made for this.

const auto kGoOn = [] { return false; };

struct FoldWorld : DoorsWorld {
  explicit FoldWorld(const Folds::Rules& rules = {.layers_min = 2, .asked_min = 1})
      : DoorsWorld(structures()), folds(*store, rules) {
    cache.use(folds);
  }
  // Five versions of some figures, free and confidential, and some taken back.
  void fill() {
    for (int i = 0; i < 5; ++i) {
      std::string rows;
      for (const char* party : {"SWE", "CHE"}) {
        rows.clear();
        for (int year = 2000 + i; year < 2020; ++year) {
          const std::string key = std::string("A,") + party + ",AFG," + std::to_string(year);
          const bool is_hidden = (year + i) % 5 == 0;
          rows += row(key + "," + std::to_string(year * 10 + i) + ",A," + (is_hidden ? "C" : "F"));
        }
        rows += row(std::string("A,") + party + ",SYR,200" + std::to_string(i) + ",1,E,F");
        bring(party, "u" + std::to_string(i), rows);
      }
    }
    bring("SWE", "gone", row("A,SWE,AFG,2007,,,") + row("A,SWE,SYR,2003,,,"), v1::DELETE);
  }
  LayersPointer layers_of(const policy::Subject& subject) {
    const auto flow = service.open_flow(subject, flow_name);
    return service.sight(subject, **flow)->layers;
  }
  // Of what a reader is told the number of folded layers that it is made of.
  std::size_t folded(const policy::Subject& subject) {
    const auto fold = folds.find(layers_of(subject));
    return fold ? fold->layers : 0;
  }
  // Reads all, and folds what that asked for.
  void fold(const policy::Subject& subject) {
    (void)all(subject);
    folds.work_off(kGoOn);
  }
  Folds folds;
};

TEST_CASE("what is folded is told in the same bytes, by every door", "[statistics][fold]") {
  FoldWorld world;
  world.fill();
  for (const auto& subject : {world.member("NOR"), world.member("SWE"), world.observer(),
                              world.secretariat(), world.stranger()}) {
    const auto before = world.doors(subject);
    world.folds.work_off(kGoOn);
    const auto after = world.doors(subject);
    REQUIRE(before.size() == after.size());
    for (const auto& [what, said] : before) {
      INFO(what);
      CHECK(said == after.at(what));
    }
  }
  CHECK(world.folded(world.member("NOR")) == 11);  // one has nothing confidential
  CHECK(world.folded(world.member("SWE")) > world.folded(world.member("NOR")));
  CHECK(world.folds.bytes() > 0);
}

TEST_CASE("a fold is for who sees just the layers that it is made of", "[statistics][fold]") {
  FoldWorld world;
  world.fill();
  auto embargoed = world.begin_request("e");
  embargoed.mutable_embargo_until()->set_seconds(
      world.clock.now().time_since_epoch() / std::chrono::seconds(1) + 3'600);
  REQUIRE(world
              .upload(world.member("SWE"), embargoed,
                      kHeading + row("A,SWE,AFG,2010,77,A,F") + row("A,SWE,ERI,2011,78,A,F"))
              .ok());
  world.bring("CHE", "later", row("A,CHE,AFG,2010,79,A,F"));
  const auto swe = world.member("SWE");
  const auto nor = world.member("NOR");
  for (const auto& subject : {swe, nor}) (void)world.all(subject);
  world.folds.work_off(kGoOn);
  const auto holds = [&](const policy::Subject& subject, const std::string& line) {
    const auto lines = world.all(subject);
    return std::count(lines.begin(), lines.end(), line) == 1;
  };
  CHECK(world.folded(nor) == 12);
  CHECK(holds(swe, "A.SWE.ERI 2011=78/A"));
  CHECK_FALSE(holds(nor, "A.SWE.ERI 2011=78/A"));
  // The hour comes: what stood for less is not read any more, at once.
  world.clock.pass(std::chrono::hours(2));
  CHECK(holds(nor, "A.SWE.ERI 2011=78/A"));
  CHECK(holds(nor, "A.SWE.AFG 2010=77/A"));
  world.folds.work_off(kGoOn);
  CHECK(holds(nor, "A.SWE.ERI 2011=78/A"));
  CHECK(world.folded(nor) == 13);
  // Who loses the right to some of it finds the rest, as it was before those.
  REQUIRE(world
              .act(swe, &Service::define_structures,
                   [&] {
                     v1::DefineStructuresRequest request;
                     v1::Provision* one = request.mutable_structures()->add_provisions();
                     one->set_name(world.flow_name + "/provisions/SWE");
                     one->set_party("parties/SWE");
                     one->add_reference_areas("SWE");
                     one->mutable_audience()->add_any_of("party/CHE");
                     return request;
                   }())
              .ok());
  for (const auto& line : world.all(nor)) CHECK(line.substr(0, 6) == "A.CHE.");
  CHECK(holds(world.member("CHE"), "A.SWE.ERI 2011=78/A"));
}

TEST_CASE("what comes after is read beside a fold, until it is worth folding all anew",
          "[statistics][fold]") {
  FoldWorld world;
  world.fill();
  const auto nor = world.member("NOR");
  world.fold(nor);
  CHECK(world.folded(nor) == 11);
  world.bring("SWE", "v", row("A,SWE,AFG,2010,1,A,F"));
  CHECK(world.folded(nor) == 11);
  world.folds.work_off(kGoOn);
  CHECK(world.folded(nor) == 11);
  for (int i = 0; i < 8; ++i) {
    world.bring("SWE", "w" + std::to_string(i),
                row("A,SWE,AFG,2010," + std::to_string(i) + ",A,F"));
  }
  world.fold(nor);
  CHECK(world.folded(nor) == 20);
  const auto lines = world.all(nor);
  CHECK(std::count(lines.begin(), lines.end(), "A.SWE.AFG 2010=7/A") == 1);
}

TEST_CASE("a fold leaves one of those that it begins with, however many came before",
          "[statistics][fold]") {
  FoldWorld world;
  world.fill();
  const auto nor = world.member("NOR");
  world.fold(nor);
  const LayersPointer first = world.layers_of(nor);
  const std::size_t bytes = world.folds.bytes();
  REQUIRE(world.folds.find(first) != nullptr);
  constexpr std::size_t count = 120;
  for (std::size_t i = 0; i < count; ++i) {
    world.bring("SWE", "n" + std::to_string(i),
                row("A,SWE,AFG,2010," + std::to_string(i) + ",A,F"));
    world.fold(nor);
  }
  CHECK(world.folded(nor) > 100);
  CHECK(world.folds.find(first) == nullptr);
  CHECK(world.folds.bytes() <= 2 * (bytes + count * sizeof(store::Id)));
}

TEST_CASE("folds stay within their memory, and what is too large is read without",
          "[statistics][fold]") {
  FoldWorld narrow({.layers_min = 2, .asked_min = 1, .bytes_max = 100});
  narrow.fill();
  const auto before = narrow.all(narrow.member("NOR"));
  narrow.folds.work_off(kGoOn);
  CHECK(narrow.folds.bytes() == 0);
  CHECK(narrow.all(narrow.member("NOR")) == before);
}

TEST_CASE("the fold that was not read for longest gives way, and may come back",
          "[statistics][fold]") {
  FoldWorld wide;
  wide.fill();
  std::vector<std::size_t> sizes;
  std::vector<Lines> said;
  for (const auto& subject : {wide.member("NOR"), wide.member("SWE")}) {
    said.push_back(wide.all(subject));
    wide.folds.work_off(kGoOn);
    sizes.push_back(wide.folds.bytes());
  }
  REQUIRE(sizes[1] > sizes[0]);
  // Each has room, both have not.
  const std::size_t room = sizes[1] - 1;
  FoldWorld world({.layers_min = 2, .asked_min = 1, .bytes_max = room});
  world.fill();
  const auto nor = world.member("NOR");
  const auto swe = world.member("SWE");
  for (int turn = 0; turn < 3; ++turn) {
    for (const auto& [reader, other] : {std::pair(nor, swe), std::pair(swe, nor)}) {
      (void)world.folded(reader);  // asks
      world.folds.work_off(kGoOn);
      CHECK(world.folds.bytes() <= room);
      CHECK(world.folded(reader) > 0);
      CHECK(world.folded(other) == 0);
      CHECK(world.all(nor) == said[0]);
      CHECK(world.all(swe) == said[1]);
    }
  }
}

TEST_CASE("a thread folds what is asked for, and ends when it is told to", "[statistics][fold]") {
  FoldWorld world;
  world.fill();
  const auto nor = world.member("NOR");
  std::jthread folding([&](const std::stop_token& stop) { world.folds.serve(stop); });
  const auto before = world.all(nor);
  while (world.folds.bytes() == 0) std::this_thread::yield();
  CHECK(world.all(nor) == before);
  CHECK(world.folded(nor) == 11);
}

}  // namespace
}  // namespace entente::statistics
