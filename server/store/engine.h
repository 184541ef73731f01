// What the store asks of an engine: an ordered map of bytes to bytes with views that do not change
// and batches that are written whole and durably, or not. It knows no seal, no transaction and no
// ledger; those are the same over every engine (core_store.h).
//
// Threads: Engine is safe from any thread, but write and recover are called by one thread at a
// time; a view or cursor belongs to one thread. Ownership: views and cursors are destroyed before
// their engine.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/status.h"
#include "server/store/store.h"

namespace entente::store {

struct EngineRow {
  std::string key;
  std::optional<std::string> value;  // none: the row is erased
  std::shared_ptr<void> laid = {};   // the engine's own: see Engine::lay
  // How many commits there were, of a row that none promises yet.
  std::optional<CommitIndex> unpromised_since = std::nullopt;
};

// Walks rows in the order of their keys' octets.
class EngineCursor {
 public:
  virtual ~EngineCursor() = default;
  [[nodiscard]] virtual bool valid() const = 0;
  // Requires: valid(). Views live until the next call of next().
  [[nodiscard]] virtual std::string_view key() const = 0;
  [[nodiscard]] virtual std::string_view value() const = 0;
  // Of a value that may come to the disk later than its row: EngineRow::unpromised_since. If there
  // were no more commits, a crash may have cut it off, and nobody was promised that it is there.
  [[nodiscard]] virtual std::optional<CommitIndex> unpromised_since() const { return std::nullopt; }
  virtual void next() = 0;
  // Ok, or why the walk ended early: DataLoss (the engine's own checks failed) or Unavailable.
  [[nodiscard]] virtual Status status() const = 0;
};

// The rows as they were when the view was taken.
class EngineView {
 public:
  virtual ~EngineView() = default;
  // DataLoss, Unavailable as above.
  [[nodiscard]] virtual Result<std::optional<std::string>> get(std::string_view key) = 0;
  // The same, but the value is given to `take` where it lies, which must not ask the view for more.
  // Whether there was one.
  using Take = std::function<void(std::string_view value)>;
  [[nodiscard]] virtual Result<bool> show(std::string_view key, const Take& take) {
    ENTENTE_TRY(const std::optional<std::string> value, get(key));
    if (value) take(*value);
    return value.has_value();
  }
  // Rows in [first, end); no end: all that follow.
  [[nodiscard]] virtual std::unique_ptr<EngineCursor> walk(
      std::string_view first, const std::optional<std::string>& end) = 0;
};

// When written rows must be on the disk.
enum class Durable {
  Now,       // when write() returns
  WithNext,  // no later than rows of a later write that are
};

class Engine {
 public:
  virtual ~Engine() = default;

  [[nodiscard]] virtual std::unique_ptr<EngineView> view() = 0;

  // Puts what is large among the values to where it will stay, ahead of the write of the same rows,
  // so that the write does not take long. Any thread, beside a write. Whoever changes a value
  // afterwards resets `laid`.
  virtual void lay(std::vector<EngineRow>& /*rows*/) {}

  // Ok once the rows are written, and durable as asked; a later row of the same key wins.
  // ResourceExhausted (StoreReadOnly): refused beforehand, nothing was written. Any other: unknown;
  // nothing is written any more until recover() has succeeded.
  [[nodiscard]] virtual Status write(const std::vector<EngineRow>& rows, Durable durable) = 0;

  // Closes and reopens what failed, so that what is there is durable.
  // Unavailable: it cannot be reopened now; ask again.
  [[nodiscard]] virtual Status recover() = 0;

  [[nodiscard]] virtual Health health() const = 0;
};

}  // namespace entente::store
