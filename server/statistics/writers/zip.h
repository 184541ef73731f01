// A zip archive, made while it is sent: each file is compressed as it comes, and its size told
// behind it (APPNOTE 6.3 sections 4.3.9 and 4.4.4, bit 3). Pure; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/statistics/compression.h"

namespace entente::statistics {

class ZipWriter {
 public:
  void begin_file(std::string name, std::string& out);
  void add(std::string_view bytes, std::string& out);
  void end_file(std::string& out);
  // All of it: nothing comes behind.
  void end(std::string& out);
  // Of the file under way, before it was compressed.
  [[nodiscard]] std::uint64_t file_bytes() const { return files_.back().bytes; }
  // Of the archive so far. Beyond 4 GiB it would not read.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  struct File {
    std::string name;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::uint64_t packed = 0;
    std::uint32_t crc = 0;
  };
  void put(std::string_view bytes, std::string& out);

  std::vector<File> files_;
  std::unique_ptr<Compressor> compressor_;
  std::uint64_t bytes_ = 0;
};

}  // namespace entente::statistics
