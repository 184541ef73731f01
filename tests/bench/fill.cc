// Fills a network's store with rows that nobody asks for, each committed durably with its entry in
// the ledger, until it holds as much as is wanted: what a start must not have to read.
//
//   bench_fill STORE-FOLDER ROOT-KEY-FILE MIB
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "proto/contract/clock.h"
#include "server/ledger/tree_ledger.h"
#include "server/store/rocks_store.h"
#include "server/store/root_key.h"

namespace {

using namespace entente;

constexpr std::size_t value_bytes = 4096;
constexpr std::size_t writers = 32;

int fill(const char* folder, const char* key_file, std::uint64_t rows) {
  SystemClock clock;
  SystemEntropy entropy;
  const auto root = store::root_key_from_file(key_file);
  if (!root.ok()) return 1;
  auto store = store::RocksStore::open(
      {.dir = folder, .create = false, .block_cache_bytes = 64U << 20, .on_event = {}}, *root,
      entropy);
  if (!store.ok()) return 1;
  auto ledger = ledger::TreeLedger::open(**store, clock, entropy);
  if (!ledger.ok()) return 1;
  (*store)->set_sequencer(**ledger);

  const std::string value(value_bytes, 'v');  // Sealed before it is written: it does not compress.
  std::atomic<std::uint64_t> next = 0;
  std::atomic<bool> failed = false;
  std::vector<std::thread> threads;
  for (std::size_t writer = 0; writer < writers; ++writer) {
    threads.emplace_back([&] {
      for (std::uint64_t i = next++; i < rows && !failed; i = next++) {
        const auto transaction = (*store)->begin();
        transaction->put(store::Key(store::Table{0xf0}).number(i * 0x9e3779b97f4a7c15), value);
        ledger::Act act;
        act.account = "parties/SWE/accounts/anna";
        act.party = "parties/SWE";
        act.kind = "bench.fill";
        act.object = "persons/0123456789abcdef0123456789abcdef";
        act.revision = i;
        (*ledger)->record(*transaction, act);
        if (!transaction->commit().ok()) failed = true;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return failed ? 1 : 0;
}

}  // namespace

int main(int count, char** words) {
  const std::uint64_t mib = count == 4 ? std::strtoull(words[3], nullptr, 10) : 0;
  if (mib == 0) {
    std::fputs("bench_fill STORE-FOLDER ROOT-KEY-FILE MIB\n", stderr);
    return 2;
  }
  const int status = fill(words[1], words[2], (mib << 20) / value_bytes);
  if (status != 0) std::fputs("bench_fill: the store does not open or take rows\n", stderr);
  return status;
}
