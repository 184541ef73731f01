// Disks that fail, fill and lie: what was acknowledged stays, what was not is absent or whole, and
// no value is ever wrong.
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iostream>
#include <random>
#include <set>
#include <string>
#include <thread>

#include "proto/contract/limits.h"
#include "server/store/backup.h"
#include "server/store/files.h"
#include "server/store/manifest.h"
#include "server/store/rocks_engine.h"
#include "tests/store/faulty_files.h"
#include "tests/store/stores.h"
#include "tests/support/seed.h"

namespace entente::store {
namespace {

constexpr Table table{0xf0};
constexpr Table twin_table{0xf2};
Key row(std::uint64_t number) { return Key(table).number(number); }
Key twin(std::uint64_t number) { return Key(twin_table).number(number); }

// One commit of two rows, which must be there together or not at all.
Status put(Store& store, std::uint64_t number) {
  const auto transaction = store.begin();
  transaction->put(row(number), "value " + std::to_string(number));
  transaction->put(twin(number), "value " + std::to_string(number));
  transaction->append(std::to_string(number));
  return transaction->commit().status();
}

struct Outcome {
  std::set<std::uint64_t> acknowledged;
  std::set<std::uint64_t> tried;
};

// Everything that must hold of a store after whatever happened to it.
void check_whole(Store& store, const Outcome& outcome) {
  const auto snapshot = store.snapshot();
  std::set<std::uint64_t> there;
  for (const std::uint64_t number : outcome.tried) {
    const auto one = snapshot->find(row(number));
    const auto other = snapshot->find(twin(number));
    REQUIRE(one.ok());
    REQUIRE(other.ok());
    REQUIRE(*one == *other);
    if (*one) {
      REQUIRE(**one == "value " + std::to_string(number));
      there.insert(number);
    }
    if (outcome.acknowledged.contains(number)) REQUIRE(there.contains(number));
  }
  // Exactly one entry for each, at dense indexes.
  REQUIRE(store.size() == there.size());
  std::set<std::uint64_t> entries;
  for (CommitIndex i = 0; i < store.size(); ++i) {
    const auto entry = snapshot->find(Entries::row(i));
    REQUIRE(entry.ok());
    REQUIRE(entry->has_value());
    entries.insert(std::stoull(**entry));
  }
  REQUIRE(entries == there);
  REQUIRE(*snapshot->find(Entries::row(store.size())) == std::nullopt);
}

Result<std::unique_ptr<RocksStore>> open_on(const RocksStoreOptions& options, Entropy& entropy,
                                            Faults& faults) {
  std::filesystem::create_directories(options.dir);
  return RocksStore::open(options, test_root_key(), entropy, [&] {
    return RocksEngine::open({.dir = options.dir,
                              .block_cache_bytes = options.block_cache_bytes,
                              .on_event = {},
                              .file_system = std::make_shared<FaultyFiles>(faults)});
  });
}

// A journey of some commits during which calls fail from the n-th on; then the disk is well again.
Outcome journey(std::uint64_t n, std::uint64_t more, Faults::Kind kind, std::uint64_t& calls) {
  const TemporaryFolder folder;
  SystemEntropy entropy;
  const RocksStoreOptions options = rocks_at(folder.path());
  Faults faults;
  faults.arm(n, more, kind);
  auto opened = open_on(options, entropy, faults);
  if (!opened.ok()) {
    REQUIRE_FALSE(opened.status().message().empty());
    faults.disarm();
    opened = open_on(options, entropy, faults);
    REQUIRE(opened.ok());
  }
  Outcome outcome;
  {
    Entries entries((*opened)->size());
    (*opened)->set_sequencer(entries);
    for (std::uint64_t number = 0; number < 12; ++number) {
      outcome.tried.insert(number);
      if (put(**opened, number).ok()) outcome.acknowledged.insert(number);
      if (number == 6) static_cast<void>((*opened)->compact());
    }
    calls = faults.calls();
    faults.disarm();
    // It serves again without being reopened by hand.
    outcome.tried.insert(100);
    REQUIRE(put(**opened, 100).ok());
    outcome.acknowledged.insert(100);
    REQUIRE(entries.told == (*opened)->size());
    REQUIRE(entries.sequenced == (*opened)->size());
    REQUIRE((*opened)->health().writable);
    check_whole(**opened, outcome);
    opened = Status(Code::Unavailable, Reason::None, "closed");
  }
  const auto again = RocksStore::open(options, test_root_key(), entropy);
  REQUIRE(again.ok());
  check_whole(**again, outcome);
  return outcome;
}

void flip(const std::filesystem::path& path, std::uint64_t bit) {
  std::string bytes = *read_whole(path, 256U << 20);
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// Opens a damaged copy and reads all. Whether it was found out.
bool found_out(const RocksStoreOptions& options, std::uint64_t rows) {
  SystemEntropy entropy;
  const auto opened = RocksStore::open(options, test_root_key(), entropy);
  if (!opened.ok()) return true;
  bool data_loss = false;
  bool missing = false;
  const auto snapshot = (*opened)->snapshot();
  for (std::uint64_t number = 0; number < rows; ++number) {
    const auto found = snapshot->find(row(number));
    if (!found.ok()) {
      REQUIRE(found.status().code() == Code::DataLoss);
      data_loss = true;
    } else if (!found->has_value()) {
      missing = true;
    } else {
      REQUIRE(**found == "value " + std::to_string(number));  // never a wrong one
    }
  }
  if (missing) {
    // Not silently: the head knows better.
    REQUIRE((*opened)->behind_head() > 0);
    REQUIRE_FALSE((*opened)->health().writable);
  }
  return data_loss || missing;
}

// Some rows in tables, some in the log; the head at the end.
std::uint64_t prepare(const RocksStoreOptions& options) {
  SystemEntropy entropy;
  Entries entries;
  const auto store = *RocksStore::open(options, test_root_key(), entropy);
  store->set_sequencer(entries);
  std::uint64_t number = 0;
  for (; number < 60; ++number) REQUIRE(put(*store, number).ok());
  REQUIRE(store->compact().ok());
  for (; number < 100; ++number) REQUIRE(put(*store, number).ok());
  REQUIRE(store->head().record(store->size(), "note").ok());
  return number;
}

class Mount {
 public:
  Mount(std::filesystem::path path, const char* options) : path_(std::move(path)) {
    std::filesystem::create_directories(path_);
    mounted_ = mount("tmpfs", path_.c_str(), "tmpfs", 0, options) == 0;
  }
  ~Mount() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;
  [[nodiscard]] bool ok() const { return mounted_; }

 private:
  std::filesystem::path path_;
  bool mounted_ = false;
};

// A file that leaves `left` bytes free.
void fill(const std::filesystem::path& dir, std::uint64_t left) {
  const std::uint64_t space = std::filesystem::space(dir).available;
  const File file(open((dir / "filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  REQUIRE(posix_fallocate(file.get(), 0, static_cast<off_t>(space - left)) == 0);
}

}  // namespace

TEST_CASE("whichever call fails, nothing acknowledged is lost and it serves again",
          "[store][faults]") {
  std::uint64_t calls = 0;
  REQUIRE(journey(1'000'000, 0, Faults::Kind::Io, calls).acknowledged.size() == 13);
  REQUIRE(calls > 50);
  std::size_t journeys = 0;
  std::size_t refused = 0;
  for (std::uint64_t n = 1; n <= calls; n += 3) {
    std::uint64_t ignored = 0;
    const std::uint64_t more = n % 2 == 0 ? 0 : 5;
    const Faults::Kind kind = n % 5 == 0 ? Faults::Kind::NoSpace : Faults::Kind::Io;
    INFO("call " << n << " and " << more << " more");
    const Outcome outcome = journey(n, more, kind, ignored);
    ++journeys;
    refused += outcome.tried.size() - outcome.acknowledged.size();
  }
  std::cout << "faults: " << journeys << " journeys of " << calls << " calls, " << refused
            << " commits not acknowledged\n";
  CHECK(refused > 0);
}

TEST_CASE("reading beside a failed write gets an answer or a typed error", "[store][faults]") {
  const TemporaryFolder folder;
  SystemEntropy entropy;
  Faults faults;
  Entries entries;
  const auto store = *open_on(rocks_at(folder.path()), entropy, faults);
  store->set_sequencer(entries);
  REQUIRE(put(*store, 1).ok());
  const auto snapshot = store->snapshot();
  const auto cursor = snapshot->scan(Key(table));
  const auto transaction = store->begin();
  REQUIRE(transaction->find(row(1)).ok());

  faults.arm(1, 0, Faults::Kind::Io);
  CHECK_FALSE(put(*store, 2).ok());
  faults.disarm();
  // The database was closed and reopened under them.
  CHECK(snapshot->find(row(1)).status().code() == Code::Unavailable);
  CHECK(*cursor->value() == "value 1");
  cursor->next();
  CHECK_FALSE(cursor->valid());
  CHECK(cursor->status().code() == Code::Unavailable);
  CHECK(*store->snapshot()->find(row(1)) == "value 1");
  // What it had read still holds, so it may commit.
  transaction->put(row(3), "value 3");
  transaction->append("3");
  CHECK(transaction->commit().ok());
}

TEST_CASE("while the disk stays broken nothing is acknowledged, and the store says so",
          "[store][faults]") {
  const TemporaryFolder folder;
  SystemEntropy entropy;
  Faults faults;
  Entries entries;
  const auto store = *open_on(rocks_at(folder.path()), entropy, faults);
  store->set_sequencer(entries);
  REQUIRE(put(*store, 1).ok());
  faults.arm(1, 1'000'000, Faults::Kind::Io);
  for (std::uint64_t number = 2; number < 6; ++number) {
    CHECK(put(*store, number).code() == Code::Unavailable);
  }
  CHECK_FALSE(store->health().writable);
  CHECK_FALSE(store->health().why_not.empty());
  CHECK(store->snapshot()->find(row(1)).status().code() == Code::Unavailable);
  CHECK(store->size() == 1);
  CHECK(entries.told == 1);
  faults.disarm();
  // By itself, without a commit that would try.
  for (int i = 0; i < 100 && !store->health().writable; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  CHECK(store->health().writable);
  CHECK(*store->snapshot()->find(row(1)) == "value 1");
  CHECK(put(*store, 7).ok());
  check_whole(*store, {.acknowledged = {1, 7}, .tried = {1, 2, 3, 4, 5, 7}});
}

TEST_CASE("a full disk refuses writes, reads on, and writes again when there is room",
          "[store][faults]") {
  const TemporaryFolder folder;
  SystemEntropy entropy;
  const std::filesystem::path disk = folder.path() / "disk";
  const Mount mount(disk, "size=320m");
  if (!mount.ok()) {
    WARN("SKIPPED: a small file system cannot be mounted here (not root?)");
    return;
  }
  const RocksStoreOptions options = rocks_at(disk);
  Outcome outcome;
  const auto try_put = [&](Store& store, std::uint64_t number) {
    outcome.tried.insert(number);
    const Status status = put(store, number);
    if (status.ok()) outcome.acknowledged.insert(number);
    return status;
  };
  {
    Entries entries;
    const auto store = *RocksStore::open(options, test_root_key(), entropy);
    store->set_sequencer(entries);
    REQUIRE(std::filesystem::file_size(options.dir / "ballast") == limits::ballast_bytes);
    REQUIRE(try_put(*store, 1).ok());
    for (std::uint64_t round = 0; round < 3; ++round) {
      fill(disk, round == 1 ? 0 : 100U << 20);
      const Status refused = try_put(*store, 10 + round);
      CHECK(refused.code() == Code::ResourceExhausted);
      CHECK(refused.reason() == Reason::StoreReadOnly);
      CHECK_FALSE(store->health().writable);
      CHECK(*store->snapshot()->find(row(1)) == "value 1");
      std::filesystem::remove(disk / "filler");
      CHECK(try_put(*store, 20 + round).ok());
      CHECK(store->health().writable);
    }
    fill(disk, 0);
  }
  {
    // Opened on the full disk, at the price of the ballast.
    const auto store = RocksStore::open(options, test_root_key(), entropy);
    REQUIRE(store.ok());
    Entries entries((*store)->size());
    (*store)->set_sequencer(entries);
    check_whole(**store, outcome);
    CHECK_FALSE((*store)->health().writable);
    CHECK(try_put(**store, 30).code() == Code::ResourceExhausted);
    std::filesystem::remove(disk / "filler");
    CHECK(try_put(**store, 31).ok());
    for (int i = 0; i < 100 && !std::filesystem::exists(options.dir / "ballast"); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    CHECK(std::filesystem::exists(options.dir / "ballast"));
    check_whole(**store, outcome);
  }
}

TEST_CASE("no flipped bit in any file of the database gives a wrong answer or loses silently",
          "[store][corruption]") {
  const TemporaryFolder folder;
  const RocksStoreOptions options = rocks_at(folder.path());
  const std::uint64_t rows = prepare(options);
  std::filesystem::remove(options.dir / "ballast");
  const auto seed = testing::seed_of_this_run();
  std::cout << "corruption: seed " << seed << "\n";
  std::mt19937_64 random(seed);
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(options.dir / "rows")) {
    if (entry.file_size() > 0) files.push_back(entry.path().filename());
  }
  REQUIRE(files.size() >= 5);
  std::size_t tried = 0;
  std::size_t found = 0;
  for (const std::filesystem::path& file : files) {
    const std::uint64_t bits = std::filesystem::file_size(options.dir / "rows" / file) * 8;
    for (int i = 0; i < 12; ++i) {
      const std::uint64_t bit = random() % bits;
      INFO("bit " << bit << " of " << file << ", seed " << seed);
      RocksStoreOptions copy = options;
      copy.dir = folder.path() / "copy";
      std::filesystem::remove_all(copy.dir);
      std::filesystem::copy(options.dir, copy.dir, std::filesystem::copy_options::recursive);
      flip(copy.dir / "rows" / file, bit);
      ++tried;
      if (found_out(copy, rows)) ++found;
    }
  }
  std::cout << "corruption: " << tried << " bits flipped, " << found << " found out, the others "
            << "without effect\n";
  CHECK(found > 0);
}

// Where the records of a list of files that is whole begin.
std::vector<std::size_t> records_of(std::string_view manifest) {
  std::vector<std::size_t> begins;
  const auto octet = [&](std::size_t at) { return static_cast<unsigned char>(manifest[at]); };
  for (std::size_t at = 0; at + 7 <= manifest.size();
       at += 7UL + octet(at + 4) + 256UL * octet(at + 5)) {
    begins.push_back(at);
  }
  return begins;
}

TEST_CASE("a wrong length in the list of files is no crash that broke off its end",
          "[store][corruption]") {
  const TemporaryFolder folder;
  const RocksStoreOptions options = rocks_at(folder.path());
  const std::uint64_t rows = prepare(options);
  std::filesystem::remove(options.dir / "ballast");
  std::filesystem::path name;
  for (const auto& entry : std::filesystem::directory_iterator(options.dir / "rows")) {
    if (entry.path().filename().string().starts_with("MANIFEST-")) name = entry.path().filename();
  }
  const std::string whole = *read_whole(options.dir / "rows" / name, 1U << 20);
  // What a crash leaves is none.
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    CAPTURE(size);
    REQUIRE(check_manifest(whole.substr(0, size)).ok());
  }
  const std::vector<std::size_t> records = records_of(whole);
  REQUIRE(records.size() >= 3);
  std::size_t looked_unfinished = 0;
  for (const std::size_t at : records) {
    for (std::size_t bit = (at + 4) * 8; bit < (at + 7) * 8; ++bit) {  // its length, its type
      CAPTURE(name, bit);
      RocksStoreOptions copy = options;
      copy.dir = folder.path() / "copy";
      std::filesystem::remove_all(copy.dir);
      std::filesystem::copy(options.dir, copy.dir, std::filesystem::copy_options::recursive);
      flip(copy.dir / "rows" / name, bit);
      if (!check_manifest(*read_whole(copy.dir / "rows" / name, 1U << 20)).ok())
        ++looked_unfinished;
      REQUIRE(found_out(copy, rows));
      SystemEntropy entropy;  // nor does the reader beside a daemon go round for ever
      if (bit == (at + 6) * 8 + 2)
        REQUIRE(fsck_folder(copy, test_root_key(), entropy, {}).status().code() == Code::DataLoss);
    }
  }
  CHECK(looked_unfinished >= records.size());
}

TEST_CASE("a wrong length at the end of a log is no crash, though another log goes on behind it",
          "[store][corruption]") {
  const TemporaryFolder folder;
  const RocksStoreOptions options = rocks_at(folder.path());
  constexpr std::uint64_t commits = 20;
  {
    SystemEntropy entropy;
    Entries entries;
    const auto store = *RocksStore::open(options, test_root_key(), entropy);
    store->set_sequencer(entries);
    for (std::uint64_t number = 0; number < commits; ++number) REQUIRE(put(*store, number).ok());
    REQUIRE(store->head().record(store->size(), "note").ok());
  }
  std::filesystem::remove(options.dir / "ballast");
  std::filesystem::path log;
  for (const auto& entry : std::filesystem::directory_iterator(options.dir / "rows")) {
    if (entry.path().extension() == ".log" && entry.file_size() > 1'000) log = entry.path();
  }
  const std::string whole = *read_whole(log, 32 * 1024);  // one block: its records stand anywhere
  // As a crash leaves them while the rows of the first are on their way into a table.
  const std::vector<std::size_t> records = records_of(whole);
  REQUIRE(records.size() >= commits);
  const std::size_t cut = records[records.size() / 2];
  const auto write = [](const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  };
  write(log, whole.substr(0, cut));
  write(log.parent_path() / "000900.log", whole.substr(cut));
  const auto with_flipped = [&](std::size_t bit) {
    RocksStoreOptions copy = options;
    copy.dir = folder.path() / "copy";
    std::filesystem::remove_all(copy.dir);
    std::filesystem::copy(options.dir, copy.dir, std::filesystem::copy_options::recursive);
    if (bit != 0) flip(copy.dir / "rows" / log.filename(), bit);
    return copy;
  };
  REQUIRE_FALSE(found_out(with_flipped(0), commits));
  for (std::size_t i = records.size() / 2 - 3; i < records.size() / 2; ++i) {
    for (std::size_t bit = (records[i] + 4) * 8; bit < (records[i] + 7) * 8; ++bit) {
      CAPTURE(log, bit);
      REQUIRE(found_out(with_flipped(bit), commits));
    }
  }
}

TEST_CASE("a record that says it is of an older log is damage, wherever it stands",
          "[store][corruption]") {
  const TemporaryFolder folder;
  const RocksStoreOptions options = rocks_at(folder.path());
  {
    SystemEntropy entropy;
    Entries entries;
    const auto store = *RocksStore::open(options, test_root_key(), entropy);
    store->set_sequencer(entries);
    for (std::uint64_t number = 0; number < 300; ++number) REQUIRE(put(*store, number).ok());
  }
  std::filesystem::path log;
  for (const auto& entry : std::filesystem::directory_iterator(options.dir / "rows")) {
    if (entry.path().extension() == ".log" && entry.file_size() > 1'000) log = entry.path();
  }
  const std::string whole = *read_whole(log, 1U << 20);
  REQUIRE(whole.size() > 64 * 1024);  // three blocks
  REQUIRE(check_logs_in(options.dir / "rows").ok());
  const std::vector<std::size_t> records = records_of(std::string_view(whole).substr(0, 32 * 1024));
  for (const std::size_t at : {records.front(), records[records.size() / 2]}) {
    flip(log, (at + 6) * 8 + 2);
    CHECK(check_logs_in(options.dir / "rows").code() == Code::DataLoss);
    flip(log, (at + 6) * 8 + 2);
  }
  REQUIRE(check_logs_in(options.dir / "rows").ok());
}

TEST_CASE("a log cut short anywhere is found out by the head", "[store][corruption]") {
  const TemporaryFolder folder;
  const RocksStoreOptions options = rocks_at(folder.path());
  const std::uint64_t rows = prepare(options);
  std::filesystem::remove(options.dir / "ballast");
  std::size_t cuts = 0;
  for (const auto& entry : std::filesystem::directory_iterator(options.dir / "rows")) {
    if (entry.path().extension() != ".log" || entry.file_size() < 1'000) continue;
    for (std::uint64_t bytes = 0; bytes < entry.file_size(); bytes += entry.file_size() / 10) {
      RocksStoreOptions copy = options;
      copy.dir = folder.path() / "copy";
      std::filesystem::remove_all(copy.dir);
      std::filesystem::copy(options.dir, copy.dir, std::filesystem::copy_options::recursive);
      std::filesystem::resize_file(copy.dir / "rows" / entry.path().filename(), bytes);
      REQUIRE(found_out(copy, rows));
      ++cuts;
    }
  }
  CHECK(cuts >= 10);
}

}  // namespace entente::store
