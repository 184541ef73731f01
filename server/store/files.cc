#include "server/store/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace entente::store {
namespace {

constexpr std::string_view kUnusable = "a file could not be read or written";

std::string why(std::string_view act, const std::filesystem::path& path) {
  const int error = errno;
  return std::string(act) + " " + path.string() + ": " + std::strerror(error);
}

}  // namespace

Status unavailable(std::string_view words, std::string_view act,
                   const std::filesystem::path& path) {
  const std::string detail = why(act, path);
  return Status(Code::Unavailable, Reason::None, std::string(words)).with_detail(detail);
}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<std::string> read_whole(const std::filesystem::path& path, std::size_t bytes_max) {
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) {
    if (errno == ENOENT) {
      return Status(Code::NotFound, Reason::None, "there is no such file")
          .with_detail(path.string());
    }
    return unavailable(kUnusable, "open", path);
  }
  std::string bytes;
  std::array<char, 64 * 1024> chunk{};
  for (;;) {
    const ssize_t got = read(file.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unavailable(kUnusable, "read", path);
    if (got == 0) return bytes;
    if (bytes.size() + static_cast<std::size_t>(got) > bytes_max) {
      return Status(Code::FailedPrecondition, Reason::None, "a file is larger than it may be")
          .with_detail(path.string());
    }
    bytes.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

bool write_all(int file, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t put = pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return true;
}

Written replace_whole(const std::filesystem::path& path, std::string_view bytes,
                      std::string& detail) {
  std::filesystem::path temporary = path;
  temporary += ".new";
  {
    const File file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!file.ok() || !write_all(file.get(), bytes, 0) || fsync(file.get()) != 0) {
      detail = why("write", temporary);
      unlink(temporary.c_str());
      return Written::No;
    }
  }
  // The old file is the last that is known to be good: it goes only for one that reads back.
  if (const Result<std::string> back = read_whole(temporary, bytes.size());
      !back.ok() || *back != bytes) {
    detail = temporary.string() + ": what was written does not read back";
    unlink(temporary.c_str());
    return Written::No;
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    detail = why("rename", temporary);
    unlink(temporary.c_str());
    return Written::No;
  }
  if (const Status synced = sync_folder(path.parent_path()); !synced.ok()) {
    detail = synced.detail();
    return Written::Maybe;
  }
  return Written::Yes;
}

Status sync_folder(const std::filesystem::path& dir) {
  const File folder(open(dir.empty() ? "." : dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.ok() || fsync(folder.get()) != 0) return unavailable(kUnusable, "fsync", dir);
  return {};
}

}  // namespace entente::store
