#include "server/store/large_values.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"
#include "proto/contract/limits_store.h"

namespace entente::store {
namespace {

constexpr char kReference = '\xF7';  // on disk; a sealed value begins with its seal's version
constexpr std::size_t kReferenceBytes = 1 + 8 + 8 + 4 + 8;
constexpr std::uint64_t kPromised = UINT64_MAX;  // instead of a number of commits
constexpr std::string_view kSuffix = ".values";
constexpr std::string_view kFailed = "the store could not read or write";
// Values begin where a file system's blocks do, so that no block is two values' and stays.
constexpr std::uint64_t kBlock = 4096;

// What a thread keeps of its room for values that it reads: a sealed chunk of a document.
constexpr std::size_t kRoomBytesKept = 512U << 10U;

std::uint64_t next_block(std::uint64_t at) { return (at + kBlock - 1) / kBlock * kBlock; }

Status missing(const Extent& extent) {
  return Status(Code::DataLoss, Reason::None, "the store's files are damaged")
      .with_detail("a large value is missing: file " + std::to_string(extent.file) + " at octet " +
                   std::to_string(extent.offset));
}

// The numbers of the files that are there, unordered.
std::vector<std::uint64_t> numbers_in(const std::filesystem::path& dir) {
  std::vector<std::uint64_t> numbers;
  std::error_code error;
  for (std::filesystem::directory_iterator at(dir, error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.size() != 16 + kSuffix.size() || !name.ends_with(kSuffix)) continue;
    if (const auto bytes = from_hex(name.substr(0, 16))) numbers.push_back(read_u64(*bytes));
  }
  return numbers;
}

}  // namespace

std::string reference_to(const Extent& extent, std::optional<CommitIndex> unpromised_since) {
  std::string reference(1, kReference);
  append_u64(reference, extent.file);
  append_u64(reference, extent.offset);
  append_u32(reference, extent.bytes);
  append_u64(reference, unpromised_since.value_or(kPromised));
  return reference;
}

bool is_reference(std::string_view value) {
  return value.size() == kReferenceBytes && value.front() == kReference;
}

Extent referred_by(std::string_view value) {
  ENTENTE_CHECK(is_reference(value));
  return {.file = read_u64(value.substr(1)),
          .offset = read_u64(value.substr(9)),
          .bytes = read_u32(value.substr(17))};
}

std::optional<CommitIndex> unpromised_since(std::string_view value) {
  ENTENTE_CHECK(is_reference(value));
  const CommitIndex since = read_u64(value.substr(21));
  return since == kPromised ? std::nullopt : std::optional(since);
}

LargeValues::Laid::~Laid() {
  if (!kept_ && stands()) home_->dropped(extent_);
}

void LargeValues::Laid::keep() {
  kept_ = true;
  const std::lock_guard lock(home_->mutex_);
  home_->unreferred_.erase(extent_);
}

LargeValues::LargeValues(std::filesystem::path dir, Sync sync)
    : dir_(std::move(dir)), sync_(sync) {}

LargeValues::~LargeValues() = default;

std::filesystem::path LargeValues::path_of(std::uint64_t number) const {
  std::string bytes;
  append_u64(bytes, number);
  return dir_ / (to_hex(bytes) + std::string(kSuffix));
}

Result<std::vector<std::shared_ptr<LargeValues::Laid>>> LargeValues::lay(
    const std::shared_ptr<LargeValues>& home, const std::vector<std::string_view>& values) {
  const std::uint64_t era = era_;
  ENTENTE_TRY(const std::shared_ptr<Lane> lane, take_lane());
  const std::uint64_t begin = lane->written;
  std::uint64_t at = begin;
  std::vector<std::shared_ptr<Laid>> laid;
  for (const std::string_view value : values) {
    if (!write_all(lane->file.get(), value, at)) {
      const Status failed = unavailable(kFailed, "write", path_of(lane->number));
      laid.clear();
      return failed;  // and the lane is not given back: nothing is written behind what failed
    }
    const Extent extent{
        .file = lane->number, .offset = at, .bytes = static_cast<std::uint32_t>(value.size())};
    at = next_block(at + value.size());
    lane->written = at;
    const std::lock_guard lock(mutex_);
    unreferred_.insert(extent);
    laid.push_back(std::make_shared<Laid>(home, extent, era));
  }
  // On its way to the disk while the line brings more; whether it came there sync() says.
  static_cast<void>(sync_file_range(lane->file.get(), static_cast<off64_t>(begin),
                                    static_cast<off64_t>(at - begin), SYNC_FILE_RANGE_WRITE));
  give_back(lane);
  return laid;
}

Result<std::shared_ptr<LargeValues::Lane>> LargeValues::take_lane() {
  std::shared_ptr<Lane> lane;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      lane = std::move(idle_.back());
      idle_.pop_back();
      return lane;
    }
    if (next_number_ == 0) {
      const std::vector<std::uint64_t> there = numbers_in(dir_);
      next_number_ = there.empty() ? 1 : *std::max_element(there.begin(), there.end()) + 1;
    }
    lane = std::make_shared<Lane>();
    lane->number = next_number_++;
    lanes_.push_back(lane);
  }
  Status opened = open_lane(*lane);
  if (opened.ok()) return lane;
  const std::lock_guard lock(mutex_);
  std::erase(lanes_, lane);
  return opened;
}

// A reference may outlive a crash that its file does not, unless the file's name is durable first:
// and then another file would get its number.
Status LargeValues::open_lane(Lane& lane) {
  if (mkdir(dir_.c_str(), 0700) == 0) {
    ENTENTE_TRY_VOID(sync_folder(dir_.parent_path()));
  } else if (errno != EEXIST) {
    return unavailable(kFailed, "make", dir_);
  }
  const std::filesystem::path path = path_of(lane.number);
  lane.file = File(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!lane.file.ok()) return unavailable(kFailed, "make", path);
  return sync_folder(dir_);
}

void LargeValues::give_back(std::shared_ptr<Lane> lane) {
  const std::lock_guard lock(mutex_);
  const bool stands = std::find(lanes_.begin(), lanes_.end(), lane) != lanes_.end();
  if (stands && lane->written < limits::store_large_file_bytes) idle_.push_back(std::move(lane));
}

void LargeValues::dropped(const Extent& extent) {
  {
    const std::lock_guard lock(mutex_);
    unreferred_.erase(extent);
  }
  static_cast<void>(take_away({extent}));  // if not now, sweep() does
}

Status LargeValues::sync() {
  std::vector<std::shared_ptr<Lane>> lanes;
  {
    const std::lock_guard lock(mutex_);
    lanes = lanes_;
  }
  for (const std::shared_ptr<Lane>& lane : lanes) {
    const std::uint64_t written = lane->written;
    if (written == lane->synced) continue;
    if (sync_(lane->file.get()) != 0) {
      lane->failed = true;
      return unavailable(kFailed, "sync", path_of(lane->number));
    }
    lane->synced = written;
  }
  const std::lock_guard lock(mutex_);
  std::erase_if(lanes_, [](const std::shared_ptr<Lane>& lane) {
    return lane->synced >= limits::store_large_file_bytes && lane->synced == lane->written;
  });
  return {};
}

// After a failed sync the kernel may call pages clean that never reached the disk.
Status LargeValues::forget_unsynced() {
  const std::lock_guard lock(mutex_);
  ++era_;
  idle_.clear();
  while (!lanes_.empty()) {
    Lane& lane = *lanes_.back();
    const bool unsynced = lane.written != lane.synced;
    if (unsynced && (lane.failed || sync_(lane.file.get()) != 0)) {
      lane.failed = true;
      const bool cut = ftruncate(lane.file.get(), static_cast<off_t>(lane.synced)) == 0;
      if (!cut || fsync(lane.file.get()) != 0)
        return unavailable(kFailed, "cut", path_of(lane.number));
    }
    lanes_.pop_back();
  }
  unreferred_.clear();
  return {};
}

Result<std::string> LargeValues::read(const Extent& extent) const {
  std::string value;
  ENTENTE_TRY_VOID(read_to(extent, value));
  value.resize(extent.bytes);
  return value;
}

Status LargeValues::show(const Extent& extent,
                         const std::function<void(std::string_view value)>& take) const {
  // Clearing room for each costs as much as copying it would.
  static thread_local std::string room;
  ENTENTE_TRY_VOID(read_to(extent, room));
  take(std::string_view(room).substr(0, extent.bytes));
  if (room.size() > kRoomBytesKept) room = std::string();
  return {};
}

// Into the first octets of `value`, which is made larger if it is too small.
Status LargeValues::read_to(const Extent& extent, std::string& value) const {
  const std::filesystem::path path = path_of(extent.file);
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) {
    if (errno == ENOENT) return missing(extent);
    return unavailable(kFailed, "open", path);
  }
  if (extent.bytes > 2 * limits::store_value_bytes_max) return missing(extent);  // sealed
  if (value.size() < extent.bytes) value.resize(extent.bytes);
  std::size_t at = 0;
  while (at < extent.bytes) {
    const ssize_t got = pread(file.get(), value.data() + at, extent.bytes - at,
                              static_cast<off_t>(extent.offset + at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unavailable(kFailed, "read", path);
    if (got == 0) return missing(extent);
    at += static_cast<std::size_t>(got);
  }
  return {};
}

std::uint64_t LargeValues::enter() {
  const std::lock_guard lock(mutex_);
  ++readers_[epoch_];
  return epoch_;
}

void LargeValues::leave(std::uint64_t since) {
  const std::lock_guard lock(mutex_);
  const auto reader = readers_.find(since);
  ENTENTE_CHECK(reader != readers_.end());
  if (--reader->second == 0) readers_.erase(reader);
}

void LargeValues::free(const std::vector<Extent>& extents) {
  if (extents.empty()) return;
  const std::lock_guard lock(mutex_);
  ++epoch_;
  for (const Extent& extent : extents) freed_.push_back({.extent = extent, .epoch = epoch_});
}

void LargeValues::settle() {
  std::vector<Extent> gone;
  {
    const std::lock_guard lock(mutex_);
    if (freed_.empty()) return;
    const std::uint64_t seen = readers_.empty() ? UINT64_MAX : readers_.begin()->first;
    const auto kept = std::find_if(freed_.begin(), freed_.end(),
                                   [&](const Freed& freed) { return freed.epoch > seen; });
    for (auto at = freed_.begin(); at != kept; ++at) gone.push_back(at->extent);
    if (gone.empty()) return;
  }
  if (!take_away(gone)) return;  // held by another process: asked again
  const std::lock_guard lock(mutex_);
  freed_.erase(freed_.begin(), freed_.begin() + static_cast<std::ptrdiff_t>(gone.size()));
}

bool LargeValues::take_away(const std::vector<Extent>& extents) {
  const File folder(open(dir_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.ok() || flock(folder.get(), LOCK_EX | LOCK_NB) != 0) return false;
  std::map<std::uint64_t, std::vector<Extent>> by_file;
  for (const Extent& extent : extents) by_file[extent.file].push_back(extent);
  for (const auto& [file, of_it] : by_file) take_away_in(file, of_it);
  return true;
}

void LargeValues::take_away_in(std::uint64_t number, const std::vector<Extent>& extents) {
  const std::filesystem::path path = path_of(number);
  const File file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.ok()) return;
  for (const Extent& extent : extents) {
    // A file system that makes no holes keeps the room until the file goes.
    static_cast<void>(fallocate(file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                static_cast<off_t>(extent.offset),
                                static_cast<off_t>(next_block(extent.bytes))));
  }
  const std::lock_guard lock(mutex_);
  const bool grows = std::any_of(lanes_.begin(), lanes_.end(),
                                 [&](const auto& lane) { return lane->number == number; });
  struct stat now {};
  // The newest stays: by it the next number is known.
  if (grows || number + 1 >= next_number_ || fstat(file.get(), &now) != 0) return;
  if (now.st_blocks == 0) unlink(path.c_str());
}

Status LargeValues::sweep(const Each& each) {
  std::map<std::uint64_t, std::set<Extent>> living;
  std::set<std::uint64_t> growing;
  std::vector<std::uint64_t> numbers;
  const auto lives = [&](const Extent& extent) { living[extent.file].insert(extent); };
  {
    const std::lock_guard lock(mutex_);
    for (const Extent& extent : unreferred_) lives(extent);
    for (const auto& lane : lanes_) growing.insert(lane->number);
    numbers = numbers_in(dir_);  // a file that is made from here on is none of them
  }
  ENTENTE_TRY_VOID(each(lives));
  {
    const std::lock_guard lock(mutex_);  // settle() takes these away, when nobody may need them
    for (const Freed& freed : freed_) lives(freed.extent);
  }
  std::vector<Extent> gone;
  for (const std::uint64_t number : numbers) {
    if (growing.contains(number)) continue;
    std::error_code error;
    const std::uint64_t size = std::filesystem::file_size(path_of(number), error);
    if (error) continue;
    std::uint64_t at = 0;
    const auto hole_to = [&](std::uint64_t end) {
      while (at < end) {
        const std::uint64_t some = std::min<std::uint64_t>(end - at, 1U << 30U);
        gone.push_back({.file = number, .offset = at, .bytes = static_cast<std::uint32_t>(some)});
        at += some;
      }
    };
    for (const Extent& extent : living[number]) {
      hole_to(std::min(extent.offset, size));
      at = std::max(at, next_block(extent.offset + extent.bytes));
    }
    hole_to(size);
  }
  if (!gone.empty()) static_cast<void>(take_away(gone));  // held: the next time
  return {};
}

File LargeValues::hold(const std::filesystem::path& dir) {
  File folder(open(dir.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.ok()) static_cast<void>(flock(folder.get(), LOCK_SH));
  return folder;
}

}  // namespace entente::store
