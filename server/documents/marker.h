// Has PDFs marked by a helper process that is shut in: no network, no files, bounded memory and
// time. A document that breaks the helper breaks nothing else.
//
// Threads: any; a few helpers at once, the others wait.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "proto/contract/status.h"

namespace entente::documents {

// Bytes in memory that have no name and no place on a disk. One thread at a time.
class Sheet {
 public:
  // Unavailable: no memory, or no descriptor.
  [[nodiscard]] static Result<std::unique_ptr<Sheet>> make();
  ~Sheet();
  Sheet(const Sheet&) = delete;
  Sheet& operator=(const Sheet&) = delete;

  [[nodiscard]] Status append(std::string_view bytes);
  // Up to `bytes_max` from `offset` on; empty at the end.
  [[nodiscard]] Result<std::string> read(std::uint64_t offset, std::size_t bytes_max) const;
  [[nodiscard]] std::uint64_t size() const;
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  explicit Sheet(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

class Marker {
 public:
  // `program`: `entente-mark`.
  explicit Marker(std::filesystem::path program) : program_(std::move(program)) {}

  // The PDF that `pour` appends, with `line` on every page; the same again gives the same bytes.
  // FailedPrecondition: it cannot be marked (it asks for a password, is none, is too large for the
  // limits). ResourceExhausted (Overloaded): too many wait. Unavailable: the helper could not be
  // started. What `pour` returns.
  [[nodiscard]] Result<std::unique_ptr<Sheet>> mark(const std::string& line,
                                                    const std::function<Status(Sheet& into)>& pour);

 private:
  [[nodiscard]] Status take_turn();
  void end_turn();
  [[nodiscard]] Result<int> run(const Sheet& in, const Sheet& out) const;

  const std::filesystem::path program_;
  std::mutex mutex_;
  std::condition_variable turn_;
  std::size_t running_ = 0;
  std::size_t waiting_ = 0;
};

}  // namespace entente::documents
