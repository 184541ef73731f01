#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/store/memory_store.h"

namespace entente::store {
namespace {

constexpr Table table{0xf0};

class Entries final : public Sequencer {
 public:
  void sequence(CommitIndex index, std::string_view entry, Rows& rows) override {
    REQUIRE(index == sequenced);
    ++sequenced;
    rows.put(Key(Table{0xf1}).number(index), std::string(entry));
  }
  void durable(CommitIndex size) override {
    REQUIRE(size > told);
    told = size;
  }
  void abandoned(CommitIndex size) override { sequenced = size; }

  CommitIndex sequenced = 0;
  CommitIndex told = 0;
};

Key row(std::uint64_t number) { return Key(table).number(number); }

}  // namespace

TEST_CASE("a transaction that read what another changed is aborted and writes nothing", "[store]") {
  SystemEntropy entropy;
  const auto store = memory_store(entropy);
  Entries entries;
  store->set_sequencer(entries);

  const auto late = store->begin();
  REQUIRE(late->find(row(1)).ok());  // absent, and that is read, too
  late->put(row(2), "late");
  late->append("late");
  const auto early = store->begin();
  early->put(row(1), "early");
  early->append("early");
  const auto before = store->snapshot();
  REQUIRE(*early->commit() == 0);

  CHECK(late->commit().status().code() == Code::Aborted);
  CHECK(*store->snapshot()->find(row(2)) == std::nullopt);
  CHECK(*store->snapshot()->find(row(1)) == "early");
  CHECK(*before->find(row(1)) == std::nullopt);
  CHECK(store->size() == 1);
  CHECK(entries.told == 1);
}

TEST_CASE("many writers' commits are dense and each is told before it returns", "[store]") {
  SystemEntropy entropy;
  const auto store = memory_store(entropy);
  Entries entries;
  store->set_sequencer(entries);
  std::vector<std::thread> writers;
  for (std::uint64_t writer = 0; writer < 8; ++writer) {
    writers.emplace_back([&, writer] {
      for (std::uint64_t i = 0; i < 200; ++i) {
        const auto transaction = store->begin();
        transaction->put(row(writer * 1'000 + i), "value");
        transaction->append("entry");
        if (!transaction->commit().ok()) std::abort();
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  CHECK(store->size() == 1'600);
  CHECK(entries.told == 1'600);
  std::size_t rows = 0;
  const auto snapshot = store->snapshot();
  for (auto cursor = snapshot->scan(Key(table)); cursor->valid(); cursor->next()) {
    REQUIRE(*cursor->value() == "value");
    ++rows;
  }
  CHECK(rows == 1'600);
}

}  // namespace entente::store
