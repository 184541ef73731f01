// Killed (kill -9) under eight writers while its key rotates, a hundred times over one store.
#include "tests/store/kill.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <thread>

#include "tests/support/seed.h"

namespace entente::store {
namespace {

struct Killed {
  std::string said;
  int status = 0;
};

// Runs the writer, kills it `after_ms` after its first acknowledgement.
Killed run_and_kill(const std::filesystem::path& dir, std::uint64_t round, unsigned after_ms) {
  int pipe_ends[2] = {-1, -1};
  REQUIRE(pipe(pipe_ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    dup2(pipe_ends[1], STDOUT_FILENO);
    close(pipe_ends[0]);
    execl(STORE_WRITER, STORE_WRITER, dir.c_str(), std::to_string(round).c_str(), nullptr);
    _exit(127);
  }
  close(pipe_ends[1]);
  Killed killed;
  std::thread killer;
  char bytes[4096];
  for (;;) {
    const ssize_t got = read(pipe_ends[0], bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    killed.said.append(bytes, static_cast<std::size_t>(got));
    if (!killer.joinable()) {
      killer = std::thread([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(after_ms));
        ::kill(child, SIGKILL);
      });
    }
  }
  if (killer.joinable()) killer.join();
  close(pipe_ends[0]);
  waitpid(child, &killed.status, 0);
  return killed;
}

// index -> "writer number"
using Acknowledged = std::map<CommitIndex, std::string>;

void collect(const std::string& said, Acknowledged& acknowledged) {
  std::istringstream lines(said.substr(0, said.rfind('\n') + 1));
  std::uint64_t writer = 0;
  std::uint64_t number = 0;
  CommitIndex index = 0;
  while (lines >> writer >> number >> index) {
    REQUIRE(acknowledged.emplace(index, kill::value(writer, number)).second);
  }
}

// Commits at and above `from`: acknowledged ones are there, each is whole, and no row is without
// its entry.
void check(Store& store, const Acknowledged& acknowledged, CommitIndex from) {
  const auto snapshot = store.snapshot();
  for (CommitIndex index = from; index < store.size(); ++index) {
    const auto entry = snapshot->find(Entries::row(index));
    REQUIRE(entry.ok());
    REQUIRE(entry->has_value());
    const auto said = acknowledged.find(index);
    if (said != acknowledged.end()) REQUIRE(**entry == said->second);
    std::uint64_t writer = 0;
    std::uint64_t number = 0;
    std::istringstream(**entry) >> writer >> number;
    REQUIRE(*snapshot->find(kill::row(writer, number)) == **entry);
    REQUIRE(*snapshot->find(kill::twin(writer, number)) == **entry);
  }
  REQUIRE((acknowledged.empty() || acknowledged.rbegin()->first < store.size()));
  REQUIRE(*snapshot->find(Entries::row(store.size())) == std::nullopt);
}

std::size_t count(Store& store, Table table) {
  std::size_t rows = 0;
  const auto snapshot = store.snapshot();
  const auto cursor = snapshot->scan(Key(table));
  for (; cursor->valid(); cursor->next()) ++rows;
  REQUIRE(cursor->status().ok());
  return rows;
}

}  // namespace

TEST_CASE("killed a hundred times under eight writers, it keeps what it acknowledged",
          "[store][endure]") {
  const char* wanted = std::getenv("ENTENTE_KILLS");
  const std::uint64_t kills = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 100;
  const TemporaryFolder folder;
  const std::filesystem::path dir = folder.path() / "store";
  const auto seed = testing::seed_of_this_run();
  std::cout << "kills: seed " << seed << "\n";
  std::mt19937 random(seed);
  SystemEntropy entropy;
  Acknowledged acknowledged;
  CommitIndex size = 0;
  double slowest = 0;
  std::size_t unacknowledged = 0;
  for (std::uint64_t round = 0; round < kills; ++round) {
    INFO("round " << round << ", seed " << seed);
    const std::size_t before = acknowledged.size();
    const Killed killed = run_and_kill(dir, round, static_cast<unsigned>(random() % 120));
    REQUIRE(WIFSIGNALED(killed.status));
    collect(killed.said, acknowledged);

    const auto start = std::chrono::steady_clock::now();
    const auto store = RocksStore::open(kill::options(dir), test_root_key(), entropy);
    REQUIRE(store.ok());
    REQUIRE((*store)->snapshot()->find(Entries::row(0)).ok());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    slowest = std::max(slowest, took.count());
    check(**store, acknowledged, size);
    unacknowledged += ((*store)->size() - size) - (acknowledged.size() - before);
    size = (*store)->size();
  }
  const auto store = *RocksStore::open(kill::options(dir), test_root_key(), entropy);
  check(*store, acknowledged, 0);
  CHECK(count(*store, Table{0xf0}) == size);
  CHECK(count(*store, Table{0xf2}) == size);
  const auto report = store->check({});
  REQUIRE(report.ok());
  CHECK(report->faulty == 0);
  CHECK(report->orphaned == 0);
  REQUIRE(store->reseal().ok());
  std::cout << "kills: " << kills << ", " << acknowledged.size() << " commits acknowledged, "
            << unacknowledged << " there unacknowledged, slowest opening to first look-up "
            << slowest << " s\n";
}

}  // namespace entente::store
