// Shuts a helper process in: from then on it can compute, read and write what it was given, and
// end. It opens no file, no socket, starts no program, and is killed at its limits. For a process
// of one thread, before it looks at what it was given.
#pragma once

#include <cstdint>

namespace entente::sandbox {

struct Limits {
  std::uint64_t memory_bytes;  // address space
  std::uint32_t cpu_s;
  std::uint64_t output_bytes;  // of any one file
};

// False: the system could not be asked for it all; then nothing must be read.
[[nodiscard]] bool enter(const Limits& limits);

}  // namespace entente::sandbox
