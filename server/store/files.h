// Small files, read and written whole, durably. POSIX only; no exceptions.
//
// Threads: any, but one writer a path.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "proto/contract/status.h"

namespace entente::store {

// NotFound: there is no such file. FailedPrecondition: it is larger than `bytes_max`.
// Unavailable: it cannot be read (permissions, I/O).
[[nodiscard]] Result<std::string> read_whole(const std::filesystem::path& path,
                                             std::size_t bytes_max);

// How far a replacement came.
enum class Written {
  No,     // the old file stands
  Maybe,  // the new one is there, but whether it survives a crash is unknown
  Yes,    // durable
};
// Replaces `path` in one step: a temporary file beside it, fsync, read back, rename, fsync of the
// folder. Mode 0600. `detail` says what failed.
[[nodiscard]] Written replace_whole(const std::filesystem::path& path, std::string_view bytes,
                                    std::string& detail);

// Unavailable: it failed.
[[nodiscard]] Status sync_folder(const std::filesystem::path& dir);

// Writes all of `bytes` at `offset`. Whether it went well; errno says why not.
[[nodiscard]] bool write_all(int file, std::string_view bytes, std::uint64_t offset);

// Unavailable, in these words; its detail is what was to be done with `path`, and why errno says it
// was not.
[[nodiscard]] Status unavailable(std::string_view words, std::string_view act,
                                 const std::filesystem::path& path);

// A descriptor that closes itself.
class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(File&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  File& operator=(File&& other) noexcept;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File();
  [[nodiscard]] int get() const { return descriptor_; }
  [[nodiscard]] bool ok() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

}  // namespace entente::store
