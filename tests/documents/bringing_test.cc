// What is brought to a document that is there: of two at once both, and to whom its entry is shown.
#include "server/ledger/service.h"
#include "tests/documents/circulation_world.h"

namespace entente::documents {
namespace {

using testing::CirculationWorld;

TEST_CASE("of two texts that are finished at once both come, one after the other", "[documents]") {
  CirculationWorld world;
  const std::string name = world.paper("the first text", v1::HANDLING_LIMITED).name();
  const policy::Subject igor = world.as("IGC", "igor", {"process/igc/secretariat"}, true);
  const auto sent = [&](const policy::Subject& who, const std::string& id,
                        const std::string& text) {
    v1::BeginContentRequest request = world.begin(id, text);
    request.mutable_document()->Clear();
    request.mutable_document()->set_name(name);
    REQUIRE(world.ask(world.service, who, &Service::begin_content, request).ok());
    REQUIRE(world.send(who, id, text).ok());
  };
  const auto finishing = [](const std::string& id, const std::string& text) {
    v1::FinishContentRequest request;
    request.set_upload_id(id);
    request.set_sha256(std::string(as_view(sha256(text))));
    return request;
  };
  sent(world.helena(), "hers", "her text");
  sent(igor, "his", "his text");
  const auto first = world.store->begin();
  const auto second = world.store->begin();
  const auto hers =
      world.service.finish_content(world.helena(), finishing("hers", "her text"), *first);
  REQUIRE(hers.ok());
  REQUIRE(world.service.finish_content(igor, finishing("his", "his text"), *second).ok());
  REQUIRE(first->commit().ok());
  world.service.finished(*hers);
  CHECK(second->commit().status().code() == Code::Aborted);
  CHECK(world.uploads.get(world.helena().account, "hers").status().code() == Code::NotFound);
  CHECK(world.uploads.get(igor.account, "his").ok());
  REQUIRE(world.finish(igor, "his", "his text").status().message() == "");  // as the gate does
  CHECK(world.uploads.get(igor.account, "his").status().code() == Code::NotFound);
  // What nobody touches is forgotten, and neither of these with it.
  world.clock.pass(std::chrono::minutes(11));
  world.uploads.sweep();
  CHECK(*world.read(world.anna(), name + "/revisions/2") == "her text");
  CHECK(*world.read(world.anna(), name) == "his text");
}

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
