// A ledger with its checkpoints; heads and cosignatures are kept in memory.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/ledger/checkpoints.h"
#include "tests/ledger/ledger_fixture.h"

namespace entente::ledger::test {

class TestHead final : public HeadRecorder {
 public:
  [[nodiscard]] Status record_head(std::uint64_t size, std::string_view signed_note) override {
    if (failing) return {Code::Unavailable, Reason::None, "no head"};
    heads.emplace_back(size, std::string(signed_note));
    return {};
  }
  std::atomic<bool> failing = false;
  std::vector<std::pair<std::uint64_t, std::string>> heads;
};

class TestKeeper final : public CosignatureKeeper {
 public:
  [[nodiscard]] Result<std::vector<std::string>> load() override { return notes; }
  [[nodiscard]] Status keep(const std::vector<std::string>& next) override {
    notes = next;
    return {};
  }
  std::vector<std::string> notes;
};

inline note::SigningKey ledger_key() {
  return note::SigningKey("demo.example/ledger", note::SignatureType::Ed25519,
                          Secret(std::string(32, 'L')));
}
inline note::SigningKey witness_key(const std::string& party, char seed) {
  return note::SigningKey(party + ".example/witness", note::SignatureType::Cosignature,
                          Secret(std::string(32, seed)));
}

struct CheckpointsFixture : LedgerFixture {
  CheckpointsFixture() { reopen_checkpoints(); }

  // Both anew: the ledger keeps no follower that has died.
  void reopen_checkpoints() {
    checkpoints.reset();
    reopen();
    Result<std::unique_ptr<Checkpoints>> opened = Checkpoints::open(
        {.ledger = *ledger,
         .key = ledger_key(),
         .head = head,
         .keeper = keeper,
         .witnesses = {{.party = "NOR", .key = witness_key("nor", 'N').verifier()},
                       {.party = "DNK", .key = witness_key("dnk", 'D').verifier()}},
         .clock = clock,
         .failed = [this](const Status&) { ++failures; }});
    REQUIRE(opened.ok());
    checkpoints = *std::move(opened);
  }

  [[nodiscard]] static std::string sign(const note::Checkpoint& checkpoint) {
    note::Note note;
    note.text = checkpoint.text();
    note.signatures.push_back(ledger_key().sign(note.text));
    return note.format();
  }

  // `signed_note` with one more cosignature, made `ahead` of the clock.
  [[nodiscard]] std::string cosign(const std::string& signed_note, const std::string& party,
                                   char seed, std::chrono::seconds ahead = {}) const {
    Result<note::Note> note = note::Note::parse(signed_note);
    REQUIRE(note.ok());
    const auto now = std::chrono::floor<std::chrono::seconds>(clock.now()).time_since_epoch();
    note->signatures.push_back(witness_key(party, seed).cosign(note->text, (now + ahead).count()));
    return note->format();
  }

  TestHead head;
  TestKeeper keeper;
  std::atomic<int> failures = 0;
  std::unique_ptr<Checkpoints> checkpoints;
};

}  // namespace entente::ledger::test
