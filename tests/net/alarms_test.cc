#include "server/net/alarms.h"

#include <catch2/catch.hpp>
#include <vector>

#include "server/net/admission.h"

namespace {

using entente::Tick;
using entente::net::Admission;
using entente::net::Alarms;
using std::chrono::seconds;

TEST_CASE("an alarm that was called off never rings and leaves nothing", "[net]") {
  std::vector<Tick> armed;
  std::vector<int> rung;
  Alarms alarms([&](Tick when) { armed.push_back(when); });
  const auto late = alarms.set(seconds(20), [&] { rung.push_back(20); });
  alarms.set(seconds(10), [&] {
    rung.push_back(10);
    alarms.call_off(late);
    alarms.set(seconds(30), [&] { rung.push_back(30); });
  });
  alarms.ring(seconds(25));
  CHECK(rung == std::vector<int>{10});
  CHECK(alarms.size() == 1);
  CHECK(armed == std::vector<Tick>{seconds(20), seconds(10), seconds(30), seconds(30)});
  alarms.ring(seconds(30));
  CHECK(rung == std::vector<int>{10, 30});
  CHECK(alarms.size() == 0);
}

TEST_CASE("what a line held of its address, account and certificate comes back with it", "[net]") {
  entente::net::LineLimits limits;
  limits.connections_per_address_max = 2;
  limits.handshakes_max = 3;
  limits.connections_per_account_max = 2;
  limits.connections_per_certificate_max = 1;
  Admission admission(limits);
  entente::Digest first{};
  entente::Digest second{};
  second[0] = 1;
  for (int round = 0; round < 3; ++round) {
    REQUIRE(admission.admit("a", 9));
    REQUIRE(admission.admit("a", 9));
    CHECK(!admission.admit("a", 9));
    REQUIRE(admission.admit("b", 9));
    CHECK(!admission.admit("c", 9));
    admission.settle("a");
    admission.settle("a");
    admission.settle("b");
    const auto share = admission.name("anna", first);
    REQUIRE(share != nullptr);
    CHECK(admission.name("anna", first) == nullptr);
    CHECK(admission.name("anna", second) == share);
    CHECK(admission.name("anna", entente::Digest{2}) == nullptr);
    CHECK(!admission.admit("d", 3));
    admission.release(true, "anna", first);
    admission.release(true, "anna", second);
    admission.release(false, "", {});
  }
}

}  // namespace
