// The way from a call to a service function and back.
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/empty.pb.h>

#include "entente/v1/options.pb.h"
#include "entente/v1/statistics.pb.h"
#include "proto/contract/grpc_wire.h"
#include "tests/identity/world.h"
#include "tests/support/dies.h"

namespace entente::identity::testing {
namespace {

using entente::testing::dies;

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
    return call(made);
  }
  Status call(MadeCall& made) {
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

TEST_CASE("an act that loses is done anew, and told only when it has lost each time",
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

TEST_CASE("an act is bound and proved to whoever asks, once it is done", "[identity][gate]") {
  GateFixture fixture;
  bool done = true;
  std::string bound;
  fixture.acts([&](const auto&, const auto&, store::Transaction& in) -> Result<v1::SignOutReply> {
    if (!done) return Status(Code::NotFound, Reason::None, "not found");
    bound = in.binding();
    fixture.record(in);
    return v1::SignOutReply();
  });
  std::vector<std::uint64_t> asked;
  Status made_of;
  fixture.gate.prove_acts_by([&](const policy::Subject& subject, store::CommitIndex index,
                                 std::uint64_t from) -> Result<std::string> {
    CHECK(subject.account == "parties/SWE/accounts/anna");
    CHECK(index + 1 == fixture.world.ledger->size());  // it is durable by then
    asked.push_back(from);
    if (!made_of.ok()) return made_of;
    return std::string("proof");
  });
  const std::string binding(32, 'b');
  Status answered;
  const auto shown = [&](const std::string& header) {
    MadeCall made = fixture.world.call(certificates().anna, fixture.token);
    if (!header.empty()) made.headers["entente-proof-for"] = header;
    answered = fixture.call(made);
    return made.added["entente-proof-bin"];
  };
  CHECK(shown(to_hex(binding) + " 17") == wire::to_binary("proof"));
  CHECK(bound == binding);
  CHECK(shown(to_hex(binding) + " 0") == wire::to_binary("proof"));
  for (const std::string& nothing :
       {std::string(), std::string("17"), to_hex(binding), to_hex(binding) + " ",
        to_hex(binding) + " -1", to_hex(binding) + " 017", to_hex(binding) + "  1",
        to_hex(binding).substr(2) + " 1", "zz" + to_hex(binding).substr(2) + " 1"}) {
    CHECK(shown(nothing).empty());
    CHECK(answered.ok());
    CHECK(bound.empty());
  }
  CHECK(asked == std::vector<std::uint64_t>{17, 0});
  // What is done is done, though it could not be proved: that is said, and it is not done anew.
  made_of = Status(Code::Unavailable, Reason::None, "no checkpoint");
  const std::uint64_t entries = fixture.world.ledger->size();
  CHECK(shown(to_hex(binding) + " 1").empty());
  CHECK(answered.code() == Code::Internal);
  CHECK(answered.message().find("it is done and entered as entry") != std::string::npos);
  CHECK(fixture.world.ledger->size() == entries + 1);
  // And what is not is not proved.
  made_of = Status();
  done = false;
  CHECK(shown(to_hex(binding) + " 1").empty());
  CHECK(answered.code() == Code::NotFound);
  CHECK(asked.size() == 3);
}

TEST_CASE("an act that meets a destruction is done anew, and what is lost without one is lost",
          "[identity][gate]") {
  GateFixture fixture;
  store::Store& store = *fixture.world.store;
  const store::SealName process{.scope = store::SealName::Scope::Process, .id = {.octets = {1}}};
  const store::SealName one{.scope = store::SealName::Scope::Document, .id = {.octets = {2}}};
  REQUIRE(store.ensure_seal(process).ok());
  REQUIRE(store.ensure_seal(one, process.id).ok());
  const auto written = store.begin();
  written->put(fixture.row, "a paper", one);
  fixture.record(*written);
  REQUIRE(written->commit().ok());

  bool leaves_a_stone = true;
  std::string seen;
  int attempts = 0;
  fixture.acts([&](const auto&, const auto&, store::Transaction& in) -> Result<v1::SignOutReply> {
    if (++attempts == 1) {
      if (leaves_a_stone) fixture.meddle();
      REQUIRE(store.destroy_seal(one).ok());
    }
    ENTENTE_TRY(const auto found, in.find(fixture.row));
    seen = found.value_or("nothing");
    fixture.record(in);
    return v1::SignOutReply();
  });
  SECTION("its stone is there") {
    CHECK(fixture.call().ok());
    CHECK(attempts == 2);
    CHECK(seen == "1");
  }
  SECTION("nobody wrote") {
    leaves_a_stone = false;
    CHECK(fixture.call().code() == Code::DataLoss);
    CHECK(attempts == 1);
    CHECK(seen.empty());
  }
}

TEST_CASE("a heavy reading stops at the next row once its reader has gone", "[identity][gate]") {
  GateFixture fixture;
  fixture.acts([&](const auto&, const auto&, store::Transaction& in) -> Result<v1::SignOutReply> {
    for (std::uint64_t i = 1; i <= 9; ++i) in.put(store::Key(table_of_tests).number(i), "row");
    fixture.record(in);
    return v1::SignOutReply();
  });
  REQUIRE(fixture.call().ok());
  MadeCall made = fixture.world.call(certificates().anna, fixture.token);
  int rows = 0;
  fixture.gate.reads<v1::ListUploadsRequest, v1::ListUploadsReply>(
      "entente.v1.StatisticsService.ListUploads",
      [&](const auto&, const auto&, store::Snapshot& in) -> Result<v1::ListUploadsReply> {
        const auto cursor = in.scan(store::Key(table_of_tests));
        for (; cursor->valid(); cursor->next()) made.gone = ++rows == 4;
        CHECK(cursor->status().code() == Code::Cancelled);
        ENTENTE_TRY_VOID(in.find(fixture.row).status());
        return v1::ListUploadsReply();
      });
  v1::ListUploadsReply reply;
  const Status status = fixture.table.find("/entente.v1.StatisticsService/ListUploads")
                            ->unary(made, v1::ListUploadsRequest(), reply);
  CHECK(status.code() == Code::Cancelled);
  CHECK(rows == 4);
}

TEST_CASE("what cannot be written, or whose caller has gone, is not tried again",
          "[identity][gate]") {
  GateFixture fixture;
  int attempts = 0;
  MadeCall made = fixture.world.call(certificates().anna, fixture.token);
  const auto call = [&] {
    v1::SignOutReply reply;
    return fixture.table.find("/entente.v1.SessionService/SignOut")
        ->unary(made, v1::SignOutRequest(), reply);
  };
  bool meddles = true;
  fixture.acts([&](const auto&, const auto&, store::Transaction& in) -> Result<v1::SignOutReply> {
    ++attempts;
    ENTENTE_TRY_VOID(in.find(fixture.row).status());
    if (meddles) fixture.meddle();
    made.gone = true;
    in.put(fixture.row, "done");
    fixture.record(in);
    return v1::SignOutReply();
  });
  CHECK(call().code() == Code::Aborted);
  CHECK(attempts == 1);
  meddles = false;
  fixture.world.unwritable = [] { return Status(Code::Unavailable, Reason::None, "the disk"); };
  CHECK(call().code() == Code::Unavailable);
  CHECK(attempts == 2);
}

// Lets everybody in who is `subject`.
class OpenDoor final : public Authenticator {
 public:
  Result<SubjectPointer> authenticate(net::Call&,
                                      const google::protobuf::MethodDescriptor&) override {
    return subject;
  }
  Result<SubjectPointer> authenticate_tool(net::Call&, Scope) override { return subject; }
  Result<SubjectPointer> pin(const SubjectPointer& pinned, store::Transaction&) override {
    return pinned;
  }
  Result<std::unique_ptr<Receiver>> receive(const SubjectPointer&, net::Waker) override {
    class Now final : public Receiver {
     public:
      explicit Now(const SubjectPointer& subject) : subject_(subject) {}
      Result<SubjectPointer> subject() override { return subject_; }

     private:
      const SubjectPointer& subject_;
    };
    return std::unique_ptr<Receiver>(std::make_unique<Now>(subject));
  }
  void is(const std::set<policy::Principal>& principals, bool read_only = false) {
    auto made = std::make_shared<policy::Subject>();
    made->principals = principals;
    made->read_only = read_only;
    subject = std::move(made);
  }
  SubjectPointer subject;
};

TEST_CASE("an application password acts nowhere, whoever lets it in", "[identity][gate]") {
  World world;
  OpenDoor door;
  door.is({}, /*read_only=*/true);
  net::MethodTable table;
  Gate gate(table, *world.store, door);
  gate.acts<v1::SignOutRequest, v1::SignOutReply>(
      "entente.v1.SessionService.SignOut",
      [](const auto&, const auto&, auto&) -> Result<v1::SignOutReply> {
        return Status(Code::Internal, Reason::None, "served");
      });
  MadeCall call = world.call(certificates().anna);
  v1::SignOutReply reply;
  CHECK(table.find("/entente.v1.SessionService/SignOut")
            ->unary(call, v1::SignOutRequest(), reply)
            .code() == Code::PermissionDenied);
}

TEST_CASE("a stream goes on while its receiver gains, and ends where they lose or go",
          "[identity][gate]") {
  class Endless final : public net::Source {
   public:
    Result<Next> next(net::Message&) override { return Next::Message; }
  };
  using Kind = policy::Principal::Kind;
  const auto member = policy::Principal::make(Kind::Members, "igc");
  const auto swedish = policy::Principal::make(Kind::Party, "SWE");
  World world;
  OpenDoor door;
  door.is({swedish});
  net::MethodTable table;
  Gate gate(table, *world.store, door);
  gate.streams<v1::QueryRequest>(
      "entente.v1.StatisticsService.Query",
      [](const auto&, const auto&, auto) -> Result<std::unique_ptr<net::Source>> {
        return std::unique_ptr<net::Source>(std::make_unique<Endless>());
      });
  MadeCall call = world.call(certificates().anna);
  const auto source =
      table.find("/entente.v1.StatisticsService/Query")->stream(call, v1::QueryRequest(), [] {});
  REQUIRE(source.ok());
  v1::Observations part;
  const auto next = [&] { return (*source)->next(part).status().code(); };
  CHECK(next() == Code::Ok);
  door.is({swedish, member});
  CHECK(next() == Code::Ok);
  door.is({swedish});
  CHECK(next() == Code::Unavailable);
  door.is({swedish, member});
  CHECK(next() == Code::Ok);
  call.gone = true;
  CHECK(next() == Code::Cancelled);
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
  CHECK(world.table.methods().size() == 26);
}

// A service as if it had been linked: one rpc for each rule.
void link_service(const std::map<std::string, std::optional<v1::Rule>>& rpcs) {
  google::protobuf::FileDescriptorProto file;
  file.set_name("test/bare.proto");
  file.set_package("test");
  file.set_syntax("proto3");
  file.add_dependency("google/protobuf/empty.proto");
  file.add_dependency("entente/v1/options.proto");
  auto* service = file.add_service();
  service->set_name("Bare");
  for (const auto& [name, rule] : rpcs) {
    auto* method = service->add_method();
    method->set_name(name);
    method->set_input_type(".google.protobuf.Empty");
    method->set_output_type(".google.protobuf.Empty");
    if (rule) *method->mutable_options()->MutableExtension(v1::rule) = *rule;
  }
  static std::string kept;  // the pool keeps the bytes
  kept = file.SerializeAsString();
  google::protobuf::DescriptorPool::InternalAddGeneratedFile(kept.data(),
                                                             static_cast<int>(kept.size()));
}

TEST_CASE("an rpc without a rule, or with another than it is registered as, ends the start",
          "[identity][gate]") {
  using Empty = google::protobuf::Empty;
  const auto rule = [](v1::Who who, bool acts, bool heavy) {
    v1::Rule made;
    made.set_who(who);
    made.set_acts(acts);
    made.set_heavy(heavy);
    return made;
  };
  link_service({{"Unruled", std::nullopt},
                {"ForNobody", rule(v1::WHO_UNSPECIFIED, false, false)},
                {"Reads", rule(v1::WHO_SIGNED_IN, false, false)},
                {"Acts", rule(v1::WHO_SIGNED_IN, true, true)},
                {"ActsQuickly", rule(v1::WHO_SIGNED_IN, true, false)}});
  World world;
  const auto bare = [&](const std::string& name) {
    net::MethodTable table;
    table.add_unary("test.Bare." + name, [](net::Call&, const auto&, auto&) { return Status(); });
  };
  const auto reads = [&](const std::string& name) {
    net::MethodTable table;
    Gate(table, *world.store, world.identity.authenticator())
        .reads<Empty, Empty>("test.Bare." + name,
                             [](const auto&, const auto&, auto&) { return Empty(); });
  };
  const auto acts = [&](const std::string& name) {
    net::MethodTable table;
    Gate(table, *world.store, world.identity.authenticator())
        .acts<Empty, Empty>("test.Bare." + name,
                            [](const auto&, const auto&, auto&) { return Empty(); });
  };
  for (const char* name : {"Unruled", "ForNobody", "NotThere"}) {
    INFO(name);
    CHECK(dies([&] { bare(name); }));
    CHECK(dies([&] { reads(name); }));
    CHECK(dies([&] { acts(name); }));
  }
  CHECK(dies([&] { reads("Acts"); }));
  CHECK(dies([&] { acts("Reads"); }));
  CHECK(dies([&] { acts("ActsQuickly"); }));
  // A rule that says nothing permits nothing, were it ever asked.
  const auto* unruled =
      google::protobuf::DescriptorPool::generated_pool()->FindMethodByName("test.Bare.Unruled");
  MadeCall anna = world.call(certificates().anna, world.sign_in(certificates().anna));
  CHECK(world.identity.authenticator().authenticate(anna, *unruled).status().reason() ==
        Reason::SignedOut);
  // The check itself can pass.
  CHECK_FALSE(dies([&] { bare("Reads"); }));
  CHECK_FALSE(dies([&] { reads("Reads"); }));
  CHECK_FALSE(dies([&] { acts("Acts"); }));
}

}  // namespace
}  // namespace entente::identity::testing
