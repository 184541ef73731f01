// One view of the engine for all who read between two writes, and what they have made of its rows:
// a row that nobody has changed is not looked up, unsealed and decoded again for each reader.
// Stands between the store and its engine, so that every write passes through it.
//
// Whoever reads sees exactly what its view shows: a write takes what was made of its rows away
// before it begins, and nothing that was read before a write is kept after it.
//
// Threads: any, but write and recover as Engine says. Ownership: the store's; the engine is
// borrowed.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/store/engine.h"

namespace entente::store {

class SharedViews final : public Engine {
 public:
  // Attack: reading everything, to fill the memory. Of the values that something is kept of.
  static constexpr std::size_t made_bytes_max = 8U << 20U;

  explicit SharedViews(Engine& engine) : engine_(engine) {}

  struct Shared {
    std::shared_ptr<EngineView> view;  // its functions may be called by several threads at once
    std::uint64_t version = 0;         // it shows this many writes, or more
  };
  [[nodiscard]] Shared shared();

  // What was made of the row as a view of this version shows it; null if nothing is kept.
  [[nodiscard]] Decoded find(std::string_view key, std::uint64_t version) const;
  // Keeps what was made of a value of `bytes` that a view of this version showed, unless the row
  // may have changed since.
  void keep(std::string_view key, std::uint64_t version, Decoded made, std::size_t bytes);
  // Nothing that was made until now is given again.
  void forget();

  [[nodiscard]] std::unique_ptr<EngineView> view() override { return engine_.view(); }
  [[nodiscard]] Status write(const std::vector<EngineRow>& rows, Durable durable) override;
  [[nodiscard]] Status recover() override;
  [[nodiscard]] Health health() const override { return engine_.health(); }

 private:
  static constexpr std::size_t shards_count = 16;
  struct Made {
    std::uint64_t version = 0;
    Decoded made;
    std::size_t bytes = 0;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const {
      return std::hash<std::string_view>()(key);
    }
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, Made, Hash, std::equal_to<>> made;
    std::size_t bytes = 0;
    std::uint64_t changed_at = 0;  // the version of the last write to a row that belongs here
  };
  // Keys end in what is blinded, random or counted: their last octet spreads well.
  [[nodiscard]] static std::size_t shard_of(std::string_view key) {
    return static_cast<unsigned char>(key.back()) % shards_count;
  }
  void next_version();

  Engine& engine_;
  std::array<Shard, shards_count> shards_;
  std::atomic<std::uint64_t> version_{1};
  std::mutex mutex_;
  Shared shared_;  // guarded by mutex_; without a view: nobody has asked since the last write
};

}  // namespace entente::store
