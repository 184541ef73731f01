#include "server/store/backup.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"
#include "proto/contract/limits.h"
#include "server/store/commit_queue.h"
#include "server/store/files.h"
#include "server/store/rocks_engine.h"

namespace entente::store {
namespace {

constexpr std::string_view backup_magic = "ENTBACK1";
constexpr std::string_view kBackupUnusable = "the backup could not be read or written";
constexpr std::size_t header_bytes = 8 + 16 + 8;
constexpr std::size_t hash_bytes = 32;
constexpr std::size_t block_bytes_aim = 1 << 20;
constexpr std::size_t block_bytes_max = 4 << 20;

Status damaged(std::uint64_t at, std::string_view what) {
  return Status(Code::DataLoss, Reason::None, "the backup is damaged")
      .with_detail(std::string(what) + " near byte " + std::to_string(at));
}

Status gone(std::string_view key) {
  return Status(Code::DataLoss, Reason::None, "the store's files are damaged")
      .with_detail("the large value of the row " + to_hex(key) + " cannot be read");
}

Status keyless(std::string_view key) {
  return Status(Code::DataLoss, Reason::None, "the store's files are damaged")
      .with_detail("the row " + to_hex(key) + " is under no key of this network");
}

Status there_already() {
  return {Code::AlreadyExists, Reason::AlreadyThere, "there is a file of that name"};
}

Digest closing_mac(const Keyring& keyring, std::string_view header, std::uint64_t rows,
                   std::string_view hash) {
  std::string message(header);
  append_u64(message, rows);
  message.append(hash);
  return hmac_sha256(keyring.purpose_key("store/backup"), message);
}

class BackupWriter {
 public:
  explicit BackupWriter(const std::filesystem::path& path)
      : path_(path), file_(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {}

  [[nodiscard]] Status begin(const Id& network, CommitIndex size) {
    if (!file_.ok() && errno == EEXIST) return there_already();
    if (!file_.ok()) return unavailable(kBackupUnusable, "make", path_);
    header_ = backup_magic;
    header_.append(network.view());
    append_u64(header_, size);
    hash_ = as_view(sha256(header_));
    return put(header_);
  }

  [[nodiscard]] Status add(std::string_view key, std::string_view value) {
    ENTENTE_CHECK(key.size() <= 0xffff);
    append_u16(block_, static_cast<std::uint16_t>(key.size()));
    block_.append(key);
    append_u32(block_, static_cast<std::uint32_t>(value.size()));
    block_.append(value);
    ++rows_;
    return block_.size() < block_bytes_aim ? Status() : end_block();
  }

  [[nodiscard]] Status finish(const Keyring& keyring) {
    if (!block_.empty()) ENTENTE_TRY_VOID(end_block());
    std::string end;
    append_u32(end, 0);
    append_u64(end, rows_);
    end.append(as_view(closing_mac(keyring, header_, rows_, hash_)));
    ENTENTE_TRY_VOID(put(end));
    if (fsync(file_.get()) != 0) return unavailable(kBackupUnusable, "sync", path_);
    return sync_folder(path_.parent_path());
  }

  void discard() {
    if (file_.ok()) unlink(path_.c_str());
  }
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  Status end_block() {
    std::string head;
    append_u32(head, static_cast<std::uint32_t>(block_.size()));
    hash_ = as_view(sha256({hash_, block_}));
    ENTENTE_TRY_VOID(put(head));
    ENTENTE_TRY_VOID(put(block_));
    block_.clear();
    return put(hash_);
  }
  Status put(std::string_view bytes) {
    if (!write_all(file_.get(), bytes, bytes_)) return unavailable(kBackupUnusable, "write", path_);
    bytes_ += bytes.size();
    return {};
  }

  std::filesystem::path path_;
  File file_;
  std::string header_;
  std::string hash_;
  std::string block_;
  std::uint64_t rows_ = 0;
  std::uint64_t bytes_ = 0;
};

// Gives a backup's rows, block by block; each block's hash has been checked before its rows are
// given.
class BackupReader {
 public:
  [[nodiscard]] Status open(const std::filesystem::path& path) {
    path_ = path;
    file_ = File(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file_.ok() && errno == ENOENT) {
      return {Code::NotFound, Reason::None, "there is no such backup"};
    }
    if (!file_.ok()) return unavailable(kBackupUnusable, "open", path);
    ENTENTE_TRY(header_, take(header_bytes));
    if (!header_.starts_with(backup_magic)) return damaged(0, "no backup");
    hash_ = as_view(sha256(header_));
    return {};
  }

  [[nodiscard]] Id network() const { return Id::from(std::string_view(header_).substr(8)); }
  [[nodiscard]] CommitIndex size() const { return read_u64(std::string_view(header_).substr(24)); }
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] std::uint64_t bytes() const { return at_; }

  // The next block's rows; empty at the end, which has then been checked as well as can be without
  // a key.
  [[nodiscard]] Result<std::vector<EngineRow>> next() {
    std::vector<EngineRow> rows;
    ENTENTE_TRY(const std::string length, take(4));
    const std::size_t bytes = read_u32(length);
    if (bytes == 0) {
      ENTENTE_TRY_VOID(end());
      return rows;
    }
    if (bytes > block_bytes_max) return damaged(at_, "an absurd block");
    ENTENTE_TRY(const std::string block, take(bytes));
    ENTENTE_TRY(const std::string hash, take(hash_bytes));
    hash_ = as_view(sha256({hash_, block}));
    if (hash_ != hash) return damaged(at_, "a block's hash differs");
    std::string_view rest = block;
    while (!rest.empty()) {
      EngineRow row;
      std::string value;
      if (!take_field(rest, 2, row.key) || !take_field(rest, 4, value)) {
        return damaged(at_, "a row is cut short");
      }
      row.value = std::move(value);
      rows.push_back(std::move(row));
    }
    rows_ += rows.size();
    return rows;
  }

  [[nodiscard]] bool closed_under(const Keyring& keyring) const {
    return equal_constant_time(as_view(closing_mac(keyring, header_, rows_, hash_)), mac_);
  }

 private:
  static bool take_field(std::string_view& rest, std::size_t width, std::string& field) {
    if (rest.size() < width) return false;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < width; ++i) {
      bytes = bytes << 8 | static_cast<unsigned char>(rest[i]);
    }
    rest.remove_prefix(width);
    if (rest.size() < bytes) return false;
    field = rest.substr(0, bytes);
    rest.remove_prefix(bytes);
    return true;
  }

  Status end() {
    ENTENTE_TRY(const std::string rows, take(8));
    ENTENTE_TRY(mac_, take(hash_bytes));
    if (read_u64(rows) != rows_) return damaged(at_, "the number of rows differs");
    char more = 0;
    if (read(file_.get(), &more, 1) != 0) return damaged(at_, "something follows the end");
    return {};
  }

  Result<std::string> take(std::size_t bytes) {
    std::string out(bytes, '\0');
    std::size_t have = 0;
    while (have < bytes) {
      const ssize_t got = read(file_.get(), out.data() + have, bytes - have);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return unavailable(kBackupUnusable, "read", path_);
      if (got == 0) return damaged(at_ + have, "cut short");
      have += static_cast<std::size_t>(got);
    }
    at_ += bytes;
    return out;
  }

  std::filesystem::path path_;
  File file_;
  std::string header_;
  std::string hash_;
  std::string mac_;
  std::uint64_t rows_ = 0;
  std::uint64_t at_ = 0;
};

bool is_orphaned(const Keyring& keyring, const EngineRow& row) {
  const std::optional<KeyId> id = key_id_of(*row.value);
  return id && keyring.was_destroyed(*id);
}

Status check_row(const Keyring& keyring, const EngineRow& row, std::uint64_t at) {
  const std::optional<KeyId> id = key_id_of(*row.value);
  if (id && !keyring.opens(*id)) {
    return Status(Code::DataLoss, Reason::None, "the keyring does not open this backup")
        .with_detail("it does not have key " + std::to_string(*id) + ", under which the row " +
                     to_hex(row.key) + " is sealed: it is of before that key, or behind its end");
  }
  if (row.key.empty() || !keyring.unseal(row.key, *row.value).ok()) {
    return damaged(at, "a row does not authenticate, key " + to_hex(row.key));
  }
  return {};
}

struct Opened {
  std::unique_ptr<Keyring> keyring;
  std::unique_ptr<RocksReader> rows;
};

Result<Opened> open_beside(const RocksStoreOptions& options, const RootKey& root,
                           Entropy& entropy) {
  Opened opened;
  ENTENTE_TRY(opened.keyring, Keyring::open(options.dir / "keyring", root, entropy));
  ENTENTE_TRY(opened.rows, RocksReader::open({.dir = options.dir,
                                              .block_cache_bytes = options.block_cache_bytes,
                                              .on_event = options.on_event,
                                              .file_system = nullptr}));
  // A daemon may have made keys before the rows were seen, and dropped some behind: of both, and of
  // what was destroyed between, one of the two states of its keyring tells.
  ENTENTE_TRY_VOID(opened.keyring->catch_up());
  return opened;
}

// Copies the keyring, and holds it against the rows that it is to open.
Status copy_keyring_for(const std::unordered_set<KeyId>& keys, const std::filesystem::path& dir,
                        const RootKey& root, Entropy& entropy, const std::filesystem::path& to) {
  ENTENTE_TRY_VOID(back_up_keyring(dir, to));
  const auto copy = Keyring::open(to, root, entropy);
  Status status = copy.status();
  if (status.ok() &&
      !std::all_of(keys.begin(), keys.end(), [&](const KeyId id) { return (*copy)->knows(id); })) {
    status = Status(Code::Unavailable, Reason::None,
                    "a rotation of keys ended meanwhile; take the backup again");
  }
  if (!status.ok()) unlink(to.c_str());
  return status;
}

}  // namespace

Result<BackupSummary> write_backup(EngineView& view, const Keyring& keyring,
                                   const std::filesystem::path& to, const OnProgress& on_progress) {
  // The walk and not a look-up tells the count: only one walk is sure to see one state.
  const auto cursor = view.walk({}, std::nullopt);
  CommitIndex size = 0;
  if (cursor->valid() && cursor->key() == size_key()) {
    ENTENTE_TRY(const std::string count, keyring.unseal(cursor->key(), cursor->value()));
    ENTENTE_CHECK(count.size() == 8);
    size = read_u64(count);
  }
  BackupWriter writer(to);
  Status status = writer.begin(keyring.network(), size);
  if (status.code() == Code::AlreadyExists) return status;
  std::unordered_set<KeyId> keys;
  for (; status.ok() && cursor->valid(); cursor->next()) {
    const std::string_view value = cursor->value();
    if (is_reference(value)) {
      status = gone(cursor->key());
    } else if (const std::optional<KeyId> id = key_id_of(value); id && keyring.knows(*id)) {
      keys.insert(*id);
      status = writer.add(cursor->key(), value);
    } else {
      status = keyless(cursor->key());
    }
    if (on_progress && writer.rows() % 10'000 == 0) on_progress(writer.rows(), 0);
  }
  if (status.ok()) status = cursor->status();
  if (status.ok()) status = writer.finish(keyring);
  if (!status.ok()) {
    writer.discard();
    return status;
  }
  return BackupSummary{.network = keyring.network(),
                       .size = size,
                       .rows = writer.rows(),
                       .bytes = writer.bytes(),
                       .orphaned = 0,
                       .keys = std::move(keys)};
}

Result<BackupSummary> back_up_folder(const RocksStoreOptions& options, const RootKey& root,
                                     Entropy& entropy, const std::filesystem::path& to,
                                     const std::filesystem::path& keyring_to,
                                     const OnProgress& on_progress) {
  std::error_code error;
  if (!keyring_to.empty() && std::filesystem::exists(keyring_to, error)) return there_already();
  ENTENTE_TRY(const Opened opened, open_beside(options, root, entropy));
  ENTENTE_TRY(BackupSummary done, write_backup(*opened.rows, *opened.keyring, to, on_progress));
  if (keyring_to.empty()) return done;
  const Status copied = copy_keyring_for(done.keys, options.dir, root, entropy, keyring_to);
  if (copied.ok()) return done;
  unlink(to.c_str());
  return copied;
}

Status back_up_keyring(const std::filesystem::path& dir, const std::filesystem::path& to) {
  std::error_code error;
  if (std::filesystem::exists(to, error)) return there_already();
  ENTENTE_TRY(const std::string file, read_whole(dir / "keyring", keyring_bytes_max));
  ENTENTE_TRY(const KeyringHeader header, parse_keyring_header(file));
  static_cast<void>(header);  // it parses, and its hash holds
  std::string detail;
  if (replace_whole(to, file, detail) != Written::Yes) {
    return Status(Code::Unavailable, Reason::None, "the keyring could not be copied")
        .with_detail(std::move(detail));
  }
  return {};
}

Result<BackupSummary> verify_backup(const std::filesystem::path& from, const Keyring* keyring,
                                    const OnProgress& on_progress) {
  BackupReader reader;
  ENTENTE_TRY_VOID(reader.open(from));
  if (keyring != nullptr && reader.network() != keyring->network()) {
    return Status(Code::FailedPrecondition, Reason::None, "the backup is of another network");
  }
  std::uint64_t orphaned = 0;
  for (;;) {
    ENTENTE_TRY(const std::vector<EngineRow> rows, reader.next());
    if (rows.empty()) break;
    for (const EngineRow& row : rows) {
      if (keyring == nullptr) continue;
      if (is_orphaned(*keyring, row)) {
        ++orphaned;
      } else {
        ENTENTE_TRY_VOID(check_row(*keyring, row, reader.bytes()));
      }
    }
    if (on_progress) on_progress(reader.rows(), 0);
  }
  if (keyring != nullptr && !reader.closed_under(*keyring)) {
    return damaged(reader.bytes(), "it was not made under this keyring");
  }
  return BackupSummary{.network = reader.network(),
                       .size = reader.size(),
                       .rows = reader.rows(),
                       .bytes = reader.bytes(),
                       .orphaned = orphaned,
                       .keys = {}};
}

Result<BackupSummary> restore_backup(const std::filesystem::path& from,
                                     const std::filesystem::path& keyring,
                                     const RocksStoreOptions& options, const RootKey& root,
                                     Entropy& entropy, const OnProgress& on_progress) {
  ENTENTE_TRY(const std::unique_ptr<Keyring> keys, Keyring::open(keyring, root, entropy));
  ENTENTE_TRY(const BackupSummary summary, verify_backup(from, keys.get(), {}));
  std::error_code error;
  std::filesystem::create_directories(options.dir, error);
  std::filesystem::permissions(options.dir, std::filesystem::perms::owner_all, error);
  if (std::filesystem::exists(RocksEngine::rows_of(options.dir), error) ||
      std::filesystem::exists(options.dir / "keyring", error)) {
    return Status(Code::AlreadyExists, Reason::AlreadyThere, "there is a store already");
  }
  {
    ENTENTE_TRY(const std::unique_ptr<RocksEngine> engine,
                RocksEngine::open({.dir = options.dir,
                                   .block_cache_bytes = options.block_cache_bytes,
                                   .on_event = options.on_event,
                                   .file_system = nullptr}));
    BackupReader reader;
    ENTENTE_TRY_VOID(reader.open(from));
    for (;;) {
      ENTENTE_TRY(std::vector<EngineRow> rows, reader.next());
      if (rows.empty()) break;
      std::erase_if(rows, [&](const EngineRow& row) { return is_orphaned(*keys, row); });
      ENTENTE_TRY_VOID(engine->write(rows, Durable::Now));
      if (on_progress) on_progress(reader.rows(), 0);
    }
  }
  // Last: rows without a keyring do not open.
  ENTENTE_TRY(const std::string file, read_whole(keyring, keyring_bytes_max));
  std::string detail;
  if (replace_whole(options.dir / "keyring", file, detail) != Written::Yes) {
    return Status(Code::Unavailable, Reason::None, "the keyring could not be restored")
        .with_detail(std::move(detail));
  }
  return summary;
}

Result<FsckReport> fsck_folder(const RocksStoreOptions& options, const RootKey& root,
                               Entropy& entropy, const OnFault& on_fault) {
  ENTENTE_TRY(const Opened opened, open_beside(options, root, entropy));
  return fsck(*opened.rows, *opened.keyring, on_fault);
}

}  // namespace entente::store
