// A ledger over a store in memory, with a clock that the test owns.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proto/contract/clock.h"
#include "server/ledger/tree_ledger.h"
#include "server/store/memory_store.h"

namespace entente::ledger::test {

class TestClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] Tick tick() const override { return Tick(now_.time_since_epoch().count()); }
  void set(Instant now) { now_ = now; }
  void advance(std::chrono::microseconds by) { now_ += by; }

 private:
  Instant now_ = parse_rfc3339("2026-11-23T08:00:00Z").value();
};

inline constexpr store::Table test_table{0xf0};

struct LedgerFixture {
  explicit LedgerFixture(std::function<Status()> before_write = {})
      : store(store::memory_store(entropy, std::move(before_write))) {
    reopen();
  }

  // The store as it is, under a ledger made anew.
  void reopen() {
    Result<std::unique_ptr<TreeLedger>> opened = TreeLedger::open(*store, clock, entropy);
    REQUIRE(opened.ok());
    ledger = *std::move(opened);
    store->set_sequencer(*ledger);
  }

  static Act act_on(const std::string& object) {
    Act act;
    act.account = "parties/SWE/accounts/anna";
    act.party = "SWE";
    act.session = "s-1";
    act.kind = "test.put";
    act.object = object;
    act.revision = 1;
    act.audience = 1;
    return act;
  }

  Result<store::CommitIndex> try_commit(const Act& act) {
    const auto transaction = store->begin();
    transaction->put(store::Key(test_table).number(0), act.object);
    ledger->record(*transaction, act);
    return transaction->commit();
  }

  std::uint64_t commit(const Act& act) {
    const Result<store::CommitIndex> index = try_commit(act);
    REQUIRE(index.ok());
    return *index;
  }

  void grow_to(std::uint64_t size) {
    while (ledger->size() < size) commit(act_on("object/" + std::to_string(ledger->size())));
  }

  TestClock clock;
  SystemEntropy entropy;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<TreeLedger> ledger;
};

}  // namespace entente::ledger::test
