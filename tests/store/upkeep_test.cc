// Rotation, backup, restore and fsck, beside a store that works.
#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>

#include "server/store/backup.h"
#include "server/store/files.h"
#include "server/store/fsck.h"
#include "server/store/ring.h"
#include "server/store/rocks_engine.h"
#include "tests/store/stores.h"

namespace entente::store {
namespace {

constexpr Table table{0xf0};
Key row(std::uint64_t number) { return Key(table).number(number); }

// A store that can be opened again and again.
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
  void put(std::uint64_t number, const std::string& value, const SealName& seal = {}) {
    const auto transaction = store->begin();
    transaction->put(row(number), value, seal);
    transaction->append("entry");
    ENTENTE_CHECK(transaction->commit().ok());
  }

  TemporaryFolder folder;
  SystemEntropy entropy;
  RocksStoreOptions options = rocks_at(folder.path());
  std::optional<Entries> entries;
  std::unique_ptr<RocksStore> store;
};

std::string value_of(Store& store, std::uint64_t number) {
  const auto found = store.snapshot()->find(row(number));
  ENTENTE_CHECK(found.ok() && found->has_value());
  return **found;
}

std::string flipped(std::string bytes, std::size_t bit) {
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  return bytes;
}

}  // namespace

TEST_CASE("a store that is open is not opened again, and keeps its ballast", "[store]") {
  Fixture fixture;
  fixture.put(1, "a value");
  const std::filesystem::path ballast = fixture.options.dir / "ballast";
  REQUIRE(std::filesystem::exists(ballast));
  const auto second = RocksStore::open(fixture.options, test_root_key(), fixture.entropy);
  CHECK(second.status().code() == Code::Unavailable);
  CHECK(second.status().message() == "another entented has this store open");
  CHECK(std::filesystem::exists(ballast));
  CHECK(value_of(*fixture.store, 1) == "a value");
  fixture.open();  // the first has let go of it
  CHECK(value_of(*fixture.store, 1) == "a value");
}

TEST_CASE("keys rotate under writers and readers, and nothing is lost", "[store][rotation]") {
  Fixture fixture;
  const SealName process{.scope = SealName::Scope::Process, .id = Id{.octets = {1}}};
  const SealName document{.scope = SealName::Scope::Document, .id = Id{.octets = {2}}};
  REQUIRE(fixture.store->ensure_seal(process).ok());
  REQUIRE(fixture.store->ensure_seal(document, process.id).ok());
  const SealName seals[] = {{}, process, document};
  for (std::uint64_t i = 0; i < 600; ++i) {
    fixture.put(i, "value " + std::to_string(i), seals[i % 3]);
  }
  auto old_snapshot = fixture.store->snapshot();

  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (std::uint64_t i = 0; !stop; ++i) fixture.put(10'000 + i % 50, "written", seals[i % 3]);
  });
  for (const SealName& seal : seals) REQUIRE(fixture.store->rotate_seal(seal).ok());
  CHECK(fixture.store->needs_reseal());
  std::uint64_t changed = 0;
  const Status resealed =
      fixture.store->reseal([&](std::uint64_t, std::uint64_t so_far) { changed = so_far; });
  stop = true;
  writer.join();
  REQUIRE(resealed.ok());
  CHECK(changed >= 600);
  CHECK_FALSE(fixture.store->needs_reseal());

  const auto report = fixture.store->check({});
  REQUIRE(report.ok());
  CHECK(report->faulty == 0);
  CHECK(report->orphaned == 0);
  CHECK(report->outdated == 0);
  CHECK(report->size == fixture.store->size());
  // A snapshot that was open still reads what it saw.
  CHECK(**old_snapshot->find(row(1)) == "value 1");
  old_snapshot.reset();
  fixture.open();
  for (std::uint64_t i = 0; i < 600; ++i) {
    REQUIRE(value_of(*fixture.store, i) == "value " + std::to_string(i));
  }
}

TEST_CASE("a commit that a rotation overtakes is sealed anew, not refused", "[store][rotation]") {
  Fixture fixture;
  fixture.put(1, "value");
  const auto reader = fixture.store->begin();
  REQUIRE(**reader->find(row(1)) == "value");
  reader->put(row(2), "beside a rotation");
  reader->append("entry");
  REQUIRE(fixture.store->rotate_seal({}).ok());
  REQUIRE(fixture.store->reseal().ok());
  REQUIRE(reader->commit().ok());  // sealing rows anew is no change of what it read
  CHECK(value_of(*fixture.store, 2) == "beside a rotation");
  CHECK((*fixture.store->check({})).outdated == 0);
}

TEST_CASE("a rotation that was cut off is finished after reopening", "[store][rotation]") {
  Fixture fixture;
  for (std::uint64_t i = 0; i < 10; ++i) fixture.put(i, "value");
  REQUIRE(fixture.store->rotate_seal({}).ok());
  fixture.put(5, "newer");
  fixture.open();
  REQUIRE(fixture.store->needs_reseal());
  CHECK((*fixture.store->check({})).outdated > 0);
  CHECK(value_of(*fixture.store, 4) == "value");
  REQUIRE(fixture.store->reseal().ok());
  fixture.open();
  CHECK_FALSE(fixture.store->needs_reseal());
  CHECK(value_of(*fixture.store, 4) == "value");
  CHECK(value_of(*fixture.store, 5) == "newer");
}

TEST_CASE("old generations stay as long as a value cannot be sealed anew", "[store][rotation]") {
  Fixture fixture;
  fixture.put(1, "value");
  fixture.put(2, "value");
  // The value of one row under the key of another: an insider's hand.
  const auto moved = *fixture.store->rocks().view()->get(row(1).bytes());
  REQUIRE(
      fixture.store->rocks().write({{.key = row(2).bytes(), .value = moved}}, Durable::Now).ok());
  REQUIRE(fixture.store->rotate_seal({}).ok());
  CHECK(fixture.store->reseal().code() == Code::DataLoss);
  CHECK(fixture.store->needs_reseal());
}

TEST_CASE("the root key rotates while the store is open", "[store][rotation]") {
  Fixture fixture;
  fixture.put(1, "value");
  REQUIRE(fixture.store->rotate_root(test_root_key('\x66')).ok());
  fixture.put(2, "value");
  REQUIRE(fixture.store->ensure_seal({.scope = SealName::Scope::Process, .id = {}}).ok());
  fixture.store.reset();
  CHECK(RocksStore::open(fixture.options, test_root_key(), fixture.entropy).status().code() ==
        Code::FailedPrecondition);
  const auto store = RocksStore::open(fixture.options, test_root_key('\x66'), fixture.entropy);
  REQUIRE(store.ok());
  CHECK(value_of(**store, 1) == "value");
}

TEST_CASE("a value moved, cut, of another table or of another network does not open",
          "[store][seal]") {
  Fixture fixture;
  Fixture stranger;
  fixture.put(1, "mine");
  stranger.put(1, "theirs");
  RocksEngine& engine = fixture.store->rocks();
  const std::string sealed = **engine.view()->get(row(1).bytes());
  const auto refuses = [&](const Key& key, const std::string& bytes) {
    REQUIRE(engine.write({{.key = key.bytes(), .value = bytes}}, Durable::Now).ok());
    fixture.put(99, "later");  // behind the store's back: readers share a view until it writes
    CHECK(fixture.store->snapshot()->find(key).status().code() == Code::DataLoss);
    CHECK((*fixture.store->check({})).faulty + (*fixture.store->check({})).orphaned >= 1);
    CHECK(fixture.store->snapshot()->scan(key)->value().status().code() == Code::DataLoss);
    REQUIRE(engine.write({{.key = key.bytes(), .value = std::nullopt}}, Durable::Now).ok());
  };
  refuses(row(2), sealed);
  refuses(Key(Table{0xf2}).number(1), sealed);
  refuses(row(1), **stranger.store->rocks().view()->get(row(1).bytes()));
  refuses(row(1), "");
  refuses(row(1), "plain");
  for (std::size_t bytes = 0; bytes < sealed.size(); bytes += 5) {
    refuses(row(1), sealed.substr(0, bytes));
  }
  for (std::size_t bit = 0; bit < sealed.size() * 8; bit += 11)
    refuses(row(1), flipped(sealed, bit));
  REQUIRE(engine.write({{.key = row(1).bytes(), .value = sealed}}, Durable::Now).ok());
  fixture.put(99, "last");
  CHECK(value_of(*fixture.store, 1) == "mine");
}

TEST_CASE("a sealed value's size tells little of the value's", "[store][seal]") {
  CHECK(padded_bytes(0) == 64);
  CHECK(padded_bytes(60) == 64);
  CHECK(padded_bytes(61) == 128);
  CHECK(padded_bytes(1'020) == 1'024);
  CHECK(padded_bytes(1'021) == 1'088);
  for (std::size_t bytes = 0; bytes < 300'000; bytes += 37) {
    REQUIRE(padded_bytes(bytes) >= bytes + 4);
    REQUIRE(padded_bytes(bytes) <= bytes + 4 + std::max<std::size_t>(64, bytes / 16 + 1));
    REQUIRE(padded_bytes(padded_bytes(bytes) - 4) == padded_bytes(bytes));
  }
}

TEST_CASE("nothing that was put can be found in any file", "[store][seal]") {
  Fixture fixture;
  const std::string canary = "a-canary-that-nobody-may-find";
  for (std::uint64_t i = 0; i < 50; ++i) fixture.put(i, canary);
  REQUIRE(fixture.store->compact().ok());
  for (std::uint64_t i = 0; i < 50; ++i) fixture.put(i, canary);
  REQUIRE(fixture.store->back_up(fixture.folder.path() / "backup").ok());
  fixture.store.reset();
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(fixture.folder.path())) {
    if (!entry.is_regular_file() || entry.path().filename() == "ballast") continue;
    ++files;
    CHECK((*read_whole(entry.path(), 64U << 20)).find(canary) == std::string::npos);
  }
  CHECK(files > 5);
}

TEST_CASE("a backup taken under writers is one state, and comes back elsewhere",
          "[store][backup]") {
  Fixture fixture;
  for (std::uint64_t i = 0; i < 300; ++i) fixture.put(i, "value " + std::to_string(i));
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (std::uint64_t i = 0; !stop; ++i) fixture.put(1'000 + i, "meanwhile");
  });
  const std::filesystem::path backup = fixture.folder.path() / "backup";
  const std::filesystem::path keyring = fixture.folder.path() / "keyring-copy";
  const auto in_process = fixture.store->back_up(backup);
  // As another process would, that must not disturb the daemon.
  const auto beside = back_up_folder(fixture.options, test_root_key(), fixture.entropy,
                                     fixture.folder.path() / "backup-beside");
  const auto checked = fsck_folder(fixture.options, test_root_key(), fixture.entropy, {});
  REQUIRE(back_up_keyring(fixture.options.dir, keyring).ok());
  stop = true;
  writer.join();
  REQUIRE(in_process.ok());
  REQUIRE(beside.ok());
  CHECK(beside->size >= in_process->size);
  REQUIRE(checked.ok());
  CHECK(checked->sound());
  CHECK(checked->size >= beside->size);
  CHECK(back_up_folder(fixture.options, test_root_key(), fixture.entropy, backup).status().code() ==
        Code::AlreadyExists);

  for (const std::string name : {"backup", "backup-beside"}) {
    RocksStoreOptions elsewhere = fixture.options;
    elsewhere.dir = fixture.folder.path() / ("restored-" + name);
    CHECK(restore_backup(fixture.folder.path() / name, keyring, elsewhere, test_root_key('\x01'),
                         fixture.entropy)
              .status()
              .code() == Code::FailedPrecondition);
    const auto restored = restore_backup(fixture.folder.path() / name, keyring, elsewhere,
                                         test_root_key(), fixture.entropy);
    REQUIRE(restored.ok());
    CHECK(restore_backup(fixture.folder.path() / name, keyring, elsewhere, test_root_key(),
                         fixture.entropy)
              .status()
              .code() == Code::AlreadyExists);
    const auto store = *RocksStore::open(elsewhere, test_root_key(), fixture.entropy);
    CHECK(store->size() == restored->size);
    // One state: each commit below its size is there with its entry, none above.
    const auto snapshot = store->snapshot();
    for (CommitIndex i = 0; i < restored->size; ++i) {
      REQUIRE(*snapshot->find(Entries::row(i)) == "entry");
    }
    CHECK(*snapshot->find(Entries::row(restored->size)) == std::nullopt);
    CHECK(value_of(*store, 299) == "value 299");
    CHECK((*store->check({})).sound());
    CHECK(store->blind("a", "b") == fixture.store->blind("a", "b"));
  }
}

TEST_CASE("a backup whose rows a rotation overtook is not taken, nor called whole",
          "[store][backup][rotation]") {
  Fixture fixture;
  {
    const auto many = fixture.store->begin();
    for (std::uint64_t i = 0; i < 10'000; ++i) many->put(row(i), "value");
    many->append("entry");
    REQUIRE(many->commit().ok());
  }
  const std::filesystem::path rows = fixture.folder.path() / "rows";
  const std::filesystem::path ring = fixture.folder.path() / "ring";
  const auto back_up = [&](const OnProgress& meanwhile) {
    return back_up_folder(fixture.options, test_root_key(), fixture.entropy, rows, ring, meanwhile)
        .status();
  };
  bool rotated = false;
  const Status overtaken = back_up([&](auto, auto) {
    rotated = fixture.store->rotate_seal({}).ok() && fixture.store->reseal().ok();
  });
  CHECK(rotated);
  CHECK(overtaken.code() == Code::Unavailable);
  CHECK_FALSE(std::filesystem::exists(rows));
  CHECK_FALSE(std::filesystem::exists(ring));
  // One that goes on is no hindrance, nor a document that is made or destroyed meanwhile.
  const SealName document{.scope = SealName::Scope::Document, .id = Id{.octets = {2}}};
  REQUIRE(fixture.store->ensure_seal(document).ok());
  fixture.put(10'000, "value", document);
  REQUIRE(fixture.store->rotate_seal({}).ok());
  REQUIRE(back_up([&](auto, auto) {
            static_cast<void>(fixture.store->destroy_seal(document).ok());
          }).ok());
  CHECK(back_up({}).code() == Code::AlreadyExists);
  const auto verified = [&] {
    const auto keys = *Keyring::open(ring, test_root_key(), fixture.entropy);
    return verify_backup(rows, keys.get()).status();
  };
  CHECK(verified().ok());

  // With a keyring from behind a rotation the same rows are dead, and it is said.
  REQUIRE(fixture.store->reseal().ok());
  std::filesystem::remove(ring);
  REQUIRE(back_up_keyring(fixture.options.dir, ring).ok());
  CHECK(verified().code() == Code::DataLoss);
  CHECK(verified().message() == "the keyring does not open this backup");
  RocksStoreOptions elsewhere = fixture.options;
  elsewhere.dir = fixture.folder.path() / "restored";
  CHECK(restore_backup(rows, ring, elsewhere, test_root_key(), fixture.entropy).status().code() ==
        Code::DataLoss);
  CHECK_FALSE(std::filesystem::exists(elsewhere.dir));
}

TEST_CASE(
    "a row under a key that no keyring ever had is a fault, and stops a backup and a rotation",
    "[store][backup][corruption][rotation]") {
  Fixture fixture;
  fixture.put(1, "value");
  std::string bent = **fixture.store->rocks().view()->get(row(1).bytes());
  bent[2] = static_cast<char>(bent[2] ^ 4);  // one bit of the key's number
  REQUIRE(
      fixture.store->rocks().write({{.key = row(1).bytes(), .value = bent}}, Durable::Now).ok());
  std::string told;
  const auto report = fixture.store->check([&](auto, std::string_view why) { told = why; });
  CHECK(report->faulty == 1);
  CHECK(report->orphaned == 0);
  CHECK(told.find("is in no keyring") != std::string::npos);
  CHECK(fsck_folder(fixture.options, test_root_key(), fixture.entropy, {})->faulty == 1);
  const std::filesystem::path rows = fixture.folder.path() / "rows";
  CHECK(fixture.store->back_up(rows).status().code() == Code::DataLoss);
  CHECK_FALSE(std::filesystem::exists(rows));
  REQUIRE(fixture.store->rotate_seal({}).ok());
  CHECK(fixture.store->reseal().code() == Code::DataLoss);
  CHECK(fixture.store->needs_reseal());
}

TEST_CASE("every damage to a backup is found", "[store][backup][corruption]") {
  Fixture fixture;
  for (std::uint64_t i = 0; i < 20; ++i) fixture.put(i, "value");
  const std::filesystem::path path = fixture.folder.path() / "backup";
  REQUIRE(fixture.store->back_up(path).ok());
  REQUIRE(verify_backup(path, nullptr).ok());
  fixture.store.reset();
  const auto keyring =
      *Keyring::open(fixture.options.dir / "keyring", test_root_key(), fixture.entropy);
  REQUIRE(verify_backup(path, keyring.get()).ok());
  const std::string sound = *read_whole(path, 64U << 20);
  std::string detail;
  const auto refused = [&](const std::string& bytes, const Keyring* keys) {
    REQUIRE(replace_whole(path, bytes, detail) == Written::Yes);
    return !verify_backup(path, keys).ok();
  };
  for (std::size_t bit = 0; bit < sound.size() * 8; bit += 61) {
    REQUIRE(refused(flipped(sound, bit), keyring.get()));
    // Without a key all but the closing code is checked.
    if (bit / 8 < sound.size() - 32) REQUIRE(refused(flipped(sound, bit), nullptr));
  }
  for (std::size_t bytes = 0; bytes < sound.size(); bytes += 97) {
    REQUIRE(refused(sound.substr(0, bytes), nullptr));
  }
  REQUIRE(refused(sound + "x", nullptr));
  const auto other = Keyring::in_memory(fixture.entropy);
  CHECK(refused(sound, other.get()));
}

TEST_CASE("a new document's key is the document's after a crash, though no keyring was written",
          "[store][keyring]") {
  Fixture fixture;
  const SealName process{.scope = SealName::Scope::Process, .id = Id{.octets = {1}}};
  const auto document = [](std::uint8_t n) {
    return SealName{.scope = SealName::Scope::Document, .id = Id{.octets = {2, n}}};
  };
  REQUIRE(fixture.store->ensure_seal(process).ok());
  REQUIRE(fixture.store->ensure_seal(document(0), process.id).ok());
  const auto keyring = fixture.options.dir / "keyring";
  const std::string before = *read_whole(keyring, keyring_bytes_max);
  for (std::uint8_t n = 1; n < 4; ++n) {
    REQUIRE(fixture.store->ensure_seal(document(n), process.id).ok());
    fixture.put(n, "value", document(n));
  }
  CHECK(*read_whole(keyring, keyring_bytes_max) == before);
  // A second process beside it opens what was claimed.
  const auto beside = *Keyring::open(keyring, test_root_key(), fixture.entropy);
  const auto reader = *RocksReader::open({.dir = fixture.options.dir,
                                          .block_cache_bytes = 1U << 20,
                                          .on_event = {},
                                          .file_system = nullptr});
  CHECK(fsck(*reader, *beside, {})->sound());
  fixture.open();
  CHECK(*read_whole(keyring, keyring_bytes_max) != before);
  for (std::uint8_t n = 1; n < 4; ++n) CHECK(value_of(*fixture.store, n) == "value");
  // What is destroyed before the keyring was written otherwise is gone as well, and stays so.
  REQUIRE(fixture.store->ensure_seal(document(4), process.id).ok());
  fixture.put(4, "value", document(4));
  REQUIRE(fixture.store->destroy_seal(document(4)).ok());
  for (int i = 0; i < 2; ++i) {
    CHECK(fixture.store->snapshot()->find(row(4)).status().code() == Code::DataLoss);
    CHECK(value_of(*fixture.store, 1) == "value");
    fixture.open();
  }
  // Nothing is given out twice: what was spare when it stopped is not used again.
  REQUIRE(fixture.store->ensure_seal(document(5), process.id).ok());
  fixture.put(5, "value", document(5));
  fixture.open();
  CHECK(value_of(*fixture.store, 5) == "value");
  CHECK(fixture.store->check({})->orphaned == 1);
}

TEST_CASE("what the store's caches hold is told, and has an end", "[store]") {
  Fixture fixture;
  fixture.options.block_cache_bytes = 1U << 20;
  fixture.open();
  const std::string value(16U << 10, 'x');
  for (std::uint64_t i = 0; i < 256; ++i) fixture.put(i, value);
  const std::uint64_t written = fixture.store->health().cached_bytes;
  CHECK(written > 256 * value.size());  // in no table yet
  REQUIRE(fixture.store->compact().ok());
  for (std::uint64_t i = 0; i < 256; ++i) CHECK(value_of(*fixture.store, i) == value);
  const std::uint64_t read = fixture.store->health().cached_bytes;
  CHECK(read > fixture.options.block_cache_bytes / 2);
  CHECK(read < 2 * fixture.options.block_cache_bytes);
}

TEST_CASE("a new document's key waits for no write: the first of what it seals tells whose it is",
          "[store][keyring]") {
  Fixture fixture;
  const SealName process{.scope = SealName::Scope::Process, .id = Id{.octets = {1}}};
  const auto document = [](std::uint8_t n) {
    return SealName{.scope = SealName::Scope::Document, .id = Id{.octets = {2, n}}};
  };
  const auto rows = [&] { return fixture.store->check({})->rows; };
  REQUIRE(fixture.store->ensure_seal(process).ok());
  const std::uint64_t before = rows();
  for (std::uint8_t n = 1; n < 5; ++n) REQUIRE(fixture.store->ensure_seal(document(n)).ok());
  CHECK(rows() == before);
  // Told by rows that are staged, or by a commit's; once, whatever else it seals.
  REQUIRE(fixture.store
              ->stage({{.key = row(1), .value = "one", .seal = document(1)},
                       {.key = row(2), .value = "two", .seal = document(1)}})
              .ok());
  CHECK(rows() == before + 3);
  fixture.put(3, "three", document(2));
  const std::uint64_t told = rows();
  fixture.put(3, "and again", document(2));
  REQUIRE(fixture.store->stage({{.key = row(4), .value = "four", .seal = document(1)}}).ok());
  CHECK(rows() == told + 2);  // an entry and a staged row
  // Renewed before it is told, and destroyed before.
  REQUIRE(fixture.store->rotate_seal({}).ok());
  REQUIRE(fixture.store->destroy_seal(document(4)).ok());
  fixture.put(5, "five", document(3));
  REQUIRE(fixture.store->reseal().ok());
  REQUIRE(fixture.store->ensure_seal(document(4)).ok());
  fixture.put(6, "six", document(4));
  for (int i = 0; i < 2; ++i) {
    CHECK(value_of(*fixture.store, 1) == "one");
    CHECK(value_of(*fixture.store, 4) == "four");
    CHECK(value_of(*fixture.store, 3) == "and again");
    CHECK(value_of(*fixture.store, 5) == "five");
    CHECK(value_of(*fixture.store, 6) == "six");
    CHECK(fixture.store->check({})->sound());
    fixture.open();
  }
}

TEST_CASE("a destroyed document does not come back from an older backup with the present keyring",
          "[store][backup][seal]") {
  Fixture fixture;
  const SealName document{.scope = SealName::Scope::Document, .id = Id{.octets = {2}}};
  REQUIRE(fixture.store->ensure_seal(document).ok());
  fixture.put(1, "secret", document);
  fixture.put(2, "kept");
  REQUIRE(fixture.store->back_up(fixture.folder.path() / "before").ok());
  REQUIRE(fixture.store->destroy_seal(document).ok());
  REQUIRE(back_up_keyring(fixture.options.dir, fixture.folder.path() / "keyring").ok());

  RocksStoreOptions elsewhere = fixture.options;
  elsewhere.dir = fixture.folder.path() / "restored";
  const auto restored =
      restore_backup(fixture.folder.path() / "before", fixture.folder.path() / "keyring", elsewhere,
                     test_root_key(), fixture.entropy);
  REQUIRE(restored.ok());
  CHECK(restored->orphaned == 1);
  const auto store = *RocksStore::open(elsewhere, test_root_key(), fixture.entropy);
  CHECK(*store->snapshot()->find(row(1)) == std::nullopt);
  CHECK(value_of(*store, 2) == "kept");
  const auto report = store->check({});
  CHECK(report->orphaned == 0);
  CHECK(report->sound());
  // Where it was destroyed what is left of it is told, and no fault.
  CHECK(fixture.store->snapshot()->find(row(1)).status().code() == Code::DataLoss);
  CHECK(fixture.store->check({})->orphaned == 1);
  CHECK(fixture.store->check({})->sound());
}

}  // namespace entente::store
