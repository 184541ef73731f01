// Commits until it is killed: eight writers on the store in the folder given, each commit of two
// rows and its entry; beside them the network's key rotates. Says each acknowledged commit on
// standard output, `writer number index`, in one write. Driven by kill_test.cc.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "tests/store/kill.h"

int main(int count, char** arguments) {
  using namespace entente;
  using namespace entente::store;
  if (count != 3) return 2;
  const std::uint64_t round = std::strtoull(arguments[2], nullptr, 10);
  SystemEntropy entropy;
  const auto store = RocksStore::open(kill::options(arguments[1]), test_root_key(), entropy);
  if (!store.ok()) {
    std::fprintf(stderr, "store_writer: %s\n", std::string(store.status().message()).c_str());
    return 1;
  }
  Entries entries((*store)->size());
  (*store)->set_sequencer(entries);
  std::vector<std::thread> threads;
  for (std::uint64_t writer = 0; writer < kill::writers; ++writer) {
    threads.emplace_back([&, writer] {
      for (std::uint64_t i = 0;; ++i) {
        const std::uint64_t number = round * kill::numbers_a_round + i;
        const auto transaction = (*store)->begin();
        transaction->put(kill::row(writer, number), kill::value(writer, number));
        transaction->put(kill::twin(writer, number), kill::value(writer, number));
        transaction->append(kill::value(writer, number));
        const Result<CommitIndex> index = transaction->commit();
        if (!index.ok()) _exit(3);
        const std::string line = kill::value(writer, number) + " " + std::to_string(*index) + "\n";
        if (write(STDOUT_FILENO, line.data(), line.size()) < 0) _exit(4);
      }
    });
  }
  threads.emplace_back([&] {
    for (;; std::this_thread::sleep_for(std::chrono::milliseconds(10))) {
      if (!(*store)->rotate_seal({}).ok() || !(*store)->reseal().ok()) _exit(5);
    }
  });
  for (std::thread& thread : threads) thread.join();
  return 0;
}
