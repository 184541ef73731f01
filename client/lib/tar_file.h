// A tar archive, written one file behind the other (POSIX.1-2017 pax, "pax Interchange Format"),
// with the SHA-256 of each. One thread.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

#include "proto/contract/status.h"

namespace entente::client {

class TarFile {
 public:
  // By way of `<path>.part`, mode 0600, which stays if it is not finished. InvalidArgument: it
  // cannot be made.
  [[nodiscard]] static Result<TarFile> create(const std::string& path);

  // Adds a file. `name` is a relative path in UTF-8 without a line feed. InvalidArgument: what is
  // read or written cannot be.
  [[nodiscard]] Status add(const std::string& name, std::string_view content);
  [[nodiscard]] Status add_file(const std::string& name, const std::string& path);
  // What `sha256sum --check` reads: a line for each file so far.
  [[nodiscard]] const std::string& digests() const { return digests_; }
  // Once, last.
  [[nodiscard]] Status finish();

 private:
  TarFile(std::ofstream out, std::string path) : out_(std::move(out)), path_(std::move(path)) {}
  void header(const std::string& name, std::uint64_t bytes, char type);
  void pad(std::uint64_t bytes);

  std::ofstream out_;
  std::string path_;
  std::string digests_;
};

}  // namespace entente::client
