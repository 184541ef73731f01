#include "server/ledger/checkpoints.h"

#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "proto/contract/merkle.h"
#include "server/ledger/cosignature_file.h"
#include "server/ledger/store_head.h"
#include "tests/ledger/checkpoints_fixture.h"

namespace entente::ledger {
namespace {

using test::CheckpointsFixture;
using test::LedgerFixture;

note::Checkpoint opened(const CheckpointsFixture& fixture) {
  const auto newest = fixture.checkpoints->newest();
  const Result<note::SignedCheckpoint> signed_checkpoint =
      note::open_checkpoint(newest->note, fixture.checkpoints->key());
  REQUIRE(signed_checkpoint.ok());
  REQUIRE(signed_checkpoint->checkpoint == newest->checkpoint);
  return newest->checkpoint;
}

}  // namespace

TEST_CASE("no checkpoint is shown whose head is not recorded", "[ledger][checkpoints]") {
  CheckpointsFixture fixture;
  fixture.grow_to(3);
  fixture.head.failing = true;
  CHECK(fixture.checkpoints->advance().code() == Code::Unavailable);
  CHECK(opened(fixture).size == 0);
  CHECK(fixture.checkpoints->prove(1, /*at_once=*/true).status().code() == Code::Unavailable);
  fixture.head.failing = false;
  CHECK(fixture.checkpoints->advance().ok());
  CHECK(opened(fixture).size == 3);
  CHECK(fixture.head.heads.back().first == 3);
  CHECK(fixture.head.heads.back().second == fixture.checkpoints->newest()->note);
}

TEST_CASE("a store behind, or other than, its head file is refused", "[ledger][checkpoints]") {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("entente-head-" + std::to_string(::getpid()));
  std::filesystem::remove(path);
  const auto head_file = [&] {
    auto opened = store::HeadFile::open(path, Secret(std::string(32, 'h')));
    REQUIRE(opened.ok());
    return *std::move(opened);
  };
  CheckpointsFixture fixture;
  CheckpointsFixture put_back;
  put_back.grow_to(3);
  CheckpointsFixture other;
  other.grow_to(5);
  fixture.grow_to(5);
  {
    const auto file = head_file();
    CHECK(check_head(*fixture.ledger, *file).ok());  // no head yet
    CHECK(check_signer(file->last(), fixture.checkpoints->key()).ok());
    StoreHead head(*file);
    REQUIRE(fixture.checkpoints->advance().ok());
    REQUIRE(head.record_head(5, fixture.checkpoints->newest()->note).ok());
  }
  const auto file = head_file();
  CHECK(check_head(*fixture.ledger, *file).ok());
  fixture.grow_to(6);
  CHECK(check_head(*fixture.ledger, *file).ok());
  const Status behind = check_head(*put_back.ledger, *file);
  CHECK(behind.code() == Code::FailedPrecondition);
  CHECK(behind.message() == "the store is 2 entries behind its own head");
  CHECK(check_head(*other.ledger, *file).code() == Code::DataLoss);

  CHECK(check_signer(file->last(), fixture.checkpoints->key()).ok());
  const std::string& origin = fixture.checkpoints->key().name();
  const note::SigningKey strange(origin, note::SignatureType::Ed25519,
                                 Secret(std::string(note::key_bytes, 's')));
  CHECK(check_signer(file->last(), strange.verifier()).code() == Code::InvalidArgument);
  std::filesystem::remove(path);
}

TEST_CASE("each checkpoint continues the one before it", "[ledger][checkpoints]") {
  CheckpointsFixture fixture;
  note::Checkpoint last = opened(fixture);
  CHECK(last.root == merkle::empty_root());
  for (const std::uint64_t size : {1U, 5U, 256U, 300U}) {
    fixture.grow_to(size);
    REQUIRE(fixture.checkpoints->advance().ok());
    const note::Checkpoint next = opened(fixture);
    CHECK(next.size == size);
    CHECK(merkle::verify_consistency(last.size, next.size, last.root, next.root,
                                     *fixture.ledger->prove_consistency(last.size, next.size)));
    last = next;
  }
  const auto before = fixture.checkpoints->newest();
  REQUIRE(fixture.checkpoints->advance().ok());
  CHECK(fixture.checkpoints->newest() == before);  // nothing new, nothing signed
}

TEST_CASE("a receipt proves its entry, at once or when a checkpoint has come",
          "[ledger][checkpoints]") {
  CheckpointsFixture fixture;
  const std::uint64_t index = fixture.commit(LedgerFixture::act_on("a"));
  const Result<Proof> later = fixture.checkpoints->prove(index, /*at_once=*/false);
  REQUIRE(later.ok());
  CHECK(later->checkpoint.empty());
  CHECK(later->path.empty());
  const Result<Proof> now = fixture.checkpoints->prove(index, /*at_once=*/true);
  REQUIRE(now.ok());
  const note::Checkpoint checkpoint = opened(fixture);
  CHECK(now->checkpoint == fixture.checkpoints->newest()->note);
  CHECK(merkle::verify_inclusion(index, checkpoint.size, now->leaf, now->path, checkpoint.root));
  CHECK(fixture.checkpoints->prove(index + 1, true).status().code() == Code::OutOfRange);
}

TEST_CASE("only a known witness's cosignature on this ledger's own checkpoint is kept",
          "[ledger][checkpoints]") {
  CheckpointsFixture fixture;
  fixture.grow_to(10);
  REQUIRE(fixture.checkpoints->advance().ok());
  const std::string note = fixture.checkpoints->newest()->note;
  const auto code = [&](const std::string& text) {
    return fixture.checkpoints->add_cosignature(text).status();
  };
  CHECK(code("").code() == Code::InvalidArgument);
  CHECK(code(note).code() == Code::InvalidArgument);
  CHECK(code(fixture.cosign(note, "usa", 'U')).code() == Code::InvalidArgument);
  CHECK(code(fixture.cosign(note, "nor", 'X')).code() == Code::InvalidArgument);
  CHECK(code(fixture.cosign(note, "nor", 'N', std::chrono::minutes(6))).code() ==
        Code::InvalidArgument);  // from the future

  // Signed by this very key, but never a root of this ledger: somebody has the key.
  note::Checkpoint forked = fixture.checkpoints->newest()->checkpoint;
  forked.root = merkle::leaf_hash("fork");
  const Status fork = code(fixture.cosign(fixture.sign(forked), "nor", 'N'));
  CHECK(fork.code() == Code::FailedPrecondition);
  CHECK(fork.reason() == Reason::ProofInvalid);
  note::Checkpoint beyond = fixture.checkpoints->newest()->checkpoint;
  beyond.size = 11;
  CHECK(code(fixture.cosign(fixture.sign(beyond), "nor", 'N')).code() == Code::FailedPrecondition);

  for (const Cosigned& cosigned : fixture.checkpoints->cosignatures()) {
    CHECK(cosigned.note.empty());
  }
  CHECK(fixture.checkpoints->newest()->note == note);
}

TEST_CASE("a cosignature is shown on its checkpoint, and kept over a restart and further growth",
          "[ledger][checkpoints]") {
  CheckpointsFixture fixture;
  fixture.grow_to(10);
  REQUIRE(fixture.checkpoints->advance().ok());
  const std::string note = fixture.checkpoints->newest()->note;
  const std::string nor = fixture.cosign(note, "nor", 'N');
  CHECK(*fixture.checkpoints->add_cosignature(nor) ==
        std::vector<std::string>{"nor.example/witness"});
  CHECK(fixture.checkpoints->add_cosignature(nor)->empty());  // a retry changes nothing
  CHECK(fixture.checkpoints->newest()->note == nor);

  fixture.reopen_checkpoints();
  CHECK(fixture.checkpoints->newest()->note == nor);

  fixture.grow_to(12);
  REQUIRE(fixture.checkpoints->advance().ok());
  CHECK(note::Note::parse(fixture.checkpoints->newest()->note)->signatures.size() == 1);
  const std::vector<Cosigned> all = fixture.checkpoints->cosignatures();
  REQUIRE(all.size() == 2);
  CHECK(all[0].witness.party == "NOR");
  CHECK(all[0].size == 10);
  CHECK(all[0].note == nor);
  CHECK(all[1].note.empty());

  // One on an older checkpoint comes late: taken for who has none, no step back for who has.
  CHECK(fixture.checkpoints->add_cosignature(fixture.cosign(note, "dnk", 'D'))->size() == 1);
  CHECK(*fixture.checkpoints->add_cosignature(
            fixture.cosign(fixture.checkpoints->newest()->note, "nor", 'N')) ==
        std::vector<std::string>{"nor.example/witness"});
  CHECK(fixture.checkpoints->add_cosignature(nor)->empty());
  // Nor does a look at less, later.
  CHECK(fixture.checkpoints
            ->add_cosignature(fixture.cosign(note, "nor", 'N', std::chrono::minutes(1)))
            ->empty());
  CHECK(fixture.checkpoints->cosignatures()[0].size == 12);
}

TEST_CASE("what was kept and does not hold any more is dropped", "[ledger][checkpoints]") {
  CheckpointsFixture fixture;
  fixture.grow_to(10);
  REQUIRE(fixture.checkpoints->advance().ok());
  const std::string nor = fixture.cosign(fixture.checkpoints->newest()->note, "nor", 'N');
  REQUIRE(fixture.checkpoints->add_cosignature(nor).ok());
  REQUIRE(fixture.keeper.notes.size() == 1);
  fixture.keeper.notes[0][nor.size() - 8] ^= 1;
  fixture.keeper.notes.emplace_back("garbage");
  fixture.reopen_checkpoints();
  CHECK(fixture.checkpoints->cosignatures()[0].note.empty());
}

TEST_CASE("its own thread signs what was committed, and stops when told", "[ledger][checkpoints]") {
  CheckpointsFixture fixture;
  std::atomic<int> woken = 0;
  auto subscription = fixture.checkpoints->subscribe([&] { ++woken; });
  fixture.checkpoints->start(std::chrono::milliseconds(1));
  fixture.grow_to(20);
  for (int i = 0; i < 5'000 && fixture.checkpoints->newest()->checkpoint.size < 20; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(opened(fixture).size == 20);
  fixture.head.failing = true;
  fixture.grow_to(21);
  for (int i = 0; i < 5'000 && fixture.failures == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(fixture.failures > 0);
  fixture.head.failing = false;  // tried again without a further commit
  for (int i = 0; i < 5'000 && fixture.checkpoints->newest()->checkpoint.size < 21; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(opened(fixture).size == 21);
  fixture.checkpoints->stop();
  subscription.reset();
  const int before = woken;
  CHECK(before > 0);
  fixture.grow_to(22);
  REQUIRE(fixture.checkpoints->advance().ok());
  CHECK(woken == before);
}

TEST_CASE("what was committed within the last interval is signed at the stop",
          "[ledger][checkpoints]") {
  CheckpointsFixture fixture;
  fixture.checkpoints->start(std::chrono::hours(1));
  fixture.grow_to(20);
  for (int i = 0; i < 5'000 && fixture.checkpoints->newest()->checkpoint.size == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  fixture.grow_to(21);  // nobody signs this one before the hour is over
  fixture.checkpoints->stop();
  CHECK(opened(fixture).size == 21);
}

TEST_CASE("cosignatures survive in their file, and a torn one loses no more than itself",
          "[ledger][checkpoints]") {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("entente-cosigned-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const std::string path = folder / "cosignatures";
  CosignatureFile file(path);
  CHECK(file.load()->empty());
  const std::vector<std::string> notes = {"one\n\ntwo\n", "three\n"};
  REQUIRE(file.keep(notes).ok());
  CHECK(*file.load() == notes);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  CHECK(*file.load() == std::vector<std::string>{notes[0]});
  std::ofstream(path, std::ios::trunc).close();
  CHECK(file.load()->empty());
  std::ofstream(path, std::ios::trunc) << "99999999999999999999\nx";
  CHECK(file.load()->empty());
  CHECK(CosignatureFile(folder / "no" / "such").keep(notes).code() == Code::Unavailable);
  std::filesystem::remove_all(folder);
}

}  // namespace entente::ledger
