#include "server/ledger/tree_ledger.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "proto/contract/merkle.h"
#include "tests/ledger/ledger_fixture.h"

namespace entente::ledger {
namespace {

using test::LedgerFixture;

// Keeps what it was told.
class Witnessing final : public Follower {
 public:
  explicit Witnessing(TreeLedger* ledger = nullptr) : ledger_(ledger) {}
  void follow(std::uint64_t index, const Act& act) override {
    seen.emplace_back(index, act);
    if (ledger_ != nullptr && ledger_->size() <= index) early = true;
  }
  std::vector<std::pair<std::uint64_t, Act>> seen;
  bool early = false;  // told of what was not durable

 private:
  TreeLedger* ledger_;
};

// The leaves as the rows have them, hashed here.
std::vector<Digest> leaves_of(store::Store& store, std::uint64_t size) {
  std::vector<Digest> leaves;
  const auto snapshot = store.snapshot();
  for (std::uint64_t i = 0; i < size; ++i) {
    const Result<StoredEntry> stored = read_entry(*snapshot, i);
    REQUIRE(stored.ok());
    leaves.push_back(merkle::leaf_hash(as_view(sha256({stored->blinding, stored->canonical}))));
  }
  return leaves;
}

}  // namespace

TEST_CASE("a transaction that aborts leaves no entry", "[ledger]") {
  LedgerFixture fixture;
  fixture.grow_to(3);
  Witnessing follower;
  fixture.ledger->add_follower(follower);
  const auto loser = fixture.store->begin();
  REQUIRE(loser->find(store::Key(test::test_table).number(0)).ok());
  fixture.commit(LedgerFixture::act_on("winner"));
  loser->put(store::Key(test::test_table).number(1), "late");
  fixture.ledger->record(*loser, LedgerFixture::act_on("loser"));
  REQUIRE(loser->commit().status().code() == Code::Aborted);
  CHECK(fixture.ledger->size() == 4);
  REQUIRE(follower.seen.size() == 1);
  CHECK(follower.seen[0].second.object == "winner");
}

TEST_CASE("a write that fails leaves neither entry nor a gap", "[ledger]") {
  bool failing = false;
  LedgerFixture fixture([&]() -> Status {
    if (!failing) return {};
    return {Code::ResourceExhausted, Reason::StoreReadOnly, "full"};
  });
  fixture.grow_to(255);
  Witnessing follower;
  fixture.ledger->add_follower(follower);
  failing = true;
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(fixture.try_commit(LedgerFixture::act_on("lost")).ok());
  }
  CHECK(follower.seen.empty());
  failing = false;
  fixture.grow_to(520);
  CHECK(follower.seen.size() == 265);
  CHECK(*fixture.ledger->root_at(520) == merkle::root_of(leaves_of(*fixture.store, 520)));
}

TEST_CASE("the root is over exactly the entries, at every size, also after opening anew",
          "[ledger]") {
  LedgerFixture fixture;
  CHECK(*fixture.ledger->root_at(0) == merkle::empty_root());
  fixture.grow_to(700);
  const std::vector<Digest> leaves = leaves_of(*fixture.store, 700);
  std::vector<Digest> roots;
  merkle::CompactRange range;
  roots.push_back(range.root());
  for (const Digest& leaf : leaves) {
    range.append(leaf);
    roots.push_back(range.root());
  }
  for (int opened = 0; opened < 2; ++opened) {
    for (std::uint64_t size = 0; size <= 700; ++size) {
      REQUIRE(*fixture.ledger->root_at(size) == roots[size]);
    }
    for (std::uint64_t index = 0; index < 700; index += 13) {
      REQUIRE(*fixture.ledger->leaf_at(index) == leaves[index]);
      const std::uint64_t size = std::min<std::uint64_t>(700, index + 1 + index % 300);
      const std::vector<Digest> path = *fixture.ledger->prove_inclusion(index, size);
      REQUIRE(merkle::verify_inclusion(index, size, leaves[index], path, roots[size]));
      const std::vector<Digest> growth = *fixture.ledger->prove_consistency(index, size);
      REQUIRE(merkle::verify_consistency(index, size, roots[index], roots[size], growth));
    }
    fixture.reopen();
  }
  CHECK(fixture.ledger->root_at(701).status().code() == Code::OutOfRange);
  CHECK(fixture.ledger->leaf_at(700).status().code() == Code::OutOfRange);
  CHECK(fixture.ledger->prove_inclusion(0, 701).status().code() == Code::OutOfRange);
  CHECK(fixture.ledger->prove_inclusion(700, 700).status().code() == Code::OutOfRange);
  CHECK(fixture.ledger->prove_consistency(0, 701).status().code() == Code::OutOfRange);
  CHECK(fixture.ledger->prove_consistency(9, 8).status().code() == Code::OutOfRange);
}

TEST_CASE("a ledger opened at any size grows on as if it had never closed", "[ledger]") {
  LedgerFixture fixture;
  for (std::uint64_t size : {0U, 1U, 2U, 255U, 256U, 257U, 300U, 511U, 512U, 513U, 769U}) {
    fixture.grow_to(size);
    fixture.reopen();
  }
  fixture.grow_to(1'100);
  CHECK(*fixture.ledger->root_at(1'100) == merkle::root_of(leaves_of(*fixture.store, 1'100)));
}

TEST_CASE("followers hear of every entry once, in order, and only when it is durable", "[ledger]") {
  LedgerFixture fixture;
  Witnessing follower(fixture.ledger.get());
  fixture.ledger->add_follower(follower);
  std::vector<std::thread> writers;
  std::atomic<int> failed = 0;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&fixture, &failed, writer] {
      for (int i = 0; i < 100; ++i) {
        const auto transaction = fixture.store->begin();
        const std::string object = std::to_string(writer) + "/" + std::to_string(i);
        transaction->put(store::Key(test::test_table).number(static_cast<std::uint64_t>(writer)),
                         object);
        fixture.ledger->record(*transaction, LedgerFixture::act_on(object));
        if (!transaction->commit().ok()) ++failed;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  CHECK(failed == 0);
  CHECK_FALSE(follower.early);
  REQUIRE(follower.seen.size() == 400);
  const auto snapshot = fixture.store->snapshot();
  for (std::uint64_t i = 0; i < 400; ++i) {
    REQUIRE(follower.seen[i].first == i);
    REQUIRE(follower.seen[i].second == read_entry(*snapshot, i)->entry.act);
  }
}

TEST_CASE("ledger time never goes backwards", "[ledger]") {
  LedgerFixture fixture;
  fixture.grow_to(1);
  fixture.clock.advance(std::chrono::hours(-1));
  fixture.grow_to(2);
  fixture.clock.advance(std::chrono::hours(2));
  fixture.grow_to(3);
  const auto snapshot = fixture.store->snapshot();
  const Instant first = read_entry(*snapshot, 0)->entry.time;
  CHECK(read_entry(*snapshot, 1)->entry.time == first);
  CHECK(read_entry(*snapshot, 2)->entry.time == first + std::chrono::hours(1));
}

TEST_CASE("a clock behind the last entry by more than five minutes refuses the start", "[ledger]") {
  LedgerFixture fixture;
  for (std::uint64_t size : {256U, 257U}) {  // the last entry on a tile's edge, and within
    fixture.grow_to(size);
    const Instant last = fixture.clock.now();
    fixture.clock.set(last - clock_behind_max - std::chrono::seconds(1));
    const auto refused = TreeLedger::open(*fixture.store, fixture.clock, fixture.entropy);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.status().code() == Code::FailedPrecondition);
    fixture.clock.set(last - clock_behind_max);
    CHECK(TreeLedger::open(*fixture.store, fixture.clock, fixture.entropy).ok());
    fixture.clock.set(last);
  }
}

TEST_CASE("a store behind its head, or another store, is told from its own", "[ledger]") {
  LedgerFixture fixture;
  fixture.grow_to(300);
  const Digest root = *fixture.ledger->root_at(290);
  CHECK(fixture.ledger->check_head(290, root).ok());
  CHECK(fixture.ledger->check_head(0, merkle::empty_root()).ok());
  CHECK(fixture.ledger->check_head(290, merkle::empty_root()).code() == Code::DataLoss);
  const Status behind = fixture.ledger->check_head(302, root);
  CHECK(behind.code() == Code::FailedPrecondition);
  CHECK(behind.message() == "the store is 2 entries behind its own head");
}

TEST_CASE("an act that touches more than can be listed says so and keeps the list's digest",
          "[ledger]") {
  LedgerFixture fixture;
  Witnessing follower;
  fixture.ledger->add_follower(follower);
  Act act = LedgerFixture::act_on("import");
  std::string all;
  for (std::size_t i = 0; i < limits::entry_touched_max; ++i) {
    act.touched.push_back("persons/" + std::to_string(i));
  }
  fixture.commit(act);
  act.touched.push_back("persons/one-more");
  for (const std::string& name : act.touched) all += name + "\n";
  fixture.commit(act);
  act.touched.assign(2, std::string(limits::entry_bytes_max / 4 + 1, 'x'));
  fixture.commit(act);
  REQUIRE(follower.seen.size() == 3);
  CHECK(follower.seen[0].second.touched.size() == limits::entry_touched_max);
  CHECK(follower.seen[1].second.touched ==
        std::vector<std::string>{"*", "sha256/" + to_hex(as_view(sha256(all)))});
  CHECK(follower.seen[2].second.touched.front() == touched_everything);
}

TEST_CASE("no two entries share a blinding", "[ledger]") {
  LedgerFixture fixture;
  fixture.grow_to(64);
  std::set<std::string> blindings;
  const auto snapshot = fixture.store->snapshot();
  for (std::uint64_t i = 0; i < 64; ++i) blindings.insert(read_entry(*snapshot, i)->blinding);
  CHECK(blindings.size() == 64);
}

}  // namespace entente::ledger
