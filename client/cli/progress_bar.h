// How far a file has come, and how fast, on the terminal of whoever waits. One thread.
#pragma once

#include <cstdint>
#include <functional>

namespace entente::cli {

// To be told of bytes that have come, of how many. It draws on the standard error output, and draws
// nothing if that is no terminal; once it is gone the line is ended.
[[nodiscard]] std::function<void(std::uint64_t done, std::uint64_t of)> progress_bar();

}  // namespace entente::cli
