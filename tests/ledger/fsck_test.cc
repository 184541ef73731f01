#include "server/ledger/fsck.h"

#include <catch2/catch.hpp>

#include "proto/contract/bytes.h"
#include "server/ledger/tree.h"
#include "server/ledger/written.h"
#include "tests/ledger/ledger_fixture.h"

namespace entente::ledger {
namespace {

using test::LedgerFixture;

struct FsckFixture : LedgerFixture {
  // What somebody with the keys could do to the rows, behind the ledger's back.
  void meddle(const std::function<void(store::Transaction&)>& change) {
    const auto transaction = store->begin();
    change(*transaction);
    ledger->record(*transaction, act_on("meddling"));
    REQUIRE(transaction->commit().ok());
  }
  FsckReport check(const Rooms& rooms = {}) {
    const auto snapshot = store->snapshot();
    Result<FsckReport> report = fsck(*snapshot, store->size(), rooms);
    REQUIRE(report.ok());
    return *std::move(report);
  }
  std::string row(std::uint64_t index) {
    return store->snapshot()->find(entry_key(index))->value();
  }
};

}  // namespace

TEST_CASE("a ledger as it was written is clean, and its root is made anew", "[ledger][fsck]") {
  FsckFixture fixture;
  CHECK(fixture.check().clean());
  for (const std::uint64_t size : {1U, 255U, 256U, 257U, 1'025U}) {
    fixture.grow_to(size);
    const FsckReport report = fixture.check();
    CHECK(report.problems.empty());
    CHECK(report.entries == size);
    CHECK(report.root == *fixture.ledger->root_at(size));
  }
}

TEST_CASE("each kind of meddling with the rows is found", "[ledger][fsck]") {
  FsckFixture fixture;
  fixture.grow_to(600);
  std::string expected;
  SECTION("an entry dropped") {
    fixture.meddle([](auto& t) { t.erase(entry_key(7)); });
    expected = "entry 7 is missing";
  }
  SECTION("an entry altered") {
    fixture.meddle([&](auto& t) {
      Entry entry = *decode_entry(fixture.row(7).substr(blinding_bytes));
      entry.act.object = "other";
      t.put(entry_key(7), fixture.row(7).substr(0, blinding_bytes) + encode_entry(entry));
    });
    expected = "tile 000000000000000000 is not over the entries below it";
  }
  SECTION("two entries exchanged") {
    const std::string a = fixture.row(7);
    const std::string b = fixture.row(8);
    fixture.meddle([&](auto& t) {
      t.put(entry_key(7), b);
      t.put(entry_key(8), a);
    });
    expected = "entry 8 stands in place of 7";
  }
  SECTION("an entry that is no entry") {
    fixture.meddle([](auto& t) { t.put(entry_key(7), "rubbish"); });
    expected = "entry 7 is cut";
  }
  SECTION("an entry added beyond the end") {
    fixture.meddle([&](auto& t) { t.put(entry_key(700), fixture.row(7)); });
    expected = "entry 700 stands beyond the ledger's size";
  }
  SECTION("an entry whose time was changed") {
    fixture.meddle([&](auto& t) {
      Entry entry = *decode_entry(fixture.row(599).substr(blinding_bytes));
      entry.time -= std::chrono::hours(1);
      t.put(entry_key(599), fixture.row(599).substr(0, blinding_bytes) + encode_entry(entry));
    });
    expected = "entry 599 is earlier than the one before it";
  }
  SECTION("a tile dropped") {
    fixture.meddle([](auto& t) { t.erase(tile_key({.level = 0, .index = 1})); });
    expected = "tile 000000000000000001 is missing";
  }
  SECTION("a tile altered") {
    fixture.meddle(
        [](auto& t) { t.put(tile_key({.level = 0, .index = 1}), std::string(tile_bytes, 'x')); });
    expected = "tile 000000000000000001 is not over the entries below it";
  }
  SECTION("a tile too many") {
    fixture.meddle(
        [](auto& t) { t.put(tile_key({.level = 1, .index = 0}), std::string(tile_bytes, 'x')); });
    expected = "tile 010000000000000000 stands where none belongs";
  }
  const FsckReport report = fixture.check();
  CHECK_FALSE(report.clean());
  REQUIRE_FALSE(report.problems.empty());
  CHECK(report.problems.front() == expected);
}

TEST_CASE("a row of a room that is not as its entry left it is found", "[ledger][fsck]") {
  FsckFixture fixture;
  const auto key = [](std::uint64_t number) { return store::Key(test::test_table).number(number); };
  const auto write = [&](const std::function<void(store::Transaction&)>& change) {
    const auto transaction = fixture.store->begin();
    change(*transaction);
    fixture.ledger->record(*transaction, LedgerFixture::act_on("rows"));
    REQUIRE(transaction->commit().ok());
  };
  write([&](auto& t) { t.put(key(1), "first"); });
  write([&](auto& t) {
    t.bind(std::string(sizeof(Digest), 'b'));
    t.put(key(1), "second"), t.put(key(2), "other"), t.put(key(3), "gone");
  });
  write([&](auto& t) { t.erase(key(3)), t.put(key(4), std::string(1'000'000, 'x')); });
  FsckReport report = fixture.check();
  REQUIRE(report.problems.empty());
  CHECK(report.rows == 3);
  CHECK(report.silent == 0);

  // Rows that are written without a commit, as nobody but an insider does in such a table.
  const auto behind = [&](const store::Key& at, std::optional<std::string> value) {
    REQUIRE(fixture.store->stage({{.key = at, .value = std::move(value), .seal = {}}}).ok());
  };
  std::string expected;
  const std::string row = "row " + to_hex(key(1).bytes());
  SECTION("an older value put back") {
    behind(key(1), "first");
    expected = row + " is not as entry 1 left it";
  }
  SECTION("a row dropped") {
    behind(key(1), std::nullopt);
    expected = "a row that entry 1 wrote is gone";
  }
  SECTION("an erased row put back") {
    behind(key(3), "gone");
    expected = "row " + to_hex(key(3).bytes()) + " stands, though entry 2 erased it";
  }
  SECTION("a row added") {
    behind(key(9), "new");
    expected = "row " + to_hex(key(9).bytes()) + " was written by no entry";
  }
  const store::Key words = store::Key(written_table).number(1).number(0);
  SECTION("the words of an entry dropped") {
    behind(words, std::nullopt);
    expected = "entry 1 does not say what it wrote";
  }
  SECTION("the words of an entry altered to suit") {
    std::string altered = **fixture.store->snapshot()->find(words);
    altered.back() = static_cast<char>(altered.back() ^ 1);
    behind(words, altered);
    expected = "entry 1 did not write what is said of it";
  }
  SECTION("the binding of an entry altered") {
    std::string altered = **fixture.store->snapshot()->find(words);
    altered[blinding_bytes + 5] = 'x';
    behind(words, altered);
    expected = "entry 1 did not write what is said of it";
  }
  SECTION("the binding of an entry taken away") {
    std::string altered = **fixture.store->snapshot()->find(words);
    behind(words, altered.erase(blinding_bytes, 1 + sizeof(Digest)));
    expected = "entry 1 did not write what is said of it";
  }
  SECTION("an entry cut in its binding") {
    behind(words, (*fixture.store->snapshot()->find(words))->substr(0, blinding_bytes + 9));
    expected = "entry 1 does not say what it wrote";
  }
  SECTION("words that belong to no entry") {
    behind(store::Key(written_table).number(1).number(1), "more");
    expected = "entry 1 did not write what is said of it";
  }
  report = fixture.check();
  REQUIRE_FALSE(report.problems.empty());
  CHECK(report.problems.front() == expected);
}

TEST_CASE("a row added to a table that no commit has written is found, unless its rows are staged",
          "[ledger][fsck]") {
  FsckFixture fixture;
  fixture.grow_to(3);
  for (const unsigned number : {0x20U, 0x27U, 0x68U, 0xffU}) {
    const auto table = static_cast<store::Table>(number);
    const store::Key key = store::Key(table).number(1);
    REQUIRE(fixture.store->stage({{.key = key, .value = "planted", .seal = {}}}).ok());
    CHECK(fixture.check().problems ==
          std::vector<std::string>{"row " + to_hex(key.bytes()) + " was written by no entry"});
    CHECK(fixture.check({.staged = {table}, .anew = {}}).clean());
    REQUIRE(fixture.store->stage({{.key = key, .value = std::nullopt, .seal = {}}}).ok());
  }
}

TEST_CASE("a row whose key is gone is found, unless it was destroyed as documents are",
          "[ledger][fsck]") {
  FsckFixture fixture;
  const store::SealName seal{.scope = store::SealName::Scope::Document, .id = {.octets = {7}}};
  const store::Key key = store::Key(test::test_table).number(1);
  const auto commit = [&](const std::function<void(store::Transaction&)>& change) {
    const auto transaction = fixture.store->begin();
    change(*transaction);
    fixture.ledger->record(*transaction, LedgerFixture::act_on("document"));
    REQUIRE(transaction->commit().ok());
  };
  REQUIRE(fixture.store->ensure_seal(seal).ok());
  commit([&](auto& t) { t.put(key, "text", seal); });
  const auto before = fixture.store->snapshot();
  const Rooms rooms{.staged = {}, .anew = [&] { return fixture.store->snapshot(); }};
  const bool erased = GENERATE(true, false);
  if (erased) commit([&](auto& t) { t.erase(key); });
  REQUIRE(fixture.store->destroy_seal(seal).ok());
  const Result<FsckReport> beside = fsck(*before, 1, rooms);
  REQUIRE(beside.ok());
  const std::string problem = "row " + to_hex(key.bytes()) + ", of entry 0, does not authenticate";
  CHECK(beside->problems == (erased ? std::vector<std::string>{} : std::vector{problem}));
  CHECK(fixture.check(rooms).problems == beside->problems);
}

TEST_CASE("more than a row holds is kept in several, and a ledger that is older is read as it is",
          "[ledger][fsck]") {
  FsckFixture fixture;
  const auto transaction = fixture.store->begin();
  for (std::uint64_t n = 0; n < 20'000; ++n) {
    transaction->put(store::Key(test::test_table).number(n), std::to_string(n));
  }
  fixture.ledger->record(*transaction, LedgerFixture::act_on("many"));
  REQUIRE(transaction->commit().ok());
  FsckReport report = fixture.check();
  REQUIRE(report.problems.empty());
  CHECK(report.rows == 20'000);

  // As one that was written before entries answered for rows.
  std::vector<store::StagedRow> words;
  const auto snapshot = fixture.store->snapshot();
  const auto cursor = snapshot->scan(store::Key(written_table));
  for (; cursor->valid(); cursor->next()) {
    words.push_back({.key = store::Key(written_table).octets(cursor->key_bytes().substr(1)),
                     .value = std::nullopt,
                     .seal = {}});
  }
  REQUIRE(words.size() > 1);
  REQUIRE(fixture.store->stage(words).ok());
  report = fixture.check();
  CHECK(report.problems.empty());
  CHECK(report.silent == 1);
  fixture.commit(LedgerFixture::act_on("later"));
  report = fixture.check();
  CHECK(report.problems.empty());
  CHECK(report.rows == 1);
}

TEST_CASE("an entry dropped from the edge stops the start", "[ledger][fsck]") {
  FsckFixture fixture;
  fixture.grow_to(10);
  fixture.meddle([](auto& t) { t.erase(entry_key(7)); });
  CHECK(TreeLedger::open(*fixture.store, fixture.clock, fixture.entropy).status().code() ==
        Code::DataLoss);
}

TEST_CASE("an object that is not what the ledger last said is named", "[ledger][fsck]") {
  FsckFixture fixture;
  const auto change = [&](const std::string& object, std::uint64_t revision, char digest) {
    Act act = LedgerFixture::act_on(object);
    act.revision = revision;
    if (digest != 0) act.object_digest = std::string(32, digest);
    fixture.commit(act);
  };
  change("a", 1, 'x');
  change("a", 2, 'y');
  change("b", 1, 'x');
  change("c", 1, 'x');
  change("d", 2, 0);     // erased
  change("read", 0, 0);  // a reading: no change
  FsckReport report = fixture.check();
  CHECK(report.objects.size() == 4);

  std::map<std::string, ObjectState> room = {{"a", {2, std::string(32, 'y')}},
                                             {"b", {1, std::string(32, 'x')}},
                                             {"c", {1, std::string(32, 'x')}}};
  const CurrentState current = [&](const std::string& name) -> Result<std::optional<ObjectState>> {
    const auto found = room.find(name);
    if (found == room.end()) return std::optional<ObjectState>();
    return std::optional<ObjectState>(found->second);
  };
  REQUIRE(compare_objects(report, current).ok());
  CHECK(report.clean());

  room["a"] = {1, std::string(32, 'x')};  // an older value put back
  room["b"].digest = std::string(32, 'z');
  room.erase("c");
  REQUIRE(compare_objects(report, current).ok());
  CHECK(report.problems == std::vector<std::string>{"a is at revision 1, the ledger says 2",
                                                    "b is not what the ledger says that it is",
                                                    "c is gone, and the ledger does not say so"});
}

}  // namespace entente::ledger
