// Durable commits by many writers: sealed, validated, each with its entry in the ledger; beside
// RocksDB's own synced puts of the same value, alternating in one run. Prints `name value unit`.
//
//   commits [--dir DIR] [--writers 64] [--seconds 2] [--rounds 5] [--value-bytes 300]
#include <rocksdb/db.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "proto/contract/clock.h"
#include "server/ledger/tree_ledger.h"
#include "server/store/rocks_store.h"

namespace {

using namespace entente;

struct Settings {
  std::filesystem::path dir = std::filesystem::temp_directory_path();
  std::size_t writers = 64;
  double seconds = 2;
  std::size_t rounds = 5;
  std::size_t value_bytes = 300;
};

Settings parse(int count, char** arguments) {
  Settings settings;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = arguments[i];
    const char* value = arguments[i + 1];
    if (name == "--dir") settings.dir = value;
    if (name == "--writers") settings.writers = std::strtoul(value, nullptr, 10);
    if (name == "--seconds") settings.seconds = std::strtod(value, nullptr);
    if (name == "--rounds") settings.rounds = std::strtoul(value, nullptr, 10);
    if (name == "--value-bytes") settings.value_bytes = std::strtoul(value, nullptr, 10);
  }
  return settings;
}

// Calls `act(writer, i)` from every writer until the time is over; calls a second.
double rate(const Settings& settings, const std::function<void(std::size_t, std::uint64_t)>& act) {
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> done = 0;
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> writers;
  for (std::size_t writer = 0; writer < settings.writers; ++writer) {
    writers.emplace_back([&, writer] {
      std::uint64_t mine = 0;
      for (; !stop; ++mine) act(writer, mine);
      done += mine;
    });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(settings.seconds));
  stop = true;
  for (std::thread& writer : writers) writer.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return static_cast<double>(done) / took.count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void must(bool ok, const std::string& why) {
  if (ok) return;
  std::fprintf(stderr, "commits: %s\n", why.c_str());
  std::exit(1);
}

}  // namespace

int main(int count, char** arguments) {
  const Settings settings = parse(count, arguments);
  std::string folder = (settings.dir / "entente-commits-XXXXXX").string();
  must(mkdtemp(folder.data()) != nullptr, "no folder in " + settings.dir.string());

  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  rocksdb::DB* opened = nullptr;
  must(rocksdb::DB::Open(options, folder + "/peer", &opened).ok(), "the peer does not open");
  const std::unique_ptr<rocksdb::DB> peer(opened);

  SystemClock clock;
  SystemEntropy entropy;
  store::RocksStoreOptions store_options{
      .dir = folder + "/store", .create = true, .block_cache_bytes = 64U << 20, .on_event = {}};
  const store::RootKey root{.kind = store::RootKey::Kind::Raw,
                            .secret = Secret(entropy.bytes(store::root_key_bytes)),
                            .stretching = {}};
  auto store = store::RocksStore::open(store_options, root, entropy);
  must(store.ok(), std::string(store.status().message()));
  auto ledger = ledger::TreeLedger::open(**store, clock, entropy);
  must(ledger.ok(), std::string(ledger.status().message()));
  (*store)->set_sequencer(**ledger);

  const std::string value(settings.value_bytes, 'v');
  std::uint64_t round = 0;
  const auto key = [&](std::size_t writer, std::uint64_t i) {
    return store::Key(store::Table{0xf0})
        .number(round * 64 + writer)
        .number(i * 0x9e3779b97f4a7c15);
  };
  std::vector<double> peers;
  std::vector<double> ours;
  std::vector<double> ratios;
  for (; round < settings.rounds; ++round) {
    rocksdb::WriteOptions synced;
    synced.sync = true;
    peers.push_back(rate(settings, [&](std::size_t writer, std::uint64_t i) {
      must(peer->Put(synced, key(writer, i).bytes(), value).ok(), "a put failed");
    }));
    ours.push_back(rate(settings, [&](std::size_t writer, std::uint64_t i) {
      const auto transaction = (*store)->begin();
      transaction->put(key(writer, i), value);
      ledger::Act act;
      act.account = "parties/SWE/accounts/anna";
      act.party = "parties/SWE";
      act.kind = "directory.person.update";
      act.object = "persons/0123456789abcdef0123456789abcdef";
      act.revision = i;
      (*ledger)->record(*transaction, act);
      must(transaction->commit().ok(), "a commit failed");
    }));
    ratios.push_back(ours.back() / peers.back());
    std::printf("# round %zu: peer %.0f, store %.0f, ratio %.2f\n", static_cast<std::size_t>(round),
                peers.back(), ours.back(), ratios.back());
    std::fflush(stdout);
  }
  std::printf("rocksdb_synced_puts %.0f per_second\n", median(peers));
  std::printf("store_commits %.0f per_second\n", median(ours));
  std::printf("store_commits_to_rocksdb_puts %.3f ratio\n", median(ratios));
  std::printf("store_commits_writers %zu threads\n", settings.writers);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return 0;
}
