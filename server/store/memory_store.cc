#include "server/store/memory_store.h"

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "server/store/core_store.h"

namespace entente::store {
namespace {

// Rows with their history, as far back as the oldest view needs it.
class Versions {
 public:
  [[nodiscard]] std::uint64_t enter() {
    const std::unique_lock lock(mutex_);
    views_.insert(now_);
    return now_;
  }

  void leave(std::uint64_t time) {
    const std::unique_lock lock(mutex_);
    views_.erase(views_.find(time));
  }

  [[nodiscard]] std::optional<std::string> get(std::string_view key, std::uint64_t time) const {
    const std::shared_lock lock(mutex_);
    const auto row = rows_.find(key);
    return row == rows_.end() ? std::nullopt : at(row->second, time);
  }

  // The first row at or after `first` and before `end` that was there at `time`.
  [[nodiscard]] std::optional<std::pair<std::string, std::string>> seek(
      std::string_view first, const std::optional<std::string>& end, std::uint64_t time) const {
    const std::shared_lock lock(mutex_);
    for (auto row = rows_.lower_bound(first); row != rows_.end(); ++row) {
      if (end && row->first >= *end) break;
      if (std::optional<std::string> value = at(row->second, time)) {
        return std::pair(row->first, *std::move(value));
      }
    }
    return std::nullopt;
  }

  void write(const std::vector<EngineRow>& batch) {
    const std::unique_lock lock(mutex_);
    ++now_;
    const std::uint64_t oldest = views_.empty() ? now_ : *views_.begin();
    for (const EngineRow& row : batch) {
      std::vector<Version>& history = rows_[row.key];
      history.push_back({.since = now_, .value = row.value});
      // What no view can reach any more: all before the last that the oldest one sees.
      while (history.size() > 1 && history[1].since <= oldest) history.erase(history.begin());
      if (history.size() == 1 && !history.front().value) rows_.erase(row.key);
    }
  }

 private:
  struct Version {
    std::uint64_t since;
    std::optional<std::string> value;
  };

  static std::optional<std::string> at(const std::vector<Version>& history, std::uint64_t time) {
    for (auto version = history.rbegin(); version != history.rend(); ++version) {
      if (version->since <= time) return version->value;
    }
    return std::nullopt;
  }

  mutable std::shared_mutex mutex_;
  std::uint64_t now_ = 0;
  std::multiset<std::uint64_t> views_;
  std::map<std::string, std::vector<Version>, std::less<>> rows_;
};

class MemoryCursor final : public EngineCursor {
 public:
  MemoryCursor(const Versions& versions, std::uint64_t time, std::string_view first,
               std::optional<std::string> end)
      : versions_(versions),
        time_(time),
        end_(std::move(end)),
        row_(versions.seek(first, end_, time)) {}

  [[nodiscard]] bool valid() const override { return row_.has_value(); }
  [[nodiscard]] std::string_view key() const override { return row_->first; }
  [[nodiscard]] std::string_view value() const override { return row_->second; }
  void next() override { row_ = versions_.seek(after(row_->first), end_, time_); }
  [[nodiscard]] Status status() const override { return {}; }

 private:
  const Versions& versions_;
  std::uint64_t time_;
  std::optional<std::string> end_;
  std::optional<std::pair<std::string, std::string>> row_;
};

class MemoryView final : public EngineView {
 public:
  explicit MemoryView(Versions& versions) : versions_(versions), time_(versions.enter()) {}
  ~MemoryView() override { versions_.leave(time_); }
  MemoryView(const MemoryView&) = delete;
  MemoryView& operator=(const MemoryView&) = delete;

  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key) override {
    return versions_.get(key, time_);
  }
  [[nodiscard]] std::unique_ptr<EngineCursor> walk(std::string_view first,
                                                   const std::optional<std::string>& end) override {
    return std::make_unique<MemoryCursor>(versions_, time_, first, end);
  }

 private:
  Versions& versions_;
  std::uint64_t time_;
};

class MemoryEngine final : public Engine {
 public:
  explicit MemoryEngine(std::function<Status()> before_write)
      : before_write_(std::move(before_write)) {}

  [[nodiscard]] std::unique_ptr<EngineView> view() override {
    return std::make_unique<MemoryView>(versions_);
  }
  [[nodiscard]] Status write(const std::vector<EngineRow>& rows, Durable /*durable*/) override {
    if (before_write_) ENTENTE_TRY_VOID(before_write_());
    versions_.write(rows);
    return {};
  }
  [[nodiscard]] Status recover() override { return {}; }
  [[nodiscard]] Health health() const override {
    return {.writable = true, .why_not = {}, .free_bytes = UINT64_MAX};
  }

 private:
  std::function<Status()> before_write_;
  Versions versions_;
};

}  // namespace

std::unique_ptr<Engine> memory_engine(std::function<Status()> before_write) {
  return std::make_unique<MemoryEngine>(std::move(before_write));
}

std::unique_ptr<Store> memory_store(Entropy& entropy) { return memory_store(entropy, {}); }

std::unique_ptr<Store> memory_store(Entropy& entropy, std::function<Status()> before_write) {
  Result<std::unique_ptr<CoreStore>> store =
      CoreStore::open(memory_engine(std::move(before_write)), Keyring::in_memory(entropy));
  ENTENTE_CHECK(store.ok());  // an empty map can be read
  return *std::move(store);
}

}  // namespace entente::store
