// How a session ends, and what a caller does with the own secrets.
#include <cstdlib>

#include "tests/identity/world.h"

namespace entente::identity::testing {
namespace {

using policy::Duty;

template <typename Rep, typename Req>
Result<Rep> session_call(World& world, const Leaf& leaf, const std::string& token,
                         const std::string& method, const Req& request) {
  return world.ask<Rep>(leaf, token, "/entente.v1.SessionService/" + method, request);
}

// Who calls with this token on a line of this certificate.
Result<SubjectPointer> subject_of(World& world, const Leaf& leaf, const std::string& token) {
  MadeCall call = world.call(leaf, token);
  const auto* method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
      "entente.v1.SessionService.GetSession");
  return world.identity.authenticator().authenticate(call, *method);
}

TEST_CASE("a session ends at each of its ends, and its token never comes back",
          "[identity][session]") {
  World world;
  Certificates& made = certificates();
  const std::string token = world.sign_in(made.anna);
  REQUIRE(world.is_open(made.anna, token));
  // A line that has shown the token already, and need not show more than that it is the same.
  MadeCall line = world.call(made.anna, token);
  const auto ask_again = [&] {
    return world.ask<v1::GetSessionRequest, v1::Session>(
        line, "/entente.v1.SessionService/GetSession", {});
  };
  REQUIRE(ask_again().ok());
  REQUIRE(ask_again().ok());

  SECTION("when its holder signs out") {
    REQUIRE(session_call<v1::SignOutReply>(world, made.anna, token, "SignOut", v1::SignOutRequest())
                .ok());
  }
  SECTION("after thirty minutes without a call, whatever the civil clock says") {
    world.clock.pass(std::chrono::minutes(29));
    REQUIRE(world.is_open(made.anna, token));
    world.clock.pass(std::chrono::minutes(29));
    REQUIRE(world.is_open(made.anna, token));
    world.clock.jump(std::chrono::hours(-24));
    world.clock.pass(std::chrono::minutes(30));
  }
  SECTION("after twelve hours, however busy") {
    for (int i = 0; i < 12 * 4 - 1; ++i) {
      world.clock.pass(std::chrono::minutes(15));
      REQUIRE(world.is_open(made.anna, token));
    }
    world.clock.pass(std::chrono::minutes(15));
  }
  SECTION("with its certificate") { world.clock.jump(std::chrono::hours(24 * 301)); }
  SECTION("when its certificate is revoked") {
    Authority denmark("Denmark");
    const Leaf karen = denmark.issue(uri("dnk", "person/karen"));
    const auto trust = [&] {
      REQUIRE(world.trust
                  .set_trust("DNK", TrustSource::Folder,
                             {.anchors = {denmark.certificate_der()}, .crls = {denmark.crl()}})
                  .ok());
    };
    trust();
    world.settle("DNK", "karen", karen);
    REQUIRE(world.trust.verify({karen.der}).ok());  // As net does before any call.
    const std::string hers = world.sign_in(karen);
    denmark.revoke(karen);
    trust();
    CHECK_FALSE(world.is_open(karen, hers));
    CHECK(world.try_sign_in(karen, good_password).status().reason() == Reason::SignInRefused);
    return;
  }
  SECTION("when the password is changed elsewhere") {
    const std::string other = world.sign_in(made.anna);
    v1::ChangePasswordRequest request;
    request.set_old_password(std::string(good_password));
    request.set_new_password("frithiofs saga i norr");
    REQUIRE(
        session_call<v1::ChangePasswordReply>(world, made.anna, other, "ChangePassword", request)
            .ok());
    CHECK(world.is_open(made.anna, other));  // The one that changed it stays.
    CHECK_FALSE(world.try_sign_in(made.anna, good_password).ok());
    CHECK(world.try_sign_in(made.anna, "frithiofs saga i norr").ok());
  }
  SECTION("when a duty is lost") {
    world.holdings.duty("p-anna", Duty::FocalPoint, "SWE", "igc");
    REQUIRE(world.is_open(made.anna, token));  // A gain ends nothing.
    CHECK(world.get_session(made.anna, token)->duties_size() == 1);
    world.holdings.deal("p-anna", {});
  }
  SECTION("when a participation is lost") {
    Holdings held;
    held.principals.insert(policy::Principal::make(policy::Principal::Kind::Members, "igc"));
    world.holdings.deal("p-anna", held);
    REQUIRE(world.is_open(made.anna, token));
    world.holdings.deal("p-anna", {});
  }
  SECTION("when the account is ended or reset by its officer") {
    const std::string officer = world.sign_in(made.olga);
    v1::ResetAccountRequest request;
    request.set_name("parties/SWE/accounts/anna");
    REQUIRE(world
                .ask<v1::AccountCode>(made.olga, officer, "/entente.v1.AccountService/ResetAccount",
                                      request)
                .ok());
  }
  SECTION("when it is ended from another session") {
    const std::string other = world.sign_in(made.anna);
    v1::EndSessionRequest request;
    request.set_name(world.get_session(made.anna, token)->name());
    REQUIRE(session_call<v1::EndSessionReply>(world, made.anna, other, "EndSession", request).ok());
    CHECK(world.is_open(made.anna, other));
  }
  SECTION("when the last invitation is taken back of who is here for that alone") {
    Holdings held;
    held.principals.insert(*policy::Principal::parse("process/igc/body/meeting-1f"));
    world.holdings.deal("p-anna", held);
    REQUIRE(world.is_open(made.anna, token));
    world.holdings.deal("p-anna", {});
  }
  CHECK(ask_again().status().reason() == Reason::SignedOut);
  CHECK(ask_again().status().reason() == Reason::SignedOut);
  const auto after = world.get_session(made.anna, token);
  REQUIRE_FALSE(after.ok());
  CHECK(after.status().code() == Code::Unauthenticated);
  CHECK(after.status().reason() == Reason::SignedOut);
  world.clock.jump(std::chrono::hours(-24 * 301));
  CHECK_FALSE(world.is_open(made.anna, token));
  world.clock.jump(std::chrono::hours(24 * 301));
  CHECK_FALSE(world.is_open(made.anna, token));
}

TEST_CASE("the secretariat's sessions are idle for fifteen minutes at most",
          "[identity][session]") {
  World world;
  const std::string token = world.sign_in(certificates().sven);
  world.clock.pass(std::chrono::minutes(14));
  CHECK(world.is_open(certificates().sven, token));
  world.clock.pass(std::chrono::minutes(15));
  CHECK_FALSE(world.is_open(certificates().sven, token));
}

TEST_CASE("who has come to keep a process has been idle for its time at once",
          "[identity][session]") {
  World world;
  const std::string token = world.sign_in(certificates().anna);
  world.clock.pass(std::chrono::minutes(16));
  SECTION("too long for the secretariat's") {
    world.holdings.duty("p-anna", Duty::Secretariat, "SWE", "igc");
    CHECK_FALSE(world.is_open(certificates().anna, token));
  }
  SECTION("not too long for others") { CHECK(world.is_open(certificates().anna, token)); }
}

TEST_CASE("nobody ends or sees another account's sessions", "[identity][session]") {
  World world;
  Certificates& made = certificates();
  const std::string annas = world.sign_in(made.anna);
  const std::string bertils = world.sign_in(made.bertil);
  v1::EndSessionRequest foreign;
  foreign.set_name(world.get_session(made.anna, annas)->name());
  v1::EndSessionRequest absent;
  absent.set_name("sessions/00000000000000000000000000000000");
  const auto a =
      session_call<v1::EndSessionReply>(world, made.bertil, bertils, "EndSession", foreign);
  const auto b =
      session_call<v1::EndSessionReply>(world, made.bertil, bertils, "EndSession", absent);
  CHECK(a.status().code() == Code::NotFound);
  CHECK(face(a.status()) == face(b.status()));
  CHECK(world.is_open(made.anna, annas));
  const auto list = session_call<v1::ListSessionsReply>(world, made.bertil, bertils, "ListSessions",
                                                        v1::ListSessionsRequest());
  REQUIRE(list.ok());
  REQUIRE(list->sessions_size() == 1);
  CHECK(list->sessions(0).account() == "parties/SWE/accounts/bertil");
  CHECK(list->sessions(0).current());
}

TEST_CASE("a seventeenth session ends the longest unused", "[identity][session]") {
  World world;
  std::vector<std::string> tokens;
  for (int i = 0; i < 16; ++i) {
    tokens.push_back(world.sign_in(certificates().anna));
    world.clock.pass(std::chrono::seconds(20));
  }
  CHECK(world.is_open(certificates().anna, tokens[0]));  // Used just now.
  const std::string last = world.sign_in(certificates().anna);
  CHECK(world.is_open(certificates().anna, tokens[0]));
  CHECK_FALSE(world.is_open(certificates().anna, tokens[1]));
  CHECK(world.is_open(certificates().anna, last));
}

TEST_CASE("what is grave asks for the password again after five minutes", "[identity][session]") {
  World world;
  Certificates& made = certificates();
  const std::string token = world.sign_in(made.olga);
  v1::UnlockAccountRequest request;
  request.set_name("parties/SWE/accounts/anna");
  const auto unlock = [&] {
    return world.ask<v1::Account>(made.olga, token, "/entente.v1.AccountService/UnlockAccount",
                                  request);
  };
  CHECK(unlock().ok());
  world.clock.pass(std::chrono::minutes(6));
  CHECK(unlock().status().code() == Code::PermissionDenied);
  CHECK(unlock().status().reason() == Reason::StepUpNeeded);
  v1::StepUpRequest again;
  again.set_password("wrong password");
  const auto wrong = session_call<v1::Session>(world, made.olga, token, "StepUp", again);
  CHECK(wrong.status().reason() == Reason::SignInRefused);
  CHECK(unlock().status().reason() == Reason::StepUpNeeded);
  again.set_password(std::string(good_password));
  const auto right = session_call<v1::Session>(world, made.olga, token, "StepUp", again);
  REQUIRE(right.ok());
  CHECK(right->has_stepped_up_until());
  CHECK(unlock().ok());
}

TEST_CASE("every door counts against the same failures", "[identity][sign-in]") {
  World world;
  Certificates& made = certificates();
  const std::string token = world.sign_in(made.anna);
  const auto wrong = [&](int door) -> Status {
    switch (door) {
      case 0:
        return world.try_sign_in(made.anna, "wrong password").status();
      case 1: {
        v1::StepUpRequest request;
        request.set_password("wrong password");
        return session_call<v1::Session>(world, made.anna, token, "StepUp", request).status();
      }
      case 2: {
        v1::ChangePasswordRequest request;
        request.set_old_password("wrong password");
        request.set_new_password("frithiofs saga i norr");
        return session_call<v1::ChangePasswordReply>(world, made.anna, token, "ChangePassword",
                                                     request)
            .status();
      }
      case 3: {
        v1::RedeemCodeRequest request;
        request.set_code("00000-00000-00000-00000-00000-0");
        request.set_new_password("frithiofs saga i norr");
        return session_call<v1::RedeemCodeReply>(world, made.anna, "", "RedeemCode", request)
            .status();
      }
      default: {
        MadeCall call = world.call(made.anna);
        call.headers["authorization"] = "Basic " + to_base64("anna:wrong password");
        return world.identity.authenticator().authenticate_tool(call, Scope::Directory).status();
      }
    }
  };
  std::string first;
  for (int door = 0; door < 5; ++door) {
    INFO(door);
    const Status status = wrong(door);
    CHECK(status.reason() == Reason::SignInRefused);
    if (first.empty()) first = face(status);
    CHECK(face(status) == first);
  }
  for (int door = 0; door < 5; ++door) {
    INFO(door);
    CHECK(wrong(door).reason() == Reason::SignInBackOff);
  }
}

TEST_CASE("a weak password is refused before anything is looked at, and a code stays good",
          "[identity][password]") {
  World world;
  Certificates& made = certificates();
  const std::string officer = world.sign_in(made.olga);
  v1::ResetAccountRequest reset;
  reset.set_name("parties/SWE/accounts/anna");
  const auto code = world.ask<v1::AccountCode>(made.olga, officer,
                                               "/entente.v1.AccountService/ResetAccount", reset);
  REQUIRE(code.ok());
  v1::RedeemCodeRequest request;
  request.set_code(code->code());
  const std::uint64_t runs = world.identity.hasher().runs();
  for (const char* weak : {"short", "password", "Password1", "P4ssw0rd!", "12345678", "qwertyuiop",
                           "aaaaaaaaaaaa", "abcabcabcabc", "SWE12345", "anna2024!", "demo.example",
                           "tigger1999", "Tab\there now", "hgfedcba"}) {
    INFO(weak);
    request.set_new_password(weak);
    const auto reply =
        session_call<v1::RedeemCodeReply>(world, made.anna, "", "RedeemCode", request);
    CHECK(reply.status().code() == Code::InvalidArgument);
    CHECK(reply.status().reason() == Reason::PasswordWeak);
    CHECK(reply.status().violations().size() == 1);
  }
  CHECK(world.identity.hasher().runs() == runs);
  request.set_new_password("a b c d");
  request.set_code(" " + code->code() + " ");
  request.set_new_password("vinterns första snö");
  CHECK(session_call<v1::RedeemCodeReply>(world, made.anna, "", "RedeemCode", request).ok());
  // Spelled with a combining mark it is the same password.
  CHECK(world.try_sign_in(made.anna, "vinterns fo\xcc\x88rsta sno\xcc\x88").ok());
  request.set_new_password("frithiofs saga i norr");
  CHECK(session_call<v1::RedeemCodeReply>(world, made.anna, "", "RedeemCode", request)
            .status()
            .reason() == Reason::SignInRefused);  // Once.
}

TEST_CASE("a code works for its own account, on its own certificate, for 72 hours",
          "[identity][password]") {
  World world;
  Certificates& made = certificates();
  const std::string officer = world.sign_in(made.olga);
  v1::ResetAccountRequest reset;
  reset.set_name("parties/SWE/accounts/anna");
  const auto code = world.ask<v1::AccountCode>(made.olga, officer,
                                               "/entente.v1.AccountService/ResetAccount", reset);
  REQUIRE(code.ok());
  v1::RedeemCodeRequest request;
  request.set_code(code->code());
  request.set_new_password("frithiofs saga i norr");
  const auto redeem = [&](const Leaf& leaf) {
    return session_call<v1::RedeemCodeReply>(world, leaf, "", "RedeemCode", request).status();
  };
  // Not the officer that made it, nor a colleague, nor a certificate that was not entered.
  for (const Leaf* other : {&made.olga, &made.bertil, &made.anna_second, &made.nils}) {
    CHECK(redeem(*other).reason() == Reason::SignInRefused);
  }
  CHECK(world.try_sign_in(made.anna, good_password).status().reason() == Reason::SignInRefused);
  world.clock.pass(std::chrono::hours(72));
  CHECK(redeem(made.anna).reason() == Reason::SignInRefused);
}

TEST_CASE("an application password reads, in its scope, on its certificate, until it is deleted",
          "[identity][application-password]") {
  World world;
  Certificates& made = certificates();
  REQUIRE(world.identity.enter_certificate({made.anna_second.der}).ok());
  const std::string token = world.sign_in(made.anna);
  v1::CreateApplicationPasswordRequest request;
  request.set_scope(v1::SCOPE_DIRECTORY);
  request.set_label("address book");
  const auto reply = session_call<v1::CreateApplicationPasswordReply>(
      world, made.anna, token, "CreateApplicationPassword", request);
  REQUIRE(reply.ok());
  const auto tool = [&](const Leaf& leaf, const std::string& user, const std::string& password) {
    MadeCall call = world.call(leaf);
    call.headers["authorization"] = "Basic " + to_base64(user + ":" + password);
    return call;
  };
  Authenticator& door = world.identity.authenticator();
  const std::string& password = reply->password();

  MadeCall good = tool(made.anna, "anna", password);
  const std::uint64_t entries = world.ledger->size();
  const auto subject = door.authenticate_tool(good, Scope::Directory);
  REQUIRE(subject.ok());
  CHECK((*subject)->read_only);
  CHECK((*subject)->account == "parties/SWE/accounts/anna");
  CHECK(world.kinds(entries) == std::vector<std::string>{"identity.application_password.open"});
  for (int i = 0; i < 10; ++i) CHECK(door.authenticate_tool(good, Scope::Directory).ok());
  // Another connection of the same tool is not checked anew, nor is it another session.
  MadeCall second_line = tool(made.anna, "anna", password);
  const auto again = door.authenticate_tool(second_line, Scope::Directory);
  REQUIRE(again.ok());
  CHECK((*again)->session == (*subject)->session);
  CHECK(world.ledger->size() == entries + 1);

  MadeCall other_scope = tool(made.anna, "anna", password);
  CHECK_FALSE(door.authenticate_tool(other_scope, Scope::Statistics).ok());
  MadeCall same_line_other_scope = good;
  CHECK_FALSE(door.authenticate_tool(same_line_other_scope, Scope::Calendar).ok());
  MadeCall other_certificate = tool(made.anna_second, "anna", password);
  CHECK_FALSE(door.authenticate_tool(other_certificate, Scope::Directory).ok());
  MadeCall other_user = tool(made.bertil, "anna", password);
  CHECK_FALSE(door.authenticate_tool(other_user, Scope::Directory).ok());
  MadeCall wrong_name = tool(made.anna, "ANNA", password);
  CHECK_FALSE(door.authenticate_tool(wrong_name, Scope::Directory).ok());
  MadeCall account_password = tool(made.anna, "anna", std::string(good_password));
  CHECK_FALSE(door.authenticate_tool(account_password, Scope::Directory).ok());
  MadeCall nothing = world.call(made.anna);
  CHECK_FALSE(door.authenticate_tool(nothing, Scope::Directory).ok());

  // On rpcs it opens nothing at all, nor does its session's id.
  v1::GetSessionRequest get;
  CHECK(world
            .ask<v1::GetSessionRequest, v1::Session>(good, "/entente.v1.SessionService/GetSession",
                                                     get)
            .status()
            .reason() == Reason::SignedOut);
  CHECK(world.try_sign_in(made.anna, password).status().reason() == Reason::SignInRefused);

  v1::DeleteApplicationPasswordRequest foreign;
  foreign.set_name(reply->application_password().name());
  const std::string bertils = world.sign_in(made.bertil);
  CHECK(session_call<v1::DeleteApplicationPasswordReply>(world, made.bertil, bertils,
                                                         "DeleteApplicationPassword", foreign)
            .status()
            .code() == Code::NotFound);
  CHECK(door.authenticate_tool(good, Scope::Directory).ok());
  CHECK(session_call<v1::DeleteApplicationPasswordReply>(world, made.anna, token,
                                                         "DeleteApplicationPassword", foreign)
            .ok());
  CHECK_FALSE(door.authenticate_tool(good, Scope::Directory).ok());
  CHECK(world.is_open(made.anna, token));
}

TEST_CASE("a stream is woken and ends with its session", "[identity][session]") {
  World world;
  Certificates& made = certificates();
  const std::string token = world.sign_in(made.anna);
  const auto subject = subject_of(world, made.anna, token);
  REQUIRE(subject.ok());
  int woken = 0;
  const auto receiver = world.identity.authenticator().receive(*subject, [&] { ++woken; });
  REQUIRE(receiver.ok());
  CHECK((*receiver)->subject().ok());
  CHECK(woken == 0);
  world.holdings.duty("p-anna", Duty::FocalPoint, "SWE", "igc");
  world.identity.sweep();
  CHECK(woken == 1);
  CHECK((*(*receiver)->subject())->duties.size() == 1);
  world.holdings.deal("p-anna", {});  // Nobody calls; the sweep alone ends it.
  world.identity.sweep();
  CHECK(woken == 2);
  CHECK((*receiver)->subject().status().reason() == Reason::SignedOut);
  // To receive is not to use: an idle session ends though its stream looks at it.
  const std::string second = world.sign_in(made.anna);
  const auto fresh = subject_of(world, made.anna, second);
  const auto idle = world.identity.authenticator().receive(*fresh, [] {});
  for (int i = 0; i < 31; ++i) {
    world.clock.pass(std::chrono::minutes(1));
    static_cast<void>((*idle)->subject());
  }
  CHECK((*idle)->subject().status().reason() == Reason::SignedOut);
}

TEST_CASE(
    "an invitation that is taken back ends what was begun on it, and no session with other grounds",
    "[identity][session]") {
  World world;
  Certificates& made = certificates();
  Holdings held;
  held.principals.insert(*policy::Principal::parse("process/igc/observers"));
  const Holdings left = held;
  held.principals.insert(*policy::Principal::parse("process/igc/body/meeting-1f.2a"));
  world.holdings.deal("p-anna", held);
  const std::string token = world.sign_in(made.anna);
  const auto subject = subject_of(world, made.anna, token);
  REQUIRE(subject.ok());
  int woken = 0;
  const auto receiver = world.identity.authenticator().receive(*subject, [&] { ++woken; });
  world.holdings.deal("p-anna", left);
  world.identity.sweep();
  CHECK(woken == 1);
  const auto now = (*receiver)->subject();
  REQUIRE(now.ok());
  CHECK((*now)->principals.count(*policy::Principal::parse("process/igc/observers")) == 1);
  CHECK((*now)->principals.count(*policy::Principal::parse("process/igc/body/meeting-1f.2a")) == 0);
  CHECK(world.is_open(made.anna, token));
  // What is not for one occasion is another matter.
  world.holdings.deal("p-anna", held);
  REQUIRE(world.is_open(made.anna, token));
  Holdings invited;
  invited.principals.insert(*policy::Principal::parse("process/igc/body/meeting-1f.2a"));
  world.holdings.deal("p-anna", invited);
  CHECK_FALSE(world.is_open(made.anna, token));
}

TEST_CASE("no act is done on a right that ends while it is done", "[identity][session]") {
  World world;
  Certificates& made = certificates();
  const std::string token = world.sign_in(made.bertil);
  const auto subject = subject_of(world, made.bertil, token);
  REQUIRE(subject.ok());
  const auto transaction = world.store->begin();
  REQUIRE(world.identity.authenticator().pin(*subject, *transaction).ok());
  const std::string officer = world.sign_in(made.olga);
  v1::EndAccountRequest end;
  end.set_name("parties/SWE/accounts/bertil");
  REQUIRE(world.ask<v1::Account>(made.olga, officer, "/entente.v1.AccountService/EndAccount", end)
              .ok());
  ledger::Act act;
  act.kind = "test";
  world.ledger->record(*transaction, act);
  CHECK(transaction->commit().status().code() == Code::Aborted);
  const auto late = world.store->begin();
  CHECK(world.identity.authenticator().pin(*subject, *late).status().reason() == Reason::SignedOut);
}

TEST_CASE("an act is done by what its maker holds in its transaction, and by nothing older",
          "[identity][session]") {
  World world;
  Certificates& made = certificates();
  const std::string token = world.sign_in(made.anna);
  const auto subject = subject_of(world, made.anna, token);
  REQUIRE(subject.ok());
  const auto seat = policy::Principal::make(policy::Principal::Kind::Members, "igc");
  REQUIRE((*subject)->principals.count(seat) == 0);
  const auto pinned = [&](std::function<Status()> meanwhile) {
    world.holdings.meanwhile(std::move(meanwhile));
    return world.identity.authenticator().pin(*subject, *world.store->begin());
  };
  Holdings more;
  more.principals.insert(seat);
  const auto gained = pinned([&] {
    world.holdings.deal("p-anna", more);
    return Status();
  });
  REQUIRE(gained.ok());
  CHECK((*gained)->principals.count(seat) == 1);
  const auto lost = pinned([&] {
    world.holdings.deal("p-anna", {});
    return Status();
  });
  CHECK(lost.status().reason() == Reason::SignedOut);
}

TEST_CASE("no password is given again, or changed, for a session that ends while it is looked at",
          "[identity][session]") {
  World world;
  const Leaf& anna = certificates().anna;
  const auto seat = policy::Principal::make(policy::Principal::Kind::Members, "igc");
  Holdings seated;
  seated.principals.insert(seat);
  world.holdings.deal("p-anna", seated);
  const std::string token = world.sign_in(anna);
  const auto change = [&] {
    v1::ChangePasswordRequest request;
    request.set_old_password(std::string(good_password));
    request.set_new_password("frithiofs saga i norr");
    return session_call<v1::ChangePasswordReply>(world, anna, token, "ChangePassword", request)
        .status();
  };
  const auto step_up = [&] {
    v1::StepUpRequest request;
    request.set_password(std::string(good_password));
    return session_call<v1::Session>(world, anna, token, "StepUp", request).status();
  };
  const bool changes = GENERATE(true, false);
  const auto why = GENERATE(as<std::string>{}, "signed out", "unseated", "a change of rights");
  CAPTURE(changes, why);
  std::size_t entries = 0;
  int asked = 0;
  world.holdings.meanwhile([&] {
    ++asked;
    if (why == "signed out") {
      v1::SignOutRequest request;
      CHECK(session_call<v1::SignOutReply>(world, anna, token, "SignOut", request).ok());
    } else if (why == "unseated") {
      world.holdings.deal("p-anna", {});
    }
    entries = world.ledger->size();
    return why == "a change of rights" ? Status(Code::Aborted, Reason::None, "not known yet")
                                       : Status();
  });
  const Status done = changes ? change() : step_up();
  CHECK(asked == 1);
  if (why == "a change of rights") {  // done anew
    CHECK(done.ok());
    CHECK(world.ledger->size() == entries + 1);
    return;
  }
  CHECK(done.reason() == Reason::SignedOut);
  CHECK(world.ledger->size() == entries);
  CHECK_FALSE(world.is_open(anna, token));
  CHECK(world.try_sign_in(anna, good_password).ok());
}

TEST_CASE("an act whose maker's rights are just changing is done anew", "[identity][session]") {
  World world;
  Certificates& made = certificates();
  const std::string officer = world.sign_in(made.olga);
  int asked = 0;
  world.holdings.meanwhile([&] {
    ++asked;
    return Status(Code::Aborted, Reason::None, "not known yet");
  });
  v1::EndAccountRequest end;
  end.set_name("parties/SWE/accounts/bertil");
  CHECK(world.ask<v1::Account>(made.olga, officer, "/entente.v1.AccountService/EndAccount", end)
            .ok());
  CHECK(asked == 1);
}

}  // namespace
}  // namespace entente::identity::testing
