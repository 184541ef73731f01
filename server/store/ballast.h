// A file of no use that can be given up on a full disk, so that the database can be reopened; and
// the measure of what is left.
//
// Threads: any.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>

namespace entente::store {

class Ballast {
 public:
  // Nothing is written yet.
  explicit Ballast(std::filesystem::path dir);

  // Bytes that the file system of `dir` can still take; zero if it cannot be asked.
  [[nodiscard]] std::uint64_t free_bytes() const;
  // Whether writes should be refused.
  [[nodiscard]] bool scarce() const;

  // Writes the file if it is not there and enough would be left beside it.
  void restore();
  // Gives its room back. Whether there was any.
  bool drop();

 private:
  [[nodiscard]] bool there() const;

  std::filesystem::path dir_;
  std::filesystem::path file_;
  std::mutex mutex_;
};

}  // namespace entente::store
