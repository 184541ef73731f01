// Both engines under one roof, for tests that must hold over each.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "proto/contract/clock.h"
#include "proto/contract/status.h"
#include "server/store/memory_store.h"
#include "server/store/rocks_store.h"
#include "server/store/store.h"
#include "server/store/written.h"

namespace entente::store {

// A folder that goes away with its owner.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "entente-store-XXXXXX").string();
    ENTENTE_CHECK(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline RootKey test_root_key(char fill = '\x5a') {
  return {.kind = RootKey::Kind::Raw,
          .secret = Secret(std::string(root_key_bytes, fill)),
          .stretching = {}};
}

inline RocksStoreOptions rocks_at(const std::filesystem::path& dir) {
  return {.dir = dir / "store", .create = true, .block_cache_bytes = 8U << 20, .on_event = {}};
}

// Puts each entry into a row of its own, and remembers what it was told.
class Entries final : public Sequencer {
 public:
  static Key row(CommitIndex index) { return Key(Table{0xf1}).number(index); }

  explicit Entries(CommitIndex size = 0) : sequenced(size), told(size) {}
  void sequence(CommitIndex index, std::string_view entry, Rows& rows) override {
    ENTENTE_CHECK(index == sequenced);
    ++sequenced;
    rows.put(row(index), std::string(split_handed(entry).entry));
  }
  void durable(CommitIndex size) override {
    ENTENTE_CHECK(size > told);
    told = size;
  }
  void abandoned(CommitIndex size) override {
    ENTENTE_CHECK(size <= sequenced);
    sequenced = size;
    ++abandonings;
  }

  CommitIndex sequenced;
  CommitIndex told;
  int abandonings = 0;
};

struct OnMemory {
  OnMemory() : store(memory_store(entropy)) { store->set_sequencer(entries); }
  SystemEntropy entropy;
  Entries entries;
  std::unique_ptr<Store> store;
};

struct OnRocks {
  OnRocks() {
    Result<std::unique_ptr<RocksStore>> opened =
        RocksStore::open(rocks_at(folder.path()), test_root_key(), entropy);
    ENTENTE_CHECK(opened.ok());
    store = *std::move(opened);
    store->set_sequencer(entries);
  }
  TemporaryFolder folder;
  SystemEntropy entropy;
  Entries entries;
  std::unique_ptr<Store> store;
};

}  // namespace entente::store
