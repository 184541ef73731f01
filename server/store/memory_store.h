// A store that forgets when it is destroyed: for tests of every room, and the second engine that
// keeps the interface honest. Everything above the engine (seals, validation, group commit, the
// Sequencer's calls) is the same code that runs over RocksDB.
//
// Threads: as Store says.
#pragma once

#include <functional>
#include <memory>

#include "proto/contract/clock.h"
#include "proto/contract/status.h"
#include "server/store/engine.h"
#include "server/store/store.h"

namespace entente::store {

// An empty store of a new network. The entropy is borrowed and outlives the store.
[[nodiscard]] std::unique_ptr<Store> memory_store(Entropy& entropy);

// The same whose engine asks before each write of a batch: what is not Ok fails that write, with
// nothing written. For tests of how a room bears it. Called by one thread at a time.
[[nodiscard]] std::unique_ptr<Store> memory_store(Entropy& entropy,
                                                  std::function<Status()> before_write);

// The engine alone.
[[nodiscard]] std::unique_ptr<Engine> memory_engine(std::function<Status()> before_write = {});

}  // namespace entente::store
