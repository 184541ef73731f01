#include "server/statistics/writers/zip.h"

namespace entente::statistics {
namespace {

constexpr std::uint32_t kLocal = 0x04034b50;
constexpr std::uint32_t kDescriptor = 0x08074b50;
constexpr std::uint32_t kCentral = 0x02014b50;
constexpr std::uint32_t kEnd = 0x06054b50;
constexpr std::uint16_t kVersion = 20;
constexpr std::uint16_t kFlags = 1U << 3 | 1U << 11;  // sizes behind, names in UTF-8
constexpr std::uint16_t kDeflated = 8;
constexpr std::uint16_t kDate = 1 << 5 | 1;  // 1 January 1980: the same answer is the same bytes

void put16(std::string& out, std::uint64_t number) {
  out += static_cast<char>(number & 0xFF);
  out += static_cast<char>(number >> 8 & 0xFF);
}
void put32(std::string& out, std::uint64_t number) {
  put16(out, number & 0xFFFF);
  put16(out, number >> 16 & 0xFFFF);
}

// From the version to the length of what is extra, as both kinds of header have it.
void put_common(std::string& out, std::uint32_t crc, std::uint64_t packed, std::uint64_t bytes,
                std::size_t name) {
  put16(out, kVersion);
  put16(out, kFlags);
  put16(out, kDeflated);
  put16(out, 0);
  put16(out, kDate);
  put32(out, crc);
  put32(out, packed);
  put32(out, bytes);
  put16(out, name);
  put16(out, 0);
}

}  // namespace

void ZipWriter::put(std::string_view bytes, std::string& out) {
  out += bytes;
  bytes_ += bytes.size();
}

void ZipWriter::begin_file(std::string name, std::string& out) {
  std::string head;
  put32(head, kLocal);
  put_common(head, 0, 0, 0, name.size());
  head += name;
  files_.push_back({.name = std::move(name), .offset = bytes_});
  put(head, out);
  compressor_ = make_raw_deflate();
}

void ZipWriter::add(std::string_view bytes, std::string& out) {
  File& file = files_.back();
  file.crc = checksum(file.crc, bytes);
  file.bytes += bytes.size();
  const std::size_t before = out.size();
  compressor_->take(bytes, false, out);
  file.packed += out.size() - before;
  bytes_ += out.size() - before;
}

void ZipWriter::end_file(std::string& out) {
  File& file = files_.back();
  const std::size_t before = out.size();
  compressor_->take({}, true, out);
  file.packed += out.size() - before;
  bytes_ += out.size() - before;
  std::string tail;
  put32(tail, kDescriptor);
  put32(tail, file.crc);
  put32(tail, file.packed);
  put32(tail, file.bytes);
  put(tail, out);
}

void ZipWriter::end(std::string& out) {
  std::string directory;
  for (const File& file : files_) {
    put32(directory, kCentral);
    put16(directory, kVersion);
    put_common(directory, file.crc, file.packed, file.bytes, file.name.size());
    put16(directory, 0);  // comment
    put16(directory, 0);  // disk
    put16(directory, 0);  // attributes
    put32(directory, 0);
    put32(directory, file.offset);
    directory += file.name;
  }
  std::string tail;
  put32(tail, kEnd);
  put32(tail, 0);  // disks
  put16(tail, files_.size());
  put16(tail, files_.size());
  put32(tail, directory.size());
  put32(tail, bytes_);
  put16(tail, 0);
  put(directory, out);
  put(tail, out);
}

}  // namespace entente::statistics
