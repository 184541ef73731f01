// The files beside the rows: root key, keyring, head, and what is refused when they do not fit.
#include "server/store/files.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "server/store/head_file.h"
#include "server/store/keyring.h"
#include "tests/store/stores.h"

namespace entente::store {
namespace {

// Little enough for a test.
constexpr Stretching light{.passes = 1, .memory_bytes = 8'192};

void write(const std::filesystem::path& path, std::string_view bytes, mode_t mode = 0600) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  chmod(path.c_str(), mode);
}

std::string read(const std::filesystem::path& path) { return *read_whole(path, 64U << 20); }

std::string flipped(std::string bytes, std::size_t bit) {
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  return bytes;
}

const SealName document{.scope = SealName::Scope::Document, .id = Id{.octets = {2}}};

}  // namespace

TEST_CASE("a root key is 32 bytes or their hexadecimal, readable by its owner only",
          "[store][root]") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "root";
  const std::string key(32, '\x21');
  CHECK(root_key_from_file(path).status().code() == Code::NotFound);
  for (const std::string& bad :
       {std::string(), key.substr(1), key + "xx", to_hex(key) + "0", "x" + to_hex(key).substr(1)}) {
    write(path, bad);
    CHECK(root_key_from_file(path).status().code() == Code::FailedPrecondition);
  }
  for (const mode_t mode : {0640U, 0604U, 0660U}) {
    write(path, key, mode);
    CHECK(root_key_from_file(path).status().code() == Code::FailedPrecondition);
  }
  for (const std::string& good : {key, to_hex(key), to_hex(key) + "\n"}) {
    write(path, good);
    const Result<RootKey> root = root_key_from_file(path);
    REQUIRE(root.ok());
    CHECK(root->secret.equals(Secret(key)));
  }
  CHECK(root_key_from_credential(folder.path(), "root").ok());
  CHECK(root_key_from_credential(folder.path(), "other").status().code() == Code::NotFound);
  CHECK_FALSE(root_key_from_credential(folder.path(), "../root").ok());
}

TEST_CASE("a root key's file is made once and then opens what it sealed", "[store][root]") {
  const TemporaryFolder folder;
  SystemEntropy entropy;
  const std::filesystem::path path = folder.path() / "root";
  REQUIRE(create_root_key_file(path, entropy).ok());
  CHECK(create_root_key_file(path, entropy).code() == Code::AlreadyExists);
  const Result<RootKey> root = root_key_from_file(path);
  REQUIRE(root.ok());
  REQUIRE(Keyring::create(folder.path() / "keyring", *root, entropy).ok());
  CHECK(Keyring::open(folder.path() / "keyring", *root, entropy).ok());
}

TEST_CASE("another root key is refused and told plainly", "[store][root]") {
  const TemporaryFolder folder;
  SystemEntropy entropy;
  { REQUIRE(RocksStore::open(rocks_at(folder.path()), test_root_key(), entropy).ok()); }
  const auto refused = RocksStore::open(rocks_at(folder.path()), test_root_key('\x5b'), entropy);
  CHECK(refused.status().code() == Code::FailedPrecondition);
  CHECK(refused.status().message() == "the root key does not open this keyring");
  const auto passphrase = root_key_from_passphrase(Secret("a long passphrase"), light);
  CHECK(RocksStore::open(rocks_at(folder.path()), *passphrase, entropy).status().code() ==
        Code::FailedPrecondition);
  CHECK(RocksStore::open(rocks_at(folder.path()), test_root_key(), entropy).ok());
}

TEST_CASE("a passphrase opens what it sealed, and no other does", "[store][root]") {
  const TemporaryFolder folder;
  SystemEntropy entropy;
  const std::filesystem::path path = folder.path() / "keyring";
  CHECK_FALSE(root_key_from_passphrase(Secret("short")).ok());
  const auto root = root_key_from_passphrase(Secret("correct horse battery"), light);
  REQUIRE(Keyring::create(path, *root, entropy).ok());
  CHECK(Keyring::open(path, *root, entropy).ok());
  // The header and not the caller says how it was stretched.
  CHECK(Keyring::open(path, *root_key_from_passphrase(Secret("correct horse battery")), entropy)
            .ok());
  CHECK(Keyring::open(path, *root_key_from_passphrase(Secret("correct horse batterz")), entropy)
            .status()
            .code() == Code::FailedPrecondition);
}

TEST_CASE("a keyring comes back as it was, and keeps its ids", "[store][keyring]") {
  const TemporaryFolder folder;
  SystemEntropy entropy;
  const std::filesystem::path path = folder.path() / "keyring";
  const SealName process{.scope = SealName::Scope::Process, .id = Id{.octets = {1}}};
  auto first = *Keyring::create(path, test_root_key(), entropy);
  REQUIRE(first->ensure(process, {}).ok());
  REQUIRE(first->ensure(document, process.id).ok());
  REQUIRE(first->rotate(process).ok());
  const std::string sealed = *first->seal(document, "\xf0key", "value");
  const std::string of_network = *first->seal({}, "\xf0key", "value");

  const auto second = *Keyring::open(path, test_root_key(), entropy);
  CHECK(second->network() == first->network());
  CHECK(second->blind("a", "b") == first->blind("a", "b"));
  CHECK(second->purpose_key("p").equals(first->purpose_key("p")));
  CHECK(*second->unseal("\xf0key", sealed) == "value");
  CHECK(*second->unseal("\xf0key", of_network) == "value");
  CHECK(second->has_old_generations());
  CHECK(Keyring::create(path, test_root_key(), entropy).status().code() == Code::AlreadyExists);
}

TEST_CASE("a destroyed key is in no later keyring, and the wrapping around the living is new",
          "[store][keyring]") {
  const TemporaryFolder folder;
  SystemEntropy entropy;
  const std::filesystem::path path = folder.path() / "keyring";
  const SealName other{.scope = SealName::Scope::Document, .id = Id{.octets = {3}}};
  const auto keyring = *Keyring::create(path, test_root_key(), entropy);
  REQUIRE(keyring->ensure(document, {}).ok());
  REQUIRE(keyring->ensure(other, {}).ok());
  const std::string gone = *keyring->seal(document, "\xf0key", "gone");
  const std::string living = *keyring->seal(other, "\xf0key", "living");
  const std::string before = read(path);
  REQUIRE(keyring->destroy(document).ok());

  const auto after = *Keyring::open(path, test_root_key(), entropy);
  CHECK(after->unseal("\xf0key", gone).status().code() == Code::DataLoss);
  CHECK_FALSE(after->sealed_for(gone));
  CHECK(*after->unseal("\xf0key", living) == "living");
  // Only who kept an old keyring can still read it: that is why those are kept for days.
  write(path, before);
  CHECK(*(*Keyring::open(path, test_root_key(), entropy))->unseal("\xf0key", gone) == "gone");
}

TEST_CASE("a keyring that cannot be written changes nothing", "[store][keyring]") {
  const TemporaryFolder folder;
  SystemEntropy entropy;
  const std::filesystem::path dir = folder.path() / "inner";
  std::filesystem::create_directory(dir);
  const auto keyring = *Keyring::create(dir / "keyring", test_root_key(), entropy);
  REQUIRE(keyring->ensure(document, {}).ok());
  const std::string sealed = *keyring->seal(document, "\xf0key", "value");
  std::filesystem::rename(dir, folder.path() / "away");
  CHECK(keyring->destroy(document).code() == Code::Unavailable);
  CHECK(keyring->rotate(document).code() == Code::Unavailable);
  CHECK(keyring->rotate_root(test_root_key('\x11')).code() == Code::Unavailable);
  CHECK(keyring->ensure({.scope = SealName::Scope::Process, .id = Id{.octets = {9}}}, {}).code() ==
        Code::Unavailable);
  CHECK(*keyring->unseal("\xf0key", sealed) == "value");
  std::filesystem::rename(folder.path() / "away", dir);
  REQUIRE(keyring->rotate(document).ok());
  const auto again = *Keyring::open(dir / "keyring", test_root_key(), entropy);
  CHECK(*again->unseal("\xf0key", sealed) == "value");
}

TEST_CASE("no flipped bit and no cut in a keyring goes unnoticed", "[store][keyring][corruption]") {
  const TemporaryFolder folder;
  SystemEntropy entropy;
  const std::filesystem::path path = folder.path() / "keyring";
  REQUIRE((*Keyring::create(path, test_root_key(), entropy))->ensure(document, {}).ok());
  const std::string sound = read(path);
  for (std::size_t bit = 0; bit < sound.size() * 8; bit += 3) {
    write(path, flipped(sound, bit));
    REQUIRE(Keyring::open(path, test_root_key(), entropy).status().code() == Code::DataLoss);
  }
  for (std::size_t bytes = 0; bytes < sound.size(); bytes += 7) {
    write(path, sound.substr(0, bytes));
    REQUIRE(Keyring::open(path, test_root_key(), entropy).status().code() == Code::DataLoss);
  }
  // With a hash that fits: authentication, not the hash, is what protects.
  for (std::size_t bit = 0; bit < (sound.size() - 32) * 8; bit += 3) {
    std::string forged = flipped(sound.substr(0, sound.size() - 32), bit);
    forged.append(as_view(sha256(forged)));
    write(path, forged);
    REQUIRE_FALSE(Keyring::open(path, test_root_key(), entropy).ok());
  }
}

TEST_CASE("the head that was recorded last is the last after reopening", "[store][head]") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "head";
  for (CommitIndex size = 0; size < 5; ++size) {
    const auto head = *HeadFile::open(path, Secret("key"));
    REQUIRE(head->last().has_value() == (size > 0));
    if (size > 0) CHECK(head->last()->checkpoint == "note " + std::to_string(size - 1));
    REQUIRE(head->record(size, "note " + std::to_string(size)).ok());
  }
}

TEST_CASE("a long head file is replaced by its last record", "[store][head]") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "head";
  const std::string note(60'000, 'n');
  {
    const auto head = *HeadFile::open(path, Secret("key"));
    for (CommitIndex size = 0; size < 40; ++size) REQUIRE(head->record(size, note).ok());
  }
  CHECK(std::filesystem::file_size(path) <= head_file_bytes_max);
  CHECK((*HeadFile::open(path, Secret("key")))->last()->size == 39);
}

TEST_CASE("a torn last head record is dropped and a damaged earlier one refused",
          "[store][head][corruption]") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "head";
  {
    const auto head = *HeadFile::open(path, Secret("key"));
    for (CommitIndex size = 1; size <= 3; ++size) REQUIRE(head->record(size, "note").ok());
  }
  const std::string sound = read(path);
  const std::size_t record = sound.size() / 3;
  for (std::size_t bytes = 1; bytes < record; ++bytes) {
    write(path, sound.substr(0, sound.size() - bytes));
    const auto head = HeadFile::open(path, Secret("key"));
    REQUIRE(head.ok());
    REQUIRE((*head)->last()->size == 2);
    REQUIRE((*head)->record(9, "after the tear").ok());
    REQUIRE((*HeadFile::open(path, Secret("key")))->last()->size == 9);
  }
  for (std::size_t bit = 0; bit < sound.size() * 8; ++bit) {
    write(path, flipped(sound, bit));
    const auto head = HeadFile::open(path, Secret("key"));
    // Never a head that was not recorded; the last record may look torn, no other.
    if (bit / 8 < 2 * record) {
      REQUIRE(head.status().code() == Code::DataLoss);
    } else {
      REQUIRE((*head)->last()->size == 2);
    }
  }
}

TEST_CASE("a head file that a rotten disk has zeroed is damaged, and not torn",
          "[store][head][corruption]") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "head";
  const std::string note(300, 'n');
  {
    const auto head = *HeadFile::open(path, Secret("key"));
    REQUIRE_FALSE(std::filesystem::exists(path));
    for (CommitIndex size = 1; size <= 9; ++size) REQUIRE(head->record(size, note).ok());
  }
  const std::string sound = read(path);
  const std::size_t record = sound.size() / 9;
  for (std::size_t left = 0; left <= sound.size(); left += 64) {
    std::string zeroed = sound;
    std::fill(zeroed.begin() + static_cast<std::ptrdiff_t>(left), zeroed.end(), '\0');
    write(path, zeroed);
    const auto head = HeadFile::open(path, Secret("key"));
    const std::size_t gone = sound.size() - left / record * record;
    if (left < record || gone > record + head_growth_bytes_max) {
      REQUIRE(head.status().code() == Code::DataLoss);
    } else {
      REQUIRE((*head)->last()->size == left / record);
    }
  }
  write(path, std::string("E"));  // not even a first record can be torn: it comes whole
  REQUIRE(HeadFile::open(path, Secret("key")).status().code() == Code::DataLoss);
}

TEST_CASE("a record much longer than the last one replaces the file, so that none is torn",
          "[store][head]") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "head";
  const auto head = *HeadFile::open(path, Secret("key"));
  REQUIRE(head->record(1, "short").ok());
  const std::string longer(head_growth_bytes_max + 6, 'n');
  REQUIRE(head->record(2, longer).ok());
  CHECK(read(path).size() < 100 + longer.size());
  CHECK((*HeadFile::open(path, Secret("key")))->last()->size == 2);
}

TEST_CASE("a store behind its own head takes no writes and says why", "[store][head]") {
  const TemporaryFolder folder;
  SystemEntropy entropy;
  const RocksStoreOptions options = rocks_at(folder.path());
  {
    Entries entries;
    const auto store = *RocksStore::open(options, test_root_key(), entropy);
    store->set_sequencer(entries);
    const auto transaction = store->begin();
    transaction->put(Key(Table{0xf0}), "kept");
    transaction->append("entry");
    REQUIRE(transaction->commit().ok());
    REQUIRE(store->head().record(1, "note").ok());
    REQUIRE(store->head().record(3, "of two commits that the disk then lost").ok());
  }
  Entries entries(1);
  const auto store = *RocksStore::open(options, test_root_key(), entropy);
  store->set_sequencer(entries);
  CHECK(store->behind_head() == 2);
  CHECK_FALSE(store->health().writable);
  CHECK(store->health().why_not.find("2 commits behind its own head") != std::string::npos);
  CHECK(*store->snapshot()->find(Key(Table{0xf0})) == "kept");
  const auto transaction = store->begin();
  transaction->append("refused");
  const Status refused = transaction->commit().status();
  CHECK(refused.code() == Code::ResourceExhausted);
  CHECK(refused.reason() == Reason::StoreReadOnly);
  CHECK(store->size() == 1);
}

TEST_CASE("rows without their keyring, and a keyring without its rows, are refused", "[store]") {
  const TemporaryFolder folder;
  SystemEntropy entropy;
  const RocksStoreOptions options = rocks_at(folder.path());
  RocksStoreOptions not_new = options;
  not_new.create = false;
  CHECK(RocksStore::open(not_new, test_root_key(), entropy).status().code() == Code::NotFound);
  {
    Entries entries;
    const auto store = *RocksStore::open(options, test_root_key(), entropy);
    store->set_sequencer(entries);
    const auto transaction = store->begin();
    transaction->append("entry");
    REQUIRE(transaction->commit().ok());
    // And while one daemon has it, no other gets it.
    CHECK(RocksStore::open(options, test_root_key(), entropy).status().code() == Code::Unavailable);
  }
  std::filesystem::rename(options.dir / "keyring", folder.path() / "keyring");
  CHECK(RocksStore::open(options, test_root_key(), entropy).status().code() ==
        Code::FailedPrecondition);
  std::filesystem::rename(folder.path() / "keyring", options.dir / "keyring");
  std::filesystem::rename(options.dir / "rows", folder.path() / "rows");
  CHECK(RocksStore::open(options, test_root_key(), entropy).status().code() ==
        Code::FailedPrecondition);
}

}  // namespace entente::store
