#include "server/store/rocks_engine.h"

#include <fcntl.h>
#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <list>
#include <shared_mutex>
#include <system_error>
#include <utility>

#include "proto/contract/limits.h"
#include "server/store/manifest.h"
#include "server/store/optimistic.h"
#include "server/store/rocks_batch.h"

namespace entente::store {
namespace {

constexpr std::size_t sweep_piece_bytes = 1U << 20U;  // of rows, read at once

Status closed() {
  return Status(Code::Unavailable, Reason::None, "the store is recovering")
      .with_retry_after_ms(1'000);
}

Status from(const rocksdb::Status& status) {
  if (status.ok()) return {};
  if (status.IsCorruption()) {
    return Status(Code::DataLoss, Reason::None, "the store's files are damaged")
        .with_detail(status.ToString());
  }
  return Status(Code::Unavailable, Reason::None, "the store could not read or write")
      .with_detail(status.ToString());
}

// RocksDB's own log writer asserts on a full disk; this one writes no file.
class EventLogger final : public rocksdb::Logger {
 public:
  explicit EventLogger(OnEvent on_event)
      : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL), on_event_(std::move(on_event)) {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    Logv(rocksdb::InfoLogLevel::INFO_LEVEL, format, arguments);
  }
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (!on_event_ || level < GetInfoLogLevel()) return;
    std::array<char, 1024> text{};
    std::vsnprintf(text.data(), text.size(), format, arguments);
    on_event_(level >= rocksdb::InfoLogLevel::ERROR_LEVEL  ? Severity::Error
              : level == rocksdb::InfoLogLevel::WARN_LEVEL ? Severity::Warning
                                                           : Severity::Info,
              text.data());
  }

 private:
  OnEvent on_event_;
};

// RocksDB has a lock of its own, but an opening that fails at it looks like one for want of room,
// for which the ballast is given up: the other daemon's. A file system that knows no such locks
// leaves it to RocksDB's.
Result<File> lock_folder(const std::filesystem::path& dir) {
  File folder(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.ok() && ::flock(folder.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return Status(Code::Unavailable, Reason::None, "another entented has this store open")
        .with_detail(dir.string());
  }
  return folder;
}

rocksdb::Options rocks_options(const RocksEngineOptions& options, rocksdb::Env* env) {
  rocksdb::Options rocks;
  rocks.create_if_missing = true;
  rocks.env = env;
  // The default, kPointInTimeRecovery, turns one flipped bit in the log into silent loss.
  rocks.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  rocks.track_and_verify_wals_in_manifest = true;
  rocks.paranoid_checks = true;
  rocks.info_log = std::make_shared<EventLogger>(options.on_event);
  rocks.stats_dump_period_sec = 0;
  rocks.stats_persist_period_sec = 0;
  rocks.max_total_wal_size = limits::log_bytes_max;
  rocks.write_buffer_size = limits::log_bytes_max / 2;
  // Rows that are not there (a reader who has not answered, a paper not opened yet) are looked for
  // as often as those that are: a filter says so at once, as it does for tables.
  rocks.memtable_prefix_bloom_size_ratio = 0.02;
  rocks.memtable_whole_key_filtering = true;
  rocks.max_open_files = 512;
  rocks.max_background_jobs = 2;
  // What is sealed does not compress, and lengths would speak.
  rocks.compression = rocksdb::kNoCompression;
  rocks.bottommost_compression = rocksdb::kNoCompression;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  // Debian's build computes CRC-32C, the default, without the processor's own instruction.
  table.checksum = rocksdb::kXXH3;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  rocks.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return rocks;
}

}  // namespace

// One opening of the database. Views and cursors work on it under a shared hold; closing takes the
// exclusive one, and takes back what they have of RocksDB's.
class RocksHandle {
 public:
  // What must be given back before the database closes.
  class Loan {
   public:
    virtual ~Loan() = default;
    // Called once, with the handle held exclusively.
    virtual void give_back(rocksdb::DB& db) = 0;
  };
  using Loans = std::list<Loan*>;

  explicit RocksHandle(std::unique_ptr<rocksdb::DB> db) : db_(std::move(db)) {}
  ~RocksHandle() { close(); }
  RocksHandle(const RocksHandle&) = delete;
  RocksHandle& operator=(const RocksHandle&) = delete;

  // The database for as long as the lock is held; null once it is closed.
  [[nodiscard]] rocksdb::DB* hold(std::shared_lock<std::shared_mutex>& lock) {
    if (closing_) return nullptr;  // readers must not starve the closing
    return hold_to_return(lock);
  }
  // The same for who gives something back: waits while the database closes.
  [[nodiscard]] rocksdb::DB* hold_to_return(std::shared_lock<std::shared_mutex>& lock) {
    lock = std::shared_lock(gate_);
    return db_.get();
  }

  [[nodiscard]] Loans::iterator lend(Loan& loan) {
    const std::lock_guard lock(loans_mutex_);
    return loans_.insert(loans_.end(), &loan);
  }
  void returned(Loans::iterator loan) {
    const std::lock_guard lock(loans_mutex_);
    loans_.erase(loan);
  }

  void close() {
    closing_ = true;
    const std::unique_lock lock(gate_);
    if (!db_) return;
    for (Loan* loan : loans_) loan->give_back(*db_);
    // Its answer cannot change anything: what was acknowledged was synced before.
    static_cast<void>(db_->Close());
    db_.reset();
  }

 private:
  std::atomic<bool> closing_{false};
  std::shared_mutex gate_;
  std::unique_ptr<rocksdb::DB> db_;
  std::mutex loans_mutex_;
  Loans loans_;
};

namespace {

using Hold = std::shared_lock<std::shared_mutex>;

class RocksCursor final : public EngineCursor, public RocksHandle::Loan {
 public:
  RocksCursor(std::shared_ptr<RocksHandle> handle, std::shared_ptr<LargeValues> large,
              const rocksdb::Snapshot* snapshot, std::string_view first,
              const std::optional<std::string>& end)
      : handle_(std::move(handle)),
        large_(std::move(large)),
        end_(end.value_or("")),
        end_slice_(end_) {
    Hold hold;
    rocksdb::DB* db = handle_ ? handle_->hold(hold) : nullptr;
    if (db == nullptr) {
      status_ = closed();
      return;
    }
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    if (end) options.iterate_upper_bound = &end_slice_;
    iterator_.reset(db->NewIterator(options));
    loan_ = handle_->lend(*this);
    lent_ = true;
    iterator_->Seek({first.data(), first.size()});
    take_row();
  }
  ~RocksCursor() override {
    if (!lent_) return;
    Hold hold;
    if (handle_->hold_to_return(hold) == nullptr) return;  // given back already
    iterator_.reset();
    handle_->returned(loan_);
  }
  RocksCursor(const RocksCursor&) = delete;
  RocksCursor& operator=(const RocksCursor&) = delete;

  [[nodiscard]] bool valid() const override { return valid_; }
  [[nodiscard]] std::string_view key() const override { return key_; }
  // A large value is read when it is asked for; what is not there is no sealed value.
  [[nodiscard]] std::string_view value() const override {
    if (!is_reference(value_)) return value_;
    unpromised_since_ = store::unpromised_since(value_);
    Result<std::string> found = large_->read(referred_by(value_));
    if (found.ok()) value_ = *std::move(found);
    return value_;
  }
  [[nodiscard]] std::optional<CommitIndex> unpromised_since() const override {
    return is_reference(value_) ? store::unpromised_since(value_) : unpromised_since_;
  }
  void next() override {
    Hold hold;
    if (handle_->hold(hold) == nullptr) {
      valid_ = false;
      status_ = closed();
      return;
    }
    iterator_->Next();
    take_row();
  }
  [[nodiscard]] Status status() const override { return status_; }

  void give_back(rocksdb::DB&) override { iterator_.reset(); }

 private:
  // Copies, for the database may be closed under the row.
  void take_row() {
    valid_ = iterator_->Valid();
    if (!valid_) {
      status_ = from(iterator_->status());
      return;
    }
    const rocksdb::Slice key = iterator_->key();
    const rocksdb::Slice value = iterator_->value();
    key_.assign(key.data(), key.size());
    value_.assign(value.data(), value.size());
    unpromised_since_.reset();
  }

  std::shared_ptr<RocksHandle> handle_;
  std::shared_ptr<LargeValues> large_;
  std::string end_;
  rocksdb::Slice end_slice_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
  RocksHandle::Loans::iterator loan_;
  bool lent_ = false;
  bool valid_ = false;
  std::string key_;
  mutable std::string value_;
  mutable std::optional<CommitIndex> unpromised_since_;  // of a reference whose place value_ took
  Status status_;
};

class RocksView final : public EngineView, public RocksHandle::Loan {
 public:
  RocksView(std::shared_ptr<RocksHandle> handle, std::shared_ptr<LargeValues> large)
      : handle_(std::move(handle)), large_(std::move(large)), since_(large_->enter()) {
    Hold hold;
    rocksdb::DB* db = handle_ ? handle_->hold(hold) : nullptr;
    if (db == nullptr) return;
    snapshot_ = db->GetSnapshot();
    loan_ = handle_->lend(*this);
    lent_ = true;
  }
  ~RocksView() override {
    large_->leave(since_);
    if (!lent_) return;
    Hold hold;
    rocksdb::DB* db = handle_->hold_to_return(hold);
    if (db == nullptr) return;  // given back already
    db->ReleaseSnapshot(snapshot_);
    handle_->returned(loan_);
  }
  RocksView(const RocksView&) = delete;
  RocksView& operator=(const RocksView&) = delete;

  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key) override {
    std::optional<std::string> value;
    ENTENTE_TRY_VOID(show(key, [&](std::string_view found) { value = found; }).status());
    return value;
  }

  [[nodiscard]] Result<bool> show(std::string_view key, const Take& take) override {
    Hold hold;
    rocksdb::DB* db = lent_ ? handle_->hold(hold) : nullptr;
    if (db == nullptr) return closed();
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_;
    rocksdb::PinnableSlice value;  // given back before the hold is
    const rocksdb::Status status =
        db->Get(options, db->DefaultColumnFamily(), {key.data(), key.size()}, &value);
    if (status.IsNotFound()) return false;
    if (!status.ok()) return from(status);
    ENTENTE_TRY_VOID(show_value(*large_, {value.data(), value.size()}, take));
    return true;
  }

  [[nodiscard]] std::unique_ptr<EngineCursor> walk(std::string_view first,
                                                   const std::optional<std::string>& end) override {
    return std::make_unique<RocksCursor>(lent_ ? handle_ : nullptr, large_, snapshot_, first, end);
  }

  // Every reference to a large value, a piece of the rows at a time.
  [[nodiscard]] Status each_reference(const std::function<void(const Extent&)>& take,
                                      const std::function<bool()>& go_on) const {
    std::string place;
    for (bool more = true; more;) {
      {
        Hold hold;
        rocksdb::DB* db = lent_ ? handle_->hold(hold) : nullptr;
        if (db == nullptr) return closed();
        rocksdb::ReadOptions options;
        options.snapshot = snapshot_;
        options.fill_cache = false;
        const std::unique_ptr<rocksdb::Iterator> row(db->NewIterator(options));
        std::size_t bytes = 0;
        for (row->Seek(place); row->Valid() && bytes < sweep_piece_bytes; row->Next()) {
          const std::string_view value(row->value().data(), row->value().size());
          if (is_reference(value)) take(referred_by(value));
          bytes += row->key().size() + value.size();
        }
        if (!row->status().ok()) return from(row->status());
        more = row->Valid();
        if (more) place = row->key().ToString();
      }
      if (more && !go_on()) return {Code::Unavailable, Reason::None, "the sweep was to stop"};
    }
    return {};
  }

  void give_back(rocksdb::DB& db) override { db.ReleaseSnapshot(snapshot_); }

 private:
  std::shared_ptr<RocksHandle> handle_;
  std::shared_ptr<LargeValues> large_;
  const std::uint64_t since_;
  const rocksdb::Snapshot* snapshot_ = nullptr;
  RocksHandle::Loans::iterator loan_;
  bool lent_ = false;
};

}  // namespace

RocksEngine::RocksEngine(RocksEngineOptions options)
    : options_(std::move(options)),
      env_(options_.file_system ? rocksdb::NewCompositeEnv(options_.file_system) : nullptr),
      rocks_(rocks_options(options_, env_ ? env_.get() : rocksdb::Env::Default())),
      ballast_(options_.dir),
      large_(std::make_shared<LargeValues>(large_of(options_.dir))) {}

RocksEngine::~RocksEngine() {
  if (handle_) handle_->close();
}

Result<std::unique_ptr<RocksEngine>> RocksEngine::open(RocksEngineOptions options) {
  ENTENTE_TRY(File lock, lock_folder(options.dir));
  std::unique_ptr<RocksEngine> engine(new RocksEngine(std::move(options)));
  engine->lock_ = std::move(lock);
  ENTENTE_TRY_VOID(engine->reopen());
  engine->ballast_.restore();
  return engine;
}

std::unique_ptr<EngineView> RocksEngine::view() {
  return std::make_unique<RocksView>(handle(), large_);
}

void RocksEngine::lay(std::vector<EngineRow>& rows) {
  if (!failed_ && !ballast_.scarce()) lay_rows(large_, rows);
}

Status RocksEngine::write(const std::vector<EngineRow>& rows, Durable durable) {
  if (ballast_.scarce()) {
    tell_room(true);  // at once, for room may come back before tend() looks
    return Status(Code::ResourceExhausted, Reason::StoreReadOnly, "the store takes no writes now")
        .with_detail("less than " + std::to_string(limits::disk_free_bytes_min >> 20) +
                     " MiB are free");
  }
  const std::shared_ptr<RocksHandle> handle = this->handle();
  Hold hold;
  rocksdb::DB* db = handle && !failed_ ? handle->hold(hold) : nullptr;
  if (db == nullptr) return closed();
  Result<RocksBatch> made = make_batch(*db, large_, rows);
  // Before the rows that refer to them.
  Status laid = made.ok() ? Status() : made.status();
  if (laid.ok() && durable == Durable::Now) laid = large_->sync();
  if (!laid.ok()) {
    failed_ = true;
    say(Severity::Error, "a write failed: " + std::string(laid.detail()));
    return laid;
  }
  rocksdb::WriteOptions options;
  // A synced write syncs every log before its own as well.
  options.sync = durable == Durable::Now;
  rocksdb::Status written;
  {
    const std::shared_lock lock(freeing_);
    written = db->Write(options, &made->batch);
    for (const auto& value : made->laid) value->keep();
    if (written.ok()) large_->free(made->freed);
  }
  if (written.ok()) {
    if (options.sync) large_->settle();
    return {};
  }
  // After a failed sync the kernel may call pages clean that never reached the disk: nothing may
  // be acknowledged on this opening any more.
  failed_ = true;
  say(Severity::Error, "a write failed: " + written.ToString());
  return from(written);
}

Status RocksEngine::recover() {
  if (const std::shared_ptr<RocksHandle> handle = this->handle()) {
    replace(nullptr);
    handle->close();
  }
  ENTENTE_TRY_VOID(large_->forget_unsynced());
  ENTENTE_TRY_VOID(reopen());
  failed_ = false;
  say(Severity::Warning, "the database was closed and reopened");
  return {};
}

Health RocksEngine::health() const {
  Health health;
  health.free_bytes = ballast_.free_bytes();
  health.writable =
      !failed_ && handle() != nullptr && health.free_bytes >= limits::disk_free_bytes_min;
  if (failed_ || handle() == nullptr) {
    health.why_not = "the engine failed and is being reopened";
  } else if (!health.writable) {
    health.why_not = "less than " + std::to_string(limits::disk_free_bytes_min >> 20) +
                     " MiB are free in " + options_.dir.string();
  }
  Hold hold;
  const std::shared_ptr<RocksHandle> handle = this->handle();
  if (rocksdb::DB* db = handle ? handle->hold(hold) : nullptr; db != nullptr) {
    for (const std::string& held : {rocksdb::DB::Properties::kBlockCacheUsage,
                                    rocksdb::DB::Properties::kCurSizeAllMemTables}) {
      std::uint64_t bytes = 0;
      if (db->GetIntProperty(held, &bytes)) health.cached_bytes += bytes;
    }
  }
  return health;
}

void RocksEngine::tend() {
  ballast_.restore();
  tell_room(ballast_.scarce());
}

void RocksEngine::tell_room(bool scarce) {
  if (scarce_.exchange(scarce) == scarce) return;
  const std::string free =
      std::to_string(ballast_.free_bytes()) + " bytes are free in " + options_.dir.string() + ", ";
  const std::string least = std::to_string(limits::disk_free_bytes_min >> 20) + " MiB";
  if (scarce) {
    say(Severity::Error, "the store takes no writes: " + free + "less than " + least);
  } else {
    say(Severity::Warning, "the store takes writes again: " + free + "at least " + least);
  }
}

Status RocksEngine::compact() {
  {
    const std::shared_ptr<RocksHandle> handle = this->handle();
    Hold hold;
    rocksdb::DB* db = handle ? handle->hold(hold) : nullptr;
    if (db == nullptr) return closed();
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    rocksdb::Status status = db->Flush(rocksdb::FlushOptions());
    if (status.ok()) status = db->CompactRange(options, nullptr, nullptr);
    if (!status.ok()) return from(status);
  }
  return sweep([] { return true; });
}

Status RocksEngine::sweep(const std::function<bool()>& go_on) {
  return large_->sweep([&](const std::function<void(const Extent&)>& take) -> Status {
    std::optional<RocksView> view;
    {
      // Of a row that is gone by now, the value was freed.
      const std::unique_lock lock(freeing_);
      view.emplace(handle(), large_);
    }
    ENTENTE_TRY_VOID(view->each_reference(take, go_on));
    return failed_ ? closed() : Status();  // a write that failed may be there all the same
  });
}

Status RocksEngine::reopen() {
  Status status = try_to_open();
  // Opening writes, and fails on a full disk.
  if (!status.ok() && ballast_.drop()) {
    say(Severity::Warning, "gave up the ballast to open the database");
    status = try_to_open();
  }
  return status;
}

Status RocksEngine::try_to_open() {
  Status listed = check_manifest_in(rows_of(options_.dir));
  if (listed.ok()) listed = check_logs_in(rows_of(options_.dir));
  if (!listed.ok()) {
    say(Severity::Error, "the database is not opened: " + std::string(listed.detail()));
    return listed;
  }
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(rocks_, rows_of(options_.dir).string(), &opened);
  if (!status.ok()) {
    say(Severity::Error, "the database cannot be opened: " + status.ToString());
    return from(status);
  }
  replace(std::make_shared<RocksHandle>(std::unique_ptr<rocksdb::DB>(opened)));
  return {};
}

std::shared_ptr<RocksHandle> RocksEngine::handle() const {
  const std::lock_guard lock(mutex_);
  return handle_;
}

void RocksEngine::replace(std::shared_ptr<RocksHandle> handle) {
  const std::lock_guard lock(mutex_);
  handle_ = std::move(handle);
}

void RocksEngine::say(Severity severity, std::string_view text) const {
  if (options_.on_event) options_.on_event(severity, text);
}

Result<std::unique_ptr<RocksReader>> RocksReader::open(const RocksEngineOptions& options) {
  ENTENTE_TRY_VOID(check_manifest_in(RocksEngine::rows_of(options.dir)));
  ENTENTE_TRY_VOID(check_logs_in(RocksEngine::rows_of(options.dir)));
  std::unique_ptr<RocksReader> reader(new RocksReader());
  reader->held_ = LargeValues::hold(RocksEngine::large_of(options.dir));
  reader->large_ = std::make_shared<LargeValues>(RocksEngine::large_of(options.dir));
  reader->own_folder_ = options.dir / ("reader-" + std::to_string(getpid()));
  rocksdb::Options rocks = rocks_options(options, rocksdb::Env::Default());
  rocks.create_if_missing = false;
  rocks.max_open_files = -1;  // what the other process deletes meanwhile stays readable
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenAsSecondary(
      rocks, RocksEngine::rows_of(options.dir).string(), reader->own_folder_.string(), &opened);
  if (!status.ok()) return from(status);
  reader->handle_ = std::make_shared<RocksHandle>(std::unique_ptr<rocksdb::DB>(opened));
  return reader;
}

RocksReader::~RocksReader() {
  handle_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(own_folder_, ignored);
}

Result<std::optional<std::string>> RocksReader::get(std::string_view key) {
  const auto cursor = walk(key, after(key));
  if (cursor->valid()) return std::optional(std::string(cursor->value()));
  ENTENTE_TRY_VOID(cursor->status());
  return std::optional<std::string>();
}

std::unique_ptr<EngineCursor> RocksReader::walk(std::string_view first,
                                                const std::optional<std::string>& end) {
  return std::make_unique<RocksCursor>(handle_, large_, nullptr, first, end);
}

}  // namespace entente::store
