// What every engine must do alike.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "proto/contract/limits.h"
#include "proto/contract/limits_store.h"
#include "server/store/core_store.h"
#include "server/store/shared_views.h"
#include "tests/store/stores.h"

namespace entente::store {
namespace {

constexpr Table table{0xf0};

Key row(std::uint64_t number) { return Key(table).number(number); }

// Commits one row; the code of how it went.
Code put(Store& store, const Key& key, std::string value, const SealName& seal = {}) {
  const auto transaction = store.begin();
  transaction->put(key, std::move(value), seal);
  transaction->append("entry");
  return transaction->commit().status().code();
}

Code code_of(Store& store, const Key& key) { return store.snapshot()->find(key).status().code(); }

// The last component of every key that a scan meets, and the values.
std::vector<std::pair<std::uint64_t, std::string>> rows_of(Snapshot& snapshot, const Key& prefix,
                                                           const std::optional<Key>& from = {}) {
  std::vector<std::pair<std::uint64_t, std::string>> rows;
  const auto cursor = snapshot.scan(prefix, from);
  for (; cursor->valid(); cursor->next()) {
    const std::string_view key = cursor->key_bytes();
    rows.emplace_back(static_cast<unsigned char>(key.back()), *cursor->value());
  }
  REQUIRE(cursor->status().ok());
  return rows;
}

using Pairs = std::vector<std::pair<std::uint64_t, std::string>>;

// An engine that forgets, when it fails, what need not have been durable yet.
class ForgetfulEngine final : public Engine {
 public:
  [[nodiscard]] std::unique_ptr<EngineView> view() override { return engine_->view(); }
  [[nodiscard]] Status write(const std::vector<EngineRow>& rows, Durable durable) override {
    if (fails) return {Code::Unavailable, Reason::None, "the disk failed"};
    for (const EngineRow& row : rows) {
      if (durable == Durable::WithNext) open_[row.key] = {row.key, std::nullopt};
    }
    if (durable == Durable::Now) open_.clear();
    return engine_->write(rows, durable);
  }
  [[nodiscard]] Status recover() override {
    fails = fails_again-- > 0;
    std::vector<EngineRow> gone;
    for (const auto& [key, row] : std::exchange(open_, {})) gone.push_back(row);
    return engine_->write(gone, Durable::Now);
  }
  [[nodiscard]] Health health() const override { return engine_->health(); }
  // How many rows are not durable yet.
  [[nodiscard]] std::size_t open() const { return open_.size(); }

  bool fails = false;
  int fails_again = 0;

 private:
  std::unique_ptr<Engine> engine_ = memory_engine({});
  std::map<std::string, EngineRow> open_;
};

}  // namespace

TEMPLATE_TEST_CASE("a transaction that read what another changed writes nothing", "[store]",
                   OnMemory, OnRocks) {
  TestType on;
  REQUIRE(put(*on.store, row(9), "there") == Code::Ok);

  const auto late = on.store->begin();
  SECTION("an absent row that is there now") {
    REQUIRE(*late->find(row(1)) == std::nullopt);
    REQUIRE(put(*on.store, row(1), "early") == Code::Ok);
  }
  SECTION("a row that has another value now") {
    REQUIRE(*late->find(row(9)) == "there");
    REQUIRE(put(*on.store, row(9), "early") == Code::Ok);
  }
  SECTION("a row that is gone") {
    REQUIRE(*late->find(row(9)) == "there");
    const auto other = on.store->begin();
    other->erase(row(9));
    other->append("erase");
    REQUIRE(other->commit().ok());
  }
  SECTION("a range with a new row in it") {
    REQUIRE(rows_of(*late, Key(table)).size() == 1);
    REQUIRE(put(*on.store, row(200), "behind all others") == Code::Ok);
  }
  SECTION("an empty range that is not empty now") {
    REQUIRE(rows_of(*late, Key(Table{0xf2})).empty());
    REQUIRE(put(*on.store, Key(Table{0xf2}).number(1), "first") == Code::Ok);
  }
  const CommitIndex size = on.store->size();
  late->put(row(2), "late");
  late->append("late");
  CHECK(late->commit().status().code() == Code::Aborted);
  CHECK(*on.store->snapshot()->find(row(2)) == std::nullopt);
  CHECK(on.store->size() == size);
  CHECK(on.entries.told == size);
  CHECK(on.entries.sequenced == size);
}

TEMPLATE_TEST_CASE("a transaction commits beside others that it did not look at", "[store]",
                   OnMemory, OnRocks) {
  TestType on;
  for (std::uint64_t i = 1; i < 9; ++i) REQUIRE(put(*on.store, row(i), "before") == Code::Ok);

  const auto late = on.store->begin();
  {
    // Only as far as it walked.
    const auto cursor = late->scan(Key(table));
    REQUIRE(cursor->valid());
    cursor->next();
    REQUIRE(cursor->key_bytes() == row(2).bytes());
  }
  REQUIRE(*late->find(row(7)) == "before");
  REQUIRE(put(*on.store, row(3), "just behind the walk") == Code::Ok);
  REQUIRE(put(*on.store, row(5), "blind") == Code::Ok);
  late->put(row(5), "the last writer wins");
  late->append("late");
  CHECK(late->commit().ok());
  CHECK(*on.store->snapshot()->find(row(5)) == "the last writer wins");
}

TEMPLATE_TEST_CASE("a snapshot does not change", "[store]", OnMemory, OnRocks) {
  TestType on;
  REQUIRE(put(*on.store, row(1), "old") == Code::Ok);
  const auto before = on.store->snapshot();
  REQUIRE(put(*on.store, row(1), "new") == Code::Ok);
  REQUIRE(put(*on.store, row(2), "new") == Code::Ok);
  CHECK(*before->find(row(1)) == "old");
  CHECK(*before->find(row(2)) == std::nullopt);
  CHECK(rows_of(*before, Key(table)) == Pairs{{1, "old"}});
  CHECK(rows_of(*on.store->snapshot(), Key(table)) == Pairs{{1, "new"}, {2, "new"}});
}

// What readers make of a value: its length; and how often that was done.
struct Lengths {
  std::size_t of(Snapshot& snapshot, const Key& key) {
    const Result<Decoded> found =
        snapshot.find_decoded(key, [this](std::string_view value) -> Result<Decoded> {
          ++made;
          if (value == "bad") return Status(Code::DataLoss, Reason::None, "does not read");
          return Decoded(std::make_shared<const std::size_t>(value.size()));
        });
    code = found.status().code();
    return found.ok() && *found ? *std::static_pointer_cast<const std::size_t>(*found) : 0;
  }
  int made = 0;
  Code code = Code::Ok;
};

TEMPLATE_TEST_CASE("what one reader made of a row others get until it changes, and never after",
                   "[store]", OnMemory, OnRocks) {
  TestType on;
  Lengths lengths;
  REQUIRE(lengths.of(*on.store->snapshot(), row(1)) == 0);  // absent, and remembered as nothing
  REQUIRE(put(*on.store, row(1), "a") == Code::Ok);
  const auto old = on.store->snapshot();
  REQUIRE(lengths.of(*on.store->snapshot(), row(1)) == 1);
  REQUIRE(lengths.of(*on.store->snapshot(), row(1)) == 1);
  CHECK(lengths.made == 1);
  REQUIRE(put(*on.store, row(2), "elsewhere") == Code::Ok);
  CHECK(lengths.of(*on.store->snapshot(), row(1)) == 1);
  CHECK(lengths.made == 1);

  REQUIRE(put(*on.store, row(1), "longer") == Code::Ok);
  CHECK(lengths.of(*on.store->snapshot(), row(1)) == 6);
  CHECK(lengths.of(*old, row(1)) == 1);  // it still shows what it showed
  CHECK(lengths.of(*on.store->snapshot(), row(1)) == 6);

  const auto transaction = on.store->begin();
  transaction->put(row(1), "own");
  CHECK(lengths.of(*transaction, row(1)) == 3);
  CHECK(lengths.of(*on.store->snapshot(), row(1)) == 6);

  REQUIRE(put(*on.store, row(1), "bad") == Code::Ok);
  CHECK(lengths.of(*on.store->snapshot(), row(1)) == 0);
  CHECK(lengths.code == Code::DataLoss);
  REQUIRE(on.store->stage({{.key = row(1), .value = std::nullopt, .seal = {}}}).ok());
  CHECK(lengths.of(*on.store->snapshot(), row(1)) == 0);
  CHECK(lengths.code == Code::Ok);
}

TEMPLATE_TEST_CASE("what was made of a row goes with the key that sealed it", "[store][seal]",
                   OnMemory, OnRocks) {
  TestType on;
  Lengths lengths;
  const SealName process{.scope = SealName::Scope::Process, .id = Id{.octets = {1}}};
  REQUIRE(on.store->ensure_seal(process).ok());
  REQUIRE(put(*on.store, row(1), "sealed", process) == Code::Ok);
  const auto before = on.store->snapshot();
  REQUIRE(lengths.of(*before, row(1)) == 6);
  REQUIRE(on.store->destroy_seal(process).ok());
  CHECK(lengths.of(*on.store->snapshot(), row(1)) == 0);
  CHECK(lengths.code == Code::DataLoss);
  CHECK(lengths.of(*before, row(1)) == 0);
}

TEST_CASE("a reader that makes something of an old row while it is written keeps nothing of it",
          "[store]") {
  SystemEntropy entropy;
  Entries entries;
  Lengths lengths;
  std::unique_ptr<Store> store;
  bool reading = false;
  store = memory_store(entropy, [&] {
    if (reading) CHECK(lengths.of(*store->snapshot(), row(1)) == 3);
    return Status();
  });
  store->set_sequencer(entries);
  REQUIRE(put(*store, row(1), "old") == Code::Ok);
  reading = true;
  REQUIRE(put(*store, row(1), "newer") == Code::Ok);
  CHECK(lengths.of(*store->snapshot(), row(1)) == 5);
}

TEST_CASE("what readers keep is bounded", "[store]") {
  SystemEntropy entropy;
  Entries entries;
  const auto store = memory_store(entropy);
  store->set_sequencer(entries);
  std::vector<std::weak_ptr<const void>> kept;
  const std::string large(SharedViews::made_bytes_max / 64, 'x');
  for (std::uint64_t number = 0; number < 128; ++number) {
    REQUIRE(put(*store, row(number), large) == Code::Ok);
    const Result<Decoded> made =
        store->snapshot()->find_decoded(row(number), [](std::string_view value) -> Result<Decoded> {
          return Decoded(std::make_shared<const std::string>(value));
        });
    REQUIRE(made.ok());
    kept.push_back(*made);
  }
  const auto living = std::ranges::count_if(kept, [](const auto& one) { return !one.expired(); });
  CHECK(living > 0);
  CHECK(living <= 64);
}

TEMPLATE_TEST_CASE("a scan stays within its prefix and begins where it is told", "[store]",
                   OnMemory, OnRocks) {
  TestType on;
  const Id a{.octets = {0xff, 0xff}};
  const Id b{.octets = {0xff, 0xff, 1}};
  const auto transaction = on.store->begin();
  for (std::uint64_t i = 0; i < 4; ++i) {
    transaction->put(Key(table).id(a).number(i), "a" + std::to_string(i));
    transaction->put(Key(table).id(b).number(i), "b" + std::to_string(i));
  }
  transaction->put(Key(Table{0xff}), "the last table");
  transaction->append("entry");
  REQUIRE(transaction->commit().ok());

  const auto snapshot = on.store->snapshot();
  const Key prefix = Key(table).id(a);
  CHECK(rows_of(*snapshot, prefix) == Pairs{{0, "a0"}, {1, "a1"}, {2, "a2"}, {3, "a3"}});
  CHECK(rows_of(*snapshot, prefix, prefix.number(2)) == Pairs{{2, "a2"}, {3, "a3"}});
  CHECK(rows_of(*snapshot, prefix, Key(table)).size() == 4);
  CHECK(rows_of(*snapshot, prefix, Key(table).id(b)).empty());
  CHECK(rows_of(*snapshot, prefix, prefix.number(4)).empty());
  CHECK(rows_of(*snapshot, Key(Table{0xff})) == Pairs{{0xff, "the last table"}});
}

TEMPLATE_TEST_CASE("a transaction sees its own writes, and its cursors those made meanwhile",
                   "[store]", OnMemory, OnRocks) {
  TestType on;
  for (const std::uint64_t i : {2U, 4U, 6U}) REQUIRE(put(*on.store, row(i), "old") == Code::Ok);
  const auto transaction = on.store->begin();
  transaction->put(row(1), "own");
  transaction->erase(row(2));
  transaction->put(row(4), "own");
  CHECK(*transaction->find(row(1)) == "own");
  CHECK(*transaction->find(row(2)) == std::nullopt);
  CHECK(rows_of(*transaction, Key(table)) == Pairs{{1, "own"}, {4, "own"}, {6, "old"}});

  const auto cursor = transaction->scan(Key(table));
  REQUIRE(cursor->key_bytes() == row(1).bytes());
  transaction->put(row(3), "meanwhile");
  transaction->erase(row(4));
  cursor->next();
  REQUIRE(cursor->valid());
  CHECK(cursor->key_bytes() == row(3).bytes());
  cursor->next();
  REQUIRE(cursor->valid());
  CHECK(cursor->key_bytes() == row(6).bytes());
  cursor->next();
  CHECK_FALSE(cursor->valid());
  CHECK(*on.store->snapshot()->find(row(1)) == std::nullopt);
}

TEMPLATE_TEST_CASE("an uncommitted transaction leaves nothing", "[store]", OnMemory, OnRocks) {
  TestType on;
  {
    const auto transaction = on.store->begin();
    transaction->put(row(1), "never");
    transaction->append("never");
    REQUIRE(transaction->appended());
  }
  CHECK(*on.store->snapshot()->find(row(1)) == std::nullopt);
  CHECK(on.store->size() == 0);
}

TEMPLATE_TEST_CASE("staged rows are there without a commit, and go without one", "[store]",
                   OnMemory, OnRocks) {
  TestType on;
  const auto before = on.store->snapshot();
  REQUIRE(on.store
              ->stage({{.key = row(1), .value = "one", .seal = {}},
                       {.key = row(2), .value = "two", .seal = {}}})
              .ok());
  REQUIRE(*before->find(row(1)) == std::nullopt);
  REQUIRE(rows_of(*on.store->snapshot(), Key(table)) == Pairs{{1, "one"}, {2, "two"}});
  REQUIRE(on.store->size() == 0);
  REQUIRE(on.store->stage({{.key = row(1), .value = std::nullopt, .seal = {}}}).ok());
  REQUIRE(rows_of(*on.store->snapshot(), Key(table)) == Pairs{{2, "two"}});
}

TEMPLATE_TEST_CASE("what is staged under a destroyed key is refused whole", "[store][seal]",
                   OnMemory, OnRocks) {
  TestType on;
  const SealName process{.scope = SealName::Scope::Process, .id = Id::from("0123456789abcdef")};
  REQUIRE(on.store->ensure_seal(process).ok());
  REQUIRE(on.store->destroy_seal(process).ok());
  REQUIRE(on.store
              ->stage({{.key = row(1), .value = "one", .seal = {}},
                       {.key = row(2), .value = "two", .seal = process}})
              .code() == Code::Aborted);
  REQUIRE(rows_of(*on.store->snapshot(), Key(table)).empty());
}

TEST_CASE("what was staged and lost by a failing disk is written again", "[store][faults]") {
  for (const int fails_again : {0, 1, 2}) {
    SystemEntropy entropy;
    Entries entries;
    auto engine = std::make_unique<ForgetfulEngine>();
    ForgetfulEngine& disk = *engine;
    const auto store = *CoreStore::open(std::move(engine), Keyring::in_memory(entropy));
    store->set_sequencer(entries);
    REQUIRE(store->stage({{.key = row(1), .value = "durable", .seal = {}}}).ok());
    REQUIRE(put(*store, row(2), "a commit makes it so") == Code::Ok);
    REQUIRE(store->stage({{.key = row(3), .value = "staged", .seal = {}}}).ok());
    REQUIRE(store
                ->stage({{.key = row(3), .value = "staged anew", .seal = {}},
                         {.key = row(6), .value = "taken away", .seal = {}}})
                .ok());
    REQUIRE(store->stage({{.key = row(6), .value = std::nullopt, .seal = {}}}).ok());
    disk.fails = true;
    disk.fails_again = fails_again;
    CHECK(put(*store, row(4), "it fails") == Code::Unavailable);
    // Nothing is taken before all is there that a commit could name.
    for (int i = 1; i < fails_again; ++i) {
      CHECK(put(*store, row(5), "names row 3") == Code::Unavailable);
    }
    CHECK(put(*store, row(5), "names row 3") == Code::Ok);
    CHECK(store->health().writable);
    CHECK(
        rows_of(*store->snapshot(), Key(table)) ==
        Pairs{{1, "durable"}, {2, "a commit makes it so"}, {3, "staged anew"}, {5, "names row 3"}});
  }
}

TEST_CASE("what is staged is made durable when there is too much of it to be kept", "[store]") {
  SystemEntropy entropy;
  Entries entries;
  auto engine = std::make_unique<ForgetfulEngine>();
  ForgetfulEngine& disk = *engine;
  const auto store = *CoreStore::open(std::move(engine), Keyring::in_memory(entropy));
  store->set_sequencer(entries);
  const std::string value(1 << 20, 'x');
  const auto stage = [&](std::uint64_t number) {
    REQUIRE(store->stage({{.key = row(number), .value = value, .seal = {}}}).ok());
  };
  const std::uint64_t fit = limits::store_staged_bytes_max / value.size();
  for (std::uint64_t i = 2; i < fit; ++i) stage(i);
  for (int i = 0; i < 100; ++i) stage(2);  // in place of itself
  CHECK(disk.open() == fit - 2);
  stage(fit);
  stage(fit + 1);  // each is sealed: a little longer
  CHECK(disk.open() == 0);
}

TEMPLATE_TEST_CASE("each commit has its entry at its own index", "[store]", OnMemory, OnRocks) {
  TestType on;
  for (CommitIndex i = 0; i < 5; ++i) {
    const auto transaction = on.store->begin();
    REQUIRE_FALSE(transaction->appended());
    transaction->append("entry " + std::to_string(i));
    REQUIRE(*transaction->commit() == i);
    CHECK(on.entries.told == i + 1);
  }
  const auto snapshot = on.store->snapshot();
  for (CommitIndex i = 0; i < 5; ++i) {
    CHECK(*snapshot->find(Entries::row(i)) == "entry " + std::to_string(i));
  }
}

TEMPLATE_TEST_CASE("many writers' commits are dense and each is told before it returns", "[store]",
                   OnMemory, OnRocks) {
  TestType on;
  std::atomic<int> failures = 0;
  std::vector<std::thread> writers;
  for (std::uint64_t writer = 0; writer < 8; ++writer) {
    writers.emplace_back([&, writer] {
      for (std::uint64_t i = 0; i < 100; ++i) {
        const auto transaction = on.store->begin();
        transaction->put(row(writer * 1'000 + i), "value");
        transaction->append("entry");
        const Result<CommitIndex> index = transaction->commit();
        if (!index.ok() || on.store->size() <= *index) ++failures;
        // It reads its own write at once.
        if (*on.store->snapshot()->find(row(writer * 1'000 + i)) != "value") ++failures;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  CHECK(failures == 0);
  CHECK(on.store->size() == 800);
  CHECK(on.entries.told == 800);
  CHECK(rows_of(*on.store->snapshot(), Key(table)).size() == 800);
  CHECK(rows_of(*on.store->snapshot(), Key(Table{0xf1})).size() == 800);
}

TEMPLATE_TEST_CASE("counters that many increase lose no increase", "[store]", OnMemory, OnRocks) {
  TestType on;
  std::vector<std::thread> writers;
  writers.reserve(4);
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&] {
      for (int done = 0; done < 25;) {
        const auto transaction = on.store->begin();
        const auto now = *transaction->find(row(1));
        transaction->put(row(1), std::to_string(now ? std::stoi(*now) + 1 : 1));
        transaction->append("increase");
        if (transaction->commit().ok()) ++done;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  CHECK(*on.store->snapshot()->find(row(1)) == "100");
}

TEMPLATE_TEST_CASE("what a destroyed key sealed cannot be read, and the rest can", "[store][seal]",
                   OnMemory, OnRocks) {
  TestType on;
  const SealName process{.scope = SealName::Scope::Process, .id = Id{.octets = {1}}};
  const SealName one{.scope = SealName::Scope::Document, .id = Id{.octets = {2}}};
  const SealName other{.scope = SealName::Scope::Document, .id = Id{.octets = {3}}};
  CHECK(on.store->ensure_seal(one, process.id).code() == Code::NotFound);
  REQUIRE(on.store->ensure_seal(process).ok());
  REQUIRE(on.store->ensure_seal(one, process.id).ok());
  REQUIRE(on.store->ensure_seal(other, process.id).ok());
  REQUIRE(on.store->ensure_seal(one, process.id).ok());
  REQUIRE(put(*on.store, row(1), "one", one) == Code::Ok);
  REQUIRE(put(*on.store, row(2), "other", other) == Code::Ok);
  REQUIRE(put(*on.store, row(3), "process", process) == Code::Ok);
  REQUIRE(*on.store->snapshot()->find(row(1)) == "one");

  const auto open = on.store->begin();
  open->put(row(4), "sealed too late", one);
  open->append("late");
  const auto reader = on.store->begin();
  REQUIRE(reader->find(row(1)).ok());
  REQUIRE(put(*on.store, row(2), "another", other) == Code::Ok);
  CHECK_FALSE(reader->has_lost());
  REQUIRE(put(*on.store, row(1), "one anew", one) == Code::Ok);
  CHECK(reader->has_lost());
  CHECK_FALSE(on.store->begin()->has_lost());

  REQUIRE(on.store->destroy_seal(one).ok());
  CHECK(on.store->destroy_seal(one).code() == Code::NotFound);
  CHECK(code_of(*on.store, row(1)) == Code::DataLoss);
  CHECK(on.store->snapshot()->scan(Key(table))->value().status().code() == Code::DataLoss);
  CHECK(open->commit().status().code() == Code::Aborted);
  CHECK(*on.store->snapshot()->find(row(2)) == "another");

  // A new key of the old name opens nothing of the old.
  REQUIRE(on.store->ensure_seal(one, process.id).ok());
  CHECK(code_of(*on.store, row(1)) == Code::DataLoss);

  // A process takes its documents with it.
  REQUIRE(on.store->destroy_seal(process).ok());
  CHECK(code_of(*on.store, row(2)) == Code::DataLoss);
  CHECK(code_of(*on.store, row(3)) == Code::DataLoss);
}

TEMPLATE_TEST_CASE("blinded ids keep domains and texts apart and stay what they are", "[store]",
                   OnMemory, OnRocks) {
  TestType on;
  const Id id = on.store->blind("parties", "SWE");
  CHECK(id == on.store->blind("parties", "SWE"));
  CHECK(id != on.store->blind("parties", "NOR"));
  CHECK(id != on.store->blind("processes", "SWE"));
  CHECK(on.store->blind("ab", "c") != on.store->blind("a", "bc"));
  CHECK(id != TestType().store->blind("parties", "SWE"));
  CHECK(on.store->purpose_key("pepper").size() == 32);
  CHECK(on.store->purpose_key("pepper").equals(on.store->purpose_key("pepper")));
  CHECK_FALSE(on.store->purpose_key("pepper").equals(on.store->purpose_key("tokens")));
}

TEMPLATE_TEST_CASE("the largest and the empty value come back", "[store]", OnMemory, OnRocks) {
  TestType on;
  const std::string large(limits::store_value_bytes_max, 'x');
  REQUIRE(put(*on.store, row(1), large) == Code::Ok);
  REQUIRE(put(*on.store, row(2), "") == Code::Ok);
  CHECK(*on.store->snapshot()->find(row(1)) == large);
  CHECK(*on.store->snapshot()->find(row(2)) == "");
}

TEMPLATE_TEST_CASE("a healthy store says so", "[store]", OnMemory, OnRocks) {
  TestType on;
  const Health health = on.store->health();
  CHECK(health.writable);
  CHECK(health.why_not.empty());
  CHECK(health.free_bytes > limits::disk_free_bytes_min);
}

TEST_CASE("a write that fails is taken back, and the next one is served", "[store]") {
  SystemEntropy entropy;
  Entries entries;
  Status next;
  const auto store = memory_store(entropy, [&] { return next; });
  store->set_sequencer(entries);
  REQUIRE(put(*store, row(1), "before") == Code::Ok);

  next = Status(Code::Unavailable, Reason::None, "broken");
  CHECK(put(*store, row(1), "lost") == Code::Unavailable);
  next = Status(Code::ResourceExhausted, Reason::StoreReadOnly, "full");
  CHECK(put(*store, row(1), "refused") == Code::ResourceExhausted);
  CHECK(entries.abandonings == 2);
  CHECK(entries.sequenced == 1);
  CHECK(*store->snapshot()->find(row(1)) == "before");

  next = Status();
  CHECK(put(*store, row(1), "after") == Code::Ok);
  CHECK(store->size() == 2);
  CHECK(entries.told == 2);
  CHECK(*store->snapshot()->find(row(1)) == "after");
}

}  // namespace entente::store
