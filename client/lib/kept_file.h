// A file that this client makes or replaces: whole or not at all, and for its owner's eyes only.
// One thread.
#pragma once

#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include "proto/contract/status.h"

namespace entente::client {

class KeptFile {
 public:
  // Begins it as `<path>.part`, mode 0600, in place of what an earlier one left there. Where `path`
  // leads to what is no regular file (a pipe, a device), that is written into as it comes, and
  // stays what it is. `field`: what the path was given as. InvalidArgument: it cannot be made.
  [[nodiscard]] static Result<KeptFile> create(std::string path, std::string field = "out");
  // What was not finished is taken away.
  ~KeptFile();
  KeptFile(KeptFile&& other) noexcept;
  KeptFile& operator=(KeptFile&&) = delete;
  KeptFile(const KeptFile&) = delete;
  KeptFile& operator=(const KeptFile&) = delete;

  [[nodiscard]] std::ostream& out() { return out_; }
  // That it cannot be written; what to answer where `out` fails.
  [[nodiscard]] Status unwritable() const;
  // Once, last: it is on the disk, and in its place. InvalidArgument: something of it was not
  // written.
  [[nodiscard]] Status finish();

 private:
  KeptFile(std::string path, std::string field)
      : path_(std::move(path)), field_(std::move(field)) {}

  std::string path_;
  std::string field_;
  std::string part_;  // empty: there is none, or none any more
  std::ofstream out_;
};

// The same of what is in memory.
[[nodiscard]] Status keep_file(const std::string& path, std::string_view content,
                               std::string field = "out");

}  // namespace entente::client
