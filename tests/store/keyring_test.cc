// A keyring whose file says what no keyring says, or cannot be written; what was claimed of it; and
// values that are sealed right and say a wrong length.
#include "server/store/keyring.h"

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "server/store/files.h"
#include "server/store/ring.h"
#include "tests/store/stores.h"
#include "tests/support/failing_calls.h"

namespace entente::store {
namespace {

constexpr SealName process{.scope = SealName::Scope::Process, .id = Id{.octets = {1}}};
constexpr SealName other_process{.scope = SealName::Scope::Process, .id = Id{.octets = {2}}};
constexpr Stretching light{.passes = 1, .memory_bytes = 8'192};

SealName document(int n) {
  return {.scope = SealName::Scope::Document,
          .id = Id{.octets = {9, static_cast<std::uint8_t>(n)}}};
}

struct Fixture {
  TemporaryFolder folder;
  SystemEntropy entropy;
  std::filesystem::path path = folder.path() / "keyring";
  std::unique_ptr<Keyring> keyring = *Keyring::create(path, test_root_key(), entropy);
};

// A keyring's file, its contents laid open: where what stands in them, and the file made anew.
class OpenedFile {
 public:
  explicit OpenedFile(std::string file) : file_(std::move(file)) {
    const auto header = parse_keyring_header(file_);
    ENTENTE_CHECK(header.ok());
    nonce_ = header->nonce;
    key_ = keyring_key(test_root_key().secret, header->root_salt);
    contents = *xaes_.open(key_.reveal(SecretAccess{}), nonce_, head(), sealed());
  }

  [[nodiscard]] Result<Ring> decoded(std::string_view changed) const {
    std::string file(head());
    xaes_.seal(key_.reveal(SecretAccess{}), nonce_, head(), changed, file);
    file.append(as_view(sha256(file)));
    return decode_keyring(xaes_, key_, file);
  }
  [[nodiscard]] bool makes_no_sense(std::string_view changed) const {
    const auto ring = decoded(changed);
    return ring.status().code() == Code::DataLoss &&
           ring.status().detail() == "its contents make no sense";
  }
  [[nodiscard]] bool makes_no_sense(std::size_t at, std::string_view bytes) const {
    std::string changed = contents;
    changed.replace(at, bytes.size(), bytes);
    return makes_no_sense(changed);
  }
  // As it was before there were spare keys (1), or those that were destroyed (2).
  void take_back_to(char version) { file_[7] = version; }

  std::string contents;

 private:
  [[nodiscard]] std::string_view head() const {
    return std::string_view(file_).substr(0, keyring_header_bytes);
  }
  [[nodiscard]] std::string_view sealed() const {
    return std::string_view(file_).substr(keyring_header_bytes,
                                          file_.size() - keyring_header_bytes - sizeof(Digest));
  }
  std::string file_;
  std::string nonce_;
  Secret key_;
  Xaes xaes_;
};

// Where the contents have what (server/store/ring.cc): the network's own keys come first.
constexpr std::size_t next_at = 16 + 32 + 32;
constexpr std::size_t names_at = next_at + 4;
constexpr std::size_t name_at = names_at + 4;
constexpr std::size_t count_at = name_at + 1 + 16 + 16;
constexpr std::size_t key_id_at = count_at + 4 + 4 + 32;
constexpr std::size_t document_at = key_id_at + 4 + 32;
constexpr std::size_t document_key_id_at = document_at + 1 + 16 + 16 + 4;
constexpr std::size_t document_end = document_key_id_at + 4 + 24 + 32 + 16;
const std::string zero(4, '\0');
const std::string many(4, '\xff');

}  // namespace

TEST_CASE("what opens and is no keyring's contents is damage, wherever it is bent",
          "[store][keyring][corruption]") {
  Fixture fixture;
  REQUIRE(fixture.keyring->ensure(document(1), {}).ok());
  const OpenedFile plain(*read_whole(fixture.path, keyring_bytes_max));
  REQUIRE(plain.decoded(plain.contents).ok());
  REQUIRE(plain.contents.size() == document_end + 4 + 4);
  for (std::size_t bytes = 0; bytes < plain.contents.size(); ++bytes) {
    INFO(bytes);
    REQUIRE(plain.makes_no_sense(std::string_view(plain.contents).substr(0, bytes)));
  }
  CHECK(plain.makes_no_sense(plain.contents + "x"));
  CHECK(plain.makes_no_sense(next_at, zero));
  CHECK(plain.makes_no_sense(names_at, std::string("\0\0\0\1", 4)));
  CHECK(plain.makes_no_sense(names_at, zero));
  CHECK(plain.makes_no_sense(names_at, many));
  CHECK(plain.makes_no_sense(name_at, "\3"));
  CHECK(plain.makes_no_sense(name_at, "\1"));  // no key of the network's own, which wraps others
  CHECK(plain.makes_no_sense(count_at, zero));
  CHECK(plain.makes_no_sense(count_at, many));
  CHECK(plain.makes_no_sense(key_id_at, zero));
  CHECK(plain.makes_no_sense(key_id_at, many));
  CHECK(plain.makes_no_sense(document_at + 17, "\7"));  // of a process that is not there
  CHECK(plain.makes_no_sense(document_key_id_at, zero));
  CHECK(plain.makes_no_sense(document_key_id_at, many));
  CHECK(plain.makes_no_sense(document_key_id_at + 10, "bent"));
  // One name twice.
  std::string twice = plain.contents;
  twice.insert(document_end, plain.contents.substr(document_at, document_end - document_at));
  twice.replace(names_at, 4, std::string("\0\0\0\3", 4));
  CHECK(plain.makes_no_sense(twice));
  const Fixture without;
  const OpenedFile bare(*read_whole(without.path, keyring_bytes_max));
  CHECK(bare.makes_no_sense(name_at, "\1"));

  // What was before ended earlier.
  for (const char version : {'1', '2'}) {
    OpenedFile older(*read_whole(fixture.path, keyring_bytes_max));
    older.take_back_to(version);
    CHECK(older.decoded(older.contents.substr(0, document_end + (version == '2' ? 4 : 0))).ok());
    CHECK(older.makes_no_sense(older.contents));
    CHECK(older.makes_no_sense(older.contents.substr(0, names_at)));
  }
}

TEST_CASE("what is said to be destroyed must be numbers that were given out, in their order",
          "[store][keyring][corruption]") {
  Fixture fixture;
  for (const int n : {1, 2, 3}) REQUIRE(fixture.keyring->ensure(document(n), {}).ok());
  for (const int n : {1, 3}) REQUIRE(fixture.keyring->destroy(document(n)).ok());
  const OpenedFile file(*read_whole(fixture.path, keyring_bytes_max));
  const std::size_t runs_at = file.contents.size() - 4 * 4;
  const std::map<KeyId, KeyId> runs = {{2, 2}, {4, 4}};
  REQUIRE(file.decoded(file.contents)->destroyed.runs() == runs);
  const auto run = [](KeyId first, KeyId last) {
    std::string bytes;
    append_u32(bytes, first);
    append_u32(bytes, last);
    return bytes;
  };
  CHECK(file.makes_no_sense(runs_at - 4, many));
  CHECK(file.makes_no_sense(runs_at - 4, zero));
  CHECK(file.makes_no_sense(runs_at, run(0, 2)));
  CHECK(file.makes_no_sense(runs_at, run(3, 2)));
  CHECK(file.makes_no_sense(runs_at, run(2, 4)));
  CHECK(file.makes_no_sense(runs_at + 8, run(4, 5)));  // of which none was given out yet
  CHECK(file.makes_no_sense(runs_at + 8, run(1, 1)));
}

TEST_CASE("numbers that are neighbours are one run, in whichever order they come",
          "[store][keyring]") {
  KeyIds ids;
  for (const KeyId id : {5U, 7U, 6U, 9U, 6U, 3U, 4U, 11U}) ids.add(id);
  const std::map<KeyId, KeyId> runs = {{3, 7}, {9, 9}, {11, 11}};
  CHECK(ids.runs() == runs);
  for (KeyId id = 0; id < 13; ++id) {
    CHECK(ids.contains(id) == ((id >= 3 && id <= 7) || id == 9 || id == 11));
  }
}

TEST_CASE("a key that was destroyed is told from one that a rotation dropped, and from none",
          "[store][keyring]") {
  Fixture fixture;
  Keyring& keyring = *fixture.keyring;
  const std::string key_bytes = "\xf0key";
  const auto id_of = [&](const SealName& name) {
    return *key_id_of(*keyring.seal(name, key_bytes, "value"));
  };
  REQUIRE(keyring.ensure(process, {}).ok());
  REQUIRE(keyring.ensure(document(1), process.id).ok());
  REQUIRE(keyring.ensure(document(2), {}).ok());
  REQUIRE(keyring.stock(process.id).ok());
  REQUIRE(keyring.claim(document(3), process.id));
  const KeyId of_network = id_of({});
  const std::vector<KeyId> gone = {id_of(process), id_of(document(1)), id_of(document(2)),
                                   id_of(document(3))};
  for (const KeyId id : gone) CHECK_FALSE(keyring.was_destroyed(id));
  REQUIRE(keyring.rotate({}).ok());
  REQUIRE(keyring.drop_old_generations().ok());
  REQUIRE(keyring.drop_old_generations().ok());
  REQUIRE(keyring.destroy(document(2)).ok());
  REQUIRE(keyring.destroy(process).ok());  // and what is its
  const auto again = *Keyring::open(fixture.path, test_root_key(), fixture.entropy);
  for (const Keyring* each : {&keyring, &*again}) {
    for (const KeyId id : gone) {
      CHECK(each->was_destroyed(id));
      CHECK(each->knows(id));
      CHECK_FALSE(each->opens(id));
    }
    CHECK_FALSE(each->knows(of_network));
    CHECK_FALSE(each->knows(0));
    CHECK_FALSE(each->knows(0x7ffffff0));
    CHECK(each->knows(id_of({})));
  }
}

TEST_CASE("what a rotation dropped opens until the next one, whatever is changed meanwhile",
          "[store][keyring]") {
  Fixture fixture;
  Keyring& keyring = *fixture.keyring;
  REQUIRE(keyring.ensure(document(1), {}).ok());
  REQUIRE(keyring.ensure(document(2), {}).ok());
  const std::string key_bytes = "\xf0key";
  const auto seals = {SealName{}, document(1), document(2)};
  std::vector<std::string> sealed;
  for (const SealName& name : seals) sealed.push_back(*keyring.seal(name, key_bytes, "value"));
  for (const SealName& name : seals) REQUIRE(keyring.rotate(name).ok());
  const auto opens = [&](std::size_t n) { return keyring.unseal(key_bytes, sealed[n]).ok(); };
  REQUIRE(keyring.drop_old_generations().ok());
  REQUIRE(keyring.stock({}).ok());
  REQUIRE(keyring.ensure(process, {}).ok());
  REQUIRE(keyring.destroy(document(1)).ok());
  CHECK(opens(0));
  CHECK_FALSE(opens(1));  // destroyed is destroyed
  CHECK(opens(2));
  CHECK_FALSE((*Keyring::open(fixture.path, test_root_key(), fixture.entropy))
                  ->unseal(key_bytes, sealed[0])
                  .ok());
  REQUIRE(keyring.drop_old_generations().ok());
  CHECK_FALSE(opens(0));
  CHECK_FALSE(opens(2));
}

TEST_CASE("who reads beside a daemon opens what its keyring had, and what it has since",
          "[store][keyring]") {
  Fixture fixture;
  Keyring& keyring = *fixture.keyring;
  const std::string key_bytes = "\xf0key";
  for (const int n : {1, 2}) REQUIRE(keyring.ensure(document(n), {}).ok());
  const std::string old = *keyring.seal({}, key_bytes, "value");
  const std::string kept = *keyring.seal(document(1), key_bytes, "value");
  const std::string gone = *keyring.seal(document(2), key_bytes, "value");
  const auto beside = *Keyring::open(fixture.path, test_root_key(), fixture.entropy);
  REQUIRE(keyring.rotate({}).ok());
  REQUIRE(keyring.drop_old_generations().ok());
  REQUIRE(keyring.destroy(document(2)).ok());
  REQUIRE(keyring.ensure(document(3), {}).ok());
  const std::string fresh = *keyring.seal(document(3), key_bytes, "value");
  CHECK_FALSE(beside->unseal(key_bytes, fresh).ok());
  REQUIRE(beside->catch_up().ok());
  for (const std::string* sealed : {&old, &kept, &fresh}) {
    CHECK(beside->unseal(key_bytes, *sealed).ok());
  }
  CHECK_FALSE(beside->unseal(key_bytes, gone).ok());
  CHECK(beside->was_destroyed(*key_id_of(gone)));
  REQUIRE(keyring.rotate_root(test_root_key('\x11')).ok());
  CHECK(beside->catch_up().code() == Code::FailedPrecondition);
}

TEST_CASE("a spare key that is bent is damage", "[store][keyring][corruption]") {
  Fixture fixture;
  REQUIRE(fixture.keyring->stock({}).ok());
  const OpenedFile file(*read_whole(fixture.path, keyring_bytes_max));
  constexpr std::size_t spares_at = document_at;  // there are no documents
  constexpr std::size_t first_at = spares_at + 4;
  REQUIRE(file.decoded(file.contents)->spares.size() == 1);
  CHECK(file.makes_no_sense(spares_at, many));
  CHECK(file.makes_no_sense(spares_at, zero));
  CHECK(file.makes_no_sense(first_at, "\7"));
  CHECK(file.makes_no_sense(first_at + 16, zero));
  CHECK(file.makes_no_sense(first_at + 16, many));
  CHECK(file.makes_no_sense(first_at + 30, "bent"));
  for (std::size_t bytes = spares_at; bytes < first_at + 200; ++bytes) {
    REQUIRE(file.makes_no_sense(std::string_view(file.contents).substr(0, bytes)));
  }
}

TEST_CASE("a header that asks for what nobody would is refused before it is obeyed",
          "[store][keyring][corruption]") {
  const TemporaryFolder folder;
  SystemEntropy entropy;
  const auto path = folder.path() / "keyring";
  const auto root = root_key_from_passphrase(Secret("correct horse battery"), light);
  REQUIRE(Keyring::create(path, *root, entropy).ok());
  const std::string sound = *read_whole(path, keyring_bytes_max);
  const auto detail = [&](std::size_t at, std::string_view bytes) {
    std::string bent = sound.substr(0, sound.size() - sizeof(Digest));
    bent.replace(at, bytes.size(), bytes);
    bent.append(as_view(sha256(bent)));
    return std::string(parse_keyring_header(bent).status().detail());
  };
  CHECK(detail(0, "ENTKEYR9") == "it is cut short, or no keyring");
  CHECK(detail(8, "\2") == "its root key is of an unknown kind");
  const std::string out_of_range = "its stretching is out of range";
  CHECK(detail(9, zero) == out_of_range);
  CHECK(detail(9, many) == out_of_range);
  CHECK(detail(13, zero + zero) == out_of_range);
  CHECK(detail(13, many + many) == out_of_range);
  CHECK(Keyring::open(path, test_root_key(), entropy).status().detail() == "it wants a passphrase");
  CHECK(Keyring::create(folder.path() / std::string(300, 'x'), *root, entropy).status().code() ==
        Code::AlreadyExists);  // nobody can tell: nothing is written over it
}

TEST_CASE("what cannot be stretched or written leaves the keyring under its old root",
          "[store][keyring]") {
  Fixture fixture;
  const RootKey vast{.kind = RootKey::Kind::Passphrase,
                     .secret = Secret("correct horse battery"),
                     .stretching = {.passes = 1, .memory_bytes = 1ULL << 62}};
  CHECK(fixture.keyring->rotate_root(vast).code() == Code::ResourceExhausted);
  CHECK(Keyring::create(fixture.folder.path() / "other", vast, fixture.entropy).status().code() ==
        Code::ResourceExhausted);
  CHECK(create_root_key_file(fixture.folder.path() / "no" / "root", fixture.entropy).code() ==
        Code::Unavailable);
  CHECK_FALSE(root_key_from_credential(fixture.folder.path(), "").ok());
  std::vector<Code> codes;
  int n = 0;
  for (const long call : {SYS_pwrite64, SYS_fsync, SYS_rename}) {
    testing::with_failing({.number = call}, [&] {
      codes.push_back(fixture.keyring->rotate({}).code());
      codes.push_back(fixture.keyring->drop_old_generations().code());
      codes.push_back(fixture.keyring->rotate_root(test_root_key('\x11')).code());
      if (call == SYS_rename) return;  // a root key's file is made in its place
      codes.push_back(
          create_root_key_file(fixture.folder.path() / std::to_string(++n), fixture.entropy)
              .code());
    });
  }
  CHECK(codes == std::vector<Code>(11, Code::Unavailable));
  CHECK_FALSE(fixture.keyring->has_old_generations());
  CHECK(Keyring::open(fixture.path, test_root_key(), fixture.entropy).ok());
}

TEST_CASE("a change of which nobody knows whether it lasts is written again before the next",
          "[store][keyring]") {
  Fixture fixture;
  Keyring& keyring = *fixture.keyring;
  REQUIRE(keyring.ensure(document(1), {}).ok());
  REQUIRE(keyring.stock({}).ok());
  const std::string sealed = *keyring.seal(document(1), "\xf0key", "value");
  Status uncertain;
  Status still;
  testing::with_failing(testing::no_folder_opens, [&] {
    uncertain = keyring.destroy(document(1));
    still = keyring.ensure(document(2), {});
  });
  CHECK(uncertain.code() == Code::Unavailable);
  CHECK(still.code() == Code::Unavailable);
  CHECK_FALSE(keyring.has(document(2)));
  CHECK_FALSE(keyring.claim(document(2), {}));  // the file may not have the spare key
  // What was destroyed may be gone: it is not shown any more.
  CHECK_FALSE(keyring.unseal("\xf0key", sealed).ok());
  REQUIRE(keyring.ensure(document(2), {}).ok());
  const auto again = *Keyring::open(fixture.path, test_root_key(), fixture.entropy);
  CHECK_FALSE(again->has(document(1)));
  CHECK(again->has(document(2)));
  // Another change is not shown before it lasts.
  testing::with_failing(testing::no_folder_opens,
                        [&] { uncertain = keyring.ensure(document(3), {}); });
  CHECK(uncertain.code() == Code::Unavailable);
  CHECK_FALSE(keyring.has(document(3)));
  REQUIRE(keyring.rotate({}).ok());
}

TEST_CASE("a key is made once, for what is there", "[store][keyring]") {
  Fixture fixture;
  Keyring& keyring = *fixture.keyring;
  REQUIRE(keyring.ensure(process, {}).ok());
  const std::string before = *read_whole(fixture.path, keyring_bytes_max);
  CHECK(keyring.ensure(process, {}).ok());
  CHECK(*read_whole(fixture.path, keyring_bytes_max) == before);
  CHECK(keyring.ensure(document(1), other_process.id).code() == Code::NotFound);
  CHECK(keyring.stock(other_process.id).code() == Code::NotFound);
  CHECK(keyring.rotate(other_process).code() == Code::NotFound);
  CHECK(keyring.destroy(other_process).code() == Code::NotFound);
  CHECK_FALSE(keyring.seal(other_process, "\xf0key", "value"));
  CHECK_FALSE(keyring.sealed_for("no sealed value"));
  // A process takes its own documents with it, and nobody else's.
  REQUIRE(keyring.ensure(other_process, {}).ok());
  REQUIRE(keyring.ensure(document(1), process.id).ok());
  REQUIRE(keyring.ensure(document(2), other_process.id).ok());
  REQUIRE(keyring.stock(process.id).ok());
  REQUIRE(keyring.destroy(process).ok());
  CHECK_FALSE(keyring.has(document(1)));
  CHECK(keyring.has(document(2)));
  CHECK_FALSE(keyring.claim(document(3), process.id));
}

TEST_CASE("a claim is taken back, kept, or found again, and each spare key is given once",
          "[store][keyring]") {
  Fixture fixture;
  Keyring& keyring = *fixture.keyring;
  CHECK_FALSE(keyring.claim(document(1), {}));
  REQUIRE(keyring.stock({}).ok());
  const std::string before = *read_whole(fixture.path, keyring_bytes_max);
  REQUIRE(keyring.stock({}).ok());
  CHECK(*read_whole(fixture.path, keyring_bytes_max) == before);
  CHECK(keyring.keep_claims().ok());
  CHECK(*read_whole(fixture.path, keyring_bytes_max) == before);

  const auto reader = *Keyring::open(fixture.path, test_root_key(), fixture.entropy);
  const auto first = keyring.claim(document(1), {});
  REQUIRE(first);
  const std::string sealed = *keyring.seal(document(1), "\xf0key", "value");
  CHECK(keyring.sealed_for(sealed) == document(1));
  // Who only reads opens it and, not knowing whose it is, seals nothing anew.
  CHECK(*reader->unseal("\xf0key", sealed) == "value");
  CHECK(reader->reseal("\xf0key", sealed).status().code() == Code::DataLoss);

  REQUIRE(keyring.keep_claims().ok());
  CHECK(keyring.has(document(1)));
  CHECK(*(*Keyring::open(fixture.path, test_root_key(), fixture.entropy))
             ->unseal("\xf0key", sealed) == "value");

  int n = 10;
  while (keyring.claim(document(n), {})) ++n;
  CHECK(n > 10);
  const KeyId last = *key_id_of(*keyring.seal(document(10), "\xf0key", "value"));
  REQUIRE(keyring.stock({}).ok());
  CHECK(keyring.claim(document(n), {})->key > last);

  // After a restart: those of which the rows know are theirs, what else was spare is nobody's.
  const auto later = *Keyring::open(fixture.path, test_root_key(), fixture.entropy);
  const KeyId known = keyring.claim(document(n + 1), {})->key;
  REQUIRE(later
              ->adopt({{.name = document(n + 1), .process = {}, .key = known},
                       {.name = document(1), .process = {}, .key = known},
                       {.name = document(n + 2), .process = {}, .key = 1},
                       {.name = document(n + 3), .process = process.id, .key = 2}})
              .ok());
  CHECK(later->has(document(n + 1)));
  CHECK_FALSE(later->has(document(n + 2)));
  CHECK_FALSE(later->has(document(n + 3)));
  CHECK_FALSE(later->claim(document(n + 2), {}));
}

TEST_CASE("a value that says a length it cannot have is not believed, though it authenticates",
          "[store][seal]") {
  const Xaes xaes;
  const std::string key(xaes_key_bytes, 'k');
  const std::string nonce(xaes_nonce_bytes, 'n');
  const Id network{.octets = {5}};
  const Place place{.network = network, .key_bytes = "\xf0row"};
  const auto opened = [&](std::uint32_t length, std::size_t bytes) {
    std::string plain;
    append_u32(plain, length);
    plain.resize(4 + bytes);
    std::string aad = "entente/store/1" + std::string(network.view()) + "\xf0\xf0row";
    append_u32(aad, 7);
    std::string sealed(1, static_cast<char>(seal_version));
    append_u32(sealed, 7);
    sealed += nonce;
    xaes.seal(key, nonce, aad, plain, sealed);
    return open_value(xaes, key, place, sealed);
  };
  CHECK(opened(60, 60)->size() == 60);
  CHECK(opened(3, 60)->size() == 3);
  CHECK_FALSE(opened(61, 60));
  CHECK_FALSE(opened(0xffffffff, 60));
  CHECK_FALSE(opened(0, 61));
}

}  // namespace entente::store
