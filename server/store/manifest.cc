#include "server/store/manifest.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <cerrno>
#include <optional>
#include <string>
#include <system_error>

#include "server/store/files.h"

namespace entente::store {
namespace {

constexpr std::size_t kLogBlock = 32 * 1024;
constexpr std::size_t kHeader = 7;
constexpr unsigned kTypeMax = 4;  // above: of files that are used anew, which ours never are
constexpr std::size_t kCurrentBytesMax = 4 * 1024;

using Crc32c = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;

std::uint32_t number(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = (value << 8) | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

std::size_t length_at(std::string_view bytes, std::size_t at) {
  return number(bytes.substr(at + 4, 2));
}

unsigned type_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at + 6]);
}

// Whether a record of `size` octets begins at `at`: its type is one, and its sum is right.
bool is_record(std::string_view bytes, std::size_t at, std::size_t size) {
  const unsigned type = type_at(bytes, at);
  if (type < 1 || type > kTypeMax) return false;
  Crc32c sum;
  sum.process_bytes(bytes.data() + at + 6, size + 1);
  const std::uint32_t crc = sum.checksum();
  return number(bytes.substr(at, 4)) == ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
}

// Where the record after the one at `at` begins; nothing if it leads past its block or the end.
std::optional<std::size_t> next(std::string_view bytes, std::size_t at) {
  const std::size_t end = std::min(bytes.size(), at - at % kLogBlock + kLogBlock);
  const std::size_t behind = at + kHeader + length_at(bytes, at);
  if (behind > end) return std::nullopt;
  return behind;
}

Status damaged(const std::string& what, std::size_t at) {
  return Status(Code::DataLoss, Reason::None, "the store's files are damaged")
      .with_detail("a record of " + what + ", at octet " + std::to_string(at) +
                   ", has a wrong head");
}

Status unreadable(const std::filesystem::path& path) {
  return Status(Code::Unavailable, Reason::None, "a file could not be read or written")
      .with_detail("read " + path.string());
}

struct Walk {
  std::size_t at = 0;                // where the walk from record to record ends
  std::optional<std::size_t> other;  // the first that says it is of an older file
};

// `bytes` begin with a block.
Walk walk(std::string_view bytes) {
  Walk walked;
  std::size_t& at = walked.at;
  while (at + kHeader <= bytes.size()) {
    if (kLogBlock - at % kLogBlock < kHeader) {  // what is left of a block is filled up
      at += kLogBlock - at % kLogBlock;
      continue;
    }
    if (type_at(bytes, at) > kTypeMax) {
      walked.other = at;
      break;
    }
    const std::optional<std::size_t> behind = next(bytes, at);
    if (!behind) break;
    at = *behind;
  }
  return walked;
}

// Where a record begins that looks unfinished, or of an older file, and is not; nothing if there is
// none. `bytes` begin with a block.
std::optional<std::size_t> wrong_head(std::string_view bytes) {
  const Walk walked = walk(bytes);
  if (walked.other) return walked.other;
  const std::size_t at = walked.at;
  if (at + kHeader >= bytes.size()) return std::nullopt;
  // What is there of it makes a whole record: then its length is what is wrong.
  if (is_record(bytes, at, bytes.size() - at - kHeader)) return at;
  for (std::size_t other = at + 1; other + kHeader <= bytes.size(); ++other) {
    if (kLogBlock - other % kLogBlock < kHeader || !next(bytes, other)) continue;
    if (is_record(bytes, other, length_at(bytes, other))) return at;
  }
  return std::nullopt;
}

// RocksDB itself refuses a wrong length before the last block, but no record of an older file.
Status check_log(const std::filesystem::path& path) {
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) return errno == ENOENT ? Status() : unreadable(path);  // its rows are in a table
  std::string block(kLogBlock, '\0');
  for (std::size_t begin = 0;; begin += kLogBlock) {
    const ssize_t got = pread(file.get(), block.data(), kLogBlock, static_cast<off_t>(begin));
    if (got < 0) return unreadable(path);
    const std::string_view bytes = std::string_view(block).substr(0, static_cast<std::size_t>(got));
    const bool last = bytes.size() < kLogBlock;
    const std::optional<std::size_t> at = last ? wrong_head(bytes) : walk(bytes).other;
    if (at) return damaged("the log " + path.filename().string(), begin + *at);
    if (last) return {};
  }
}

}  // namespace

Status check_manifest(std::string_view bytes) {
  const std::optional<std::size_t> at = wrong_head(bytes);
  return at ? damaged("the list of files", *at) : Status();
}

Status check_manifest_in(const std::filesystem::path& rows) {
  const Result<std::string> current = read_whole(rows / "CURRENT", kCurrentBytesMax);
  if (!current.ok()) {
    return current.status().code() == Code::NotFound ? Status() : current.status();
  }
  const std::string name = current->substr(0, current->find('\n'));
  // A wrong name is RocksDB's to refuse.
  if (!name.starts_with("MANIFEST-") || name.find('/') != std::string::npos) return {};
  const Result<std::string> manifest = read_whole(rows / name, manifest_bytes_max);
  if (!manifest.ok()) {
    return manifest.status().code() == Code::NotFound ? Status() : manifest.status();
  }
  return check_manifest(*manifest);
}

Status check_logs_in(const std::filesystem::path& rows) {
  std::error_code error;
  std::filesystem::directory_iterator files(rows, error);
  if (error) return {};  // there is none yet, or RocksDB says why not
  for (; files != std::filesystem::directory_iterator(); files.increment(error)) {
    if (error) return unreadable(rows);
    if (files->path().extension() == ".log") ENTENTE_TRY_VOID(check_log(files->path()));
  }
  return {};
}

}  // namespace entente::store
