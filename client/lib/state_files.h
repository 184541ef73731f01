// Files that this client keeps between runs: written whole or not at all, by one program at a time.
// Several commands of one profile share a folder. Any thread.
#pragma once

#include <string>

#include "proto/contract/status.h"

namespace entente::client {

// Writes `text` to `path`, whole or not at all (0600); it is on the disk, and in its folder, when
// this returns Ok. FailedPrecondition: it cannot be written.
[[nodiscard]] Status write_whole(const std::string& path, const std::string& text);
[[nodiscard]] std::string read_whole(const std::string& path);  // empty if there is none

// Holds a folder against every other holder, of this program or another, until it dies. Whoever
// changes what they have read takes it first. Nothing waits on the network meanwhile.
class FolderLock {
 public:
  // FailedPrecondition: the folder cannot be written to.
  [[nodiscard]] static Result<FolderLock> take(const std::string& folder);
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept;
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  FolderLock& operator=(FolderLock&&) = delete;

 private:
  explicit FolderLock(int file) : file_(file) {}
  int file_;
};

}  // namespace entente::client
