#include <thread>

#include "tests/identity/world.h"

namespace entente::identity::testing {
namespace {

TEST_CASE("unknown account, wrong password and wrong certificate look and cost the same",
          "[identity][sign-in]") {
  World world;
  const Leaf program = certificates().swe.issue(uri("swe", "program/anna"));
  REQUIRE(world.identity.enter_certificate({program.der}).ok());
  const struct {
    const char* what;
    const Leaf& leaf;
    std::string password;
  } refusals[] = {
      {"no such account", certificates().nobody, std::string(good_password)},
      {"wrong password", certificates().anna, "another one entirely"},
      {"a program's certificate in the name of a person", program, std::string(good_password)},
      {"certificate not entered", certificates().anna_second, std::string(good_password)},
      {"password of another account", certificates().bertil, "svea sjunger sopran"},
      {"no text", certificates().nils, "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8"},
      {"empty", certificates().sven, ""},
      {"too short to be one", certificates().sara, "x"},
      {"too long to be one", certificates().olga, std::string(5'000, 'x')},
  };
  std::string first;
  for (const auto& refusal : refusals) {
    INFO(refusal.what);
    const std::uint64_t runs = world.identity.hasher().runs();
    const std::uint64_t entries = world.ledger->size();
    const auto reply = world.try_sign_in(refusal.leaf, refusal.password);
    REQUIRE_FALSE(reply.ok());
    CHECK(reply.status().code() == Code::Unauthenticated);
    CHECK(reply.status().reason() == Reason::SignInRefused);
    if (first.empty()) first = face(reply.status());
    CHECK(face(reply.status()) == first);
    CHECK(world.identity.hasher().runs() == runs + 1);
    CHECK(world.kinds(entries) == std::vector<std::string>{"identity.sign_in.refuse"});
  }
}

TEST_CASE("certificate and password together open a session that knows its holder",
          "[identity][sign-in]") {
  World world;
  const std::uint64_t entries = world.ledger->size();
  const auto reply = world.try_sign_in(certificates().sven, good_password);
  REQUIRE(reply.ok());
  CHECK(reply->session().account() == "parties/SWE/accounts/sven");
  CHECK(reply->session().party() == "parties/SWE");
  CHECK(reply->session().person() == "persons/p-sven");
  REQUIRE(reply->session().duties_size() == 1);
  CHECK(reply->session().duties(0).duty() == v1::HeldDuty::DUTY_SECRETARIAT);
  CHECK(reply->session().duties(0).process() == "processes/igc");
  CHECK(reply->session().current());
  CHECK(reply->session().certificate_ends_at().seconds() > reply->session().ends_at().seconds());
  CHECK(world.kinds(entries) == std::vector<std::string>{"identity.sign_in"});
  const auto again = world.get_session(certificates().sven, reply->token());
  REQUIRE(again.ok());
  CHECK(again->name() == reply->session().name());
}

TEST_CASE("a token works on the certificate that it was opened on and on no other",
          "[identity][session]") {
  World world;
  REQUIRE(world.identity.enter_certificate({certificates().anna_second.der}).ok());
  const std::string token = world.sign_in(certificates().anna);
  CHECK(world.is_open(certificates().anna, token));
  std::string first;
  for (const Leaf* other : {&certificates().anna_second, &certificates().bertil,
                            &certificates().nils, &certificates().nobody}) {
    const auto reply = world.get_session(*other, token);
    REQUIRE_FALSE(reply.ok());
    CHECK(reply.status().reason() == Reason::SignedOut);
    if (first.empty()) first = face(reply.status());
    CHECK(face(reply.status()) == first);
  }
  std::string altered = token;
  altered[0] = altered[0] == 'A' ? 'B' : 'A';
  for (const std::string& bad :
       {altered, std::string(), token + "A", token.substr(1), token + "=", " " + token}) {
    const auto reply = world.get_session(certificates().anna, bad);
    REQUIRE_FALSE(reply.ok());
    CHECK(face(reply.status()) == first);
  }
  CHECK(world.is_open(certificates().anna, token));
}

TEST_CASE("a line may show another token at any call, and each opens its own session or nothing",
          "[identity][session]") {
  World world;
  const std::string one = world.sign_in(certificates().anna);
  const std::string two = world.sign_in(certificates().anna);
  const std::string of_bertil = world.sign_in(certificates().bertil);
  MadeCall line = world.call(certificates().anna);
  const auto show = [&](const std::string& header) {
    line.headers["authorization"] = header;
    const auto reply = world.ask<v1::GetSessionRequest, v1::Session>(
        line, "/entente.v1.SessionService/GetSession", {});
    return reply.ok() ? reply->name() : std::string();
  };
  const std::string name = show("Bearer " + one);
  REQUIRE_FALSE(name.empty());
  CHECK(show("Bearer " + one) == name);
  std::string altered = one;
  altered.back() = altered.back() == 'A' ? 'E' : 'A';
  const std::vector<std::string> others = {
      "Bearer " + altered, "Bearer " + of_bertil, "Bearer " + one + " ", "Bearer", one, ""};
  for (const std::string& bad : others) {
    CHECK(show(bad).empty());
  }
  CHECK_FALSE(show("Bearer " + two).empty());
  CHECK(show("Bearer " + two) != name);
  CHECK(show("bearer " + one) == name);
}

TEST_CASE("failures on one certificate never keep another certificate out", "[identity][sign-in]") {
  World world;
  REQUIRE(world.identity.enter_certificate({certificates().anna_second.der}).ok());
  for (int i = 0; i < 5; ++i) {
    CHECK(world.try_sign_in(certificates().anna, "wrong password").status().reason() ==
          Reason::SignInRefused);
  }
  const std::uint64_t runs = world.identity.hasher().runs();
  const auto held_up = world.try_sign_in(certificates().anna, good_password);
  REQUIRE_FALSE(held_up.ok());
  CHECK(held_up.status().code() == Code::ResourceExhausted);
  CHECK(held_up.status().reason() == Reason::SignInBackOff);
  CHECK(held_up.status().retry_after_ms() == 1'000);
  CHECK(world.identity.hasher().runs() == runs);  // A stranger's guesses burn nothing.
  CHECK(world.try_sign_in(certificates().anna_second, good_password).ok());
  CHECK(world.try_sign_in(certificates().bertil, good_password).ok());
}

TEST_CASE("the wait doubles to fifteen minutes, by the clock that nobody sets",
          "[identity][sign-in]") {
  World world;
  for (int i = 0; i < 5; ++i) {
    static_cast<void>(world.try_sign_in(certificates().anna, "wrong password"));
  }
  std::uint32_t expected_ms = 1'000;
  for (int i = 0; i < 14; ++i) {
    world.clock.jump(std::chrono::hours(24 * (i % 2 == 0 ? 3 : -3)));
    const auto early = world.try_sign_in(certificates().anna, good_password);
    REQUIRE_FALSE(early.ok());
    CHECK(early.status().retry_after_ms() == expected_ms);
    world.clock.pass(std::chrono::milliseconds(expected_ms));
    CHECK(world.try_sign_in(certificates().anna, "wrong password").status().reason() ==
          Reason::SignInRefused);
    expected_ms = std::min(expected_ms * 2, 900'000U);
  }
  world.clock.pass(std::chrono::minutes(15));
  CHECK(world.try_sign_in(certificates().anna, good_password).ok());
  CHECK(world.try_sign_in(certificates().anna, good_password).ok());
}

TEST_CASE("after a hundred failures the certificate waits for the officer, also after a restart",
          "[identity][sign-in]") {
  World world;
  for (int i = 0; i < 100; ++i) {
    const auto reply = world.try_sign_in(certificates().anna, "wrong password");
    REQUIRE(reply.status().reason() == Reason::SignInRefused);
    world.clock.pass(std::chrono::minutes(16));
  }
  const auto locked = world.try_sign_in(certificates().anna, good_password);
  CHECK(locked.status().reason() == Reason::SignInBackOff);
  CHECK(locked.status().retry_after_ms() == 0);
  CHECK(world.kinds().back() == "identity.sign_in.lock");

  const auto restarted = world.second();
  v1::SignInRequest request;
  request.set_password(std::string(good_password));
  v1::SignInReply reply;
  MadeCall call = world.call(certificates().anna);
  CHECK(restarted->table.find("/entente.v1.SessionService/SignIn")
            ->unary(call, request, reply)
            .reason() == Reason::SignInBackOff);
}

TEST_CASE("a restart makes no wait shorter", "[identity][sign-in]") {
  World world;
  std::uint32_t wait_ms = 0;
  for (int i = 0; i < 10; ++i) {
    world.clock.pass(std::chrono::milliseconds(wait_ms));
    REQUIRE(world.try_sign_in(certificates().anna, "wrong password").status().reason() ==
            Reason::SignInRefused);
    if (i >= 4) wait_ms = wait_ms == 0 ? 1'000 : wait_ms * 2;
  }
  const auto restarted = world.second();
  const auto sign_in = [&] {
    v1::SignInRequest request;
    request.set_password(std::string(good_password));
    v1::SignInReply reply;
    MadeCall call = world.call(certificates().anna);
    return restarted->table.find("/entente.v1.SessionService/SignIn")->unary(call, request, reply);
  };
  const Status early = sign_in();
  CHECK(early.reason() == Reason::SignInBackOff);
  CHECK(early.retry_after_ms() == 32'000);
  world.clock.pass(std::chrono::milliseconds(32'000));
  CHECK(sign_in().ok());
  // What was forgotten with that stays so.
  const auto once_more = world.second();
  v1::SignInRequest request;
  request.set_password(std::string(good_password));
  v1::SignInReply reply;
  MadeCall call = world.call(certificates().anna);
  CHECK(
      once_more->table.find("/entente.v1.SessionService/SignIn")->unary(call, request, reply).ok());
}

TEST_CASE("guesses side by side gain nothing over guesses in a row", "[identity][sign-in]") {
  World world;
  std::atomic<int> checked = 0;
  {
    std::vector<std::jthread> guessers;
    for (int i = 0; i < 24; ++i) {
      guessers.emplace_back([&] {
        MadeCall call = world.call(certificates().anna);
        v1::SignInRequest request;
        request.set_password("wrong password");
        v1::SignInReply reply;
        const Status status =
            world.table.find("/entente.v1.SessionService/SignIn")->unary(call, request, reply);
        if (status.reason() == Reason::SignInRefused) ++checked;
      });
    }
  }
  CHECK(checked <= 5);
  CHECK(checked >= 1);
}

TEST_CASE("a stored hash of another cost is made anew at the next sign-in", "[identity][sign-in]") {
  World world;
  const auto before =
      world.identity.rows().account(*world.store->snapshot(), "parties/SWE/accounts/anna");
  const auto dearer = world.second({.memory_kib = 16, .passes = 2});
  v1::SignInRequest request;
  request.set_password(std::string(good_password));
  v1::SignInReply reply;
  MadeCall call = world.call(certificates().anna);
  REQUIRE(
      dearer->table.find("/entente.v1.SessionService/SignIn")->unary(call, request, reply).ok());
  CHECK(dearer->identity.hasher().runs() == 2);
  const auto after =
      world.identity.rows().account(*world.store->snapshot(), "parties/SWE/accounts/anna");
  CHECK((**before).password() != (**after).password());
  CHECK_FALSE(dearer->identity.hasher().needs_rehash((**after).password()));
  REQUIRE(
      dearer->table.find("/entente.v1.SessionService/SignIn")->unary(call, request, reply).ok());
  CHECK(dearer->identity.hasher().runs() == 3);
}

}  // namespace
}  // namespace entente::identity::testing
