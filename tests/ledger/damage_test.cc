// Rows of the ledger that do not read, are cut, or stand where none belongs; heads and notes that
// are none; and what the ledger keeps of commits of which some did not become durable.
#include <catch2/catch.hpp>
#include <fstream>
#include <map>

#include "proto/contract/bytes.h"
#include "proto/contract/merkle.h"
#include "server/ledger/cosignature_file.h"
#include "server/ledger/fsck.h"
#include "server/ledger/service.h"
#include "server/ledger/store_head.h"
#include "server/ledger/written.h"
#include "server/store/written.h"
#include "tests/ledger/checkpoints_fixture.h"
#include "tests/store/stores.h"

namespace entente::ledger {
namespace {

using test::CheckpointsFixture;
using test::LedgerFixture;

constexpr Code all_codes[] = {Code::DataLoss, Code::Unavailable};

// A snapshot of which one row does not read, and whose walks may end early.
class Bent final : public store::Snapshot {
 public:
  Bent(store::Snapshot& under, const store::Key& key, Code code)
      : under_(under), key_(key.bytes()), status_(code, Reason::None, "bent") {}

  [[nodiscard]] Result<std::optional<std::string>> find(const store::Key& key) override {
    if (key.bytes() == key_) return status_;
    return under_.find(key);
  }
  [[nodiscard]] std::unique_ptr<store::Cursor> scan(
      const store::Key& prefix, const std::optional<store::Key>& from = {}) override {
    return std::make_unique<Walk>(*this, under_.scan(prefix, from));
  }

 private:
  class Walk final : public store::Cursor {
   public:
    Walk(const Bent& of, std::unique_ptr<store::Cursor> under)
        : of_(of), under_(std::move(under)) {}
    [[nodiscard]] bool valid() const override { return under_->valid(); }
    [[nodiscard]] std::string_view key_bytes() const override { return under_->key_bytes(); }
    [[nodiscard]] Result<std::string> value() override {
      if (key_bytes() == of_.key_) return of_.status_;
      return under_->value();
    }
    void next() override { under_->next(); }
    [[nodiscard]] Status status() const override { return under_->status(); }

   private:
    const Bent& of_;
    std::unique_ptr<store::Cursor> under_;
  };
  store::Snapshot& under_;
  std::string key_;
  Status status_;
};

// The same, and it owns what lies under it.
class BentAnew final : public store::Snapshot {
 public:
  BentAnew(std::unique_ptr<store::Snapshot> under, const store::Key& key, Code code)
      : under_(std::move(under)), bent_(*under_, key, code) {}
  [[nodiscard]] Result<std::optional<std::string>> find(const store::Key& key) override {
    return bent_.find(key);
  }
  [[nodiscard]] std::unique_ptr<store::Cursor> scan(
      const store::Key& prefix, const std::optional<store::Key>& from = {}) override {
    return bent_.scan(prefix, from);
  }

 private:
  std::unique_ptr<store::Snapshot> under_;
  Bent bent_;
};

class NoRows final : public store::Rows {
 public:
  void put(const store::Key& /*key*/, std::string /*value*/,
           const store::SealName& /*seal*/ = {}) override {}
};

store::StagedRow staged(const store::Key& key, std::optional<std::string> value) {
  return {.key = key, .value = std::move(value), .seal = {}};
}

const store::Key of_room = store::Key(test::test_table).number(0);
store::Key words_of(std::uint64_t index) { return store::Key(written_table).number(index); }

}  // namespace

TEST_CASE("a row that does not read is named, and one that cannot be read ends the walk",
          "[ledger][fsck]") {
  LedgerFixture fixture;
  fixture.grow_to(300);
  const auto snapshot = fixture.store->snapshot();
  const std::map<std::string, store::Key> rows = {
      {"entry 7 does not authenticate", entry_key(7)},
      {"tile 000000000000000000 does not authenticate", tile_key({.level = 0, .index = 0})},
      {"entry 7 does not say what it wrote", words_of(7).number(0)},
  };
  for (const auto& [problem, key] : rows) {
    INFO(problem);
    Bent lost(*snapshot, key, Code::DataLoss);
    const Result<FsckReport> report = fsck(lost, 300);
    REQUIRE(report.ok());
    REQUIRE_FALSE(report->clean());
    CHECK(report->problems.front() == problem);
    Bent away(*snapshot, key, Code::Unavailable);
    CHECK(fsck(away, 300).status().code() == Code::Unavailable);
  }
  // One of a room, too, unless it reads in the store as it is by then.
  Bent lost(*snapshot, of_room, Code::DataLoss);
  const std::string problem = "row f00000000000000000, of entry 299, does not authenticate";
  CHECK(fsck(lost, 300)->problems == std::vector<std::string>{problem});
  CHECK(fsck(lost, 300)->rows == 0);
  const auto bent_so = [&](Code code) {
    return Rooms{.staged = {}, .anew = [&fixture, code]() -> std::unique_ptr<store::Snapshot> {
                   return std::make_unique<BentAnew>(fixture.store->snapshot(), of_room, code);
                 }};
  };
  CHECK(fsck(lost, 300, bent_so(Code::DataLoss))->problems == std::vector<std::string>{problem});
  CHECK(fsck(lost, 300, bent_so(Code::Unavailable)).status().code() == Code::Unavailable);
  const Rooms sound{.staged = {}, .anew = [&] { return fixture.store->snapshot(); }};
  CHECK(fsck(lost, 300, sound)->clean());
  Bent away(*snapshot, of_room, Code::Unavailable);
  CHECK(fsck(away, 300).status().code() == Code::Unavailable);
}

TEST_CASE("more problems than anybody reads are counted all the same", "[ledger][fsck]") {
  LedgerFixture fixture;
  fixture.grow_to(1);
  const auto snapshot = fixture.store->snapshot();
  const Result<FsckReport> report = fsck(*snapshot, fsck_problems_max + 11);
  REQUIRE(report.ok());
  CHECK(report->problem_count == fsck_problems_max + 10);
  CHECK(report->problems.size() == fsck_problems_max);
  CHECK(report->problems.back() == "entry " + std::to_string(fsck_problems_max) + " is missing");
}

TEST_CASE("a row of a shape that the ledger has nowhere is named", "[ledger][fsck]") {
  LedgerFixture fixture;
  fixture.grow_to(3);
  const std::vector<std::pair<store::StagedRow, std::string>> rows = {
      {staged(entry_key(1).number(1), "x"), "a row of the entries has a key of another shape"},
      {staged(words_of(0).number(7), "x"), "a row of what entry 0 wrote stands where none belongs"},
      {staged(words_of(1), "x"), "entry 1 does not say what it wrote"},
      {staged(entry_key(1), std::string(200, 'x')), "entry 1 is no entry"},
  };
  for (const auto& [row, problem] : rows) {
    const auto was = *fixture.store->snapshot()->find(row.key);
    REQUIRE(fixture.store->stage({row}).ok());
    const auto snapshot = fixture.store->snapshot();
    const Result<FsckReport> report = fsck(*snapshot, 3);
    REQUIRE(report.ok());
    REQUIRE_FALSE(report->clean());
    CHECK(report->problems.front() == problem);
    REQUIRE(fixture.store->stage({staged(row.key, was)}).ok());
  }
}

TEST_CASE("what lies below the rooms' tables is the store's, and no entry answers for it",
          "[ledger][fsck]") {
  LedgerFixture fixture;
  const store::Key below = store::Key(store::Table{0x1f}).number(1);
  const auto transaction = fixture.store->begin();
  transaction->put(below, "x");
  fixture.ledger->record(*transaction, LedgerFixture::act_on("below"));
  REQUIRE(transaction->commit().ok());
  REQUIRE(fixture.store->stage({staged(below, "y")}).ok());
  const auto snapshot = fixture.store->snapshot();
  CHECK(fsck(*snapshot, 1)->clean());
  CHECK(fsck(*snapshot, 1)->rows == 0);
}

TEST_CASE("words that an entry answers for and that are none are not believed", "[ledger][fsck]") {
  const std::string put = std::string("\x02\xf0k\x01", 4);
  for (const std::string& written : {std::string(1, '\0'), std::string("\x05k"), put + "short",
                                     std::string("\x02\xf0k\x07", 4)}) {
    CHECK_FALSE(store::each_written(written, [](auto, auto) { FAIL("no words"); }).ok());
    // Sealed, and committed to by its entry, as if the store had written it so.
    LedgerFixture fixture;
    fixture.grow_to(1);
    const std::string nonce(blinding_bytes, 'n');
    const auto snapshot = fixture.store->snapshot();
    REQUIRE(fixture.store->stage({staged(words_of(0).number(0), nonce + written)}).ok());
    const auto after = fixture.store->snapshot();
    std::vector<std::string> said;
    WrittenFold fold(*after, [&](std::string problem) { said.push_back(std::move(problem)); });
    const BlindingParts parts{.nonce = nonce, .binding = {}, .written = written};
    REQUIRE(fold.take(0, parts.blinding()).ok());
    const bool cut = written.front() == '\0';  // in its binding
    CHECK(said == std::vector<std::string>{cut ? "entry 0 does not say what it wrote"
                                               : "entry 0 did not write what is said of it"});
  }
}

TEST_CASE("an object is compared where both sides have a digest, and asked for once",
          "[ledger][fsck]") {
  FsckReport report;
  report.objects = {{"bare", {.revision = 1, .digest = ""}},
                    {"known", {.revision = 1, .digest = std::string(32, 'x')}}};
  Result<std::optional<ObjectState>> found =
      std::optional<ObjectState>({.revision = 1, .digest = ""});
  const auto current = [&](const std::string&) { return found; };
  REQUIRE(compare_objects(report, current).ok());
  CHECK(report.clean());
  found = Status(Code::DataLoss, Reason::None, "bent");
  REQUIRE(compare_objects(report, current).ok());
  CHECK(report.problems ==
        std::vector<std::string>{"bare does not authenticate", "known does not authenticate"});
  found = Status(Code::Unavailable, Reason::None, "away");
  CHECK(compare_objects(report, current).code() == Code::Unavailable);
}

TEST_CASE("an entry that does not decode at the edge stops the start", "[ledger]") {
  LedgerFixture fixture;
  fixture.grow_to(10);
  REQUIRE(fixture.store->stage({staged(entry_key(7), "rubbish")}).ok());
  CHECK(TreeLedger::open(*fixture.store, fixture.clock, fixture.entropy).status().code() ==
        Code::DataLoss);
}

TEST_CASE("a tile that is gone or cut, and an entry that is gone, is damage to who reads it",
          "[ledger]") {
  LedgerFixture fixture;
  fixture.grow_to(300);
  const auto tile = tile_key({.level = 0, .index = 0});
  const std::vector<std::optional<std::string>> bent = {std::nullopt, "cut"};
  for (const auto& value : bent) {
    REQUIRE(fixture.store->stage({staged(tile, value)}).ok());
    CHECK(fixture.ledger->leaf_at(3).status().code() == Code::DataLoss);
    CHECK(fixture.ledger->prove_inclusion(3, 300).status().code() == Code::DataLoss);
  }
  const auto visit = [](const StoredEntry&) { return true; };
  CHECK(fixture.ledger->read(290, 300, visit).ok());
  CHECK(fixture.ledger->read(290, 301, visit).code() == Code::OutOfRange);
  REQUIRE(fixture.store->stage({staged(entry_key(299), std::nullopt)}).ok());
  CHECK(fixture.ledger->read(290, 300, visit).code() == Code::DataLoss);
  REQUIRE(fixture.store->stage({staged(entry_key(295), std::nullopt)}).ok());
  CHECK(fixture.ledger->read(290, 299, visit).code() == Code::DataLoss);
}

TEST_CASE("what was sequenced before the commits that came to nothing stays in its place",
          "[ledger]") {
  LedgerFixture fixture;
  NoRows rows;
  const std::string act = std::string(blinding_bytes, 'b') + std::string(1, '\0') +
                          encode_act(LedgerFixture::act_on("x"));
  const std::string handed = store::with_written(act, "");
  for (std::uint64_t index = 0; index < 4; ++index) fixture.ledger->sequence(index, handed, rows);
  fixture.ledger->durable(1);
  fixture.ledger->abandoned(2);
  CHECK(fixture.ledger->size() == 1);
  fixture.ledger->sequence(2, handed, rows);
  fixture.ledger->durable(3);
  fixture.ledger->abandoned(3);
  CHECK(fixture.ledger->size() == 3);
}

TEST_CASE("an entry that does not read is no missing one to who asks for it", "[ledger][service]") {
  CheckpointsFixture fixture;
  fixture.grow_to(3);
  REQUIRE(fixture.checkpoints->advance().ok());
  LedgerService service(*fixture.ledger, *fixture.checkpoints);
  policy::Subject subject;
  subject.party = "SWE";
  const auto snapshot = fixture.store->snapshot();
  for (const Code code : all_codes) {
    Bent bent(*snapshot, entry_key(1), code);
    v1::GetEntryRequest message;
    message.set_name("ledger/entries/1");
    CHECK(service.get_entry(subject, message, bent).status().code() == code);
  }
  v1::ProveConsistencyRequest message;
  message.set_old_size(1);
  message.set_size(2);
  const auto older = service.prove_consistency(subject, message, *snapshot);
  REQUIRE(older.ok());
  CHECK(older->checkpoint().empty());  // the newest is of another size
  message.set_size(4);
  CHECK(service.prove_consistency(subject, message, *snapshot).status().code() == Code::OutOfRange);
  v1::ProveInclusionRequest included;
  included.set_size(2);
  CHECK(service.prove_inclusion(subject, included, *snapshot)->checkpoint().empty());
}

TEST_CASE("a head that is no checkpoint, or one of another size, is damage",
          "[ledger][checkpoints]") {
  CheckpointsFixture fixture;
  fixture.grow_to(2);
  REQUIRE(fixture.checkpoints->advance().ok());
  const store::TemporaryFolder folder;
  const auto path = folder.path() / "head";
  const auto with_head = [&](std::uint64_t size, const std::string& note) {
    std::filesystem::remove(path);
    const auto file = *store::HeadFile::open(path, Secret(std::string(32, 'h')));
    REQUIRE(file->record(size, note).ok());
    return check_head(*fixture.ledger, *file).code();
  };
  note::Note other;
  other.text = "no checkpoint\n";
  other.signatures.push_back(test::ledger_key().sign(other.text));
  CHECK(with_head(2, fixture.checkpoints->newest()->note) == Code::Ok);
  CHECK(with_head(2, "no note") == Code::DataLoss);
  CHECK(with_head(2, other.format()) == Code::DataLoss);
  CHECK(with_head(1, fixture.checkpoints->newest()->note) == Code::DataLoss);
}

TEST_CASE("a kept note that is none, or of another ledger, is left out; a newer one replaces",
          "[ledger][checkpoints]") {
  CheckpointsFixture fixture;
  fixture.grow_to(2);
  REQUIRE(fixture.checkpoints->advance().ok());
  const std::string newest = fixture.checkpoints->newest()->note;
  const std::string first = fixture.cosign(newest, "nor", 'N');
  CHECK(fixture.checkpoints->add_cosignature(first)->size() == 1);
  CHECK(fixture.checkpoints->add_cosignature(first)->empty());
  const std::string later = fixture.cosign(newest, "nor", 'N', std::chrono::seconds(60));
  CHECK(fixture.checkpoints->add_cosignature(later)->size() == 1);
  CHECK(fixture.checkpoints->add_cosignature(first)->empty());

  note::Checkpoint beyond = fixture.checkpoints->newest()->checkpoint;
  beyond.size = 99;
  note::Checkpoint extended = fixture.checkpoints->newest()->checkpoint;
  extended.extensions.emplace_back("more");
  for (const note::Checkpoint& foreign : {beyond, extended}) {
    const std::string note = fixture.cosign(CheckpointsFixture::sign(foreign), "nor", 'N');
    CHECK(fixture.checkpoints->add_cosignature(note).status().code() == Code::FailedPrecondition);
    fixture.keeper.notes.push_back(note);
  }
  fixture.keeper.notes.emplace_back("no note");
  fixture.reopen_checkpoints();
  const auto kept = fixture.checkpoints->cosignatures();
  CHECK(kept[0].size == 2);
  CHECK(kept[1].size == 0);
}

TEST_CASE("signing ends when told, though nothing was committed or the head cannot be written",
          "[ledger][checkpoints]") {
  CheckpointsFixture idle;
  idle.checkpoints->start(std::chrono::hours(1));
  idle.checkpoints->stop();
  CHECK(idle.failures == 0);
  idle.head.failing = true;
  idle.checkpoints->start(std::chrono::hours(1));
  idle.grow_to(1);
  idle.checkpoints->stop();
  CHECK(idle.failures > 0);
  CHECK(idle.checkpoints->newest()->checkpoint.size == 0);
}

TEST_CASE("a file of cosignatures that cannot be read is said to; one that is none is none",
          "[ledger][checkpoints]") {
  const store::TemporaryFolder folder;
  CHECK(CosignatureFile(folder.path()).load().status().code() == Code::Unavailable);
  const auto path = folder.path() / "cosignatures";
  std::ofstream(path) << "12";
  CHECK(CosignatureFile(path).load()->empty());
  std::ofstream(path) << std::string(4U << 20, '\n');
  CHECK(CosignatureFile(path).load()->empty());
}

}  // namespace entente::ledger
