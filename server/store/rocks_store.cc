#include "server/store/rocks_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <system_error>
#include <utility>

#include "server/store/backup.h"
#include "server/store/rocks_engine.h"

namespace entente::store {
namespace {

constexpr std::chrono::seconds tending_interval{1};
// Between pieces (RocksEngine::sweep), so that who waits for the disk hardly notices.
constexpr std::chrono::milliseconds sweep_pause{100};

constexpr const char* kHeadPurpose = "store/head";

std::filesystem::path keyring_path(const std::filesystem::path& dir) { return dir / "keyring"; }
std::filesystem::path head_path(const std::filesystem::path& dir) { return dir / "head"; }

bool is_there(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::exists(path, error) || error;
}

bool has_rows(const std::filesystem::path& dir) {
  return is_there(RocksEngine::rows_of(dir) / "CURRENT");
}

Status missing(std::string message) {
  return {Code::FailedPrecondition, Reason::None, std::move(message)};
}

// What is there goes together, or nothing is there and may be made.
Status check_folder(const std::filesystem::path& dir, bool create) {
  const bool keyring = is_there(keyring_path(dir));
  if (keyring && !has_rows(dir)) return missing("there is a keyring but no rows beside it");
  if (!keyring && !create) {
    return {Code::NotFound, Reason::None,
            "there is no store in `" + dir.string() +
                "`: `entented init` makes a new one, `entented restore` one of a backup"};
  }
  return {};
}

// root could open the store of another, and leave files in it that this one cannot read.
Status check_owner(const std::filesystem::path& dir) {
  struct stat folder {};
  if (::stat(dir.c_str(), &folder) != 0 || folder.st_uid == ::geteuid()) return {};
  return missing("the store in `" + dir.string() + "` belongs to another user, number " +
                 std::to_string(folder.st_uid) +
                 ", who could not read what this one writes in it: run the command as that user");
}

}  // namespace

Result<std::unique_ptr<RocksStore>> RocksStore::open(const RocksStoreOptions& options,
                                                     const RootKey& root, Entropy& entropy) {
  if (options.create) {
    std::error_code error;
    std::filesystem::create_directories(options.dir, error);
    std::filesystem::permissions(options.dir, std::filesystem::perms::owner_all, error);
  }
  ENTENTE_TRY_VOID(check_folder(options.dir, options.create));
  ENTENTE_TRY_VOID(check_owner(options.dir));
  return open(options, root, entropy, [&] {
    return RocksEngine::open({.dir = options.dir,
                              .block_cache_bytes = options.block_cache_bytes,
                              .on_event = options.on_event,
                              .file_system = nullptr});
  });
}

Result<std::unique_ptr<RocksStore>> RocksStore::open(const RocksStoreOptions& options,
                                                     const RootKey& root, Entropy& entropy,
                                                     const MakeEngine& make_engine) {
  const std::filesystem::path path = keyring_path(options.dir);
  std::unique_ptr<Keyring> keyring;
  if (is_there(path)) {
    // The wrong root key must be told before anything else is touched.
    ENTENTE_TRY(keyring, Keyring::open(path, root, entropy));
  }
  ENTENTE_TRY(std::unique_ptr<RocksEngine> engine, make_engine());
  // From here on the database's lock keeps other daemons out.
  if (!keyring) {
    if (engine->view()->walk({}, std::nullopt)->valid()) {
      return missing("there are rows but no keyring beside them");
    }
    ENTENTE_TRY(keyring, Keyring::create(path, root, entropy));
  }
  Secret head_key = keyring->purpose_key(kHeadPurpose);
  std::unique_ptr<RocksStore> store(new RocksStore(std::move(engine), std::move(keyring), options));
  ENTENTE_TRY_VOID(store->start());
  ENTENTE_TRY(store->head_, HeadFile::open(head_path(options.dir), std::move(head_key)));
  const std::optional<Head> last = store->head_->last();
  if (last && last->size > store->size()) {
    store->behind_head_ = last->size - store->size();
    store->refuse_writes("the store is " + std::to_string(store->behind_head_) +
                         " commits behind its own head: acknowledged commits are lost, or an "
                         "older copy was put in place");
  }
  store->tender_ =
      std::jthread([raw = store.get()](const std::stop_token& stop) { raw->tend(stop); });
  // What such a store does not refer to may be what was lost.
  if (store->behind_head_ != 0) return store;
  store->sweeper_ =
      std::jthread([raw = store.get()](const std::stop_token& stop) { raw->sweep(stop); });
  return store;
}

Result<std::optional<Head>> RocksStore::last_head(const std::filesystem::path& dir,
                                                  const RootKey& root, Entropy& entropy) {
  ENTENTE_TRY_VOID(check_folder(dir, /*create=*/false));
  ENTENTE_TRY(const auto keyring, Keyring::open(keyring_path(dir), root, entropy));
  return read_head_file(head_path(dir), keyring->purpose_key(kHeadPurpose));
}

RocksStore::RocksStore(std::unique_ptr<RocksEngine> engine, std::unique_ptr<Keyring> keyring,
                       RocksStoreOptions options)
    : CoreStore(std::move(engine), std::move(keyring)),
      options_(std::move(options)),
      rocks_(static_cast<RocksEngine&>(engine_of())) {}

RocksStore::~RocksStore() {
  for (std::jthread* one : {&tender_, &sweeper_}) {
    one->request_stop();
    if (one->joinable()) one->join();
  }
}

Result<BackupSummary> RocksStore::back_up(const std::filesystem::path& to,
                                          const OnProgress& on_progress) {
  return write_backup(*rocks_.view(), keyring_of(), to, on_progress);
}

Result<FsckReport> RocksStore::check(const OnFault& on_fault) {
  return fsck(*rocks_.view(), keyring_of(), on_fault);
}

Status RocksStore::compact() { return rocks_.compact(); }

void RocksStore::tend(const std::stop_token& stop) {
  std::unique_lock lock(tending_mutex_);
  while (!tending_.wait_for(lock, stop, tending_interval, [&] { return stop.stop_requested(); })) {
    rocks_.tend();
    if (rocks_.failed()) static_cast<void>(recover());  // told by health(); tried again
  }
}

void RocksStore::sweep(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any resting;
  const auto rest = [&](std::chrono::milliseconds time) {
    std::unique_lock lock(mutex);
    return !resting.wait_for(lock, stop, time, [&] { return stop.stop_requested(); });
  };
  for (auto time = options_.sweep_after; rest(time); time = options_.sweep_every) {
    const Status swept = rocks_.sweep([&] { return rest(sweep_pause); });
    if (swept.ok() || stop.stop_requested() || !options_.on_event) continue;
    options_.on_event(Severity::Warning,
                      "large values were not swept: " + std::string(swept.message()));
  }
}

}  // namespace entente::store
