#include "server/ledger/cosignature_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>

#include "proto/contract/limits.h"
#include "proto/contract/note.h"

namespace entente::ledger {
namespace {

// Each note behind its length on a line of its own: a note may have empty lines.
constexpr std::size_t file_bytes_max = limits::note_bytes_max * limits::witnesses_max * 2;

Status unavailable(const std::string& what, const std::string& path) {
  const std::string why = std::generic_category().message(errno);
  return Status(Code::Unavailable, Reason::None, "the cosignatures could not be kept")
      .with_detail(what + " " + path + ": " + why);
}

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<std::vector<std::string>> CosignatureFile::load() {
  std::vector<std::string> notes;
  std::error_code error;
  if (!std::filesystem::exists(path_, error)) return notes;
  std::ifstream file(path_, std::ios::binary);
  std::ostringstream out;
  if (!file || !(out << file.rdbuf())) {
    // An empty file is not a failure to read it.
    if (file && file.peek() == std::ifstream::traits_type::eof()) return notes;
    return unavailable("reading", path_);
  }
  const std::string bytes = out.str();
  if (bytes.size() > file_bytes_max) return notes;
  for (std::string_view rest = bytes; !rest.empty();) {
    const std::size_t line = rest.find('\n');
    const std::optional<std::uint64_t> size = note::parse_decimal(rest.substr(0, line));
    if (line == std::string_view::npos || !size || *size > rest.size() - line - 1) break;
    notes.emplace_back(rest.substr(line + 1, *size));
    rest.remove_prefix(line + 1 + *size);
  }
  return notes;
}

Status CosignatureFile::keep(const std::vector<std::string>& notes) {
  std::string bytes;
  for (const std::string& note : notes) bytes += std::to_string(note.size()) + "\n" + note;
  const std::string beside = path_ + ".new";
  {
    const Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (file.get() < 0 || !write_all(file.get(), bytes) || ::fsync(file.get()) != 0) {
      return unavailable("writing", beside);
    }
  }
  if (::rename(beside.c_str(), path_.c_str()) != 0) return unavailable("renaming", beside);
  std::string folder = std::filesystem::path(path_).parent_path();
  if (folder.empty()) folder = ".";
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) return unavailable("syncing", folder);
  return {};
}

}  // namespace entente::ledger
