// A tar archive, written one file behind the other (POSIX.1-2017 pax, "pax Interchange Format"),
// with the SHA-256 of each. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "client/lib/kept_file.h"
#include "proto/contract/status.h"

namespace entente::client {

class TarFile {
 public:
  // As KeptFile makes one: whole or not at all. InvalidArgument: it cannot be made.
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
  explicit TarFile(KeptFile file) : file_(std::move(file)) {}
  void header(const std::string& name, std::uint64_t bytes, char type);
  void pad(std::uint64_t bytes);

  KeptFile file_;
  std::string digests_;
};

}  // namespace entente::client
