// Proofs at ten million entries: the ledger's own code, over rows that are sealed as the store
// seals them and lie in memory. Prints `name value unit` lines. ENTENTE_BENCH_ENTRIES sets another
// size.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "proto/contract/merkle.h"
#include "server/ledger/tree_ledger.h"
#include "server/store/keyring.h"

namespace {

using namespace entente;
using SteadyClock = std::chrono::steady_clock;

double microseconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double, std::micro>(SteadyClock::now() - start).count();
}

// Sealed rows in a map, as many commits as were asked for.
class SealedRows final : public store::Store, public store::Rows {
 public:
  explicit SealedRows(Entropy& entropy) : keyring_(store::Keyring::in_memory(entropy)) {}

  void put(const store::Key& key, std::string value, const store::SealName& seal) override {
    rows_[key.bytes()] = keyring_->seal(seal, key.bytes(), value).value();
  }
  void set_size(std::uint64_t size) { size_ = size; }
  [[nodiscard]] std::uint64_t bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& [key, value] : rows_) bytes += key.size() + value.size();
    return bytes;
  }

  [[nodiscard]] std::unique_ptr<store::Snapshot> snapshot() override {
    return std::make_unique<View>(*this);
  }
  [[nodiscard]] Status stage(const std::vector<store::StagedRow>& /*rows*/) override { return {}; }
  [[nodiscard]] store::CommitIndex size() const override { return size_; }
  [[nodiscard]] std::unique_ptr<store::Transaction> begin() override { return nullptr; }
  void set_sequencer(store::Sequencer& /*sequencer*/) override {}
  [[nodiscard]] store::Id blind(std::string_view /*domain*/,
                                std::string_view /*text*/) const override {
    return {};
  }
  [[nodiscard]] Status ensure_seal(const store::SealName& /*name*/,
                                   const store::Id& /*process*/) override {
    return {};
  }
  [[nodiscard]] Status destroy_seal(const store::SealName& /*name*/) override { return {}; }
  [[nodiscard]] Secret purpose_key(std::string_view /*purpose*/) const override { return {}; }
  [[nodiscard]] store::Health health() const override { return {}; }

 private:
  class View final : public store::Snapshot {
   public:
    explicit View(SealedRows& of) : of_(of) {}
    [[nodiscard]] Result<std::optional<std::string>> find(const store::Key& key) override {
      const auto row = of_.rows_.find(key.bytes());
      if (row == of_.rows_.end()) return std::optional<std::string>();
      ENTENTE_TRY(std::string value, of_.keyring_->unseal(key.bytes(), row->second));
      return std::optional<std::string>(std::move(value));
    }
    [[nodiscard]] std::unique_ptr<store::Cursor> scan(
        const store::Key& /*prefix*/, const std::optional<store::Key>& /*from*/) override {
      return nullptr;
    }

   private:
    SealedRows& of_;
  };

  std::unique_ptr<store::Keyring> keyring_;
  std::unordered_map<std::string, std::string> rows_;
  std::uint64_t size_ = 0;
};

void fill(SealedRows& rows, std::uint64_t size) {
  ledger::Tree tree;
  const auto keep_tile = [&rows](const ledger::TileName& name, std::string bytes) {
    rows.put(ledger::tile_key(name), std::move(bytes), {});
  };
  const std::uint64_t edge = size - size % ledger::tile_width;
  for (std::uint64_t index = 0; index < size; ++index) {
    if (index < edge && index + 1 < size) {
      Digest leaf{};
      for (unsigned i = 0; i < 8; ++i) leaf.at(i) = static_cast<std::uint8_t>(index >> (8 * i));
      tree.append(leaf, keep_tile);
      continue;
    }
    Entry entry;
    entry.index = index;
    const std::string blinding(blinding_bytes, 'b');
    const std::string canonical = encode_entry(entry);
    rows.put(ledger::entry_key(index), blinding + canonical, {});
    tree.append(entry_leaf(blinding, canonical), keep_tile);
  }
  rows.set_size(size);
}

void report(const std::string& name, std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  std::printf("%s_p50 %.1f us\n", name.c_str(), samples[samples.size() / 2]);
  std::printf("%s_p99 %.1f us\n", name.c_str(), samples[samples.size() * 99 / 100]);
  std::printf("%s_max %.1f us\n", name.c_str(), samples.back());
}

}  // namespace

int main() {
  const char* wanted = std::getenv("ENTENTE_BENCH_ENTRIES");
  const std::uint64_t size = wanted == nullptr ? 10'000'000 : std::stoull(wanted);
  SystemEntropy entropy;
  SystemClock clock;
  SealedRows rows(entropy);
  fill(rows, size);
  std::printf("ledger_tiles_per_entry %.1f bytes\n",
              static_cast<double>(rows.bytes()) / static_cast<double>(size));

  auto start = SteadyClock::now();
  const auto ledger = *ledger::TreeLedger::open(rows, clock, entropy);
  std::printf("ledger_open %.1f us\n", microseconds_since(start));

  std::mt19937_64 random(1);
  const Digest root = *ledger->root_at(size);
  std::vector<double> inclusion;
  std::vector<double> consistency;
  std::vector<double> checked;
  for (int round = 0; round < 20'000; ++round) {
    const std::uint64_t index = random() % size;
    start = SteadyClock::now();
    const auto path = ledger->prove_inclusion(index, size);
    inclusion.push_back(microseconds_since(start));
    const Digest leaf = *ledger->leaf_at(index);
    start = SteadyClock::now();
    ENTENTE_CHECK(path.ok() && merkle::verify_inclusion(index, size, leaf, *path, root));
    checked.push_back(microseconds_since(start));
    const std::uint64_t old_size = 1 + random() % size;  // not the tiles just read
    start = SteadyClock::now();
    const auto growth = ledger->prove_consistency(old_size, size);
    consistency.push_back(microseconds_since(start));
    const Digest old_root = *ledger->root_at(old_size);
    ENTENTE_CHECK(growth.ok() &&
                  merkle::verify_consistency(old_size, size, old_root, root, *growth));
  }
  report("ledger_prove_inclusion", std::move(inclusion));
  report("ledger_prove_consistency", std::move(consistency));
  report("ledger_verify_inclusion", std::move(checked));
  return 0;
}
