// The way from a call to a service function and back.
#include "tests/identity/world.h"

namespace entente::identity::testing {
namespace {

constexpr store::Table table_of_tests{0xf1};

class GateFixture {
 public:
  GateFixture() { token = world.sign_in(certificates().anna); }
  // Registers `serve` as if it were SignOut, on a table of its own.
  void acts(std::function<Result<v1::SignOutReply>(const policy::Subject&,
                                                   const v1::SignOutRequest&, store::Transaction&)>
                serve) {
    gate.acts<v1::SignOutRequest, v1::SignOutReply>("entente.v1.SessionService.SignOut", serve);
  }
  Status call() {
    MadeCall made = world.call(certificates().anna, token);
    v1::SignOutReply reply;
    return table.find("/entente.v1.SessionService/SignOut")
        ->unary(made, v1::SignOutRequest(), reply);
  }
  void record(store::Transaction& in) {
    ledger::Act act;
    act.account = "operator";
    act.kind = "test";
    world.ledger->record(in, act);
  }
  // Changes the row that the act has read.
  void meddle() {
    const auto other = world.store->begin();
    other->put(row, std::to_string(++meddled));
    record(*other);
    REQUIRE(other->commit().ok());
  }

  World world;
  net::MethodTable table;
  Gate gate{table, *world.store, world.identity.authenticator()};
  std::string token;
  store::Key row = store::Key(table_of_tests).number(1);
  int meddled = 0;
};

TEST_CASE("an act that loses is done anew, and told only when it has lost five times",
          "[identity][gate]") {
  GateFixture fixture;
  int attempts = 0;
  int to_lose = 0;
  fixture.acts([&](const auto&, const auto&, store::Transaction& in) -> Result<v1::SignOutReply> {
    ++attempts;
    ENTENTE_TRY_VOID(in.find(fixture.row).status());
    if (attempts <= to_lose) fixture.meddle();
    in.put(fixture.row, "done");
    fixture.record(in);
    return v1::SignOutReply();
  });
  to_lose = 2;
  CHECK(fixture.call().ok());
  CHECK(attempts == 3);
  attempts = 0;
  to_lose = 100;
  CHECK(fixture.call().code() == Code::Aborted);
  CHECK(attempts == commit_attempts_max);
}

TEST_CASE("an act that is refused leaves nothing behind", "[identity][gate]") {
  GateFixture fixture;
  fixture.acts([&](const auto&, const auto&, store::Transaction& in) -> Result<v1::SignOutReply> {
    in.put(fixture.row, "never");
    fixture.record(in);
    return Status(Code::FailedPrecondition, Reason::None, "no");
  });
  const std::uint64_t entries = fixture.world.ledger->size();
  CHECK(fixture.call().code() == Code::FailedPrecondition);
  CHECK(fixture.world.ledger->size() == entries);
  CHECK_FALSE((*fixture.world.store->snapshot()->find(fixture.row)).has_value());
}

TEST_CASE("an act whose right ends between two attempts is not done", "[identity][gate]") {
  GateFixture fixture;
  int attempts = 0;
  fixture.acts(
      [&](const auto& subject, const auto&, store::Transaction& in) -> Result<v1::SignOutReply> {
        ++attempts;
        ENTENTE_TRY_VOID(in.find(fixture.row).status());
        fixture.meddle();
        fixture.world.identity.sessions().end_where(
            [&](const Session& session) { return session.id() == subject.session; });
        in.put(fixture.row, "done");
        fixture.record(in);
        return v1::SignOutReply();
      });
  CHECK(fixture.call().reason() == Reason::SignedOut);
  CHECK(attempts == 1);
}

TEST_CASE("every rpc of this room says who may call it, and what acts is heavy",
          "[identity][gate]") {
  World world;
  for (const auto& [path, method] : world.table.methods()) {
    INFO(path);
    MadeCall nobody = world.call(certificates().nobody);
    const std::unique_ptr<google::protobuf::Message> in(method.in->New());
    const std::unique_ptr<google::protobuf::Message> out(method.out->New());
    const Status status = method.unary(nobody, *in, *out);
    CHECK_FALSE(status.ok());  // Signed out, or refused: nothing opens without a session.
    CHECK((status.code() == Code::Unauthenticated || status.reason() == Reason::PasswordWeak));
  }
  CHECK(world.table.methods().size() == 25);
}

}  // namespace
}  // namespace entente::identity::testing
