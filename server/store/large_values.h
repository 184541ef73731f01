// Large values, each written once: beside the database, not through its log, its tables and their
// mergings. A row of the database then holds a *reference*: which file, from where, how long.
//
// What is laid down is visible to nobody before a row refers to it, and durable after sync(), which
// comes before the write of such rows is synced. So a crash leaves at most a reference without its
// value in rows that nobody was promised, and bytes without a reference; sweep() takes these
// away. A number of a file is not used again while a row may refer to it.
//
// What is freed becomes a hole in its file, or the file goes, once rows that no longer refer to it
// are durable and no view that might still refer to it is open, in this process or another.
//
// Threads: any; sync and forget_unsynced by one at a time, sweep by one.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "proto/contract/status.h"
#include "server/store/files.h"
#include "server/store/store.h"

namespace entente::store {

// Where a value lies.
struct Extent {
  std::uint64_t file = 0;
  std::uint64_t offset = 0;
  std::uint32_t bytes = 0;
  friend auto operator<=>(const Extent&, const Extent&) = default;
};
// No sealed value looks like one. It tells, too, of a value that no commit promises yet, how many
// commits there were.
[[nodiscard]] std::string reference_to(const Extent& extent,
                                       std::optional<CommitIndex> unpromised_since = std::nullopt);
[[nodiscard]] bool is_reference(std::string_view value);
// Require: is_reference(value).
[[nodiscard]] Extent referred_by(std::string_view value);
[[nodiscard]] std::optional<CommitIndex> unpromised_since(std::string_view value);

class LargeValues {
 public:
  // In this folder, which is made when there is something to keep.
  // `sync` is the system's fdatasync, or a test's.
  using Sync = int (*)(int file);
  explicit LargeValues(std::filesystem::path dir, Sync sync = ::fdatasync);
  ~LargeValues();
  LargeValues(const LargeValues&) = delete;
  LargeValues& operator=(const LargeValues&) = delete;

  // A value that was laid down and that no row refers to yet. Takes it away when it dies, unless it
  // was kept.
  class Laid {
   public:
    Laid(std::shared_ptr<LargeValues> home, const Extent& extent, std::uint64_t era)
        : home_(std::move(home)), extent_(extent), era_(era) {}
    ~Laid();
    Laid(const Laid&) = delete;
    Laid& operator=(const Laid&) = delete;
    [[nodiscard]] const Extent& extent() const { return extent_; }
    // Whether it is still there: forget_unsynced() may have come between.
    [[nodiscard]] bool stands() const { return era_ == home_->era_; }
    // A row refers to it, or may.
    void keep();

   private:
    const std::shared_ptr<LargeValues> home_;
    const Extent extent_;
    const std::uint64_t era_;
    bool kept_ = false;
  };
  // Lays them down side by side. Unavailable: they could not be written; nothing is left of them.
  // Requires: `home` is this.
  [[nodiscard]] Result<std::vector<std::shared_ptr<Laid>>> lay(
      const std::shared_ptr<LargeValues>& home, const std::vector<std::string_view>& values);

  // What was laid down before is durable. Unavailable: unknown; forget_unsynced() comes next.
  [[nodiscard]] Status sync();
  // What was laid down is durable; where a sync has failed, what was not durable before it is gone.
  // Unavailable: ask again.
  [[nodiscard]] Status forget_unsynced();

  // DataLoss: it is not there, or not whole. Unavailable: it cannot be read.
  [[nodiscard]] Result<std::string> read(const Extent& extent) const;
  // The same, but the value is given to `take` where it was read to, and goes with the next one
  // that this thread reads.
  [[nodiscard]] Status show(const Extent& extent,
                            const std::function<void(std::string_view value)>& take) const;

  // A view is open between the two.
  [[nodiscard]] std::uint64_t enter();
  void leave(std::uint64_t since);

  // No row refers to them any more; durably so after settle().
  void free(const std::vector<Extent>& extents);
  // All rows are durable. Takes away what may go.
  void settle();

  // Takes away all that is not referred to; `each` gives every reference of the rows as they are
  // when it is called or later, none freed before that free() has not told. What `each` returns.
  using Each = std::function<Status(const std::function<void(const Extent&)>& take)>;
  [[nodiscard]] Status sweep(const Each& each);

  // Who holds it keeps every value of now in its place, though another process frees it.
  [[nodiscard]] static File hold(const std::filesystem::path& dir);

 private:
  struct Lane {  // one file that grows; one writer at a time
    std::uint64_t number = 0;
    File file;
    std::atomic<std::uint64_t> written = 0;
    std::uint64_t synced = 0;
    bool failed = false;  // to sync: what is not synced is not believed
  };
  struct Freed {
    Extent extent;
    std::uint64_t epoch = 0;
  };

  [[nodiscard]] std::filesystem::path path_of(std::uint64_t number) const;
  [[nodiscard]] Status read_to(const Extent& extent, std::string& value) const;
  [[nodiscard]] Result<std::shared_ptr<Lane>> take_lane();
  [[nodiscard]] Status open_lane(Lane& lane);
  void give_back(std::shared_ptr<Lane> lane);
  void dropped(const Extent& extent);
  // Makes holes; removes files that are nothing else. Whether nobody held them.
  [[nodiscard]] bool take_away(const std::vector<Extent>& extents);
  void take_away_in(std::uint64_t file, const std::vector<Extent>& extents);

  const std::filesystem::path dir_;
  const Sync sync_;
  std::atomic<std::uint64_t> era_{0};
  mutable std::mutex mutex_;
  std::uint64_t next_number_ = 0;             // 0: not looked up yet
  std::vector<std::shared_ptr<Lane>> lanes_;  // all that may grow or are not synced
  std::vector<std::shared_ptr<Lane>> idle_;   // of these, which nobody writes to
  std::set<Extent> unreferred_;               // laid and not kept
  std::uint64_t epoch_ = 0;
  std::map<std::uint64_t, std::size_t> readers_;
  std::vector<Freed> freed_;  // in the order of their epochs
};

}  // namespace entente::store
