#include "server/store/head_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"

namespace entente::store {
namespace {

constexpr std::string_view head_magic = "EHD1";
constexpr std::string_view kUnwritten = "the head file could not be written";
constexpr std::size_t fixed_bytes = 4 + 4 + 8;
constexpr std::size_t mac_bytes = 32;

std::string encode(const Secret& key, CommitIndex size, std::string_view checkpoint) {
  std::string record(head_magic);
  append_u32(record, static_cast<std::uint32_t>(checkpoint.size()));
  append_u64(record, size);
  record.append(checkpoint);
  record.append(as_view(hmac_sha256(key, record)));
  return record;
}

// The record at the front of `bytes`, and its length; nothing if there is no sound one.
std::optional<std::pair<Head, std::size_t>> decode(std::string_view bytes, const Secret& key) {
  if (bytes.size() < fixed_bytes + mac_bytes || !bytes.starts_with(head_magic)) return std::nullopt;
  const std::size_t checkpoint_bytes = read_u32(bytes.substr(4));
  if (checkpoint_bytes > head_checkpoint_bytes_max ||
      bytes.size() < fixed_bytes + checkpoint_bytes + mac_bytes) {
    return std::nullopt;
  }
  const std::string_view said = bytes.substr(0, fixed_bytes + checkpoint_bytes);
  if (!equal_constant_time(as_view(hmac_sha256(key, said)), bytes.substr(said.size(), mac_bytes))) {
    return std::nullopt;
  }
  Head head{.size = read_u64(bytes.substr(8)), .checkpoint = std::string(said.substr(fixed_bytes))};
  return std::pair(std::move(head), said.size() + mac_bytes);
}

Status damaged(std::string_view what, std::size_t at) {
  return Status(Code::DataLoss, Reason::None, "the head file is damaged")
      .with_detail(std::string(what) + std::to_string(at));
}

// Of a file that is not there, none.
Result<std::string> bytes_of(const std::filesystem::path& path) {
  Result<std::string> read = read_whole(path, 2 * head_file_bytes_max);
  if (!read.ok() && read.status().code() == Code::NotFound) return std::string();
  return read;
}

}  // namespace

Result<HeadScan> scan_head_file(std::string_view bytes, const Secret& key) {
  HeadScan scan;
  while (scan.sound_bytes < bytes.size()) {
    auto record = decode(bytes.substr(scan.sound_bytes), key);
    if (!record) break;
    scan.last = std::move(record->first);
    scan.sound_bytes += record->second;
    scan.last_bytes = record->second;
  }
  if (bytes.size() - scan.sound_bytes > (scan.last ? scan.last_bytes + head_growth_bytes_max : 0)) {
    return damaged(scan.last ? "more is torn off than one record from byte "
                             : "no sound record in all its bytes from byte ",
                   scan.sound_bytes);
  }
  // A torn record is the last thing in the file.
  for (std::size_t at = bytes.find(head_magic, scan.sound_bytes); at != std::string_view::npos;
       at = bytes.find(head_magic, at + 1)) {
    if (decode(bytes.substr(at), key)) {
      return damaged("no sound record at byte ", scan.sound_bytes);
    }
  }
  return scan;
}

Result<std::optional<Head>> read_head_file(const std::filesystem::path& path, const Secret& key) {
  ENTENTE_TRY(const std::string bytes, bytes_of(path));
  ENTENTE_TRY(HeadScan scan, scan_head_file(bytes, key));
  return std::move(scan.last);
}

Result<std::unique_ptr<HeadFile>> HeadFile::open(const std::filesystem::path& path, Secret key) {
  std::unique_ptr<HeadFile> head(new HeadFile(path, std::move(key)));
  ENTENTE_TRY(const std::string bytes, bytes_of(path));
  ENTENTE_TRY(HeadScan scan, scan_head_file(bytes, head->key_));
  if (scan.last) {
    head->file_ = File(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!head->file_.ok() ||
        (scan.sound_bytes < bytes.size() &&
         ftruncate(head->file_.get(), static_cast<off_t>(scan.sound_bytes)) != 0)) {
      return unavailable(kUnwritten, "write", path);
    }
    ENTENTE_TRY_VOID(sync_folder(path.parent_path()));
  }
  head->bytes_ = scan.sound_bytes;
  head->last_bytes_ = scan.last_bytes;
  head->last_ = std::move(scan.last);
  return head;
}

Status HeadFile::record(CommitIndex size, std::string_view checkpoint) {
  ENTENTE_CHECK(checkpoint.size() <= head_checkpoint_bytes_max);
  const std::lock_guard lock(mutex_);
  ENTENTE_CHECK(!last_ || size >= last_->size);
  const std::string record = encode(key_, size, checkpoint);
  const bool append_it = file_.ok() && bytes_ + record.size() <= head_file_bytes_max &&
                         record.size() <= last_bytes_ + head_growth_bytes_max;
  ENTENTE_TRY_VOID(append_it ? append(record) : replace(record));
  last_bytes_ = record.size();
  last_ = Head{.size = size, .checkpoint = std::string(checkpoint)};
  return {};
}

std::optional<Head> HeadFile::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

Status HeadFile::append(std::string_view record) {
  if (!write_all(file_.get(), record, bytes_) || fdatasync(file_.get()) != 0) {
    const Status status = unavailable(kUnwritten, "write", path_);
    file_ = File();  // after a failed sync nothing on this descriptor can be trusted
    return status;
  }
  bytes_ += record.size();
  return {};
}

Status HeadFile::replace(std::string_view record) {
  std::string detail;
  file_ = File();
  if (replace_whole(path_, record, detail) != Written::Yes) {
    return Status(Code::Unavailable, Reason::None, "the head file could not be written")
        .with_detail(std::move(detail));
  }
  file_ = File(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
  bytes_ = record.size();
  return {};
}

}  // namespace entente::store
