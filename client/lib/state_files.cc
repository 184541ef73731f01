#include "client/lib/state_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace entente::client {
namespace {

Status cannot_write(const std::string& path) {
  return Status(Code::FailedPrecondition, Reason::None, "cannot write `" + path + "`");
}

// One that is there is somebody's, and stays as open as they made it.
void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::create_directories(folder, error)) return;
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
}

// A name is on the disk once its folder is.
bool sync_folder(const std::filesystem::path& folder) {
  const int open =
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = open >= 0 && ::fsync(open) == 0;
  if (open >= 0) ::close(open);
  return synced;
}

}  // namespace

Status write_whole(const std::string& path, const std::string& text) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  make_folder(folder);
  // A name of its own: two programs that write the same file do not meet in it.
  std::string fresh = path + ".new.XXXXXX";
  const int file = ::mkostemp(fresh.data(), O_CLOEXEC);  // 0600
  if (file < 0) return cannot_write(path);
  const bool wrote = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                     ::fsync(file) == 0;
  ::close(file);
  if (wrote && ::rename(fresh.c_str(), path.c_str()) == 0) {
    return sync_folder(folder) ? Status() : cannot_write(path);
  }
  ::unlink(fresh.c_str());
  return cannot_write(path);
}

std::string read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return in ? std::string((std::istreambuf_iterator<char>(in)), {}) : std::string();
}

Result<FolderLock> FolderLock::take(const std::string& folder) {
  make_folder(folder);
  const std::string path = folder + "/lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return cannot_write(path);
  int held = -1;
  do {
    held = ::flock(file, LOCK_EX);
  } while (held != 0 && errno == EINTR);
  if (held == 0) return FolderLock(file);
  ::close(file);
  return cannot_write(path);
}

FolderLock::FolderLock(FolderLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

FolderLock::~FolderLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace entente::client
