// What is brought to a document that is there: of two at once both, and to whom its entry is shown.
#include "server/ledger/service.h"
#include "tests/documents/circulation_world.h"

namespace entente::documents {
namespace {

using testing::CirculationWorld;

TEST_CASE("what becomes of what has expired is entered for those who still see it", "[documents]") {
  CirculationWorld world;
  v1::BeginContentRequest request = world.begin("e", "for an hour", v1::HANDLING_LIMITED);
  v1::Visibility& visibility = *request.mutable_document()->mutable_visibility();
  set_time(*visibility.mutable_expires_at(), world.clock.now() + std::chrono::hours(1));
  const bool embargoed = GENERATE(false, true);  // beyond its end: to all others it never is
  CAPTURE(embargoed);
  if (embargoed) {
    set_time(*visibility.mutable_embargo_until(), world.clock.now() + std::chrono::hours(2));
  }
  const auto made = world.upload(world.helena(), request, "for an hour");
  REQUIRE(made.ok());
  const auto seen = [&](const std::string& kind) {
    CHECK(world.entered.acts.back().kind == kind);
    CHECK(ledger::may_see(world.helena(), world.entered.acts.back()));
    return ledger::may_see(world.anna(), world.entered.acts.back());
  };
  CHECK(seen("documents.document.create") == !embargoed);
  world.clock.pass(std::chrono::hours(3));
  CHECK(world.get(world.anna(), made->name()).status().code() == Code::NotFound);
  if (embargoed) {
    world.hours.tend();
    CHECK_FALSE(seen("documents.embargo.end"));
  }
  REQUIRE(world.bring(made->name(), "another text").ok());
  CHECK_FALSE(seen("documents.document.revise"));
  REQUIRE(world.withdraw(made->name()).ok());
  CHECK_FALSE(seen("documents.document.withdraw"));
}

TEST_CASE("what is done with what is hidden from the secretariat is entered for others alone",
          "[documents]") {
  CirculationWorld world;
  const std::vector<std::string> members = {"process/igc/members"};
  v1::BeginContentRequest request =
      world.begin("m", "for members", v1::HANDLING_RESTRICTED, members);
  set_time(*request.mutable_document()->mutable_visibility()->mutable_embargo_until(),
           world.clock.now() + std::chrono::hours(1));
  const auto made = world.upload(world.anna(), request, "for members");
  REQUIRE(made.ok());
  const auto seen = [&](const std::string& kind) {
    CHECK(world.entered.acts.back().kind == kind);
    CHECK(ledger::may_see(world.anna(), world.entered.acts.back()));
    return ledger::may_see(world.helena(), world.entered.acts.back());
  };
  CHECK_FALSE(seen("documents.document.create"));
  world.clock.pass(std::chrono::hours(1));
  REQUIRE(world.open(world.reto(), made->name()).ok());
  CHECK(world.get(world.helena(), made->name()).status().code() == Code::NotFound);
  CHECK_FALSE(seen("documents.document.read"));
}

}  // namespace
}  // namespace entente::documents
