// Signing in where something comes between: another kind of account, a time out of its span, a
// change, a list or a failing store in the midst of it.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <thread>

#include "proto/contract/bytes.h"
#include "tests/identity/world.h"

namespace entente::identity::testing {
namespace {

const std::string service = "/entente.v1.SessionService/";

TEST_CASE("a machine's certificate opens no person's account, nor the reverse",
          "[identity][sign-in]") {
  World world;
  const Secret password{std::string(good_password)};
  const Leaf robot = world.made.swe.issue(uri("swe", "program/robot"));
  const Leaf human = world.made.swe.issue(uri("swe", "person/human"));
  REQUIRE(
      world.identity
          .create_account({.party = "SWE", .id = "robot", .person = "p", .label = {}}, &password)
          .ok());
  REQUIRE(world.identity
              .create_account({.party = "SWE", .id = "human", .person = {}, .label = {}}, &password)
              .ok());
  for (const Leaf* leaf : {&robot, &human}) {
    REQUIRE(world.identity.enter_certificate({leaf->der}).ok());
    CHECK(world.try_sign_in(*leaf, good_password).status().reason() == Reason::SignInRefused);
  }
}

TEST_CASE("a certificate before its time, after it, or revoked opens nothing",
          "[identity][sign-in]") {
  World world;
  const auto refused = [&](const Leaf& leaf) {
    return world.try_sign_in(leaf, good_password).status().reason() == Reason::SignInRefused;
  };
  v1::CreateApplicationPasswordRequest request;
  request.set_scope(v1::SCOPE_CALENDAR);
  request.set_label("calendar");
  const auto tool = world.ask<v1::CreateApplicationPasswordReply>(
      world.made.bertil, world.sign_in(world.made.bertil), service + "CreateApplicationPassword",
      request);
  REQUIRE(tool.ok());
  world.clock.jump(-std::chrono::hours(24 * 365));
  CHECK(refused(world.made.anna));
  MadeCall early = world.call(world.made.bertil);
  early.headers["authorization"] = "Basic " + to_base64("bertil:" + tool->password());
  CHECK_FALSE(world.identity.authenticator().authenticate_tool(early, Scope::Calendar).ok());
  world.clock.jump(std::chrono::hours(24 * 365));
  CHECK_FALSE(refused(world.made.anna));
  world.clock.jump(std::chrono::hours(24 * 365 * 40));
  CHECK(refused(world.made.anna));
  world.clock.jump(-std::chrono::hours(24 * 365 * 40));
  Authority denmark("Denmark");
  const Leaf karen = denmark.issue(uri("dnk", "person/karen"));
  const std::string anchor = denmark.certificate_der();
  REQUIRE(world.trust
              .set_trust("DNK", TrustSource::Folder, {.anchors = {anchor}, .crls = {denmark.crl()}})
              .ok());
  world.settle("DNK", "karen", karen);
  REQUIRE(world.trust.verify({karen.der}).ok());
  CHECK_FALSE(refused(karen));
  denmark.revoke(karen);
  const auto revoke = [&] {
    return world.trust.set_trust("DNK", TrustSource::Folder,
                                 {.anchors = {anchor}, .crls = {denmark.crl()}});
  };
  SECTION("before") {
    REQUIRE(revoke().ok());
    CHECK(refused(karen));
  }
  SECTION("while its session is entered: the session ends before its token is told") {
    struct Revoker final : ledger::Follower {
      std::function<Status()> revoke;
      void follow(std::uint64_t, const ledger::Act& act) override {
        if (act.kind == "identity.sign_in") REQUIRE(revoke().ok());
      }
    } revoker;
    revoker.revoke = revoke;
    world.ledger->add_follower(revoker);
    CHECK(refused(karen));
    CHECK(world.identity.sessions().of_account("parties/DNK/accounts/karen").empty());
  }
}

TEST_CASE("who has no account, or no readable certificate, redeems nothing and signs in nowhere",
          "[identity][sign-in]") {
  World world;
  v1::RedeemCodeRequest redeem;
  redeem.set_new_password("frithiofs saga i norr");
  const auto refused = [&](const Leaf& leaf, const std::string& code) {
    redeem.set_code(code);
    return world.ask<v1::RedeemCodeReply>(leaf, "", service + "RedeemCode", redeem)
               .status()
               .reason() == Reason::SignInRefused;
  };
  CHECK(refused(world.made.nobody, std::string(26, '1')));
  CHECK(refused(world.made.anna, "short"));
  CHECK(refused(world.made.anna, std::string(26, '1')));  // no code waits
  v1::ResetAccountRequest reset;
  reset.set_name("parties/SWE/accounts/bertil");
  REQUIRE(world
              .ask<v1::AccountCode>(world.made.olga, world.sign_in(world.made.olga),
                                    "/entente.v1.AccountService/ResetAccount", reset)
              .ok());
  CHECK(refused(world.made.bertil, std::string(26, '1')));  // another one waits
  const std::string names_anna = uri("swe", "person/anna");
  MadeCall unreadable("no certificate", names_anna);
  CHECK(world
            .ask<v1::RedeemCodeRequest, v1::RedeemCodeReply>(unreadable, service + "RedeemCode",
                                                             redeem)
            .status()
            .reason() == Reason::SignInRefused);
  v1::SignInRequest request;
  request.set_password(std::string(good_password));
  const Leaf office = world.made.swe.issue(uri("swe", "office/swe.igc"));
  for (const std::string& der : {std::string("no certificate"), office.der}) {
    MadeCall call(der, names_anna);
    CHECK(world.ask<v1::SignInRequest, v1::SignInReply>(call, service + "SignIn", request)
              .status()
              .reason() == Reason::SignInRefused);
  }
}

TEST_CASE("an account that changes between its password and its session is not opened",
          "[identity][sign-in]") {
  World world;
  const std::string token = world.sign_in(world.made.olga);
  world.clock.meanwhile([&] {
    v1::ResetAccountRequest reset;
    reset.set_name("parties/SWE/accounts/anna");
    REQUIRE(world
                .ask<v1::AccountCode>(world.made.olga, token,
                                      "/entente.v1.AccountService/ResetAccount", reset)
                .ok());
  });
  const std::size_t open = world.identity.sessions().size();
  CHECK(world.try_sign_in(world.made.anna, good_password).status().reason() ==
        Reason::SignInRefused);
  CHECK(world.identity.sessions().size() == open);
}

TEST_CASE("what cannot be entered is not answered, neither way", "[identity][sign-in]") {
  World world;
  world.unwritable = [] { return Status(Code::Unavailable, Reason::None, "the disk"); };
  const std::size_t open = world.identity.sessions().size();
  CHECK(world.try_sign_in(world.made.anna, good_password).status().code() == Code::Unavailable);
  CHECK(world.try_sign_in(world.made.anna, "wrong password").status().code() == Code::Unavailable);
  CHECK(world.identity.sessions().size() == open);
  // By itself the store takes up again, at the latest at its next turn.
  world.unwritable = nullptr;
  for (int i = 0; i < 100 && !world.store->health().writable; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  CHECK(world.try_sign_in(world.made.bertil, good_password).ok());
}

TEST_CASE("a hash that cannot be made anew costs nobody the sign-in", "[identity][sign-in]") {
  World world;
  const auto worn = world.second({.memory_kib = 8, .passes = 0});
  v1::SignInRequest request;
  request.set_password(std::string(good_password));
  v1::SignInReply reply;
  MadeCall call = world.call(world.made.anna);
  CHECK(worn->table.find(service + "SignIn")->unary(call, request, reply).ok());
}

TEST_CASE("a new password is not the old one, whatever is said to be the old one",
          "[identity][sign-in]") {
  World world;
  const std::string token = world.sign_in(world.made.anna);
  const auto change = [&](const std::string& from, const std::string& to) {
    v1::ChangePasswordRequest request;
    request.set_old_password(from);
    request.set_new_password(to);
    return world
        .ask<v1::ChangePasswordReply>(world.made.anna, token, service + "ChangePassword", request)
        .status()
        .reason();
  };
  CHECK(change(std::string(good_password), std::string(good_password)) == Reason::PasswordWeak);
  CHECK(change("with\x01 inside", "frithiofs saga i norr") == Reason::SignInRefused);
  CHECK(world.is_open(world.made.anna, token));
}

TEST_CASE("an application password with another end, or of another name, opens nothing",
          "[identity][caller]") {
  World world;
  v1::CreateApplicationPasswordRequest request;
  request.set_scope(v1::SCOPE_CALENDAR);
  request.set_label("calendar");
  const auto made =
      world.ask<v1::CreateApplicationPasswordReply>(world.made.anna, world.sign_in(world.made.anna),
                                                    service + "CreateApplicationPassword", request);
  REQUIRE(made.ok());
  const auto opens = [&](const std::string& secret) {
    MadeCall call = world.call(world.made.anna);
    call.headers["authorization"] = "Basic " + to_base64("anna:" + secret);
    return world.identity.authenticator().authenticate_tool(call, Scope::Calendar).ok();
  };
  std::string other_end = made->password();
  char& bent = other_end[other_end.size() - 3];
  bent = bent == 'A' ? 'B' : 'A';
  CHECK_FALSE(opens(other_end));
  CHECK_FALSE(opens(std::string(made->password().size(), 'A')));
  CHECK(opens(made->password()));
}

// --- sessions ---

TEST_CASE("a session that has ended acts, streams and is told no more", "[identity][session]") {
  World world;
  Authenticator& authenticator = world.identity.authenticator();
  const std::string first = world.sign_in(world.made.anna);
  const std::string second = world.sign_in(world.made.anna);
  const auto name = world.get_session(world.made.anna, first)->name();
  const auto ends = [&] {
    world.identity.sessions().end_where([&](const Session& one) { return one.name() == name; });
  };
  auto subject = std::make_shared<policy::Subject>();
  subject->account = "parties/SWE/accounts/anna";
  const auto pinned = [&] {
    const auto transaction = world.store->begin();
    return authenticator.pin(subject, *transaction).status().reason();
  };
  CHECK(pinned() == Reason::None);  // by certificate: there is no session that could end
  subject->session = "another";
  CHECK(pinned() == Reason::SignedOut);
  CHECK(authenticator.receive(subject, [] {}).status().reason() == Reason::SignedOut);
  subject->account = "parties/SWE/accounts/none";
  CHECK(pinned() == Reason::SignedOut);
  // It ends while the others are asked for.
  v1::ListSessionsRequest list;
  world.clock.meanwhile(ends);
  const auto listed =
      world.ask<v1::ListSessionsReply>(world.made.anna, second, service + "ListSessions", list);
  REQUIRE(listed.ok());
  CHECK(listed->sessions_size() == 1);
  CHECK_FALSE(world.is_open(world.made.anna, first));
  CHECK(world.is_open(world.made.anna, second));
}

TEST_CASE("whoever waits on a session is woken when there is one more audience that it is of",
          "[identity][session]") {
  World world;
  const std::string token = world.sign_in(world.made.anna);
  policy::Subject subject;
  subject.account = "parties/SWE/accounts/anna";
  const auto sessions = world.identity.sessions().of_account(subject.account);
  REQUIRE(sessions.size() == 1);
  subject.session = sessions[0]->id();
  int woken = 0;
  const auto receiver = world.identity.authenticator().receive(
      std::make_shared<policy::Subject>(subject), [&] { ++woken; });
  REQUIRE(receiver.ok());
  policy::Audience others;
  others.any_of.insert(policy::Principal::make(policy::Principal::Kind::Party, "NOR"));
  world.holdings.audience(others);
  world.identity.sweep();
  CHECK(woken == 0);
  policy::Audience ours;
  ours.any_of.insert(policy::Principal::make(policy::Principal::Kind::Party, "SWE"));
  world.holdings.audience(ours);
  world.identity.sweep();
  CHECK(woken == 1);
  CHECK(world.is_open(world.made.anna, token));
}

TEST_CASE("an rpc without a rule is nobody's", "[identity][caller]") {
  World world;
  google::protobuf::FileDescriptorProto file;
  file.set_name("no_rule.proto");
  file.set_syntax("proto3");
  file.add_message_type()->set_name("Nothing");
  auto* service = file.add_service();
  service->set_name("Service");
  auto* method = service->add_method();
  method->set_name("Call");
  method->set_input_type("Nothing");
  method->set_output_type("Nothing");
  google::protobuf::DescriptorPool pool;
  const auto* built = pool.BuildFile(file);
  REQUIRE(built != nullptr);
  MadeCall call = world.call(world.made.anna, world.sign_in(world.made.anna));
  CHECK(world.identity.authenticator()
            .authenticate(call, *built->service(0)->method(0))
            .status()
            .reason() == Reason::SignedOut);
}

TEST_CASE("the last invitation that is taken back ends the session of who is here for it alone",
          "[identity][session]") {
  using Kind = policy::Principal::Kind;
  const auto invited = policy::Principal::make(Kind::Body, "igc", "meeting-1");
  const auto own = [](Kind kind, const std::string& first, const std::string& second = {}) {
    return policy::Principal::make(kind, first, second);
  };
  // What everybody is, of a party and oneself, is no ground to stay.
  const auto stays = [&](const std::set<policy::Principal>& rest, bool with_duty) {
    World world;
    Holdings holdings;
    holdings.principals = rest;
    if (with_duty) {
      holdings.duties.push_back(
          {.duty = policy::Duty::SecurityOfficer, .party = "SWE", .process = {}});
    }
    Holdings before = holdings;
    before.principals.insert(invited);
    world.holdings.deal("p-anna", before);
    const std::string token = world.sign_in(world.made.anna);
    REQUIRE(world.is_open(world.made.anna, token));
    world.holdings.deal("p-anna", holdings);
    return world.is_open(world.made.anna, token);
  };
  CHECK_FALSE(stays({}, false));
  CHECK_FALSE(stays({own(Kind::Institution, "SWE", "mfa"), own(Kind::Person, "p-anna"),
                     own(Kind::Account, "SWE", "anna")},
                    false));
  CHECK(stays({own(Kind::Members, "igc")}, false));
  CHECK(stays({}, true));
}

}  // namespace
}  // namespace entente::identity::testing
