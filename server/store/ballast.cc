#include "server/store/ballast.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <system_error>
#include <utility>

#include "proto/contract/limits.h"

namespace entente::store {

Ballast::Ballast(std::filesystem::path dir) : dir_(std::move(dir)), file_(dir_ / "ballast") {}

std::uint64_t Ballast::free_bytes() const {
  struct statvfs space {};
  if (statvfs(dir_.c_str(), &space) != 0) return 0;
  return static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
}

bool Ballast::scarce() const { return free_bytes() < limits::disk_free_bytes_min; }

void Ballast::restore() {
  const std::lock_guard lock(mutex_);
  if (there() || free_bytes() < limits::disk_free_bytes_min + limits::ballast_bytes) return;
  const int file = open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return;
  // Allocated, not merely sized: a hole would free nothing.
  const bool whole = posix_fallocate(file, 0, static_cast<off_t>(limits::ballast_bytes)) == 0;
  close(file);
  std::error_code ignored;
  if (!whole) std::filesystem::remove(file_, ignored);
}

bool Ballast::drop() {
  const std::lock_guard lock(mutex_);
  std::error_code ignored;
  return std::filesystem::remove(file_, ignored);
}

bool Ballast::there() const {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(file_, error);
  return !error && bytes >= limits::ballast_bytes;
}

}  // namespace entente::store
