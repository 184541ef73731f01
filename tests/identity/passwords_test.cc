// Hashes and the block list, away from the room.
#include "server/identity/passwords.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "server/identity/block_list.h"

namespace entente::identity {
namespace {

Secret secret(std::string text) { return Secret(std::move(text)); }

TEST_CASE("a hash holds for its password and pepper, and never for an empty row",
          "[identity][password]") {
  SystemEntropy entropy;
  PasswordHasher hasher(secret("pepper"), entropy, {.memory_kib = 8, .passes = 1}, 32,
                        CheapHashesForTests{});
  PasswordHasher other(secret("salt"), entropy, {.memory_kib = 8, .passes = 1}, 32,
                       CheapHashesForTests{});
  const auto stored = hasher.hash(secret("vilhelmina"));
  REQUIRE(stored.ok());
  CHECK(*stored != *hasher.hash(secret("vilhelmina")));  // Salted.
  CHECK(*hasher.verify(secret("vilhelmina"), *stored));
  CHECK_FALSE(*hasher.verify(secret("Vilhelmina"), *stored));
  CHECK_FALSE(*hasher.verify(secret(""), *stored));
  CHECK_FALSE(*other.verify(secret("vilhelmina"), *stored));  // The store alone cracks nothing.
  const std::uint64_t runs = hasher.runs();
  CHECK_FALSE(*hasher.verify(secret("vilhelmina"), ""));
  CHECK(hasher.runs() == runs + 1);
  CHECK(hasher.verify(secret("x"), "no hash").status().code() == Code::DataLoss);
  CHECK(hasher.verify(secret("x"), stored->substr(1)).status().code() == Code::DataLoss);
}

TEST_CASE("who meets the hash that stands for nobody's is nobody", "[identity][password]") {
  // Says what it is told, in its order.
  class Said final : public Entropy {
   public:
    std::string bytes(std::size_t) override {
      std::string next = std::move(say.front());
      say.erase(say.begin());
      return next;
    }
    std::vector<std::string> say;
  };
  const HashCost cost{.memory_kib = 8, .passes = 1};
  SystemEntropy entropy;
  PasswordHasher once(secret("pepper"), entropy, cost, 32, CheapHashesForTests{});
  const auto stored = once.hash(secret("vilhelmina"));
  REQUIRE(stored.ok());
  Said said;
  constexpr std::size_t salt_bytes = 16;
  const std::string salted = stored->substr(stored->size() - salt_bytes - 32);
  said.say = {salted.substr(0, salt_bytes), salted.substr(salt_bytes)};
  PasswordHasher hasher(secret("pepper"), said, cost, 32, CheapHashesForTests{});
  CHECK(said.say.empty());
  CHECK(*hasher.verify(secret("vilhelmina"), *stored));
  CHECK_FALSE(*hasher.verify(secret("vilhelmina"), ""));
}

TEST_CASE("beyond the queue nobody waits", "[identity][password]") {
  SystemEntropy entropy;
  PasswordHasher hasher(secret("pepper"), entropy, {.memory_kib = 32 * 1024, .passes = 3}, 2,
                        CheapHashesForTests{});
  std::atomic<int> done = 0;
  std::atomic<int> turned_away = 0;
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 12; ++i) {
      callers.emplace_back([&] {
        const auto result = hasher.verify(secret("x"), "");
        if (result.ok()) ++done;
        if (!result.ok() && result.status().reason() == Reason::Overloaded) ++turned_away;
      });
    }
  }
  CHECK(done + turned_away == 12);
  CHECK(done >= 1);
  CHECK(turned_away >= 1);
  CHECK(hasher.runs() == static_cast<std::uint64_t>(done));  // Who is turned away costs nothing.
}

TEST_CASE("the block list is long, knows names, and has no rule of composition",
          "[identity][password]") {
  const BlockList list({"igc", "budapest", "demo.example"});
  CHECK(list.size() >= 3'000);
  const auto weak = [&](const std::string& text) {
    return !list.check(secret(text), {"anna.berg", "SWE"}, "password").ok();
  };
  for (const char* bad : {"budapest", "Budapest2026", "!!budapest!!", "anna.berg", "Anna.Berg1",
                          "computer1", "c0mputer", "00000000", "abababababab", "asdfghjkl"}) {
    INFO(bad);
    CHECK(weak(bad));
  }
  for (const char* good : {"vilhelminatenor", "correct horse battery", "åäöåäöxq", "7391504826153",
                           "zq!7x_kp", "budapestkoncerten"}) {
    INFO(good);
    CHECK_FALSE(weak(good));
  }
}

}  // namespace
}  // namespace entente::identity
