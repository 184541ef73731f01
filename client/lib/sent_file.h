// A file on its way to the server, piece by piece: how it is named, sent, and taken up again where
// a line broke. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "proto/contract/status.h"

namespace entente::client {

// Makes a call, and again while it is Unavailable: after half a second, then twice as long each
// time, about a minute in all. Requires: the call may be made again.
template <typename Rep>
[[nodiscard]] Result<Rep> patiently(const std::function<Result<Rep>()>& call) {
  constexpr std::chrono::milliseconds first_pause{500};
  constexpr int attempts = 7;
  std::chrono::milliseconds pause = first_pause;
  for (int i = 1;; ++i, pause *= 2) {
    Result<Rep> answer = call();
    if (answer.ok() || answer.status().code() != Code::Unavailable || i == attempts) return answer;
    std::this_thread::sleep_for(pause);
  }
}

struct FileDigest {
  std::string sha256;
  std::uint64_t bytes = 0;
};
// The SHA-256 of a file (of its first `bytes_max` bytes), and how long that is. InvalidArgument: it
// cannot be read.
[[nodiscard]] Result<FileDigest> digest_of(const std::string& path,
                                           std::uint64_t bytes_max = UINT64_MAX);

// Instead of where the server stands: nothing more of the file is wanted.
inline constexpr std::uint64_t enough = UINT64_MAX;

struct Pieces {
  // Sends a piece, whose text may be taken while it does; answers where the server stands then, or
  // `enough`.
  std::function<Result<std::uint64_t>(std::uint64_t offset, std::string& piece)> send;
  // Begins, or finds what was begun; answers the same. May be called again.
  std::function<Result<std::uint64_t>()> begin;
};
// Sends a file of `size` bytes from `offset` on, or as much of it as is wanted. A line that breaks
// is waited for, about a minute, and what the server has forgotten is sent anew, twice.
// InvalidArgument: the file cannot be read, or has become shorter. Otherwise what `pieces` return.
[[nodiscard]] Status send_file(
    const std::string& path, std::uint64_t offset, std::uint64_t size, const Pieces& pieces,
    const std::function<void(std::uint64_t, std::uint64_t)>& on_progress);

}  // namespace entente::client
