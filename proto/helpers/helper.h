// Programs that look into hostile documents: each a process of its own that shuts itself in, given
// bytes on its standard input and asked for bytes on its standard output. What breaks it breaks
// nothing else.
//
// Threads: any; a few processes of one kind at once, the others wait.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>

#include "proto/contract/status.h"

namespace entente::helpers {

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

class Helper {
 public:
  struct Bounds {
    std::uint32_t ms_max;     // then it is killed
    std::size_t at_once_max;  // processes
    std::size_t waiting_max;  // callers
  };
  Helper(std::filesystem::path program, Bounds bounds)
      : program_(std::move(program)), bounds_(bounds) {}

  // Gives the program what `pour` appends; how it ended, as waitpid says. ResourceExhausted
  // (Overloaded): too many wait. Unavailable: it could not be started. Cancelled: `stop` was asked
  // for, and it was killed. What `pour` returns.
  [[nodiscard]] Result<int> run(const std::function<Status(Sheet& in)>& pour, const Sheet& out,
                                const std::stop_token& stop = {});

 private:
  [[nodiscard]] Status take_turn();
  void end_turn();
  [[nodiscard]] Result<int> start(const Sheet& in, const Sheet& out,
                                  const std::stop_token& stop) const;
  [[nodiscard]] Result<int> await(pid_t child, const std::stop_token& stop) const;

  const std::filesystem::path program_;
  const Bounds bounds_;
  std::mutex mutex_;
  std::condition_variable turn_;
  std::size_t running_ = 0;
  std::size_t waiting_ = 0;
};

}  // namespace entente::helpers
