#include "client/lib/kept_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

namespace entente::client {
namespace {

namespace fs = std::filesystem;

bool sync_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  if (file >= 0) ::close(file);
  return synced;
}

}  // namespace

Result<KeptFile> KeptFile::create(std::string path, std::string field) {
  std::error_code error;
  const fs::file_status there = fs::status(path, error);
  KeptFile file(std::move(path), std::move(field));
  if (fs::exists(there) && !fs::is_regular_file(there)) {
    file.out_.open(file.path_, std::ios::binary);
  } else {
    // A link goes on leading there.
    if (fs::exists(there)) file.path_ = fs::canonical(file.path_, error).string();
    const std::string part = file.path_ + ".part";
    // Made anew, so that it is nobody else's, with no other mode.
    ::unlink(part.c_str());
    const int made = ::open(part.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (made < 0) return file.unwritable();
    ::close(made);
    file.part_ = part;
    file.out_.open(part, std::ios::binary);
  }
  if (!file.out_) return file.unwritable();
  return file;
}

KeptFile::~KeptFile() {
  if (!part_.empty()) ::unlink(part_.c_str());
}

KeptFile::KeptFile(KeptFile&& other) noexcept
    : path_(std::move(other.path_)),
      field_(std::move(other.field_)),
      part_(std::exchange(other.part_, {})),
      out_(std::move(other.out_)) {}

Status KeptFile::unwritable() const {
  return invalid_argument(field_, "`" + path_ + "` cannot be written");
}

Status KeptFile::finish() {
  out_.close();
  if (!out_) return unwritable();
  if (part_.empty()) return {};
  if (!sync_file(part_) || ::rename(part_.c_str(), path_.c_str()) != 0) return unwritable();
  part_.clear();
  return {};
}

Status keep_file(const std::string& path, std::string_view content, std::string field) {
  ENTENTE_TRY(KeptFile file, KeptFile::create(path, std::move(field)));
  file.out() << content;
  return file.finish();
}

}  // namespace entente::client
