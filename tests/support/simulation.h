// What the simulations of rooms share: the machine that a daemon is made on again and again, what
// may be there of each thing, and the loop. One thread, on a seed: a clock that is turned, an
// engine whose writes are refused, lost, or kept though they fail, acts that are left, and crashes
// after which everything above the disk is made anew.
//
// ENTENTE_OPERATIONS=N: so many, from a seed of its own unless one is given (--rng-seed).
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "server/ledger/fsck.h"
#include "server/ledger/tree_ledger.h"
#include "server/policy/policy.h"
#include "server/store/core_store.h"
#include "tests/store/drawn_engine.h"
#include "tests/store/stores.h"
#include "tests/support/seed.h"

namespace entente::testing {

using store::below;
using store::one_in;

// All that outlives a daemon.
struct Site {
  Site(std::uint64_t seed, const store::VirtualClock& begins)
      : draw(seed), clock(begins), entropy(seed), disk(draw) {
    REQUIRE(store::Keyring::create(keyring, store::test_root_key(), entropy).ok());
  }
  // The store as a start opens it.
  [[nodiscard]] std::unique_ptr<store::CoreStore> open() {
    return *store::CoreStore::open(std::make_unique<store::DrawnEngine>(disk),
                                   *store::Keyring::open(keyring, store::test_root_key(), entropy));
  }

  // Whether the keyring's file can be replaced.
  void let_keyring(bool be_written) {
    std::filesystem::path in_the_way = keyring;
    in_the_way += ".new";
    if (be_written) std::filesystem::remove(in_the_way);
    if (!be_written) std::filesystem::create_directory(in_the_way);
    keyring_fails = !be_written;
  }
  // Time passes, or the clock is set back, by no more than a start bears.
  void time_goes(std::chrono::seconds time) {
    if (behind_ == behind_.zero() && time < std::chrono::hours(1) && one_in(draw, 5)) {
      behind_ = time / 15;
      return clock.jump(-behind_);
    }
    clock.pass(time);
    behind_ = std::max(behind_.zero(), behind_ - time);
  }

  store::Draw draw;
  store::VirtualClock clock;
  store::DrawnEntropy entropy;
  const store::TemporaryFolder folder;
  const std::filesystem::path keyring = folder.path() / "keyring";
  store::Disk disk;
  bool keyring_fails = false;

 private:
  std::chrono::seconds behind_{};  // how far the clock was set back
};

// What a start makes, the least of it: a store and its ledger, and what a room needs besides.
struct Foundation {
  explicit Foundation(Site& site)
      : store(site.open()), ledger(*ledger::TreeLedger::open(*store, site.clock, site.entropy)) {
    store->set_sequencer(*ledger);
  }
  std::unique_ptr<store::CoreStore> store;
  std::unique_ptr<ledger::TreeLedger> ledger;
};

// A site and the daemon that runs on it. `Daemon` is a Foundation.
template <typename Daemon>
class Machine {
 public:
  using Make = std::function<std::unique_ptr<Daemon>(Site&)>;
  Machine(std::uint64_t seed, Make make, const store::VirtualClock& begins = store::VirtualClock())
      : site(seed, begins), make_(std::move(make)) {
    start();
  }

  // From here on what is written may fail, and what is acknowledged is counted.
  void begin() {
    entries_ = daemon->store->size();
    acknowledged = unknown = 0;
    site.disk.faulty = true;
  }

  // One operation, and now and then the end of the daemon: as the disk had it, by a kill, or in
  // good order. After some starts everything is looked at.
  void step(const std::function<void()>& operation, const std::function<void()>& look) {
    if (one_in(site.draw, 16)) site.let_keyring(false);
    operation();
    site.let_keyring(true);
    ++operations;
    if (!site.disk.dead && !one_in(site.draw, 400)) return;
    site.disk.dead = site.disk.dead || one_in(site.draw, 2);
    start();
    if (starts % 8 == 0) settle(look);
  }

  // Everything that must hold after a start: what the room has, each entry, and that there are as
  // many as were acknowledged.
  void settle(const std::function<void()>& look) {
    if (unsettled) start();
    look();
    const std::uint64_t size = daemon->store->size();
    const auto snapshot = daemon->store->snapshot();
    const auto report = ledger::fsck(*snapshot, size, rooms);
    REQUIRE(report.ok());
    INFO((report->problems.empty() ? "" : report->problems.front()));
    REQUIRE(report->clean());
    REQUIRE(report->entries == size);
    REQUIRE(report->root == *daemon->ledger->root_at(size));
    REQUIRE(size >= entries_ + acknowledged);
    REQUIRE(size <= entries_ + acknowledged + unknown);
  }

  // Ends the daemon, and makes all that is above the disk anew.
  void start() {
    daemon.reset();
    if (std::exchange(site.disk.dead, false)) site.disk.lose_some();
    const bool faulty = std::exchange(site.disk.faulty, false);
    daemon = make_(site);
    site.disk.faulty = faulty;
    unsettled = false;
    ++starts;
  }

  // How an act ended that went to the store.
  Status count(Status status) {
    if (status.ok()) {
      ++acknowledged;
      unsettled = false;
    } else if (status.code() == Code::Unavailable) {
      ++unknown;
      unsettled = true;
    }
    return status;
  }
  Status commit(store::Transaction& transaction) { return count(transaction.commit().status()); }

  // As the gate does; now and then the caller goes before the end.
  template <typename Face, typename Req, typename Rep>
  Result<Rep> act(Face& face, const policy::Subject& subject,
                  Result<Rep> (Face::*serve)(const policy::Subject&, const Req&,
                                             store::Transaction&),
                  const Req& request) {
    const auto transaction = daemon->store->begin();
    Result<Rep> reply = (face.*serve)(subject, request, *transaction);
    if (!reply.ok()) return reply;
    REQUIRE(transaction->appended());
    if (one_in(site.draw, 20)) return Status(Code::Cancelled, Reason::None, "left before its end");
    ENTENTE_TRY_VOID(commit(*transaction));
    return reply;
  }
  template <typename Face, typename Req, typename Rep>
  Result<Rep> ask(Face& face, const policy::Subject& subject,
                  Result<Rep> (Face::*serve)(const policy::Subject&, const Req&, store::Snapshot&),
                  const Req& request) {
    const auto snapshot = daemon->store->snapshot();
    return (face.*serve)(subject, request, *snapshot);
  }

  Site site;
  std::unique_ptr<Daemon> daemon;
  ledger::Rooms rooms;  // what no entry answers for
  std::uint64_t operations = 0;
  std::uint64_t starts = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t unknown = 0;  // of which nobody was told how they ended
  bool unsettled = false;     // a write failed, and nobody has looked since

 private:
  const Make make_;
  std::uint64_t entries_ = 0;  // before the first act
};

// The model: what may be there of each thing, by its name. A Value's == is what a reader sees; what
// it knows besides, it tells apart by is_same().
template <typename Value>
class Book {
 public:
  static void add(std::vector<Value>& may, Value value) {
    const auto is_same = [&](const Value& one) {
      if constexpr (requires { one.is_same(value); }) return one.is_same(value);
      return one == value;
    };
    if (std::ranges::none_of(may, is_same)) may.push_back(std::move(value));
  }

  // What a caller was told of an act that makes `name` this.
  void told(const Status& status, const std::string& name, Value value) {
    if (status.ok()) {
      may_[name] = {std::move(value)};
    } else if (status.code() == Code::Unavailable) {
      add(may(name), std::move(value));
    }
  }
  // What a caller was told of an act that would, of what may be there, make this, or be refused so.
  using Would = std::function<std::variant<Code, Value>(const Value& before)>;
  void told(const Status& status, const std::string& name, const Would& would) {
    std::vector<Value> then;
    std::set<Code> refused;
    for (const Value& before : may(name)) {
      const std::variant<Code, Value> one = would(before);
      if (const auto* value = std::get_if<Value>(&one)) add(then, *value);
      if (const auto* code = std::get_if<Code>(&one)) refused.insert(*code);
    }
    INFO(name << ": " << name_of(status.code()) << " " << status.message());
    switch (status.code()) {
      case Code::Ok:
        REQUIRE_FALSE(then.empty());
        may_[name] = std::move(then);
        break;
      case Code::Unavailable:
        for (Value& value : then) add(may(name), std::move(value));
        break;
      case Code::Cancelled:  // it was left
      case Code::Aborted:
      case Code::ResourceExhausted:  // the disk was full
        break;
      default:
        REQUIRE(refused.count(status.code()) != 0);
    }
  }
  // What is there: it must be one that may be, and is the only one from here on, unless the engine
  // has not been looked at since a write failed.
  void found(const std::string& name, const Value& value, bool unsettled) {
    std::vector<Value>& all = may_[name];
    // Of what nobody has tried to change yet, what is found is what is there.
    if (all.empty()) all = {value};
    REQUIRE(std::ranges::find(all, value) != all.end());
    if (!unsettled) std::erase_if(all, [&](const Value& one) { return !(one == value); });
  }
  void set(const std::string& name, Value value) { may_[name] = {std::move(value)}; }
  [[nodiscard]] const std::map<std::string, std::vector<Value>>& all() const { return may_; }
  // Of what nobody has tried to make there is nothing.
  [[nodiscard]] std::vector<Value>& may(const std::string& name) {
    std::vector<Value>& all = may_[name];
    if (all.empty()) all.emplace_back();
    return all;
  }

 private:
  std::map<std::string, std::vector<Value>> may_;
};

// Worlds of so many operations, of a seed each: a start reads all that there is. A World has a
// `machine`, does one operation, and looks at everything.
template <typename World>
void simulate(std::uint64_t operations_a_world, std::uint64_t operations_at_least) {
  const char* const asked = std::getenv("ENTENTE_OPERATIONS");  // NOLINT(concurrency-mt-unsafe)
  const std::uint64_t operations = asked == nullptr ? operations_at_least : std::stoull(asked);
  const std::uint32_t seed = seed_of_this_run();
  INFO("seed " << seed);
  std::uint64_t done = 0;
  std::uint64_t faults = 0;
  std::uint64_t starts = 0;
  std::uint64_t acknowledged = 0;
  for (std::uint64_t world = 0; done < operations; ++world) {
    World made(seed + world);
    auto& machine = made.machine;
    while (machine.operations < operations_a_world) {
      INFO("world " << world << ", operation " << machine.operations);
      machine.step([&] { made.one(); }, [&] { made.look(); });
    }
    machine.start();
    machine.settle([&] { made.look(); });
    done += machine.operations;
    faults += machine.site.disk.faults;
    starts += machine.starts;
    acknowledged += machine.acknowledged;
  }
  CHECK(faults > done / 50);
  CHECK(starts > done / 200);
  CHECK(acknowledged > done / 10);
  if (asked != nullptr) {
    WARN(done << " operations, " << acknowledged << " acknowledged, " << faults << " faults, "
              << starts << " starts, seed " << seed);
  }
}

}  // namespace entente::testing
