// Large values: written once beside the database, and gone from the disk once nothing refers to it.
#include "server/store/large_values.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "proto/contract/limits_store.h"
#include "server/store/backup.h"
#include "server/store/files.h"
#include "server/store/fsck.h"
#include "server/store/rocks_engine.h"
#include "server/store/seal.h"
#include "tests/store/stores.h"

namespace entente::store {
namespace {

constexpr Table table{0xf0};
constexpr std::size_t large_bytes = 200'000;
Key row(std::uint64_t number) { return Key(table).number(number); }
std::string large(char fill) { return std::string(large_bytes, fill); }

struct Fixture {
  Fixture() { open(); }
  void open() {
    store.reset();
    auto opened = RocksStore::open(options, test_root_key(), entropy);
    REQUIRE(opened.ok());
    store = *std::move(opened);
    entries.emplace(store->size());
    store->set_sequencer(*entries);
  }
  void put(std::uint64_t number, std::optional<std::string> value) {
    const auto transaction = store->begin();
    if (value)
      transaction->put(row(number), *std::move(value), {});
    else
      transaction->erase(row(number));
    transaction->append("entry");
    ENTENTE_CHECK(transaction->commit().ok());
  }
  void stage(std::uint64_t number, std::optional<std::string> value) {
    ENTENTE_CHECK(store->stage({{.key = row(number), .value = std::move(value), .seal = {}}}).ok());
  }
  [[nodiscard]] std::string found(std::uint64_t number) {
    const auto value = store->snapshot()->find(row(number));
    return value.ok() ? value->value_or("none") : std::string(value.status().message());
  }
  // What the files of large values take on the disk.
  [[nodiscard]] std::uint64_t taken() const {
    std::uint64_t bytes = 0;
    for (const std::filesystem::path& file : files()) {
      struct stat now {};
      if (stat(file.c_str(), &now) == 0) bytes += static_cast<std::uint64_t>(now.st_blocks) * 512;
    }
    return bytes;
  }
  [[nodiscard]] std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> files;
    std::error_code none;
    for (const auto& one : std::filesystem::directory_iterator(large_dir(), none)) {
      files.push_back(one.path());
    }
    return files;
  }
  [[nodiscard]] std::filesystem::path large_dir() const {
    return RocksEngine::large_of(options.dir);
  }

  TemporaryFolder folder;
  SystemEntropy entropy;
  RocksStoreOptions options = rocks_at(folder.path());
  std::optional<Entries> entries;
  std::unique_ptr<RocksStore> store;
};

std::uint64_t bytes_in(const std::filesystem::path& dir) {
  std::uint64_t bytes = 0;
  for (const auto& one : std::filesystem::directory_iterator(dir)) {
    if (one.is_regular_file()) bytes += one.file_size();
  }
  return bytes;
}

bool makes_holes(const std::filesystem::path& dir) {
  const File file(open((dir / "hole").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  return write_all(file.get(), large('h'), 0) &&
         fallocate(file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, large_bytes) == 0;
}

}  // namespace

TEST_CASE("a large value is written once, beside the database, staged or committed",
          "[store][large]") {
  Fixture fixture;
  for (std::uint64_t i = 0; i < 20; ++i) fixture.stage(i, large('s'));
  for (std::uint64_t i = 20; i < 25; ++i) fixture.put(i, large('c'));
  fixture.put(25, "small");
  CHECK(bytes_in(RocksEngine::rows_of(fixture.options.dir)) < large_bytes);
  CHECK(bytes_in(fixture.large_dir()) < 25 * (large_bytes + large_bytes / 8));
  for (const bool reopened : {false, true}) {
    if (reopened) fixture.open();
    CHECK(fixture.found(3) == large('s'));
    CHECK(fixture.found(22) == large('c'));
    CHECK(fixture.found(25) == "small");
    const auto snapshot = fixture.store->snapshot();
    std::uint64_t rows = 0;
    const auto cursor = snapshot->scan(Key(table));
    for (; cursor->valid(); cursor->next()) rows += cursor->value()->size() == large_bytes ? 1 : 0;
    CHECK(rows == 25);
    CHECK((*fixture.store->check({})).sound());
  }
}

TEST_CASE("a large value goes from the disk with its row, but not under a reader",
          "[store][large]") {
  Fixture fixture;
  fixture.put(1, large('a'));
  fixture.stage(2, large('b'));
  fixture.put(3, large('c'));
  const std::uint64_t all = fixture.taken();
  REQUIRE(all >= 3 * large_bytes);
  {
    const auto reader = fixture.store->snapshot();
    fixture.put(1, std::nullopt);
    fixture.stage(2, std::nullopt);
    fixture.put(3, large('d'));
    fixture.put(4, "later");
    CHECK(fixture.taken() >= all);
    CHECK(*reader->find(row(1)) == large('a'));
    CHECK(*reader->find(row(2)) == large('b'));
    CHECK(*reader->find(row(3)) == large('c'));
  }
  fixture.put(4, "the reader has gone");
  fixture.put(4, "and who read beside it");
  if (!makes_holes(fixture.folder.path())) return;
  CHECK(fixture.taken() < 2 * large_bytes);
  CHECK(fixture.found(1) == "none");
  CHECK(fixture.found(3) == large('d'));
}

TEST_CASE("another process that reads keeps large values in their places", "[store][large]") {
  Fixture fixture;
  fixture.put(1, large('a'));
  fixture.put(2, large('b'));
  const std::uint64_t all = fixture.taken();
  {
    const auto beside = *RocksReader::open({.dir = fixture.options.dir,
                                            .block_cache_bytes = 8U << 20,
                                            .on_event = {},
                                            .file_system = nullptr});
    fixture.put(1, std::nullopt);
    for (int i = 0; i < 3; ++i) fixture.put(3, "later");
    CHECK(fixture.taken() >= all);
    const auto sealed = beside->get(row(1).bytes());
    REQUIRE(sealed.ok());
    CHECK((*sealed)->size() > large_bytes);
  }
  for (int i = 0; i < 3; ++i) fixture.put(3, "and gone");
  if (!makes_holes(fixture.folder.path())) return;
  CHECK(fixture.taken() < 2 * large_bytes);
}

TEST_CASE("a large value that is missing, cut or altered is told, and no backup passes over it",
          "[store][large][corruption]") {
  for (const std::string damage : {"missing", "cut", "flipped"}) {
    Fixture fixture;
    fixture.put(1, large('a'));
    REQUIRE(fixture.files().size() == 1);
    const std::filesystem::path file = fixture.files().front();
    fixture.store.reset();
    if (damage == "missing") {
      std::filesystem::remove(file);
    } else if (damage == "cut") {
      std::filesystem::resize_file(file, large_bytes / 2);
    } else {
      const File open_file(open(file.c_str(), O_WRONLY | O_CLOEXEC));
      REQUIRE(write_all(open_file.get(), "?", large_bytes / 2));
    }
    fixture.open();
    CHECK(fixture.store->snapshot()->find(row(1)).status().code() == Code::DataLoss);
    CHECK(fixture.store->snapshot()->scan(row(1))->value().status().code() == Code::DataLoss);
    CHECK((*fixture.store->check({})).faulty == 1);
    const bool taken = fixture.store->back_up(fixture.folder.path() / "backup").ok();
    CHECK(taken == (damage == "flipped"));  // which verify finds, as in any row
    fixture.put(2, large('b'));
    CHECK(fixture.found(2) == large('b'));
  }
}

TEST_CASE("what a crash cut off before anyone was promised it is no fault", "[store][large]") {
  for (const bool promised : {false, true}) {
    Fixture fixture;
    fixture.put(1, "before");
    fixture.stage(2, large('a'));
    if (promised) fixture.put(3, "and with it all that was staged");
    REQUIRE(fixture.files().size() == 1);
    const std::filesystem::path file = fixture.files().front();
    fixture.store.reset();
    std::filesystem::resize_file(file, large_bytes / 2);
    fixture.open();
    std::uint64_t told = 0;
    const FsckReport report = *fixture.store->check([&](auto, auto) { ++told; });
    CHECK(report.faulty == (promised ? 1 : 0));
    CHECK(report.cut_off == (promised ? 0 : 1));
    CHECK(told == report.faulty);
  }
}

TEST_CASE("large values come back from a backup, and are sealed anew by a rotation",
          "[store][large][backup][rotation]") {
  Fixture fixture;
  fixture.put(1, large('a'));
  fixture.stage(2, large('b'));
  fixture.put(3, "small");
  REQUIRE(fixture.store->rotate_seal({}).ok());
  REQUIRE(fixture.store->reseal({}, {}).ok());
  CHECK((*fixture.store->check({})).outdated == 0);
  REQUIRE(fixture.store->back_up(fixture.folder.path() / "backup").ok());
  REQUIRE(back_up_keyring(fixture.options.dir, fixture.folder.path() / "ring").ok());
  RocksStoreOptions elsewhere = fixture.options;
  elsewhere.dir = fixture.folder.path() / "elsewhere";
  REQUIRE(restore_backup(fixture.folder.path() / "backup", fixture.folder.path() / "ring",
                         elsewhere, test_root_key(), fixture.entropy)
              .ok());
  const auto store = *RocksStore::open(elsewhere, test_root_key(), fixture.entropy);
  CHECK(*store->snapshot()->find(row(1)) == large('a'));
  CHECK(*store->snapshot()->find(row(2)) == large('b'));
}

TEST_CASE("what a crash left without a row goes when the store is compacted", "[store][large]") {
  Fixture fixture;
  fixture.put(1, large('a'));
  fixture.put(2, large('b'));
  const std::filesystem::path whole = fixture.files().front();
  fixture.store.reset();
  {  // as if the daemon had died between laying a value down and the write of its row
    const File file(open(whole.c_str(), O_WRONLY | O_CLOEXEC));
    REQUIRE(write_all(file.get(), large('x'), std::filesystem::file_size(whole)));
  }
  fixture.open();
  fixture.put(3, large('c'));
  CHECK(fixture.files().size() == 2);  // what was there does not grow
  REQUIRE(fixture.store->compact().ok());
  CHECK(fixture.found(1) == large('a'));
  CHECK(fixture.found(2) == large('b'));
  CHECK(fixture.found(3) == large('c'));
  if (!makes_holes(fixture.folder.path())) return;
  CHECK(fixture.taken() < 4 * large_bytes);
  for (const std::uint64_t number : {1U, 2U}) fixture.put(number, std::nullopt);
  for (int i = 0; i < 3; ++i) fixture.put(4, "later");
  CHECK(fixture.files().size() == 1);  // a file that is nothing but holes goes
  CHECK(fixture.found(3) == large('c'));
}

TEST_CASE("what a crash left goes by itself, while others write and read", "[store][large]") {
  Fixture fixture;
  for (const std::uint64_t number : {1U, 2U, 3U}) fixture.put(number, large('a'));
  // More rows than are read in one piece.
  for (std::uint64_t number = 1'000; number < 9'000; number += 1'000) {
    std::vector<StagedRow> rows;
    for (std::uint64_t n = number; n < number + 1'000; ++n) {
      rows.push_back({.key = row(n), .value = std::string(300, 'x'), .seal = {}});
    }
    REQUIRE(fixture.store->stage(rows).ok());
  }
  const std::filesystem::path whole = fixture.files().front();
  fixture.store.reset();
  {
    const File file(open(whole.c_str(), O_WRONLY | O_CLOEXEC));
    REQUIRE(write_all(file.get(), std::string(20 * large_bytes, 'x'),
                      std::filesystem::file_size(whole)));
  }
  fixture.open();
  // In the midst of it a row goes that a reader still sees, one comes, one is written over.
  const auto before = fixture.store->snapshot();
  int pieces = 0;
  const auto go_on = [&] {
    if (++pieces != 1) return true;
    fixture.put(1, std::nullopt);
    fixture.put(2, large('b'));
    fixture.put(9'999, large('c'));
    return true;
  };
  REQUIRE(fixture.store->rocks().sweep(go_on).ok());
  CHECK(pieces > 1);
  CHECK(*before->find(row(1)) == large('a'));
  CHECK(*before->find(row(2)) == large('a'));
  CHECK(fixture.found(1) == "none");
  CHECK(fixture.found(2) == large('b'));
  CHECK(fixture.found(3) == large('a'));
  CHECK(fixture.found(9'999) == large('c'));
  CHECK((*fixture.store->check({})).faulty == 0);
  if (!makes_holes(fixture.folder.path())) return;
  CHECK(fixture.taken() < 10 * large_bytes);
  CHECK_FALSE(fixture.store->rocks().sweep([] { return false; }).ok());  // it can be stopped
}

TEST_CASE("nobody has to ask for it", "[store][large]") {
  Fixture fixture;
  fixture.put(1, large('a'));
  const std::filesystem::path whole = fixture.files().front();
  fixture.store.reset();
  {
    const File file(open(whole.c_str(), O_WRONLY | O_CLOEXEC));
    REQUIRE(write_all(file.get(), std::string(20 * large_bytes, 'x'),
                      std::filesystem::file_size(whole)));
  }
  if (!makes_holes(fixture.folder.path())) return;
  fixture.options.sweep_after = std::chrono::milliseconds(1);
  fixture.open();
  for (int tries = 0; fixture.taken() > 10 * large_bytes && tries < 6'000; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(fixture.taken() < 10 * large_bytes);
  CHECK(fixture.found(1) == large('a'));
}

TEST_CASE("of a store behind its own head nothing is taken away", "[store][large]") {
  Fixture fixture;
  fixture.put(1, large('a'));
  REQUIRE(fixture.store->head().record(9, "of commits that are lost").ok());
  const std::filesystem::path whole = fixture.files().front();
  fixture.store.reset();
  {
    const File file(open(whole.c_str(), O_WRONLY | O_CLOEXEC));
    REQUIRE(write_all(file.get(), std::string(20 * large_bytes, 'x'),
                      std::filesystem::file_size(whole)));
  }
  fixture.options.sweep_after = std::chrono::milliseconds(1);
  fixture.options.sweep_every = std::chrono::milliseconds(1);
  fixture.open();
  REQUIRE(fixture.store->behind_head() != 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  CHECK(fixture.taken() > 20 * large_bytes);
}

TEST_CASE("what was not durable when the disk failed is laid down again, or its row is not written",
          "[store][large][faults]") {
  const TemporaryFolder folder;
  static bool fails = false;
  fails = false;
  const auto values = std::make_shared<LargeValues>(
      folder.path() / "large", [](int file) { return fails ? -1 : fdatasync(file); });
  const std::string value = large('a');
  const auto durable = (*values->lay(values, {value})).front();
  REQUIRE(values->sync().ok());
  const auto saved = (*values->lay(values, {value})).front();
  REQUIRE(values->forget_unsynced().ok());  // another part of the disk had failed
  CHECK(*values->read(saved->extent()) == value);
  const auto kept = (*values->lay(values, {value})).front();
  REQUIRE(values->sync().ok());
  const auto lost = (*values->lay(values, {value, value})).back();
  fails = true;
  CHECK(values->sync().code() == Code::Unavailable);
  fails = false;
  REQUIRE(values->forget_unsynced().ok());
  CHECK(*values->read(kept->extent()) == value);
  CHECK_FALSE(durable->stands());
  CHECK_FALSE(lost->stands());
  CHECK(*values->read(durable->extent()) == value);
  CHECK(values->read(lost->extent()).status().code() == Code::DataLoss);
  const auto again = (*values->lay(values, {value})).front();
  CHECK(again->stands());
  CHECK(again->extent().file > lost->extent().file);
  CHECK(*values->read(again->extent()) == value);
}

TEST_CASE("a reference to a large value says where it is, and no sealed value is one",
          "[store][large]") {
  const Extent extent{.file = 7, .offset = 1ULL << 40, .bytes = 278'573};
  const std::string reference = reference_to(extent);
  REQUIRE(is_reference(reference));
  CHECK(referred_by(reference) == extent);
  CHECK_FALSE(unpromised_since(reference));
  CHECK(referred_by(reference_to(extent, 12)) == extent);
  CHECK(unpromised_since(reference_to(extent, 12)) == 12);
  CHECK_FALSE(is_reference(reference + "x"));
  CHECK_FALSE(is_reference(std::string_view(reference).substr(1)));
  CHECK_FALSE(is_reference(""));
  CHECK(static_cast<unsigned char>(reference.front()) != seal_version);
}

}  // namespace entente::store
